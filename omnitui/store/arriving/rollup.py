"""What a conversation's row says about its messages: newest one, unread, unanswered since, state of the way out.

New messages are taken in one by one and written once, when the work ends; anything else computes the row anew from
its messages. Both give the same, which a property test holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.states import ObjectKind, Status
from omnitui.store.groups import groups, marks
from omnitui.store.rule_journal import journal
from omnitui.store.sla import note_status, touch
from omnitui.store.writer import Tx

SNIPPET: Final = 160
"""Characters of the newest message that the list may show."""

_LOAD: Final = """
    SELECT pk, id, channel, revision, status, snoozed_until, unread, snippet, last_message_pk, last_message_at,
        last_incoming_at, answered_at, unanswered_since, send_state, created_at, merged_pk
    FROM conversation"""
_BY_PK: Final = f"{_LOAD} WHERE pk = ?"
_BY_ID: Final = f"{_LOAD} WHERE id = ?"
_BY_PKS: Final = f"{_LOAD} WHERE pk IN (SELECT value FROM json_each(?))"
_COLUMNS: Final = (
    "revision",
    "status",
    "snoozed_until",
    "unread",
    "snippet",
    "last_message_pk",
    "last_message_at",
    "last_activity_at",
    "last_incoming_at",
    "answered_at",
    "unanswered_since",
    "send_state",
)


@cache
def _update(rows: int) -> str:
    """One statement for many rows: each that may fire a trigger keeps a journal of its own, as dear as the row."""
    return (
        f"WITH rolled(pk, {', '.join(_COLUMNS)}) AS (VALUES {marks(len(_COLUMNS) + 1, rows)})"
        f" UPDATE conversation SET {', '.join(f'{column} = rolled.{column}' for column in _COLUMNS)}"
        " FROM rolled WHERE conversation.pk = rolled.pk"
    )


_NEWEST: Final = "ORDER BY received_at DESC, id DESC LIMIT 1"
_PARTS: Final = "SELECT pk FROM conversation WHERE merged_pk = ? AND deleted_at IS NULL"
_REOPENS: Final = (Status.RESOLVED, Status.WAITING, Status.SNOOZED)

CUSTOMER: Final = 1
"""`message.role` of a customer's words that want an answer."""
ANSWER: Final = 2
"""`message.role` of an answer."""


def snippet(text: str) -> str:
    """The beginning of a message on one line."""
    return " ".join(text[: 3 * SNIPPET].split())[:SNIPPET]


@dataclass(slots=True)
class Rollup:
    """The roll-up columns of one conversation."""

    pk: int
    id: Ulid
    channel: str
    revision: int
    status: str
    snoozed_until: Millis | None
    unread: int
    snippet: str
    last_message_pk: int | None
    last_message_at: Millis
    last_incoming_at: Millis | None
    answered_at: Millis | None
    unanswered_since: Millis | None
    send_state: str | None
    created_at: Millis
    merged_pk: int | None = None
    """The conversation that it is shown as a part of: that one's row says all about both."""
    touched: bool = False
    whole: bool = False
    """Whether everything is to be computed anew."""
    answers: bool = False
    """Whether `unanswered_since` is to be computed anew."""
    sends: bool = False
    """Whether `send_state` is to be computed anew."""
    reopened_at: Millis | None = None
    """When a customer opened it again."""

    @property
    def last_activity_at(self) -> Millis:
        return self.last_message_at if self.last_message_pk is not None else self.created_at

    def reopen(self, at: Millis) -> None:
        """The customer wrote."""
        if self.status in _REOPENS:
            self.status, self.snoozed_until, self.reopened_at = Status.OPEN.value, None, at

    def begun(self) -> None:
        """The row was written with what is known so far."""
        self.touched = self.whole or self.answers or self.sends

    def arrived(
        self, pk: int, *, role: int, received_at: Millis, text: str, unread: bool, leaving: bool, reopen: bool
    ) -> None:
        """Take in a new message. `leaving`: it has a state on its way out."""
        self.touched = True
        self.sends = self.sends or leaving
        self.unread += unread
        if role == 0:
            return
        if self.last_message_pk is None or received_at > self.last_message_at:
            self.last_message_pk, self.last_message_at, self.snippet = pk, received_at, snippet(text)
        elif received_at == self.last_message_at:
            self.whole = True
        if role == CUSTOMER:
            self.last_incoming_at = max(self.last_incoming_at or received_at, received_at)
            if self.answered_at is None or received_at > self.answered_at:
                self.unanswered_since = min(self.unanswered_since or received_at, received_at)
            if reopen:
                self.reopen(received_at)
        elif role == ANSWER and (self.answered_at is None or received_at > self.answered_at):
            self.answered_at = received_at
            self.unanswered_since = None
            # Only what the customer wrote after it has to be looked for.
            self.answers = self.answers or (self.last_incoming_at or 0) > received_at


def new_rollup(pk: int, conversation_id: Ulid, channel: str, status: str, now: Millis) -> Rollup:
    """The roll-up of a conversation that has no messages yet."""
    return Rollup(pk, conversation_id, channel, 1, status, None, 0, "", None, 0, None, None, None, None, now)


