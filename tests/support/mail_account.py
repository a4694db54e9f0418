"""An email account for tests: the connector with a small context, over the servers of a test."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnitui_email import EmailConnector

from omnitui.clock import Clock, SystemClock
from omnitui.sdk import (
    Batch,
    Context,
    Event,
    Json,
    MailLine,
    MailReceived,
    Outbound,
    OutboundFile,
    Verb,
)
from omnitui.store.drawers import Drawer
from tests.support.mail_servers import MailServers
from tests.support.sdk import no_deliveries, no_fetch

if TYPE_CHECKING:
    import httpx

_numbers = itertools.count(1)


@dataclass
class MailAccount:
    """Settings of one account, and what its connectors did."""

    servers: MailServers
    address: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=lambda: {"password": "secret"})
    clock: Clock = field(default_factory=SystemClock)
    marks: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    keeps: bool = True
    """Whether a secret that the back end gives anew can be kept."""
    on_mark: Callable[[], None] | None = None
    client: httpx.AsyncClient | None = None

    def connector(self, **changed: str) -> EmailConnector:
        """A new connector, as after a restart; `changed` settings win."""
        base = {
            "address": self.address,
            "display_name": "Support",
            "imap_host": "127.0.0.1",
            "imap_port": str(self.servers.dovecot.imap_port),
            "imap_security": "none",
            "smtp_port": str(self.servers.smtp.port),
            "smtp_security": "none",
            "poll_seconds": "1",
            "timeout": "10",
        }

        async def mark(op_id: str) -> None:
            self.marks.append(op_id)
            if self.on_mark:
                self.on_mark()

        async def keep_secret(name: str, secret: str) -> bool:
            if self.keeps:
                self.secrets[name] = secret
            return self.keeps

        def http() -> Any:
            assert self.client is not None
            return self.client

        return EmailConnector(
            Context(
                account_id="01JACCOUNT",
                account_name="mail",
                settings={**base, **self.settings, **changed},
                secrets=self.secrets,
                clock=self.clock,
                http=http,
                fetch=no_fetch,
                mark=mark,
                log=self.lines.append,
                keep_secret=keep_secret,
                drawer=lambda name: Drawer(self.folder / name),
                deliveries=no_deliveries,
                state_dir=str(self.folder),
            )
        )

    @asynccontextmanager
    async def running(self, **changed: str) -> AsyncIterator[EmailConnector]:
        """A connector that is closed at the end."""
        connector = self.connector(**changed)
        try:
            yield connector
        finally:
            await connector.close()

    def reply(
        self,
        to: str,
        text: str = "It left yesterday.",
        *,
        files: tuple[OutboundFile, ...] = (),
        cc: tuple[str, ...] = (),
        bcc: tuple[str, ...] = (),
        subject: str = "Re: A question",
        **line: Any,
    ) -> Outbound:
        """A reply to a customer."""
        number = next(_numbers)
        return Outbound(
            op_id=f"01JOP{number:021d}",
            verb=Verb.REPLY,
            idempotency_key=f"key-{number}",
            conversation="",
            inbox=self.address,
            channel="email",
            contact=to,
            text=text,
            subject=subject,
            files=files,
            mail=MailLine(
                message_id=f"<{number}.{self.address}>",
                sender=f"Support <{self.address}>",
                to=(to,),
                cc=cc,
                bcc=bcc,
                date=1_750_000_000_000,
                **line,
            ),
        )


class Listening:
    """Reads the stream of a connector in the background and keeps all of it."""

    def __init__(self, connector: EmailConnector, cursor: Json = None) -> None:
        self.connector = connector
        self.cursor = cursor
        self.batches: list[Batch] = []
        self.error: BaseException | None = None
        self._news = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Listening:
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_exc: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        try:
            async with aclosing(self.connector.inbound(self.cursor)) as stream:  # type: ignore[type-var]
                async for batch in stream:
                    self.batches.append(batch)
                    if batch.cursor is not None:
                        self.cursor = batch.cursor
                    async with self._news:
                        self._news.notify_all()
        except Exception as error:
            self.error = error
        async with self._news:
            self._news.notify_all()

    @property
    def events(self) -> list[Event]:
        return [event for batch in self.batches for event in batch.events]

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def subjects(self) -> list[str]:
        return subjects(self.events)

    async def until(self, condition: Callable[[], object], seconds: float = 90) -> None:
        """Wait until `condition` holds; raises the stream's own error where it ended before."""
        async with asyncio.timeout(seconds):
            while not condition():
                if self.error is not None:
                    raise self.error
                async with self._news:
                    await self._news.wait()

    async def caught_up(self) -> None:
        await self.until(lambda: self.batches and self.batches[-1].caught_up)

    async def failed(self, seconds: float = 90) -> BaseException:
        """The error that ended the stream."""
        async with asyncio.timeout(seconds):
            while self.error is None:
                async with self._news:
                    await self._news.wait()
        return self.error


def subjects(events: Iterable[Event]) -> list[str]:
    """The subjects of the mails among some events, in their order."""
    found = []
    for event in events:
        if isinstance(event, MailReceived):
            line = next((line for line in event.raw.splitlines() if line.lower().startswith(b"subject:")), b"")
            found.append(line.partition(b":")[2].strip().decode())
    return found
