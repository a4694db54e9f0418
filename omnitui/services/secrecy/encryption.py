"""Encryption at rest: the key of the cache in the secret store, and turning it on and off.

Where the key lies, and how far a change has come, stands in the profile's protection file. What was begun and not
finished is finished or taken back by whoever opens the profile next.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Final

from omnitui.errors import ConfigError, Refused
from omnitui.i18n import _
from omnitui.paths import Profile
from omnitui.services import drawers
from omnitui.services.secrecy.protection import Protection
from omnitui.services.secrecy.secrets import Secrets
from omnitui.store import sharing
from omnitui.store.chain import mac
from omnitui.store.faults import translated_os
from omnitui.store.secrecy import changeover, cipher
from omnitui.store.spooling import secrecy as spool_secrecy

OWNER: Final = "cache"
LEAST: Final = 32
"""Characters that a key of the user's own has to have: nothing slows down who tries all short ones."""
_WAIT_SECONDS: Final = 120.0


class State(StrEnum):
    """How far it has come."""

    OFF = "off"
    ON = "on"
    TURNING_ON = "turning on"
    TURNING_OFF = "turning off"


class Encryption:
    """The encryption of one profile's cache, with its files and snapshots."""

    def __init__(self, profile: Profile, secrets: Secrets) -> None:
        self._profile = profile
        self._secrets = secrets
        self._protection = Protection(profile)

    @property
    def state(self) -> State:
        return State(self._protection.of(OWNER).get("state", State.OFF))

    @property
    def place(self) -> str:
        """Where the key is kept: "service", "vault", "command", "env"; empty where there is none."""
        return self._protection.ref(OWNER).partition(":")[0]

    def unlock(self) -> None:
        """Fetch the key and have this process use it; what was interrupted is brought to its end first.

        Another process may turn encryption on or off while somebody is asked for the passphrase: what counts is what
        is known of the key once it is here.

        Raises:
            ConfigError: The key cannot be had, is another one, or SQLCipher is not here.
            Refused: Another process turns encryption on or off just now.
        """
        while known := self._protection.of(OWNER):
            try:
                key = self._key(known["ref"])
            except ConfigError:
                if self._protection.of(OWNER) == known:
                    raise
                continue
            if self._protection.of(OWNER) != known:
                continue
            if _check(key) != known["check"]:
                raise ConfigError(
                    _("the key from the {place} does not fit the cache").format(place=self.place),
                    hint=_("put back the key that “omnitui encryption on” made: without it nobody can read the cache"),
                )
            if not cipher.available():
                cipher.connect(":memory:", None)  # says why
            if known["state"] == State.ON:
                cipher.use(self._profile.data, key)
                return
            with sharing.alone(self._profile.data, wait=_WAIT_SECONDS):
                if self._protection.of(OWNER) == known:
                    self._finish(key)
                    return

    def on(self, store: str | None = None, ref: str | None = None) -> list[Path]:
        """Encipher the cache, its files and its snapshots.

        Args:
            store: Where a new key is kept; the one that account add would choose where None.
            ref: A key of the user's own instead, as `Secrets.get` takes it.

        Returns:
            What could not be enciphered and lies there in clear: damaged files.

        Raises:
            Refused: It is on already, or another process has the cache open.
            ConfigError: SQLCipher is not here, or the key cannot be kept.
        """
        cipher.connect(":memory:", None).close()
        self._profile.make()
        with sharing.alone(self._profile.data):
            if self.state is not State.OFF:
                raise Refused(_("the cache is encrypted already"), hint="omnitui encryption prove")
            if ref is None:
                ref = self._secrets.keep_own(store or self._secrets.choose(), OWNER, os.urandom(32).hex())
            elif len(self._secrets.get(ref)) < LEAST:
                raise ConfigError(
                    _("a key of the cache needs {count} characters or more").format(count=LEAST),
                    hint="openssl rand -hex 32",
                )
            key = self._key(ref)
            self._protection.keep(OWNER, ref=ref, check=_check(key), state=State.TURNING_ON)
            try:
                changeover.change(self._profile.cache_file, old=None, new=key)
            except BaseException:
                self._finish(key)
                raise
            return self._finish(key)

    def off(self) -> list[Path]:
        """Decipher the cache, its files and its snapshots, and forget the key.

        Returns:
            What could not be deciphered: damaged files.

        Raises:
            Refused: It is off already, or another process has the cache open.
            ConfigError: The key cannot be had.
        """
        if self.state is State.OFF:
            raise Refused(_("the cache is not encrypted"))
        self.unlock()
        with sharing.alone(self._profile.data):
            known = self._protection.of(OWNER)
            if not known:  # it was being turned off already
                return []
            key = self._key(known["ref"])
            self._protection.keep(OWNER, **{**known, "state": State.TURNING_OFF})
            try:
                changeover.change(self._profile.cache_file, old=key, new=None)
            except BaseException:
                self._finish(key)
                raise
            return self._finish(key)

    def _finish(self, key: bytes) -> list[Path]:
        """Go on from what the cache's file is now: that decides which way it went. The caller is alone."""
        known = self._protection.of(OWNER)
        cache = self._profile.cache_file
        enciphered = changeover.settle(cache)
        if enciphered is None:  # there is no cache yet: it is made as was wished last
            enciphered = known["state"] == State.TURNING_ON
        try:
            left = changeover.follow(cache, key, enciphered=enciphered)
            left += drawers.renew(self._profile, key, key if enciphered else None)
            spool_secrecy.renew(self._profile.spool_file, key, key if enciphered else None)
        except OSError as error:
            raise translated_os(error) from error
        if enciphered:
            self._protection.keep(OWNER, **{**known, "state": State.ON})
            cipher.use(self._profile.data, key)
        else:
            cipher.use(self._profile.data, None)
            self._protection.drop(OWNER)
            self._secrets.forget(known["ref"])
        return left

    def _key(self, ref: str) -> bytes:
        return bytes.fromhex(mac(self._secrets.get(ref).encode("utf-8", "surrogateescape"), "key of the cache", ""))


def _check(key: bytes) -> str:
    """Tells a wrong key from a damaged file; says nothing about the key."""
    return mac(key, "check of the cache", "")[:16]
