"""Secrets of accounts: kept where the account's `secret_ref` says, and never in clear text of ours.

A ref names one place: `service:NAME` (Secret Service), `vault:NAME` (the encrypted file), `command:["pass", "show",
"x"]`, `env:NAME`. An account with several secrets has a JSON object of such refs by the secret's name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Final

from omnitui.errors import ConfigError, hide
from omnitui.i18n import _
from omnitui.paths import Profile
from omnitui.services.secrecy.keychain import Keychain
from omnitui.services.secrecy.passphrase import given, output_of, passphrase, variable
from omnitui.services.secrecy.vault import Vault

STORES: Final = ("service", "vault")
"""Back ends that can keep a secret; the other two only fetch one."""


class Secrets:
    """Keeps, finds and forgets the secrets of a profile's accounts."""

    def __init__(self, profile: Profile, *, keychain: Keychain | None = None, vault: Vault | None = None) -> None:
        self._profile = profile
        self._keychain = keychain or Keychain()
        self.vault = vault or Vault(profile.vault_file, lambda new: passphrase(new=new))

    def choose(self) -> str:
        """The store for a new account: the Secret Service where it answers in time, else the vault."""
        return "service" if self._keychain.answers() else "vault"

    def likely(self) -> str:
        """What `choose` would most likely say; unlike it, this unlocks nothing."""
        return "service" if self._keychain.there() else "vault"

    def keep(self, store: str, owner: str, name: str, secret: str) -> str:
        """Put a secret of an account (its id) or of ours into `store` and return its ref. Raises ConfigError."""
        item = f"{self._profile.name}/{owner}/{name}"
        if store == "service":
            self._keychain.put(item, secret)
        elif store == "vault":
            self.vault.put(item, secret)
        else:
            raise ConfigError(_("secrets cannot be kept in “{store}”").format(store=store), hint=", ".join(STORES))
        hide(secret)
        return f"{store}:{item}"

    def get(self, ref: str) -> str:
        """The secret that a single ref names. Raises ConfigError with what to do."""
        store, _colon, place = ref.partition(":")
        secret: str | None
        if store == "service":
            secret = self._keychain.get(place)
        elif store == "vault":
            secret = self.vault.get(place)
        elif store == "command":
            secret = output_of(_argv(place))
        elif store == "env":
            secret = variable(place)
            if not secret:
                raise ConfigError(
                    _("the variable {name} holds no secret").format(name=place), hint=_("set it before omnitui starts")
                )
        else:
            raise ConfigError(_("unknown place of a secret: {store}").format(store=store or ref))
        if secret is None:
            raise ConfigError(
                _("the secret is gone from the {store}").format(store=NAMES[store]),
                hint=_("remove the account and add it again, or restore the {store}").format(store=NAMES[store]),
            )
        hide(secret)
        return secret

    def all(self, secret_ref: str) -> dict[str, str]:
        """Every secret of an account by its name."""
        return {name: self.get(ref) for name, ref in refs(secret_ref).items()}

    def keep_own(self, store: str, owner: str, secret: str) -> str:
        """Like `keep` for a new key of ours, under an owner like `owner` that no other profile of this name has.

        Profiles in other homes share the Secret Service, and may have the same name.
        """
        return self.keep(store, f"{owner}-{os.urandom(8).hex()}", "key", secret)

    def renew(self, secret_ref: str, name: str, secret: str) -> bool:
        """Keep a new value where the old one lies; False where we only fetch it. Raises ConfigError."""
        store, _colon, place = refs(secret_ref).get(name, "").partition(":")
        hide(secret)
        if store == "service":
            self._keychain.put(place, secret)
        elif store == "vault":
            self.vault.put(place, secret)
        return store in STORES

    def forget(self, secret_ref: str) -> None:
        """Delete what we keep ourselves; commands and variables are the user's."""
        for ref in refs(secret_ref).values():
            store, _colon, place = ref.partition(":")
            if store == "service":
                self._keychain.drop(place)
            elif store == "vault":
                self.vault.drop(place)

    def needs_passphrase(self, secret_refs: list[str]) -> bool:
        """Whether somebody has to be asked for the vault's passphrase before the screen is taken."""
        in_vault = any(ref.startswith("vault:") for text in secret_refs for ref in refs(text).values())
        return in_vault and self.vault.exists() and not self.open_at_hand

    @property
    def open_at_hand(self) -> bool:
        """Whether the vault can be opened without asking anybody."""
        return self.vault.unlocked or given()


NAMES: Final = {"service": "Secret Service", "vault": "vault"}


def refs(secret_ref: str) -> dict[str, str]:
    """A secret_ref taken apart: secret's name → ref. A bare ref is the secret called "password"."""
    if not secret_ref:
        return {}
    if secret_ref.startswith("{"):
        loaded: dict[str, str] = json.loads(secret_ref)
        return loaded
    return {"password": secret_ref}


def joined(parts: Mapping[str, str]) -> str:
    """The secret_ref of an account from its single refs; the inverse of `refs`."""
    if not parts:
        return ""
    if list(parts) == ["password"]:
        return parts["password"]
    return json.dumps(dict(parts), ensure_ascii=False)


def command_ref(argv: list[str]) -> str:
    return "command:" + json.dumps(argv, ensure_ascii=False)


def env_ref(name: str) -> str:
    return f"env:{name}"


def stores(secret_ref: str) -> str:
    """Which back ends an account uses, for people: "vault", "command", "service, env"."""
    return ", ".join(dict.fromkeys(ref.partition(":")[0] for ref in refs(secret_ref).values()))


def _argv(text: str) -> list[str]:
    try:
        argv = json.loads(text)
    except ValueError:
        argv = None
    if not isinstance(argv, list) or not argv or not all(isinstance(word, str) for word in argv):
        raise ConfigError(_("the account's password command is damaged"), hint=_("remove the account and add it again"))
    return argv
