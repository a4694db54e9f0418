"""A query tree to one SQL condition with parameters; nothing that was typed becomes part of the statement.

`conversations` is about rows of `conversation c`, `messages` about `message m` joined with its `conversation c`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.mentions import named
from omnitui.desk.querying.matching import fold
from omnitui.desk.querying.orders import FAR
from omnitui.desk.querying.terms import (
    FAILED,
    And,
    Assigned,
    AtHours,
    Due,
    During,
    From,
    Has,
    Is,
    Leaf,
    Mentions,
    Named,
    NameField,
    Node,
    Not,
    Or,
    Paused,
    PriorityIs,
    Promised,
    Query,
    Scored,
    Speaks,
    State,
    Subject,
    Text,
    Thing,
    Unanswered,
    Warned,
    Window,
)
from omnitui.ids import is_ulid
from omnitui.text.analyser import query_terms
from omnitui.values import dataclass

Value = str | int
SCORE: Final = """coalesce(c.csat, (SELECT max(10 * coalesce(csat_at, 0) + csat) % 10 FROM conversation
            WHERE merged_pk = c.pk AND csat IS NOT NULL AND deleted_at IS NULL))"""
"""How a conversation was rated; where it was not itself, as what is shown as a part of it was rated last."""
_RATED: Final = (
    "SELECT merged_pk FROM conversation WHERE merged_pk IS NOT NULL AND csat IS NOT NULL AND deleted_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A boolean SQL expression and what its question marks stand for."""

    sql: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class _Target:
    """What is said of conversations and messages in different words; each question mark takes the same value."""

    time: str
    attachment: str
    note: str
    sender: str
    text: str


# These columns are partial indexes in the list's order; they hold for shown conversations only.
_VIEWS: Final = {
    Is(State.OPEN): "c.is_open = 1",
    Is(State.WAITING): "c.is_waiting = 1",
    Is(State.SNOOZED): "c.is_snoozed = 1",
    Is(State.RESOLVED): "c.is_resolved = 1",
    Is(State.UNREAD): "c.is_unread = 1",
    Is(State.FAILED): "c.is_failed = 1",
    Has(Thing.DRAFT): "c.is_draft = 1",
    Has(Thing.TASK): "c.has_task = 1",
}
_FAILED: Final = ", ".join(f"'{state}'" for state in FAILED)
_STATES: Final = {
    State.OPEN: "c.status = 'open'",
    State.WAITING: "c.status = 'waiting'",
    State.SNOOZED: "c.status = 'snoozed'",
    State.BOT: "c.status = 'bot'",
    State.RESOLVED: "c.status = 'resolved'",
    State.CLOSED: "c.status = 'closed'",
    State.UNREAD: "c.unread > 0",
    State.UNANSWERED: "c.unanswered_since IS NOT NULL",
    State.FAILED: f"coalesce(c.send_state, '') IN ({_FAILED})",
    State.SPAM: "c.is_spam = 1",
}


def folded(column: str) -> str:
    """SQL for the column's value as `omnitui.desk.querying.matching.fold` has it; plain ASCII never leaves SQLite."""
    return f"CASE WHEN {column} GLOB '*[^ -~]*' THEN folded({column}) ELSE lower({column}) END"


CONTACTS: Final = "SELECT pk FROM contact WHERE instr(sought, ?)"
_ANY: Final = (
    "(EXISTS (SELECT 1 FROM message WHERE conversation_pk = c.pk AND {0})"
    " OR EXISTS (SELECT 1 FROM conversation k CROSS JOIN message m ON m.conversation_pk = k.pk AND {1}"
    " WHERE k.merged_pk = c.pk))"
)
_CONVERSATIONS: Final = _Target(
    time="c.last_activity_at",
    attachment=_ANY.format("files > 0 AND deleted_at IS NULL", "m.files > 0 AND m.deleted_at IS NULL"),
    note=_ANY.format("kind = 'note' AND deleted_at IS NULL", "m.kind = 'note' AND m.deleted_at IS NULL"),
    sender=f"c.contact_pk IN ({CONTACTS})",
    text="""c.pk IN (SELECT m.conversation_pk FROM message_fts CROSS JOIN message m ON m.pk = message_fts.rowid
        WHERE message_fts.terms MATCH ?
        UNION ALL SELECT k.merged_pk FROM conversation k CROSS JOIN message m ON m.conversation_pk = k.pk
        CROSS JOIN message_fts ON message_fts.rowid = m.pk WHERE k.merged_pk IS NOT NULL
        AND message_fts.terms MATCH ?)""",
)
_MESSAGES: Final = _Target(
    time="m.received_at",
    attachment="m.files > 0",
    note="m.kind = 'note'",
    sender=f"""(SELECT instr(sought, ?) FROM contact WHERE pk = m.contact_pk)
        OR m.agent_pk IN (SELECT pk FROM agent WHERE instr({folded("name")}, ?))""",
    text="m.pk IN (SELECT rowid FROM message_fts WHERE terms MATCH ?)",
)


def conversations(query: Query) -> Condition:
    """The condition on `conversation c` that finds the conversations of `query`."""
    return _whole(query, _CONVERSATIONS)


