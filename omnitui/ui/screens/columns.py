"""Choosing what the rows of a view show: the list below changes at once, config.toml when the dialog is left."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, cast

from omnitui.config.settings import Column, Columns
from omnitui.config.writing import write_setting
from omnitui.errors import OmniError
from omnitui.i18n import N_, _
from omnitui.services.triage.views import QUERY
from omnitui.ui.desk import Desk
from omnitui.ui.screens.picker import PickerScreen, fitting
from omnitui.ui.screens.setting import look_again
from omnitui.ui.widgets.choices import Choice

NAMES: Final[dict[Column, str]] = {
    "status": N_("status, where it is not open"),
    "unanswered": N_("how long the customer has waited"),
    "snippet": N_("how the last message begins"),
    "labels": N_("labels"),
    "assignee": N_("assignee"),
    "until": N_("what is left of a snooze"),
    "since": N_("the last activity"),
    "reason": N_("why the last send failed"),
}
"""In the order in which they are offered."""
_USUAL: Final = "usual"


class ColumnsScreen(PickerScreen):
    """The columns there are, each with a box; Enter turns the one under the cursor."""

    def __init__(self, desk: Desk) -> None:
        title = _("What the rows show: {view}").format(view=_(desk.view.title))
        hint = _("Enter shows it or leaves it out, Escape goes back")
        super().__init__(title, self._fitting, hint=hint, small=True)
        self._desk = desk
        self.chosen: tuple[Column, ...] = desk.session.settings.columns.of(desk.view.id, desk.view.columns)

    def take(self, chosen: Choice) -> None:
        """Turn a column on or off."""
        if chosen.value == _USUAL:
            self.chosen = Columns().of(self._desk.view.id)
        else:
            on = {*self.chosen} ^ {chosen.value}
            self.chosen = tuple(column for column in NAMES if column in on)
        self._desk.screen.queue.set_columns(self.chosen)
        choices = self.choices
        choices.load([self._choice(one.value) for one in choices.choices], choices.at)

    def _choice(self, value: Column | str) -> Choice:
        if value == _USUAL:
            return Choice(_USUAL, ((_("as it was made"), "muted"),))
        column = cast("Column", value)
        box = "[x] " if column in self.chosen else "[ ] "
        return Choice(column, ((box, "muted"), (_(NAMES[column]), "text")), ((column, "muted"),))

    async def _fitting(self, text: str) -> Sequence[Choice]:
        every = [self._choice(one) for one in (*NAMES, _USUAL)]
        return [choice for _score, choice in fitting(text, every)] if text.strip() else every


async def choose_columns(desk: Desk) -> None:
    """Ask what the rows of the open view are to show."""
    view = desk.view
    if view.columns:
        message = _("views.toml says what the rows of {view} show").format(view=view.title)
        raise OmniError(message, hint=_("change “columns” there, or take it out"))
    place = view.id if view.id in Columns.__slots__ else QUERY
    screen = ColumnsScreen(desk)
    await desk.ask(screen)
    if {*screen.chosen} != {*desk.session.settings.columns.of(view.id)}:
        words = ", ".join(f'"{column}"' for column in screen.chosen)
        try:
            await asyncio.to_thread(write_setting, desk.session.profile, f"columns.{place}", f"[{words}]")
        except OmniError:
            desk.screen.queue.set_columns(desk.session.settings.columns.of(view.id))
            raise
        look_again(desk)
