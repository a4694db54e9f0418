"""What is put straight into the frame is, cell by cell, what Textual's own compositor shows of the same screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from rich.color import ColorSystem
from textual._context import visible_screen_stack
from textual.widget import Widget

from omnitui.services.session import Session
from omnitui.ui.last_hop.composing import LeanCompositor
from omnitui.ui.last_hop.direct import put_lines
from omnitui.ui.last_hop.frame import Frame
from omnitui.ui.last_hop.ink import Inks
from tests.support.console import Person, a_console, a_session
from tests.support.desk import a_conversation, a_message

WALK = ("j", "j", "enter", "j", "escape", "pagedown", "k", "u", "ctrl+p", "escape", "V", "?", "escape", "g", "escape")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


class Watched:
    """The console's frame, painted as on a terminal, though there is none."""

    def __init__(self, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app = person.app
        self.inks = Inks(ColorSystem.TRUECOLOR)
        self.frame = self._new()
        self.painted = 0
        monkeypatch.setattr(self.app, "paint_dirty", self._paint)
        monkeypatch.setattr(self.app, "paint_lines", self._paint_lines)
        self.app.screen.refresh()

    def _new(self) -> Frame:
        return Frame(*self.app.size, self.inks, colour_erase=True)

    def _paint(self, compositor: LeanCompositor) -> bool:
        if (self.frame.width, self.frame.height) != tuple(self.app.size):
            self.frame = self._new()
        compositor.paint(self.frame.put, self.app._background_screens)
        return True

    def _paint_lines(self, widget: Widget, lines: Iterable[int]) -> None:
        self.painted += put_lines(self.frame, self.app.screen, widget, lines)

    @property
    def agrees(self) -> bool:
        other = self._new()
        visible_screen_stack.set(self.app._background_screens)
        for y, strip in enumerate(self.app.screen._compositor.render_strips()):
            other.put(0, y, strip)
        return other._want == self.frame._want


async def test_a_walk_shows_cell_by_cell_what_textual_would(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(60):
        talk = a_conversation(session.cache, f"question {number} 返金してください", contact=f"山田 {number}")
        for answer in range(number % 5):
            a_message(session.cache, talk.id, f"answer {answer} " * 20)
    async with a_console(session) as person:
        watched = Watched(person, monkeypatch)
        await person.until(lambda: watched.agrees, "the first frame")
        for key in WALK:
            await person.press(key)
            await person.until(lambda: watched.agrees, f"the frame after {key}")
        for columns, lines in ((100, 30), (60, 20), (140, 40)):
            await person.pilot.resize_terminal(columns, lines)
            await person.until(lambda: watched.agrees, f"the frame of {columns} columns")
        assert watched.painted > 3
