"""How many conversations queries find, counted within bounds of number and time."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Final

from omnitui.desk.querying.terms import Query
from omnitui.store.reads import inbox

_STEPS: Final = 20_000
"""Instructions of SQLite between two looks at the time, about a millisecond."""
_SHARE: Final = 4
"""No query takes more than this part of what all may take."""


def counted(db: sqlite3.Connection, queries: Mapping[str, Query], *, cap: int, seconds: float) -> dict[str, int]:
    """How many each query finds, at most `cap`; those for which there is no time are left out.

    Args:
        db: A reading connection.
        queries: By names; counted in their order.
        cap: Where counting stops.
        seconds: How long all of them may take.
    """
    found: dict[str, int] = {}
    end = monotonic() + seconds
    for name, query in queries.items():
        db.set_progress_handler(partial(_late, min(end, monotonic() + seconds / _SHARE)), _STEPS)
        try:
            with suppress(sqlite3.OperationalError):  # interrupted
                found[name] = inbox.count(db, query, cap)
        finally:
            db.set_progress_handler(None, 0)
    return found


def _late(end: float) -> bool:
    return monotonic() > end
