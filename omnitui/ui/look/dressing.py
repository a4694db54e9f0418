"""What the console wears: its theme, the one that was chosen last, and the files that it is read from again."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from omnitui.errors import ConfigError
from omnitui.i18n import _
from omnitui.services import terminal
from omnitui.ui.look.themes import DEFAULT, LIGHT, Look, load, names
from omnitui.ui.watch.watching import Stamps, of_folder

if TYPE_CHECKING:
    from omnitui.ui.app import ConsoleApp

SIXTEEN = "ansi"
"""The theme to begin with on a terminal of sixteen colours or eight."""
AUTO = "auto"
"""In config.toml: the theme that fits the terminal's background."""
FILE = "theme"
"""In the state folder: the theme that was chosen in the console, and what config.toml said then."""


class Dressing:
    """The themes of one console."""

    def __init__(self, app: ConsoleApp) -> None:
        self._app = app
        self._own = app.session.profile.themes
        self._state = app.session.profile.state / FILE
        self._configured = app.session.settings.interface.theme
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
        if self._configured == AUTO and not few:
            return LIGHT if terminal.remembered(self._app.session.profile.state) is False else DEFAULT
        # Colours that are rounded to sixteen can end up alike: yellow on white, grey on black.
        chosen = "" if self._configured == AUTO else self._configured
        return chosen or (SIXTEEN if few else DEFAULT)

    @property
    def asks(self) -> bool:
        """Whether it matters here how bright the terminal's background is."""
        interface = self._app.session.settings.interface
        return (interface.theme == AUTO or interface.transparent) and not self._app.no_color

    def told(self, dark: bool) -> None:
        """The terminal has told its background: wear what fits, or say that what is worn does not."""
        app = self._app
        terminal.remember(app.session.profile.state, dark)
        if not self.asks:
            return
        wanted = self.wanted()
        if self._configured == AUTO and app.theme in (DEFAULT, LIGHT) and wanted in (DEFAULT, LIGHT):
            if app.theme != wanted:
                app.theme = wanted
        elif app.session.settings.interface.transparent and app.look.dark != dark:
            words = _("the terminal's background is dark, and this theme is made for a light one")
            if not dark:
                words = _("the terminal's background is light, and this theme is made for a dark one")
            app.main.desk.say(f"! {words}", "warn", 20.0)

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

    def configure(self) -> None:
        """config.toml names another theme, or says otherwise whether the background shows."""
        self._configured = self._app.session.settings.interface.theme
        self.register()
        wanted = self.wanted()
        if wanted == self._app.theme:
            self._app.dress_anew()
        elif wanted in self._app.available_themes:
            self._app.theme = wanted
        else:
            self._app.main.desk.say(f"! {_('there is no theme called {name}').format(name=wanted)}", "bad", 20.0)
        if self._app.terminal.dark is not None:
            self.told(self._app.terminal.dark)

    def stamps(self) -> Stamps:
        """How the user's theme files are now."""
        return of_folder(self._own, ".toml")

    def read_again(self) -> None:
        """The user's theme files have changed."""
        load.cache_clear()
        self.register()
        app = self._app
        if self.complaints:
            app.main.desk.say(f"! {self.complaints[0]}", "bad", 20.0)
        elif app.theme in names(self._own):
            app.dress_anew()
            app.main.desk.say(_("theme {name} read again").format(name=app.theme))
