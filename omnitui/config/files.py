"""Reads the profile's TOML files: config.toml and keys.toml."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from omnitui.config.settings import Settings
from omnitui.errors import ConfigError
from omnitui.i18n import _
from omnitui.paths import Profile

Keys = dict[str, tuple[str, ...]]
"""Action id → the keys that it shall have."""


def load_settings(profile: Profile) -> Settings:
    """The profile's settings; the defaults where there is no file.

    Raises:
        ConfigError: The file is open to others, is no TOML, or has a wrong key or value.
    """
    table = read_toml(profile.settings_file)
    if not table:
        return Settings()
    from omnitui.config.checks import build

    settings = build(Settings, table, profile.settings_file)
    _check_zone(settings, profile.settings_file)
    return settings


def load_keys(profile: Profile) -> Keys:
    """The profile's own keys. Whether the action ids exist is for the table of actions to say.

    Raises:
        ConfigError: As for `load_settings`, or a value that is neither a key nor a list of keys.
    """
    keys: Keys = {}
    _flatten(read_toml(profile.keys_file), "", keys, profile.keys_file)
    return keys


def read_toml(path: Path) -> dict[str, Any]:
    """The table in `path`; empty where there is no such file.

    Raises:
        ConfigError: Others may read or write the file, it cannot be read, or it is no TOML.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(_("{file} cannot be read: {why}").format(file=path, why=error.strerror)) from error
    if mode & 0o077:
        raise ConfigError(
            _("{file} is open to other users (mode {mode})").format(file=path, mode=f"{mode:04o}"),
            hint=f"chmod 600 '{path}'",
        )
    import tomllib

    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(_("{file} is no TOML: {why}").format(file=path, why=error)) from error
    except OSError as error:
        raise ConfigError(_("{file} cannot be read: {why}").format(file=path, why=error.strerror)) from error


def _flatten(table: dict[str, Any], prefix: str, keys: Keys, file: Path) -> None:
    for name, value in table.items():
        action = prefix + name
        if isinstance(value, dict):
            _flatten(value, action + ".", keys, file)
        elif isinstance(value, str):
            keys[action] = (value,) if value else ()
        elif isinstance(value, list) and all(isinstance(key, str) and key for key in value):
            keys[action] = tuple(value)
        else:
            raise ConfigError(
                _("{file}: “{key}” has to be a key or a list of keys").format(file=file, key=action),
                hint='"conversation.reply" = ["r", "f5"]',
            )


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
