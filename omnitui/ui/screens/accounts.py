"""The accounts: how each stands, what it lacks, and what can be done about it; live, and read from the cache alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from omnitui.clock import HOUR, Millis
from omnitui.desk.naming import channel_word
from omnitui.errors import OmniError
from omnitui.i18n import N_, _
from omnitui.ids import Ulid
from omnitui.model.accounts import Account, Inbox, Json, LedgerEntry
from omnitui.sdk import snapshot
from omnitui.services.channels.accounts import Accounts
from omnitui.store.reads import accounts as reads
from omnitui.store.reads import ledger
from omnitui.text.listing.signs import CHANNEL_MARKS
from omnitui.text.widths import wrap
from omnitui.ui.desk import Desk
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.screens.confirm import confirmed
from omnitui.ui.screens.ledger import entry_lines
from omnitui.ui.widgets.choices import MOVES, Choice, Choices
from omnitui.ui.widgets.lines import Lines
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3

Wish = Literal["settings", "remove", "arrivals", "add"]
CLOSE: Final = 80
"""Columns below which the dialog takes the whole screen."""
INBOUND: Final = {
    "stream": N_("a line held open"),
    "poll": N_("asked for now and then"),
    "longpoll": N_("long poll: no public address needed"),
    "webhook": N_("webhook, through the gateway"),
}


@dataclass(frozen=True, slots=True)
class Held:
    """What the cache knows of one account."""

    account: Account
    entries: tuple[LedgerEntry, ...]
    inboxes: tuple[Inbox, ...]
    capabilities: Json

    @property
    def whole(self) -> LedgerEntry | None:
        """How the account as a whole stands."""
        return next((entry for entry in self.entries if not entry.scope), None)

    @property
    def health(self) -> str:
        """In one word of the ledger's."""
        return "paused" if self.account.paused else self.whole.health if self.whole else "new"


class AccountsScreen(LastHopModal[tuple[Wish, Account | None] | None]):
    """The accounts above, what is known of the one under the cursor below. Keys act at once; Escape leaves."""

    DEFAULT_CSS = """
    AccountsScreen #account { height: 1fr; }
    """
    AUTO_FOCUS: ClassVar[str | None] = None

    def __init__(self, desk: Desk, held: Sequence[Held], at: Ulid | None = None) -> None:
        super().__init__()
        self._desk = desk
        self._held = held
        self._at = at
        self._said: dict[Ulid, tuple[str, str]] = {}
        """What the last check of an account found, and its role."""
        self._checking: dict[Ulid, asyncio.Task[None]] = {}
        self._following: asyncio.Task[None] | None = None

    def compose(self) -> ComposeResult:
        """Title, accounts, what is known of one, the keys."""
        with Vertical(classes="dialog picker"):
            yield Lines(classes="title")
            yield Choices()
            yield Lines(id="account")
            yield Lines(classes="hint")

    def on_mount(self) -> None:
        """Fill in the words, and follow what changes."""
        self.query_one(".title", Lines).show([((_("Accounts"), "title"),)])
        self._following = asyncio.create_task(self._follow())
        self._show()

    def on_unmount(self) -> None:
        """Nothing is asked on behalf of a dialog that is gone."""
        for task in (self._following, *self._checking.values()):
            if task is not None:
                task.cancel()

    def on_resize(self) -> None:
        """Another size."""
        self.set_class(self.app.size.width < CLOSE, "-close")
        self.call_after_refresh(self._show)

    async def _follow(self) -> None:
        async for _changed in self._desk.session.bus.listen(every=0.5):
            with suppress(OmniError):
                self._held = await self._desk.cache.aread(held)
                self._show()

    def _show(self) -> None:
        if not self.is_attached:
            return
        choices = self.query_one(Choices)
        now = self._desk.clock.now()
        if choices.current is not None:
            self._at = choices.current.value
        ids = [one.account.id for one in self._held]
        choices.load([_choice(one, now) for one in self._held], ids.index(self._at) if self._at in ids else 0)
        self._detail()

    def _detail(self) -> None:
        sheet = self.query_one("#account", Lines)
        width = max(sheet.size.width, 20)
        one = self.chosen
        if one is None:
            sheet.show([(), ((_("no account yet: a adds one"), "warn"),)])
        else:
            said = self._said.get(one.account.id)
            lines: list[Line] = [((line, said[1]),) for line in wrap(plain(said[0]), width)] if said else []
            sheet.show([(), *lines, *_facts(one, width), *self._entries(one, width)])
        keys = _("a add, p pause or resume, c check, s settings and secrets, w what arrives, d remove, Esc closes")
        self.query_one(".hint", Lines).show([((line, "muted"),) for line in wrap(plain(keys), width)])

    def _entries(self, one: Held, width: int) -> list[Line]:
        now = self._desk.clock.now()
        found: list[Line] = []
        for entry in one.entries:
            for line in entry_lines(entry, now, self._desk):
                if len(line) == 1:
                    found += [((part, line[0][1]),) for part in wrap(line[0][0], width)]
                else:
                    found.append(line)
        return found

    @property
    def chosen(self) -> Held | None:
        """The account under the cursor."""
        current = self.query_one(Choices).current
        return next((one for one in self._held if current and one.account.id == current.value), None)

    def on_key(self, event: events.Key) -> None:
        """Move, act or leave."""
        one = self.chosen
        if event.key in MOVES:
            self.query_one(Choices).move(MOVES[event.key])
            self._detail()
        elif event.key in ("escape", "q", "ctrl+q"):
            self.dismiss(None)
        elif event.key == "a":
            self.dismiss(("add", one.account if one is not None else None))
        elif event.key == "p" and one is not None:
            self._turn(one.account)
        elif event.key == "c" and one is not None:
            self._check(one.account)
        elif event.key in ("s", "enter") and one is not None:
            self.dismiss(("settings", one.account))
        elif event.key == "w" and one is not None:
            self.dismiss(("arrivals", one.account))
        elif event.key == "d" and one is not None:
            self.dismiss(("remove", one.account))
        else:
            return
        event.stop()
        event.prevent_default()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """A click shows what is known of an account."""
        event.stop()
        self._detail()

    def _turn(self, account: Account) -> None:
        accounts = self._desk.session.accounts
        step = accounts.resume if account.paused else accounts.pause
        self._desk.spawn(self._desk.act(step, account))

    def _check(self, account: Account) -> None:
        running = self._checking.get(account.id)
        if running is None or running.done():
            self._said[account.id] = (_("asking the back end …"), "muted")
            self._checking[account.id] = asyncio.create_task(self._asked(account))
            self._detail()

    async def _asked(self, account: Account) -> None:
        try:
            health = await beside(self._desk).check(account)
        except OmniError as error:
            self._said[account.id] = (f"! {error.message}", "bad")
        else:
            words = f"{health.message} ({health.hint})" if health.hint and not health.ok else health.message
            self._said[account.id] = (words, "good") if health.ok else (f"! {words}", "bad")
        if self.is_attached:
            self._detail()


