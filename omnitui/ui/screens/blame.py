"""Why each field of a conversation is as it is; Enter takes back just that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnitui.clock import Millis
from omnitui.desk.acting.telling import Words
from omnitui.desk.tracing import Step, last_set
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.services.acting.reverting import Outlook, outlook
from omnitui.store.reads import tracing
from omnitui.ui.acts.changing import tell
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import plain
from omnitui.ui.screens.confirm import confirmed
from omnitui.ui.screens.oplog import words_of
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice

if TYPE_CHECKING:
    import sqlite3


def _read(db: sqlite3.Connection, own: Ulid, now: Millis) -> tuple[dict[str, list[Step]], Mapping[Ulid, str]]:
    found = tracing.traces(db, own, now)
    return found, tracing.called(
        db, values=[one for chain in found.values() for step in chain for one in (step.before, step.after)]
    )


async def open_blame(desk: Desk, conversation_id: Ulid) -> None:
    """Show the fields of a conversation with who set them."""
    now = desk.clock.now()
    found, names = await desk.cache.aread(_read, conversation_id, now)
    words = words_of(names, now, desk.zone)
    choices = [_choice(desk, field, last_set(chain), words, now) for field, chain in found.items()]
    hint = _("Enter takes back just that, where an agent set it")
    chosen = await desk.ask(PickerScreen(_("Why is it so?"), among(choices), hint=hint))
    if chosen is None:
        return
    step: Step = chosen.value
    if step.op is None:
        desk.say(_("no agent here set that: {cause}").format(cause=words.cause(step)), "warn")
        return
    seen = await desk.cache.aread(outlook, step.op.id)
    if await confirmed(desk, _question(seen, words), _("take it back")):
        undone = await desk.act(desk.session.operations.revert, step.op.id, others=True)
        tell(desk, undone, _("undone: {what}"), undone.originals)


def _question(seen: Outlook, words: Words) -> str:
    """What is asked before an op is taken back."""
    sets = ", ".join(f"{words.field(name)} → {words.value(name, value)}" for name, value in seen.sets.items())
    who = words.names.get(seen.op.author_id, "?")
    return _("Take back what {who} did? {sets}").format(who=plain(who), sets=plain(sets))


def _choice(desk: Desk, field: str, step: Step, words: Words, now: Millis) -> Choice:
    left = (
        (f"{words.field(field)}  ", "label"),
        (plain(words.value(field, step.after)), "strong"),
        (f"  {plain(words.cause(step))}", "text"),
    )
    right = ((phrases.moment(step.at, now, desk.zone), "muted"),)
    return Choice(step, left, right, dim=step.op is None)
