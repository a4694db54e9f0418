"""The last moments of a mail's line: what is known when it breaks just there, and when the server dawdles."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from omnitui_email import client_smtp
from omnitui_email.client_smtp import Envelope, SmtpSender
from omnitui_email.settings import Credentials, Server

from omnitui.sdk import Accepted, NotReady, Outcome, Unknown
from tests.support.promises import Promise

NOBODY = Credentials("")
MAIL = Envelope("us@desk.example", ("ann@customer.example",), b"Subject: hello\r\n\r\nhello\r\n")


class Relay:
    """An SMTP server of one line at a time, which does as it is told at the end of it."""

    def __init__(self) -> None:
        self.port = 0
        self.dies_at = b"-"
        self.body = asyncio.Event()
        """Set once the body has come, without its final dot."""
        self.dot = False
        self.quit = asyncio.Event()
        self.goodbye = asyncio.Event()
        """Set to let it answer QUIT."""
        self.gone = asyncio.Event()
        self.writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self.gone.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay.example\r\n")
        while line := await reader.readline():
            if line.upper().startswith(self.dies_at):
                writer.transport.abort()
                return
            match line[:4].upper():
                case b"DATA":
                    writer.write(b"354 go on\r\n")
                    await reader.readuntil(b"\r\nhello\r\n")
                    self.body.set()
                    self.dot = await reader.readline() == b".\r\n"
                    writer.write(b"250 2.0.0 taken as A1\r\n")
                case b"QUIT":
                    self.quit.set()
                    await self.goodbye.wait()
                    writer.write(b"221 bye\r\n")
                    return
                case _:
                    writer.write(b"250 fine\r\n")


@asynccontextmanager
async def a_relay() -> AsyncIterator[tuple[Relay, SmtpSender]]:
    relay = Relay()
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    sender = SmtpSender(Server("127.0.0.1", relay.port, "none"), 60, ssl.create_default_context)
    try:
        yield relay, sender
    finally:
        relay.goodbye.set()
        await sender.close()
        server.close()


@pytest.mark.parametrize("noticed", [False, True])
async def test_line_that_dies_after_the_mark_and_before_the_final_dot_leaves_a_mail_of_which_nobody_knows(
    noticed: bool, promise: Promise
) -> None:
    async with a_relay() as (relay, sender):

        async def mark() -> None:
            await relay.body.wait()
            assert relay.writer is not None
            relay.writer.transport.abort()
            if noticed:
                await relay.gone.wait()
                for _ in range(100):
                    await asyncio.sleep(0)

        outcome = await asyncio.wait_for(sender.send(NOBODY, MAIL, mark), 60)
        assert isinstance(outcome, Unknown), outcome
        assert not relay.dot
    promise(
        "A mail whose line dies once it was noted that it leaves is never sent again by itself.",
        "2 lines that died between the note and the final dot: 2 mails unknown, 0 sent again",
    )


async def test_line_that_dies_before_the_mark_leaves_a_mail_that_goes_again() -> None:
    marked = False

    async def mark() -> None:
        nonlocal marked
        marked = True

    async with a_relay() as (relay, sender):
        relay.dies_at = b"RCPT"
        with pytest.raises(NotReady):
            await asyncio.wait_for(sender.send(NOBODY, MAIL, mark), 60)
    assert not marked


async def test_acceptance_is_told_before_the_server_has_said_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_smtp, "LEAVE_SECONDS", 3_600)

    async def mark() -> None:
        """Noted."""

    async with a_relay() as (relay, sender):
        outcome: Outcome = await asyncio.wait_for(sender.send(NOBODY, MAIL, mark), 60)
        assert isinstance(outcome, Accepted)
        assert relay.dot
        await asyncio.wait_for(relay.quit.wait(), 60)
        assert not relay.gone.is_set()
        relay.goodbye.set()
        await asyncio.wait_for(sender.close(), 60)
        await asyncio.wait_for(relay.gone.wait(), 60)
