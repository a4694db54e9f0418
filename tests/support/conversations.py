"""Builders of conversations for tests of the faces, through the store's own writing functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from omnitui.clock import MINUTE, Clock, Millis, SystemClock
from omnitui.ids import Ulid
from omnitui.model.accounts import Account, Json
from omnitui.model.conversations import Attachment, Conversation, Message
from omnitui.model.states import Direction, MessageKind, SendState, Status
from omnitui.store import accounts, inflow
from omnitui.store.cache import Cache
from omnitui.store.reads import accounts as account_reads
from omnitui.store.reads import inbox


class PastClock:
    """A clock that begins a day ago and goes on by a minute with every message that is built."""

    def __init__(self) -> None:
        self._now = SystemClock().now() - 24 * 60 * MINUTE

    def now(self) -> Millis:
        return self._now

    def tick(self) -> None:
        self._now += MINUTE


def a_cache(folder: Path, clock: Clock | None = None) -> Cache:
    """The cache in a folder, on a clock of the past unless another is given."""
    return Cache.open(folder, clock=clock or PastClock())


def an_account(cache: Cache, name: str = "Shop", *, capabilities: Mapping[str, Json] | None = None) -> Account:
    """The account of that name; made where there is none. Without capabilities everything on it is local."""
    found = cache.read(account_reads.account, name)
    if found is None:
        account = Account(cache.ids.new(), "demo", name, created_at=cache.clock.now())
        cache.write(lambda tx: accounts.put_account(tx, account), durable=False)
        found = account
    if capabilities is not None:
        account_id = found.id
        cache.write(lambda tx: accounts.set_capabilities(tx, account_id, dict(capabilities)), durable=False)
    return found


def a_conversation(
    cache: Cache,
    *texts: str,
    contact: str = "Ann",
    subject: str = "",
    status: Status = Status.OPEN,
    labels: Sequence[str] = (),
    account: Account | None = None,
) -> Conversation:
    """A conversation that the contact began with `texts` ("Hello" unless given)."""
    owner = account or an_account(cache)
    place = cache.write(lambda tx: accounts.put_inbox(tx, owner.id, "email", "shop@example.com", ""), durable=False)
    address = f"{contact.lower().replace(' ', '.')[:20]}@example.com"
    contact_id, _identity = cache.write(
        lambda tx: inflow.find_or_make_contact(tx, owner.id, "email", address, contact), durable=False
    )
    conversation_id = cache.write(
        lambda tx: inflow.make_conversation(
            tx, account_id=owner.id, inbox_id=place.id, contact_id=contact_id, channel="email", subject=subject
        ),
        durable=False,
    )
    for text in texts or ("Hello",):
        a_message(cache, conversation_id, text)
    changed: dict[str, Json] = {}
    if status is not Status.OPEN:
        changed["status"] = status.value
    if labels:
        changed["labels"] = sorted(labels)
    if changed:
        cache.write(lambda tx: inflow.change_conversation(tx, conversation_id, changed), durable=False)
    return conversation(cache, conversation_id)


def a_message(
    cache: Cache,
    conversation_id: Ulid,
    text: str = "Hello",
    *,
    direction: Direction = Direction.INCOMING,
    kind: MessageKind = MessageKind.PUBLIC,
    state: SendState | None = None,
    files: Sequence[str] = (),
) -> Message:
    """A message in a conversation, the contact's unless `direction` says otherwise; `files` are names."""
    within = conversation(cache, conversation_id)
    own = cache.ids.new()
    incoming = direction is Direction.INCOMING
    when = cache.clock.now()
    message = Message(
        own,
        conversation_id,
        within.account_id,
        direction,
        kind,
        state,
        within.contact if incoming else cache.me().name,
        within.contact_id if incoming else cache.me().id,
        when,
        when,
        text,
        attachments=tuple(Attachment(cache.ids.new(), own, name, "application/pdf", 1) for name in files),
    )
    cache.write(lambda tx: inflow.put_message(tx, message), durable=False)
    if isinstance(cache.clock, PastClock):
        cache.clock.tick()
    return message


def conversation(cache: Cache, conversation_id: Ulid) -> Conversation:
    """The conversation as it is now."""
    found = cache.read(inbox.conversation, conversation_id)
    assert found is not None
    return found
