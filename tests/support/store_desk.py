"""A small desk to test the store with: one account, one inbox, and builders for what comes in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omnitui.clock import FrozenClock, Millis
from omnitui.ids import Ulid
from omnitui.model.accounts import Account
from omnitui.model.conversations import Message
from omnitui.model.operations import Fields, Op, OutboxEntry
from omnitui.model.states import Direction, MessageKind, ObjectKind, SendState, Verb
from omnitui.store import accounts, oplog, outbox
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
from omnitui.store.writer import Tx

NOW: Millis = 1_750_000_000_000


def a_message(conversation_id: Ulid, account_id: Ulid, message_id: Ulid, **fields: Any) -> Message:
    """An incoming message of a customer, unless `fields` say otherwise."""
    values: dict[str, Any] = {
        "direction": Direction.INCOMING,
        "kind": MessageKind.PUBLIC,
        "state": None,
        "author": "Hanako Yamada",
        "author_id": None,
        "sent_at": NOW,
        "received_at": NOW,
        "text": "返品したいのですが",
        **fields,
    }
    return Message(id=message_id, conversation_id=conversation_id, account_id=account_id, **values)


@dataclass
class Desk:
    """A cache with one account, one inbox, one contact and one conversation."""

    cache: Cache
    clock: FrozenClock
    account_id: Ulid = ""
    inbox_id: Ulid = ""
    contact_id: Ulid = ""
    conversation_id: Ulid = ""
    ops: list[Op] = field(default_factory=list)

    def set_up(self) -> None:
        """Make the account and what hangs on it."""

        def work(tx: Tx) -> None:
            self.account_id = tx.ids.new()
            accounts.put_account(tx, Account(self.account_id, "demo", "support"))
            self.inbox_id = accounts.put_inbox(tx, self.account_id, "email", "help@example.com").id
            self.contact_id, _identity = inflow.find_or_make_contact(
                tx, self.account_id, "email", "hanako@example.com", "Hanako Yamada"
            )
            self.conversation_id = self.converse(tx)

        self.cache.write(work)

    def converse(self, tx: Tx, **fields: Any) -> Ulid:
        """Make a conversation."""
        return inflow.make_conversation(
            tx,
            account_id=self.account_id,
            inbox_id=self.inbox_id,
            contact_id=self.contact_id,
            **{"channel": "email", "subject": "返品", **fields},
        )

    def message(self, conversation_id: Ulid = "", **fields: Any) -> Message:
        """An incoming message, see `a_message`."""
        return a_message(conversation_id or self.conversation_id, self.account_id, self.cache.ids.new(), **fields)

    def receive(self, conversation_id: Ulid = "", **fields: Any) -> inflow.Stored:
        """Store an incoming message."""
        message = self.message(conversation_id, **fields)
        return self.cache.write(lambda tx: inflow.put_message(tx, message))

    def act(
        self,
        verb: Verb,
        kind: ObjectKind,
        object_id: Ulid,
        after: Fields,
        before: Fields | None = None,
        **fields: Any,
    ) -> Op:
        """Do an op as `services.operations` does: one commit of its row and its effect."""

        def work(tx: Tx) -> Op:
            now, revision = oplog.current(
                tx, kind, object_id, [name for name in after if name not in ("message", "mail")]
            )
            op_id = tx.ids.new()
            values: dict[str, Any] = {"group_id": op_id, "conversation_id": self.conversation_id, **fields}
            op = Op(
                id=op_id,
                at=tx.now(),
                author_id=self.cache.me().id,
                verb=verb,
                kind=kind,
                object_id=object_id,
                account_id=self.account_id,
                before=now if before is None else before,
                after=after,
                base_revision=revision,
                **values,
            )
            op = oplog.append(tx, op)
            oplog.apply(tx, op)
            return op

        op = self.cache.write(work)
        self.ops.append(op)
        return op

    def inverse(self, op: Op) -> Op:
        """Undo an op by its inverse."""
        return self.act(op.verb, op.kind, op.object_id, op.before, op.after, undoes=op.id)

    def send(self, text: str = "We will call you.", *, state: SendState = SendState.HELD, **fields: Any) -> OutboxEntry:
        """Write a reply and put it into the outbox."""
        from dataclasses import asdict

        message = self.message(
            text=text, direction=Direction.OUTGOING, state=state, author="me", received_at=self.clock.now()
        )
        op = self.act(
            Verb.REPLY, ObjectKind.MESSAGE, message.id, {"exists": True, "message": asdict(message), "mail": None}
        )
        values: dict[str, Any] = {"due_at": self.clock.now(), "idempotency_key": op.id, "verb": Verb.REPLY, **fields}
        entry = OutboxEntry(
            op_id=op.id,
            account_id=self.account_id,
            conversation_id=self.conversation_id,
            state=state,
            message_id=message.id,
            **values,
        )
        self.cache.write(lambda tx: outbox.put(tx, entry))
        return entry

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the cache holds."""
        return self.cache.read(lambda db: db.execute(query, values).fetchall())

    def row(self, query: str, *values: object) -> tuple[Any, ...]:
        """The one row that the cache holds."""
        rows = self.rows(query, *values)
        assert len(rows) == 1, rows
        return rows[0]

    def found(self, query: str) -> int:
        """How many messages the full-text index finds."""
        from omnitui.text.analyser import query_terms

        def count(db: sqlite3.Connection) -> int:
            match = query_terms(query)
            return len(db.execute("SELECT rowid FROM message_fts WHERE terms MATCH ?", (match,)).fetchall())

        return self.cache.read(count)


@contextmanager
def a_desk(folder: Path) -> Iterator[Desk]:
    """A desk in a folder, closed at the end."""
    clock = FrozenClock(NOW)
    with Cache.open(folder / "data", state=folder / "state", clock=clock) as cache:
        desk = Desk(cache, clock)
        desk.set_up()
        yield desk
        # The writer does not check them, for speed; so every test that uses a desk does.
        assert desk.rows("PRAGMA foreign_key_check") == []