def beside(desk: Desk) -> Accounts:
    """The accounts for questions beside the sync: a check closes its lines, and those of the sync stay open."""
    return Accounts(desk.session.profile, desk.cache, desk.session.accounts.secrets)


def held(db: sqlite3.Connection) -> list[Held]:
    """What the cache knows of each account, by name."""
    entries, inboxes = ledger.counted(db), reads.inboxes(db)
    return [
        Held(
            account,
            tuple(entry for entry in entries if entry.account_id == account.id),
            tuple(inbox for inbox in inboxes if inbox.account_id == account.id),
            reads.capabilities(db, account.id),
        )
        for account in reads.accounts(db)
    ]


def _choice(one: Held, now: Millis) -> Choice:
    health = one.health
    role = "good" if health == "ok" else "muted" if health in ("new", "paused") else "bad"
    right: Line = ((_(phrases.HEALTH.get(health, health)), role),)
    if one.whole is not None and one.whole.last_sync_at is not None and health == "ok":
        right = (*right, ("  " + phrases.ago(one.whole.last_sync_at, now), "muted"))
    left: Line = (
        (f"{CHANNEL_MARKS.get(one.account.kind, '-')} ", "label"),
        (plain(one.account.name), "strong"),
        ("  " + plain(channel_word(one.account.kind)), "muted"),
    )
    return Choice(one.account.id, left, right)


def _facts(one: Held, width: int) -> list[Line]:
    """What the back end can do, in lines."""
    able = snapshot.read(one.capabilities)
    facts: list[str] = []
    if one.capabilities:
        how = [_(INBOUND[name]) if name in INBOUND else plain(name) for name in able.inbound]
        facts.append(_("messages come in by: {ways}").format(ways="; ".join(how)))
        if able.window is not None:
            hours = able.window // HOUR
            facts.append(_("free replies for {n} h after the customer's last message").format(n=hours))
        if not able.writes:
            facts.append(_("this channel takes no written replies"))
    addresses = ", ".join(plain(inbox.address) for inbox in one.inboxes)
    found: Mapping[str, str] = {"text": addresses, "muted": " · ".join(facts)}
    return [((line, role),) for role, text in found.items() if text for line in wrap(plain(text), width)]


async def open_accounts(desk: Desk) -> None:
    """Show the accounts until they are left."""
    at: Ulid | None = None
    while True:
        answer = await desk.ask(AccountsScreen(desk, await desk.cache.aread(held), at))
        if answer is None:
            return
        wish, account = answer
        at = account.id if account is not None else None
        try:
            await _grant(desk, wish, account)
        except OmniError as error:
            desk.complain(error)


async def _grant(desk: Desk, wish: Wish, account: Account | None) -> None:
    if wish == "add" or account is None:
        from omnitui.ui.screens.account_new import add_account

        await add_account(desk)
    elif wish == "arrivals":
        from omnitui.ui.screens.account_new import show_first

        await show_first(desk, account)
    elif wish == "remove":
        await _remove(desk, account)
    else:
        from omnitui.ui.screens.account_change import change_account

        await change_account(desk, account)


async def _remove(desk: Desk, account: Account) -> None:
    question = _("Remove {name}? Its history stays, its secrets go.").format(name=plain(account.name))
    if await confirmed(desk, question, _("yes, remove the account")):
        left = await desk.act(desk.session.accounts.remove, account)
        desk.say(f"! {left[0]}" if left else _("removed"), "bad" if left else "good")
