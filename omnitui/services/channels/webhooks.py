"""Hooks: who is called at the gateway, made of gateway.toml and of the profile's accounts, and who may read them."""

from __future__ import annotations

import hmac
import os
import secrets as chance
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from omnitui.config.checks import nearest
from omnitui.config.gateway import NAME, GatewayFile, HookEntry, TokenEntry, add_token, load_gateway
from omnitui.errors import ConfigError, OmniError, UsageError, hide
from omnitui.i18n import _
from omnitui.model.accounts import Account
from omnitui.paths import Profile
from omnitui.sdk.contract import Maker
from omnitui.sdk.webhook import Chooses, Receives, Webhook
from omnitui.services.channels import connectors
from omnitui.services.channels.deliveries import hook_name
from omnitui.services.secrecy.secrets import Secrets, refs
from omnitui.values import dataclass

CREDENTIALS: Final = "CREDENTIALS_DIRECTORY"
"""Where systemd puts what LoadCredential names."""
_MOST: Final = 65_536
_TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Hook:
    """One that can be called."""

    name: str
    kind: str
    webhook: Webhook
    account: str = ""
    """The account that it is of; empty where gateway.toml has it."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """All of them."""

    by_name: Mapping[str, Hook]
    faults: tuple[str, ...] = ()
    """Why others cannot be called, in words."""


@dataclass(frozen=True, slots=True)
class Premises:
    """What a gateway is run on."""

    profile: Profile
    file: Path
    """gateway.toml, wherever it lies."""
    accounts: Callable[[], list[Account]]
    """Those of the profile as they are now."""
    secrets: Secrets
    say: Callable[[str], None]
    """Tells the person who started it."""


def hook_of(account: Account) -> str:
    """What the hook of an account is called at the gateway."""
    return hook_name(str(account.settings.get("hook", "")), account.name, account.id)


def address_of(public_url: str, name: str) -> str:
    """What the vendor is given to call."""
    return f"{public_url.rstrip('/')}/hooks/{name}"


def address(profile: Profile, account: Account) -> str:
    """What the vendor of an account is given to call, as far as it is known; "" where it calls nobody.

    Raises ConfigError, NotFound.
    """
    maker = connectors.load(account.kind)
    settings = _settings(account, maker)
    if not isinstance(maker, Receives) or (isinstance(maker, Chooses) and not maker.is_called(settings)):
        return ""
    known = settings.get("gateway") or load_gateway(profile.gateway_file).settings.public_url
    return address_of(known or "https://…", hook_of(account))


def kinds(file: GatewayFile, accounts: Iterable[Account]) -> dict[str, str]:
    """The names of all hooks that there should be, with the connectors' kinds. No secret is asked for."""
    found = {entry.name: entry.kind for entry in file.hooks}
    for account in accounts:
        with suppress(OmniError):
            if _is_called(account, connectors.load(account.kind)):
                found.setdefault(hook_of(account), account.kind)
    return found


def collect(file: GatewayFile, accounts: Iterable[Account], secrets: Secrets) -> Hooks:
    """Every hook that can be made. May wait for the keyring or a command: not on the loop."""
    made: dict[str, Hook] = {}
    faults: list[str] = []
    for entry in file.hooks:
        try:
            made[entry.name] = _of_entry(entry, secrets)
        except OmniError as error:
            faults.append(_told(entry.name, error))
    for account in accounts:
        name = hook_of(account)
        try:
            hook = _of_account(name, account, secrets)
            if hook is None:
                continue
            if name in made:
                raise ConfigError(_("another hook has this name"), hint=_("give the account the setting “hook”"))
            made[name] = hook
        except OmniError as error:
            faults.append(_told(name, error))
    return Hooks(made, tuple(faults))


