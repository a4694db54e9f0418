"""Undo and redo: an op's inverse as a new op, or its cancelling while nothing has left; conflicts are shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from omnitui.desk.acting.steps import untyped
from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.conversations import Draft
from omnitui.model.operations import Fields, Op, OutboxEntry
from omnitui.model.people import Agent
from omnitui.model.states import MessageKind, ObjectKind, Reach, SendState, Status, Verb
from omnitui.services.acting.recording import Intent, compared, enqueue, record
from omnitui.store import drafts, oplog, outbox
from omnitui.store.arriving.arrivals import withheld
from omnitui.store.presence import give_back, take_again
from omnitui.store.reads import accounts, merging
from omnitui.store.reads import drafts as draft_reads
from omnitui.store.reads import oplog as log
from omnitui.store.reads import outbox as outbox_reads
from omnitui.store.rule_journal import journal
from omnitui.store.writer import Tx
from omnitui.values import dataclass

SENDS = frozenset({Verb.REPLY, Verb.NEW})
CHANGES = frozenset({Verb.EDIT, Verb.DELETE})
TAKEN_BACK = (SendState.HELD, SendState.QUEUED, SendState.DEFERRED, SendState.BLOCKED, SendState.FAILED)
"""States of a reply that no copy can have reached the customer in, unless an earlier try was cut off."""
TOLD_BY = "told_by"
"""What the line has that says where a customer was told: the op of that message, with which it is taken back."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that somebody else has set."""

    op: Op
    field: str
    left: Json
    """What it ought to be: what the op had made it, or what it was before the op that was undone."""
    found: Json
    """What it is now."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo or redo did."""

    ops: tuple[Op, ...]
    """The new ops."""
    originals: tuple[Op, ...]
    """What they undo or repeat."""
    conflicts: tuple[Conflict, ...] = ()
    """What was left alone because it changed since."""
    overtaken: tuple[Conflict, ...] = ()
    """What is not as it was before the op, since the back end had changed it meanwhile."""
    gone: int = 0
    """How many messages of an announcement had left already and are with the customers."""

    @property
    def left(self) -> Ulid | None:
        """The act of which something was left, and stays so when it is undone once more."""
        if self.conflicts:
            return self.conflicts[0].op.group_id
        return self.originals[0].group_id if self.gone else None


class Departed(Refused):
    """Something of an act has left and cannot be taken back.

    Args:
        refused: Why.
        group_id: The act.
        rest: How many of its ops can be taken back all the same.
    """

    def __init__(self, refused: Refused, group_id: Ulid, rest: int) -> None:
        super().__init__(refused.message, hint=refused.hint)
        self.group_id = group_id
        self.rest = rest


def undo(
    tx: Tx, me: Agent, op_or_group_id: Ulid | None, *, rest: Ulid | None = None, left: Collection[Ulid] = ()
) -> Undone:
    """Undo one act, all ops of it.

    Args:
        tx: The commit.
        me: Who undoes.
        op_or_group_id: The act; the agent's newest one that can be undone, where not given.
        rest: An act of which what has left is let be; it counts only where it is the one that is undone.
        left: Acts that are passed over where none is given: no more of them can be taken back.

    Raises:
        Refused: There is nothing to undo, or it is somebody else's.
        Departed: Something of it has left.
    """
    ops = log.group(tx.db, op_or_group_id) if op_or_group_id else log.last_undoable(tx.db, me.id, left)
    ops = [op for op in ops if not log.undone(tx.db, op.id)]
    if not ops:
        raise Refused(_("there is nothing to undo"))
    if any(op.author_id != me.id for op in ops):
        raise Refused(_("somebody else did that"), hint=_("undo it in your own name by setting the value you want"))
    ops, gone = _still_here(tx, ops)
    here, refused = _apart(tx, ops)
    if refused is not None:
        if not here or ops[0].group_id != rest:
            raise Departed(refused, ops[0].group_id, len(here)) from None
        ops, gone = here, gone + len(ops) - len(here)
    return replace(invert(tx, me, list(reversed(ops)), redoing=False), gone=gone)


