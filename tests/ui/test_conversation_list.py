"""The list as a person uses it: keys, clicks, arrivals, marks."""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path

from textual.pilot import Pilot

from omnitui.text.listing.rows import Density
from omnitui.ui.widgets.row_strips import CACHED_ROWS
from tests.support.list_app import ListApp
from tests.support.rows import NOW, FakeRows, a_conversation
from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]


def lines(app: ListApp) -> list[str]:
    """The list as text."""
    return [app.list.render_line(y).text.rstrip() for y in range(app.list.size.height)]


async def settle(pilot: Pilot[None]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def test_rows_are_shown_and_the_first_is_selected() -> None:
    app = ListApp(FakeRows(1_000_000))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        shown = lines(app)
        assert shown[0].startswith(">")
        assert "山田 太郎" in shown[0]
        assert "返金のお願い" in shown[1]
        assert "Alice Smith" in shown[2]
        assert app.list.selected == a_conversation(0).id


async def test_keys_move_the_selection_and_say_so() -> None:
    app = ListApp(FakeRows(1_000_000))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("j", "j", "k", "enter")
        await pilot.pause(0.2)
        assert app.list.selected == a_conversation(1).id
        assert ("Opened", a_conversation(1).id) in app.seen
        assert ("Settled", a_conversation(1).id) in app.seen
        await pilot.press("G")
        await settle(pilot)
        assert app.list.selected == a_conversation(999_999).id
        assert lines(app)[-2].startswith(">")
        await pilot.press("g")
        await settle(pilot)
        assert lines(app)[0].startswith(">")


async def test_arrivals_above_are_announced_not_shown() -> None:
    source = FakeRows(1_000)
    app = ListApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("j", "j", "j", "j")
        before = lines(app)
        for number in range(3):
            source.put(a_conversation(5_000 + number, last_activity_at=NOW + 1 + number))
        app.list.refresh_rows()
        await settle(pilot)
        after = lines(app)
        assert after[2:] == before[2:]
        assert "3 new" in after[0]
        assert ("Newcomers", 3) in app.seen
        await pilot.press("g")
        await settle(pilot)
        assert "new" not in lines(app)[0]
        assert app.list.selected == a_conversation(5_002).id


async def test_a_click_selects_and_a_second_one_opens() -> None:
    app = ListApp(FakeRows(100))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.click("ConversationList", offset=(10, 7))
        assert app.list.selected == a_conversation(3).id
        await pilot.click("ConversationList", offset=(10, 7), times=2)
        await pilot.pause()
        assert ("Opened", a_conversation(3).id) in app.seen


async def test_the_wheel_scrolls_and_keeps_the_selection() -> None:
    app = ListApp(FakeRows(1_000))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.list.window.scroll(9)
        app.list.refresh()
        await pilot.pause()
        assert app.list.selected == a_conversation(0).id
        assert app.list.window.first == 9
        await pilot.press("j")
        assert app.list.window.first < 9


async def test_marks_are_what_actions_mean() -> None:
    app = ListApp(FakeRows(100))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert app.list.targets == (a_conversation(0).id,)
        await pilot.press("v", "j", "j", "v")
        assert set(app.list.targets) == {a_conversation(0).id, a_conversation(2).id}
        assert lines(app)[0][1] == "+"


async def test_one_line_each_shows_twice_as_many() -> None:
    app = ListApp(FakeRows(100), Density.ONE)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "Alice Smith" in lines(app)[1]
        assert app.list.window.height == app.list.size.height


async def test_an_empty_list_says_so() -> None:
    app = ListApp(FakeRows(0))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "Nothing here." in "\n".join(lines(app))
        await pilot.press("j", "k", "enter", "G", "g", "v")
        assert app.list.selected is None


async def test_the_cache_of_drawn_rows_is_bounded() -> None:
    app = ListApp(FakeRows(100_000))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for _ in range(120):
            await pilot.press("pagedown")
        await settle(pilot)
        assert len(app.list.strips.cache) <= CACHED_ROWS


async def test_an_unchanged_row_is_the_same_object() -> None:
    app = ListApp(FakeRows(100))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        before = app.list.render_line(4)
        app.list.refresh_rows()
        await settle(pilot)
        assert app.list.render_line(4) is before


def test_a_key_in_a_real_terminal_sends_two_rows_at_most() -> None:
    with Terminal(
        [sys.executable, ROOT / "tests/support/list_app.py", "1000000"],
        columns=100,
        lines=30,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}"},
    ) as terminal:
        terminal.wait_for("Alice")
        terminal.wait_quiet()
        at = terminal.send("j")
        terminal.wait_until(lambda: terminal.rows()[2].startswith(">"), "the second row selected")
        terminal.wait_quiet(0.3)
        sent = b"".join(data for _, data in terminal.since(at))
        assert 0 < len(sent) < 1_200
        terminal.send("G")
        terminal.wait_for("#999999")
        terminal.send("g")
        terminal.wait_for("#0")
        terminal.type("jjjjj")
        terminal.wait_until(lambda: terminal.rows()[10].startswith(">"), "the sixth row selected")


def looks(terminal: Terminal) -> list[list[tuple[str, str, str]]]:
    """The screen's cells; a blank has no foreground."""
    return [
        [(glyph, "" if glyph == " " else front, back) for glyph, front, back, _ in terminal.styles(y)]
        for y in range(terminal.lines)
    ]


def drawn(terminal: Terminal, at: float) -> bool:
    """Whether a whole screen has been sent since a time."""
    return sum(len(data) for _, data in terminal.since(at)) > 1_000


def test_what_is_painted_ahead_is_what_the_compositor_draws() -> None:
    argv: list[str | Path] = [sys.executable, ROOT / "tests/support/list_app.py", "1000"]
    with Terminal(argv, columns=90, lines=25, cwd=ROOT, env={"PYTHONPATH": f"{ROOT}"}) as terminal:
        terminal.wait_for("Alice")
        terminal.wait_quiet()
        # What is typed, and the row that is selected then, with its mark.
        walk = (
            ("j", " 1"),
            ("jj", " 3"),
            ("k", " 2"),
            ("v", "+2"),
            ("jjjjjjjjjjjjj", " 15"),
            ("kkkkkkkkkkkkkkk", " 0"),
        )
        for keys, row in (*walk, ("G", " 999"), ("k", " 998"), ("g", " 0"), ("jvj", "+2")):
            terminal.type(keys)
            mark = "[+]" if row.startswith("+") else ""
            terminal.wait_for(re.compile(rf"^>{mark}.*\n.* #{row[1:]} ", re.MULTILINE))
            terminal.wait_quiet(0.1)
            shown = looks(terminal)
            at = terminal.send("r")
            terminal.wait_until(partial(drawn, terminal, at), "a drawing")
            terminal.wait_quiet(0.1)
            assert looks(terminal) == shown, keys


async def test_keys_right_behind_the_one_for_the_top_mean_the_top_row() -> None:
    app = ListApp(FakeRows(1_000))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("j", "j")
        app.list.top()
        assert app.list.selected == a_conversation(0).id
        app.list.open()
        await settle(pilot)
        assert ("Opened", a_conversation(0).id) in app.seen
