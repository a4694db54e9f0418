"""The op log: what was done, by whom, newest first; Enter undoes the chosen act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from omnitui.clock import Millis
from omnitui.desk.acting.telling import Words
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.operations import Op
from omnitui.model.states import Reach
from omnitui.store.reads import oplog, tracing
from omnitui.ui.acts.changing import tell, told
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.screens.confirm import confirmed
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice

MOST = 300


async def open_log(desk: Desk, conversation_id: Ulid | None) -> None:
    """Show the log, of one conversation or of all."""
    ops = await desk.cache.aread(oplog.log, conversation_id, limit=MOST)
    now = desk.clock.now()
    words = words_of(await desk.cache.aread(tracing.called, ops), now, desk.zone)
    choices = [op_choice(op, words, now, desk.zone) for op in ops]
    title = _("Log of this conversation") if conversation_id else _("Op log")
    chosen = await desk.ask(PickerScreen(title, among(choices), hint=_("Enter undoes the chosen act")))
    if chosen is None:
        return
    op: Op = chosen.value
    if await confirmed(desk, _("Undo this act? {what}").format(what=told((op,))), _("undo")):
        undone = await desk.act(desk.session.operations.undo, op.group_id)
        tell(desk, undone, _("undone: {what}"), undone.originals)


def op_choice(op: Op, words: Words, now: Millis, zone: tzinfo) -> Choice:
    """An op as a line: when, who, what, from what to what."""
    marks = []
    if op.undoes:
        marks.append(_("undo"))
    if op.redoes:
        marks.append(_("redo"))
    if op.reach is Reach.LOCAL:
        marks.append(_("local"))
    deed = words.deed(op)
    reason = "" if "message" in op.after else op.reason
    said = f"{deed} ({reason})" if deed and reason else deed or reason
    left: Line = (
        (f"{phrases.moment(op.at, now, zone)}  ", "muted"),
        (f"{plain(words.names.get(op.author_id, '?'))}  ", "theirs"),
        (_(phrases.VERB[op.verb]), "strong"),
        (f"  {plain(said)}", "text"),
    )
    return Choice(op, left, ((", ".join(marks), "muted"),), words=op.id)


def words_of(names: Mapping[Ulid, str], now: Millis, zone: tzinfo) -> Words:
    """What names and times are called in the log."""
    return Words(names, lambda at: phrases.moment(at, now, zone, within=True))