def _still_here(tx: Tx, ops: list[Op]) -> tuple[list[Op], int]:
    """Of an announcement to many only what has not left, and how much has; of any other act all of it.

    Raises:
        Departed: All of it has left.
    """
    if not any(op.verb is Verb.INCIDENT and "told" in op.after for op in ops):
        return ops, 0
    sends = [op for op in ops if op.verb in SENDS]
    here = [op for op in sends if (entry := outbox_reads.entry(tx.db, op.id)) is not None and _is_here(entry)]
    gone = len(sends) - len(here)
    if gone and not here:
        said = _("all {n} messages have left and cannot be taken back").format(n=gone)
        raise Departed(Refused(said, hint=_("write another one to put it right")), ops[0].group_id, 0)
    stay = {op.id for op in here}
    return [*here, *(op for op in ops if op.after.get(TOLD_BY) in stay)] if gone else ops, gone


def _apart(tx: Tx, ops: Sequence[Op]) -> tuple[list[Op], Refused | None]:
    """What of these can be taken back, and why the first of the others cannot."""
    here: list[Op] = []
    why: Refused | None = None
    for op in ops:
        try:
            refuse_departed(tx, [op])
        except Refused as refused:
            why = why or refused
        else:
            here.append(op)
    return here, why


def redo(tx: Tx, me: Agent, op_or_group_id: Ulid | None = None) -> Undone:
    """Do again what this agent undid last, or the given act, named as it was first done.

    Raises:
        Refused: Nothing was undone, or something else was done since.
    """
    if op_or_group_id:
        found = [log.undone_by(tx.db, op.id) for op in log.group(tx.db, op_or_group_id)]
        inverses = [op for op in found if op is not None and op.author_id == me.id]
    else:
        inverses = log.last_redoable(tx.db, me.id)
    if not inverses:
        raise Refused(_("there is nothing to redo"))
    return invert(tx, me, list(reversed(inverses)), redoing=True)


def refuse_departed(tx: Tx, ops: Sequence[Op]) -> None:
    """Raises Refused: one of these was erased, or has left and cannot be taken back."""
    for op in ops:
        if log.erased(tx.db, op.id):
            raise Refused(_("that was erased, and cannot be brought back"))
        if op.verb is Verb.CALL:
            raise Refused(_("a call cannot be taken back"))
        entry = outbox_reads.entry(tx.db, op.id)
        if op.verb in SENDS and entry is not None and not _is_here(entry):
            said = (
                _("a copy of that message may have left already, so it cannot be taken back")
                if entry.state in TAKEN_BACK
                else _("that message is {state} and cannot be taken back").format(state=entry.state.value)
            )
            raise Refused(said, hint=_("write another one to put it right"))
        if op.verb is Verb.DELETE and op.reach is not Reach.LOCAL and (entry is None or not _is_here(entry)):
            raise Refused(_("that message is deleted at the back end, too"), hint=_("write it again"))


def _is_here(entry: OutboxEntry) -> bool:
    """Whether nothing of an op can have reached the back end."""
    return entry.state in TAKEN_BACK and not entry.marked


def _heard(op: Op) -> bool:
    """Whether the back end knows the message that an op changed: its inverse travels only then."""
    return op.verb not in CHANGES or op.reach is not Reach.LOCAL


def invert(tx: Tx, me: Agent, ops: Sequence[Op], *, redoing: bool) -> Undone:
    """The inverses of ops as one act, or with `redoing` the ops again that these are the inverses of."""
    # What is taken back, or done again, sets no rule off: it would do its part once more.
    journal(tx).quiet()
    group = tx.ids.new()
    made: list[Op] = []
    done: list[Op] = []
    conflicts: list[Conflict] = []
    overtaken: list[Conflict] = []
    for op in ops:
        names = compared(op.kind, op.after)
        now, _revision = oplog.current(tx, op.kind, op.object_id, names)
        changed = {name: now[name] for name in names if now[name] != op.after[name]}
        if changed and (redoing or not _waits(tx, op)):
            conflicts += [Conflict(op, name, op.after[name], found) for name, found in changed.items()]
            continue
        if redoing:
            inverse = _redo_one(tx, me, group, op)
        else:
            stays = _overtaken(tx, op, changed)
            overtaken += [Conflict(op, name, op.before.get(name), found) for name, found in stays.items()]
            inverse = _undo_one(tx, me, group, op, stays)
        if inverse is not None:
            made.append(inverse)
            done.append(op)
    return Undone(tuple(made), tuple(done), tuple(conflicts), tuple(overtaken))


def _waits(tx: Tx, op: Op) -> bool:
    """Whether a change of a conversation has not left: then it need not, whatever has been changed since."""
    entry = outbox_reads.entry(tx.db, op.id) if op.kind is ObjectKind.CONVERSATION else None
    return entry is not None and _is_here(entry)


