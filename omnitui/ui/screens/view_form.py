"""Keeping a query as a view: its name, what it holds, and a key."""

from __future__ import annotations

import asyncio

from textual import events

from omnitui.desk.views import View
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.services.triage.views import check_view, save_view
from omnitui.ui.desk import Desk
from omnitui.ui.screens.form import Entry, FormScreen
from omnitui.ui.screens.setting import look_again


class ViewForm(FormScreen):
    """The form; what does not make sense is said below it, and it stays."""

    def __init__(self, desk: Desk, query: str) -> None:
        entries = (
            Entry("name", _("Name")),
            Entry("query", _("Query: what the view holds; sort: gives it an order"), query),
            Entry("key", _("Key behind g, one sign; may stay empty")),
        )
        super().__init__(_("Keep as a view, in views.toml"), entries, done=_("keep"))
        self._desk = desk

    def on_key(self, event: events.Key) -> None:
        """ctrl+s looks first whether it makes sense."""
        if event.key == "ctrl+s":
            said, session = self.values(), self._desk.session
            keymap = self._desk.screen.keyboard.keymap
            try:
                session.query(said["query"])
                check_view(session.views, said["name"], said["query"], said["key"], keymap)
            except OmniError as error:
                event.stop()
                event.prevent_default()
                self.complain(f"{error.message} {error.hint}".strip())
                return
        super().on_key(event)


async def keep_as_view(desk: Desk, query: str) -> None:
    """Ask for a name, have views.toml hold the query as a view, and open that."""
    said = await desk.ask(ViewForm(desk, query))
    if said is None:
        return
    session = desk.session
    made: View = await asyncio.to_thread(
        save_view, session.profile, session.views, said["name"], said["query"], said["key"]
    )
    look_again(desk)
    desk.open_view(made)
    desk.screen.layouts.home()
