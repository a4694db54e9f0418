"""Choosing why a customer wrote: level by level, one key each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from omnitui.desk.reasons import Reason
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.services.triage import reasons
from omnitui.ui.desk import Desk
from omnitui.ui.keyboard import spelled
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.screens.leader import columns
from omnitui.ui.widgets.lines import Lines


class ReasonScreen(LastHopModal[Reason | None]):
    """Lines at the bottom of the screen. Escape goes one level up, and then away; Enter takes the group itself."""

    AUTO_FOCUS: ClassVar[str | None] = None

    def __init__(self, roots: Sequence[Reason]) -> None:
        super().__init__()
        self._roots = tuple(roots)
        self._way: list[Reason] = []

    def compose(self) -> ComposeResult:
        """Lines in columns."""
        with Vertical(classes="menu"):
            yield Lines()

    def on_mount(self) -> None:
        """The first level."""
        self._draw()

    def on_resize(self) -> None:
        """Another width."""
        self._draw()

    def _offered(self) -> tuple[Reason, ...]:
        return self._way[-1].parts if self._way else self._roots

    def _draw(self) -> None:
        width = max(self.app.size.width, 20)
        items = [(one.key, f"{one.title} …" if one.parts else one.title, "", "") for one in self._offered()]
        title = " / ".join(one.title for one in self._way) or _("Why did the customer write?")
        hint = _("Enter: this itself, Esc goes back") if self._way else _("esc goes back")
        room = max(self.app.size.height - 3, 3)
        heading = ((" ", ""), (title, "title"), (f"  {hint}", "muted"))
        self.query_one(Lines).show([heading, *columns(items, width)[:room]])

    def on_key(self, event: events.Key) -> None:
        """A key chooses; anything else but going back means nothing."""
        event.stop()
        event.prevent_default()
        key = spelled(event.key, event.character)
        if key in ("escape", "backspace", "ctrl+q"):
            if self._way and key != "ctrl+q":
                self._way.pop()
                self._draw()
            else:
                self.dismiss(None)
        elif key == "enter" and self._way:
            self.dismiss(self._way[-1])
        elif (chosen := next((one for one in self._offered() if one.key == key), None)) is not None:
            if not chosen.parts:
                self.dismiss(chosen)
                return
            self._way.append(chosen)
            self._draw()

    def on_click(self) -> None:
        """A click leaves."""
        self.dismiss(None)


async def pick_reason(desk: Desk) -> Reason | None:
    """Ask for a contact reason.

    Raises:
        OmniError: There are none, or their file has a fault.
    """
    profile = desk.session.profile
    found, faults = await asyncio.to_thread(reasons.read, profile)
    if faults:
        raise OmniError(f"{reasons.path(profile).name}: {faults[0].message}", hint=faults[0].hint)
    if not found:
        raise OmniError(
            _("there are no contact reasons yet"),
            hint=_("omnitui reasons --example > {file}").format(file=reasons.path(profile)),
        )
    return await desk.ask(ReasonScreen(found))
