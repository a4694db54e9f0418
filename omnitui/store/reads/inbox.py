"""The inbox list: pages of conversations by keyset, one conversation, counts and short refs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.desk.querying.orders import Key as Key
from omnitui.desk.querying.orders import Order
from omnitui.desk.querying.terms import Query
from omnitui.errors import NotFound
from omnitui.i18n import _
from omnitui.ids import Ulid, is_ulid
from omnitui.model.conversations import Conversation
from omnitui.model.states import Flag, ObjectKind, Priority, SendState, Status
from omnitui.store.reads import compile as compiled
from omnitui.store.reads.assembly import maker

SHORTEST: Final = 6
"""Characters of the shortest ref."""

_RANKS: Final = {
    Order.NEWEST: "c.last_activity_at",
    Order.UNANSWERED: "c.unanswered_rank",
    Order.PRIORITY: "c.priority_rank",
    Order.WINDOW: "c.window_rank",
    Order.URGENCY: "c.urgency_rank",
}
"""What `omnitui.desk.querying.orders.rank` is in the cache; of open conversations each is an index."""

_STATUS: Final = {str(one): one for one in Status}
_PRIORITY: Final = tuple(Priority)
_SEND_STATE: Final[dict[str | None, SendState | None]] = {None: None, **{str(one): one for one in SendState}}
_NO_FLAGS: Final[frozenset[Flag]] = frozenset()
_conversation: Final = maker(Conversation)
_SEPARATOR: Final = "\x1f"

CONVERSATION: Final = f"""
    SELECT c.id, a.id, i.id, p.id, c.channel, c.subject, c.status, c.priority, p.name, a.name, g.id, g.name,
        (SELECT group_concat(label, char(31)) FROM label_use WHERE conversation_pk = c.pk AND deleted_at IS NULL),
        c.spam, c.merged, c.muted, c.deleted_at, c.snoozed_until, c.unread, c.snippet, c.last_message_at,
        c.last_activity_at, c.last_incoming_at, c.unanswered_since, c.window_closes_at, c.send_state, c.has_draft,
        CASE WHEN c.is_failed = 1 THEN (SELECT reason FROM message WHERE conversation_pk = c.pk AND unsettled = 1
            AND state = c.send_state ORDER BY received_at DESC, id DESC LIMIT 1) END,
        c.task_due_at, c.sla_due_at, c.sla_warn_at, c.sla_left, CASE WHEN n.goes_on = 1 THEN n.severity END,
        c.external_id, c.vendor_status, {compiled.SCORE},
        c.created_at, c.revision,
        (SELECT id FROM conversation WHERE pk = c.may_belong_to_pk), c.contact_reason, c.sla_target,
        n.id, n.title, c.window_passed
    FROM conversation c CROSS JOIN account a ON a.pk = c.account_pk CROSS JOIN inbox i ON i.pk = c.inbox_pk
    CROSS JOIN contact p ON p.pk = c.contact_pk LEFT JOIN agent g ON g.pk = c.assignee_pk
    LEFT JOIN incident n ON n.pk = c.incident_pk
