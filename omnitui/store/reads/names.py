"""The names that queries may use, for completion, the most used first where that is cheap to know."""

from __future__ import annotations

import sqlite3
from typing import Final

from omnitui.desk.promises.agreements import load_calendars
from omnitui.desk.querying.completion import Names
from omnitui.store.reads.sla import in_force

_LABELS: Final = """
    SELECT label FROM label_use WHERE deleted_at IS NULL GROUP BY label ORDER BY count(*) DESC, label LIMIT 500
"""
_FIRMS: Final = "SELECT name FROM organization WHERE deleted_at IS NULL ORDER BY name LIMIT 500"
_SEGMENTS: Final = "SELECT DISTINCT segment FROM contact WHERE segment <> '' ORDER BY 1 LIMIT 500"

_REASONS: Final = """
    SELECT DISTINCT contact_reason FROM conversation WHERE contact_reason <> '' ORDER BY 1 LIMIT 500
"""
_LANGUAGES: Final = "SELECT DISTINCT lower(language) FROM contact WHERE language <> '' ORDER BY 1 LIMIT 100"

_INCIDENTS: Final = """
    SELECT title FROM incident WHERE deleted_at IS NULL AND title <> '' GROUP BY title
    ORDER BY max(goes_on) DESC, max(began_at) DESC LIMIT 50
"""


def labels(db: sqlite3.Connection) -> tuple[str, ...]:
    """All labels in use, the most used first, at most 500."""
    return _column(db, _LABELS)


def names(db: sqlite3.Connection) -> Names:
    """What completion offers as values."""
    return Names(
        agents=_column(db, "SELECT name FROM agent WHERE deleted_at IS NULL AND name <> '' ORDER BY me DESC, name"),
        channels=_column(db, "SELECT DISTINCT channel FROM inbox WHERE deleted_at IS NULL ORDER BY channel"),
        accounts=_column(db, "SELECT name FROM account WHERE deleted_at IS NULL ORDER BY name"),
        inboxes=_column(db, "SELECT DISTINCT address FROM inbox WHERE deleted_at IS NULL ORDER BY address"),
        labels=labels(db),
        segments=_column(db, _SEGMENTS),
        organizations=_column(db, _FIRMS),
        languages=_column(db, _LANGUAGES),
        reasons=_column(db, _REASONS),
        calendars=tuple(load_calendars(in_force(db))),
        incidents=_column(db, _INCIDENTS),
    )


def _column(db: sqlite3.Connection, sql: str) -> tuple[str, ...]:
    return tuple(value for (value,) in db.execute(sql))
