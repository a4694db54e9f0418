"""Seals of the op log: a process that runs for long has the key, and seals what it and others add to the log."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from omnitui.bus import Changed
from omnitui.errors import ConfigError, OmniError, Refused
from omnitui.i18n import _
from omnitui.logs import logger
from omnitui.model.states import ObjectKind
from omnitui.paths import Profile
from omnitui.services.secrecy.logend import OWNER, LogEnd, parsed
from omnitui.services.secrecy.protection import Protection
from omnitui.services.secrecy.secrets import Secrets, refs
from omnitui.store import chain
from omnitui.store.chain import Fault, Verdict
from omnitui.store.reads.accounts import accounts

if TYPE_CHECKING:
    from omnitui.store.cache import Cache

T = TypeVar("T")
LOG = logger(__name__)
LEAST: Final = 16
"""Characters that a secret of the user's own has to have to be the log's key."""
REST_SECONDS: Final = 1.0
"""So long after others added ops they are sealed."""


class Sealing:
    """Seals the op log of a profile, and looks through it."""

    def __init__(self, profile: Profile, cache: Cache, secrets: Secrets) -> None:
        self._cache = cache
        self._profile = profile
        self._secrets = secrets
        self._protection = Protection(profile)
        self._stop = threading.Event()
        self._heard = threading.Event()
        self._thread: threading.Thread | None = None
        self._key: bytes | None = None
        self._faulty = False
        self._faulty_at: tuple[int, int] | None = None

    def start(self) -> None:
        """Seal in a thread of its own from now on, where the key can be had without asking; harmless when repeated."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="omnitui-seals", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Seal what is left and note the end in the secret store."""
        if self._thread is not None:
            self._stop.set()
            self._heard.set()
            self._thread.join(timeout=10)

    def set_up(self, store: str | None = None, ref: str | None = None) -> str:
        """Make a key and keep it in `store`, or take the secret that `ref` fetches; returns where it lies.

        Raises:
            Refused: There is a key already.
            ConfigError: It cannot be kept or fetched, or is too short.
        """

        def made() -> str:
            if ref is None:
                return self._secrets.keep_own(store or self._secrets.choose(), OWNER, os.urandom(32).hex())
            if len(self._secrets.get(ref)) < LEAST:
                raise ConfigError(_("a key of the log needs {count} characters or more").format(count=LEAST))
            return ref

        if not self._protection.begin(OWNER, made):
            raise Refused(_("the log has a key already ({place})").format(place=self.place), hint="omnitui log verify")
        return self._protection.ref(OWNER)

    @property
    def place(self) -> str:
        """Where the key is kept: "service", "vault", "command", "env"; empty where there is none."""
        return self._protection.ref(OWNER).partition(":")[0]

    def seal(self, *, accept: bool = False) -> Verdict:
        """Seal what is not sealed yet; the key may be asked for.

        Args:
            accept: Take the end of the log and its seals as they are now for right.

        Raises:
            ConfigError: There is no key, or it cannot be had.
        """
        key = self._fetched(asking=True)
        if key is None:
            raise ConfigError(_("the log has no key"), hint="omnitui log seal")
        if accept:
            self._end.forget()
            self._cache.write(lambda tx: chain.drop_seals(tx.db))
        return self._seal(key, stored=True)

    def verify(self, reached: str = "", *, asking: bool = True) -> tuple[Verdict, bool]:
        """Look through the whole log; the second is whether its key was at hand.

        Args:
            reached: An end that was noted elsewhere, as `logend.told` gives it.
            asking: Whether the key may be asked for.
        """
        elsewhere = parsed(reached) if reached else None
        key = self._fetched(asking=asking)
        if key is None:
            return self._cache.read(chain.verify, None, elsewhere), False
        noted = self._end.noted(key, stored=asking)
        verdict = self._cache.read(chain.verify, key, noted)
        if verdict.fault is None and noted is None and verdict.sealed:
            # It is written with the first seal: somebody took it away.
            return chain.faulty(verdict, Fault.END), True
        if verdict.fault is None and elsewhere is not None:
            verdict = self._cache.read(chain.verify, key, elsewhere)
        return verdict, True

    def _run(self) -> None:
        key = _tried(lambda: self._fetched(asking=False))
        if key is None:
            return
        unsubscribe = self._cache.bus.subscribe(Changed, self._hear)
        _tried(lambda: self._go_on(key, stored=True))
        _tried(lambda: self._cache.seal_with(key))
        while not self._stop.is_set():
            self._heard.wait()
            self._heard.clear()
            if not self._stop.wait(REST_SECONDS):
                _tried(lambda: self._go_on(key))
        unsubscribe()
        _tried(lambda: self._go_on(key, stored=True))

    def _hear(self, event: Changed) -> None:
        if not event.complete or any(change.kind is ObjectKind.OP for change in event.changes):
            self._heard.set()

    @cached_property
    def _end(self) -> LogEnd:
        return LogEnd(self._profile, self._secrets, self._protection.ref(OWNER))

    def _fetched(self, *, asking: bool) -> bytes | None:
        """The key; None where there is none, or where it would have to be asked for."""
        if self._key is None:
            ref = self._protection.ref(OWNER)
            if not ref and not asking and (store := self._store_in_use()):
                with suppress(Refused):  # another process was quicker
                    self.set_up(store)
                ref = self._protection.ref(OWNER)
            if not ref or (not asking and ref.startswith("vault:") and not self._secrets.open_at_hand):
                return None
            secret = self._secrets.get(ref).encode("utf-8", "surrogateescape")
            self._key = chain.mac(secret, "key of the log", "").encode()
        return self._key

    def _store_in_use(self) -> str | None:
        """Where accounts keep their secrets, if a key can be put there without asking anybody."""
        used = {
            ref.partition(":")[0]
            for account in self._cache.read(accounts)
            if not account.paused
            for ref in refs(account.secret_ref).values()
        }
        if "service" in used:
            return "service"
        return "vault" if "vault" in used and self._secrets.open_at_hand else None

    def _go_on(self, key: bytes, *, stored: bool = False) -> None:
        """Seal, unless the log is known to be wrong and nobody has accepted it since: each try walks the whole log."""
        if not self._faulty or self._end.version != self._faulty_at:
            self._seal(key, stored=stored)

    def _seal(self, key: bytes, *, stored: bool = False) -> Verdict:
        noted = self._end.noted(key, stored=stored)
        self._faulty_at = self._end.version
        verdict = self._cache.write(lambda tx: chain.seal_tail(tx.db, key, noted))
        self._faulty = verdict.fault is not None
        if verdict.fault is not None:
            LOG.warning("the log of ops is not as it was written: %s, %s", verdict.fault, verdict.op_id or "its end")
        elif stored or verdict.head != noted:
            self._end.note(key, verdict.head, stored=stored)
        return verdict


