"""Screens kept as text: compared with what a terminal shows, or renewed where OMNITUI_RENEW_SCREENS is set."""

from __future__ import annotations

import difflib
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.terminal import Terminal

KEPT = Path(__file__).parents[1] / "e2e" / "screens"
RENEW = bool(os.environ.get("OMNITUI_RENEW_SCREENS"))
PATIENCE = 60.0
LOOK_SECONDS = 0.05
REF = re.compile(r"(?<=Hinode Tea [·.] )[0-9A-Z]{1,6}(?=[^0-9A-Z])")
"""The reference of a conversation is another one in every world."""
LEFT = re.compile(r"(?<=leaves in )\d+(?= s)|\d+(?=秒後に送信)")
"""What is left of the time for undo is less every second."""
RESTING = re.compile(r" Hinode Tea (in step|同期済み)")


def shown(terminal: Terminal) -> str:
    """What the terminal shows, with signs for references and for what is left of a countdown."""
    rows = [LEFT.sub(_signs, REF.sub(_signs, row)) for row in terminal.screen().split("\n")]
    return "\n".join(rows) + "\n"


def expect(terminal: Terminal, name: str, marker: str | re.Pattern[str]) -> None:
    """Wait until the terminal shows the kept screen `name`; renew it where that was asked for.

    A notice stays for some seconds only: when it was seen and has gone again, the status line may be at rest.

    Args:
        terminal: The terminal.
        name: The name of the file, without its ending.
        marker: What tells that the screen is there at all.

    Raises:
        AssertionError: It does not come; shows where the screens differ.
    """
    terminal.wait_for(marker, timeout=PATIENCE)
    if RENEW:
        terminal.wait_quiet(0.7)

    def now() -> str:
        rows = shown(terminal).split("\n")
        kept = _kept(name).split("\n")
        if not RENEW and len(kept) == len(rows) and RESTING.match(rows[-3]):
            rows[-3] = kept[-3]
        return "\n".join(rows)

    compare(name, now)


def compare(name: str, found: Callable[[], str]) -> None:
    """Wait until `found` gives the kept text `name`; renew that where it was asked for.

    Raises:
        AssertionError: It does not; shows where they differ.
    """
    if RENEW:
        KEPT.mkdir(exist_ok=True)
        (KEPT / f"{name}.txt").write_text(found(), "utf-8")
    end = time.monotonic() + PATIENCE
    while (now := found()) != _kept(name):
        if time.monotonic() > end:
            lines = difflib.unified_diff(
                _kept(name).splitlines(), now.splitlines(), f"kept: {name}", "shown now", lineterm="", n=2
            )
            raise AssertionError("\n".join([*lines, "", "If it is right as it is now: make screens"]))
        time.sleep(LOOK_SECONDS)


def _signs(found: re.Match[str]) -> str:
    return "#" * len(found[0])


def _kept(name: str) -> str:
    path = KEPT / f"{name}.txt"
    return path.read_text("utf-8") if path.exists() else ""
