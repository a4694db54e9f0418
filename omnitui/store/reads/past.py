"""The queue as it was at a time: what nothing has touched since is as it is now, the rest is made from its steps.

Times of messages are those at which they reached their back end. What cannot be known afterwards: which drafts there
were, what had not left yet, and what was read elsewhere than here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.desk.querying.matching import Facts, matches
from omnitui.desk.querying.terms import (
    And,
    Assigned,
    During,
    From,
    Has,
    Is,
    Named,
    Node,
    Not,
    Or,
    PriorityIs,
    Query,
    State,
    Subject,
    Text,
    Thing,
    Unanswered,
)
from omnitui.desk.tracing import value_at
from omnitui.errors import UsageError
from omnitui.i18n import _
from omnitui.ids import Ulid, encode
from omnitui.model.conversations import Conversation
from omnitui.model.states import Flag, Priority, Status
from omnitui.store.arriving.rollup import snippet
from omnitui.store.reads import inbox, merging, wholes
from omnitui.store.reads.tracing import agents, traces
from omnitui.values import dataclass

PAGE: Final = 200
_SAID: Final = (
    "SELECT received_at, text, id FROM message WHERE conversation_pk = ? AND received_at <= ? AND role > 0"
    " ORDER BY received_at DESC, id DESC LIMIT 1"
)
_STATES: Final = (
    *(State.OPEN, State.WAITING, State.SNOOZED, State.BOT, State.RESOLVED, State.CLOSED),
    *(State.UNREAD, State.UNANSWERED, State.SPAM, State.ALL),
)
_KNOWN: Final = (Assigned, Named, From, PriorityIs, During, Unanswered, Subject, Text)


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation as it was."""

    conversation: Conversation
    unsure: tuple[str, ...] = ()
    """The fields of which something unseen may have changed the value about that time."""


def queue(db: sqlite3.Connection, query: Query, at: Millis, now: Millis, *, limit: int = 0) -> list[Row]:
    """What a query, read as of `at`, found then, newest activity first.

    Args:
        db: A reading connection.
        query: What was asked for.
        at: When.
        now: The time of the cache.
        limit: How many at most; 0 for all.

    Raises:
        UsageError: The query asks what is not known of the past.
    """
    check(query.node)
    query = Query(query.node, query.hidden, query.text)
    moved = wholes.moved(db, at)
    touched = _touched(db, at, moved)
    changed = [held for own in touched.values() if (held := _row(db, own, moved.get(own, ()), at, now)) is not None]
    found = [row for row, pks in changed if matches(query, _facts(db, row.conversation, pks, at, query.node))]
    found.sort(key=lambda row: (row.conversation.last_activity_at, row.conversation.id), reverse=True)
    merged = list[Row]()
    still = _untouched(db, query, at, frozenset(touched.values()))
    for one in still:
        key = (one.last_activity_at, one.id)
        while found and (found[0].conversation.last_activity_at, found[0].conversation.id) > key:
            merged.append(found.pop(0))
        merged.append(Row(one))
        if limit and len(merged) >= limit:
            return merged[:limit]
    return [*merged, *found][: limit or None]


def conversation_at(db: sqlite3.Connection, conversation_id: Ulid, at: Millis, now: Millis) -> Row | None:
    """A conversation as it was at the end of a time; None where it had not begun."""
    found = _row(db, conversation_id, wholes.moved(db, at).get(conversation_id, ()), at, now)
    return found[0] if found else None


