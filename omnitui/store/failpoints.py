"""Places where a test may kill the process: `OMNITUI_FAILPOINT=name[:N]` ends it there at the Nth time.

Beside the places by name there is `statement`: each statement of the connection that writes, triggers' too.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

ALL: Final = (
    "writer.begun",
    "writer.applied",
    "writer.committed",
    "writer.published",
    "blob.written",
    "blob.named",
    "ingest.blobs",
    "ingest.applied",
    "ingest.committed",
    "outbox.taken",
    "outbox.checked",
    "outbox.sending",
    "outbox.marked",
    "outbox.performed",
    "outbox.reconciled",
    "outbox.settled",
    "swap.begun",
    "swap.log",
    "swap.aside",
    "swap.done",
    "changeover.written",
    "changeover.swapped",
    "changeover.blobs",
)
"""Every name there is: the kill matrix walks them."""

STATEMENT: Final = "statement"
EXIT_CODE: Final = 137

_name = ""
_left = 1


def arm(place: str) -> None:
    """End the process at this place, `name[:N]`; at none where it is empty."""
    global _name, _left
    _name, _, count = place.partition(":")
    _left = int(count) if count.isdigit() else 1


def reach(name: str) -> None:
    """Say that the place `name` was reached; nothing happens unless a test asked for it."""
    if name == _name:
        _die()


def watch(db: sqlite3.Connection) -> None:
    """Reach `statement` before each statement of this connection, where a test asked for it."""
    if _name == STATEMENT:
        db.set_trace_callback(lambda _statement: _die())


def _die() -> None:
    global _left
    _left -= 1
    if _left <= 0:
        os._exit(EXIT_CODE)


arm(os.environ.get("OMNITUI_FAILPOINT", ""))
