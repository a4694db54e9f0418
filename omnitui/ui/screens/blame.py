"""Why each field of a conversation is as it is; Enter takes back just that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnitui.clock import Millis
from omnitui.desk.tracing import Cause, Step, last_set
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.services.acting.reverting import Outlook, outlook
from omnitui.store.reads import tracing
from omnitui.ui.acts.changing import tell
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import plain
from omnitui.ui.screens.confirm import confirmed
from omnitui.ui.screens.oplog import held
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice

if TYPE_CHECKING:
    import sqlite3


def _read(db: sqlite3.Connection, own: Ulid, now: Millis) -> tuple[dict[str, list[Step]], Mapping[Ulid, str]]:
    return tracing.traces(db, own, now), tracing.agents(db)


async def open_blame(desk: Desk, conversation_id: Ulid) -> None:
    """Show the fields of a conversation with who set them."""
    now = desk.clock.now()
    found, names = await desk.cache.aread(_read, conversation_id, now)
    choices = [_choice(desk, field, last_set(chain), names, now) for field, chain in found.items()]
    hint = _("Enter takes back just that, where an agent set it")
    chosen = await desk.ask(PickerScreen(_("Why is it so?"), among(choices), hint=hint))
    if chosen is None:
        return
    step: Step = chosen.value
    if step.op is None:
        desk.say(_("no agent here set that: {cause}").format(cause=cause_words(desk, step, names, now)), "warn")
        return
    seen = await desk.cache.aread(outlook, step.op.id)
    if await confirmed(desk, _question(desk, seen, names, now), _("take it back")):
        undone = await desk.act(desk.session.operations.revert, step.op.id, others=True)
        tell(desk, undone, _("undone: {what}"), undone.originals)


def _question(desk: Desk, seen: Outlook, names: Mapping[Ulid, str], now: Millis) -> str:
    """What is asked before an op is taken back."""
    sets = ", ".join(f"{_word(name)} → {held(name, value, names, now, desk.zone)}" for name, value in seen.sets.items())
    who = names.get(seen.op.author_id, "?")
    return _("Take back what {who} did? {sets}").format(who=plain(who), sets=plain(sets))


def _choice(desk: Desk, field: str, step: Step, names: Mapping[Ulid, str], now: Millis) -> Choice:
    left = (
        (f"{_word(field)}  ", "label"),
        (plain(held(field, step.after, names, now, desk.zone)), "strong"),
        (f"  {plain(cause_words(desk, step, names, now))}", "text"),
    )
    right = ((phrases.moment(step.at, now, desk.zone), "muted"),)
    return Choice(step, left, right, dim=step.op is None)


def _word(field: str) -> str:
    return _(phrases.FIELD.get(field, field))


def cause_words(desk: Desk, step: Step, names: Mapping[Ulid, str], now: Millis) -> str:
    """Who or what set a field."""
    match step.cause:
        case Cause.OP:
            assert step.op is not None
            who = names.get(step.op.author_id, "?")
            return f"{who}: {step.op.reason}" if step.op.reason else who
        case Cause.WROTE:
            return _("the customer wrote")
        case Cause.REPORTED:
            return _("the back end")
        case Cause.UNSEEN:
            since = phrases.moment(step.since, now, desk.zone, within=True)
            return _("somebody elsewhere, after {time}").format(time=since)
    return _("as it began")
