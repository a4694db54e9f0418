"""Twilio as the conformance kit wants it: what a gateway kept, and an API that can be made to misbehave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode

from omnitui_twilio import TwilioConnector

from omnitui.sdk import Batch, MessageReceived, Outbound, Verb
from omnitui.services.channels.http import SharedClient
from tests.support.kept_calls import KeptCalls
from tests.support.proxy import FaultyProxy
from tests.support.sdk import a_context
from tests.support.twilio_server import ACCOUNT, NUMBER, TOKEN, TwilioServer

MEI = "+81312345678"


@dataclass
class TwilioRig:
    """A server that runs already, the line to it through a proxy."""

    lacks: ClassVar[Mapping[str, str]] = {
        "signed_out": "what a gateway kept is read without a login; check and perform: test_twilio.py"
    }

    folder: Path
    server: TwilioServer
    proxy: FaultyProxy
    kept: KeptCalls
    passing: bool = False
    numbers: count[int] = field(default_factory=lambda: count(1))

    def connector(self, **changed: str) -> TwilioConnector:
        where = {"account_sid": ACCOUNT, "number": NUMBER, "api_url": f"http://127.0.0.1:{self.proxy.port}", **changed}
        return TwilioConnector(
            a_context(
                self.folder,
                settings=where,
                secrets={"auth_token": TOKEN},
                http=SharedClient(),
                deliveries=self.kept.deliveries,
            )
        )

    def called(self, **form: str) -> None:
        """Twilio calls the hook."""
        self.kept.push(urlencode({"AccountSid": ACCOUNT, "From": MEI, "To": NUMBER, **form}).encode())

    async def customer_writes(self, text: str) -> None:
        self.called(MessageSid=f"MM{next(self.numbers)}", Body=text, NumMedia="0")

    async def redeliver(self) -> None:
        self.kept.push(self.kept.items[-1].body)

    async def unknown_event(self) -> None:
        self.called(Something="else")

    def outbound(self, text: str) -> Outbound:
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, f"{NUMBER} {MEI}", NUMBER, "sms", MEI, text=text)

    async def copies(self, op: Outbound) -> int:
        if self.passing:
            # What went through before the line was cut is still worked off.
            await asyncio.to_thread(self.server.posted.wait, 20)
        return sum(one["Body"] == op.text for one in self.server.sent)

    async def cut(self, *, after_send: bool) -> None:
        if after_send:
            self.proxy.cut_behind, self.passing = b"Body=", True
        else:
            self.proxy.cut_at = self.proxy.passed

    async def limit(self, after: int) -> None:
        self.server.limited_until = time.monotonic() + after / 1000

    async def sign_out(self) -> None:
        self.server.token = "another"

    def text_of(self, batch: Batch) -> str:
        return "".join(event.text for event in batch.events if isinstance(event, MessageReceived))
