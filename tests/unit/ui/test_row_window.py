"""The window over a million rows: pages, jumps, arrivals, and a selection that stays."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from omnitui.model.conversations import Conversation
from omnitui.ui.widgets.row_window import MOST, PAGE, RowWindow
from tests.support.rows import NOW, FakeRows, a_conversation, key_of

MILLION = 1_000_000


async def a_window(size: int, height: int = 20, *, touched: bool = True) -> tuple[RowWindow, FakeRows]:
    source = FakeRows(size)
    window = RowWindow(source)
    window.resize(height)
    window.touched = touched
    await window.load_top()
    return window, source


async def filled(window: RowWindow) -> None:
    while window.hungry and await window.extend():
        pass


def line_of_selection(window: RowWindow) -> int:
    index = window.selected_index
    assert index is not None
    return index - window.first


def ids(window: RowWindow) -> list[str]:
    return [row.id for row in window.rows]


async def test_a_million_rows_are_walked_in_pages_and_never_all_kept() -> None:
    window, source = await a_window(MILLION)
    for _ in range(3_000):
        window.move(1)
        await filled(window)
        assert len(window.rows) <= MOST + PAGE
    assert window.selected == a_conversation(3_000).id
    assert source.reads < 60
    for _ in range(3_000):
        window.move(-1)
        await filled(window)
    assert window.selected == a_conversation(0).id
    assert window.at_top
    assert ids(window) == [a_conversation(n).id for n in range(len(window.rows))]


async def test_the_end_of_a_million_rows_is_one_page_away() -> None:
    window, source = await a_window(MILLION)
    reads = source.reads
    await window.load_bottom()
    assert window.selected == a_conversation(MILLION - 1).id
    assert line_of_selection(window) == window.height - 1
    assert source.reads == reads + 1


async def test_a_jump_beyond_what_is_loaded_is_made_up_for() -> None:
    window, _ = await a_window(1_000)
    window.move(500)
    await filled(window)
    assert window.selected == a_conversation(500).id


async def test_a_selection_that_leaves_the_screen_scrolls_by_half_of_it() -> None:
    window, _ = await a_window(100)
    for _ in range(20):
        window.move(1)
    assert window.first == 10
    assert line_of_selection(window) == 10


@pytest.mark.parametrize("pages", [1, 0.5])
async def test_turning_forth_and_back_comes_home(pages: float) -> None:
    window, _ = await a_window(1_000)
    for _ in range(5):
        window.turn(pages)
    for _ in range(5):
        window.turn(-pages)
    assert window.selected == a_conversation(0).id
    assert window.first == 0


async def test_rows_that_arrive_do_not_move_the_selected_one() -> None:
    window, source = await a_window(500)
    window.move(7)
    line = line_of_selection(window)
    for number in range(3):
        source.put(a_conversation(900 + number, last_activity_at=NOW + number + 1))
    await window.refresh()
    assert window.selected == a_conversation(7).id
    assert line_of_selection(window) == line
    assert window.new == 3
    await window.load_top()
    assert window.new == 0
    assert window.selected == a_conversation(902).id


@pytest.mark.parametrize("size", [500, 3], ids=["long list", "list shorter than the screen"])
async def test_at_the_very_top_too_arrivals_move_nothing_until_the_agent_goes_up(size: int) -> None:
    window, source = await a_window(size)
    for number in range(2):
        source.put(a_conversation(900 + number, last_activity_at=NOW + 5 + number))
        await window.refresh()
        assert window.selected == a_conversation(0).id
        assert line_of_selection(window) == 0
        assert window.new == number + 1
    window.scroll(3)
    assert window.new == 2
    window.scroll(-9)
    assert window.first == 0
    assert window.rows[0].id == a_conversation(901).id
    assert window.selected == a_conversation(0).id
    assert window.new == 0


async def test_where_nothing_is_selected_the_list_follows_its_top() -> None:
    window, source = await a_window(500)
    window.selected = None
    source.put(a_conversation(900, last_activity_at=NOW + 5))
    await window.refresh()
    assert window.rows[0].id == a_conversation(900).id
    assert (window.first, window.new) == (0, 0)


async def test_the_selected_row_stays_on_its_line_when_its_own_place_changes() -> None:
    window, source = await a_window(500)
    window.move(30)
    line = line_of_selection(window)
    moved = dataclasses.replace(a_conversation(30), last_activity_at=NOW + 9, snippet="again", revision=2)
    source.put(moved)
    await window.refresh()
    assert window.selected_row == moved
    assert line_of_selection(window) == line
    assert ids(window).count(moved.id) == 1
    around = ids(window)
    at = around.index(moved.id)
    assert around[at - 1] == a_conversation(29).id
    assert around[at + 1] == a_conversation(31).id


async def test_a_selected_row_that_left_the_view_is_kept_until_the_agent_moves() -> None:
    window, source = await a_window(500)
    window.move(3)
    source.remove(a_conversation(3).id)
    await window.refresh()
    assert window.selected == a_conversation(3).id


async def test_dropping_the_selected_row_selects_the_next_on_the_same_line() -> None:
    window, _ = await a_window(500)
    window.move(5)
    line = line_of_selection(window)
    window.drop([a_conversation(5).id])
    assert window.selected == a_conversation(6).id
    assert line_of_selection(window) == line


async def test_dropping_the_last_rows_selects_the_one_above() -> None:
    window, _ = await a_window(3)
    window.move(2)
    window.drop([a_conversation(1).id, a_conversation(2).id])
    assert window.selected == a_conversation(0).id
    window.drop([a_conversation(0).id])
    assert window.selected is None
    assert not window.move(1)


class SlowRows(FakeRows):
    """Answers when it is told to."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.go = asyncio.Event()
        self.go.set()

    async def page(self, **options: Any) -> list[Conversation]:
        rows = await super().page(**options)
        await self.go.wait()
        return rows


