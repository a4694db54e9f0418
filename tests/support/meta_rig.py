"""How a Graph API is made to misbehave, whatever stands behind it."""

from __future__ import annotations

import time

from omnitui.sdk import Batch, MessageReceived
from tests.support.meta_server import GraphServer, hangs


class MetaRig:
    """The part of a rig that is the same for all of Meta's channels."""

    server: GraphServer

    async def cut(self, *, after_send: bool) -> None:
        if after_send:
            self.server.hang_after = True
        else:
            self.server.next_posts.append(hangs)

    async def limit(self, after: int) -> None:
        self.server.limited_until = time.monotonic() + after / 1000

    async def sign_out(self) -> None:
        self.server.token = "another"

    def text_of(self, batch: Batch) -> str:
        return "".join(event.text for event in batch.events if isinstance(event, MessageReceived))
