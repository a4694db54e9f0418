"""The filter of the list: typed in the place of its title, it narrows the open view at every key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.message import Message

from omnitui.text.listing.match import folded
from omnitui.ui.panes.fields import Field, editable
from omnitui.ui.row_sources import CachedRows, NarrowedRows

if TYPE_CHECKING:
    from omnitui.ui.screens.main import MainScreen


class FilterField(Field):
    """The line in which one types the filter."""

    class Cleared(Message):
        """Escape was pressed."""

    class Kept(Message):
        """Enter was pressed."""

    def on_key(self, event: events.Key) -> None:
        """Escape clears, Enter keeps; other keys that the field does not take mean the list."""
        if event.key in ("escape", "enter"):
            event.stop()
            event.prevent_default()
            self.post_message(self.Cleared() if event.key == "escape" else self.Kept())


class Narrowing:
    """What the list is narrowed to."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self.field = FilterField(id="filter", compact=True)
        self.field.display = False
        self.text = ""

    @property
    def typing(self) -> bool:
        """Whether the field is on the screen."""
        return self.field.display

    def begin(self) -> None:
        """Show the field and let keys in."""
        screen = self._screen
        shown = bool(screen.queue.region)
        if not shown:
            screen.layouts.home()
        screen.captions.titles["list"].display = False
        self.field.display = True
        self.field.value = editable(self.text, multiline=False)
        self.field.cursor_position = len(self.text)
        if shown:
            screen.set_focus(self.field)  # at once: the next key is meant for it
        else:
            screen.call_after_refresh(self.field.focus)

    def type(self, text: str) -> None:
        """Narrow the list to what fits the text; with none, show all of it."""
        if text == self.text:
            return
        screen = self._screen
        self.text = text
        words = tuple(folded(text).split())
        whole = screen.desk.rows(screen.desk.view)
        source: CachedRows | NarrowedRows = NarrowedRows(whole, words) if words else whole
        screen.queue.narrow(source, words)

    def keep(self) -> None:
        """The filter stays; keys mean the list again, as it will be."""
        if self.typing:
            self._close()
            self._screen.set_focus(self._screen.queue)
            self._screen.desk.spawn(self._screen.queue.narrowed(), keyed=True)

    def left(self) -> None:
        """Another pane has the focus."""
        if self.typing:
            self._close()

    def clear(self) -> None:
        """Show the whole view, the selected row still selected."""
        typing = self.typing
        self._close()
        self.type("")
        self._screen.captions.redraw_title()
        if typing:
            self._screen.set_focus(self._screen.queue)

    def forget(self) -> None:
        """Another view is open: it is shown whole."""
        self.text = ""
        self._close()

    def _close(self) -> None:
        if self.typing:  # else saying so would have everything laid out
            self.field.display = False
            self._screen.captions.titles["list"].display = True
        self._screen.captions.redraw_title()