def _tried(work: Callable[[], T]) -> T | None:
    """What `work` gives; None where it fails, which is logged: a thread beside the screen has nobody to tell."""
    try:
        return work()
    except OmniError as error:
        LOG.warning("the log is not sealed: %s", error.message)
    except Exception:
        LOG.exception("the log is not sealed")
    return None


def said(verdict: Verdict, keyed: bool) -> str:
    """A verdict in a sentence."""
    if verdict.fault is None:
        count = verdict.head.count
        if not keyed:
            whole = _("the chain of {count} ops is whole; nobody looked at its seals, for the key is not at hand")
            unsealed = _("the chain of {count} ops is whole; it has no seals, so whoever writes the file can renew it")
            return (whole if verdict.sealed else unsealed).format(count=count)
        if verdict.sealed < count:
            return _("{count} ops are as they were written; the newest {left} have no seal yet").format(
                count=count, left=count - verdict.sealed
            )
        return _("{count} ops are as they were written, and sealed").format(count=count)
    return {
        Fault.ROW: _("op {op} was changed, or one before it was removed, moved or put in"),
        Fault.TEXT: _("the texts of op {op} were changed"),
        Fault.SEAL: _("the seal of op {op} is wrong or gone: the log was written anew from there"),
        Fault.END: _("the log ended elsewhere before: ops after its number {count} were removed or written anew"),
    }[verdict.fault].format(op=verdict.op_id, count=verdict.head.count)
