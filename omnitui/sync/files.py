"""Files of messages, fetched when somebody opens them: cut out of the raw mail, or asked of the back end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial

from omnitui.errors import NotFound, Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Account, Json
from omnitui.model.conversations import Attachment
from omnitui.sdk.contract import Connector, Fetches
from omnitui.store.arriving.arrivals import attachment_of, keep_fetched
from omnitui.store.cache import Cache
from omnitui.store.reads import accounts
from omnitui.text.mail.worker import ParseWorker

LIMIT = 64 * 1024 * 1024
"""Bytes a file may have unless the caller says otherwise."""
SECONDS = 120.0
"""How long a back end may take to hand one over."""


class Files:
    """Brings files into the blob store.

    Args:
        cache: Where the attachment is listed.
        connect: Makes the connector of an account; called in a thread, and only when the back end has to be asked.
        parser: Takes raw mails apart.
        running: Gives the connector of an account that runs here already.
    """

    def __init__(
        self,
        cache: Cache,
        connect: Callable[[Account], Connector],
        parser: ParseWorker,
        running: Callable[[Ulid], Connector | None] = lambda _account_id: None,
    ) -> None:
        self._cache = cache
        self._connect = connect
        self._parser = parser
        self._running = running

    async def fetch(self, attachment_id: Ulid, *, limit: int = LIMIT) -> str:
        """The SHA-256 under which a file lies in the blob store, once it is there.

        Raises:
            NotFound: There is no such attachment, or its bytes are nowhere.
            Refused: It has more than `limit` bytes.
            Fault, OmniError: The back end cannot hand it over now.
        """
        found = await self._cache.aread(attachment_of, attachment_id)
        if found is None:
            raise NotFound(_("there is no attachment {id}").format(id=attachment_id))
        attachment, account_id = found
        if self._cache.blobs.has(attachment.sha256):
            return attachment.sha256
        if attachment.size > limit:
            raise Refused(_("{name} is larger than {limit:,} bytes").format(name=attachment.name, limit=limit))
        if isinstance(attachment.remote, dict) and "raw" in attachment.remote:
            data = await self._cut_out(attachment, attachment.remote)
        else:
            data = await self._ask(attachment, account_id, limit)
        sha256 = await asyncio.to_thread(self._cache.blobs.put, data)
        await self._cache.awrite(partial(keep_fetched, attachment_id=attachment_id, sha256=sha256, size=len(data)))
        return sha256

    async def _cut_out(self, attachment: Attachment, place: dict[str, Json]) -> bytes:
        """The part of a raw mail that a file is."""
        raw = await asyncio.to_thread(self._cache.blobs.get, str(place["raw"]))
        parsed = await self._parser.parse(raw, with_content=True)
        for part in parsed.attachments:
            if part.sha256 == place["sha256"] and part.content is not None:
                return part.content
        raise NotFound(_("{name} cannot be read out of its mail").format(name=attachment.name))

    async def _ask(self, attachment: Attachment, account_id: Ulid, limit: int) -> bytes:
        sink = Bounded(limit, attachment.name)
        async with self._connector(account_id) as connector:
            if attachment.remote is None or not isinstance(connector, Fetches):
                raise NotFound(_("{name} is not at the back end any more").format(name=attachment.name))
            async with asyncio.timeout(SECONDS):
                await connector.fetch(attachment.remote, sink, limit)
        return bytes(sink.data)

    @contextlib.asynccontextmanager
    async def _connector(self, account_id: Ulid) -> AsyncIterator[Connector]:
        running = self._running(account_id)
        if running is not None:
            yield running
            return
        account = await self._cache.aread(accounts.account, account_id)
        if account is None:
            raise NotFound(_("the account of this file has been removed"))
        connector = await asyncio.to_thread(self._connect, account)
        try:
            yield connector
        finally:
            await connector.close()


class Bounded:
    """A sink that holds at most `limit` bytes.

    Raises:
        Refused: More were written; whatever the back end says of a file's size, this counts.
    """

    def __init__(self, limit: int, name: str) -> None:
        self.data = bytearray()
        self._limit = limit
        self._name = name

    def write(self, data: bytes, /) -> int:
        if len(self.data) + len(data) > self._limit:
            raise Refused(_("{name} is larger than {limit:,} bytes").format(name=self._name, limit=self._limit))
        self.data += data
        return len(data)
