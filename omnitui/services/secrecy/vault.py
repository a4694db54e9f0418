"""The vault: secrets in one file, encrypted with a passphrase (scrypt, ChaCha20-Poly1305)."""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from omnitui.errors import ConfigError, hide
from omnitui.i18n import _

_VERSION: Final = 1
# 32 MB and about 0.3 s (OWASP's alternative to N=2^17, p=1, which would take 128 MB).
_N: Final = 1 << 15
_R: Final = 8
_P: Final = 3
_MOST: Final = 1 << 20

Ask = Callable[[bool], str]
"""Gives the passphrase; the argument says whether it is for a new vault."""


class Vault:
    """A file of named secrets. Each change reads, changes and replaces it under a lock, so processes can share it.

    Args:
        path: The file; it and its folder are made at the first `put`, mode 0600 and 0700.
        ask: Called once, when the passphrase is first needed.
    """

    def __init__(self, path: Path, ask: Ask) -> None:
        self.path = path
        self._ask = ask
        self._passphrase: str | None = None
        self._keys: dict[tuple[bytes, int, int, int], bytes] = {}

    def exists(self) -> bool:
        return self.path.exists()

    @property
    def unlocked(self) -> bool:
        """Whether the passphrase is known."""
        return self._passphrase is not None

    def unlock(self) -> None:
        """Ask for the passphrase and try it, so that it is not asked for later. Raises ConfigError."""
        if self.exists():
            self._load()

    def give(self, passphrase: str) -> None:
        """Use this passphrase, which was asked for elsewhere, and try it on what there is. Raises ConfigError."""
        hide(passphrase)
        self._passphrase = passphrase
        self._keys.clear()
        self.unlock()

    def get(self, name: str) -> str | None:
        """The secret called `name`. Raises ConfigError: wrong passphrase, broken or foreign file."""
        return self._load().get(name)

    def put(self, name: str, secret: str) -> None:
        """Keep a secret; on disk when this returns."""
        with self._locked():
            self._store({**self._load(), name: secret})

    def drop(self, name: str) -> None:
        """Forget a secret; nothing happens when it is not there."""
        with self._locked():
            secrets = self._load()
            if secrets.pop(name, None) is not None:
                self._store(secrets)

    def names(self) -> list[str]:
        return sorted(self._load())

    def _load(self) -> dict[str, str]:
        try:
            mode = self.path.stat().st_mode
            envelope = json.loads(self.path.read_bytes())
            header, nonce, data = _opened(envelope)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(_("{file} is no vault of ours, or damaged").format(file=self.path)) from error
        if mode & 0o077:
            raise ConfigError(
                _("{file} is open to other users").format(file=self.path), hint=f"chmod 600 '{self.path}'"
            )
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        key = self._key(base64.b64decode(header["salt"]), header["n"], header["r"], header["p"])
        try:
            plain = ChaCha20Poly1305(key).decrypt(nonce, data, _bound(header))
        except InvalidTag as error:
            self._passphrase = None
            self._keys.clear()
            raise ConfigError(
                _("the passphrase does not open {file}").format(file=self.path),
                hint=_("a lost passphrase cannot be recovered; delete the file and add the secrets again"),
            ) from error
        loaded: dict[str, str] = json.loads(plain)
        return loaded

    def _store(self, secrets: dict[str, str]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        salt = os.urandom(16)
        if self._keys:
            # The derived key serves as long as the salt stays, and each store has its own nonce.
            salt = next(iter(self._keys))[0]
        header = {"v": _VERSION, "kdf": "scrypt", "salt": _text(salt), "n": _N, "r": _R, "p": _P}
        nonce = os.urandom(12)
        key = self._key(salt, _N, _R, _P)
        sealed = ChaCha20Poly1305(key).encrypt(nonce, json.dumps(secrets).encode(), _bound(header))
        replace_file(self.path, json.dumps({**header, "nonce": _text(nonce), "data": _text(sealed)}).encode() + b"\n")

    def _key(self, salt: bytes, n: int, r: int, p: int) -> bytes:
        place = (salt, n, r, p)
        if place not in self._keys:
            from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

            if self._passphrase is None:
                self._passphrase = self._ask(not self.exists())
            raw = self._passphrase.encode("utf-8", "surrogateescape")
            self._keys = {place: Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(raw)}
        return self._keys[place]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _opened(envelope: Any) -> tuple[dict[str, Any], bytes, bytes]:
    header = {name: envelope[name] for name in ("v", "kdf", "salt", "n", "r", "p")}
    if header["v"] != _VERSION or header["kdf"] != "scrypt":
        raise ValueError("another version")
    # A file made by someone else could ask for all memory.
    if not (1 < header["n"] <= _MOST and 1 <= header["r"] <= 32 and 1 <= header["p"] <= 16):
        raise ValueError("costs out of bounds")
    return header, base64.b64decode(envelope["nonce"]), base64.b64decode(envelope["data"])


def _bound(header: dict[str, Any]) -> bytes:
    return json.dumps(header, sort_keys=True).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` at `path` whole or not at all, and on disk."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
