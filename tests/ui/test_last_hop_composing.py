"""What is drawn of what changed is what a whole screen would show there, whichever widgets lie over each other."""

from __future__ import annotations

import random
from typing import Any

import pytest
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from omnitui.ui.last_hop import LastHopScreen
from omnitui.ui.last_hop.composing import LeanCompositor
from omnitui.ui.last_hop.frame import Frame
from omnitui.ui.last_hop.ink import Inks

WIDTH, HEIGHT = 40, 14


class Digits(Widget):
    """Each line says how often it was changed."""

    DRAWS_LINES = True

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self.counts = [0] * HEIGHT

    def change(self, y: int) -> None:
        self.counts[y] += 1
        self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        text = f"{(self.id or '')[0]}{y}:{self.counts[y]}".ljust(self.size.width, ".")[: self.size.width]
        return Strip([Segment(text)], self.size.width)


class Paned(App[None]):
    """Two panes side by side, a line below them, and a drawer over all."""

    CSS = """
    #panes { height: 1fr; layers: base drawer; }
    #left { width: 12; } #right { width: 1fr; border-left: solid red; } #bottom { height: 1; }
    #drawer { layer: drawer; dock: right; width: 9; height: 6; }
    """

    def get_default_screen(self) -> Screen[Any]:
        return LastHopScreen(id="_default")

    def compose(self) -> ComposeResult:
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                yield Digits("a")
            with Vertical(id="right"):
                yield Digits("b")
            yield Digits("drawer")
        yield Digits("bottom")


@pytest.mark.parametrize("seed", range(4))
async def test_partial_update_shows_what_a_whole_screen_would(seed: int) -> None:
    chance = random.Random(seed)
    app = Paned()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        compositor = lean(app)
        frame = Frame(WIDTH, HEIGHT, Inks(None), colour_erase=True)
        await pilot.pause()
        app.screen.refresh()
        compositor.update_widgets({app.screen})
        compositor.paint(frame.put, [])
        widgets = [*app.query(Digits)]
        for _round in range(30):
            with app.batch_update():
                for widget in chance.sample(widgets, chance.randint(1, 3)):
                    for _line in range(chance.randint(1, 2)):
                        widget.change(chance.randrange(widget.size.height))
                compositor.update_widgets(set(widgets))
            compositor.paint(frame.put, [])
            want = "\n".join(strip.text.rstrip() for strip in compositor.render_strips())
            assert frame.text() == want


async def test_only_what_changed_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Paned()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        asked: list[str] = []
        render = Digits.render_line

        def spy(self: Digits, y: int) -> Strip:
            asked.append(f"{self.id} {y}")
            return render(self, y)

        monkeypatch.setattr(Digits, "render_line", spy)
        compositor = lean(app)
        with app.batch_update():
            app.query_one("#a", Digits).change(2)
            app.query_one("#a", Digits).change(7)
            app.query_one("#bottom", Digits).change(0)
            compositor.update_widgets(set(app.query(Digits)))
            compositor.paint(lambda x, y, strip: None, [])
        assert sorted(asked) == ["a 2", "a 7", "bottom 0"]


async def test_containers_that_panes_cover_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Paned()
    async with app.run_test(size=(WIDTH, HEIGHT)):
        asked: list[str] = []

        def render_lines(self: Vertical, crop: Region) -> list[Strip]:
            asked.append(self.id or "")
            return Widget.render_lines(self, crop)

        monkeypatch.setattr(Vertical, "render_lines", render_lines)
        compositor = lean(app)
        app.screen.refresh()
        compositor.update_widgets({app.screen})
        compositor.paint(lambda x, y, strip: None, [])
        assert asked == ["right"]  # for its border
        app.query_one("#b", Digits).change(HEIGHT - 3)
        compositor.update_widgets({app.query_one("#b", Digits)})
        compositor.paint(lambda x, y, strip: None, [])
        assert asked == ["right"]


def lean(app: App[None]) -> LeanCompositor:
    compositor = app.screen._compositor
    assert isinstance(compositor, LeanCompositor)
    return compositor
