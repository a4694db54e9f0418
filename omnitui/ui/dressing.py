"""What the console wears: its theme, the one that was chosen last, and the files that it is read from again."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from omnitui.errors import ConfigError
from omnitui.i18n import _
from omnitui.ui.themes import DEFAULT, Look, load, names

if TYPE_CHECKING:
    from omnitui.ui.app import ConsoleApp

LOOK_SECONDS = 2.0
"""Between looks whether a theme file has changed."""
SIXTEEN = "ansi"
"""The theme to begin with on a terminal of sixteen colours or eight."""
FILE = "theme"
"""In the state folder: the theme that was chosen in the console, and what config.toml said then."""


class Dressing:
    """The themes of one console."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        self._own = app.session.profile.themes
        self._state = app.session.profile.state / FILE
        self._configured = app.session.settings.interface.theme
        self._seen = self._stamps()
        self.complaints: list[str] = []
        """What is wrong with themes."""

    def look(self, name: str) -> Look:
        """The theme called `name` as this console wears it. Raises ConfigError."""
        found = load(name, self._own)
        if self._app.no_color:
            found = found.colourless()
        return found.transparent() if self._app.session.settings.interface.transparent else found

    def wanted(self) -> str:
        """The theme to begin with: the one chosen last, unless config.toml says another one since."""
        with suppress(OSError, ValueError):
            chosen, configured = self._state.read_text("utf-8").split("\n")[:2]
            if configured == self._configured and chosen in names(self._own):
                return chosen
        few = self._app.console.color_system == "standard" and not self._app.no_color
        # Colours that are rounded to sixteen can end up alike: yellow on white, grey on black.
        return self._configured or (SIXTEEN if few else DEFAULT)

    def register(self) -> None:
        """Make every theme known to the app."""
        self.complaints.clear()
        for name in names(self._own):
            try:
                self._app.register_theme(self.look(name).textual())
            except ConfigError as error:
                self.complaints.append(error.message)

    def keep(self, name: str) -> None:
        """Begin with this theme the next time."""
        with suppress(OSError):
            self._state.write_text(f"{name}\n{self._configured}\n", "utf-8")
        self._app.main.desk.say(_("theme {name}").format(name=name))

    def watch(self) -> None:
        """Follow the user's theme files."""
        self._app.set_interval(LOOK_SECONDS, self._look_again)

    def _stamps(self) -> dict[Path, tuple[int, int]]:
        found: dict[Path, tuple[int, int]] = {}
        with suppress(OSError):
            for path in self._own.glob("*.toml"):
                stat = path.stat()
                found[path] = (stat.st_mtime_ns, stat.st_size)
        return found

    def _look_again(self) -> None:
        stamps = self._stamps()
        if stamps == self._seen:
            return
        self._seen = stamps
        load.cache_clear()
        self.register()
        app = self._app
        if self.complaints:
            app.main.desk.say(f"! {self.complaints[0]}", "bad", 20.0)
        elif app.theme in names(self._own):
            app.dress_anew()
            app.main.desk.say(_("theme {name} read again").format(name=app.theme))