"""
"""The start of every statement that reads conversations for `to_conversation`."""


def to_conversation(row: tuple[Any, ...]) -> Conversation:
    """A row of CONVERSATION as the model has it."""
    (
        own, account_id, inbox_id, contact_id, channel, subject, status, priority, contact, account, assignee_id,
        assignee, labels, spam, merged, muted, deleted_at, snoozed_until, unread, snippet, last_message_at,
        last_activity_at, last_incoming_at, unanswered_since, window_closes_at, send_state, has_draft, send_reason,
        task_due_at, sla_due_at, sla_warn_at, sla_left, severity, external_id, vendor_status, csat, created_at,
        revision, may_belong_to, contact_reason, sla_target, incident_id, incident, window_passed,
    ) = row  # fmt: skip
    hidden = spam or merged or muted or deleted_at is not None
    return _conversation(
        own, account_id, inbox_id, contact_id, channel, subject, _STATUS[status], _PRIORITY[priority], contact,
        account, assignee_id, assignee or "", tuple(sorted(labels.split(_SEPARATOR))) if labels else (),
        _flags(spam, merged, muted, deleted_at) if hidden else _NO_FLAGS, snoozed_until, unread, snippet,
        last_message_at, last_activity_at, last_incoming_at, unanswered_since, window_closes_at,
        _SEND_STATE[send_state], has_draft == 1, external_id, vendor_status, csat, created_at, revision, may_belong_to,
        send_reason or "", contact_reason, task_due_at, sla_due_at, sla_warn_at, sla_left, sla_target,
        incident_id, incident or "", severity or "", window_passed,
    )  # fmt: skip


def page(
    db: sqlite3.Connection, query: Query, *, after: Key | None = None, before: Key | None = None, limit: int = 128
) -> list[Conversation]:
    """Conversations of `query` in its order.

    Args:
        db: A reading connection.
        query: What to find.
        after: Only rows that stand below this key (`omnitui.desk.querying.orders.place`), from there downwards.
        before: Only rows that stand above this key, from there upwards (the page itself is in order all the same).
        limit: How many at most.
    """
    sql, values = statement(query, after=after, before=before)
    compiled.prepare(db)
    rows = [to_conversation(row) for row in db.execute(sql, (*values, limit))]
    if before is not None:
        rows.reverse()
    return rows


def between(
    db: sqlite3.Connection, query: Query, upper: Key | None = None, lower: Key | None = None, *, limit: int
) -> list[Ulid]:
    """Ids of what `query` finds from `upper` down to `lower`, both included: the whole of it where there is none."""
    condition, rank = compiled.conversations(query), _RANKS[query.order]
    where, values = condition.sql, condition.values
    for key, sign in ((upper, "<="), (lower, ">=")):
        if key is not None:
            where, values = f"{where} AND ({rank}, c.id) {sign} (?, ?)", (*values, *key)
    compiled.prepare(db)
    order = f"ORDER BY {rank} DESC, c.id DESC LIMIT ?"
    return [own for (own,) in db.execute(f"SELECT c.id FROM conversation c WHERE {where} {order}", (*values, limit))]


def statement(
    query: Query, *, after: Key | None = None, before: Key | None = None
) -> tuple[str, tuple[compiled.Value, ...]]:
    """The statement of `page`, whose last question mark is the limit, and the values before that."""
    condition, rank = compiled.conversations(query), _RANKS[query.order]
    where, values = condition.sql, condition.values
    if after is not None:
        where, values = f"{where} AND ({rank}, c.id) < (?, ?)", (*values, *after)
    if before is not None:
        where, values = f"{where} AND ({rank}, c.id) > (?, ?)", (*values, *before)
    way = "DESC" if before is None else "ASC"
    order = f"ORDER BY {rank} {way}, c.id {way}"
    if " IN (SELECT" in where:
        # Such a list may have to be sorted: sort keys alone, and fetch only the rows of the page.
        chosen = f"SELECT c.pk FROM conversation c WHERE {where} {order} LIMIT ?"
        return f"{CONVERSATION} WHERE c.pk IN ({chosen}) {order}", values
    return f"{CONVERSATION} WHERE {where} {order} LIMIT ?", values


def conversation(db: sqlite3.Connection, conversation_id: Ulid) -> Conversation | None:
    """The conversation of that id, hidden or not."""
    row = db.execute(f"{CONVERSATION} WHERE c.id = ?", (conversation_id,)).fetchone()
    return to_conversation(row) if row else None


def place(db: sqlite3.Connection, conversation_id: Ulid) -> tuple[Ulid, str] | None:
    """The account and the channel of a conversation; None where there is none such."""
    row: tuple[Ulid, str] | None = db.execute(
        "SELECT a.id, c.channel FROM conversation c CROSS JOIN account a ON a.pk = c.account_pk WHERE c.id = ?",
        (conversation_id,),
    ).fetchone()
    return row


def conversations(db: sqlite3.Connection, ids: Iterable[Ulid]) -> list[Conversation]:
    """The conversations of these ids, hidden or not, in no order; those that are not there are left out."""
    chosen = json.dumps(list(ids))
    return [
        to_conversation(row)
        for row in db.execute(f"{CONVERSATION} WHERE c.id IN (SELECT value FROM json_each(?))", (chosen,))
    ]


def count(db: sqlite3.Connection, query: Query, cap: int = -1) -> int:
    """How many conversations `query` finds; it stops counting at `cap`, where one is given."""
    condition = compiled.conversations(query)
    compiled.prepare(db)
    counted = f"SELECT count(*) FROM (SELECT 1 FROM conversation c WHERE {condition.sql} LIMIT ?)"
    found: int = db.execute(counted, (*condition.values, cap)).fetchone()[0]
    return found


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """How many conversations each standing view holds (`omnitui.desk.views`), kept by triggers."""
    kept: dict[str, int] = dict(
        db.execute(
            "SELECT view, n FROM counter UNION ALL"
            " SELECT 'mine', coalesce((SELECT n FROM counter WHERE view = 'assignee:' || agent.id), 0)"
            " FROM agent WHERE me = 1 AND deleted_at IS NULL"
        )
    )
    return {view: n for view, n in kept.items() if ":" not in view}


def due_snoozes(db: sqlite3.Connection, now: Millis) -> list[Ulid]:
    """Snoozed conversations whose time has come, the earliest first."""
    rows = db.execute(
        "SELECT id FROM conversation WHERE is_snoozed = 1 AND snoozed_until <= ? ORDER BY snoozed_until", (now,)
    )
    return [own for (own,) in rows]


CLOSING: Final = (
    "unanswered_since IS NOT NULL AND (window_passed IS NULL OR window_passed < window_closes_at)"
    " AND window_closes_at <= ?"
)
"""Of conversations whose reply window has passed, and nobody noticed."""


def something_due(db: sqlite3.Connection, now: Millis) -> bool:
    """Whether a snooze has ended, or a reply window passed, that nobody noticed."""
    passed = f"SELECT 1 FROM conversation WHERE {CLOSING} LIMIT 1"
    return bool(due_snoozes(db, now)) or db.execute(passed, (now,)).fetchone() is not None


# Of these the ends of the ids are indexed.
_TAILED: Final = {
    ObjectKind.CONVERSATION: "conversation",
    ObjectKind.OP: "op",
    ObjectKind.OUTBOX: "op",
    ObjectKind.TASK: "task",
    ObjectKind.INCIDENT: "incident",
}
_ID_ONLY: Final = {ObjectKind.MESSAGE: "message", ObjectKind.CONTACT: "contact", ObjectKind.ACCOUNT: "account"}


def resolve_ref(db: sqlite3.Connection, text: str, kind: ObjectKind = ObjectKind.CONVERSATION) -> Ulid:
    """The id that `text` means: a full ULID, or the end of one, six characters or more, in either case.

    Raises:
        NotFound: Nothing ends so, or more than one thing does.
    """
    wanted = text.strip().upper()
    table = _TAILED.get(kind) or _ID_ONLY[kind]
    if is_ulid(wanted):
        found = db.execute(f"SELECT id FROM {table} WHERE id = ?", (wanted,)).fetchall()
    elif len(wanted) < SHORTEST or not wanted.isalnum():
        raise NotFound(
            _("“{ref}” is no ref.").format(ref=text), hint=_("A ref is the end of an id, six characters or more.")
        )
    else:
        tail = "tail = substr(?1, -6) AND" if kind in _TAILED else ""
        like = f"SELECT id FROM {table} WHERE {tail} substr(id, -length(?1)) = ?1 LIMIT 4"
        found = db.execute(like, (wanted,)).fetchall()
    if not found:
        raise NotFound(_("There is no {kind} “{ref}”.").format(kind=_(kind.value), ref=text))
    if len(found) > 1:
        raise NotFound(
            _("“{ref}” fits more than one {kind}.").format(ref=text, kind=_(kind.value)),
            hint=", ".join(ref(db, one, kind) for (one,) in found),
        )
    resolved: Ulid = found[0][0]
    return resolved


def named(db: sqlite3.Connection, account_id: Ulid, external_id: str) -> Ulid | None:
    """A conversation by the back end's id of it."""
    row = db.execute(
        "SELECT id FROM conversation WHERE account_pk = (SELECT pk FROM account WHERE id = ?) AND external_id = ?"
        " AND external_id <> ''",
        (account_id, external_id),
    ).fetchone()
    return str(row[0]) if row else None


