"""A process that dies, or loses its line, at any word of IMAP and SMTP: nothing lost, nothing twice, no lies."""

from __future__ import annotations

import imaplib
import os
import queue
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omnitui.model.states import SendState
from tests.support.mail_servers import MailServers
from tests.support.promises import Promise
from tests.support.relay import Relay
from tests.support.wire_day import WireDay

pytestmark = pytest.mark.server
LONG = [pytest.mark.torture, pytest.mark.timeout(7_200)]
KILLED = "When omnitui is killed at any word to or from a mail server, no reply is lost, sent twice, or falsely sent."
CUT = "When a line breaks at any word to or from a mail server, no reply is lost, sent twice, or falsely sent."
MOST = 2_000
"""No day has as many steps."""


class Wire:
    """Two servers behind a relay."""

    def __init__(self, servers: MailServers, relay: Relay, folder: Path, settings: dict[str, str]) -> None:
        self.servers, self.relay, self.folder = servers, relay, folder
        ports = {f"{name}_port": str(port) for name, port in relay.ports.items()}
        files = {"ca_file": str(servers.certificates.ca_file)}
        self.settings = {"imap_host": "localhost", "html": "no", **ports, **files, **settings}
        self.kind = "plain" if settings["imap_security"] == "none" else "encrypted"
        self.said: list[SendState] = []

    def live(
        self,
        strikes: Callable[[int, str], bool] = lambda _number, _what: False,
        *,
        kill: bool = False,
        seconds: float | None = None,
    ) -> str:
        """Live a day that is struck once, go on, and look at what became of it; gives at what word it was struck."""
        day = WireDay(self.servers, self.folder / "day", self.settings)
        pids: queue.SimpleQueue[int] = queue.SimpleQueue()

        def strike() -> None:
            os.kill(pids.get(timeout=30), signal.SIGKILL)

        self.relay.begin(strikes, strike if kill else lambda: None)
        killed = day.live(born=pids.put, seconds=seconds)
        struck = self.relay.struck or ("a moment" if killed else "")
        assert killed == (bool(struck) and (kill or seconds is not None))
        self.relay.begin()
        with self.servers.smtp.busy:
            """What the server took over before the line was gone, it has delivered."""
        assert not day.live(last=True)
        self.said.append(day.check())
        shutil.rmtree(day.home)
        return struck

    @property
    def unknown(self) -> int:
        return self.said.count(SendState.UNKNOWN)


@pytest.fixture
def wire(
    request: pytest.FixtureRequest, servers: MailServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Wire]:
    """Over a plain line to a server that files nothing in Sent, or over STARTTLS to one that does."""
    security = getattr(request, "param", "none")
    smtp = servers.smtp
    targets = {"imap": servers.dovecot.imap_port, "smtp": smtp.port if security == "none" else smtp.starttls_port}
    settings = {"imap_security": security, "smtp_security": security}
    if security != "none":
        settings["sent"] = "server"

        def file(sender: str, raw: bytes) -> None:
            with servers.mailbox(sender) as sent:
                sent.append("Sent", "(\\Seen)", imaplib.Time2Internaldate(0), raw)

        monkeypatch.setattr(smtp, "file", file)
    with Relay(targets) as relay:
        yield Wire(servers, relay, tmp_path, settings)


@pytest.mark.parametrize(
    ("word", "kill"),
    [
        ("smtp > b'.", True),
        ("smtp < b'250 2.0.0 accepted", True),
        ("APPENDUID", True),
        ("smtp < b'250 2.0.0 acc", False),
    ],
    ids=["killed-dot", "killed-answer", "killed-filed", "cut-answer"],
)
def test_day_struck_at_a_delicate_word_loses_and_repeats_nothing(
    wire: Wire, word: str, kill: bool, promise: Promise
) -> None:
    assert word in wire.live(lambda _number, what: word in what, kill=kill)
    promise(KILLED if kill else CUT, f"1 day struck at a delicate word: 0 lost, 0 sent twice, {wire.unknown} unknown")


@pytest.mark.parametrize("wire", ["starttls"], indirect=True)
@pytest.mark.parametrize("number", [150])
def test_day_struck_at_a_step_of_an_encrypted_line_loses_and_repeats_nothing(
    wire: Wire, number: int, promise: Promise
) -> None:
    assert wire.live(lambda now, _what: now == number, kill=True)
    assert wire.said == [SendState.ACCEPTED]
    promise(KILLED, "1 day struck at a record of TLS: 0 lost, 0 sent twice, 0 unknown")


@pytest.mark.parametrize("wire", [pytest.param(one, marks=LONG) for one in ("none", "starttls")], indirect=True)
@pytest.mark.parametrize("kill", [True, False], ids=["killed", "cut"])
def test_day_struck_at_every_step_loses_and_repeats_nothing(wire: Wire, kill: bool, promise: Promise) -> None:
    number = 0
    for number in range(1, MOST):
        if not wire.live(lambda now, _what, wanted=number: now == wanted, kill=kill):  # type: ignore[misc]
            break
    assert number > 150
    promise(
        KILLED if kill else CUT,
        f"{number - 1:,} days, one struck at every step of {wire.kind} lines: "
        f"0 lost, 0 sent twice, {wire.unknown} unknown",
    )


@pytest.mark.torture
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("kills", [300])
def test_day_killed_at_a_random_time_loses_and_repeats_nothing(wire: Wire, kills: int, promise: Promise) -> None:
    begun = time.monotonic()
    assert not wire.live()
    longest = time.monotonic() - begun
    chance, killed = random.Random(3), 0
    while killed < kills:
        killed += bool(wire.live(seconds=chance.uniform(0, longest)))
    promise(KILLED, f"{killed:,} kills at random times of a day: 0 lost, 0 sent twice, {wire.unknown} unknown")
