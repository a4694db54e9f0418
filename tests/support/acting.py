"""A desk on which an agent acts: three mail conversations of two people, and all that is shown of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnitui.clock import FrozenClock
from omnitui.ids import Ulid
from omnitui.model.accounts import Account
from omnitui.model.conversations import Message
from omnitui.model.states import Direction, MessageKind, Reach, Verb
from omnitui.sdk import Capabilities, Idempotency, snapshot
from omnitui.services.acting.operations import Operations
from omnitui.store import accounts as account_writes
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
from omnitui.store.reads import card, history, inbox
from omnitui.store.writer import Tx


@dataclass
class Desk:
    """A cache with one account, two customers and three conversations."""

    cache: Cache
    clock: FrozenClock
    operations: Operations
    account_id: Ulid
    conversations: list[Ulid]
    contacts: list[Ulid]

    def customer_writes(self, conversation_id: Ulid, text: str) -> Ulid:
        self.clock.advance(1_000)

        def work(tx: Tx) -> Ulid:
            conversation = inbox.conversation(tx.db, conversation_id)
            assert conversation is not None
            message = Message(
                id=tx.ids.new(),
                conversation_id=conversation_id,
                account_id=self.account_id,
                direction=Direction.INCOMING,
                kind=MessageKind.PUBLIC,
                state=None,
                author="Emma",
                author_id=conversation.contact_id,
                sent_at=tx.now(),
                received_at=tx.now(),
                text=text,
                external_id=f"x-{tx.ids.new()}",
            )
            return inflow.put_message(tx, message).message_id

        return self.cache.write(work)

    def state(self) -> dict[str, Any]:
        """All that an agent can see and change, drafts excepted: an undone text goes back to its author."""
        read = self.cache.read
        shown: dict[str, Any] = {}
        for id_ in self.conversations:
            conversation = read(inbox.conversation, id_)
            assert conversation is not None
            fields = ("status", "priority", "assignee_id", "labels", "snoozed_until", "unread", "snippet", "send_state")
            shown[id_] = {name: getattr(conversation, name) for name in fields}
            shown[id_]["messages"] = [
                (message.id, message.text) for message in read(history.page, id_, limit=500) if not message.deleted
            ]
        for id_ in self.contacts:
            facts = read(card.card, id_)
            contact = facts.contact
            shown[id_] = (contact.name, contact.segment, contact.about, contact.language, dict(contact.fields))
            shown[f"links {id_}"] = [other.contact.id for other in facts.links]
        return shown


CAPABILITIES = Capabilities(
    idempotency=Idempotency.FINDABLE,
    attachments=True,
    subject=True,
    can_start=True,
    mail=True,
    reach={Verb.READ: Reach.REMOTE, Verb.LABEL: Reach.MIRRORED},
)


def a_desk(folder: Path, capabilities: Capabilities = CAPABILITIES) -> Desk:
    clock = FrozenClock()
    cache = Cache.open(folder, clock=clock)

    def work(tx: Tx) -> tuple[Ulid, list[Ulid], list[Ulid]]:
        account_id = tx.ids.new()
        account_writes.put_account(tx, Account(account_id, "email", "Support", created_at=tx.now()))
        account_writes.set_capabilities(tx, account_id, snapshot.take(lambda channel: capabilities, ("email",)))
        box = account_writes.put_inbox(tx, account_id, "email", "support@example.com")
        people = [
            inflow.find_or_make_contact(tx, account_id, "email", address, name)[0]
            for address, name in (("emma@example.org", "Emma"), ("ren@example.jp", "田中 蓮"))
        ]
        made = [
            inflow.make_conversation(
                tx,
                account_id=account_id,
                inbox_id=box.id,
                contact_id=people[number % 2],
                channel="email",
                subject=f"Matter {number}",
            )
            for number in range(3)
        ]
        return account_id, people, made

    account_id, people, made = cache.write(work)
    desk = Desk(cache, clock, Operations(cache), account_id, made, people)
    for id_ in made:
        desk.customer_writes(id_, "Hello, 返金 please")
    return desk
