"""The filter of the list: it narrows the open view at every key, with the letters shown that match."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from textual.geometry import Offset

from omnitui.services.session import Session
from tests.support.console import Person, a_console, a_session
from tests.support.desk import a_conversation


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        for name, subject, text in (
            ("山田 太郎", "返金のお願い", "早めにお願いします"),
            ("Bo", "Where is my parcel", "no tracking yet"),
            ("Ann", "Invoice", "the PARCEL number is missing"),
            ("Cem", "Hello", "just hello"),
        ):
            a_conversation(opened.cache, text, contact=name, subject=subject)
        yield opened


def order(person: Person) -> list[str]:
    return [row.contact for row in person.app.main.queue.window.rows]


def holds(person: Person, expected: list[str]) -> bool:
    return order(person) == expected


def lit(person: Person) -> list[str]:
    """What is drawn bold and underlined in the list."""
    queue = person.app.main.queue
    found = []
    for y in range(queue.size.height):
        for segment in queue.render_line(y):
            if segment.style is not None and segment.style.bold and segment.style.underline:
                found.append(segment.text)
    return found


async def test_list_narrows_at_every_key_and_shows_the_letters(session: Session) -> None:
    async with a_console(session) as person:
        await person.press("&")
        await person.type("parc")
        await person.until(lambda: order(person) == ["Ann", "Bo"])
        await person.until(lambda: sorted(lit(person)) == ["PARC", "parc"], "letters")
        await person.type("el number")
        await person.until(lambda: order(person) == ["Ann"])
        await person.until(lambda: sorted(lit(person)) == ["PARCEL", "number"], "letters")


async def test_escape_shows_all_again_and_keeps_the_place(session: Session) -> None:
    async with a_console(session) as person:
        await person.press("&")
        await person.type("parcel")
        await person.until(lambda: order(person) == ["Ann", "Bo"])
        await person.press("down")
        await person.until(lambda: getattr(person.app.main.queue.selected_row, "contact", "") == "Bo")
        await person.press("escape")
        await person.until(lambda: len(order(person)) == 4)
        assert person.app.main.queue.selected_row is not None
        assert person.app.main.queue.selected_row.contact == "Bo"
        await person.sees("▌Inbox")
        await person.until(lambda: person.app.main.focused is person.app.main.queue)
        await person.press("j")


async def test_enter_keeps_the_filter_for_the_keys_of_the_list(session: Session) -> None:
    async with a_console(session) as person:
        await person.press("&")
        await person.type("parcel")
        await person.press("enter")
        await person.sees("Inbox &parcel")
        await person.until(lambda: order(person) == ["Ann", "Bo"])
        await person.press("d", "d")
        await person.until(lambda: order(person) == ["Bo"])
        await person.press("escape")
        await person.until(lambda: "Cem" in order(person))
        await person.misses("&parcel")


async def test_japanese_and_width_forms_are_found_by_contact_and_subject(session: Session) -> None:
    async with a_console(session) as person:
        await person.press("&")
        field = person.app.main.narrowing.field
        for text, expected in (("返金", ["山田 太郎"]), ("山田", ["山田 太郎"]), ("ｐａｒｃｅｌ", ["Ann", "Bo"])):
            field.value = text
            await person.until(partial(holds, person, expected), text)


async def test_nothing_that_fits_is_said_and_no_old_conversation_stays(session: Session) -> None:
    async with a_console(session) as person:
        await person.press("&")
        await person.type("zzz")
        await person.sees("Nothing here fits.")
        await person.sees("No conversation is chosen")
        await person.misses("just hello")
        await person.press("escape")
        await person.sees("just hello")


async def test_another_view_is_shown_whole(session: Session) -> None:
    async with a_console(session) as person:
        await person.press("&")
        await person.type("parcel")
        await person.press("enter")
        await person.until(lambda: order(person) == ["Ann", "Bo"])
        await person.press("g", "a")
        await person.until(lambda: len(order(person)) == 4)
        await person.misses("&parcel")


async def test_click_in_the_list_keeps_the_filter(session: Session) -> None:
    async with a_console(session) as person:
        await person.press("&")
        await person.type("parcel")
        await person.until(lambda: order(person) == ["Ann", "Bo"])
        region = person.app.main.queue.region
        await person.pilot.click(offset=Offset(region.x + 6, region.y + 2))
        await person.sees("Inbox &parcel")
        await person.until(lambda: not person.app.main.narrowing.typing)
        assert order(person) == ["Ann", "Bo"]


async def test_arrivals_that_fit_come_above_and_others_do_not(session: Session) -> None:
    async with a_console(session) as person:
        await person.press("&")
        await person.type("parcel")
        await person.press("enter")
        await person.until(lambda: order(person) == ["Ann", "Bo"])
        await person.press("j")
        a_conversation(session.cache, "a parcel came", contact="Dora", subject="New")
        a_conversation(session.cache, "other", contact="Eve", subject="New")
        await person.until(lambda: order(person) == ["Dora", "Ann", "Bo"])
        assert person.app.main.queue.selected_row is not None
        assert person.app.main.queue.selected_row.contact == "Bo"
