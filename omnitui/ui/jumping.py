"""Jump mode: a letter on everything that can be gone to on the screen; typing it goes there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.geometry import Size

from omnitui.desk.lettering import codes
from omnitui.i18n import _
from omnitui.services.actions import ACTIONS
from omnitui.services.triage.views import action_id
from omnitui.text.widths import cell_width
from omnitui.ui import acts
from omnitui.ui.desk import Desk
from omnitui.ui.keyboard import spelled
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.widgets.lines import Lines
from omnitui.values import dataclass

_LINK = re.compile(r"https?://[^\s<>]+")
_LINKS = "message.links"


@dataclass(frozen=True, slots=True)
class Target:
    """Something to go to, and the cell where its letter is drawn."""

    x: int
    y: int
    go: Callable[[], object]


def targets(desk: Desk) -> list[Target]:
    """Everything on the main screen that can be gone to: rows, messages, links, views."""
    return [*_rows(desk), *_messages(desk), *_views(desk)]


def _rows(desk: Desk) -> Iterator[Target]:
    queue = desk.screen.queue
    region, lines, window = queue.region, queue.density.lines, queue.window
    if not region:
        return

    def go(index: int) -> None:
        queue.move(index - (window.selected_index if window.selected_index is not None else window.first))
        queue.focus()
        desk.show(queue.selected)

    for at, index in enumerate(range(window.first, min(window.first + region.height // lines, len(window.rows)))):
        yield Target(region.x, region.y + at * lines, partial(go, index))


def _messages(desk: Desk) -> Iterator[Target]:
    pane = desk.screen.history
    region = pane.region
    if not region:
        return

    def go(index: int, link: bool) -> None:
        pane.focus()
        if index < len(pane.reel.messages):
            pane.reel.current = index
            pane.redraw()
        if link:
            acts.run(desk, _LINKS)

    before = -1
    for y, (line, index) in enumerate(pane.reel.rows(False)):
        text = "".join(text for text, _role in line)
        if index != before and text.strip() and not text.startswith("──"):
            before = index
            yield Target(region.x, region.y + y, partial(go, index, False))
        for match in _LINK.finditer(text) if _LINKS in ACTIONS else ():
            x = region.x + cell_width(text[: match.start()])
            yield Target(x, region.y + y, partial(go, index, True))


def _views(desk: Desk) -> Iterator[Target]:
    region = desk.screen.sidebar.region
    if not region:
        return

    def go(name: str) -> None:
        desk.screen.layouts.close_views()
        acts.run(desk, name)

    sidebar = desk.screen.sidebar
    for y, view in enumerate(sidebar.views[sidebar.top : sidebar.top + region.height]):
        if action_id(view) in ACTIONS:
            yield Target(region.x, region.y + y, partial(go, action_id(view)))


class JumpScreen(LastHopModal[Target | None]):
    """Letters over the main screen. What is no letter of a target leaves."""

    AUTO_FOCUS: ClassVar[str | None] = None

    def __init__(self, found: list[Target]) -> None:
        super().__init__()
        self.targets = dict(zip(codes(len(found)), found, strict=True))
        self._typed = ""
        self._tags: dict[str, Lines] = {}
        self._laid_out: Size | None = None

    def compose(self) -> ComposeResult:
        """A small label for each target."""
        for code, target in self.targets.items():
            tag = Lines(classes="tag")
            tag.styles.offset = (target.x, target.y)
            tag.styles.width = len(code)
            self._tags[code] = tag
            yield tag

    def on_mount(self) -> None:
        """Draw the letters."""
        for code, tag in self._tags.items():
            tag.show([((code, "jump"),)])

    def on_key(self, event: events.Key) -> None:
        """A letter."""
        event.stop()
        event.prevent_default()
        self._typed += spelled(event.key, event.character)
        if self._typed in self.targets:
            self.dismiss(self.targets[self._typed])
        elif not any(code.startswith(self._typed) for code in self.targets):
            self.dismiss(None)
        else:
            for code, tag in self._tags.items():
                tag.display = code.startswith(self._typed)

    def on_resize(self, event: events.Resize) -> None:
        """Nothing is where it was."""
        if self._laid_out not in (None, event.size):
            self.dismiss(None)
        self._laid_out = event.size

    def on_click(self) -> None:
        """A click leaves."""
        self.dismiss(None)


async def jump(desk: Desk) -> None:
    """Show the letters and go to what is typed."""
    found = targets(desk)
    if not found:
        desk.say(_("there is nothing here to jump to"), "warn")
        return
    chosen = await desk.ask(JumpScreen(found))
    if chosen is not None:
        chosen.go()
