"""Text fields: Textual's own, that paste only text and let go of nothing by Enter."""

from __future__ import annotations

from textual import events
from textual.widgets import Input, TextArea

from omnitui.text.safe import safe


class Field(Input):
    """One line."""

    def on_paste(self, event: events.Paste) -> None:
        """Take the first line of what was pasted, without control characters."""
        event.text = safe(event.text, max_lines=1)


class Sheet(TextArea):
    """Many lines. Tab leaves it; nothing sends from here."""

    def on_paste(self, event: events.Paste) -> None:
        """Take what was pasted, without control characters."""
        event.text = safe(event.text)
