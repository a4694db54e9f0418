"""The op log: what was done, by whom, newest first; Enter undoes the chosen act."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import tzinfo
from typing import Final

from omnitui.clock import Millis
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.operations import Op
from omnitui.model.states import ENDS, Reach
from omnitui.services.triage.away import endless
from omnitui.store.reads import oplog, tracing
from omnitui.ui.acts.changing import tell, told
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.screens.confirm import confirmed
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice

MOST = 300
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "status": {one.value: word for one, word in phrases.STATUS.items()},
    "priority": {one.value: word for one, word in phrases.PRIORITY.items()},
}
"""What the values of fields are called."""


async def open_log(desk: Desk, conversation_id: Ulid | None) -> None:
    """Show the log, of one conversation or of all."""
    ops = await desk.cache.aread(oplog.log, conversation_id, limit=MOST)
    names = await desk.cache.aread(tracing.agents)
    now = desk.clock.now()
    choices = [op_choice(op, names, now, desk.zone) for op in ops]
    title = _("Log of this conversation") if conversation_id else _("Op log")
    chosen = await desk.ask(PickerScreen(title, among(choices), hint=_("Enter undoes the chosen act")))
    if chosen is None:
        return
    op: Op = chosen.value
    if await confirmed(desk, _("Undo this act? {what}").format(what=told((op,))), _("undo")):
        undone = await desk.act(desk.session.operations.undo, op.group_id)
        tell(desk, undone, _("undone: {what}"), undone.originals)


def op_choice(op: Op, names: Mapping[Ulid, str], now: Millis, zone: tzinfo) -> Choice:
    """An op as a line: when, who, what, from what to what."""
    marks = []
    if op.undoes:
        marks.append(_("undo"))
    if op.redoes:
        marks.append(_("redo"))
    if op.reach is Reach.LOCAL:
        marks.append(_("local"))
    left: Line = (
        (f"{phrases.moment(op.at, now, zone)}  ", "muted"),
        (f"{plain(names.get(op.author_id, '?'))}  ", "theirs"),
        (_(phrases.VERB[op.verb]), "strong"),
        (f"  {plain(_change(op, names, now, zone))}", "text"),
    )
    return Choice(op, left, ((", ".join(marks), "muted"),), words=op.id)


def _change(op: Op, names: Mapping[Ulid, str], now: Millis, zone: tzinfo) -> str:
    if set(op.after) & {"message", "exists"}:
        message = op.after.get("message")
        text = message.get("text", "") if isinstance(message, dict) else ""
        return str(text).split("\n")[0] or op.reason
    parts = [
        f"{_(phrases.FIELD.get(name, name))}: {held(name, op.before.get(name), names, now, zone)}"
        f" → {held(name, value, names, now, zone)}"
        for name, value in op.after.items()
        if value != op.before.get(name)
    ]
    return ", ".join(parts) + (f" ({op.reason})" if op.reason else "")


def held(field: str, value: Json, names: Mapping[Ulid, str], now: Millis, zone: tzinfo) -> str:
    """A field's value, for people."""
    if field == "snoozed_until" and value == ENDS:
        return _("the incident ends")
    if field == "away_until" and isinstance(value, int) and endless(value):
        return _("they are back")
    if field.endswith(("_until", "_at")) and isinstance(value, int):
        return phrases.moment(value, now, zone, within=True)
    if field == "unread" and isinstance(value, list):
        return str(len(value))
    if isinstance(value, list):
        return " ".join(map(str, value)) or "–"
    if isinstance(value, str) and (word := _WORDS.get(field, {}).get(value)):
        return _(word)
    return names.get(str(value), "?") if field in ("assignee_id", "incident_id") and value else value_words(value)


def value_words(value: object) -> str:
    """A field's value in an op, for people."""
    if value is None or value == []:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
