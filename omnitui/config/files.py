"""Reads the profile's TOML files, and refuses those that other users may touch."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any, Final

from omnitui.config.settings import Settings
from omnitui.errors import ConfigError
from omnitui.i18n import _
from omnitui.paths import Profile

PRIVATE: Final = 0o077
"""Nobody else may touch the file at all: it may say how to get at secrets."""
UNTAMPERED: Final = 0o022
"""Others may read the file, as in a checkout of dotfiles, but not write it."""


def load_settings(profile: Profile, file: Path | None = None) -> Settings:
    """The profile's settings; the defaults where there is no file. `file` is read instead of config.toml.

    Raises:
        ConfigError: The file is open to others, is no TOML, or has a wrong key or value.
    """
    path = file or profile.settings_file
    table = read_toml(path)
    if not table:
        return Settings()
    from omnitui.config.checks import build

    settings = build(Settings, table, path)
    _check_zone(settings, path)
    return settings


def read_toml(path: Path, *, forbidden: int = PRIVATE) -> dict[str, Any]:
    """The table in `path`; empty where there is no such file.

    Args:
        path: The file.
        forbidden: Mode bits that it must not have.

    Raises:
        ConfigError: Others may read or write the file, it cannot be read, or it is no TOML.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(_("{file} cannot be read: {why}").format(file=path, why=error.strerror)) from error
    if mode & forbidden:
        raise ConfigError(
            _("{file} is open to other users (mode {mode})").format(file=path, mode=f"{mode:04o}"),
            hint=f"chmod {'600' if forbidden == PRIVATE else 'go-w'} '{path}'",
        )
    import tomllib

    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(_("{file} is no TOML: {why}").format(file=path, why=error)) from error
    except OSError as error:
        raise ConfigError(_("{file} cannot be read: {why}").format(file=path, why=error.strerror)) from error


def _check_zone(settings: Settings, file: Path) -> None:
    if not settings.time_zone:
        return
    try:
        settings.zone()
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(
            _("{file}: “time_zone” names no known zone: {zone!r}").format(file=file, zone=settings.time_zone),
            hint=_("an IANA name such as Europe/Berlin or Asia/Tokyo"),
        ) from error
