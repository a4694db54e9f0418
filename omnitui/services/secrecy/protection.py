"""Where the keys of a profile's own data lie: a small file that names places in the secret store, and holds no key."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from omnitui.errors import ConfigError
from omnitui.i18n import _
from omnitui.paths import Profile
from omnitui.services.secrecy.vault import replace_file


class Protection:
    """What is known of each key by its name ("log", "cache"): its `ref`, and whatever else has to be kept with it."""

    def __init__(self, profile: Profile) -> None:
        self.path = profile.protection_file

    def of(self, name: str) -> dict[str, str]:
        """What is known of a key; empty where there is none.

        Raises:
            ConfigError: The file is damaged.
        """
        found: dict[str, str] = self._load().get(name, {})
        return found

    def ref(self, name: str) -> str:
        """Where a key lies, as `Secrets.get` takes it; empty where there is none."""
        return self.of(name).get("ref", "")

    def keep(self, name: str, **known: str) -> None:
        """Put down what is known of a key; on disk when this returns."""
        with self._locked():
            self._store({**self._load(), name: known})

    def begin(self, name: str, make: Callable[[], str]) -> bool:
        """Put down the ref of a key that `make` makes, where there is none yet; whether it did.

        Other processes wait meanwhile, so that no two of them make one.
        """
        with self._locked():
            keys = self._load()
            if name in keys:
                return False
            self._store({**keys, name: {"ref": make()}})
            return True

    def drop(self, name: str) -> None:
        """Forget a key; nothing happens where it is not known."""
        with self._locked():
            keys = self._load()
            if keys.pop(name, None) is not None:
                self._store(keys)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with suppress(OSError):  # a file system without locks: nothing better can be had
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _load(self) -> dict[str, Any]:
        try:
            held = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError:
            held = None
        if not isinstance(held, dict) or held.get("v") != 1:
            raise ConfigError(
                _("{file} is damaged, or of a newer omnitui").format(file=self.path),
                hint=_("it names where keys lie: put back a copy of it"),
            )
        return {name: known for name, known in held.items() if isinstance(known, dict)}

    def _store(self, keys: dict[str, Any]) -> None:
        replace_file(self.path, json.dumps({"v": 1, **keys}, indent=1).encode() + b"\n")
