"""Panes that show by a line or two whether keys mean them."""

from __future__ import annotations

from contextlib import suppress
from typing import Self

from textual import events
from textual.dom import NoScreen

from omnitui.ui.last_hop.telling import TellsAtOnce


class MarksFocus(TellsAtOnce):
    """Draws what the focus changes and nothing else: Textual draws the whole widget when it comes and when it goes."""

    def focus_moved(self) -> None:
        """The focus came or went (`has_focus`): draw the lines that show it."""

    def mark_focus(self, has_focus: bool) -> None:
        """The focus is here from now on, or is not."""
        if has_focus != self.has_focus:
            self.has_focus = has_focus
            self.focus_moved()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """No rule of the style sheet asks for the focus of a pane: none is styled anew."""

    def focus(self, scroll_visible: bool = True) -> Self:
        """Take the keys, once what goes on is done."""

        def take() -> None:
            with suppress(NoScreen):
                self.screen.set_focus(self, scroll_visible=scroll_visible)

        self.app.call_later(take)
        return self

    def _on_focus(self, event: events.Focus) -> None:
        event.prevent_default()
        self.mark_focus(True)
        if self.parent is not None:
            self.parent.post_message(events.DescendantFocus(self))

    def _on_blur(self, event: events.Blur) -> None:
        event.prevent_default()
        self.mark_focus(False)
        if self.parent is not None:
            self.parent.post_message(events.DescendantBlur(self))
