"""Real mail servers behind a line that does what lines do: nothing lost, nothing twice, no lies, and soon back."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from omnitui.clock import HOUR, MINUTE
from omnitui.model.operations import Op
from omnitui.model.states import SendState
from omnitui.store.reads import history, ledger
from tests.support import dovecot
from tests.support.mail_desk import MailDesk
from tests.support.mail_servers import MailServers, a_mail, mail_servers
from tests.support.promises import LINE_LOST, Promise
from tests.support.proxy import FaultyProxy
from tests.support.sync_desk import until
from tests.support.travel import TravelClock

pytestmark = pytest.mark.server
LONG = [pytest.mark.torture, pytest.mark.timeout(7_200)]
SPOILT = "Whatever a line to a mail server does, no mail and no reply is lost, shown twice, sent twice or falsely sent."
PATIENCE = 120.0
"""Seconds after which a slow machine is no excuse."""
MAILS = 4
MOST_MAILS = 90
"""As many conversations as one page of the list holds."""
LOSSES = 12
"""Times that the lines are lost, each for up to twelve seconds."""
STRIDE = 127
"""Bytes from one place where a line is reset to the next."""


@pytest.fixture(scope="module")
def servers() -> Iterator[MailServers]:
    if dovecot.binary() is None:
        pytest.skip(f"needs Dovecot: {dovecot.INSTALL}")
    with mail_servers() as running:
        yield running


class Lines:
    """A desk whose two lines to its servers can be spoilt."""

    def __init__(self, desk: MailDesk, imap: FaultyProxy, smtp: FaultyProxy, clock: TravelClock) -> None:
        self.desk = desk
        self.imap, self.smtp = imap, smtp
        self.clock = clock
        self.ops: list[Op] = []

    def each(self) -> tuple[FaultyProxy, FaultyProxy]:
        return self.imap, self.smtp

    @property
    def health(self) -> str:
        entry = self.desk.session.cache.read(ledger.entry, self.desk.account.id)
        return entry.health if entry else ""

    def texts(self) -> list[str]:
        return sorted(text for talk in self.desk.conversations() for text in self.desk.texts(talk))

    def states(self) -> list[SendState]:
        return [self.desk.state(op) for op in self.ops]

    def arrived(self) -> list[str]:
        """The words of what the customer got."""
        return sorted(_text(raw) for raw in self.desk.servers.messages(self.desk.customer))

    async def settled(self, done: Callable[[], object]) -> None:
        """Sync again and again, an hour apart, until `done`; then, that all is shown once and said as it is."""
        for _ in range(20):
            if done():
                break
            await asyncio.wait_for(self.desk.engine().once(), PATIENCE)
            self.clock.slept += HOUR
        assert done(), (self.health, self.texts(), self.states())
        self.check()

    def check(self) -> None:
        texts = self.texts()
        assert len(texts) == len(set(texts)), texts
        arrived = self.arrived()
        assert len(arrived) == len(set(arrived)), arrived
        for op in self.ops:
            text = str(op.after["message"]["text"])
            assert text in texts
            if self.desk.state(op) is SendState.ACCEPTED:
                assert text in arrived
            else:
                # The line broke after the final dot: nobody can know.
                assert self.desk.state(op) is SendState.UNKNOWN

    def reply_to_all(self) -> None:
        for number, talk in enumerate(self.desk.conversations()):
            self.ops.append(self.desk.session.operations.reply(talk.id, f"answer {number}"))


def _text(raw: bytes) -> str:
    return next(line for line in raw.decode().splitlines() if line.startswith("answer ")).strip()


@contextlib.asynccontextmanager
async def lines(
    servers: MailServers, monkeypatch: pytest.MonkeyPatch, home: Path, **settings: str
) -> AsyncIterator[Lines]:
    monkeypatch.setenv("OMNITUI_HOME", str(home))
    clock = TravelClock()
    async with FaultyProxy(servers.dovecot.imap_port) as imap, FaultyProxy(servers.smtp.port) as smtp:
        ports = {"imap_port": str(imap.port), "smtp_port": str(smtp.port), "folders": "INBOX, Sent"}
        desk = MailDesk(servers, monkeypatch, clock, **{**ports, **settings})
        try:
            yield Lines(desk, imap, smtp, clock)
        finally:
            desk.session.close()


def deliver(here: Lines, *numbers: int) -> None:
    for number in numbers:
        mail = a_mail(f"Matter {number}", f"question {number}", sender=here.desk.customer, to=here.desk.address)
        here.desk.servers.deliver(here.desk.address, mail, here.desk.customer)


async def a_day(here: Lines) -> None:
    """Mails come in, replies leave, and all is in step in the end."""
    deliver(here, *range(MAILS))
    await here.settled(lambda: len(here.texts()) == MAILS)
    here.reply_to_all()
    await here.settled(lambda: set(here.states()) <= {SendState.ACCEPTED, SendState.UNKNOWN})
    assert len(here.texts()) == 2 * MAILS


async def test_lines_that_give_one_byte_at_a_time_and_are_reset_only_take_longer(
    servers: MailServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, promise: Promise
) -> None:
    async with lines(servers, monkeypatch, tmp_path) as here:
        for line, at in zip(here.each(), (2_500, 700), strict=True):
            line.slice_size, line.cut_at = 1, at
        await a_day(here)
        assert [line.cut_at for line in here.each()] == [None, None]
        promise(SPOILT, f"a day of {MAILS} mails byte by byte, with 2 resets: 0 lost")


@pytest.mark.torture
@pytest.mark.timeout(7_200)
async def test_lines_that_are_reset_after_any_number_of_bytes_lose_and_repeat_nothing(
    servers: MailServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, promise: Promise
) -> None:
    async with lines(servers, monkeypatch, tmp_path / "whole") as here:
        await a_day(here)
        sizes = [line.passed for line in here.each()]
    cuts = unknown = 0
    for which, size in enumerate(sizes):
        for at in range(1, size, STRIDE):
            async with lines(servers, monkeypatch, tmp_path / f"{which}-{at}") as here:
                here.each()[which].cut_at = at
                await a_day(here)
                cuts += here.each()[which].cut_at is None
                unknown += here.states().count(SendState.UNKNOWN)
    assert cuts > sum(sizes) // STRIDE // 2
    promise(SPOILT, f"{cuts:,} days, a line of each reset after 1 to {max(sizes):,} bytes: 0 lost, {unknown} unknown")


@pytest.mark.parametrize("seconds", [1.0, pytest.param(60.0, marks=LONG)])
async def test_flapping_lines_lose_and_repeat_nothing(
    servers: MailServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seconds: float, promise: Promise
) -> None:
    chance = random.Random(11)
    async with lines(servers, monkeypatch, tmp_path) as here:
        number = flaps = 0
        async with here.desk.running():
            ends = asyncio.get_running_loop().time() + seconds
            while asyncio.get_running_loop().time() < ends:
                if number < MOST_MAILS:
                    deliver(here, number)
                    number += 1
                for line in here.each():
                    line.refuse = chance.random() < 0.4
                    if chance.random() < 0.5:
                        line.cut()
                        flaps += 1
                await asyncio.sleep(chance.uniform(0.02, 0.3))
            for line in here.each():
                line.refuse = False
            await until(lambda: len(here.texts()) == number, PATIENCE)
            here.reply_to_all()
            for line in here.each():
                line.cut()
            await until(lambda: set(here.states()) <= {SendState.ACCEPTED, SendState.UNKNOWN}, PATIENCE)
        here.check()
        promise(SPOILT, f"{flaps:,} resets of two lines in {seconds:.0f} s, {number} mails: 0 lost, 0 twice")


@pytest.mark.torture
@pytest.mark.timeout(7_200)
async def test_lines_lost_again_and_again_are_told_at_once_and_used_again_as_soon_as_they_are_back(
    servers: MailServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, promise: Promise
) -> None:
    chance, now = random.Random(5), asyncio.get_running_loop().time
    told, back = [], []
    async with lines(servers, monkeypatch, tmp_path) as here, here.desk.running():
        for number in range(LOSSES):
            await until(lambda: here.health == "ok", PATIENCE)
            begun = now()
            for line in here.each():
                line.refuse = True
                line.cut()
            await until(lambda: here.health == "offline", PATIENCE)
            told.append(now() - begun)
            deliver(here, number)
            await asyncio.sleep(chance.uniform(0, 12))
            begun = now()
            for line in here.each():
                line.refuse = False
            await until(lambda wanted=number + 1: here.health == "ok" and len(here.texts()) == wanted, PATIENCE)  # type: ignore[misc]
            back.append(now() - begun)
    promise(LINE_LOST, f"{LOSSES} lines lost: offline after {max(told):.2f} s, back after {max(back):.1f} s at most")


@pytest.mark.torture
async def test_silent_servers_are_offline_and_soon_back_when_they_speak(
    servers: MailServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with lines(servers, monkeypatch, tmp_path, timeout="2") as here:
        for line in here.each():
            line.deaf = True
        deliver(here, 0)
        async with here.desk.running():
            await until(lambda: here.health == "offline", PATIENCE)
            for line in here.each():
                line.deaf = False
            await until(lambda: here.health == "ok" and here.texts(), PATIENCE)


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        bytes(5_000),
        b"\x15\x03\x03\x00\x02\x02\x28",
        random.Random(1).randbytes(999),
    ],
    ids=["nothing", "http", "zeros", "alert", "noise"],
)
async def test_garbage_instead_of_tls_is_a_fault_and_no_plain_word_is_said(
    servers: MailServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, garbage: bytes
) -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            heard.append(await reader.read(4_096))
            writer.write(garbage)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = str(server.sockets[0].getsockname()[1])
    secure = {"imap_security": "tls", "smtp_security": "tls", "imap_port": port, "smtp_port": port}
    async with lines(servers, monkeypatch, tmp_path, **secure) as here:
        (entry,) = await asyncio.wait_for(here.desk.engine().once(), PATIENCE)
        assert entry.health == "offline"
        assert entry.error
    server.close()
    assert heard
    assert not any(word in said for said in heard for word in (b"LOGIN", b"AUTHENTICATE", b"secret"))


async def test_name_that_cannot_be_looked_up_is_offline_until_it_can(
    servers: MailServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real, known = socket.getaddrinfo, [False]

    def getaddrinfo(host: Any, *more: Any, **named: Any) -> Any:
        if host in ("mail.test", b"mail.test"):
            if not known[0]:
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            host = "127.0.0.1"
        return real(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    async with lines(servers, monkeypatch, tmp_path, imap_host="mail.test") as here:
        deliver(here, 0)
        async with here.desk.running():
            await until(lambda: here.health == "offline", PATIENCE)
            known[0] = True
            await until(lambda: here.texts(), PATIENCE)
            here.reply_to_all()
            await until(lambda: here.states() == [SendState.ACCEPTED], PATIENCE)
        here.check()


async def test_after_eight_hours_of_sleep_a_dead_line_is_made_anew_before_a_reply_leaves(
    servers: MailServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with lines(servers, monkeypatch, tmp_path) as here:
        here.desk.write("Where is it?", "<first@customer.test>")
        async with here.desk.running():
            await until(lambda: here.texts() and here.health == "ok", PATIENCE)
            (talk,) = here.desk.conversations()
            op = here.desk.session.operations.reply(talk.id, "answer", hold=30 * MINUTE)
            here.imap.strand()
            more = a_mail("Re: A question", "Never mind, it has come.", sender=here.desk.customer, to=here.desk.address)
            more["In-Reply-To"] = "<first@customer.test>"
            servers.deliver(here.desk.address, more, here.desk.customer)
            here.clock.slept += 8 * HOUR
            await until(lambda: here.desk.state(op) not in (SendState.HELD, SendState.QUEUED), PATIENCE)
            assert here.desk.state(op) is SendState.BLOCKED
        assert len(here.desk.session.cache.read(history.page, talk.id)) == 3
        assert servers.messages(here.desk.customer) == []
