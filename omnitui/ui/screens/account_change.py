"""Changing an account: its settings, and secrets that its back end takes before they replace the old ones."""

from __future__ import annotations

import asyncio

from omnitui.errors import hide
from omnitui.i18n import _
from omnitui.model.accounts import Account
from omnitui.sdk.capabilities import Manifest
from omnitui.services.channels import connectors
from omnitui.services.secrecy.secrets import refs
from omnitui.ui.desk import Desk
from omnitui.ui.look.roles import plain
from omnitui.ui.screens.account_form import (
    AccountForm,
    Blank,
    Values,
    open_vault,
    secrets_blanks,
    settings_blanks,
    vault_blanks,
)
from omnitui.ui.screens.accounts import beside


class Changing:
    """An account whose form is open: nothing of it changes before what was filled in is taken."""

    def __init__(self, desk: Desk, account: Account, manifest: Manifest) -> None:
        self._desk = desk
        self._account = account
        self._manifest = manifest
        self._accounts = desk.session.accounts
        self._fresh = False
        self._locked = False
        self._refused: Values | None = None
        """What was filled in when the back end refused it last."""

    def blanks(self) -> tuple[Blank, ...]:
        """The fields: settings as they are, and secrets that show nothing. May wait for the Secret Service."""
        secrets = secrets_blanks(self._manifest, kept=True)
        kept = self._accounts.secrets
        if secrets and not kept.open_at_hand and self._accounts.store_of(self._account) == "vault":
            self._locked, self._fresh = True, not kept.vault.exists()
            secrets = (*secrets, *vault_blanks(fresh=self._fresh, needed=False))
        return (*settings_blanks(self._manifest, self._account.settings), *secrets)

    async def attempt(self, values: Values) -> str:
        """Ask the back end where there are new secrets; why they will not do, in words. Raises OmniError."""
        secrets = self._secrets(values)
        if not secrets or values == self._refused:
            return ""
        changed = await asyncio.to_thread(self._accounts.changed, self._account, self._settings(values))
        if self._locked:
            open_vault(values, self._accounts.secrets.vault, fresh=self._fresh)
        known = await asyncio.to_thread(self._others, secrets)
        health = (await beside(self._desk).ask(changed, {**known, **secrets})).health
        if health.ok:
            return ""
        self._refused = values
        words = f"{health.message} ({health.hint})" if health.hint else health.message
        return _("{why}; Esc keeps the old ones, ctrl+s again takes these all the same").format(why=words)

    def keep(self, values: Values) -> None:
        """Record what was filled in."""
        self._accounts.change(self._account, self._settings(values), self._secrets(values))

    def _secrets(self, values: Values) -> dict[str, str]:
        given = {one.name: values[one.name] for one in self._manifest.secrets if one.name in values}
        for secret in given.values():
            hide(secret)
        return given

    def _others(self, given: dict[str, str]) -> dict[str, str]:
        """Secrets that stay as they are."""
        kept = refs(self._account.secret_ref)
        return {name: self._accounts.secrets.get(ref) for name, ref in kept.items() if name not in given}

    def _settings(self, values: Values) -> dict[str, str]:
        return {one.name: values[one.name] for one in self._manifest.settings if one.name in values}


async def change_account(desk: Desk, account: Account) -> None:
    """Show the settings of an account to be changed, and fields for new secrets; the sync takes them up at once."""
    manifest = (await asyncio.to_thread(connectors.load, account.kind)).manifest
    changing = Changing(desk, account, manifest)
    blanks = await asyncio.to_thread(changing.blanks)
    title = _("Settings of {name}").format(name=plain(account.name))
    if manifest.secrets:
        title = _("Settings and secrets of {name}").format(name=plain(account.name))
    if not blanks:
        desk.say(_("this account has no settings"))
    elif await desk.ask(AccountForm(title, blanks, changing.attempt, changing.keep)):
        desk.say(_("kept"))
