"""The newest received time in each block of neighbouring message rows, by which search finds the newest first."""

from __future__ import annotations

from typing import Final

from omnitui.clock import Millis
from omnitui.store.writer import Tx

SHIFT: Final = 10
"""A block holds 2 to the power of this many rows."""

_SAVE: Final = """
    INSERT INTO message_block(block, newest) VALUES (?, ?)
    ON CONFLICT(block) DO UPDATE SET newest = excluded.newest WHERE excluded.newest > newest"""


class Blocks:
    """The blocks that a work has put messages into; a trigger a row would cost three times the row itself."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.newest: dict[int, Millis] = {}

    def close(self) -> None:
        self._tx.db.executemany(_SAVE, list(self.newest.items()))


def note_time(tx: Tx, message_pk: int, received_at: Millis) -> None:
    """Say that a message lies in its block since then, once the work ends."""
    blocks = tx.closing.get("blocks")
    if not isinstance(blocks, Blocks):
        blocks = tx.closing["blocks"] = Blocks(tx)
    block = message_pk >> SHIFT
    if received_at > blocks.newest.get(block, 0):
        blocks.newest[block] = received_at
