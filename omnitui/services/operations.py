"""What agents do: every change is an op, recorded and applied in one durable commit, and can be undone.

All methods block for one commit (a few milliseconds); faces call them off their event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from omnitui.clock import DAY, SECOND, Millis
from omnitui.errors import NotFound, Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.operations import Op
from omnitui.model.people import Agent
from omnitui.model.states import MessageKind, ObjectKind, Priority, SendState, Status, Verb
from omnitui.sdk import snapshot
from omnitui.sdk.capabilities import Barred
from omnitui.services import editing, outgoing
from omnitui.services.recording import Intent, enqueue, record
from omnitui.services.undoing import Undone, redo, undo
from omnitui.store import drafts, inflow, outbox
from omnitui.store.arrivals import reply_key
from omnitui.store.cache import Cache
from omnitui.store.reads import accounts, history, inbox
from omnitui.store.reads import outbox as outbox_reads
from omnitui.store.reads.replying import ReplyTarget, reply_target
from omnitui.store.writer import Tx
from omnitui.text.surrogates import mended, mended_all

CONTACT_FIELDS = frozenset({"name", "segment", "language", "time_zone", "about", "organization", "fields"})
LONGEST_HOLD: Millis = DAY


class Operations:
    """Records what the profile's agent does.

    Args:
        cache: Where everything lies.
        holds: Undo times by channel, in milliseconds, stronger than the account's.
    """

    def __init__(self, cache: Cache, holds: Mapping[str, Millis] | None = None) -> None:
        self._cache = cache
        self._holds = holds or {}
        self._me: Agent = cache.me()

    # Writing

    def reply(
        self,
        conversation_id: Ulid,
        text: str,
        *,
        files: Sequence[Path | str] = (),
        hold: Millis | None = None,
        at: Millis | None = None,
        seen: Ulid | None = None,
        answers: Ulid | None = None,
        subject: str | None = None,
        to_all: bool = False,
        cc: Sequence[str] = (),
        bcc: Sequence[str] = (),
    ) -> Op:
        """Answer the customer. The reply is held for the undo time, then leaves.

        Args:
            conversation_id: Where.
            text: What is said.
            files: To send along; copies are kept.
            hold: Undo time in milliseconds; the channel's, else the account's, where not given.
            at: When it is to leave, instead of after the undo time.
            seen: The newest message its author had on screen: if somebody wrote after it, the reply is blocked.
            answers: The message that it answers; the customer's newest, where not said.
            subject: Where it is to have another one than the conversation.
            to_all: Whether all others who got the customer's mail get the answer too.
            cc: Further addressees, where the channel has them.
            bcc: Hidden addressees.

        Raises:
            Refused: Empty, or the channel takes no written reply now.
        """
        target = self._target(conversation_id, answers)
        capabilities = snapshot.read(target.capabilities, target.channel)
        text = outgoing.checked_length(_checked_text(text, files), capabilities)
        if (cc or bcc) and not capabilities.mail:
            raise Refused(_("this channel has no Cc"))
        if not capabilities.writes:
            raise Refused(
                _("this channel takes no written replies"), hint=_("answer on another channel of the contact")
            )
        kept = outgoing.read_files(files, self._cache.blobs, capabilities)
        copies = [outgoing.checked_address(address) for address in (*cc, *(target.others if to_all else ()))]
        hidden = [outgoing.checked_address(address) for address in bcc]
        copies = list({address.lower(): address for address in copies}.values())

        def work(tx: Tx) -> Op:
            conversation = inbox.conversation(tx.db, conversation_id)
            policy = capabilities.policy(tx.now(), conversation.last_incoming_at if conversation else None)
            if isinstance(policy, Barred):
                raise Refused(policy.why)
            return self._send(
                tx,
                target,
                text,
                kept,
                Verb.REPLY,
                hold,
                tx.ids.new(),
                at=at,
                subject=mended(subject) if subject else None,
                seen=seen,
                cc=copies,
                bcc=hidden,
            )

        return self._cache.write(work)

    def new(
        self,
        account: Ulid,
        to: str,
        subject: str,
        text: str,
        *,
        files: Sequence[Path | str] = (),
        hold: Millis | None = None,
        at: Millis | None = None,
        cc: Sequence[str] = (),
        bcc: Sequence[str] = (),
        draft: Ulid | None = None,
    ) -> Op:
        """Write first: start a conversation with `to` from the account's first inbox that allows it.

        What `draft` names has become this message.

        Raises:
            NotFound: No such account.
            Refused: The account cannot write first, or `to` is no address.
        """
        to, subject, text = mended(to), mended(subject), _checked_text(text, files)
        capabilities = self._cache.read(accounts.capabilities, account)
        inboxes = [box for box in self._cache.read(accounts.inboxes) if box.account_id == account]
        box = next((box for box in inboxes if snapshot.read(capabilities, box.channel).can_start), None)
        if box is None:
            raise Refused(_("this account cannot write first"))
        channel = snapshot.read(capabilities, box.channel)
        address = outgoing.checked_address(to) if box.channel == "email" else to
        text = outgoing.checked_length(text, channel)
        kept = outgoing.read_files(files, self._cache.blobs, channel)
        copies = [outgoing.checked_address(each) for each in cc]
        hidden = [outgoing.checked_address(each) for each in bcc]

        def work(tx: Tx) -> Op:
            group = tx.ids.new()
            contact_id, _identity = inflow.find_or_make_contact(tx, account, box.channel, address.lower(), "")
            conversation_id = inflow.make_conversation(
                tx, account_id=account, inbox_id=box.id, contact_id=contact_id, channel=box.channel, subject=subject
            )
            target = reply_target(tx.db, conversation_id)
            assert target is not None
            target = replace(target, contact=address)
            if draft is not None:
                drafts.drop_first(tx, draft)
            return self._send(
                tx, target, text, kept, Verb.NEW, hold, group, at=at, subject=subject, cc=copies, bcc=hidden
            )

        return self._cache.write(work)

    def note(self, conversation_id: Ulid, text: str, *, files: Sequence[Path | str] = ()) -> Op:
        """Leave a note that only agents see. Where the back end keeps notes, it gets a copy."""
        target = self._target(conversation_id)
        text = _checked_text(text, files)
        capabilities = replace(snapshot.read(target.capabilities, target.channel), attachments=True)
        kept = outgoing.read_files(files, self._cache.blobs, capabilities)

        def work(tx: Tx) -> Op:
            op_id = tx.ids.new()
            message = outgoing.note(target, self._me, text, kept, tx.ids, tx.now(), op_id)
            after = outgoing.as_fields(message)
            intent = Intent(Verb.NOTE, ObjectKind.MESSAGE, message.id, after, conversation_id, op_id=op_id)
            drafts.drop(tx, conversation_id, MessageKind.NOTE)
            op = record(tx, self._me.id, op_id, intent)
            assert op is not None
            return op

        return self._cache.write(work)

    # Changing

    def set_status(self, ids: Iterable[Ulid], status: Status, *, reason: str = "") -> list[Op]:
        """Resolve, reopen, close, wait: `snoozed_until` ends with it."""
        after = {"status": status.value, "snoozed_until": None}
        return self._each(ids, Verb.STATUS, lambda tx, id_: after, reason)

    def assign(self, ids: Iterable[Ulid], agent_id: Ulid | None) -> list[Op]:
        """Make an agent responsible; None: nobody."""
        return self._each(ids, Verb.ASSIGN, lambda tx, id_: {"assignee_id": agent_id})

    def label(self, ids: Iterable[Ulid], *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> list[Op]:
        """Put labels on and take labels off."""
        on, off = {_label(name) for name in add}, {_label(name) for name in remove}

        def after(tx: Tx, id_: Ulid) -> Mapping[str, Json]:
            conversation = inbox.conversation(tx.db, id_)
            return {"labels": sorted((set(conversation.labels if conversation else ()) | on) - off)}

        return self._each(ids, Verb.LABEL, after)

    def set_priority(self, ids: Iterable[Ulid], priority: Priority) -> list[Op]:
        """Say how much conversations matter."""
        return self._each(ids, Verb.PRIORITY, lambda tx, id_: {"priority": priority.value})

    def snooze(self, ids: Iterable[Ulid], until: Millis) -> list[Op]:
        """Hide conversations until a time, or until the customer writes.

        Raises:
            Refused: The time has passed.
        """
        if until <= self._cache.clock.now():
            raise Refused(_("that time has passed"))
        after = {"status": Status.SNOOZED.value, "snoozed_until": until}
        return self._each(ids, Verb.SNOOZE, lambda tx, id_: after)

    def wake_due(self) -> list[Op]:
        """Reopen what was snoozed until now, by ops, so that the log shows it."""
        due = self._cache.read(inbox.due_snoozes, self._cache.clock.now())
        after = {"status": Status.OPEN.value, "snoozed_until": None}
        return self._each(due, Verb.WAKE, lambda tx, id_: after, _("the snooze ended")) if due else []

    def mark_read(self, ids: Iterable[Ulid], read: bool = True) -> list[Op]:
        """Mark every message read, or the newest of the customer unread."""

        def after(tx: Tx, id_: Ulid) -> Mapping[str, Json]:
            return {"unread": [] if read else history.newest_incoming(tx.db, id_)}

        return self._each(ids, Verb.READ, after)

    def set_contact(self, contact_id: Ulid, fields: Mapping[str, Json]) -> list[Op]:
        """Change what is known of a person.

        Raises:
            Refused: There is no such field.
        """
        strange = sorted(set(fields) - CONTACT_FIELDS)
        if strange:
            known = ", ".join(sorted(CONTACT_FIELDS))
            raise Refused(_("a contact has no {field}").format(field=strange[0]), hint=_("one of: {}").format(known))
        return self._commit([Intent(Verb.CONTACT, ObjectKind.CONTACT, contact_id, mended_all(dict(fields)))])

    def link(self, contact_id: Ulid, other_id: Ulid, reason: str = "") -> list[Op]:
        """Say that two contacts are the same person; nothing is merged, and `unlink` takes it back."""
        if contact_id == other_id:
            raise Refused(_("a contact cannot be linked to itself"))
        after = {"exists": True, "contact_id": contact_id, "other_id": other_id, "reason": reason}
        return self._commit([Intent(Verb.LINK, ObjectKind.LINK, self._cache.ids.new(), after, reason=reason)])

    def unlink(self, contact_id: Ulid, other_id: Ulid) -> list[Op]:
        """Take back that two contacts are the same person.

        Raises:
            NotFound: They are not linked.
        """
        pair = {contact_id, other_id}
        links = [
            link.id for link in self._cache.read(accounts.links, contact_id) if {link.contact_id, link.other_id} == pair
        ]
        if not links:
            raise NotFound(_("these contacts are not linked"))
        return self._commit([Intent(Verb.UNLINK, ObjectKind.LINK, id_, {"exists": False}) for id_ in links])

    def move(self, message_id: Ulid, conversation_id: Ulid) -> list[Op]:
        """Put a message into another conversation of the same account."""
        message = self._cache.read(history.message, message_id)
        target = self._target(conversation_id)
        if message is None:
            raise NotFound(_("there is no message {id}").format(id=message_id))
        if message.account_id != target.account_id:
            raise Refused(_("a message cannot be moved to another account"))
        if message.op_id and message.state is not None and not message.state.settled:
            raise Refused(_("this message is still on its way"))
        after = {"conversation_id": conversation_id}
        return self._commit([Intent(Verb.MOVE, ObjectKind.MESSAGE, message_id, after, message.conversation_id)])

    def edit_message(self, message_id: Ulid, text: str) -> Op | None:
        """Put other words into a note of one's own, or into a message where its channel can. See `editing.edit`."""
        return self._cache.write(lambda tx: editing.edit(tx, self._me, message_id, text))

    def delete_message(self, message_id: Ulid) -> Op | None:
        """Take away a note of one's own, or a message where its channel can. See `editing.delete`."""
        return self._cache.write(lambda tx: editing.delete(tx, self._me, message_id))

    # Taking back

    def undo(self, op_or_group_id: Ulid | None = None) -> Undone:
        """Undo an act: the given op's, else the agent's last one that can be undone."""
        return self._cache.write(lambda tx: undo(tx, self._me, op_or_group_id))

    def redo(self, op_or_group_id: Ulid | None = None) -> Undone:
        """Do again what was undone last, or the given act if it was undone."""
        return self._cache.write(lambda tx: redo(tx, self._me, op_or_group_id))

    # The outbox

    def cancel(self, op_id: Ulid) -> Undone:
        """Take a reply or other op back that has not left."""
        return self.undo(op_id)

    def retry(self, op_id: Ulid) -> None:
        """Send a deferred, failed or blocked op now; its author has seen why it waited."""
        self._outbox_step(op_id, (SendState.DEFERRED, SendState.FAILED, SendState.BLOCKED), _release)

    def settle(self, op_id: Ulid, *, sent: bool) -> None:
        """Decide about an op of which nobody knows whether it arrived: it did, or it goes again."""
        self._outbox_step(
            op_id,
            (SendState.UNKNOWN,),
            (lambda tx, id_: outbox.move(tx, id_, SendState.ACCEPTED)) if sent else _release,
        )

    def _outbox_step(self, op_id: Ulid, states: tuple[SendState, ...], step: Callable[[Tx, Ulid], object]) -> None:
        def work(tx: Tx) -> None:
            entry = outbox_reads.entry(tx.db, op_id)
            if entry is None:
                raise NotFound(_("there is no op {id} in the outbox").format(id=op_id))
            if entry.state not in states:
                raise Refused(_("this op is {state}").format(state=entry.state.value))
            step(tx, op_id)

        self._cache.write(work)

    # How

    def _target(self, conversation_id: Ulid, answers: Ulid | None = None) -> ReplyTarget:
        target = self._cache.read(reply_target, conversation_id, answers)
        if target is None:
            raise NotFound(_("there is no conversation {id}").format(id=conversation_id))
        return target

    def _hold(self, target: ReplyTarget, hold: Millis | None) -> Millis:
        chosen = hold if hold is not None else self._holds.get(target.channel, target.hold)
        if not 0 <= chosen <= LONGEST_HOLD:
            raise Refused(_("a hold is between 0 and {} seconds").format(LONGEST_HOLD // SECOND))
        return chosen

    def _send(
        self,
        tx: Tx,
        target: ReplyTarget,
        text: str,
        files: Sequence[dict[str, object]],
        verb: Verb,
        hold: Millis | None,
        group_id: Ulid,
        *,
        at: Millis | None = None,
        subject: str | None = None,
        seen: Ulid | None = None,
        cc: Sequence[str] = (),
        bcc: Sequence[str] = (),
    ) -> Op:
        wait = self._hold(target, hold) if at is None else at - tx.now()
        if at is not None and wait <= 0:
            raise Refused(_("that time has passed"))
        op_id = tx.ids.new()
        made = outgoing.compose(
            target,
            self._me,
            text,
            ids=tx.ids,
            now=tx.now(),
            origin=tx.origin,
            token_key=reply_key(tx),
            state=SendState.HELD if wait else SendState.QUEUED,
            op_id=op_id,
            files=files,
            subject=subject,
            seen=seen,
            seen_at=_seen_at(tx, seen),
            cc=cc,
            bcc=bcc,
        )
        after = outgoing.as_fields(made.message, made.mail)
        intent = Intent(verb, ObjectKind.MESSAGE, made.message.id, after, target.conversation_id, op_id=op_id)
        op = record(tx, self._me.id, group_id, intent)
        assert op is not None
        payload = made.payload if at is None else {**made.payload, "scheduled": True}
        enqueue(tx, op, payload, due_at=tx.now() + wait, held=wait > 0, message_id=made.message.id)
        drafts.drop(tx, target.conversation_id, MessageKind.PUBLIC)
        return op

    def _each(
        self, ids: Iterable[Ulid], verb: Verb, after: Callable[[Tx, Ulid], Mapping[str, Json]], reason: str = ""
    ) -> list[Op]:
        """The same change on many conversations: one group, one commit."""
        chosen = list(dict.fromkeys(ids))

        def work(tx: Tx) -> list[Op]:
            group = tx.ids.new()
            made = [
                record(
                    tx,
                    self._me.id,
                    group,
                    Intent(verb, ObjectKind.CONVERSATION, id_, after(tx, id_), id_, reason),
                )
                for id_ in chosen
            ]
            return [op for op in made if op is not None]

        return self._cache.write(work)

    def _commit(self, intents: Sequence[Intent]) -> list[Op]:
        def work(tx: Tx) -> list[Op]:
            group = tx.ids.new()
            made = [record(tx, self._me.id, group, intent) for intent in intents]
            return [op for op in made if op is not None]

        return self._cache.write(work)


def _release(tx: Tx, op_id: Ulid) -> None:
    """Let an op go: its author knows by now what stands in the conversation."""
    entry = outbox_reads.entry(tx.db, op_id)
    target = reply_target(tx.db, entry.conversation_id) if entry and entry.conversation_id else None
    renewed: dict[str, Json] | None = None
    if entry and target and "seen" in entry.payload:
        renewed = {
            **entry.payload,
            "seen": target.newest_id,
            "seen_at": target.newest_at,
            "status": target.status.value,
        }
    elif entry and "fields" in entry.payload:
        renewed = {**entry.payload, "forced": True}
    outbox.move(tx, op_id, SendState.QUEUED, due_at=tx.now())
    if renewed is not None:
        outbox.renew(tx, op_id, renewed)


def _checked_text(text: str, files: Sequence[Path | str]) -> str:
    if not text.strip() and not files:
        raise Refused(_("there is nothing to send"))
    return mended(text)


def _label(name: str) -> str:
    cleaned = "-".join(mended(name).split()).lower()
    if not cleaned or any(ord(char) < 32 for char in cleaned):
        raise Refused(_("{name!r} is no label").format(name=name))
    return cleaned


def _seen_at(tx: Tx, seen: Ulid | None) -> Millis | None:
    message = history.message(tx.db, seen) if seen else None
    return message.received_at if message else None
