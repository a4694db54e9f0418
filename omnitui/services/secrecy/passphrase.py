"""Where the vault's passphrase comes from: the environment, a descriptor, a command, or the person."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable
from typing import Final

from omnitui.environment import inherited, keep_back
from omnitui.errors import ConfigError, hide
from omnitui.i18n import _

VARIABLE: Final = "OMNITUI_VAULT_PASSPHRASE"
DESCRIPTOR: Final = "OMNITUI_VAULT_PASSPHRASE_FD"
COMMAND: Final = "OMNITUI_VAULT_PASSPHRASE_COMMAND"
_MAX: Final = 4_096
_SECONDS: Final = 60


def passphrase(*, new: bool = False) -> str:
    """The vault's passphrase, asked for on the terminal when nothing else gives it.

    Args:
        new: Ask twice, since it will lock a vault that does not exist yet.

    Raises:
        ConfigError: There is none; the hint names all four ways.
    """
    found = from_environment()
    if found is None and sys.stdin is not None and sys.stdin.isatty():
        found = _asked(new)
    if not found:
        raise ConfigError(
            _("the vault needs its passphrase"),
            hint=_("set {variable}, {descriptor} or {command}, or start omnitui on a terminal to be asked").format(
                variable=VARIABLE, descriptor=DESCRIPTOR, command=COMMAND
            ),
        )
    hide(found)
    return found


def given() -> bool:
    """Whether the environment says where the passphrase is, so that nobody needs to be asked."""
    return any(variable(name) for name in (VARIABLE, DESCRIPTOR, COMMAND))


def variable(name: str) -> str | None:
    """A variable of the environment that may hold a secret, also after it was withdrawn."""
    keep_back([name])
    return os.environ.get(name) or _withdrawn.get(name)


def withdraw(names: Iterable[str]) -> None:
    """Take variables out of the environment: editors, viewers and clipboards that are started from now inherit none."""
    held = list(names)
    keep_back(held)
    for name in held:
        if value := os.environ.pop(name, None):
            _withdrawn[name] = value


def from_environment() -> str | None:
    """The passphrase from the variable, else the descriptor, else the command; None when none of them is set.

    Raises:
        ConfigError: One is set and does not work.
    """
    if value := variable(VARIABLE):
        return value
    if value := variable(DESCRIPTOR):
        return _from_descriptor(value)
    if value := variable(COMMAND):
        return output_of(shlex.split(value))
    return None


def output_of(argv: list[str]) -> str:
    """The first line that a command prints, run without a shell and without our own secrets around it.

    Raises:
        ConfigError: It cannot be started, takes over a minute, fails, or prints nothing.
    """
    name = argv[0] if argv else ""
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, timeout=_SECONDS, env=inherited(), check=False)
    except (OSError, ValueError, IndexError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise ConfigError(_("the command “{name}” cannot be run: {why}").format(name=name, why=why)) from error
    except subprocess.TimeoutExpired as error:
        raise ConfigError(_("the command “{name}” did not end within a minute").format(name=name)) from error
    if done.returncode:
        raise ConfigError(
            _("the command “{name}” failed with {code}").format(name=name, code=done.returncode),
            hint=_("run it yourself to see why"),
        )
    line = done.stdout[:_MAX].partition(b"\n")[0].removesuffix(b"\r").decode("utf-8", "surrogateescape")
    if not line:
        raise ConfigError(_("the command “{name}” printed nothing").format(name=name))
    return line


def _from_descriptor(value: str) -> str:
    # A descriptor can be read once; what it gave serves every later question of this process.
    if value not in _read:
        try:
            with os.fdopen(int(value), "rb", closefd=True) as stream:
                line = stream.read(_MAX).partition(b"\n")[0].removesuffix(b"\r")
        except (OSError, ValueError) as error:
            raise ConfigError(
                _("{name} is {value}, which cannot be read").format(name=DESCRIPTOR, value=value)
            ) from error
        _read[value] = line.decode("utf-8", "surrogateescape")
    return _read[value]


_read: dict[str, str] = {}
_withdrawn: dict[str, str] = {}


def _asked(new: bool) -> str:
    from getpass import getpass

    first = getpass(_("New passphrase of the vault: ") if new else _("Passphrase of the vault: "), sys.stderr)
    if new and first != getpass(_("The same again: "), sys.stderr):
        raise ConfigError(_("the two passphrases differ"))
    return first
