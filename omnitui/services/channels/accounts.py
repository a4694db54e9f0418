"""Accounts: adding, checking, pausing, removing them, and making the connector of one."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from omnitui.clock import SECOND, Millis
from omnitui.errors import ConfigError, NotFound, OmniError, Refused, UsageError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.logs import logger
from omnitui.model.accounts import Account
from omnitui.model.people import Agent
from omnitui.paths import Profile
from omnitui.sdk import snapshot
from omnitui.sdk.capabilities import Manifest, Setting
from omnitui.sdk.contract import Connector, Context, Directory, Health, Lists, Offers, Sink, Template
from omnitui.sdk.faults import AuthFailed
from omnitui.services import drawers
from omnitui.services.channels import connectors, deliveries
from omnitui.services.channels.http import SharedClient
from omnitui.services.secrecy.secrets import STORES, Secrets, joined, refs
from omnitui.services.triage import colleagues
from omnitui.store import accounts as writes
from omnitui.store.cache import Cache
from omnitui.store.reads import accounts as reads
from omnitui.store.writer import Tx
from omnitui.text.surrogates import mended_all
from omnitui.values import dataclass

LOG = logger(__name__)
CHECK_SECONDS: Final = 30.0
_ADDRESS: Final = "address"
"""The setting that, where a connector has it, is the account's own address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a back end said when it was asked."""

    health: Health
    connector: Connector | None = None
    """The one that asked, closed; None where none could be made."""
    directory: Directory | None = None
    offered: tuple[Template, ...] | None = None


