"""A console on a mailbox of thousands of mails, used from the first second while the years come in behind it."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.mail_console import START, add_account, console, received
from tests.support.mail_servers import MailServers, a_mail
from tests.support.promises import Promise
from tests.support.terminal import Terminal

pytestmark = pytest.mark.server

MANY = 6_000
MORE = 10_000
"""In the long form."""
CONTACTS = 700
EXTENT = re.compile(r"INBOX .*\n.*?([\d,]+) of ([\d,]+) messages here · complete")


def years(ours: str, many: int) -> Iterator[tuple[int, bytes]]:
    """A mail every hour, oldest first; each has its number in its subject, its words and its Message-ID."""
    raw = a_mail(
        "Matter NUMBER", "Old words of NUMBER.", sender="SENDER@old.test", to=ours, message_id="<NUMBER@old.test>"
    ).as_bytes()
    for n in range(many):
        yield 1_500_000_000 + n * 3_600, raw.replace(b"NUMBER", b"%05d" % n).replace(b"SENDER", b"c%d" % (n % CONTACTS))


@dataclass
class Cached:
    """What is in a profile's cache, seen from outside."""

    file: Path
    many: int

    def numbers(self) -> list[int]:
        """Of the old mails that are here now, once for each time they are, lowest first."""
        return sorted(
            int(name[1:6]) for (name,) in self._rows("SELECT rfc_id FROM mail WHERE rfc_id LIKE '<%@old.test>'")
        )

    def count(self) -> int:
        """Of all mails; cheap enough to be asked again and again."""
        return int(self._rows("SELECT count(*) FROM mail")[0][0])

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as db:
            return db.execute(query).fetchall()

    def oldest(self, terminal: Terminal) -> int:
        """The number of the oldest mail; there is none that has been left out above it, and there are more to come."""
        found = self.numbers()
        assert found == list(range(found[0], self.many)), "the newest are not all here"
        assert found[0] > 0, f"the console had to wait for the old mail:\n{terminal.screen()}"
        return found[0]


def extent(terminal: Terminal) -> tuple[int, int]:
    """How many of the mailbox's mails are here, of how many, as the ledger has it."""
    terminal.send("g", "b")
    found = EXTENT.search(terminal.wait_for(EXTENT))
    assert found is not None
    terminal.send("escape")
    terminal.wait_for("Ledger", gone=True)
    here, there = (int(number.replace(",", "")) for number in found.groups())
    return here, there


@pytest.mark.timeout(400)
@pytest.mark.parametrize("many", [MANY, pytest.param(MORE, marks=pytest.mark.torture)])
def test_years_of_old_mail_come_in_while_the_console_is_used(
    tmp_path: Path, servers: MailServers, many: int, promise: Promise
) -> None:
    ours, customer = servers.user("support"), servers.user("customer")
    servers.fill(ours, years(ours, many))
    add_account(tmp_path, (servers.dovecot.imap_port, servers.smtp.port), ours, hold="0")
    (file,) = tmp_path.rglob("cache.sqlite3")
    cached = Cached(file, many)
    with console(tmp_path, 140, 40) as terminal:
        # The newest mail is the first that can be read.
        terminal.wait_for(f"Old words of {many - 1:05}.", timeout=START)
        begun = time.monotonic()
        cached.oldest(terminal)
        for down in range(2, 7):
            terminal.send("j")
            terminal.wait_for(f"Old words of {many - down:05}.")

        # What customers write now does not wait behind the old mail, nor moves what one is reading.
        servers.deliver(ours, a_mail("Urgent", "Where is it?", sender=customer, to=ours), customer)
        shown = terminal.wait_for("1 new ↑")
        assert f"Old words of {many - 6:05}." in shown
        terminal.send("g", "g", "enter")
        terminal.wait_for("Where is it?")
        terminal.send("r")
        terminal.wait_for("REPLY")
        terminal.type("At once.")
        terminal.send("ctrl+s")
        terminal.wait_for("✓ accepted", timeout=START)
        received(servers, customer)
        cached.oldest(terminal)

        here, there = extent(terminal)
        assert (0 < here < many, there) == (True, many + 1)

        # What has come in so far is found, however far down it is.
        oldest = cached.oldest(terminal)
        terminal.send("/")
        terminal.wait_for("Search all messages")
        terminal.type(f"{oldest:05}")
        terminal.wait_for(f"Old words of {oldest:05}.")
        terminal.send("enter")
        terminal.wait_for("Search all messages", gone=True)
        terminal.wait_for(f"Old words of {oldest:05}.")
        used = time.monotonic() - begun
        left = cached.oldest(terminal)

        terminal.wait_until(lambda: cached.count() >= many + 2, "all the old mail", timeout=300)
        whole = time.monotonic() - begun
        terminal.wait_until(lambda: extent(terminal) == (many + 1, many + 1), "the ledger to know it")
        terminal.send("ctrl+q")
        assert terminal.wait_end() == 0
    assert cached.numbers() == list(range(many))
    assert len(servers.messages(customer)) == 1
    promise(
        "Years of old mail come in while the console is used: newest first, all of it, each mail once.",
        f"{many:,} mails over IMAP in {whole:.0f} s; read, answered and searched in the first {used:.1f} s of them, "
        f"with {left:,} still to come",
    )