def newest_of(db: sqlite3.Connection, account_id: Ulid) -> Conversation | None:
    """The conversation of an account in which something happened last, among the newest thousand of all accounts."""
    row = db.execute(
        "SELECT id FROM (SELECT id, account_pk FROM conversation WHERE is_shown = 1"
        " ORDER BY last_activity_at DESC, id DESC LIMIT 1000)"
        " WHERE account_pk = (SELECT pk FROM account WHERE id = ?) LIMIT 1",
        (account_id,),
    ).fetchone()
    return conversation(db, row[0]) if row else None


def ref(db: sqlite3.Connection, object_id: Ulid, kind: ObjectKind = ObjectKind.CONVERSATION) -> str:
    """The shortest end of the id, six characters or more, that fits nothing else of its kind.

    Of kinds whose ends are not indexed it is the whole id.
    """
    if kind not in _TAILED:
        return object_id
    same = db.execute(f"SELECT id FROM {_TAILED[kind]} WHERE tail = ?", (object_id[-SHORTEST:],))
    others = [other for (other,) in same if other != object_id]
    size = SHORTEST
    while any(other.endswith(object_id[-size:]) for other in others):
        size += 1
    return object_id[-size:]


def _flags(spam: int, merged: int, muted: int, deleted_at: Millis | None) -> frozenset[Flag]:
    held = ((Flag.SPAM, spam), (Flag.MERGED, merged), (Flag.MUTED, muted), (Flag.DELETED, deleted_at is not None))
    return frozenset(flag for flag, holds in held if holds)
