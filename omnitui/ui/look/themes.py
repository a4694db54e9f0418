"""Themes: flat TOML files, the product's own and the user's. Read without Textual, so that the first frame has them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnitui.errors import ConfigError
from omnitui.i18n import _
from omnitui.values import dataclass

if TYPE_CHECKING:
    from textual.theme import Theme

DEFAULT = "harbor"
LIGHT = "paper"
"""The default on a light background."""
VARIABLES = ("line", "line-focus", "muted", "note", "note-background", "mine", "chosen", "chosen-dim", "chip")
"""What a theme must name beside Textual's own colours."""
COLOURLESS = {
    "chosen": "reverse",
    "row.selected": "reverse",
    "row.selected.away": "underline",
    "chip": "underline",
    "note.title": "bold reverse",
    "row.new": "reverse",
}
"""Roles that colours alone would tell apart, for a terminal that is to show none (NO_COLOR)."""
BACKS = ("background", "surface", "panel", "boost")
"""What a transparent console leaves to the terminal."""


@dataclass(frozen=True, slots=True)
class Look:
    """One theme file."""

    name: str
    title: str
    dark: bool = True
    ansi: bool = False
    """Whether it uses the terminal's own sixteen colours."""
    colors: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    """Styles of the pure row renderers: "row.unread" → "bold #f0f3f7"."""

    def textual(self) -> Theme:
        """The same as a theme of Textual's."""
        from textual.theme import Theme

        colors: dict[str, Any] = dict(self.colors)
        return Theme(name=self.name, dark=self.dark, ansi=self.ansi, variables=dict(self.variables), **colors)

    def colourless(self) -> Look:
        """The same told apart by bold, underline and reverse video."""
        return replace(self, roles={**self.roles, **COLOURLESS})

    def transparent(self) -> Look:
        """The same on the terminal's own background."""
        return replace(self, colors={**self.colors, **dict.fromkeys(BACKS, "ansi_default")})


def folder() -> Path:
    """Where the product's themes lie: in the installed package, or at the root of a source tree."""
    installed = Path(str(files("omnitui"))) / "themes"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "themes"


def names(own: Path | None = None) -> list[str]:
    """All themes by name; `own` is the folder of the user's."""
    return sorted({path.stem for path in _files(own)})


def _files(own: Path | None) -> Iterator[Path]:
    yield from sorted(folder().glob("*.toml"))
    if own is not None and own.is_dir():
        yield from sorted(own.glob("*.toml"))


@lru_cache(maxsize=16)
def load(name: str = DEFAULT, own: Path | None = None) -> Look:
    """The theme called `name`; a file of the user's wins over ours of the same name.

    Raises:
        ConfigError: There is no such theme, or its file does not make sense.
    """
    path = {path.stem: path for path in _files(own)}.get(name or DEFAULT)
    if path is None:
        raise ConfigError(_("there is no theme called {name}").format(name=name), hint=", ".join(names(own)))
    try:
        return _look(path, tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValueError) as error:
        raise ConfigError(_("the theme {file} is faulty: {error}").format(file=path.name, error=error)) from None


def _look(path: Path, data: Mapping[str, Any]) -> Look:
    tables: dict[str, dict[str, str]] = {}
    for table in ("colors", "variables", "roles"):
        values = data.get(table, {})
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise ValueError(_("[{table}] must hold texts").format(table=table))
        tables[table] = values
    missing = [name for name in VARIABLES if name not in tables["variables"]]
    if "primary" not in tables["colors"]:
        missing.insert(0, "primary")
    if missing:
        raise ValueError(_("missing: {names}").format(names=", ".join(missing)))
    return Look(
        name=path.stem,
        title=str(data.get("title", path.stem)),
        dark=bool(data.get("dark", True)),
        ansi=bool(data.get("ansi", False)),
        **tables,
    )
