"""Mail taken into the cache: recognised wherever it lies, threaded by the rules, its bounces told to our mails."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from omnitui.clock import SECOND, Millis
from omnitui.desk.belonging.subjects import stripped
from omnitui.desk.belonging.threading import Placement, Reason, Target, place
from omnitui.desk.belonging.tokens import plain_address, token_among
from omnitui.errors import OmniError
from omnitui.ids import Ulid
from omnitui.model.conversations import Attachment, Message
from omnitui.model.mail import MailHeader
from omnitui.model.states import Direction, MessageKind, SendState, Status
from omnitui.sdk.events import FolderReset, MailFlags, MailLocation, MailVanished
from omnitui.store.arriving import arrivals, inflow, threads
from omnitui.store.arriving.threads import OwnMessage
from omnitui.store.reads import accounts as account_reads
from omnitui.store.reads import inbox
from omnitui.sync.arrival import Arrival
from omnitui.sync.mails import ReadyMail
from omnitui.sync.parking import Bounced, of_mail, of_message
from omnitui.sync.rating import keep_score, score_in

CHANNEL = "email"
_NUMBER = re.compile(r"#([0-9A-HJKMNP-TV-Z]{6,26})\b")


@dataclass
class MailArrival:
    """Takes the mail of one account into the cache, within one transaction."""

    arrival: Arrival
    _ours: frozenset[str] | None = field(default=None)
    _reply_key: bytes = b""

    def take(self, event: ReadyMail | MailFlags | MailVanished | FolderReset) -> None:
        """Take one event in."""
        tx, account_id = self.arrival.tx, self.arrival.account.id
        match event:
            case ReadyMail():
                self._mail(event)
            case MailFlags():
                self._flags(event)
            case MailVanished(place_):
                inflow.drop_location(tx, account_id, place_.folder, place_.uidvalidity, place_.uid)
            case FolderReset():
                inflow.reset_folder(tx, account_id, event.folder, event.uidvalidity)

    def _mail(self, mail: ReadyMail) -> None:
        if self.arrival.refusals.refuses_mail(mail, CHANNEL, plain_address(mail.customer(self.ours).address)):
            return
        known = self._known(mail)
        if known is None:
            known = self._new(mail)
            self._locate(mail, known)
            if mail.event.keywords:
                self._label(arrivals.conversation_of(self.arrival.tx.db, known), set(mail.event.keywords), set())
            self.arrival.release(of_message(mail.external_id), of_mail(mail.parsed.message_id))
        else:
            self._locate(mail, known)
            if mail.event.seen:
                self.arrival.shown += inflow.set_seen(self.arrival.tx, known)

    def _known(self, mail: ReadyMail) -> Ulid | None:
        """The message that this mail is: the same one from another folder, or our own reply found in Sent."""
        tx, account_id = self.arrival.tx, self.arrival.account.id
        message_id = arrivals.message_named(tx.db, account_id, mail.external_id)
        if message_id is not None or not mail.parsed.message_id:
            return message_id
        own = threads.own_by_mail(tx.db, account_id, mail.parsed.message_id)
        if own is None or not self._is_copy(mail, own):
            return None
        self.arrival.prove(own)
        return own.message_id

    def _is_copy(self, mail: ReadyMail, own: OwnMessage) -> bool:
        """Whether a mail with our own Message-ID is our mail: in Sent always, elsewhere only if it says the same."""
        if mail.event.direction is Direction.OUTGOING:
            return True
        said = threads.text_of(self.arrival.tx.db, own.message_id)
        return "".join(said.split()) in "".join(mail.parsed.text.split()) and mail.sender.address.lower() in self.ours

    @property
    def ours(self) -> frozenset[str]:
        """All our own addresses on this account, and the agents'."""
        if self._ours is None:
            self._ours = account_reads.own_addresses(self.arrival.tx.db, self.arrival.account.id)
        return self._ours

    def _new(self, mail: ReadyMail) -> Ulid:
        arrival, parsed, event = self.arrival, mail.parsed, mail.event
        tx = arrival.tx
        inbox_id = arrival.inbox(CHANNEL, event.inbox)
        self._ours = self.ours | {plain_address(event.inbox)}
        customer = mail.customer(self.ours)
        contact_id, _identity_id = inflow.find_or_make_contact(
            tx, arrival.account.id, CHANNEL, plain_address(customer.address), customer.name
        )
        placement = self._place(mail)
        subject = stripped(parsed.subject)
        conversation_id = placement.conversation_id
        if conversation_id is None:
            conversation_id = inflow.make_conversation(
                tx,
                account_id=arrival.account.id,
                inbox_id=inbox_id,
                contact_id=contact_id,
                channel=CHANNEL,
                subject=subject,
                may_belong_to=placement.may_belong_to,
            )
        else:
            conversation_id = self._bridge(conversation_id, placement.bridges)
        outgoing = event.direction is Direction.OUTGOING
        received_at = self._after_ours(mail, min(event.received_at, tx.now()))
        message_id = tx.ids.new()
        auto = parsed.auto_reply or parsed.bounce is not None
        score = None
        if not (outgoing or auto or mail.unreadable):
            names = (mail.external_id, received_at, parsed.in_reply_to)
            score = score_in(arrival, parsed.reply_text, conversation_id, contact_id, *names)
        quiet = score is not None and score.quiet
        stored = inflow.put_message(
            tx,
            Message(
                id=message_id,
                conversation_id=conversation_id,
                account_id=arrival.account.id,
                direction=event.direction,
                kind=MessageKind.RAW if mail.unreadable else MessageKind.PUBLIC,
                state=SendState.ACCEPTED if outgoing else None,
                author=mail.sender.name or mail.sender.address,
                author_id=arrival.agent(mail.sender.address) if outgoing else contact_id,
                sent_at=parsed.date if parsed.date is not None else received_at,
                received_at=received_at,
                text=parsed.text if mail.unreadable else parsed.reply_text,
                subject=parsed.subject,
                external_id=mail.external_id,
                quoted=parsed.quoted,
                signature=parsed.signature,
                html=bool(parsed.html),
                raw=mail.raw,
                placement=placement.code,
                auto=auto or quiet,
                to=tuple(str(one) for one in parsed.to),
                cc=tuple(str(one) for one in parsed.cc),
                attachments=self._attachments(mail, message_id),
            ),
            mail=MailHeader(
                rfc_id=parsed.message_id,
                in_reply_to=parsed.in_reply_to[0] if parsed.in_reply_to else "",
                references=parsed.references,
                participants=mail.participants(),
                sender=plain_address(mail.sender.address),
                reply_to=tuple(one.address for one in parsed.reply_to if one.address),
            ),
            seen=event.seen,
            index=not arrival.history,
            # What was answered long ago is no reason to open a conversation again.
            reopen=not arrival.history and placement.reason is not Reason.ANSWERED and not quiet,
        )
        keep_score(arrival, score, received_at)
        arrival.count(stored)
        arrival.unparsed += mail.unreadable
        if placement.conversation_id is not None:
            self._lead(conversation_id, stored.message_id, contact_id, subject)
        self._bounce(mail, placement)
        return stored.message_id

    def _after_ours(self, mail: ReadyMail, received_at: Millis) -> Millis:
        """Received when, in an order that reads well: IMAP knows seconds only, our own replies have milliseconds."""
        if not mail.references or mail.event.direction is Direction.OUTGOING:
            return received_at
        own = threads.own_by_mail(self.arrival.tx.db, self.arrival.account.id, mail.references[0])
        if own is None or own.received_at // SECOND != received_at // SECOND:
            return received_at
        return max(received_at, own.received_at + 1)

    def _place(self, mail: ReadyMail) -> Placement:
        tx, account_id = self.arrival.tx, self.arrival.account.id
        facts = mail.for_placement()
        named = (*facts.references, facts.bounce_of) if facts.bounce_of else facts.references
        known = threads.relatives(tx.db, account_id, facts.rfc_id, named)
        target = None
        self._reply_key = self._reply_key or arrivals.reply_key(tx)
        token = token_among(self._reply_key, mail.recipients(), self.ours)
        if token is not None:
            conversation = inbox.conversation(tx.db, threads.standing_for(tx.db, token))
            if conversation is not None and conversation.account_id == account_id:
                target = Target(conversation.id, conversation.subject, conversation.status is Status.CLOSED)
        return place(facts, known, ours=self.ours, target=target, numbered=self._numbered(facts.subject))

    def _numbered(self, subject: str) -> Ulid | None:
        """A conversation of this account whose number a subject quotes."""
        found = _NUMBER.search(subject.upper()[:1_000])
        if found is None:
            return None
        try:
            return inbox.resolve_ref(self.arrival.tx.db, found[1])
        except OmniError:
            return None

    def _bridge(self, chosen: Ulid, others: tuple[Ulid, ...]) -> Ulid:
        """Make conversations one that a mail proves to be one, as far as no agent has worked in them."""
        tx = self.arrival.tx
        if not others:
            return chosen
        touched = [one for one in (chosen, *others) if not threads.untouched(tx.db, one)]
        into = touched[0] if touched else chosen
        for other in (chosen, *others):
            if other == into or other in touched:
                continue
            first, older = threads.earliest(tx.db, into), threads.earliest(tx.db, other)
            head = inbox.conversation(tx.db, other)
            threads.join_conversations(tx, other, into)
            if head is not None and older is not None and (first is None or older < first) and into not in touched:
                fields = {"contact_id": head.contact_id, "subject": head.subject}
                inflow.change_conversation(tx, into, fields)
        return into

    def _lead(self, conversation_id: Ulid, message_id: Ulid, contact_id: Ulid, subject: str) -> None:
        """A conversation is with the person, and about the matter, of its first mail, in whatever order they came."""
        tx = self.arrival.tx
        first = threads.earliest(tx.db, conversation_id)
        if first is None or first[2] != message_id or not threads.untouched(tx.db, conversation_id):
            return
        if threads.about(tx.db, conversation_id) != (contact_id, subject):
            inflow.change_conversation(tx, conversation_id, {"contact_id": contact_id, "subject": subject})

    def _bounce(self, mail: ReadyMail, placement: Placement) -> None:
        bounce = mail.parsed.bounce
        if bounce is None or bounce.action != "failed" or not bounce.original_message_id:
            return
        if placement.reason not in (Reason.BOUNCE, Reason.FIRST):
            return
        said = " ".join(part for part in (bounce.status, bounce.diagnostic) if part)
        reason = f"{bounce.recipient}: {said}" if bounce.recipient else said
        self.arrival.apply(
            Bounced(bounce.original_message_id, plain_address(bounce.recipient), mail.event.received_at, reason)
        )

    def _attachments(self, mail: ReadyMail, message_id: Ulid) -> tuple[Attachment, ...]:
        return tuple(
            Attachment(
                id=self.arrival.tx.ids.new(),
                message_id=message_id,
                name=part.name,
                media_type=part.media_type,
                size=part.size,
                sha256=sha256 if kept else "",
                inline=part.inline,
                content_id=part.content_id,
                remote=None if kept else {"raw": mail.raw, "part": number, "sha256": sha256},
            )
            for number, (part, (sha256, kept)) in enumerate(zip(mail.parsed.attachments, mail.files, strict=True))
        )

    def _locate(self, mail: ReadyMail, message_id: Ulid) -> None:
        event = mail.event
        self._put(event.location, message_id, event.seen, event.flagged, event.keywords)

    def _put(
        self, location: MailLocation, message_id: Ulid, seen: bool, flagged: bool, keywords: tuple[str, ...]
    ) -> None:
        inflow.put_location(
            self.arrival.tx,
            self.arrival.account.id,
            message_id,
            location.folder,
            location.uidvalidity,
            location.uid,
            seen,
            flagged,
            keywords,
        )

    def _flags(self, event: MailFlags) -> None:
        """Flags are whole; only what differs from the last report is a change, so that own ops on their way hold."""
        tx, account_id, at = self.arrival.tx, self.arrival.account.id, event.location
        message_id = inflow.message_at(tx, account_id, at.folder, at.uidvalidity, at.uid)
        before = inflow.flags_at(tx, account_id, at.folder, at.uidvalidity, at.uid)
        if message_id is None or before is None:
            return
        self._put(at, message_id, event.seen, event.flagged, event.keywords)
        if before[0] != event.seen:
            self.arrival.shown += inflow.set_seen(tx, message_id, event.seen)
        now, then = set(event.keywords), set(before[2])
        self._label(arrivals.conversation_of(tx.db, message_id), now - then, then - now)

    def _label(self, conversation_id: Ulid, added: set[str], removed: set[str]) -> None:
        if not added and not removed:
            return
        labels = arrivals.labels_of(self.arrival.tx.db, conversation_id)
        wanted = (labels | added) - removed
        if wanted != labels:
            inflow.change_conversation(self.arrival.tx, conversation_id, {"labels": sorted(wanted)})
            self.arrival.shown += 1
