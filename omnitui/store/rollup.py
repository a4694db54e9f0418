"""What a conversation's row says about its messages: newest one, unread, unanswered since, state of the way out.

New messages are taken in one by one and written once, when the work ends; anything else computes the row anew from
its messages. Both give the same, which a property test holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.states import ObjectKind, Status
from omnitui.store.writer import Tx

SNIPPET: Final = 160
"""Characters of the newest message that the list may show."""

_LOAD: Final = """
    SELECT id, channel, revision, status, snoozed_until, unread, snippet, last_message_pk, last_message_at,
        last_incoming_at, answered_at, unanswered_since, send_state, created_at
    FROM conversation WHERE pk = ?"""
_SAVE: Final = """
    UPDATE conversation SET revision = ?, status = ?, snoozed_until = ?, unread = ?, snippet = ?, last_message_pk = ?,
        last_message_at = ?, last_activity_at = ?, last_incoming_at = ?, answered_at = ?, unanswered_since = ?,
        send_state = ?
    WHERE pk = ?"""
_NEWEST: Final = "ORDER BY received_at DESC, id DESC LIMIT 1"
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
    touched: bool = False
    whole: bool = False
    """Whether everything is to be computed anew."""
    answers: bool = False
    """Whether `unanswered_since` is to be computed anew."""
    sends: bool = False
    """Whether `send_state` is to be computed anew."""

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
            if reopen and self.status in _REOPENS:
                self.status, self.snoozed_until = Status.OPEN.value, None
        elif role == ANSWER and (self.answered_at is None or received_at > self.answered_at):
            self.answered_at = received_at
            self.answers = True


class Rollups:
    """The conversations whose roll-up a work has touched."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._rows: dict[int, Rollup] = {}

    def get(self, pk: int) -> Rollup:
        """The roll-up of a conversation, read once a work."""
        row = self._rows.get(pk)
        if row is None:
            row = self._rows[pk] = Rollup(*self._tx.db.execute(_LOAD, (pk,)).fetchone())
        return row

    def close(self) -> None:
        saved = []
        for pk, row in self._rows.items():
            if not row.touched:
                continue
            if row.whole:
                self._whole(pk, row)
            else:
                if row.answers:
                    row.unanswered_since = self._unanswered(pk, row.answered_at)
                if row.sends:
                    row.send_state = self._send_state(pk)
            saved.append(
                (
                    row.revision + 1,
                    row.status,
                    row.snoozed_until,
                    row.unread,
                    row.snippet,
                    row.last_message_pk,
                    row.last_message_at,
                    row.last_message_at if row.last_message_pk is not None else row.created_at,
                    row.last_incoming_at,
                    row.answered_at,
                    row.unanswered_since,
                    row.send_state,
                    pk,
                )
            )
            self._tx.changed(ObjectKind.CONVERSATION, row.id, row.revision + 1)
        self._tx.db.executemany(_SAVE, saved)

    def _whole(self, pk: int, row: Rollup) -> None:
        newest = self._one(f"pk, received_at, text FROM message WHERE conversation_pk = ? AND role > 0 {_NEWEST}", pk)
        row.last_message_pk, row.last_message_at = (newest[0], newest[1]) if newest else (None, 0)
        row.snippet = snippet(newest[2]) if newest else ""
        row.last_incoming_at = self._last_at(pk, CUSTOMER)
        row.answered_at = self._last_at(pk, ANSWER)
        row.unanswered_since = self._unanswered(pk, row.answered_at)
        row.send_state = self._send_state(pk)
        unread = self._one("count(*) FROM message WHERE conversation_pk = ? AND is_unread = 1", pk)
        row.unread = unread[0] if unread else 0

    def _one(self, query: str, *values: object) -> tuple[int, int, str] | None:
        row: tuple[int, int, str] | None = self._tx.db.execute(f"SELECT {query}", values).fetchone()
        return row

    def _last_at(self, pk: int, role: int) -> Millis | None:
        row = self._one(f"received_at FROM message WHERE conversation_pk = ? AND role = ? {_NEWEST}", pk, role)
        return row[0] if row else None

    def _unanswered(self, pk: int, answered_at: Millis | None) -> Millis | None:
        row = self._tx.db.execute(
            "SELECT received_at FROM message WHERE conversation_pk = ? AND received_at > ? AND role = ?"
            " ORDER BY received_at LIMIT 1",
            (pk, -1 if answered_at is None else answered_at, CUSTOMER),
        ).fetchone()
        return row[0] if row else None

    def _send_state(self, pk: int) -> str | None:
        row = self._tx.db.execute(
            f"SELECT state FROM message WHERE conversation_pk = ? AND unsettled = 1 {_NEWEST}", (pk,)
        ).fetchone()
        return row[0] if row else None


def rollups(tx: Tx) -> Rollups:
    """This work's roll-ups."""
    found = tx.closing.get("rollup")
    if not isinstance(found, Rollups):
        found = tx.closing["rollup"] = Rollups(tx)
    return found


def anew(tx: Tx, conversation_pk: int) -> None:
    """Compute a conversation's roll-up from its messages when the work ends."""
    row = rollups(tx).get(conversation_pk)
    row.touched = row.whole = True