async def test_a_view_that_changes_while_a_page_is_read_gets_no_foreign_rows() -> None:
    source = SlowRows(500)
    window = RowWindow(source)
    window.resize(20)
    await window.load_top()
    window.move(100)
    source.go.clear()
    reading = asyncio.create_task(window.extend())
    await asyncio.sleep(0)
    window.clear()
    source.go.set()
    assert not await reading
    assert window.rows == []


async def test_a_row_far_away_can_be_selected() -> None:
    window, _ = await a_window(MILLION)
    assert await window.load_at(a_conversation(700_000).id)
    assert window.selected == a_conversation(700_000).id
    assert 0 <= line_of_selection(window) < window.height
    assert not await window.load_at(a_conversation(MILLION + 5).id)


async def test_the_reading_place_survives_a_resize() -> None:
    window, _ = await a_window(500)
    window.move(15)
    window.resize(8)
    assert 0 <= line_of_selection(window) < 8
    window.resize(40)
    assert 0 <= line_of_selection(window) < 40


def test_the_order_is_newest_first() -> None:
    assert key_of(a_conversation(1)) > key_of(a_conversation(2))


async def test_what_comes_shows_itself_until_somebody_touches_the_console() -> None:
    window, source = await a_window(2, height=5, touched=False)
    chosen = window.selected
    for number in range(3):
        source.put(a_conversation(900 + number, last_activity_at=NOW + number + 1))
        await window.refresh()
        assert (window.first, line_of_selection(window), window.new) == (0, number + 1, 0)
    window.touched = True
    source.put(a_conversation(910, last_activity_at=NOW + 10))
    await window.refresh()
    assert (window.selected, line_of_selection(window), window.new) == (chosen, 3, 1)


async def test_what_comes_never_pushes_the_selected_row_out_of_sight() -> None:
    window, source = await a_window(2, height=3, touched=False)
    chosen = window.selected
    for number in range(5):
        source.put(a_conversation(900 + number, last_activity_at=NOW + number + 1))
        await window.refresh()
    assert (window.selected, line_of_selection(window), window.new) == (chosen, 2, 3)