def _row(
    db: sqlite3.Connection, conversation_id: Ulid, moved: Iterable[Ulid], at: Millis, now: Millis
) -> tuple[Row, Sequence[int]] | None:
    """`conversation_at`, with the rows of what was shown in it; `moved`: what became a part, or ceased to be, since."""
    found = inbox.conversation(db, conversation_id)
    pk, deleted_at = db.execute("SELECT pk, deleted_at FROM conversation WHERE id = ?", (conversation_id,)).fetchone()
    members = wholes.members_at(db, conversation_id, moved, at, now)
    pks = _pks(db, members) if len(members) > 1 else (pk,)
    said = max(
        (row for one in pks if (row := db.execute(_SAID, (one, at)).fetchone()) is not None),
        key=lambda row: (row[0], row[2]),
        default=None,
    )
    if found is None or (said is None and found.created_at > at) or (deleted_at is not None and deleted_at <= at):
        return None
    parts = {*merging.parts(db, conversation_id), *moved}
    past = {name: value_at(steps, at) for name, steps in traces(db, conversation_id, now, parts).items()}
    flags = frozenset(Flag(flag) for flag in past["flags"].value)
    if wholes.head_at(db, conversation_id, at, now) is not None:
        flags |= {Flag.MERGED}
    assignee = past["assignee_id"].value
    incident_id = past["incident_id"].value if "incident_id" in past else found.incident_id
    names = agents(db)
    incoming, answered = (max(_newest(db, one, at, role) or 0 for one in pks) or None for role in (1, 2))
    row = replace(
        found,
        status=Status(past["status"].value),
        priority=Priority(past["priority"].value),
        assignee_id=assignee,
        assignee=names.get(assignee, "") if assignee else "",
        labels=tuple(past["labels"].value),
        incident_id=incident_id,
        incident=names.get(incident_id, "") if incident_id else "",
        flags=flags,
        snoozed_until=past["snoozed_until"].value,
        subject=past["subject"].value if "subject" in past else found.subject,
        unread=sum(len(_unread(db, own, one, at)) for own, one in zip(members, pks, strict=True)),
        snippet=snippet(said[1]) if said else "",
        last_message_at=said[0] if said else 0,
        last_activity_at=said[0] if said else found.created_at,
        last_incoming_at=incoming,
        unanswered_since=min(
            (since for one in pks if (since := _unanswered(db, one, answered, at)) is not None), default=None
        ),
        window_closes_at=found.window_closes_at if found.last_incoming_at == incoming else None,
        send_state=None,
        send_reason="",
        has_draft=False,
        csat=_score(db, pk, pks, at),
    )
    return Row(row, tuple(sorted(name for name, one in past.items() if not one.sure))), pks


def check(node: Node | None) -> None:
    """Refuse what is not known of the past.

    Raises:
        UsageError: The query asks for it.
    """
    match node:
        case None:
            return
        case And(parts) | Or(parts):
            for part in parts:
                check(part)
        case Not(part):
            check(part)
        case Is(state) if state in _STATES:
            return
        case Has(thing) if thing in (Thing.ATTACHMENT, Thing.NOTE):
            return
        case _ if not isinstance(node, _KNOWN):
            raise UsageError(
                _("drafts, the outbox and deadlines are not known of the past"),
                hint=_("ask for status, assignee, labels, priority, channel, people, words or times"),
            )


def _touched(db: sqlite3.Connection, at: Millis, moved: Iterable[Ulid]) -> dict[int, Ulid]:
    """What may be another now, and what that is or was a part of."""
    rows = db.execute(
        "WITH touched(pk) AS (SELECT conversation_pk FROM message WHERE received_at > ?1"
        " UNION SELECT conversation_pk FROM op WHERE id >= ?2 AND conversation_pk IS NOT NULL"
        " UNION SELECT conversation_pk FROM remote_change WHERE at > ?1)"
        " SELECT pk, id FROM conversation WHERE pk IN (SELECT pk FROM touched UNION"
        " SELECT c.merged_pk FROM touched t CROSS JOIN conversation c ON c.pk = t.pk WHERE c.merged_pk IS NOT NULL)"
        " UNION SELECT pk, id FROM conversation WHERE id IN (SELECT value FROM json_each(?3))",
        (at, encode(at + 1, 0), json.dumps([*moved])),
    )
    return dict(rows.fetchall())


def _pks(db: sqlite3.Connection, ids: Sequence[Ulid]) -> tuple[int, ...]:
    rows = (db.execute("SELECT pk FROM conversation WHERE id = ?", (own,)).fetchone() for own in ids)
    return tuple(pk for (pk,) in rows)


def _untouched(db: sqlite3.Connection, query: Query, at: Millis, touched: frozenset[Ulid]) -> Iterator[Conversation]:
    after: inbox.Key = (at + 1, "")
    while True:
        page = inbox.page(db, query, after=after, limit=PAGE)
        yield from (one for one in page if one.id not in touched)
        if len(page) < PAGE:
            return
        after = (page[-1].last_activity_at, page[-1].id)


