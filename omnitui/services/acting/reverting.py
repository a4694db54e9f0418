"""Taking back one op alone, of whatever age: what came after it stays, and what stands on it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.operations import Fields, Op
from omnitui.model.people import Agent
from omnitui.model.states import ObjectKind, Verb
from omnitui.services.acting.recording import Intent, compared, record
from omnitui.services.acting.undoing import Conflict, Undone, invert, refuse_departed
from omnitui.store import oplog
from omnitui.store.reads import oplog as log
from omnitui.store.reads import tracing
from omnitui.store.rule_journal import journal
from omnitui.store.writer import Tx
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True)
class Outlook:
    """What taking an op back would do."""

    op: Op
    sets: Fields
    """The fields that it would set, and to what."""
    stays: Fields
    """The fields that were set again since, with what they are: they would be left alone."""
    later: tuple[Op, ...] = ()
    """The ops that set them, or others of its fields, again: they stand on it."""


def outlook(db: sqlite3.Connection, op_id: Ulid) -> Outlook:
    """What taking back an op alone would do now. Raises NotFound."""
    op = log.op(db, op_id)
    names = compared(op.kind, op.after)
    now, _revision = oplog.current(db, op.kind, op.object_id, names)
    later = tuple(tracing.later(db, op))
    if op.verb is Verb.LABEL:
        return Outlook(op, {"labels": _labels(op, now["labels"])}, {}, later)
    stays: Fields = {name: now[name] for name in names if now[name] != op.after[name]}
    # The fields of one op belong together: none is set back where one has been set again.
    return Outlook(op, {} if stays else {name: op.before.get(name) for name in names}, stays, later)


def revert(tx: Tx, me: Agent, op_id: Ulid, *, others: bool = False) -> Undone:
    """Take back one op by its inverse, and nothing else of its act.

    Of an op on labels only those go or come back that it put on or took off, whatever was done with others since. Other
    fields that were set again after the op are left alone, as conflicts.

    Args:
        tx: The commit.
        me: Who does it.
        op_id: The op.
        others: Whether somebody else's op may be taken back: the agent was asked.

    Raises:
        NotFound: There is no such op.
        Refused: It was taken back already, it has left, it is somebody else's, or nothing of it is left.
    """
    op = log.op(tx.db, op_id)
    if log.undone(tx.db, op.id):
        raise Refused(_("that was taken back already"), hint=_("omnitui redo does it again"))
    if op.author_id != me.id and not others:
        raise Refused(_("somebody else did that"), hint=_("say --others to take it back all the same"))
    refuse_departed(tx, [op])
    if op.verb is not Verb.LABEL:
        return invert(tx, me, [op], redoing=False)
    now, _revision = oplog.current(tx, ObjectKind.CONVERSATION, op.object_id, ["labels"])
    wanted = _labels(op, now["labels"])
    if wanted == now["labels"]:
        return Undone((), (), (Conflict(op, "labels", op.after["labels"], now["labels"]),))
    journal(tx).quiet()  # as each undo: rules would do their part once more
    intent = Intent(op.verb, op.kind, op.object_id, {"labels": wanted}, op.conversation_id, undoes=op.id)
    made = record(tx, me.id, tx.ids.new(), intent)
    return Undone((made,) if made is not None else (), (op,))


def _labels(op: Op, now: Json) -> list[str]:
    """The labels without what the op put on, and with what it took off."""
    before, after = set(op.before["labels"]), set(op.after["labels"])
    return sorted((set(now) - (after - before)) | (before - after))
