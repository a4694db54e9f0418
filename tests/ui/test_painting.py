"""What is painted when: a new size and another list come to the screen whole, in one piece."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.style import Style
from textual.geometry import Size
from textual.screen import Screen
from textual.strip import Strip

from omnitui.services.session import Session
from omnitui.text.listing.rows import COLUMNS, UNICODE, Density
from omnitui.ui.last_hop.composing import LeanCompositor, Put
from omnitui.ui.widgets import conversation_list
from omnitui.ui.widgets.row_strips import RowStrips
from tests.support.console import Person, a_console, a_session
from tests.support.desk import a_conversation
from tests.support.rows import NOW
from tests.support.rows import a_conversation as a_row


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        a_conversation(opened.cache, " ".join(f"word{n}" for n in range(400)), contact="Ann", subject="Long")
        a_conversation(opened.cache, contact="Bea", assignee="Me")
        yield opened


def painted(monkeypatch: pytest.MonkeyPatch, person: Person) -> list[tuple[str, str, str]]:
    """Grows with each paint by what title, list and history show then."""
    found: list[tuple[str, str, str]] = []
    paint = LeanCompositor.paint

    def watched(self: LeanCompositor, *args: object) -> None:
        main = person.app.main
        panes = (main.captions.titles["list"], main.queue, main.history)
        title, rows, text = ("\n".join(one.render_line(y).text for y in range(one.size.height)) for one in panes)
        found.append((title, rows, text))
        paint(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(LeanCompositor, "paint", watched)
    return found


async def test_history_is_wrapped_for_a_new_size_before_it_is_painted(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_console(session, 140, 40) as person:
        await person.press("j")
        history = person.app.main.history

        def shown() -> str:
            return "\n".join(history.render_line(y).text for y in range(history.size.height))

        await person.until(lambda: "word0 " in shown(), "the long message in the history")
        await person.pilot.pause()
        before = shown()
        found = painted(monkeypatch, person)
        await person.pilot.resize_terminal(100, 30)
        # What was painted until now may come between, as it was: then only the last of it counts.
        await person.until(lambda: any(text != before for _title, _rows, text in found))
        await person.pilot.pause()
        assert len({text for _title, _rows, text in found if text != before}) == 1


async def test_history_that_is_painted_before_it_hears_of_its_new_size_is_wrapped_for_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_console(session, 140, 40) as person:
        await person.press("j")
        history = person.app.main.history
        await person.until(lambda: "word0 " in history.render_line(3).text, "the long message in the history")
        monkeypatch.setattr(type(history), "size", Size(40, 20))
        wrapped = history.render_line(3).text.rstrip()
        assert len(wrapped) <= 40
        assert "…" not in wrapped
        assert history.render_line(4).text.split()[0] == f"word{len(wrapped.split())}"


async def test_title_of_another_list_comes_with_its_rows(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation_list, "TOGETHER", 20.0)
    async with a_console(session) as person:
        found = painted(monkeypatch, person)
        await person.press("g", "a")
        await person.until(lambda: any("▌All" in title for title, _rows, _text in found))
        assert all("Ann" in rows for title, rows, _text in found if "▌All" in title)


async def test_list_that_is_long_in_coming_holds_nothing_up(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_console(session) as person:
        go_on = asyncio.Event()
        load = person.app.main.queue.window.load_top

        async def slowly() -> None:
            await go_on.wait()
            await load()

        monkeypatch.setattr(person.app.main.queue.window, "load_top", slowly)
        await person.press("g", "a")
        await person.sees("▌All")
        queue = person.app.main.queue
        assert not queue.window.rows
        go_on.set()
        await person.until(lambda: "Ann" in "".join(queue.render_line(y).text for y in range(4)))


def test_rows_drawn_with_other_columns_are_kept_for_the_way_back() -> None:
    from omnitui.clock import FrozenClock

    strips = RowStrips(lambda _role: Style.null(), FrozenClock(NOW), UNICODE)
    row = a_row(labels=("vip",))

    def drawn() -> list[object]:
        return [*strips.row(row, 80, Density.TWO, selected=False, marked=False, focused=False)]

    strips.show(COLUMNS, ())
    first = drawn()
    strips.show(("snippet",), ())
    assert "#vip" not in "".join(str(one) for one in drawn())
    strips.show(COLUMNS, ())
    assert all(one is before for one, before in zip(drawn(), first, strict=True))


async def test_focus_that_moves_shows_in_one_paint(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnitui.ui.desk.READ_AFTER", 1_000.0)
    async with a_console(session, 140, 40) as person:
        main = person.app.main
        await person.press("enter")
        await person.until(lambda: main.history.has_focus)
        on_screen: dict[tuple[int, int], Strip] = {}
        painted: list[set[int]] = []
        paint = LeanCompositor.paint

        def watched(self: LeanCompositor, _put: Put, behind: list[Screen[Any]]) -> None:
            changed: set[int] = set()

            def put(x: int, y: int, strip: Strip) -> None:
                if on_screen.get((x, y)) != strip:
                    changed.add(y)
                on_screen[x, y] = strip

            paint(self, put, behind)
            if changed:
                painted.append(changed)

        monkeypatch.setattr(LeanCompositor, "paint", watched)
        main.refresh()
        await person.until(lambda: bool(painted), "everything painted once")
        await person.pilot.pause()
        painted.clear()
        await person.press("escape")
        await person.until(lambda: main.queue.has_focus)
        await person.pilot.pause()
        assert len(painted) == 1
        # The titles, the selected row, and the keys of the list.
        assert {0, 1, main.size.height - 1} <= painted[0]
