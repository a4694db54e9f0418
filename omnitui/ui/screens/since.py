"""What changed while the agent was away, to be read in a minute; Enter goes to the conversation."""

from __future__ import annotations

from omnitui.clock import DAY, Millis
from omnitui.i18n import _, ngettext
from omnitui.store.reads import since
from omnitui.store.reads.since import WORDS, Digest, Entry, Group
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import plain
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice

_ROLES: dict[Group, str] = {Group.FAILED: "bad", Group.BREACHED: "bad", Group.ASSIGNED: "warn"}


async def open_since(desk: Desk) -> None:
    """Show the digest since the last look, else of the last day."""
    now = desk.clock.now()
    at = desk.looks.at(now) or now - DAY
    found = await desk.cache.aread(since.digest, at, now, desk.cache.me().id)
    title = _("Since {time}: {what}").format(time=phrases.moment(at, now, desk.zone, within=True), what=_summary(found))
    choices = [entry_choice(group, entry, now) for group, entries in found.groups.items() for entry in entries]
    if found.mine:
        choices.append(Choice(None, ((_mine(found), "label"), ("  " + _("Enter shows the log"), "muted"))))
    chosen = await desk.ask(PickerScreen(title, among(choices), hint=_("Enter goes there; omnitui since prints it")))
    if chosen is not None and chosen.value is None:
        from omnitui.ui.screens.oplog import open_log

        await open_log(desk, None)
    elif chosen is not None:
        entry: Entry = chosen.value[1]
        desk.go(entry.conversation_id)
        desk.screen.layouts.read()


def _summary(found: Digest) -> str:
    """Each group with its number."""
    parts = [f"{found.counts[group]} {_(WORDS[group])}" for group in found.groups]
    if found.mine:
        parts.append(_mine(found))
    return " · ".join(parts) or _("nothing changed")


def _mine(found: Digest) -> str:
    return ngettext("{n} act of your own", "{n} acts of your own", found.mine).format(n=found.mine)


def entry_choice(group: Group, entry: Entry, now: Millis) -> Choice:
    """A conversation of the digest as a line."""
    times = f" ×{entry.times}" if entry.times > 1 else ""
    left = (
        (f"{_(WORDS[group])}{times}  ", _ROLES.get(group, "label")),
        (plain(entry.contact), "theirs"),
        (f"  {plain(entry.subject)}", "text"),
        (f"  {plain(entry.words)}" if entry.words and entry.words != entry.subject else "", "muted"),
    )
    return Choice((group, entry), left, ((phrases.ago(entry.at, now), "muted"),))
