"""A few counts for a prompt or a status line, read without the model: it is run at every prompt."""

from __future__ import annotations

import sqlite3

from omnitui.store.recovery.stillness import is_still

FIELDS = (
    *("inbox", "mine", "unassigned", "unread", "waiting", "snoozed", "failed", "drafts"),
    *("outbox", "unsure", "faulted"),
)
"""What `brief` counts: conversations of the standing views, then what is on its way, what needs a decision in the
outbox, and accounts that are not in step."""


def brief(path: str) -> dict[str, int] | None:
    """The counts in the cache at `path`; None where there is none that can be read."""
    place = f"file:{path.replace('%', '%25').replace('?', '%3f')}?{'immutable=1' if is_still(path) else 'mode=ro'}"
    try:
        db = sqlite3.connect(place, uri=True, timeout=0.02)
    except sqlite3.Error:
        return None
    try:
        found = dict.fromkeys(FIELDS, 0)
        views = db.execute(
            "SELECT view, n FROM counter WHERE view NOT LIKE '%:%' UNION ALL"
            " SELECT 'mine', coalesce((SELECT n FROM counter WHERE view = 'assignee:' || agent.id), 0)"
            " FROM agent WHERE me = 1 AND deleted_at IS NULL"
        )
        found.update((view, n) for view, n in views if view in found)
        for state, count in db.execute(
            "SELECT state, count(*) FROM outbox WHERE ahead = 1 OR state = 'failed' GROUP BY state"
        ):
            found["unsure" if state in ("failed", "blocked", "unknown") else "outbox"] += count
        ((found["faulted"],),) = db.execute(
            "SELECT count(DISTINCT account_pk) FROM ledger WHERE health NOT IN ('ok', 'new')"
        )
        return found
    except sqlite3.Error:
        return None
    finally:
        db.close()
