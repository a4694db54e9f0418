"""Text fields: Textual's own, that paste only text and let go of nothing by Enter."""

from __future__ import annotations

import re
from typing import Any

from rich.text import Text
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input, TextArea

from omnitui.text.safe import MAX_CHARS, MAX_LINES, TAB, SafeText, safe
from omnitui.ui.look.veil import is_veiled, veiled_strip

LONGEST_LINE = 8_192
"""Characters; a field takes 6 µs a character of the line for each key that is typed in it."""


def editable(text: str, *, multiline: bool = True) -> SafeText:
    """A text as a field shows it: without control characters, but whole, since what the field holds is kept."""
    return safe(text, multiline=multiline, max_chars=max(len(text), 1) * TAB, max_lines=len(text) + 1)


class TooLong(Message):
    """Something was pasted that no field takes; nothing of it is there."""


class Field(Input):
    """One line. Its cursor does not blink: that would be bytes on the line while nothing happens."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.set_reactive(Input.cursor_blink, False)

    @property
    def cursor_screen_offset(self) -> Offset:
        """Where the cursor is drawn; Textual's own is one cell further behind the last character."""
        x, y, width, _height = self.content_region
        return Offset(x + min(self._position_to_cell(self.cursor_position) - self.scroll_offset.x, width - 1), y)

    def render_line(self, y: int) -> Strip:
        """One row; under the veil nobody reads what was typed."""
        strip = super().render_line(y)
        return veiled_strip(strip) if self.value and is_veiled(self) else strip

    def on_paste(self, event: events.Paste) -> None:
        """Take the first line of what was pasted, without control characters."""
        event.text = safe(event.text, max_lines=1, max_chars=LONGEST_LINE)


class Sheet(TextArea):
    """Many lines. Tab leaves it; nothing sends from here; its cursor does not blink."""

    def __init__(self, text: str = "", **options: Any) -> None:
        super().__init__(text, **options)
        self.set_reactive(TextArea.cursor_blink, False)
        # Undo has a key in the keymap. To people of the terminal this one means the shell, not a lost sentence.
        for key in ("ctrl+z", "super+z"):
            self._bindings.key_to_bindings.pop(key, None)

    misspelt: tuple[str, ...] = ()
    """Words that are underlined."""

    def render_line(self, y: int) -> Strip:
        """One row; under the veil nobody reads what was typed."""
        strip = super().render_line(y)
        return veiled_strip(strip) if self.text and is_veiled(self) else strip

    def underline(self, words: tuple[str, ...]) -> None:
        """Underline these words."""
        self.misspelt = words
        self._line_cache.clear()
        self.refresh()

    def get_line(self, line_index: int) -> Text:
        """One line, with what is misspelt underlined."""
        line = super().get_line(line_index)
        if self.misspelt:
            for word in self.misspelt:
                for found in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", line.plain):
                    line.stylize("underline", *found.span())
        return line

    def on_paste(self, event: events.Paste) -> None:
        """Take what was pasted, without control characters; all of it or, where it would hold up typing, nothing."""
        text = editable(event.text)
        lines = text.split("\n")
        if len(text) > MAX_CHARS or len(lines) > MAX_LINES or max(map(len, lines)) > LONGEST_LINE:
            event.prevent_default()
            event.stop()
            self.post_message(TooLong())
            return
        event.text = text