def _overtaken(tx: Tx, op: Op, changed: Fields) -> dict[str, Json]:
    """The fields of an op that its undo does not set back, since the back end has set them to something else."""
    if op.kind is not ObjectKind.CONVERSATION:
        return {}
    said = {**withheld(tx.db, op), **changed}
    return {name: value for name, value in said.items() if value != op.before.get(name)}


def _undo_one(tx: Tx, me: Agent, group: Ulid, op: Op, stays: Fields) -> Op | None:
    waiting = _take_back(tx, op)
    before = {**op.before, **stays}
    if stays.get("status", Status.SNOOZED) != Status.SNOOZED and "snoozed_until" in before:
        before["snoozed_until"] = None
    intent = Intent(op.verb, op.kind, op.object_id, before, op.conversation_id, undoes=op.id)
    inverse = record(tx, me.id, group, intent, travels=not waiting and op.verb not in SENDS and _heard(op))
    if op.verb in SENDS or op.verb is Verb.NOTE:
        _back_to_draft(tx, op)
    if op.verb is Verb.ASSIGN:
        give_back(tx, op.id)
    return inverse


def _redo_one(tx: Tx, me: Agent, group: Ulid, inverse: Op) -> Op | None:
    assert inverse.undoes is not None
    original = log.op(tx.db, inverse.undoes)
    after = dict(original.after)
    if original.verb is Verb.LABEL:
        # Those that the back end put on or took off meanwhile stay so.
        on, off = set(after["labels"]), set(original.before["labels"])
        after["labels"] = sorted((set(inverse.after["labels"]) | on - off) - (off - on))
    intent = Intent(
        original.verb,
        original.kind,
        original.object_id,
        after,
        original.conversation_id,
        original.reason,
        redoes=original.id,
    )
    op = record(tx, me.id, group, intent, travels=_heard(original))
    if op is None or op.conversation_id is None:
        return op
    if op.verb is Verb.ASSIGN:
        take_again(tx, original.id, op.id)
    entry = outbox_reads.entry(tx.db, original.id)
    if op.verb in SENDS and entry is not None:
        account = accounts.account(tx.db, op.account_id)
        hold = account.hold if account else 0
        due_at = tx.now() + hold
        if entry.payload.get("scheduled"):
            due_at = max(due_at, entry.due_at)
        enqueue(tx, op, entry.payload, due_at=due_at, held=due_at > tx.now(), message_id=op.object_id)
        if not untyped(original.reason):
            drafts.drop(tx, op.conversation_id, MessageKind.PUBLIC)
    elif op.verb is Verb.NOTE:
        drafts.drop(tx, op.conversation_id, MessageKind.NOTE)
    return op


def _take_back(tx: Tx, op: Op) -> bool:
    """Cancel the op if it still waits; whether it did."""
    entry = outbox_reads.entry(tx.db, op.id)
    if entry is None or not _is_here(entry):
        return False
    outbox.move(tx, op.id, SendState.CANCELED)
    return True


def _back_to_draft(tx: Tx, op: Op) -> None:
    """Give the text back to its author: in front of what may be in the composer by now."""
    if op.conversation_id is None or not op.after.get("exists"):
        return
    place = merging.head(tx.db, op.conversation_id)
    message = op.after["message"]
    if message["kind"] == MessageKind.TEMPLATE or untyped(op.reason) or "csat" in op.after:
        # Nobody wrote its words.
        return
    kind = MessageKind.NOTE if op.verb is Verb.NOTE else MessageKind.PUBLIC
    present = next((d for d in draft_reads.drafts(tx.db, place) if d.kind is kind), None)
    text = message["text"]
    if present is not None and present.text.strip() and present.text != text:
        text = f"{text}\n\n{present.text}"
    if present is not None:
        drafts.save(tx, replace(present, text=text, updated_at=tx.now()))
        return
    draft = Draft(tx.ids.new(), place, kind, text, updated_at=tx.now())
    past = (*draft_reads.earlier(tx.db, place, kind), *draft_reads.earlier(tx.db, "", kind))
    sent = next((one for one in past if one.text == text), draft)
    drafts.save(
        tx, replace(draft, attachments=sent.attachments, seen_message_id=sent.seen_message_id, extra=sent.extra)
    )
