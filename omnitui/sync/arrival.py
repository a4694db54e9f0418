"""What happened at the back end, taken into the cache within one transaction; any order gives the same outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.belonging.threading import Reason
from omnitui.desk.belonging.tokens import plain_address
from omnitui.ids import Ulid
from omnitui.model.accounts import Account
from omnitui.model.conversations import Attachment, Message, Reaction
from omnitui.model.states import Direction, MessageKind, SendState
from omnitui.sdk import snapshot
from omnitui.sdk.events import (
    ContactChanged,
    ConversationChanged,
    FolderReset,
    MailFlags,
    MailVanished,
    MessageDeleted,
    MessageReceived,
    Person,
    Rated,
    Reacted,
    ReadUpTo,
    Receipt,
)
from omnitui.store import outbox as lines
from omnitui.store.accounts import put_inbox
from omnitui.store.arriving import arrivals, inflow, threads
from omnitui.store.arriving.reactions import react
from omnitui.store.arriving.standing import KnownConversation, standings
from omnitui.store.arriving.threads import OwnMessage
from omnitui.store.reads import accounts as account_reads
from omnitui.store.reads import outbox as outbox_reads
from omnitui.store.reads.assembly import maker
from omnitui.store.writer import Tx
from omnitui.sync.allowance import UNPLACED
from omnitui.sync.aside import AWAITS, Aside
from omnitui.sync.call_arrival import take_call
from omnitui.sync.conversation_arrival import change, confirm_read, take_change, take_contact
from omnitui.sync.parking import Bounced, Parkable, decode, encode, of_conversation, of_key, of_mail, of_message
from omnitui.sync.preparation import Ready, ReadyMessage, ReadyUnsupported
from omnitui.sync.rating import keep_score, score_in
from omnitui.sync.refusals import Refusals

_LEFT = (SendState.SENDING, SendState.ACCEPTED)
_PROOF_STEPS: Final[Mapping[SendState, tuple[SendState, ...]]] = {
    SendState.SENDING: (SendState.ACCEPTED,),
    SendState.UNKNOWN: (SendState.ACCEPTED,),
    SendState.QUEUED: _LEFT,
    SendState.DEFERRED: (SendState.QUEUED, *_LEFT),
    SendState.BLOCKED: (SendState.QUEUED, *_LEFT),
}
"""What an op goes through when a copy at the back end proves that it has left after all."""
_said: Final = maker(Message)


@dataclass
class Arrival:
    """Takes events of one account into the cache."""

    tx: Tx
    account: Account
    history: bool = False
    """Old messages: made searchable later, and no reason to open anything again."""
    unparsed: int = 0
    added: int = 0
    shown: int = 0
    """How many events changed something that an agent sees."""
    kept_aside: list[str] = field(default_factory=list)
    """Why what could not be taken in could not."""
    refusals: Refusals = field(init=False)
    _inboxes: dict[tuple[str, str], Ulid] = field(default_factory=dict)
    _agents: dict[str, Ulid] | None = None
    _contacts: dict[tuple[str, str, str], Ulid] = field(default_factory=dict)
    _standings: dict[str, KnownConversation | None] = field(default_factory=dict)
    """By the back end's id: the conversations asked for so far."""
    _windows: dict[str, Millis | None] = field(default_factory=dict)
    """By channel: its reply window."""
    _parked: bool | None = None
    """Whether anything of this account waits; None while not looked at."""

    def __post_init__(self) -> None:
        self.refusals = Refusals(self.tx, self.account)

    def expect(self, events: Iterable[Ready]) -> None:
        """Ask once for all messages that events bring, and for the conversations that they are about."""
        coming = [ready.event for ready in events if isinstance(ready, ReadyMessage)]
        names = {event.conversation for event in coming}
        if names:
            inflow.expect_messages(self.tx, self.account.id, [event.external_id for event in coming])
            self._standings = dict.fromkeys(names) | standings(self.tx, self.account.id, names)

    def take(self, ready: Ready) -> None:
        """Take one event in, unless it was erased; mail itself is taken by `MailArrival`."""
        match ready:
            case ReadyMessage() | ReadyUnsupported() | ContactChanged() if self.refusals.refuses(ready):
                return
            case ReadyMessage():
                self._message(ready)
            case ReadyUnsupported():
                self._unsupported(ready)
            case Aside():
                self._aside(ready)
            case MessageDeleted() | Reacted() | Receipt() | ReadUpTo() | ConversationChanged() | Rated():
                self.apply(ready)
            case ContactChanged():
                take_contact(self, ready)
            case MailFlags() | MailVanished() | FolderReset():
                raise TypeError(f"{type(ready).__name__} came without mail")

    def apply(self, event: Parkable) -> None:
        """Take in an event about something; it is kept for later where that is not here yet."""
        if isinstance(event, ReadUpTo | ConversationChanged | Rated):
            self._standings.pop(event.conversation, None)
        awaits = self._apply(event)
        if awaits and not self.refusals.forgot(awaits):
            self._parked = True
            arrivals.park(self.tx, self.account.id, awaits, encode(event))

    def release(self, *awaited: str) -> None:
        """Take in what waited for something that is here now."""
        if self._parked is None:
            self._parked = arrivals.has_parked(self.tx.beside, self.account.id)
        for awaits in awaited if self._parked else ():
            for parked in arrivals.unpark(self.tx, self.account.id, awaits):
                self.apply(decode(parked))

    def inbox(self, channel: str, address: str) -> Ulid:
        """The inbox of an address of ours, made where it is new."""
        key = channel, address
        if key not in self._inboxes:
            self._inboxes[key] = put_inbox(self.tx, self.account.id, channel, address).id
        return self._inboxes[key]

    def agent(self, address: str) -> Ulid | None:
        """The agent with an address; None where none is known."""
        if self._agents is None:
            agents = account_reads.agents(self.tx.beside)
            self._agents = {known.lower(): agent.id for agent in agents for known in agent.addresses}
        return self._agents.get(plain_address(address))

    def prove(self, own: OwnMessage, external_id: str = "") -> None:
        """A copy of our own message is at the back end: whatever we thought of it, it has left."""
        entry = outbox_reads.entry(self.tx.db, own.op_id)
        for step in _PROOF_STEPS.get(entry.state, ()) if entry is not None else ():
            lines.move(self.tx, own.op_id, step, external_id=external_id)
            self.shown += 1
        if external_id and external_id != own.external_id:
            threads.claim(self.tx, self.account.id, own.message_id, external_id)

    def _message(self, ready: ReadyMessage) -> None:
        event = ready.event
        if event.idempotency_key:
            own = threads.own_by_key(self.tx.db, self.account.id, event.idempotency_key)
            if own is not None:
                self.prove(own, event.external_id)
                self.release(of_key(event.idempotency_key))
        contact_id = self._contact_of(event)
        standing = self._conversation(ready, contact_id)
        received_at = min(event.sent_at if event.received_at is None else event.received_at, self.tx.now())
        said = event.direction is Direction.INCOMING and event.kind is MessageKind.PUBLIC and not event.author.agent
        names = (event.external_id, received_at, (event.answers,))
        score = score_in(self, ready.body.reply, standing.id, contact_id, *names) if said else None
        quiet = score is not None and score.quiet
        stored = inflow.put_message(
            self.tx,
            _said(
                id=self.tx.ids.new(),
                conversation_id=standing.id,
                account_id=self.account.id,
                direction=event.direction,
                kind=event.kind,
                state=_state(event.direction, event.kind),
                author=event.author.name or event.author.address,
                author_id=self._author(event, contact_id),
                sent_at=event.sent_at,
                received_at=received_at,
                text=ready.body.reply,
                quoted=ready.body.quoted,
                signature=ready.body.signature,
                subject=event.subject,
                external_id=event.external_id,
                revision=event.revision,
                html=event.html,
                raw=ready.raw,
                placement=Reason.BACK_END.value,
                attachments=_files(ready, self.tx),
                answers=event.answers,
                auto=quiet,
            ),
            seen=event.seen or received_at <= standing.read_by_us_at,
            index=not self.history,
            # A message from before the end of its conversation does not open it again.
            reopen=not quiet and (received_at > standing.ended_at if standing.ended_at else not self.history),
        )
        keep_score(self, score, received_at)
        self.count(stored)
        take_call(self, event, stored, received_at)
        known = stored.conversation_id == standing.id
        if event.direction is Direction.OUTGOING and (standing.read_by_contact_at or not known):
            confirm_read(self, stored.conversation_id)
        if (closes_at := self._closes_at(event)) is not None:
            change(self, stored.conversation_id, {"window_closes_at": closes_at}, event.sent_at)
        self.release(of_message(event.external_id))

    def _closes_at(self, event: MessageReceived) -> Millis | None:
        """When the reply window closes that a message opens: by the back end's words, else counted from its sending."""
        if event.window_closes_at is not None or event.direction is Direction.OUTGOING or event.author.agent:
            return event.window_closes_at
        if event.channel not in self._windows:
            known = account_reads.capabilities(self.tx.beside, self.account.id)
            self._windows[event.channel] = snapshot.read(known, event.channel).window
        window = self._windows[event.channel]
        closes_at = None if window is None else event.sent_at + window
        return closes_at if closes_at is not None and closes_at > self.tx.now() else None

    def _contact_of(self, event: MessageReceived) -> Ulid:
        channel, person = event.channel, event.contact
        standing = self._standing(event.conversation)
        if standing is not None and standing.address == person.address and standing.contact_id and not person.language:
            return standing.contact_id
        key = channel, person.address, person.name
        if key not in self._contacts:
            self._contacts[key], _identity_id = inflow.find_or_make_contact(
                self.tx, self.account.id, channel, person.address, person.name
            )
            if person.language:
                arrivals.fill_language(self.tx, self._contacts[key], person.language)
        return self._contacts[key]

    def _author(self, event: MessageReceived, contact_id: Ulid) -> Ulid | None:
        if event.direction is Direction.INCOMING and not event.author.agent:
            return contact_id
        return self.agent(event.author.address)

    def _standing(self, external_id: str) -> KnownConversation | None:
        if external_id not in self._standings:
            self._standings[external_id] = standings(self.tx, self.account.id, [external_id]).get(external_id)
        return self._standings[external_id]

    def _conversation(self, ready: ReadyMessage, contact_id: Ulid) -> KnownConversation:
        """The conversation of a message, made where it is new; one that we closed for good is not opened again."""
        event = ready.event
        known = self._standing(event.conversation)
        if known is not None:
            if not known.closed_here or not self._fresh(event):
                return self._introduced(known, event.conversation, contact_id)
            inflow.change_conversation(self.tx, known.id, {"external_id": ""})
        made = inflow.make_conversation(
            self.tx,
            account_id=self.account.id,
            inbox_id=self.inbox(event.channel, event.inbox),
            contact_id=contact_id,
            channel=event.channel,
            subject=event.subject,
            external_id=event.conversation,
            may_belong_to=None if known is None else known.id,
        )
        begun = self._standings[event.conversation] = KnownConversation(made)
        self.release(of_conversation(event.conversation))
        return self._standing(event.conversation) or begun

    def _fresh(self, event: MessageReceived) -> bool:
        """Whether a message is a customer's new one, which goes on where a conversation was closed for good."""
        said = event.direction is Direction.INCOMING and event.kind is MessageKind.PUBLIC and not self.history
        return said and arrivals.message_named(self.tx.db, self.account.id, event.external_id) is None

    def _introduced(self, known: KnownConversation, external_id: str, contact_id: Ulid) -> KnownConversation:
        """A conversation that began with something unsupported gets its contact when that is known."""
        if known.address != _nobody(external_id):
            return known
        inflow.change_conversation(self.tx, known.id, {"contact_id": contact_id})
        found = self._standings[external_id] = replace(known, address="", contact_id="")
        return found

    def _unsupported(self, ready: ReadyUnsupported) -> None:
        event = ready.event
        external_id = event.conversation or UNPLACED
        conversation_id = inflow.find_conversation(self.tx, self.account.id, external_id)
        if conversation_id is None:
            channel = event.channel or self.account.kind
            person = Person(_nobody(external_id))
            contact_id, _identity_id = inflow.find_or_make_contact(
                self.tx, self.account.id, channel, person.address, person.name
            )
            conversation_id = inflow.make_conversation(
                self.tx,
                account_id=self.account.id,
                inbox_id=self.inbox(channel, event.inbox),
                contact_id=contact_id,
                channel=channel,
                subject="",
                external_id=external_id,
            )
            self._standings.pop(external_id, None)
            self.release(of_conversation(external_id))
        stored = inflow.put_message(
            self.tx,
            Message(
                id=self.tx.ids.new(),
                conversation_id=conversation_id,
                account_id=self.account.id,
                direction=Direction.INCOMING,
                kind=MessageKind.RAW,
                state=None,
                author=event.kind,
                author_id=None,
                sent_at=event.at,
                received_at=min(event.at, self.tx.now()),
                text=event.raw[:65_536].decode("utf-8", "replace"),
                external_id=ready.external_id,
                raw=ready.raw,
                placement=Reason.BACK_END.value,
            ),
            index=not self.history,
            reopen=not self.history,
        )
        self.count(stored)
        self.unparsed += stored.inserted

    def _aside(self, one: Aside) -> None:
        before = self.unparsed
        if one.shown:
            self.take(ReadyUnsupported(one.event, one.raw))
        else:
            kept = {"kind": one.event.kind, "raw": one.raw, "reason": one.reason}
            self.unparsed += arrivals.park(self.tx, self.account.id, AWAITS, kept)
        if self.unparsed > before:
            self.kept_aside.append(one.reason)

    def count(self, stored: inflow.Stored) -> None:
        """Note what became of a message, for the ledger."""
        self.added += stored.inserted
        self.shown += stored.inserted or stored.revised

    def _apply(self, event: Parkable) -> str:
        """Take an event in; what it has to wait for, empty where it need not."""
        match event:
            case MessageDeleted():
                if not inflow.delete_message(self.tx, self.account.id, event.external_id, event.at):
                    return of_message(event.external_id)
                self.shown += 1
            case Reacted():
                return self._reacted(event)
            case Receipt():
                return self._receipt(event)
            case Bounced():
                return self._bounced(event)
            case ReadUpTo() | ConversationChanged() | Rated():
                conversation_id = inflow.find_conversation(self.tx, self.account.id, event.conversation)
                if conversation_id is None:
                    return of_conversation(event.conversation)
                take_change(self, conversation_id, event)
        return ""

    def _receipt(self, event: Receipt) -> str:
        own = None
        if event.idempotency_key:
            own = threads.own_by_key(self.tx.db, self.account.id, event.idempotency_key)
        if own is not None and event.state in (SendState.ACCEPTED, SendState.DELIVERED, SendState.READ):
            self.prove(own, event.external_id)
        done = inflow.set_receipt(
            self.tx,
            self.account.id,
            event.state,
            event.at,
            external_id=event.external_id,
            idempotency_key=event.idempotency_key,
            reason=event.reason,
        )
        if done:
            self.shown += 1
            return ""
        return of_message(event.external_id) if event.external_id else of_key(event.idempotency_key)

    def _reacted(self, event: Reacted) -> str:
        reaction = Reaction(event.by.address, event.by.name, event.emoji, event.at)
        changed = react(
            self.tx,
            self.account.id,
            event.external_id,
            reaction,
            withdrawn=event.withdrawn,
            replaces=event.replaces,
        )
        self.shown += bool(changed)
        return of_message(event.external_id) if changed is None else ""

    def _bounced(self, event: Bounced) -> str:
        """A mail of ours did not arrive: it failed, if the report names one it was addressed to."""
        sent = threads.sent_mails(self.tx.db, self.account.id, event.rfc_id)
        for mail in sent:
            if event.recipient and event.recipient not in mail.participants:
                continue
            self.shown += bool(
                inflow.set_receipt(
                    self.tx,
                    self.account.id,
                    SendState.FAILED,
                    event.at,
                    external_id="" if mail.idempotency_key else mail.external_id,
                    idempotency_key=mail.idempotency_key,
                    reason=event.reason,
                )
            )
        return "" if sent else of_mail(event.rfc_id)


def _state(direction: Direction, kind: MessageKind) -> SendState | None:
    """What came from the back end as ours was accepted there."""
    sent = direction is Direction.OUTGOING and kind in (MessageKind.PUBLIC, MessageKind.TEMPLATE)
    return SendState.ACCEPTED if sent else None


def _files(ready: ReadyMessage, tx: Tx) -> tuple[Attachment, ...]:
    if not ready.files:
        return ()
    blank = Attachment("", "", "", "", 0)
    return tuple(
        replace(
            blank,
            id=tx.ids.new(),
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            sha256=sha256,
            inline=file.inline,
            content_id=file.content_id,
            remote=file.remote,
        )
        for file, sha256 in zip(ready.event.files, ready.files, strict=True)
    )


def _nobody(external_id: str) -> str:
    """The address of the contact that stands in for one not known yet."""
    return f"? {external_id}"