class Accounts:
    """The accounts of one profile."""

    def __init__(self, profile: Profile, cache: Cache, secrets: Secrets | None = None) -> None:
        self._profile = profile
        self._cache = cache
        self.secrets = secrets or Secrets(profile)
        self.http = SharedClient()

    def all(self) -> list[Account]:
        return self._cache.read(reads.accounts)

    def get(self, name: str) -> Account:
        """The account with this name or id. Raises NotFound."""
        found = self._cache.read(reads.account, name)
        if found is None:
            names = ", ".join(account.name for account in self.all())
            raise NotFound(
                _("there is no account called “{name}”").format(name=name),
                hint=_("there are: {names}").format(names=names) if names else _("add one: omnitui account add --help"),
            )
        return found

    def id_for(self, kind: str, settings: Mapping[str, str]) -> Ulid:
        """The id of an account to be added, so that its secrets can be kept before it exists.

        One that was removed comes back under its own id with all its history: else every mail would be there twice.
        """
        address = settings.get(_ADDRESS, "").strip().casefold()
        for account in self._cache.read(reads.removed):
            if (
                address
                and account.kind == kind
                and str(account.settings.get(_ADDRESS, "")).strip().casefold() == address
            ):
                return account.id
        return self._cache.ids.new()

    def add(
        self,
        kind: str,
        name: str,
        settings: Mapping[str, str],
        *,
        secret_ref: str = "",
        account_id: Ulid | None = None,
        hold: Millis = 8 * SECOND,
        answer: Answer | None = None,
    ) -> Account:
        """Record an account, with what its back end answered before; nothing is asked of it now.

        Raises:
            Refused: The name is taken.
            UsageError: A setting is unknown, missing or wrong, or the name is empty.
            ConfigError, NotFound: The connector cannot be loaded.
        """
        manifest = connectors.load(kind).manifest
        self.refuse(manifest, name, settings)
        now = self._cache.clock.now()
        account = Account(
            id=account_id or self.id_for(kind, settings),
            kind=kind,
            name=name,
            settings=checked_settings(manifest, settings),
            secret_ref=secret_ref,
            hold=hold,
            created_at=now,
        )

        def work(tx: Tx) -> None:
            writes.put_account(tx, account)
            if address := account.settings.get(_ADDRESS):
                writes.put_inbox(tx, account.id, manifest.channels[0], str(address), name)
            if answer is not None:
                self._keep(tx, account, answer)

        self._cache.write(work)
        return account

    def refuse(self, manifest: Manifest, name: str, settings: Mapping[str, str]) -> None:
        """Raise what `add` would raise for this name and these settings, before a secret is asked for or kept."""
        if not name.strip():
            raise UsageError(_("an account needs a name"), hint="--name")
        if any(account.name == name for account in self.all()):
            raise Refused(
                _("there is an account called “{name}” already").format(name=name),
                hint=_("choose another name, or remove it first: omnitui account remove {name}").format(name=name),
            )
        checked_settings(manifest, settings)

    async def check(self, account: Account) -> Health:
        """Try an account, and keep what was learnt and what it can do. Faults are in the answer, never raised."""
        answer = await self.ask(account)
        if answer.connector is not None:
            await self._cache.awrite(lambda tx: self._keep(tx, account, answer))
        return answer.health

    async def ask(self, account: Account, secrets: dict[str, str] | None = None) -> Answer:
        """Ask the back end of an account, which need not be recorded; `secrets` go before those that are kept."""
        try:
            connector = await asyncio.to_thread(self.connect, account, secrets)
        except OmniError as error:
            return Answer(_failed(error))
        directory: Directory | None = None
        offered: tuple[Template, ...] | None = None
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                health = await connector.check()
                if health.ok and isinstance(connector, Lists):
                    directory = await connector.directory()
                if health.ok and isinstance(connector, Offers):
                    offered = await connector.templates()
        except TimeoutError:
            health = Health(ok=False, message=_("no answer within {limit:.0f} seconds").format(limit=CHECK_SECONDS))
        except OmniError as error:
            health = _failed(error)
        finally:
            await connector.close()
            await self.http.close()
        return Answer(health, connector, directory, offered)

    def _keep(self, tx: Tx, account: Account, answer: Answer) -> None:
        connector, directory, offered, learnt = answer.connector, answer.directory, answer.offered, answer.health.learnt
        if learnt and any(account.settings.get(name) != value for name, value in learnt.items()):
            writes.put_account(tx, replace(account, settings={**account.settings, **learnt}))
        if connector is not None:
            writes.set_capabilities(tx, account.id, snapshot.take(connector.capabilities, connector.manifest.channels))
        if offered is not None:
            writes.set_templates(tx, account.id, snapshot.keep(mended_all(offered)))
        if directory is None:
            return
        for channel, address in directory.inboxes:
            writes.put_inbox(tx, account.id, channel, address)
        agents = reads.agents(tx.db)
        known = {address for agent in agents for address in agent.addresses}
        for address, agent_name in directory.agents:
            if address not in known:
                own = colleagues.with_address(agents, agent_name, address)
                writes.put_agent(tx, own or Agent(tx.ids.new(), agent_name, (address,)))

    def changed(self, account: Account, settings: Mapping[str, str]) -> Account:
        """The account with other settings; what was learnt stays. Raises UsageError, ConfigError, NotFound."""
        manifest = connectors.load(account.kind).manifest
        checked = checked_settings(manifest, settings)
        known = {setting.name for setting in manifest.settings}
        learnt = {name: value for name, value in account.settings.items() if name not in known}
        return replace(account, settings={**learnt, **checked})

    def change(self, account: Account, settings: Mapping[str, str], secrets: Mapping[str, str] | None = None) -> None:
        """Give an account other settings, and other secrets where any are given; the sync begins anew with them.

        A new secret has a place of its own: the one before is forgotten once the account no longer names it.

        Raises:
            UsageError, ConfigError, NotFound: Nothing is changed.
        """
        changed, now = self.changed(account, settings), refs(account.secret_ref)
        fresh: dict[str, str] = {}
        try:
            for name, secret in (secrets or {}).items():
                place = f"{name}-{self._cache.ids.new()}"
                fresh[name] = self.secrets.keep(self.store_of(account), account.id, place, secret)
            changed = replace(changed, secret_ref=joined({**now, **fresh}))
            self._cache.write(lambda tx: writes.put_account(tx, changed))
        except BaseException:
            with suppress(ConfigError):
                self.secrets.forget(joined(fresh))
            raise
        try:
            self.secrets.forget(joined({name: ref for name, ref in now.items() if name in fresh}))
        except ConfigError as error:
            LOG.warning("account %s: an old secret cannot be removed: %s", account.name, error.message)

    def store_of(self, account: Account) -> str:
        """Where new secrets of an account are kept: where its others are. May wait for the Secret Service."""
        kept = [ref.partition(":")[0] for ref in refs(account.secret_ref).values()]
        return next((store for store in kept if store in STORES), "") or self.secrets.choose()

    def pause(self, account: Account) -> None:
        """Stop syncing an account until it is resumed; its conversations stay."""
        self._cache.write(lambda tx: writes.set_paused(tx, account.id, True))

    def resume(self, account: Account) -> None:
        self._cache.write(lambda tx: writes.set_paused(tx, account.id, False))

    def remove(self, account: Account) -> list[str]:
        """Forget an account, its secrets and its connector's folder; returns what could not be removed, in words."""
        self._cache.write(lambda tx: writes.remove_account(tx, account.id))
        left: list[str] = []
        try:
            self.secrets.forget(account.secret_ref)
        except ConfigError as error:
            left.append(error.message)
        self.clear(account)
        return left

    def clear(self, account: Account) -> None:
        """Remove the folder of an account's connector."""
        shutil.rmtree(self._folder(account), ignore_errors=True)

    def connect(self, account: Account, given: dict[str, str] | None = None) -> Connector:
        """The connector of an account, with its secrets or those given, which it may renew.

        May wait for the keyring or a command: not on the loop.

        Raises:
            ConfigError, NotFound: The connector cannot be loaded, or a secret cannot be had.
        """
        maker = connectors.load(account.kind)
        folder = self._folder(account)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = logger(f"connector.{account.kind}")
        secrets = self.secrets.all(account.secret_ref) if given is None else given
        return maker(
            Context(
                account_id=account.id,
                account_name=account.name,
                settings={**_defaults(maker.manifest), **{key: str(value) for key, value in account.settings.items()}},
                secrets=secrets,
                clock=self._cache.clock,
                http=self.http,
                fetch=partial(_fetch, str(account.settings.get("private_hosts", ""))),
                mark=self._mark,
                log=lambda line: log.info("%s: %s", account.name, line),
                keep_secret=partial(self._keep_secret, account) if given is None else partial(_renew, given),
                drawer=partial(drawers.of_account, self._profile, account.id),
                deliveries=partial(deliveries.of_account, self._profile, account, secrets, self._cache.clock),
                state_dir=str(folder),
            )
        )

    async def _keep_secret(self, account: Account, name: str, secret: str) -> bool:
        try:
            return await asyncio.to_thread(self.secrets.renew, account.secret_ref, name, secret)
        except ConfigError as error:
            LOG.warning("account %s: the new %s could not be kept: %s", account.name, name, error.message)
            return False

    async def _mark(self, op_id: Ulid) -> None:
        from omnitui.sync.steps import mark

        await mark(self._cache, op_id)

    def _folder(self, account: Account) -> Path:
        return self._profile.data / "connectors" / account.id