class Rollups:
    """The conversations whose roll-up a work has touched; those that wait to be written are always among them."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._rows: dict[int, Rollup] = {}
        self._by_id: dict[Ulid, Rollup] = {}

    def get(self, pk: int) -> Rollup:
        """The roll-up of a conversation, read once a work."""
        row = self._rows.get(pk)
        return self._add(self._tx.beside.execute(_BY_PK, (pk,)).fetchone()) if row is None else row

    def find(self, conversation_id: Ulid) -> Rollup | None:
        """`get` by the conversation's id; None where there is none."""
        row = self._by_id.get(conversation_id)
        if row is None:
            found = self._tx.beside.execute(_BY_ID, (conversation_id,)).fetchone()
            row = None if found is None else self._add(found)
        return row

    def load(self, pks: Iterable[int]) -> None:
        """Read several at once, for those who will want them one by one."""
        missing = [pk for pk in pks if pk not in self._rows]
        for values in self._tx.beside.execute(_BY_PKS, (json.dumps(missing),)).fetchall() if missing else ():
            self._add(values)

    def _add(self, values: Sequence[Any]) -> Rollup:
        return self.put(Rollup(*values))

    def put(self, row: Rollup) -> Rollup:
        """Take in the roll-up of a conversation that was not asked for so far."""
        self._tx.pks["conversation", row.id] = row.pk
        self._by_id[row.id] = self._rows[row.pk] = row
        return row

    def settle(self, pk: int) -> None:
        """Write one roll-up now, so that the conversation can be read and changed within the work."""
        row = self._rows.pop(pk, None)
        if row is not None:
            del self._by_id[row.id]
            self._save([row])

    def close(self) -> None:
        self._save(self._rows.values())

    def _save(self, rows: Iterable[Rollup]) -> None:
        db = self._tx.db
        for some in groups([self._saved(row) for row in rows if row.touched]):
            db.execute(_update(len(some)), list(chain.from_iterable(some)))

    def _saved(self, row: Rollup) -> tuple[object, ...]:
        if row.whole:
            self._whole(row.pk, row)
        else:
            if row.answers:
                row.unanswered_since = self._unanswered(self._members(row.pk), row.answered_at)
            if row.sends:
                row.send_state = self._send_state(self._members(row.pk))
        if row.reopened_at is not None:
            journal(self._tx).status(row.pk, row.status, row.reopened_at)
            note_status(self._tx, row.pk, row.status, row.reopened_at)
        touch(self._tx, row.pk)
        self._tx.changed(ObjectKind.CONVERSATION, row.id, row.revision + 1)
        return (
            row.pk,
            row.revision + 1,
            row.status,
            row.snoozed_until,
            row.unread,
            row.snippet,
            row.last_message_pk,
            row.last_message_at,
            row.last_activity_at,
            row.last_incoming_at,
            row.answered_at,
            row.unanswered_since,
            row.send_state,
        )

    def _members(self, pk: int) -> list[int]:
        """The conversation and its parts."""
        return [pk, *(part for (part,) in self._tx.db.execute(_PARTS, (pk,)))]

    def _whole(self, pk: int, row: Rollup) -> None:
        pks = self._members(pk)
        newest = self._newest("received_at, id, pk, text", "role > 0", pks)
        row.last_message_pk, row.last_message_at = (newest[2], newest[0]) if newest else (None, 0)
        row.snippet = snippet(newest[3]) if newest else ""
        row.last_incoming_at = self._last_at(pks, CUSTOMER)
        row.answered_at = self._last_at(pks, ANSWER)
        row.unanswered_since = self._unanswered(pks, row.answered_at)
        row.send_state = self._send_state(pks)
        unread = "SELECT count(*) FROM message WHERE conversation_pk = ? AND is_unread = 1"
        row.unread = sum(self._tx.db.execute(unread, (one,)).fetchone()[0] for one in pks)

    def _newest(self, columns: str, condition: str, pks: Iterable[int]) -> tuple[Any, ...] | None:
        """Columns, beginning with `received_at, id`, of the newest message in any of the conversations."""
        # Each gives its newest by its index: all their messages would have to be sorted.
        sql = f"SELECT {columns} FROM message WHERE conversation_pk = ? AND {condition} {_NEWEST}"
        rows = (self._tx.db.execute(sql, (pk,)).fetchone() for pk in pks)
        return max((row for row in rows if row is not None), default=None)

    def _last_at(self, pks: Iterable[int], role: int) -> Millis | None:
        row = self._newest("received_at, id", f"role = {role}", pks)
        return row[0] if row else None

    def _unanswered(self, pks: Iterable[int], answered_at: Millis | None) -> Millis | None:
        sql = (
            "SELECT received_at FROM message WHERE conversation_pk = ? AND received_at > ? AND role = ?"
            " ORDER BY received_at LIMIT 1"
        )
        since = -1 if answered_at is None else answered_at
        rows = (self._tx.db.execute(sql, (pk, since, CUSTOMER)).fetchone() for pk in pks)
        return min((row[0] for row in rows if row is not None), default=None)

    def _send_state(self, pks: Iterable[int]) -> str | None:
        row = self._newest("received_at, id, state", "unsettled = 1", pks)
        return row[2] if row else None


def rollups(tx: Tx) -> Rollups:
    """This work's roll-ups."""
    found = tx.closing.get("rollup")
    if not isinstance(found, Rollups):
        found = tx.closing["rollup"] = Rollups(tx)
    return found


def settle(tx: Tx, conversation_pk: int) -> None:
    """Write what a work has put off about one conversation, so that it can be read and changed within the work."""
    rollups(tx).settle(conversation_pk)


def anew(tx: Tx, conversation_pk: int) -> None:
    """Compute a conversation's roll-up from its messages when the work ends, and that of the one it is a part of."""
    row = rollups(tx).get(conversation_pk)
    row.touched = row.whole = True
    if row.merged_pk is not None:
        anew(tx, row.merged_pk)


def follow(tx: Tx, row: Rollup, received_at: Millis, *, reopen: bool) -> None:
    """A message has come into a part: what it is a part of says so, and is open again where the customer wrote it."""
    if row.merged_pk is not None:
        anew(tx, row.merged_pk)
        if reopen:
            rollups(tx).get(row.merged_pk).reopen(received_at)
