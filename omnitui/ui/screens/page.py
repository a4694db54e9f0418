"""A page of lines to read: raw messages, reasons, the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from omnitui.i18n import _
from omnitui.text.widths import wrap
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.roles import Line, plain
from omnitui.ui.widgets.lines import Lines

Writer = Callable[[int], Sequence[Line]]
"""Makes the lines for a width."""


def of_text(text: str, end: str = "") -> Writer:
    """Writes a text, and below it a word of ours about its end."""

    def write(width: int) -> Sequence[Line]:
        lines: list[Line] = [((line, "text"),) for line in wrap(text, width)]
        return [*lines, *(((line, "muted"),) for line in wrap(end, width))] if end else lines

    return write


class _Sheet(Lines, can_focus=True):
    DEFAULT_CSS = "_Sheet { height: 1fr; }"
    private = True

    def __init__(self, write: Writer) -> None:
        super().__init__()
        self._write = write
        self._all: list[Line] = []
        self._first = 0

    def on_resize(self) -> None:
        self._all = list(self._write(max(self.size.width, 20)))
        self.scroll_lines(0)

    def scroll_lines(self, by: int) -> None:
        height = max(self.size.height, 1)
        self._first = max(min(self._first + by, len(self._all) - height), 0)
        self.show(self._all[self._first : self._first + height])

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_lines(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_lines(-3)


class PageScreen(LastHopModal[None]):
    """Lines that scroll. Escape, q or Enter leaves."""

    AUTO_FOCUS: ClassVar[str | None] = "_Sheet"

    def __init__(self, title: str, write: Writer) -> None:
        super().__init__()
        self._title_text = title
        self._sheet = _Sheet(write)

    def compose(self) -> ComposeResult:
        """Title, lines, one line of hint."""
        with Vertical(classes="dialog"):
            yield Lines(classes="title")
            yield self._sheet
            yield Lines(classes="hint")

    def on_mount(self) -> None:
        """Fill in the words."""
        self.query_one(".title", Lines).show([((plain(self._title_text), "title"),)])
        self.query_one(".hint", Lines).show([((_("j k space scroll, Esc closes"), "muted"),)])

    def on_key(self, event: events.Key) -> None:
        """Scroll or leave."""
        page = max(self._sheet.size.height - 1, 1)
        far = 1_000_000
        steps = dict.fromkeys(("j", "down"), 1) | dict.fromkeys(("k", "up"), -1)
        steps |= dict.fromkeys(("space", "pagedown", "ctrl+f"), page) | {"pageup": -page}
        steps |= {"ctrl+d": page // 2, "ctrl+u": -(page // 2)}
        steps |= dict.fromkeys(("g", "home"), -far) | dict.fromkeys(("G", "end"), far)
        if event.key in steps:
            self._sheet.scroll_lines(steps[event.key])
        elif event.key in ("escape", "q", "enter", "ctrl+q"):
            self.dismiss(None)
        else:
            return
        event.stop()
        event.prevent_default()
