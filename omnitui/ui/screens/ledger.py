"""The ledger: how far each account is in step, and what is not in the cache."""

from __future__ import annotations

from omnitui.clock import Millis
from omnitui.desk.budgets import budget_words
from omnitui.i18n import _
from omnitui.model.accounts import GAP, KEPT_ASIDE, RETENTION, LedgerEntry
from omnitui.sdk.capabilities import QUOTA
from omnitui.store.reads import ledger
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.screens.page import PageScreen


async def open_ledger(desk: Desk) -> None:
    """Show the ledger."""
    await desk.look()
    names = desk.standing.names
    entries = [entry for entry in await desk.cache.aread(ledger.counted) if entry.account_id in names]
    now = desk.clock.now()

    def write(width: int) -> list[Line]:
        lines: list[Line] = []
        for account_id, name in names.items():
            lines += [((plain(name), "title"),)]
            mine = [entry for entry in entries if entry.account_id == account_id]
            for entry in mine:
                lines += entry_lines(entry, now, desk)
            if not mine:
                lines.append((("  " + _("not synced yet"), "muted"),))
            lines.append(())
        return lines or [((phrases.no_account(desk.screen.keyboard.keymap.key_of("go.accounts")), "warn"),)]

    await desk.ask(PageScreen(_("Ledger: what is in step, and what is not here"), write))


def entry_lines(entry: LedgerEntry, now: Millis, desk: Desk) -> list[Line]:
    """One scope of an account, in lines."""
    role = "good" if entry.health == "ok" else "muted" if entry.health in ("new", "paused") else "bad"
    scope = plain(entry.scope) if entry.scope else _("the account")
    if entry.scope == KEPT_ASIDE:
        scope = _("what could not be taken in")
    if entry.scope == GAP:
        said = _("said {ago}").format(ago=phrases.ago(entry.last_sync_at or 0, now))
        title: Line = ((f"  {_('what may be missing')}  ", "text"), (said, "muted"))
        return [title, (("    " + plain(entry.error), "warn"),)]
    if entry.scope == QUOTA:
        scope = _("messages that are paid for")
    if entry.scope == RETENTION:
        scope = _("how long messages are kept")
    since = "" if entry.last_sync_at is None else _("in step {ago}").format(ago=phrases.ago(entry.last_sync_at, now))
    word = _(phrases.HEALTH.get(entry.health, entry.health))
    head: Line = ((f"  {scope}  ", "text"), (since if since and entry.health == "ok" else word, role))
    if since and entry.health != "ok":
        head = (*head, (f"  {since}", "muted"))
    facts: list[str] = []
    if entry.remote_count is not None:
        facts.append(_("{here} of {all} messages here").format(here=entry.cached_count, all=entry.remote_count))
    elif entry.cached_count:
        facts.append(phrases.messages_word(entry.cached_count))
    if entry.complete_since == 0:
        facts.append(_("complete"))
    elif entry.complete_since is not None:
        facts.append(_("complete since {day}").format(day=phrases.day(entry.complete_since, now, desk.zone)))
    if entry.unparsed:
        facts.append(_("{n} kept raw").format(n=entry.unparsed))
    if entry.budget:
        facts.append(plain(budget_words(entry.budget)))
    if entry.retry_at is not None and entry.retry_at > now:
        facts.append(_("tried again in {span}").format(span=phrases.span(entry.retry_at - now)))
    lines: list[Line] = [head]
    if facts:
        lines.append((("    " + " · ".join(facts), "muted"),))
    if entry.error:
        lines.append((("    ! " + plain(entry.error), "bad"),))
    return lines
