"""Three panes from 120 columns, two from 80, one below; drawers, zoom, border, resize."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from textual.geometry import Offset
from textual.widget import Widget

from omnitui.services.actions import Scope
from omnitui.services.session import Session
from omnitui.text.listing.rows import Density
from omnitui.text.widths import cell_width
from omnitui.ui.layout import LEAST, LEAST_LIST, READING
from omnitui.ui.widgets.conversation_list import ConversationList
from tests.support.console import Person, a_console, a_session
from tests.support.desk import a_conversation


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        a_conversation(opened.cache, "text of Bo", contact="Bo", subject="About Bo")
        a_conversation(opened.cache, "text of Ann", contact="Ann", subject="About Ann")
        yield opened


def panes(person: Person) -> list[str]:
    main = person.app.main
    found = {"sidebar": main.sidebar, "list": main.queue, "history": main.history, "card": main.card}
    return [name for name, pane in found.items() if pane.region.width > 0 and pane.display]


def fits(screen: str, width: int, height: int) -> bool:
    lines = screen.splitlines()
    return len(lines) == height and all(cell_width(line) <= width for line in lines)


def shows_half(person: Person, width: int, height: int) -> bool:
    return "half" in person.screen and fits(person.screen, width, height)


def differs(pane: Widget, width: int) -> bool:
    return pane.size.width != width


def focused(person: Person) -> Scope:
    return person.app.main.scope


def has_density(queue: ConversationList, density: Density) -> bool:
    return queue.density is density


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (180, 50, ["sidebar", "list", "history", "card"]),
        (140, 40, ["list", "history", "card"]),
        (120, 30, ["list", "history", "card"]),
        (80, 24, ["list", "history"]),
        (60, 20, ["list"]),
    ],
)
async def test_panes_by_width(session: Session, width: int, height: int, expected: list[str]) -> None:
    async with a_console(session, width, height) as person:
        assert panes(person) == expected
        assert fits(person.screen, width, height)
        await person.sees("Inbox")
        await person.sees("r reply")


async def test_one_pane_reads_answers_and_comes_back(session: Session) -> None:
    async with a_console(session, 60, 20) as person:
        await person.press("enter")
        await person.until(lambda: panes(person) == ["history"])
        await person.sees(" text of Ann")
        await person.press("r")
        await person.sees("REPLY")
        await person.type("yes")
        await person.until(lambda: person.app.main.composer.text == "yes")
        await person.press("ctrl+s")
        await person.sees("held, leaves in")
        await person.press("escape")
        await person.until(lambda: panes(person) == ["list"])
        assert person.app.main.focused is person.app.main.queue


async def test_one_pane_resolves_and_returns_to_the_list(session: Session) -> None:
    async with a_console(session, 60, 20) as person:
        await person.press("enter")
        await person.until(lambda: panes(person) == ["history"])
        await person.press("d", "d")
        await person.until(lambda: panes(person) == ["list"])
        await person.sees("Ann: resolved")


async def test_card_and_views_are_drawers_on_eighty_columns(session: Session) -> None:
    async with a_console(session, 80, 24) as person:
        await person.press("i")
        await person.sees("Customer")
        assert "card" in panes(person)
        await person.press("escape")
        await person.until(lambda: panes(person) == ["list", "history"])
        await person.press("b")
        await person.sees("Unassigned")
        await person.press("j", "enter")
        await person.until(lambda: panes(person) == ["list", "history"])
        await person.sees("▌Mine")


async def test_card_column_is_hidden_and_shown(session: Session) -> None:
    async with a_console(session, 140, 40) as person:
        await person.press("i")
        await person.until(lambda: panes(person) == ["list", "history"])
        await person.press("i")
        await person.until(lambda: "card" in panes(person))


async def test_zoom_gives_the_focused_pane_everything_and_takes_it_back(session: Session) -> None:
    async with a_console(session, 140, 40) as person:
        await person.press("z")
        await person.until(lambda: panes(person) == ["list"])
        await person.press("z")
        await person.until(lambda: panes(person) == ["list", "history", "card"])
        await person.press("enter", "z")
        await person.until(lambda: panes(person) == ["history"])
        await person.press("escape")
        await person.until(lambda: panes(person) == ["list", "history", "card"])


async def test_border_moves_by_keys(session: Session) -> None:
    async with a_console(session, 140, 40) as person:
        before = person.app.main.queue.size.width
        await person.press(">")
        await person.until(lambda: person.app.main.queue.size.width == before + 4)
        await person.press("3", "<")
        await person.until(lambda: person.app.main.queue.size.width == before - 8)


async def test_border_that_cannot_go_further_says_so(session: Session) -> None:
    async with a_console(session, 80, 24) as person:
        await person.press("<")
        await person.sees("the border cannot go further there")
        await person.press("z", "<")
        await person.sees("! the pane has the whole screen")


async def test_tab_goes_round_the_panes_that_are_shown(session: Session) -> None:
    async with a_console(session, 140, 40) as person:
        seen = []
        for _step in range(3):
            focused = person.app.main.focused
            seen.append(focused.id if focused else None)
            await person.press("tab")
        assert seen == ["list", "history", "card"]
        assert person.app.main.focused is person.app.main.queue


async def test_resize_keeps_selection_reading_place_and_draft(session: Session) -> None:
    async with a_console(session, 140, 40) as person:
        await person.press("r")
        await person.type("half")
        shown = person.app.main.desk.shown
        for size in ((60, 20), (80, 24), (200, 50), (120, 30)):
            await person.pilot.resize_terminal(*size)
            await person.until(partial(shows_half, person, *size), f"{size}")
        assert person.app.main.desk.shown == shown
        assert person.app.main.focused is person.app.main.composer.sheet


@pytest.mark.parametrize("theme", ["harbor", "paper", "ansi"])
async def test_selection_and_focus_have_signs_beside_their_colours(session: Session, theme: str) -> None:
    async with a_console(session, 100, 24) as person:
        person.app.theme = theme
        await person.sees(">•")
        await person.sees("▌Inbox")
        await person.press("tab")
        await person.misses("▌Inbox")
        await person.sees("▌About Ann")


async def test_border_moves_with_the_mouse(session: Session) -> None:
    async with a_console(session, 140, 40) as person:
        main = person.app.main
        reading, about = main.query_one("#reading"), main.query_one("#about")
        before = main.queue.size.width
        await person.pilot.mouse_down(offset=Offset(reading.region.x, 10))
        await person.pilot.hover(offset=Offset(reading.region.x + 7, 10))
        await person.until(lambda: main.queue.size.width == before + 7)
        await person.pilot.mouse_up(offset=Offset(reading.region.x, 10))
        card = about.region.width
        edge = about.region.x
        await person.pilot.mouse_down(offset=Offset(edge, 10))
        await person.pilot.mouse_up(offset=Offset(edge - 5, 10))
        await person.until(lambda: about.region.width == card + 5)
        await person.pilot.mouse_down(offset=Offset(reading.region.x + 6, 10))
        await person.pilot.mouse_up(offset=Offset(reading.region.x + 12, 10))
        assert main.queue.size.width == before + 7


async def test_border_of_the_card_moves_while_the_card_has_the_focus(session: Session) -> None:
    async with a_console(session, 140, 40) as person:
        about = person.app.main.query_one("#about")
        before = about.region.width
        await person.press("shift+tab", "<")
        await person.until(lambda: about.region.width == before + 4)
        await person.press("2", ">")
        await person.until(lambda: about.region.width == before - 4)


async def test_arrangement_is_there_at_the_next_start(session: Session) -> None:
    async with a_console(session, 140, 40) as person:
        before = person.app.main.queue.size.width
        await person.press("<", "=", "i")
        await person.until(lambda: panes(person) == ["list", "history"])
    async with a_console(session, 140, 40) as person:
        assert panes(person) == ["list", "history"]
        assert person.app.main.queue.size.width == before - 4
        assert person.app.main.queue.density is Density.ONE
    async with a_console(session, 100, 30) as person:
        assert person.app.main.queue.region.width == 36


async def test_broken_arrangement_is_as_good_as_none(session: Session) -> None:
    for text in ("", "[]", '{"widths": {"wide": {"queue": "x", "about": -3}}, "hidden": 5, "rows": [1]}'):
        (session.profile.state / "arrangement.json").write_text(text, "utf-8")
        async with a_console(session, 140, 40) as person:
            assert panes(person) == ["list", "history", "card"]


async def test_no_border_can_be_pushed_off_the_screen(session: Session) -> None:
    async with a_console(session, 120, 30) as person:
        await person.press("9", "9", ">")
        await person.until(lambda: panes(person) == ["list", "history", "card"])
        assert all(pane.region.width >= 20 for pane in (person.app.main.history, person.app.main.card))
        await person.press("9", "9", "<")
        await person.until(lambda: person.app.main.queue.region.width >= 20)
        await person.pilot.resize_terminal(80, 24)
        await person.until(lambda: fits(person.screen, 80, 24) and panes(person) == ["list", "history"])


@pytest.mark.parametrize("width", [120, 170])
async def test_card_and_views_leave_the_list_and_the_history_what_they_need(session: Session, width: int) -> None:
    async with a_console(session, width, 30) as person:
        main = person.app.main
        await person.press("shift+tab", *(["shift+tab"] if width > 160 else []))
        assert focused(person) is Scope.CARD
        await person.press("9", "9", "<")
        await person.until(lambda: main.history.size.width == READING - 1)
        assert (main.queue.region.width, len(panes(person))) == (LEAST_LIST, 4 if width > 160 else 3)
        await person.press("9", "9", ">")
        await person.until(lambda: main.card.region.width < LEAST <= main.query_one("#about").region.width)
        await person.until(lambda: main.queue.region.width > LEAST_LIST)


async def test_title_is_whole_again_when_a_drawer_over_the_history_has_closed(session: Session) -> None:
    async with a_console(session, 60, 20) as person:
        await person.press("enter")
        await person.until(lambda: panes(person) == ["history"])
        await person.press("b")
        await person.sees("▌Views")
        await person.press("escape")
        await person.sees("▌About Ann")
        await person.press("escape")
        await person.until(lambda: re.search("^▌Inbox {40,}2", person.screen, re.MULTILINE) is not None)


async def test_other_pane_scrolls_while_the_focus_stays(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        for number in range(40):
            a_conversation(session.cache, f"text {number}", contact=f"Person {number}", subject="S")
        a_conversation(session.cache, "\n".join(f"line {n}" for n in range(90)), contact="Ann", subject="Long")
        async with a_console(session, 120, 30) as person:
            queue = person.app.main.queue
            await person.sees("line 20")
            await person.press("shift+pagedown", "shift+pagedown", "shift+pagedown", "shift+pagedown")
            await person.sees("line 89")
            await person.press("2", "ctrl+y")
            await person.misses("line 89")
            await person.press("2", "ctrl+e")
            await person.sees("line 89")
            assert focused(person) is Scope.LIST
            await person.press("tab", "2", "ctrl+e")
            await person.until(lambda: queue.window.first == 2)
            assert focused(person) is Scope.HISTORY
            selected = queue.selected
            await person.press("r", "shift+pageup")
            await person.misses("line 89")
            await person.until(lambda: person.app.main.focused is person.app.main.composer.sheet)
            assert queue.selected == selected


async def test_list_that_is_not_shown_does_not_scroll(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        for number in range(40):
            a_conversation(session.cache, f"text {number}", contact=f"Person {number}", subject="S")
        async with a_console(session, 60, 20) as person:
            queue = person.app.main.queue
            await person.press("2", "5", "j")
            first = queue.window.first
            assert first > 0
            await person.press("enter")
            await person.until(lambda: focused(person) is Scope.HISTORY)
            await person.press("shift+pageup", "shift+pageup", "shift+pageup", "escape")
            await person.until(lambda: focused(person) is Scope.LIST)
            assert queue.window.first == first


async def test_resize_keeps_the_place_in_a_long_message(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        words = " ".join(f"word{n}" for n in range(900))
        a_conversation(session.cache, words, contact="Ann", subject="Long")
        async with a_console(session, 140, 40) as person:
            history = person.app.main.history

            def first_word() -> int:
                return int(re.findall(r"word(\d+)", "".join(history.render_line(y).text for y in range(9)))[0])

            await person.sees("word0 ")
            await person.press("3", "0", "ctrl+e")
            await person.misses("word0 word1 word2 word3 word4 word5 word6")
            before = first_word()
            for size in ((100, 30), (200, 50), (140, 40)):
                width = history.size.width
                await person.pilot.resize_terminal(*size)
                await person.until(partial(differs, history, width))
                await person.until(lambda: abs(first_word() - before) < 40, "the same words")


async def test_density_changes_by_key_and_the_selected_row_stays_in_sight(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        for number in range(40):
            a_conversation(session.cache, f"text {number}", contact=f"Person {number}", subject="S")
        async with a_console(session, 100, 24) as person:
            queue = person.app.main.queue
            await person.press("1", "5", "j")
            chosen = queue.selected_row
            assert chosen is not None
            for density in (Density.ONE, Density.TWO):
                await person.press("=")
                await person.until(partial(has_density, queue, density))
                await person.sees(f"{chosen.contact} ")
                assert queue.selected == chosen.id


async def test_what_is_new_shows_itself_until_the_first_key(session: Session) -> None:
    async with a_console(session, 100, 24) as person:
        chosen = person.app.main.queue.selected
        a_conversation(session.cache, "text of Bea", contact="Bea", subject="About Bea")
        await person.sees("@ Bea")
        assert "new ↑" not in person.screen
        assert person.app.main.queue.selected == chosen
        await person.press("j")
        a_conversation(session.cache, "text of Cem", contact="Cem", subject="About Cem")
        await person.sees("1 new ↑")
        assert "Cem" not in person.screen


async def test_what_is_new_comes_in_by_its_key(session: Session) -> None:
    async with a_console(session, 100, 24) as person:
        await person.press("N")
        await person.sees("nothing new above")
        a_conversation(session.cache, "text of Cem", contact="Cem", subject="About Cem")
        await person.sees("1 new ↑")
        assert "Cem" not in person.screen
        await person.press("N")
        await person.sees("> @ Cem")
        await person.misses("new ↑")


async def test_views_scroll_where_they_do_not_fit(session: Session) -> None:
    async with a_console(session, 80, 10) as person:
        sidebar = person.app.main.sidebar
        await person.press("b")
        await person.sees("Unassigned")
        assert "Spam" not in person.screen
        await person.press("2", "0", "j")
        await person.sees("> All")
        assert fits(person.screen, 80, 10)
        sidebar.scroll_lines(-9)
        await person.sees("Inbox")
        await person.pilot.click(offset=Offset(4, sidebar.region.y + 1))
        await person.sees("▌Mine")


async def test_views_have_a_border_of_their_own_that_moves_and_is_remembered(session: Session) -> None:
    async with a_console(session, 170, 30) as person:
        main = person.app.main
        views = main.query_one("#views")
        assert views.region.width == 22
        await person.press("shift+tab", ">")
        await person.until(lambda: views.region.width == 26)
        edge = views.region.right - 1
        await person.pilot.mouse_down(offset=Offset(edge, 10))
        await person.pilot.mouse_up(offset=Offset(edge + 3, 10))
        await person.until(lambda: views.region.width == 29)
        await person.press("z")
        await person.until(lambda: panes(person) == ["sidebar"])
        assert main.sidebar.region.width == 170
        await person.press("enter")
        await person.until(lambda: panes(person) == ["sidebar", "list", "history", "card"])
        await person.press("<", "z")
        await person.until(lambda: main.queue.region.width == 170)
        await person.press("escape")
        await person.until(lambda: views.region.width == 29)
    async with a_console(session, 170, 30) as person:
        assert person.app.main.query_one("#views").region.width == 29


async def test_notice_that_is_too_long_goes_on_where_the_keys_stand(session: Session) -> None:
    async with a_console(session, 60, 20) as person:
        await person.sees("Ann")
        person.app.main.desk.say("one word after another until the line is full and none of them is lost", "bad", 60)
        await person.sees("lost")
        *_above, first, second = (line.strip() for line in person.screen.splitlines())
        assert f"{first} {second}" == "one word after another until the line is full and none of them is lost"
        person.app.main.desk.hush()
        await person.misses("lost")
        await person.sees("? help")


@pytest.mark.parametrize(("width", "height"), [(60, 20), (100, 16)])
async def test_form_says_on_a_small_screen_how_it_is_taken(session: Session, width: int, height: int) -> None:
    async with a_console(session, width, height) as person:
        await person.sees("Ann")
        await person.press("d", "h")
        await person.sees("Hand off")
        await person.sees("ctrl+s: hand off, Tab: next field, Esc: leave it")
        await person.press("enter", "tab", "tab")
        await person.sees("Snooze until (2h, tomorrow 9, reply)")
        await person.press("escape")
