"""A page of lines to read: raw messages, reasons, the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from omnitui.i18n import _
from omnitui.text.widths import wrap
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.screens.picker import ROOMY
from omnitui.ui.timeline.blocks import LONG_TEXT
from omnitui.ui.widgets.lines import Lines

Writer = Callable[[int], Sequence[Line]]
"""Makes the lines for a width."""
SlowWriter = Callable[[int], Awaitable[Sequence[Line]]]
"""Makes them in a thread: many take longer than a key may wait."""


def of_text(text: str, end: str = "") -> Writer:
    """Writes a text, and below it a word of ours about its end."""

    def write(width: int) -> Sequence[Line]:
        lines: list[Line] = [((line, "text"),) for line in wrap(text, width)]
        return [*lines, *(((line, "muted"),) for line in wrap(end, width))] if end else lines

    return write


def unhurried(write: Writer, size: int) -> Writer | SlowWriter:
    """The writer of so many characters, as is best for them."""

    async def apart(width: int) -> Sequence[Line]:
        return await asyncio.to_thread(write, width)

    return write if size < LONG_TEXT else apart


class _Sheet(Lines, can_focus=True):
    DEFAULT_CSS = "_Sheet { height: 1fr; }"
    private = True

    def __init__(self, write: Writer | SlowWriter) -> None:
        super().__init__()
        self._write = write
        self._all: Sequence[Line] = ()
        self._first = 0
        self._writing: asyncio.Task[None] | None = None

    def on_resize(self) -> None:
        self._stop()
        lines = self._write(max(self.size.width, 20))
        if isinstance(lines, Awaitable):
            self._writing = asyncio.create_task(self._wait(lines))
        else:
            self._all = lines
            self.scroll_lines(0)

    async def _wait(self, lines: Awaitable[Sequence[Line]]) -> None:
        self._all = await lines
        self._writing = None
        self.scroll_lines(0)

    def on_unmount(self) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def scroll_lines(self, by: int) -> None:
        self._first += by
        if self._writing is not None:
            return  # how far that may go is known when all is written
        height = max(self.size.height, 1)
        self._first = max(min(self._first, len(self._all) - height), 0)
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

    def __init__(self, title: str, write: Writer | SlowWriter) -> None:
        super().__init__()
        self._title_text = title
        self._sheet = _Sheet(write)

    def compose(self) -> ComposeResult:
        """Title, lines, one line of hint."""
        self.set_class(self.app.size.width < ROOMY, "-close", update=False)
        with Vertical(classes="dialog page"):
            yield Lines(classes="title")
            yield self._sheet
            yield Lines(classes="hint")

    def on_mount(self) -> None:
        """Fill in the words."""
        self.query_one(".title", Lines).show([((plain(self._title_text), "title"),)])
        self.query_one(".hint", Lines).show([((_("j k space scroll, Esc closes"), "muted"),)])

    def on_resize(self) -> None:
        """Another size."""
        self.set_class(self.app.size.width < ROOMY, "-close")

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