def new_token(path: Path, name: str, hooks: Sequence[str]) -> str:
    """Make a token that reads some hooks, write its digest into gateway.toml, and give it: nobody can later.

    Raises:
        UsageError: The name or the hooks cannot be.
        ConfigError, Refused: It cannot be written.
    """
    if not NAME.fullmatch(name):
        raise UsageError(_("a token is called by small letters, digits and hyphens, not “{name}”").format(name=name))
    for hook in hooks:
        if not NAME.fullmatch(hook):
            raise UsageError(_("no hook can be called “{name}”").format(name=hook))
    if not hooks:
        raise UsageError(_("a token has to be for some hooks"), hint="--hooks a,b")
    token = chance.token_urlsafe(_TOKEN_BYTES)
    add_token(path, TokenEntry(name, sha256(token.encode()).hexdigest(), tuple(dict.fromkeys(hooks))))
    return token


def who(tokens: Iterable[TokenEntry], given: str) -> TokenEntry | None:
    """Whose token this is; takes as long for a wrong one as for any."""
    digest, found = sha256(given.encode("utf-8", "surrogateescape")).hexdigest(), None
    for token in tokens:
        if hmac.compare_digest(token.sha256, digest):
            found = token
    return found


def _of_entry(entry: HookEntry, secrets: Secrets) -> Hook:
    maker = connectors.load(entry.kind)
    webhook = _receiving(maker)
    if webhook is None:
        raise ConfigError(_("the connector “{kind}” is called by nobody").format(kind=entry.kind))
    known = [setting.name for setting in maker.manifest.settings]
    for name in entry.settings:
        if name not in known:
            raise ConfigError(
                _("{kind} has no setting “{name}”").format(kind=entry.kind, name=name), hint=nearest(name, known)
            )
    named = [secret.name for secret in maker.manifest.secrets]
    for name in entry.secrets:
        if name not in named:
            raise ConfigError(
                _("{kind} has no secret “{name}”").format(kind=entry.kind, name=name), hint=nearest(name, named)
            )
    values = {name: tuple(_secret(place, secrets) for place in places) for name, places in entry.secrets.items()}
    return Hook(entry.name, entry.kind, webhook.webhook({**_defaults(maker), **entry.settings}, values))


def _of_account(name: str, account: Account, secrets: Secrets) -> Hook | None:
    maker = connectors.load(account.kind)
    webhook = _receiving(maker)
    if webhook is None or not _is_called(account, maker):
        return None
    if not NAME.fullmatch(name):
        raise ConfigError(
            _("a hook is called by small letters, digits and hyphens"), hint=_("change the account's setting “hook”")
        )
    values = {one: (secrets.get(ref),) for one, ref in refs(account.secret_ref).items()}
    return Hook(name, account.kind, webhook.webhook(_settings(account, maker), values), account.name)


def _is_called(account: Account, maker: Maker) -> bool:
    """Whether the gateway of this machine is called for an account."""
    settings = _settings(account, maker)
    if settings.get("gateway") or not isinstance(maker, Receives):
        return False
    return not isinstance(maker, Chooses) or maker.is_called(settings)


def _settings(account: Account, maker: Maker) -> dict[str, str]:
    return {**_defaults(maker), **{key: str(value) for key, value in account.settings.items()}}


def _receiving(maker: Maker) -> Receives | None:
    return maker if isinstance(maker, Receives) else None


def _defaults(maker: Maker) -> dict[str, str]:
    return {setting.name: setting.default for setting in maker.manifest.settings if setting.default is not None}


def _secret(place: str, secrets: Secrets) -> str:
    store, _colon, path = place.partition(":")
    if store != "file":
        return secrets.get(place)
    file = Path(os.environ.get(CREDENTIALS, ""), path).expanduser()
    try:
        if stat.S_IMODE(file.stat().st_mode) & stat.S_IRWXO:
            raise ConfigError(_("{file} is open to other users").format(file=file), hint=f"chmod 600 '{file}'")
        with file.open("rb") as opened:
            value = opened.read(_MOST).decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise ConfigError(_("{file} cannot be read: {why}").format(file=file, why=error.strerror)) from error
    if not value:
        raise ConfigError(_("{file} is empty").format(file=file))
    hide(value)
    return value


def _told(name: str, error: OmniError) -> str:
    return f"{name}: {error.message}" + (f" ({error.hint})" if error.hint else "")
