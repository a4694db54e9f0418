"""Three panes from 120 columns, two from 80, one below; drawers, zoom, border, resize."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from omnitui.services.session import Session
from omnitui.text.widths import cell_width
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
        await person.sees(" text of Ann")
        assert panes(person) == ["history"]
        await person.press("r")
        await person.type("yes")
        await person.sees("REPLY")
        await person.press("ctrl+s")
        await person.sees("held, leaves in")
        await person.press("escape")
        await person.until(lambda: panes(person) == ["list"])
        assert person.app.main.focused is person.app.main.queue


async def test_one_pane_resolves_and_returns_to_the_list(session: Session) -> None:
    async with a_console(session, 60, 20) as person:
        await person.press("enter")
        await person.sees(" text of Ann")
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
        await person.sees("> ")
        await person.sees("▌Inbox")
        await person.press("tab")
        await person.misses("▌Inbox")
        await person.sees("▌About Ann")
