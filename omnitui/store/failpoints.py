"""Places where a test may kill the process: `OMNITUI_FAILPOINT=name[:N]` ends it there at the Nth time."""

from __future__ import annotations

import os
from typing import Final

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
)
"""Every name there is: the kill matrix walks them."""

EXIT_CODE: Final = 137

_name, _, _count = os.environ.get("OMNITUI_FAILPOINT", "").partition(":")
_left = int(_count) if _count.isdigit() else 1


def reach(name: str) -> None:
    """Say that the place `name` was reached; nothing happens unless a test asked for it."""
    if name == _name:
        _die()


def _die() -> None:
    global _left
    _left -= 1
    if _left <= 0:
        os._exit(EXIT_CODE)
