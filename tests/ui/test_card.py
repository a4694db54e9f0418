"""The card beside a conversation: what it lists is so, and no two rows of it look the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from omnitui.services.session import Session
from omnitui.ui.screens.picker import PickerScreen
from omnitui.ui.widgets.choices import Choice
from tests.support.console import Person, a_console, a_session
from tests.support.desk import a_conversation


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


def card(person: Person) -> str:
    """What the card shows."""
    return "\n".join("".join(text for text, _role in entry.line) for entry in person.app.main.card._entries)


async def test_matter_that_was_just_resolved_is_open_no_more_on_the_next_ones_card(session: Session) -> None:
    a_conversation(session.cache, "second", subject="Broken pot")
    a_conversation(session.cache, "first", subject="Late parcel")
    async with a_console(session, 140, 36) as person:
        await person.until(lambda: "1 other open matter" in card(person) and "Broken pot" in card(person))
        await person.press("d", "d")
        await person.sees(" second")
        await person.until(lambda: "other open matter" not in card(person), "no other matter on the card")
        await person.press("u")
        await person.until(lambda: "Broken pot" in card(person), "the other matter on the first one's card again")


async def test_total_is_whole_and_people_of_the_same_name_have_their_addresses(session: Session) -> None:
    for address in ("ann0@example.com", "ann1@example.com", "ann@example.com"):
        a_conversation(session.cache, contact="Ann Lee", address=address)
    async with a_console(session, 140, 40) as person:
        await person.sees("Ann Lee · same name · ann0@ex")
        await person.sees("Ann Lee · same name · ann1@ex")
        lines = card(person).splitlines()
        at = lines.index("Total  1 conversation")
        assert lines[at + 1] == "       1 message"


async def test_fault_in_the_search_of_a_list_of_choices_is_not_silent(session: Session) -> None:
    async def source(text: str) -> Sequence[Choice]:
        if text:
            raise ZeroDivisionError
        return ()

    a_conversation(session.cache, contact="Ann")
    faults: list[Exception] = []
    async with a_console(session) as person:
        person.app.fail = faults.append  # type: ignore[method-assign, assignment]
        person.app.push_screen(PickerScreen("Which?", source))
        await person.sees("Which?")
        await person.press("x")
        await person.until(lambda: bool(faults), "the fault is told")
    assert isinstance(faults[0], ZeroDivisionError)