def messages(query: Query) -> Condition:
    """The condition on `message m` and its `conversation c` that finds the messages of `query`."""
    return _whole(query, _MESSAGES)


def of_conversation(node: Node) -> bool:
    """Whether `node` says the same of a conversation as of each message in it."""
    return _condition(node, _CONVERSATIONS, True) == _condition(node, _MESSAGES, True)


def prepare(db: sqlite3.Connection) -> None:
    """Give `db` the functions that conditions on names call, unless it has it: statements may be running."""
    try:
        db.execute("SELECT folded('')")
    except sqlite3.OperationalError:
        db.create_function("mentions", 3, _mentions, deterministic=True)
        db.create_function("folded", 1, fold, deterministic=True)


def _mentions(text: str, name: str, names: str) -> int:
    return name in named(text, _list(names))


@lru_cache(maxsize=4)
def _list(names: str) -> tuple[str, ...]:
    return tuple(json.loads(names))


def parts(node: Node | None) -> tuple[Node, ...]:
    """What must all hold for `node` to hold."""
    return node.parts if isinstance(node, And) else () if node is None else (node,)


def fts(node: Node) -> str:
    """`node` as an FTS5 expression if it says nothing but texts and alternatives of texts, else ""."""
    if isinstance(node, Text):
        return query_terms(node.text, exact=node.exact)
    if isinstance(node, Or):
        found = [fts(part) for part in node.parts]
        return " OR ".join(f"({one})" for one in found) if all(found) else ""
    return ""


def _whole(query: Query, target: _Target) -> Condition:
    needed = parts(query.node)
    found = [_condition(part, target, query.hidden) for part in needed]
    if not query.hidden and not any(part in _VIEWS for part in needed):
        found.append(Condition("c.is_shown = 1"))
    return _joined(found, "AND", "1")


def _joined(conditions: Iterable[Condition], word: str, empty: str) -> Condition:
    found = tuple(conditions)
    if len(found) < 2:
        return found[0] if found else Condition(empty)
    values = tuple(value for one in found for value in one.values)
    return Condition(f" {word} ".join(f"({one.sql})" for one in found), values)


def _condition(node: Node, target: _Target, hidden: bool) -> Condition:
    match node:
        case And(needed):
            return _joined((_condition(part, target, hidden) for part in needed), "AND", "1")
        case Or(choices):
            if expression := fts(node):
                return Condition(target.text, (expression,) * target.text.count("?"))
            return _joined((_condition(part, target, hidden) for part in choices), "OR", "0")
        case Not(part):
            inner = _condition(part, target, hidden)
            return Condition(f"coalesce({inner.sql}, 0) = 0", inner.values)
    if not hidden and isinstance(node, Is | Has) and node in _VIEWS:
        return Condition(_VIEWS[node])
    return _leaf(node, target)


def _leaf(leaf: Leaf, target: _Target) -> Condition:
    match leaf:
        case Is(state):
            return Condition(_STATES.get(state, "1"))
        case Has(thing):
            return Condition(
                {
                    Thing.ATTACHMENT: target.attachment,
                    Thing.NOTE: target.note,
                    Thing.DRAFT: "c.has_draft = 1",
                    Thing.TASK: "c.task_due_at IS NOT NULL",
                }.get(thing, _STATES[State.FAILED])
            )
        case Assigned(agent):
            return _assigned(agent)
        case Named(field, name):
            return _named(field, fold(name))
        case From(text):
            return Condition(target.sender, (fold(text),) * target.sender.count("?"))
        case PriorityIs(compare, priority):
            return Condition(f"c.priority {compare} ?", (priority.rank,))
        case During(start, end):
            bounds = ((">=", start), ("<", end))
            ends = (Condition(f"{target.time} {sign} ?", (at,)) for sign, at in bounds if at is not None)
            return _joined(ends, "AND", "1")
        case Unanswered(older, since):
            sign = "<=" if older else ">"
            return Condition(f"c.unanswered_since IS NOT NULL AND c.unanswered_since {sign} ?", (since,))
        case Promised(until):
            return Condition("c.task_due_at IS NOT NULL AND c.task_due_at <= ?", (until,))
        case Window(after, until):
            return _window(after, until)
        case Due(after, until):
            limits = ((">", after), ("<=", until))
            due = [Condition(f"c.sla_due_at {sign} ?", (at,)) for sign, at in limits if at is not None]
            return _joined((Condition("c.sla_due_at IS NOT NULL"), *due), "AND", "1")
        case Warned(until):
            return Condition("c.sla_warn_at IS NOT NULL AND c.sla_warn_at <= ?", (until,))
        case Paused():
            return Condition("c.sla_left IS NOT NULL")
        case Scored(compare, score):
            if score is None:
                return Condition(f"c.csat IS NULL AND c.pk NOT IN ({_RATED})")
            # Parts are few: only where one was rated need its score be looked for.
            part = f"c.csat IS NULL AND c.pk IN ({_RATED}) AND {SCORE} {compare} ?"
            return Condition(f"(c.csat {compare} ? OR {part})", (score, score))
        case AtHours():
            return Condition("1" if leaf.holds else "0")
        case Mentions(agent):
            notes = naming(agent)
            return Condition(f"c.pk IN (SELECT m.conversation_pk FROM {notes.sql})", notes.values)
        case Speaks(language):
            return _speaks(language)
        case Subject(text):
            found = (Condition(f"instr({folded('c.subject')}, ?) > 0", (part,)) for part in fold(text).split())
            return _joined(found, "AND", "1")
        case Text(text, exact):
            return Condition(target.text, (query_terms(text, exact=exact),) * target.text.count("?"))


