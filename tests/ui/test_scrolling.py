"""Panes that scroll while another one has the keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.services.actions import Scope
from omnitui.services.session import Session
from tests.support.console import Person, a_console, a_session
from tests.support.desk import a_contact, a_conversation


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        a_conversation(opened.cache, "text", contact="Ann")
        a_contact(opened.cache, "Ann", fields={f"field{n:02}": f"value{n:02}" for n in range(40)})
        yield opened


def focused(person: Person) -> Scope:
    """The pane that has the keys."""
    return person.app.main.scope


async def test_card_scrolls_from_the_list_the_history_and_the_composer(session: Session) -> None:
    async with a_console(session, 120, 24) as person:
        await person.sees("value00")
        await person.press("9", ")")
        await person.sees("value39")
        await person.misses("value00")
        assert focused(person) is Scope.LIST
        await person.press("tab", "9", "(")
        await person.sees("value00")
        assert focused(person) is Scope.HISTORY
        await person.press("r", *["ctrl+pagedown"] * 5)
        await person.sees("value39")
        await person.press("ctrl+pageup")
        await person.misses("value39")
        sheet = person.app.main.composer.sheet
        assert sheet.has_focus
        assert not sheet.text


async def test_views_scroll_from_the_list(session: Session) -> None:
    async with a_console(session, 170, 10) as person:
        sidebar = person.app.main.sidebar
        await person.sees("Mine")
        await person.press("9", "+")
        await person.until(lambda: sidebar.top > 0)
        await person.sees(" All")
        await person.press("9", "-")
        await person.until(lambda: sidebar.top == 0)
        assert focused(person) is Scope.LIST


async def test_pane_that_is_not_shown_says_so(session: Session) -> None:
    async with a_console(session, 80, 24) as person:
        await person.press(")")
        await person.sees("! the card is not shown")
        await person.press("+")
        await person.sees("! the views are not shown")
