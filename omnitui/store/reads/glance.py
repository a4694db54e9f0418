"""Conversations for the first frame, read in a few milliseconds: no model, no query language, no dataclass.

The console keeps the statement of its view while it runs (`plan`); the next start runs it as it stands (`glance`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

    from omnitui.desk.querying.terms import Query

FIELDS = (
    "id", "account_id", "inbox_id", "contact_id", "channel", "subject", "status", "priority_rank", "contact", "account",
    "assignee_id", "assignee_name", "label_list", "spam", "merged", "muted", "deleted_at", "snoozed_until", "unread",
    "snippet", "last_message_at", "last_activity_at", "last_incoming_at", "unanswered_since", "window_closes_at",
    "send_state", "has_draft", "reason", "task_due_at", "sla_due_at", "sla_warn_at", "sla_left", "severity",
)  # fmt: skip
"""What the statements of `omnitui.store.reads.inbox` select first, in their order."""
PRIORITIES = ("low", "normal", "high", "urgent")


class Glance:
    """One conversation as far as a row of the list shows it."""

    __slots__ = (*FIELDS, "assignee", "labels", "priority", "send_reason")

    channel: str
    subject: str
    status: str
    priority: str
    contact: str
    assignee: str
    labels: tuple[str, ...]
    snoozed_until: int | None
    unread: int
    snippet: str
    last_message_at: int
    last_activity_at: int
    send_state: str | None
    has_draft: bool
    unanswered_since: int | None
    window_closes_at: int | None
    send_reason: str
    task_due_at: int | None
    sla_due_at: int | None
    sla_warn_at: int | None
    sla_left: int | None
    severity: str

    def __init__(self, row: tuple[object, ...]) -> None:
        for name, value in zip(FIELDS, row, strict=False):
            setattr(self, name, value)
        labels = str(row[12] or "")
        self.labels = tuple(sorted(labels.split("\x1f"))) if labels else ()
        self.assignee = str(row[11] or "")
        self.send_reason = str(row[27] or "")
        self.severity = str(row[32] or "")
        rank = row[7]
        self.priority = PRIORITIES[rank] if isinstance(rank, int) else "normal"


def plan(query: Query) -> tuple[str, tuple[int | str, ...]]:
    """The statement that reads the top of a view, and its values but the limit."""
    from omnitui.store.reads import inbox

    sql, values = inbox.statement(query)
    return sql, tuple(value for value in values if isinstance(value, (int, str)))


def schema(db: sqlite3.Connection) -> int:
    """The version of the cache's schema, for which a plan holds."""
    found: int = db.execute("PRAGMA user_version").fetchone()[0]
    return found


def glance(db: sqlite3.Connection, sql: str, values: tuple[int | str, ...], limit: int) -> list[Glance]:
    """The top rows of a planned view.

    Raises:
        sqlite3.Error: The plan is of another schema, or needs more than a plain connection has.
    """
    return [Glance(row) for row in db.execute(sql, (*values, limit))]


def top(cache: str, sql: str, values: tuple[int | str, ...], limit: int, *, known: int) -> list[Glance]:
    """The top rows of a planned view from the file of a cache, which is neither made nor changed.

    Raises:
        ValueError: The cache has another schema than the plan (`known`).
        sqlite3.Error: There is no such file, or it cannot be read at once.
    """
    import sqlite3

    place = cache.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    db = sqlite3.connect(f"file:{place}?mode=ro", uri=True, timeout=0.05)
    try:
        db.execute("PRAGMA query_only = 1")
        if schema(db) != known:
            raise ValueError("another schema")
        return glance(db, sql, values, limit)
    finally:
        db.close()
