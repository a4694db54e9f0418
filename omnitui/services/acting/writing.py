"""What agents write: replies, first messages and notes, each recorded and applied in one durable commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from omnitui.clock import DAY, SECOND, Millis
from omnitui.desk.acting.steps import RULE, untyped
from omnitui.errors import NotFound, Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.operations import Op
from omnitui.model.people import Agent
from omnitui.model.states import MessageKind, ObjectKind, SendState, Verb
from omnitui.sdk import snapshot
from omnitui.sdk.capabilities import Capabilities, why_barred
from omnitui.services.acting import outgoing
from omnitui.services.acting.recording import Intent, enqueue, record
from omnitui.store import drafts
from omnitui.store.arriving import inflow
from omnitui.store.arriving.arrivals import reply_key
from omnitui.store.cache import Cache
from omnitui.store.reads import accounts, history, inbox, merging
from omnitui.store.reads.replying import ReplyTarget, reply_target
from omnitui.store.writer import Tx
from omnitui.sync.allowance import allowance, policy_of
from omnitui.text.safe import safe
from omnitui.text.surrogates import mended

if TYPE_CHECKING:
    from omnitui.services.texts.templates import Filled

LONGEST_HOLD: Millis = DAY
P = ParamSpec("P")


def _as_one_act(
    ready: Callable[Concatenate[Writing, P], Callable[[Tx, Ulid], Op]],
) -> Callable[Concatenate[Writing, P], Op]:
    """What makes something ready to be recorded, as what records it at once in an act of its own."""

    def done(self: Writing, /, *args: P.args, **kwargs: P.kwargs) -> Op:
        work = ready(self, *args, **kwargs)
        return self._cache.write(lambda tx: work(tx, tx.ids.new()))

    done.__doc__ = ready.__doc__
    return done


class Readdressed(Refused):
    """A reply would go to somebody else than its author saw: somebody wrote, or conversations were cut or merged since.

    Args:
        to: Whom it would go to.
        seen: Whom its author saw.
    """

    def __init__(self, to: str, seen: str) -> None:
        super().__init__(
            _("it would go to {to} now, not to {seen}").format(to=safe(to), seen=safe(seen)),
            hint=_("send it once more if it is for them"),
        )
        self.to = to


class Writing:
    """Records what the profile's agent writes.

    Args:
        cache: Where everything lies.
        holds: Undo times by channel, in milliseconds, stronger than the account's.
    """

    def __init__(self, cache: Cache, holds: Mapping[str, Millis] | None = None) -> None:
        self._cache = cache
        self._holds = holds or {}
        self._me: Agent = cache.me()

    def _replying(
        self,
        conversation_id: Ulid,
        text: str,
        *,
        files: Sequence[Path | str] = (),
        hold: Millis | None = None,
        at: Millis | None = None,
        seen: Ulid | None = None,
        answers: Ulid | None = None,
        to: str = "",
        subject: str | None = None,
        to_all: bool = False,
        cc: Sequence[str] = (),
        bcc: Sequence[str] = (),
        template: Filled | None = None,
        tag: str = "",
        reason: str = "",
        continues: Ulid | None = None,
        csat: Mapping[str, Json] | None = None,
    ) -> Callable[[Tx, Ulid], Op]:
        """An answer to the customer, checked and ready to be recorded as a part of the act of the given group.

        It is held for the undo time, then leaves.

        Args:
            conversation_id: Where.
            text: What is said.
            files: To send along; copies are kept.
            hold: Undo time in milliseconds; the channel's, else the account's, where not given.
            at: When it is to leave, instead of after the undo time.
            seen: The newest message its author had on screen: if somebody wrote after it, the reply is blocked.
            answers: The message that it answers; the customer's newest, where not said.
            to: Whom its author saw that it goes to (`ReplyTarget.address`).
            subject: Where it is to have another one than the conversation.
            to_all: Whether all others who got the customer's mail get the answer too.
            cc: Further addressees, where the channel has them.
            bcc: Hidden addressees.
            template: The approved template that it is; `text` is not looked at then.
            tag: Under which tag it goes, where the channel has one for after its window.
            reason: Why it goes under that; it is in the op log.
            continues: The conversation that it goes on with from another channel; both will say so.
            csat: It asks how satisfied the customer is, on these terms (`omnitui.desk.acting.steps.ask`).

        Raises:
            Refused: Empty, or the channel takes no written reply now.
            Readdressed: It would go to somebody else than its author saw.
        """
        shown, conversation_id = conversation_id, self._cache.read(merging.way, conversation_id, answers)
        target = self._target(conversation_id, answers)
        if shown != conversation_id:
            target = replace(target, status=self._target(shown).status)
        if to and to != target.address:
            raise Readdressed(target.address, to)
        capabilities = snapshot.read(target.capabilities, target.channel)
        if template is None:
            text = outgoing.checked_length(_checked_text(text, files), capabilities, len(files))
        else:
            text = template.text
        fields = _fields(capabilities, template, tag, reason)
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

        def work(tx: Tx, group: Ulid) -> Op:
            conversation = inbox.conversation(tx.db, conversation_id)
            if conversation is not None:
                policy = policy_of(capabilities, conversation, tx.now(), allowance(tx.db, capabilities, conversation))
                if why := why_barred(policy, template=template is not None, tag=tag):
                    raise Refused(why)
            if continues is not None:
                self._connect(tx, group, continues, conversation_id)
            if shown != conversation_id and template is None and not untyped(reason):
                drafts.drop(tx, shown, MessageKind.PUBLIC)
            return self._send(
                tx,
                target,
                text,
                kept,
                Verb.REPLY,
                hold,
                group,
                at=at,
                subject=mended(subject) if subject else None,
                seen=seen,
                cc=copies,
                bcc=hidden,
                fields=fields,
                reason=reason,
                csat=csat,
            )

        return work

    reply = _as_one_act(_replying)

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
        channel: str = "",
        template: Filled | None = None,
        continues: Ulid | None = None,
    ) -> Op:
        """Write first: start a conversation with `to` from the account's first inbox (on `channel`) that allows it.

        What `draft` names has become this message; `template` and `continues` are those of `reply`.

        Raises:
            NotFound: No such account.
            Refused: The account cannot write first, or `to` is no address.
        """
        to, subject = mended(to), mended(subject)
        text = _checked_text(text, files) if template is None else template.text
        capabilities = self._cache.read(accounts.capabilities, account)
        inboxes = [box for box in self._cache.read(accounts.inboxes) if box.account_id == account]
        able = [box for box in inboxes if snapshot.read(capabilities, box.channel).can_start]
        box = next((box for box in able if channel in ("", box.channel)), None)
        if box is None:
            raise Refused(_("this account cannot write first"))
        abilities = snapshot.read(capabilities, box.channel)
        address = outgoing.checked_address(to) if box.channel == "email" else to
        if template is None:
            text = outgoing.checked_length(text, abilities, len(files))
        fields = _fields(abilities, template, "", "")
        kept = outgoing.read_files(files, self._cache.blobs, abilities)
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
            if why := why_barred(abilities.policy(tx.now(), None), template=template is not None):
                raise Refused(why)
            if draft is not None:
                drafts.drop_first(tx, draft)
            if continues is not None:
                self._connect(tx, group, continues, conversation_id)
            return self._send(
                tx,
                target,
                text,
                kept,
                Verb.NEW,
                hold,
                group,
                at=at,
                subject=subject,
                cc=copies,
                bcc=hidden,
                fields=fields,
            )

        return self._cache.write(work)

    def note(self, conversation_id: Ulid, text: str, *, files: Sequence[Path | str] = ()) -> Op:
        """Leave a note that only agents see. Where the back end keeps notes, it gets a copy."""
        work = self._noting(conversation_id, text, files=files)
        return self._cache.write(lambda tx: work(tx, None))

    def _noting(
        self, conversation_id: Ulid, text: str, *, files: Sequence[Path | str] = (), reason: str = ""
    ) -> Callable[[Tx, Ulid | None], Op]:
        """A note, ready to be recorded as a part of the act of the given group, else as one of its own."""
        target = self._target(conversation_id)
        text = _checked_text(text, files)
        capabilities = replace(snapshot.read(target.capabilities, target.channel), attachments=True)
        kept = outgoing.read_files(files, self._cache.blobs, capabilities)

        def work(tx: Tx, group: Ulid | None) -> Op:
            op_id = tx.ids.new()
            message = outgoing.note(target, self._me, text, kept, tx.ids, tx.now(), op_id)
            after = outgoing.as_fields(message)
            intent = Intent(Verb.NOTE, ObjectKind.MESSAGE, message.id, after, conversation_id, reason, op_id=op_id)
            if group is None:
                drafts.drop(tx, conversation_id, MessageKind.NOTE)
            op = record(tx, self._me.id, group or op_id, intent)
            assert op is not None
            return op

        return work

    def _connect(self, tx: Tx, group_id: Ulid, before: Ulid, after: Ulid) -> None:
        """Let two conversations say that the one is gone on with in the other."""
        for here, there, words in (
            (before, after, _("goes on by {channel}: {ref}")),
            (after, before, _("goes on from {channel}: {ref}")),
        ):
            conversation, other = inbox.conversation(tx.db, here), inbox.conversation(tx.db, there)
            if conversation is None or other is None:
                continue
            op_id = tx.ids.new()
            text = words.format(channel=other.channel, ref=inbox.ref(tx.db, there))
            line = outgoing.activity(conversation, self._me, text, tx.ids, tx.now(), op_id)
            fields = outgoing.as_fields(line)
            intent = Intent(Verb.CONTINUE, ObjectKind.MESSAGE, line.id, fields, here, op_id=op_id)
            record(tx, self._me.id, group_id, intent)

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
        fields: Mapping[str, Json] | None = None,
        reason: str = "",
        csat: Mapping[str, Json] | None = None,
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
            fields=fields,
            auto=csat is not None or reason.startswith(RULE),
        )
        after = outgoing.as_fields(made.message, made.mail)
        if csat is not None:
            after = {**after, "csat": csat}
        intent = Intent(verb, ObjectKind.MESSAGE, made.message.id, after, target.conversation_id, reason, op_id=op_id)
        op = record(tx, self._me.id, group_id, intent)
        assert op is not None
        payload = made.payload if at is None else {**made.payload, "scheduled": True}
        enqueue(tx, op, payload, due_at=tx.now() + wait, held=wait > 0, message_id=made.message.id)
        if (not fields or "template" not in fields) and not untyped(reason) and csat is None:
            drafts.drop(tx, target.conversation_id, MessageKind.PUBLIC)
        return op


def _fields(capabilities: Capabilities, template: Filled | None, tag: str, reason: str) -> dict[str, Json]:
    """What the connector is told beside the text.

    Raises:
        Refused: The channel has no such thing, a blank is empty, or the reason is missing.
    """
    fields: dict[str, Json] = {}
    if template is not None:
        if not capabilities.templates:
            raise Refused(_("this channel has no templates"))
        fields["template"] = dict(template.fields)
    if tag:
        if tag != capabilities.tag:
            raise Refused(_("this channel has no tag {tag}").format(tag=tag))
        if not reason.strip():
            raise Refused(_("say why it goes under the tag {tag}: the reason is kept in the log").format(tag=tag))
        fields["tag"] = tag
    return fields


def _checked_text(text: str, files: Sequence[Path | str]) -> str:
    if not text.strip() and not files:
        raise Refused(_("there is nothing to send"))
    return mended(text)


def _seen_at(tx: Tx, seen: Ulid | None) -> Millis | None:
    message = history.message(tx.db, seen) if seen else None
    return message.received_at if message else None
