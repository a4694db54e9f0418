"""New messages and conversations of a work, written in a few statements: one a row costs half as much again.

A row waits until something else is asked of the database within the work (`Tx.db`), or until the work ends. Only what
is surely new may wait: messages whose external ids were looked for beforehand, conversations that nobody had.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from itertools import chain
from typing import Final

from omnitui.ids import Ulid
from omnitui.store.arriving.rollup import Rollup
from omnitui.store.groups import groups, marks
from omnitui.store.rows import pk_of
from omnitui.store.writer import Tx

_MOST_NAMES: Final = 500
"""External ids that one statement looks for."""
_CONVERSATION: Final = (
    "pk, id, account_pk, inbox_pk, contact_pk, channel, subject, external_id, may_belong_to_pk, created_at, revision,"
    " status, unread, snippet, last_message_pk, last_message_at, last_activity_at, last_incoming_at, answered_at,"
    " unanswered_since, send_state"
)

Row = tuple[object, ...]


class Newcomers:
    """What waits in one work."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._unknown: set[tuple[int, str]] = set()
        """Accounts and external ids of messages that are not here."""
        self._messages: dict[str, list[Row]] = {}
        self._unindexed: list[tuple[int]] = []
        self._conversations: list[tuple[Row, Rollup]] = []
        self._next: dict[str, int] = {}
        """The row number that the next new row of a table gets, as long as rows wait."""

    def expect(self, account_pk: int, external_ids: Collection[str]) -> None:
        """Look which of these messages are not here: they may wait when they come."""
        names = list({name for name in external_ids if name})
        for at in range(0, len(names), _MOST_NAMES):
            some = names[at : at + _MOST_NAMES]
            known = self._tx.db.execute(
                "SELECT external_id FROM message WHERE account_pk = ? AND external_id <> ''"
                f" AND external_id IN ({', '.join('?' * len(some))})",
                (account_pk, *some),
            )
            self._unknown.update((account_pk, name) for name in set(some) - {row[0] for row in known})

    def forget(self) -> None:
        """Let no further message wait: external ids were given to other messages."""
        self._unknown.clear()

    def take_message(self, account_pk: int, external_id: str, columns: str, values: Row, *, index: bool) -> int | None:
        """Have a message wait, if it is known to be new; the number of its row."""
        key = (account_pk, external_id)
        if key not in self._unknown:
            return None
        self._unknown.discard(key)
        pk = self._new_pk("message")
        self._messages.setdefault(columns, []).append((pk, *values))
        if not index:
            self._unindexed.append((pk,))
        return pk

    def take_conversation(self, row: Rollup, values: Row) -> None:
        """Have a new conversation wait; `values` are what its roll-up does not say, in the order of the columns."""
        self._conversations.append((values, row))
        self._tx.waiting = self

    def new_conversation_pk(self) -> int:
        """The row number of the next new conversation."""
        return self._new_pk("conversation")

    def _new_pk(self, table: str) -> int:
        pk = self._next.get(table)
        if pk is None:
            pk = self._tx.beside.execute(f"SELECT coalesce(max(pk), 0) + 1 FROM {table}").fetchone()[0]
        self._next[table] = pk + 1
        self._tx.waiting = self
        return pk

    def write(self) -> None:
        """Write all that waits."""
        messages, self._messages = self._messages, {}
        conversations, self._conversations = self._conversations, []
        unindexed, self._unindexed = self._unindexed, []
        self._next.clear()
        for columns, rows in messages.items():
            self._insert("message", f"pk, {columns}", rows)
        if unindexed:
            self._tx.beside.executemany("INSERT INTO unindexed(message_pk) VALUES (?)", unindexed)
        self._insert(
            "conversation", _CONVERSATION, [(row.pk, row.id, *rest, *_said(row)) for rest, row in conversations]
        )
        for _rest, row in conversations:
            row.begun()

    def close(self) -> None:
        """Write what still waits when the work ends."""
        if self._tx.waiting is self:
            self._tx.waiting = None
            self.write()

    def _insert(self, table: str, columns: str, rows: Sequence[Row]) -> None:
        for some in groups(rows):
            self._tx.beside.execute(_statement(table, columns, len(some)), list(chain.from_iterable(some)))


@cache
def _statement(table: str, columns: str, rows: int) -> str:
    return f"INSERT INTO {table}({columns}) VALUES {marks(columns.count(',') + 1, rows)}"


def _said(row: Rollup) -> Row:
    return (
        row.revision,
        row.status,
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


def newcomers(tx: Tx) -> Newcomers:
    """This work's new rows."""
    found = tx.closing.get("newcomers")
    if not isinstance(found, Newcomers):
        found = tx.closing["newcomers"] = Newcomers(tx)
    return found


def expect_messages(tx: Tx, account_id: Ulid, external_ids: Collection[str]) -> None:
    """Say which messages will come, so that those that are new are written together."""
    newcomers(tx).expect(pk_of(tx, "account", account_id), external_ids)


def forget_expected(tx: Tx) -> None:
    """Take messages one by one again: an external id was given to a message that is here."""
    if "newcomers" in tx.closing:
        newcomers(tx).forget()