def _newest(db: sqlite3.Connection, pk: int, at: Millis, role: int) -> Millis | None:
    sql = "SELECT max(received_at) FROM message WHERE conversation_pk = ? AND received_at <= ? AND role = ?"
    found: Millis | None = db.execute(sql, (pk, at, role)).fetchone()[0]
    return found


def _unanswered(db: sqlite3.Connection, pk: int, answered: Millis | None, at: Millis) -> Millis | None:
    found: Millis | None = db.execute(
        "SELECT min(received_at) FROM message WHERE conversation_pk = ? AND received_at > ? AND received_at <= ?"
        " AND role = 1",
        (pk, -1 if answered is None else answered, at),
    ).fetchone()[0]
    return found


def _score(db: sqlite3.Connection, pk: int, pks: Sequence[int], at: Millis) -> int | None:
    """How a conversation was rated, else what was a part of it then."""
    row = db.execute(
        "SELECT csat FROM conversation WHERE pk IN (SELECT value FROM json_each(?)) AND csat_at <= ?"
        " ORDER BY pk = ? DESC, csat_at DESC LIMIT 1",
        (json.dumps(list(pks)), at, pk),
    ).fetchone()
    return row[0] if row else None


def _unread(db: sqlite3.Connection, conversation_id: Ulid, pk: int, at: Millis) -> set[Ulid]:
    """The messages that nobody here had read: those of now, without what was marked since, taken back."""
    unread = {own for (own,) in db.execute("SELECT id FROM message WHERE conversation_pk = ? AND is_unread = 1", (pk,))}
    marks = db.execute(
        "SELECT p.before, p.after FROM op o CROSS JOIN op_payload p ON p.op_pk = o.pk"
        " WHERE o.object_id = ? AND o.verb = 'read' AND o.at > ? ORDER BY o.pk DESC",
        (conversation_id, at),
    )
    for stored, made in marks:
        before, after = set(_ids(stored)), set(_ids(made))
        unread = (unread - (after - before)) | (before - after)
    here = db.execute(
        "SELECT id FROM message WHERE conversation_pk = ? AND received_at <= ? AND direction = 'incoming' AND role > 0",
        (pk, at),
    )
    return unread & {own for (own,) in here}


def _ids(stored: str | None) -> list[Ulid]:
    found: Any = json.loads(stored or "{}").get("unread")
    return found if isinstance(found, list) else []


def _facts(db: sqlite3.Connection, found: Conversation, pks: Sequence[int], at: Millis, node: Node | None) -> Facts:
    """What a query may ask beyond the row, of what had come by then."""
    firm, segment, address, name = db.execute(
        "SELECT coalesce(o.name, ''), p.segment, i.address, i.name FROM contact p"
        " LEFT JOIN organization o ON o.pk = p.organization_pk, inbox i WHERE p.id = ? AND i.id = ?",
        (found.contact_id, found.inbox_id),
    ).fetchone()
    here = (
        "FROM message m WHERE m.conversation_pk IN (SELECT value FROM json_each(?)) AND m.received_at <= ?"
        " AND m.deleted_at IS NULL"
    )
    places = json.dumps(pks)
    files, notes = db.execute(
        f"SELECT coalesce(max(m.files > 0), 0), coalesce(max(m.kind = 'note'), 0) {here}", (places, at)
    ).fetchone()
    texts = ()
    if _asks_words(node):
        rows = db.execute(
            "SELECT m.subject || char(10) || m.text || char(10) || m.author || char(10) || coalesce((SELECT"
            f" group_concat(name, char(10)) FROM attachment WHERE message_pk = m.pk), '') {here}",
            (places, at),
        )
        texts = tuple(text for (text,) in rows)
    addresses = db.execute(
        "SELECT address FROM identity WHERE contact_pk = (SELECT pk FROM contact WHERE id = ?)", (found.contact_id,)
    )
    return Facts(
        found, texts, tuple(one for (one,) in addresses), firm, segment, (address, name), bool(files), bool(notes)
    )


def _asks_words(node: Node | None) -> bool:
    match node:
        case And(parts) | Or(parts):
            return any(map(_asks_words, parts))
        case Not(part):
            return _asks_words(part)
    return isinstance(node, Text)