def _assigned(agent: str) -> Condition:
    if not agent:
        return Condition("c.assignee_pk IS NULL")
    who = _agents(agent)
    if is_ulid(agent):
        # Of one agent the list comes out of an index in its order.
        return Condition(f"c.assignee_pk = (SELECT pk FROM agent WHERE {who.sql})", who.values)
    return Condition(f"c.assignee_pk IN (SELECT pk FROM agent WHERE {who.sql})", who.values)


def _agents(agent: str) -> Condition:
    if is_ulid(agent):
        return Condition("id = ?", (agent,))
    return Condition(f"instr(' ' || {folded('name')} || ' ', ' ' || ? || ' ')", (fold(agent),))


def naming(agent: str) -> Condition:
    """The notes `m` that name an agent with `@`, as what stands behind FROM."""
    who = _agents(agent)
    return Condition(_NAMING.format(agents=who.sql), who.values)


def _window(after: Millis | None, until: Millis | None) -> Condition:
    if after is None and until is None:
        return Condition("c.window_closes_at IS NULL")
    # By the column that the order by window is kept in: -window_closes_at, and far below that where there is none.
    first = Condition("c.window_rank >= ?", (-FAR if until is None else -until,))
    return _joined((first, *([] if after is None else [Condition("c.window_rank < ?", (-after,))])), "AND", "1")


def _speaks(language: str) -> Condition:
    if not language:
        return Condition("c.contact_pk IN (SELECT pk FROM contact WHERE language = '')")
    spoken = f"substr(replace({folded('language')}, '_', '-') || '-', 1, ?) = ?"
    wanted = f"{language}-"
    said = f"SELECT pk FROM contact WHERE CASE language WHEN '' THEN 0 ELSE {spoken} END"
    return Condition(f"c.contact_pk IN ({said})", (len(wanted), wanted))


def _named(field: NameField, name: str) -> Condition:
    match field:
        case NameField.CHANNEL:
            return Condition("c.channel = ?", (name,))
        case NameField.ACCOUNT:
            return Condition(f"c.account_pk IN (SELECT pk FROM account WHERE {folded('name')} = ?)", (name,))
        case NameField.INBOX:
            same = f"{folded('address')} = ? OR {folded('name')} = ?"
            return Condition(f"c.inbox_pk IN (SELECT pk FROM inbox WHERE {same})", (name, name))
        case NameField.LABEL:
            return Condition(_LABELLED, (name,))
        case NameField.SEGMENT:
            same = f"CASE segment WHEN '' THEN '' ELSE {folded('segment')} END = ?"
            return Condition(f"c.contact_pk IN (SELECT pk FROM contact WHERE {same})", (name,))
        case NameField.ORGANIZATION:
            firms = f"SELECT pk FROM organization WHERE {folded('name')} = ?"
            return Condition(f"c.contact_pk IN (SELECT pk FROM contact WHERE organization_pk IN ({firms}))", (name,))
        case NameField.INCIDENT if name == "none":
            return Condition("c.incident_pk IS NULL")
        case NameField.INCIDENT:
            same = f"instr({folded('title')}, ?) OR (length(?) >= 6 AND substr(lower(id), -length(?)) = ?)"
            return Condition(f"c.incident_pk IN (SELECT pk FROM incident WHERE {same})", (name,) * 4)
        case NameField.REASON if name == "none":
            return Condition("c.contact_reason = ''")
        case NameField.REASON:
            said = f"instr('/' || {folded('c.contact_reason')} || '/', '/' || ? || '/')"
            return Condition(f"(c.contact_reason <> '' AND {said})", (name,))


# Notes with an @ are few, and have a partial index; whom they name is decided as the composer does it.
_NAMING: Final = """message m CROSS JOIN (SELECT name FROM agent WHERE {agents}) who
        WHERE m.kind = 'note' AND m.deleted_at IS NULL AND instr(m.text, '@') + instr(m.text, '＠') > 0
        AND mentions(m.text, who.name, (SELECT json_group_array(name) FROM agent WHERE deleted_at IS NULL))"""

# The common table walks the index from one label to the next, so that its cost is the number of labels, not of uses.
_LABELLED: Final = f"""c.pk IN (SELECT conversation_pk FROM label_use WHERE deleted_at IS NULL AND label IN (
        WITH RECURSIVE one(name) AS (
            SELECT min(label) FROM label_use
            UNION ALL
            SELECT (SELECT min(label) FROM label_use WHERE label > one.name) FROM one WHERE one.name IS NOT NULL
        )
        SELECT name FROM one WHERE name IS NOT NULL AND {folded("name")} = ?))"""
