"""The desktop's Secret Service, reached through keyring's own back end for it and no other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from omnitui.errors import ConfigError
from omnitui.i18n import _

T = TypeVar("T")
LIMIT: Final = 2.0
"""Seconds within which the service has to answer; one that waits for a prompt would tear the screen."""
_SERVICE: Final = "omnitui"


class Chain(Protocol):
    """What is used of a keyring back end."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


def secret_service() -> Chain:
    """keyring's Secret Service back end, named outright: its own choice by priority may be a file in clear text."""
    from keyring.backends.SecretService import Keyring

    if not Keyring.viable:
        raise RuntimeError("no Secret Service")
    chain: Chain = Keyring()  # type: ignore[no-untyped-call]
    return chain


class Keychain:
    """Named secrets in the Secret Service."""

    def __init__(self, make: Callable[[], Chain] = secret_service, *, limit: float = LIMIT) -> None:
        self._make = make
        self._limit = limit

    def answers(self) -> bool:
        """Whether the service is there, open, and answers in time."""
        try:
            self.get("probe")
        except ConfigError:
            return False
        return True

    def there(self) -> bool:
        """Whether there is a service, be it locked; nobody is asked to unlock it."""
        try:
            self._timed(self._make)
        except ConfigError:
            return False
        return True

    def get(self, name: str) -> str | None:
        return self._timed(lambda: self._make().get_password(_SERVICE, name))

    def put(self, name: str, secret: str) -> None:
        self._timed(lambda: self._make().set_password(_SERVICE, name, secret))

    def drop(self, name: str) -> None:
        if self.get(name) is not None:
            self._timed(lambda: self._make().delete_password(_SERVICE, name))

    def _timed(self, call: Callable[[], T]) -> T:
        # D-Bus calls cannot be interrupted: a thread that hangs is left behind and dies with the process.
        results: list[T] = []
        errors: list[Exception] = []

        def work() -> None:
            try:
                results.append(call())
            except Exception as error:
                errors.append(error)

        thread = threading.Thread(target=work, name="secret-service", daemon=True)
        thread.start()
        thread.join(self._limit)
        if results:
            return results[0]
        said = _("the Secret Service did not answer") if not errors else _("the Secret Service refused")
        raise ConfigError(
            said,
            hint=_("unlock the desktop's keyring, or add the account with --secrets vault"),
        ) from (errors[0] if errors else None)
