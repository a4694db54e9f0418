"""What happens, written down for rules in the commit of the change itself, and only what a rule in force listens to.

Whoever may fire them asks rules later, in this order, and takes each line away in the commit of what they did.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.conversations import Message
from omnitui.model.states import Direction, MessageKind, Priority, What
from omnitui.store.writer import Tx

IN_FORCE: Final = "rules"
"""The name in `meta` of what rules in force listen to, and since when; absent where there are none."""
AGREEMENT: Final = ""
"""The name of a timer that is an agreement's, and no rule's."""
_FIELDS: Final[Mapping[str, frozenset[What]]] = {
    "status": frozenset({What.STATUS}),
    "assignee_id": frozenset({What.ASSIGNED, What.UNASSIGNED}),
    "labels": frozenset({What.LABELLED, What.UNLABELLED}),
    "priority": frozenset({What.PRIORITY}),
}
_STANDING: Final = (
    "SELECT status, priority, (SELECT id FROM agent WHERE pk = assignee_pk), (SELECT json_group_array(label)"
    " FROM label_use WHERE conversation_pk = conversation.pk AND deleted_at IS NULL) FROM conversation WHERE pk = ?"
)
_INSERT: Final = (
    "INSERT INTO rule_event(at, what, conversation_pk, subject, was, message_pk, firing_pk)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
Standing = tuple[str, int, Ulid | None, str]


def in_force(db: sqlite3.Connection) -> tuple[frozenset[What], Millis]:
    """What rules in force listen to, and since when."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (IN_FORCE,)).fetchone()
    if row is None:
        return frozenset(), 0
    found: dict[str, Any] = json.loads(row[0])
    return frozenset(map(What, found["heard"])), int(found["since"])


def forget(db: sqlite3.Connection) -> None:
    """Have no rule be in force in a cache that is older than what was done, so that none does again what it did."""
    db.execute("DELETE FROM rule_event")
    db.execute("DELETE FROM rule_timer")
    db.execute("UPDATE rule_state SET since_at = NULL, times = '', next_at = NULL, reached = 0")
    db.execute("DELETE FROM meta WHERE name = ?", (IN_FORCE,))


def moved(db: sqlite3.Connection, old: int, new: int) -> None:
    """What happened in a conversation happened in another one that has its messages now; of two times the later."""
    db.execute("UPDATE rule_event SET conversation_pk = ? WHERE conversation_pk = ?", (new, old))
    db.execute(
        "DELETE FROM rule_timer AS t WHERE conversation_pk = ?1 AND EXISTS (SELECT 1 FROM rule_timer o"
        " WHERE o.conversation_pk = ?2 AND o.name = t.name AND o.clock = t.clock AND o.due_at > t.due_at)"
        " AND name <> ?3",
        (new, old, AGREEMENT),
    )
    db.execute(
        "UPDATE OR IGNORE rule_timer SET conversation_pk = ? WHERE conversation_pk = ? AND name <> ?",
        (new, old, AGREEMENT),
    )
    db.execute("DELETE FROM rule_timer WHERE conversation_pk = ?", (old,))


