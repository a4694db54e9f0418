"""Twelve channels at once while processes are killed, lines cut and calls refused: nothing lost or twice, no lies."""

from __future__ import annotations

import socketserver
from pathlib import Path

import pytest

from tests.support import dovecot
from tests.support.mail_servers import mail_servers
from tests.support.promises import Promise
from tests.support.soak import Soak

SOAKED = "Twelve channels at once lose nothing, take in and send nothing twice, and say what became of each reply."


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers do not tell of each line that is cut."""
    monkeypatch.setattr(socketserver.BaseServer, "handle_error", lambda *_line: None)


async def _soaked(
    folder: Path, promise: Promise, *, seconds: float, rate: float, replies: float, kills: float, idle: float
) -> None:
    if dovecot.binary() is None:
        pytest.skip(f"needs Dovecot: {dovecot.INSTALL}")
    with mail_servers() as mail:
        found = await Soak(folder, mail, 7).run(seconds, rate, replies, kills, idle)
    assert found.written > seconds * rate * 0.8
    assert found.answers >= 12
    assert not found.lost
    assert not found.twice
    assert not found.repeated
    assert not found.lies
    assert found.kills["console"]
    assert found.kills["gateway"]
    states = ", ".join(f"{count} {state}" for state, count in found.states.most_common())
    faults = ", ".join(f"{count} {what}" for what, count in sorted(found.faults.items()))
    late = bool(idle) * (
        f"; the console's loop late by {found.busy_ms:.1f} ms (95 of 100), {found.idle_ms:.1f} before; "
        f"one with nothing to do by {found.floor_ms:.1f} ms meanwhile"
    )
    promise(
        SOAKED,
        f"{found.written:,} messages in {seconds:.0f} s, 0 lost, 0 twice; {found.answers:,} replies: {states}, "
        f"0 twice; console killed {found.kills['console']} and gateway {found.kills['gateway']} times, "
        f"{faults}{late}",
    )


@pytest.mark.torture
@pytest.mark.timeout(3_600)
async def test_twelve_channels_lose_and_repeat_nothing_for_ten_minutes(tmp_path: Path, promise: Promise) -> None:
    await _soaked(tmp_path, promise, seconds=600, rate=50, replies=2, kills=20, idle=10)
