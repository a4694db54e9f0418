"""Builders of a desk's content for tests: `a_conversation(cache, …)` and what it stands on.

Everything goes through the store's own writing functions, so that a test sees rows as the product makes them. Where
the cache has a `FrozenClock`, each message moves it on by a minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from omnitui.clock import MINUTE, Clock, FrozenClock, Millis
from omnitui.ids import Ulid
from omnitui.model.accounts import Account, Inbox, Json
from omnitui.model.conversations import Attachment, Conversation, Message
from omnitui.model.people import Agent
from omnitui.model.states import Direction, MessageKind, Priority, SendState, Status
from omnitui.store import accounts
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
from omnitui.store.reads import accounts as account_reads
from omnitui.store.reads import inbox
from omnitui.store.writer import Tx


def a_cache(folder: Path, clock: Clock | None = None) -> Cache:
    """An empty cache in `folder`; its clock stands still unless another is given."""
    return Cache.open(folder, clock=clock or FrozenClock())


def an_account(
    cache: Cache,
    name: str = "Shop",
    kind: str = "demo",
    hold: Millis = 8_000,
    capabilities: Mapping[str, Json] | None = None,
) -> Account:
    """The account of that name; made where there is none. Without capabilities everything on it is local."""
    found = cache.read(account_reads.account, name)
    if found is None:
        found = account = Account(cache.ids.new(), kind, name, hold=hold, created_at=cache.clock.now())
        cache.write(lambda tx: accounts.put_account(tx, account), durable=False)
    if capabilities is not None:
        account_id, able = found.id, dict(capabilities)
        cache.write(lambda tx: accounts.set_capabilities(tx, account_id, able), durable=False)
    return found


def an_agent(cache: Cache, name: str) -> Agent:
    """The agent of that name; made where there is none."""
    found = next((agent for agent in cache.read(account_reads.agents) if agent.name == name), None)
    if found is None:
        found = agent = Agent(cache.ids.new(), name)
        cache.write(lambda tx: accounts.put_agent(tx, agent), durable=False)
    return found


def an_inbox(
    cache: Cache, account: Account, channel: str = "email", address: str = "shop@example.com", name: str = ""
) -> Inbox:
    """The inbox of that address; made where there is none."""
    return cache.write(lambda tx: accounts.put_inbox(tx, account.id, channel, address, name), durable=False)


def a_contact(
    cache: Cache,
    name: str = "Ann",
    address: str = "",
    channel: str = "email",
    account: Account | None = None,
    **fields: Json,
) -> Ulid:
    """The contact with that address (one made of the name, unless given); `fields` as `change_contact` takes them."""
    owner = account or an_account(cache)
    address = address or f"{'.'.join(name.lower().split())}@example.com"

    def work(tx: Tx) -> Ulid:
        contact_id, _identity_id = inflow.find_or_make_contact(tx, owner.id, channel, address, name)
        if fields:
            inflow.change_contact(tx, contact_id, fields)
        return contact_id

    return cache.write(work, durable=False)


def a_conversation(
    cache: Cache,
    *texts: str,
    contact: str = "Ann",
    address: str = "",
    subject: str = "",
    channel: str = "email",
    inbox_address: str = "shop@example.com",
    account: Account | None = None,
    status: Status = Status.OPEN,
    priority: Priority = Priority.NORMAL,
    assignee: str = "",
    labels: Sequence[str] = (),
    seen: bool = False,
    fields: Mapping[str, Json] | None = None,
) -> Conversation:
    """A conversation that the contact began with `texts` ("Hello" unless given).

    `assignee` is an agent's name; `fields` are further ones that `change_conversation` takes.
    """
    owner = account or an_account(cache)
    place = an_inbox(cache, owner, channel, inbox_address)
    contact_id = a_contact(cache, contact, address, channel, owner)
    conversation_id = cache.write(
        lambda tx: inflow.make_conversation(
            tx,
            account_id=owner.id,
            inbox_id=place.id,
            contact_id=contact_id,
            channel=channel,
            subject=subject,
        ),
        durable=False,
    )
    for text in texts or ("Hello",):
        a_message(cache, conversation_id, text, seen=seen)
    changed: dict[str, Json] = dict(fields or {})
    if status is not Status.OPEN:
        changed["status"] = status.value
    if priority is not Priority.NORMAL:
        changed["priority"] = priority.value
    if assignee:
        changed["assignee_id"] = an_agent(cache, assignee).id
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
    author: str = "",
    subject: str = "",
    at: Millis | None = None,
    external_id: str = "",
    files: Sequence[str] = (),
    seen: bool = False,
    auto: bool = False,
    placement: str = "",
    answers: str = "",
) -> Message:
    """A message in a conversation, the contact's unless `direction` says otherwise; `files` are names."""
    within = conversation(cache, conversation_id)
    own = cache.ids.new()
    incoming = direction is Direction.INCOMING
    if not incoming and state is None and kind is MessageKind.PUBLIC:
        state = SendState.ACCEPTED
    when = cache.clock.now() if at is None else at
    message = Message(
        own,
        conversation_id,
        within.account_id,
        direction,
        kind,
        state,
        author or (within.contact if incoming else cache.me().name),
        within.contact_id if incoming else cache.me().id,
        when,
        when,
        text,
        subject,
        external_id,
        auto=auto,
        placement=placement,
        answers=answers,
        attachments=tuple(Attachment(cache.ids.new(), own, name, "application/octet-stream", 1) for name in files),
    )
    cache.write(lambda tx: inflow.put_message(tx, message, seen=seen), durable=False)
    if isinstance(cache.clock, FrozenClock):
        cache.clock.advance(MINUTE)
    return message


def conversation(cache: Cache, conversation_id: Ulid) -> Conversation:
    """The conversation as it is now."""
    found = cache.read(inbox.conversation, conversation_id)
    assert found is not None
    return found
