"""Panes that show by a line or two whether keys mean them."""

from __future__ import annotations

from textual import events
from textual.widget import Widget


class MarksFocus(Widget):
    """Draws what the focus changes and nothing else: Textual draws the whole widget when it comes and when it goes."""

    def focus_moved(self) -> None:
        """The focus came or went (`has_focus`): draw the lines that show it."""

    def _on_focus(self, event: events.Focus) -> None:
        event.prevent_default()
        self.has_focus = True
        self.focus_moved()
        if self.parent is not None:
            self.parent.post_message(events.DescendantFocus(self))

    def _on_blur(self, event: events.Blur) -> None:
        event.prevent_default()
        self.has_focus = False
        self.focus_moved()
        if self.parent is not None:
            self.parent.post_message(events.DescendantBlur(self))
