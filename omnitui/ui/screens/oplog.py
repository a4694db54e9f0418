"""The op log: what was done, by whom, newest first; Enter undoes the chosen act."""

from __future__ import annotations

import json

from omnitui.clock import Millis
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.operations import Op
from omnitui.model.states import Reach
from omnitui.store.reads import accounts, oplog
from omnitui.ui import phrases
from omnitui.ui.acts.changing import tell, told
from omnitui.ui.desk import Desk
from omnitui.ui.roles import Line, plain
from omnitui.ui.screens.confirm import confirmed
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice

MOST = 300


async def open_log(desk: Desk, conversation_id: Ulid | None) -> None:
    """Show the log, of one conversation or of all."""
    ops = await desk.cache.aread(oplog.log, conversation_id, limit=MOST)
    agents = {agent.id: agent.name for agent in await desk.cache.aread(accounts.agents)}
    now = desk.clock.now()
    choices = [op_choice(op, agents.get(op.author_id, "?"), phrases.moment(op.at, now, desk.zone), now) for op in ops]
    title = _("Log of this conversation") if conversation_id else _("Op log")
    chosen = await desk.ask(PickerScreen(title, among(choices), hint=_("Enter undoes the chosen act")))
    if chosen is None:
        return
    op: Op = chosen.value
    if await confirmed(desk, _("Undo this act? {what}").format(what=told((op,))), _("undo")):
        undone = await desk.act(desk.session.operations.undo, op.group_id)
        tell(desk, undone, _("undone: {what}"), undone.originals)


def op_choice(op: Op, author: str, moment: str, now: Millis) -> Choice:
    """An op as a line: when, who, what, from what to what."""
    marks = []
    if op.undoes:
        marks.append(_("undo"))
    if op.redoes:
        marks.append(_("redo"))
    if op.reach is Reach.LOCAL:
        marks.append(_("local"))
    left: Line = (
        (f"{moment}  ", "muted"),
        (f"{plain(author)}  ", "theirs"),
        (_(phrases.VERB[op.verb]), "strong"),
        (f"  {plain(_change(op))}", "text"),
    )
    return Choice(op, left, ((", ".join(marks), "muted"),), words=op.id)


def _change(op: Op) -> str:
    if set(op.after) & {"message", "exists"}:
        message = op.after.get("message")
        text = message.get("text", "") if isinstance(message, dict) else ""
        return str(text).split("\n")[0] or op.reason
    parts = [f"{name}: {value_words(op.before.get(name))} → {value_words(value)}" for name, value in op.after.items()]
    return ", ".join(parts) + (f" ({op.reason})" if op.reason else "")


def value_words(value: object) -> str:
    """A field's value in an op, for people."""
    if value is None or value == []:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
