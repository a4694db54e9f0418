"""What changed after a time, in groups: what an agent wants to know who was away."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.i18n import N_
from omnitui.ids import Ulid, encode
from omnitui.values import dataclass

MOST: Final = 200
"""Conversations that a group names; the rest are counted."""


class Group(StrEnum):
    """Why a conversation is in the digest, in the order in which it is told."""

    FAILED = "failed"
    BREACHED = "breached"
    ASSIGNED = "assigned"
    ANSWERED = "answered"
    NEW = "new"
    WOKEN = "woken"
    RESOLVED = "resolved"


WORDS: Final[Mapping[Group, str]] = {
    Group.FAILED: N_("did not leave"),
    Group.BREACHED: N_("too late to answer freely"),
    Group.ASSIGNED: N_("assigned to you"),
    Group.ANSWERED: N_("the customer wrote"),
    Group.NEW: N_("new"),
    Group.WOKEN: N_("back from a snooze"),
    Group.RESOLVED: N_("resolved by others"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One conversation in a group."""

    conversation_id: Ulid
    at: Millis
    """When it came to pass last."""
    times: int
    words: str
    """The newest message, the reason, or who did it."""
    contact: str
    subject: str
    channel: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What changed after a time and up to another."""

    since: Millis
    until: Millis
    groups: Mapping[Group, tuple[Entry, ...]]
    """Only those that hold something; the newest first."""
    counts: Mapping[Group, int]
    """How many conversations each group has in all."""
    mine: int
    """Acts of this agent in that time."""


# What is shown in another conversation is told of that one.
_ABOUT: Final = """SELECT c.id, max(f.at) AS at, sum(f.times), f.words, p.name,
    CASE c.subject WHEN '' THEN c.snippet ELSE c.subject END,
    c.channel FROM found f CROSS JOIN conversation k ON k.pk = f.conversation_pk
    CROSS JOIN conversation c ON c.pk = coalesce(k.merged_pk, k.pk)
    CROSS JOIN contact p ON p.pk = c.contact_pk WHERE c.is_shown = 1 AND k.deleted_at IS NULL
    GROUP BY c.pk ORDER BY at DESC, c.id DESC"""
_INCOMING: Final = """SELECT m.conversation_pk, max(m.received_at) AS at, count(*) AS times, m.text AS words
    FROM message m WHERE m.received_at > :since AND m.role = 1 AND {} EXISTS (SELECT 1 FROM message e
        WHERE e.conversation_pk = m.conversation_pk AND e.received_at <= :since AND e.role > 0)
    GROUP BY m.conversation_pk"""
_BY_RULE: Final = "EXISTS (SELECT 1 FROM rule_firing f WHERE f.id = o.group_id)"
"""Done in the agent's name by what the agent may not have seen."""
_NOT_BY_HAND: Final = f"(g.me = 0 OR {_BY_RULE})"
_OPS: Final = f"""SELECT o.conversation_pk, max(o.at) AS at, count(*) AS times,
    iif({_BY_RULE}, p.reason, g.name) AS words
    FROM op o CROSS JOIN op_payload p ON p.op_pk = o.pk CROSS JOIN agent g ON g.pk = o.author_pk
    WHERE o.id >= :first AND o.at > :since AND o.conversation_pk IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM op u WHERE u.undoes = o.id) AND {{}} GROUP BY o.conversation_pk"""
_REPORTED: Final = """SELECT r.conversation_pk, r.at, 1 AS times, a.name AS words FROM remote_change r
    CROSS JOIN conversation c ON c.pk = r.conversation_pk CROSS JOIN account a ON a.pk = c.account_pk
    WHERE r.at > :since AND {}"""


def _either(ops: str, reported: str) -> str:
    return (
        "SELECT conversation_pk, max(at) AS at, sum(times) AS times, words FROM"
        f" ({_OPS.format(ops)} UNION ALL {_REPORTED.format(reported)}) GROUP BY conversation_pk"
    )


_FOUND: Final[Mapping[Group, str]] = {
    Group.FAILED: "SELECT conversation_pk, max(state_at) AS at, count(*) AS times, reason AS words FROM ("
    "SELECT conversation_pk, state_at, reason FROM outbox WHERE state = 'failed' UNION ALL"
    " SELECT conversation_pk, state_at, reason FROM outbox WHERE ahead = 1 AND state IN ('unknown', 'blocked'))"
    " WHERE state_at > :since AND conversation_pk IS NOT NULL GROUP BY conversation_pk",
    Group.BREACHED: "SELECT pk AS conversation_pk, window_closes_at AS at, 1 AS times, '' AS words FROM conversation"
    " WHERE is_open = 1 AND unanswered_since IS NOT NULL AND window_closes_at > :since AND window_closes_at <= :until",
    Group.ASSIGNED: _either(
        f"o.verb = 'assign' AND {_NOT_BY_HAND} AND json_extract(p.after, '$.assignee_id') = :me",
        "r.field = 'assignee_id' AND c.assignee_pk = (SELECT pk FROM agent WHERE id = :me)",
    ),
    Group.ANSWERED: _INCOMING.format(""),
    Group.NEW: _INCOMING.format("NOT"),
    Group.WOKEN: _OPS.format("o.verb = 'wake'"),
    Group.RESOLVED: _either(
        f"o.verb = 'status' AND {_NOT_BY_HAND} AND json_extract(p.after, '$.status') IN ('resolved', 'closed')",
        "r.field = 'status' AND c.status IN ('resolved', 'closed')",
    ),
}


def digest(db: sqlite3.Connection, since: Millis, now: Millis, me: Ulid) -> Digest:
    """What changed after `since`, for one agent."""
    values: dict[str, Any] = {"since": since, "until": now, "me": me, "first": encode(since, 0)}
    groups: dict[Group, tuple[Entry, ...]] = {}
    counts: dict[Group, int] = {}
    for group in Group:
        sql = f"WITH found(conversation_pk, at, times, words) AS ({_FOUND[group]}) {_ABOUT}"
        rows = db.execute(sql, values).fetchall()
        if rows:
            groups[group] = tuple(_entry(row) for row in rows[:MOST])
            counts[group] = len(rows)
    (mine,) = db.execute(
        "SELECT count(DISTINCT o.group_id) FROM op o WHERE o.id >= :first AND o.at > :since AND o.verb NOT IN"
        f" ('read', 'wake') AND o.author_pk = (SELECT pk FROM agent WHERE id = :me) AND NOT {_BY_RULE}",
        values,
    ).fetchone()
    return Digest(since, now, groups, counts, mine)


def _entry(row: tuple[Any, ...]) -> Entry:
    own, at, times, words, contact, subject, channel = row
    return Entry(own, at, times, " ".join((words or "")[:400].split()), contact, subject, channel)
