"""Choosing a theme: the one under the cursor is worn at once, Escape brings back the one before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from textual import events

from omnitui.errors import ConfigError
from omnitui.i18n import _
from omnitui.ui.look.roles import plain
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice, Choices

if TYPE_CHECKING:
    from omnitui.ui.app import ConsoleApp
    from omnitui.ui.desk import Desk


class ThemeScreen(PickerScreen):
    """A picker of themes that shows what it offers."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        super().__init__(_("Theme"), among(choices), hint=_("Enter keeps it, Escape brings back the other"), small=True)

    def on_key(self, event: events.Key) -> None:
        """After each movement the theme under the cursor is worn."""
        super().on_key(event)
        if self.is_current:
            self.preview()

    async def _answer(self, text: str) -> None:
        await super()._answer(text)
        if text and self.is_open and self.is_current:
            self.preview()

    def preview(self) -> None:
        """Wear the theme under the cursor."""
        current = self.query_one(Choices).current
        if current is not None and current.value != self.app.theme:
            self.app.theme = current.value


async def pick_theme(desk: Desk) -> None:
    """Ask for a theme, the one that is worn first."""
    from omnitui.ui.look.themes import names

    app = cast("ConsoleApp", desk.screen.app)
    before = app.theme
    found = names(desk.session.profile.themes)
    chosen = await desk.ask(ThemeScreen([_choice(app, name) for name in sorted(found, key=lambda one: one != before)]))
    if chosen is None:
        app.theme = before
        return
    app.theme = chosen.value
    app.dressing.keep(chosen.value)


def _choice(app: ConsoleApp, name: str) -> Choice:
    try:
        look = app.dressing.look(name)
    except ConfigError as error:
        return Choice(app.theme, ((plain(name), "bad"),), ((plain(error.message), "muted"),))
    kind = _("the terminal's own") if look.ansi else _("dark") if look.dark else _("light")
    return Choice(name, ((plain(look.title), "text"),), ((kind, "muted"),), words=name)
