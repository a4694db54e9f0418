"""A day in a real terminal on a real mailbox: Dovecot and SMTP behind a line that can be cut."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from omnitui.clock import SECOND
from omnitui.sdk import Unreachable
from omnitui.sync.backoff import Backoff, rest_of
from tests.support import dovecot
from tests.support.mail_console import START, add_account, console, received
from tests.support.mail_servers import MailServers, a_mail, mail_servers
from tests.support.promises import LINE_LOST, Promise
from tests.support.proxy import FaultyProxy

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def servers() -> Iterator[MailServers]:
    if dovecot.binary() is None:
        pytest.skip(f"needs Dovecot: {dovecot.INSTALL}")
    with mail_servers() as running:
        yield running


@dataclass
class Line:
    """The way to both servers, which can be closed and opened."""

    servers: MailServers
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _proxies: list[FaultyProxy] = field(default_factory=list)

    def __enter__(self) -> Line:
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        for port in (self.servers.dovecot.imap_port, self.servers.smtp.port):
            proxy = FaultyProxy(port)
            asyncio.run_coroutine_threadsafe(proxy.__aenter__(), self._loop).result(10)
            self._proxies.append(proxy)
        return self

    def __exit__(self, *_exc: object) -> None:
        for proxy in self._proxies:
            asyncio.run_coroutine_threadsafe(proxy.__aexit__(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)

    @property
    def ports(self) -> tuple[int, int]:
        """Of IMAP and of SMTP."""
        imap, smtp = self._proxies
        return imap.port, smtp.port

    def close(self) -> None:
        """The laptop goes into a tunnel."""
        for proxy in self._proxies:
            proxy.refuse = True
            self._loop.call_soon_threadsafe(proxy.cut)

    def open(self) -> None:
        for proxy in self._proxies:
            proxy.refuse = False


@pytest.fixture
def line(servers: MailServers) -> Iterator[Line]:
    with Line(servers) as made:
        yield made


def test_day_on_a_mailbox_by_keys(tmp_path: Path, servers: MailServers, line: Line) -> None:
    ours, tanaka, alice, bob = (servers.user(name) for name in ("support", "tanaka", "alice", "bob"))
    servers.deliver(ours, a_mail("返品について", "商品を返品したいです。", sender=f"田中 一郎 <{tanaka}>", to=ours))
    add_account(tmp_path, line.ports, ours, hold="50")
    with console(tmp_path, 80, 24) as terminal:
        terminal.wait_for("in step", timeout=START)
        terminal.wait_for("田中 一郎", timeout=START)

        # Something new is on the screen by itself.
        question = a_mail("Invoice 4711", "The VAT number is wrong.", sender=f"Alice <{alice}>", to=ours)
        question["Cc"] = f"Bob <{bob}>"
        servers.deliver(ours, question)
        terminal.wait_for("Invoice 4711")
        terminal.send("g", "g", "enter")
        terminal.wait_for("The VAT number is wrong.")

        # A reply goes to the writer, says who else was in copy, and can be taken back while it is held.
        terminal.send("r")
        terminal.wait_for("1 other was in copy")
        terminal.type("too hasty")
        terminal.send("ctrl+s")
        terminal.wait_for("takes it back")
        terminal.send("u")
        terminal.wait_for("undone: reply")
        terminal.send("r")
        terminal.wait_for("1 other was in copy")
        terminal.wait_for("too hasty")
        for _ in "too hasty":
            terminal.send("backspace")
        terminal.wait_for("too hasty", gone=True)
        terminal.send("escape")
        terminal.wait_for("dd resolve")

        # One to all goes to all, without the time for undo.
        terminal.send("R")
        terminal.wait_for(bob)
        terminal.type("Corrected, sorry.")
        terminal.send("f9", "f9")
        terminal.wait_for("accepted", timeout=START)
        (answer,) = received(servers, alice)
        assert (answer["Subject"], answer["In-Reply-To"]) == ("Re: Invoice 4711", question["Message-ID"])
        assert (answer["To"], answer["Cc"]) == (alice, bob)
        assert [mail["Message-ID"] for mail in received(servers, bob)] == [answer["Message-ID"]]

        # Notes stay here; resolving goes on to the next, and undo brings it back.
        terminal.send("n")
        terminal.wait_for("INTERNAL NOTE")
        terminal.type("bookkeeping knows")
        terminal.send("ctrl+s")
        terminal.wait_for("NOTE, only agents see it")
        terminal.send("d", "d")
        terminal.wait_for("resolved")

        # Search in Japanese, over what came by mail.
        terminal.send("/")
        terminal.wait_for("Search all messages")
        terminal.type("返品")
        terminal.wait_for("田中 一郎")
        terminal.send("enter")
        terminal.wait_for("商品を返品したいです。")

        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
        assert "Traceback" not in terminal.screen()
    assert len(servers.messages(alice)) == 1


def test_reply_written_in_a_tunnel_leaves_after_a_restart_and_news_come_soon_after_the_next_one(
    tmp_path: Path, servers: MailServers, line: Line, promise: Promise
) -> None:
    ours, tanaka = servers.user("support"), servers.user("tanaka")
    servers.deliver(ours, a_mail("返品について", "商品を返品したいです。", sender=f"田中 一郎 <{tanaka}>", to=ours))
    add_account(tmp_path, line.ports, ours, hold="0")
    with console(tmp_path, 140, 40) as terminal:
        terminal.wait_for("in step", timeout=START)
        terminal.wait_for("商品を返品したいです。", timeout=START)
        line.close()
        terminal.wait_for("offline", timeout=START)
        terminal.send("r")
        terminal.wait_for("REPLY")
        terminal.type("承知しました。")
        terminal.send("ctrl+s")
        terminal.wait_for("· queued", timeout=START)
        assert servers.messages(tanaka) == []
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
        assert "Traceback" not in terminal.screen()

    line.open()
    with console(tmp_path, 140, 40) as terminal:
        (answer,) = received(servers, tanaka)
        assert answer["Subject"] == "Re: 返品について"
        assert "承知しました。" in answer.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        terminal.wait_for("✓ accepted", timeout=START)

        begun = time.monotonic()
        line.close()
        terminal.wait_for("offline", timeout=START)
        told = time.monotonic() - begun
        servers.deliver(ours, a_mail("What came meanwhile", to=ours))
        begun = time.monotonic()
        line.open()
        terminal.wait_for("What came meanwhile", timeout=START)
        terminal.wait_for("offline", gone=True, timeout=START)
        back = time.monotonic() - begun
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
    # How long a try is put off is what keeps the promise, on a slow machine too.
    tired = Backoff(faults=1_000)
    assert all(rest_of(Unreachable("nobody answers"), tired) <= 3 * SECOND for _ in range(100))
    promise(LINE_LOST, f"offline on the screen after {told:.1f} s, news on it {back:.1f} s after the line was back")


def test_wrong_password_is_said_on_the_screen(tmp_path: Path, servers: MailServers, line: Line) -> None:
    add_account(tmp_path, line.ports, servers.user("support"), password="wrong")
    with console(tmp_path, 80, 24) as terminal:
        terminal.wait_for("login refused", timeout=START)
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
