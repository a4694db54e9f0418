"""Whole sets of keys: "vim" is the table of actions itself, the others are files of the package in keys.toml's form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from omnitui.errors import ConfigError
from omnitui.i18n import _
from omnitui.services.actions import ACTIONS

VIM: Final = "vim"
NAMES: Final = (VIM, "emacs", "plain")


def keys_of(preset: str) -> dict[str, tuple[str, ...]]:
    """Action id → its keys in a preset; what its file does not name has the table's.

    Raises:
        ConfigError: There is no such preset.
    """
    if preset not in NAMES:
        from omnitui.config.checks import nearest

        message = _("there is no preset of keys called {name}").format(name=preset)
        raise ConfigError(message, hint=nearest(preset, [*NAMES]))
    named = _named(preset)
    return {action.id: named.get(action.id, action.keys) for action in ACTIONS.values()}


@lru_cache(maxsize=len(NAMES))
def _named(preset: str) -> Mapping[str, tuple[str, ...]]:
    if preset == VIM:
        return {}
    import tomllib

    text = (files("omnitui") / "presets" / f"{preset}.toml").read_text("utf-8")
    return {action_id: tuple(keys) for action_id, keys in flat(tomllib.loads(text))}


def flat(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names and values of a TOML table: `[list] down = …` and `"list.down" = …` mean the same."""
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