async def _renew(secrets: dict[str, str], name: str, secret: str) -> bool:
    secrets[name] = secret
    return True


def _failed(error: OmniError) -> Health:
    return Health(False, error.message, error.hint, refused=isinstance(error, ConfigError | AuthFailed))


def checked_settings(manifest: Manifest, given: Mapping[str, str]) -> dict[str, str]:
    """The settings to store: defaults left out, every value fit for its kind. Raises UsageError naming the option."""
    known = {setting.name: setting for setting in manifest.settings}
    for name in given:
        if name not in known:
            raise UsageError(
                _("{kind} has no setting “{name}”").format(kind=manifest.kind, name=name),
                hint=_("known: {names}").format(names=", ".join(known)),
            )
    checked: dict[str, str] = {}
    for setting in manifest.settings:
        if setting.name in given:
            checked[setting.name] = _checked(setting, given[setting.name])
        elif setting.default is None:
            raise UsageError(
                _("{option} is missing").format(option=option(setting.name)),
                hint=setting.help,
            )
    return checked


def option(name: str) -> str:
    """The shell's option for a setting: imap_host → --imap-host."""
    return "--" + name.replace("_", "-")


def _checked(setting: Setting, value: str) -> str:
    if setting.choices and value not in setting.choices:
        raise UsageError(
            _("{option} cannot be “{value}”").format(option=option(setting.name), value=value),
            hint=_("one of {names}").format(names=", ".join(setting.choices)),
        )
    if setting.kind == "int" and not (value.isascii() and value.isdigit()):
        raise UsageError(_("{option} has to be a whole number").format(option=option(setting.name)))
    if setting.kind == "bool" and value not in ("yes", "no"):
        raise UsageError(_("{option} has to be yes or no").format(option=option(setting.name)))
    if setting.kind == "address" and (
        value.count("@") != 1 or value.startswith("@") or value.endswith("@") or " " in value
    ):
        raise UsageError(
            _("{option} cannot be “{value}”").format(option=option(setting.name), value=value),
            hint=_("give it as name@example.com"),
        )
    return value


async def _fetch(private_hosts: str, url: str, sink: Sink, limit: int) -> str:
    from omnitui.services.channels.fetching import fetch

    return await fetch(url, sink, limit, private=[host.strip() for host in private_hosts.split(",")])


def _defaults(manifest: Manifest) -> dict[str, str]:
    return {setting.name: setting.default for setting in manifest.settings if setting.default is not None}
