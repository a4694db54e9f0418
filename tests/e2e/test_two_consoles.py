"""Two consoles on one profile, a real mailbox behind it: one syncs, the other follows, acts, and takes over."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.sync.lease import Lease
from tests.support import dovecot
from tests.support.mail_console import START, add_account, console, received
from tests.support.mail_servers import MailServers, a_mail, mail_servers
from tests.support.promises import Promise
from tests.support.terminal import Terminal

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def servers() -> Iterator[MailServers]:
    if dovecot.binary() is None:
        pytest.skip(f"needs Dovecot: {dovecot.INSTALL}")
    with mail_servers() as running:
        yield running


def leads(home: Path, terminal: Terminal) -> bool:
    """Whether the console in this terminal is the one that syncs."""
    holder = Lease(home / "default" / "state").holder()
    return holder is not None and holder.pid == terminal.process.pid


def wait_for_news(terminal: Terminal, subject: str) -> None:
    """Wait until the list shows a conversation, or says that there is one above those that it shows."""
    terminal.wait_for(re.compile(f"{subject}|1 new ↑"), timeout=START)


def answer(terminal: Terminal, subject: str, text: str) -> None:
    """Reply to the conversation that was written to last."""
    if not terminal.rows()[0].startswith("▌Inbox"):
        terminal.send("escape")
    terminal.wait_until(lambda: terminal.rows()[0].startswith("▌Inbox"), "the list to have the keys")
    terminal.send("g", "g")
    terminal.wait_until(lambda: subject in terminal.rows()[0], f"the heading of {subject!r}")
    terminal.send("enter", "r")
    terminal.wait_for("REPLY")
    terminal.type(text)
    terminal.send("ctrl+s")


def test_second_console_follows_acts_and_takes_over_when_the_first_is_killed(
    tmp_path: Path, servers: MailServers, promise: Promise
) -> None:
    ours, ann, bob = (servers.user(name) for name in ("support", "ann", "bob"))
    servers.deliver(ours, a_mail("Order 66", "Where is it?", sender=f"Ann <{ann}>", to=ours))
    add_account(tmp_path, (servers.dovecot.imap_port, servers.smtp.port), ours, hold="0")
    with console(tmp_path, 80, 24) as first, console(tmp_path, 140, 40) as second:
        first.wait_for("Order 66", timeout=START)
        second.wait_for("Order 66", timeout=START)
        if leads(tmp_path, second):
            first, second = second, first
        first.wait_until(lambda: leads(tmp_path, first), "one that syncs")

        # What comes in through the first is on the screen of the second by itself.
        servers.deliver(ours, a_mail("Invoice 4711", "The number is wrong.", sender=f"Bob <{bob}>", to=ours))
        wait_for_news(first, "Invoice 4711")
        seen = time.monotonic()
        wait_for_news(second, "Invoice 4711")
        followed = time.monotonic() - seen

        # What is done in the second is done: the first sends it, and shows it.
        answer(second, "Invoice 4711", "Corrected, sorry.")
        second.wait_for("accepted", timeout=START)
        assert [mail["Subject"] for mail in received(servers, bob)] == ["Re: Invoice 4711"]
        second.send("d", "d")
        second.wait_for("resolved")
        first.wait_for("Invoice 4711", gone=True)
        assert leads(tmp_path, first)

        at = time.monotonic()
        os.kill(first.process.pid, signal.SIGKILL)
        second.wait_until(lambda: leads(tmp_path, second), "the second to take over", timeout=START)
        took_over = time.monotonic() - at
        servers.deliver(ours, a_mail("Order 67", "And this one?", sender=f"Ann <{ann}>", to=ours))
        wait_for_news(second, "Order 67")
        answer(second, "Order 67", "It is on its way.")
        second.wait_for("accepted", timeout=START)
        assert [mail["Subject"] for mail in received(servers, ann)] == ["Re: Order 67"]
        second.send("ctrl+q")
        assert second.wait_end() == 0
    assert len(servers.messages(bob)) == 1
    promise(
        "Of two consoles on one profile one syncs and the other follows and acts; when the first is killed, the other"
        " takes over.",
        f"shown by the other {followed:.1f} s later; took over {took_over:.1f} s after a kill -9; 2 replies sent,"
        " each 1 time",
    )