class Journal:
    """What one work tells."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.heard, self._since = in_force(tx.beside)
        self._timed = self.heard & {What.WARNED, What.BREACHED}
        """Clocks that are kept, also in quiet: their time is still to come."""
        self.cause: int | None = None
        """The firing that does what happens here."""
        self._begun: set[int] = set()
        self._rows: list[tuple[object, ...]] = []

    def quiet(self) -> None:
        """Tell nothing of the rest of this work: it is history, or takes back what was told."""
        self.heard = frozenset()

    def tell(
        self,
        what: What,
        pk: int,
        subject: str = "",
        was: str = "",
        *,
        at: Millis | None = None,
        message_pk: int | None = None,
        cause: int | None = None,
    ) -> None:
        """Something happened in the conversation of that row."""
        at = self._tx.now() if at is None else at
        if what in self.heard and at >= self._since:
            self._rows.append((at, what.value, pk, subject, was, message_pk, cause or self.cause))
            self._tx.closing["rules"] = self

    def close(self) -> None:
        """Write what was told."""
        rows, self._rows = self._rows, []
        self._tx.db.executemany(_INSERT, rows)

    def begin(self, pk: int) -> None:
        """A conversation is made: how it is at first is no change."""
        if self.heard:
            self._begun.add(pk)

    def message(self, message_pk: int, pk: int, message: Message, *, first: bool) -> None:
        """A message came in or was written; `first`: nothing was in its conversation before."""
        if not self.heard or message.deleted or message.kind is MessageKind.ACTIVITY:
            return
        said = [What.REPLY]
        if message.kind is MessageKind.NOTE:
            said = [What.NOTE]
        elif message.direction is Direction.INCOMING:
            said = [What.BEGUN, What.MESSAGE] if first else [What.MESSAGE]
        for what in said:
            self.tell(what, pk, at=message.received_at, message_pk=message_pk)

    def status(self, pk: int, status: str, at: Millis) -> None:
        """A conversation gets a status; its row still has the one from before."""
        if What.STATUS in self.heard and pk not in self._begun:
            (was,) = self._tx.db.execute("SELECT status FROM conversation WHERE pk = ?", (pk,)).fetchone()
            if was != status:
                self.tell(What.STATUS, pk, status, was, at=at)

    def standing(self, pk: int, fields: Collection[str]) -> Standing | None:
        """How a conversation stands before these fields of it are set; None where nobody wants to know."""
        if not self.heard or pk in self._begun or not any(_FIELDS[one] & self.heard for one in _FIELDS.keys() & fields):
            return None
        found: Standing = self._tx.db.execute(_STANDING, (pk,)).fetchone()
        return found

    def changed(self, pk: int, before: Standing | None) -> None:
        """Tell what is another way than it stood."""
        if before is None:
            return
        after: Standing = self._tx.db.execute(_STANDING, (pk,)).fetchone()
        if before[0] != after[0]:
            self.tell(What.STATUS, pk, after[0], before[0])
        if before[1] != after[1]:
            words = tuple(Priority)
            self.tell(What.PRIORITY, pk, words[after[1]], words[before[1]])
        if before[2] != after[2]:
            self.tell(What.ASSIGNED if after[2] else What.UNASSIGNED, pk, after[2] or "", before[2] or "")
        was, now = set(json.loads(before[3])), set(json.loads(after[3]))
        for label in sorted(now - was):
            self.tell(What.LABELLED, pk, label)
        for label in sorted(was - now):
            self.tell(What.UNLABELLED, pk, label)

    def failed(self, pk: int, message_pk: int | None, op_pk: int) -> None:
        """What an agent or a rule wrote could not be sent."""
        if What.FAILED in self.heard:
            row = self._tx.db.execute(
                "SELECT f.pk FROM op o JOIN rule_firing f ON f.id = o.group_id WHERE o.pk = ?", (op_pk,)
            ).fetchone()
            self.tell(What.FAILED, pk, message_pk=message_pk, cause=row[0] if row else None)

    def clocks(self, pk: int, clocks: Iterable[tuple[What, Millis | None, Millis | None]], *, swept: bool) -> None:
        """The clocks of a conversation are set: what, when it was due before, when it is due now.

        `swept`: others rules for clocks came into force, and not something in it made the difference.
        """
        for what, was, due in clocks if self._timed else ():
            if what not in self._timed or was == due:
                continue
            if due is None or due < self._since or ((swept or not self.heard) and due <= self._tx.now()):
                self._tx.db.execute(
                    "DELETE FROM rule_timer WHERE name = ? AND clock = ? AND conversation_pk = ?",
                    (AGREEMENT, what.value, pk),
                )
            else:
                self._tx.db.execute(
                    "INSERT OR REPLACE INTO rule_timer(name, clock, conversation_pk, due_at, at, what)"
                    " VALUES (?1, ?2, ?3, ?4, ?4, ?2)",
                    (AGREEMENT, what.value, pk, due),
                )


def journal(tx: Tx) -> Journal:
    """What this work tells."""
    found: Journal | None = tx.journal
    if found is None:
        found = tx.journal = Journal(tx)
    return found
