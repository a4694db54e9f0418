"""Adding an account: which channel, its form, its back end's word, then the first message as it arrives."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from omnitui.clock import SECOND
from omnitui.desk.naming import channel_word
from omnitui.errors import OmniError, UsageError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Account
from omnitui.sdk.capabilities import Manifest
from omnitui.services.channels import connectors, hook_standing, webhooks
from omnitui.services.channels.accounts import Answer, checked_settings
from omnitui.services.channels.hook_standing import HookStanding
from omnitui.services.secrecy.secrets import joined
from omnitui.store.reads import accounts as reads
from omnitui.store.reads import inbox, ledger
from omnitui.text import qr
from omnitui.text.listing.signs import CHANNEL_MARKS
from omnitui.text.widths import wrap
from omnitui.ui.desk import Desk
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.look.signs import wants_ascii
from omnitui.ui.screens.account_form import (
    CLOSE,
    AccountForm,
    Blank,
    Values,
    open_vault,
    secrets_blanks,
    settings_blanks,
    vault_blanks,
)
from omnitui.ui.screens.accounts import beside
from omnitui.ui.screens.ledger import entry_lines
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice
from omnitui.ui.widgets.lines import Lines

NAME = "account_name"
GLANCE_SECONDS = 1.0


class Joining:
    """An account that is about to be added: nothing of it is kept before its back end was asked."""

    def __init__(self, desk: Desk, manifest: Manifest, store: str) -> None:
        self._desk = desk
        self._manifest = manifest
        self._store = store
        self._accounts = desk.session.accounts
        vault = self._accounts.secrets.vault
        self._locked = store == "vault" and not self._accounts.secrets.open_at_hand
        self._fresh = not vault.exists()
        self._answer: Answer | None = None
        self._secrets: dict[str, str] = {}
        self._refused: Values | None = None
        """What was filled in when the back end refused it last."""
        self.account: Account | None = None
        self.added = False

    def blanks(self) -> tuple[Blank, ...]:
        """The fields: a name, settings that have to be given, secrets, and all that can stay as it is."""
        name = self._manifest.title
        taken = any(account.name == name for account in self._accounts.all())
        settings = settings_blanks(self._manifest, {})
        secrets = secrets_blanks(self._manifest, kept=False)
        if self._locked and secrets:
            secrets = (*secrets, *vault_blanks(fresh=self._fresh))
        first = Blank(NAME, _("name"), _("what the account is called here"), "" if taken else name, needed=True)
        every = [first, *settings, *secrets]
        return tuple(sorted(every, key=lambda blank: not blank.needed))

    async def attempt(self, values: Values) -> str:
        """Ask the back end; why it cannot be, in words. Asked for again with nothing changed, it may stay refused."""
        if values == self._refused:
            return ""
        await asyncio.to_thread(self.leave)
        self.account = account = await asyncio.to_thread(self._account, values)
        secrets = {one.name: values[one.name] for one in self._manifest.secrets if one.name in values}
        answer = await beside(self._desk).ask(account, secrets)
        self._answer, self._secrets = answer, secrets
        if answer.health.ok:
            return ""
        self._refused = values
        words = f"{answer.health.message} ({answer.health.hint})" if answer.health.hint else answer.health.message
        return _("{why}; ctrl+s again adds it all the same").format(why=words)

    def _account(self, values: Values) -> Account:
        """The account as it would be. Raises OmniError: something is missing or wrong."""
        name = values.get(NAME, "")
        settings = self._settings(values)
        self._accounts.refuse(self._manifest, name, settings)
        for secret in self._manifest.secrets:
            if secret.required and secret.name not in values:
                raise UsageError(_("{name} is needed").format(name=secret.name.replace("_", " ")), hint=secret.help)
        if self._locked and any(secret.name in values for secret in self._manifest.secrets):
            open_vault(values, self._accounts.secrets.vault, fresh=self._fresh)
        hold = round(self._desk.session.settings.replies.hold * SECOND)
        kind, own = self._manifest.kind, self._accounts.id_for(self._manifest.kind, settings)
        return Account(own, kind, name, checked_settings(self._manifest, settings), hold=hold)

    def _settings(self, values: Values) -> dict[str, str]:
        return {one.name: values[one.name] for one in self._manifest.settings if one.name in values}

    def keep(self, values: Values) -> None:
        """Record it, its secrets first."""
        account = self.account
        assert account is not None
        secrets, refs = self._accounts.secrets, dict[str, str]()
        try:
            for name, secret in self._secrets.items():
                refs[name] = secrets.keep(self._store, account.id, name, secret)
            self.account = self._accounts.add(
                account.kind,
                account.name,
                self._settings(values),
                secret_ref=joined(refs),
                account_id=account.id,
                hold=account.hold,
                answer=self._answer,
            )
        except OmniError:
            secrets.forget(joined(refs))
            raise
        self.added = True

    def leave(self) -> None:
        """Nothing stays of what was not added."""
        if self.account is not None and not self.added:
            self._accounts.clear(self.account)


async def add_account(desk: Desk) -> None:
    """Ask which channel, have its form filled in, and show the first message arriving."""
    kinds = await asyncio.to_thread(connectors.kinds)
    choices = [_choice(kind) for kind in sorted(kinds, key=lambda kind: (kind == "demo", kind))]
    hint = _("Enter: its form, Esc: not now (g c shows the accounts, a adds one)")
    chosen = await desk.ask(PickerScreen(_("Add an account: which channel?"), among(choices), hint=hint))
    if chosen is None:
        return
    manifest = (await asyncio.to_thread(connectors.load, chosen.value)).manifest
    store = await asyncio.to_thread(desk.session.accounts.secrets.choose) if manifest.secrets else "service"
    joining = Joining(desk, manifest, store)
    title = f"{manifest.title} ({manifest.docs})" if manifest.docs else manifest.title
    if manifest.experimental:
        title = f"{_('experimental')} · {title}"
    try:
        blanks = await asyncio.to_thread(joining.blanks)
        added = await desk.ask(AccountForm(title, blanks, joining.attempt, joining.keep))
    finally:
        await asyncio.to_thread(joining.leave)
    if added and joining.account is not None:
        await show_first(desk, joining.account)


async def show_first(desk: Desk, account: Account) -> None:
    """Wait with the person for the first message of an account."""
    hook = await asyncio.to_thread(webhooks.address, desk.session.profile, account)
    found = await desk.ask(FirstMessage(desk, account, hook))
    if found is not None:
        desk.go(found)
        desk.screen.layouts.read()


class FirstMessage(LastHopModal[Ulid | None]):
    """What an account does once it is added, and its newest message. Enter shows that, Escape leaves."""

    DEFAULT_CSS = "FirstMessage #first { height: 1fr; }"
    AUTO_FOCUS: ClassVar[str | None] = None

    def __init__(self, desk: Desk, account: Account, hook: str) -> None:
        super().__init__()
        self._desk = desk
        self._account = account
        self._hook = hook
        self._standing: HookStanding | None = None
        self._code = False
        """Whether the address is shown as a QR code."""
        self._found: Ulid | None = None
        self._following: asyncio.Task[None] | None = None

    def compose(self) -> ComposeResult:
        """Title, what happens, the keys."""
        with Vertical(classes="dialog picker"):
            yield Lines(classes="title")
            yield Lines(id="first")
            yield Lines(classes="hint")

    def on_mount(self) -> None:
        """Follow the account."""
        title = _("{name}: what arrives").format(name=plain(self._account.name))
        self.query_one(".title", Lines).show([((title, "title"),)])
        self._following = asyncio.create_task(self._follow())
        if self._hook:
            # What a gateway counts tells nobody.
            self.set_interval(GLANCE_SECONDS, lambda: self._desk.spawn(self._glance()))

    def on_resize(self) -> None:
        """Another size."""
        self._fit()
        self._desk.spawn(self._look())

    def _fit(self) -> None:
        self.set_class(self._code or self.app.size.width < CLOSE, "-close")

    def _hint(self) -> None:
        hint = self.query_one(".hint", Lines)
        keys = _("Enter shows the message, Esc closes")
        if self._drawable:
            keys = _("a shows the address as a QR code, {keys}").format(keys=keys)
        hint.show(_wrapped(keys, "muted", max(hint.size.width, 20)))

    @property
    def _drawable(self) -> bool:
        """Whether there is an address to be photographed."""
        return bool(self._hook) and "…" not in self._hook

    def on_unmount(self) -> None:
        """It is followed no more."""
        if self._following is not None:
            self._following.cancel()

    async def _follow(self) -> None:
        async for _changed in self._desk.session.bus.listen(every=0.3):
            await self._glance()

    async def _glance(self) -> None:
        with suppress(OmniError):
            await self._look()

    async def _look(self) -> None:
        newest = await self._desk.cache.aread(inbox.newest_of, self._account.id)
        entry = await self._desk.cache.aread(ledger.entry, self._account.id)
        if self._hook:
            session = self._desk.session
            self._standing = await asyncio.to_thread(hook_standing.standing, session.profile, self._account)
        if not self.is_attached:
            return
        self._hint()
        sheet = self.query_one("#first", Lines)
        if self._code:
            sheet.show(self._drawn(sheet.size.width, sheet.size.height))
            return
        text = partial(_wrapped, width=max(sheet.size.width, 20))
        lines: list[Line] = [()]
        if self._hook:
            lines += text(_("Enter this address at the vendor, as the address of the webhook:"), "text")
            lines += [*text(self._hook, "link"), ()]
            if "…" in self._hook:
                lines += [*text(_("its beginning is public_url in gateway.toml (docs/gateway.md)"), "warn"), ()]
            if self._standing is not None:
                lines += [*(one for words, role in _reached(self._standing) for one in text(words, role)), ()]
        if entry is not None:
            lines += [*entry_lines(entry, self._desk.clock.now(), self._desk), ()]
        if newest is None:
            lines += text(_("waiting for the first message: write one to this account …"), "muted")
        else:
            self._found = newest.id
            lines += text(_("The newest message:"), "good")
            lines += text(f"{newest.contact}: {newest.subject} {newest.snippet}", "theirs")
        sheet.show(lines)

    def _drawn(self, width: int, height: int) -> list[Line]:
        """The address as a code, or how to see it."""
        try:
            code = qr.drawn(self._hook, dark=self.app.current_theme.dark)
        except OmniError as error:
            return _wrapped(f"{error.message}: {error.hint}", "warn", width)
        fits = len(code) <= height and len(code[0]) <= width
        if fits and not wants_ascii(self._desk.session.settings.interface.signs):
            return [((line, "text"),) for line in code]
        words = _("the code has no room here, or no signs; it takes {columns}×{lines}").format(
            columns=len(code[0]), lines=len(code)
        )
        if self._standing is not None:
            words += f"; omnitui gateway url {webhooks.hook_of(self._account)} --qr"
        return _wrapped(words, "warn", width)

    def on_key(self, event: events.Key) -> None:
        """Show it, or leave."""
        if event.key == "a" and self._drawable:
            self._code = not self._code
            self._fit()
            self.call_after_refresh(lambda: self._desk.spawn(self._look()))
        elif event.key == "escape" and self._code:
            self._code = False
            self._fit()
            self._desk.spawn(self._look())
        elif event.key == "enter" and self._found is not None:
            self.dismiss(self._found)
        elif event.key in ("escape", "q", "enter", "ctrl+q"):
            self.dismiss(None)
        else:
            return
        event.stop()
        event.prevent_default()


def _reached(standing: HookStanding) -> list[tuple[str, str]]:
    """Whether the vendor reaches the gateway, in sentences with their roles."""
    said: list[tuple[str, str]] = []
    if not standing.running:
        said.append((_("no gateway runs on this machine: omnitui gateway starts it"), "warn"))
    if standing.genuine:
        said.append((_("✓ verified: the vendor has reached this address"), "good"))
    elif standing.running:
        said.append((_("waiting for the vendor's first call …"), "muted"))
    for why, count in list((standing.refusals or {}).items())[:1]:
        said.append((_("refused {n} times: {why}").format(n=count, why=why), "warn" if standing.genuine else "bad"))
    return said


def _wrapped(text: str, role: str, width: int) -> list[Line]:
    return [((line, role),) for line in wrap(plain(text), width)]


def _choice(kind: str) -> Choice:
    mark, word = CHANNEL_MARKS.get(kind, "-"), channel_word(kind)
    aside = () if word == kind else ((kind, "muted"),)
    return Choice(kind, ((f"{mark} ", "label"), (plain(word), "text")), aside)


async def greet(desk: Desk) -> None:
    """The first start: without an account there is nothing to do but to add one."""
    if not await desk.cache.aread(reads.accounts):
        await add_account(desk)
