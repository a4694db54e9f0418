"""Search as one types: completion with counts, marked words, history, and a query kept as the list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.services.session import Session
from omnitui.text.widths import cell_width
from omnitui.ui.screens.search import SearchScreen
from tests.support.console import Person, a_console, a_profile, a_session
from tests.support.desk import a_conversation


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        a_conversation(
            opened.cache, "返金をお願いします", contact="山田 花子", subject="注文", labels=("vip", "refund")
        )
        a_conversation(opened.cache, "Where is my kettle?", contact="Bo", subject="Kettles", labels=("vip",))
        a_conversation(opened.cache, "Thank you", contact="Ann", subject="Thanks")
        yield opened


async def search(person: Person, text: str) -> SearchScreen:
    await person.press("slash")
    await person.sees("Search all messages")
    await person.type(text)
    screen = person.app.screen
    assert isinstance(screen, SearchScreen)
    return screen


async def test_values_of_a_filter_are_offered_with_their_counts_and_tab_takes_them(session: Session) -> None:
    async with a_console(session) as person:
        screen = await search(person, "label:")
        await person.sees("vip 2")
        await person.sees("refund 1")
        await person.press("tab")
        await person.until(lambda: screen.typed == "label:vip")
        await person.press("tab")
        await person.until(lambda: screen.typed == "label:refund")
        await person.until(lambda: len(screen.choices.choices) == 1)
        await person.press("shift+tab")
        await person.until(lambda: screen.typed == "label:vip")
        await person.until(lambda: len(screen.choices.choices) == 2)
        await person.sees("Kettles")


async def test_name_of_a_filter_is_completed_and_then_its_value(session: Session) -> None:
    async with a_console(session) as person:
        screen = await search(person, "is:open lab")
        await person.press("tab")
        await person.until(lambda: screen.typed == "is:open label:")
        await person.sees("vip 2")
        await person.type("ref")
        await person.press("tab")
        await person.until(lambda: screen.typed == "is:open label:refund")
        await person.until(lambda: len(screen.choices.choices) == 1)


async def test_words_that_were_looked_for_are_marked_in_the_hits_and_in_the_message(session: Session) -> None:
    async with a_console(session) as person:
        screen = await search(person, "返金")
        await person.until(lambda: len(screen.choices.choices) == 1)
        assert ("返金", "hit") in screen.choices.choices[0].left
        await person.press("enter")
        await person.sees("▌ 返金をお願いします")
        assert person.app.main.desk.reading.words == ("返金",)


async def test_wrong_word_of_a_query_is_pointed_at_from_below(session: Session) -> None:
    async with a_console(session) as person:
        await search(person, "kettle is:opne")
        await person.sees("^^^^")
        lines = person.screen.splitlines()
        field = next(line for line in lines if "kettle is:opne" in line)
        marks = next(line for line in lines if "^^^^" in line)
        assert cell_width(field[: field.index("opne")]) == cell_width(marks[: marks.index("^^^^")])


async def test_earlier_searches_are_offered_also_after_a_new_start(session: Session, tmp_path: Path) -> None:
    async with a_console(session) as person:
        await search(person, "kettle")
        await person.sees("Where is my kettle?")
        await person.press("enter")
        await person.misses("Search all messages")
    session.close()
    with Session.open(a_profile(tmp_path), clock=session.cache.clock) as again:
        async with a_console(again) as person:
            screen = await search(person, "")
            await person.sees("↺ kettle")
            await person.press("enter")
            await person.until(lambda: screen.typed == "kettle")
            await person.sees("Where is my kettle?")
            await person.press("ctrl+u")
            await person.press("up")
            await person.until(lambda: screen.typed == "kettle")


async def test_query_is_kept_as_the_list(session: Session) -> None:
    async with a_console(session) as person:
        await search(person, "label:vip")
        await person.sees("Kettles")
        await person.press("ctrl+l")
        await person.sees("▌label:vip")
        await person.until(lambda: [row.contact for row in person.app.main.queue.window.rows] == ["Bo", "山田 花子"])
        await person.press("g", "i")
        await person.sees("▌Inbox")


async def test_search_says_how_many_messages_it_cannot_look_at_yet(session: Session) -> None:
    session.cache.write(lambda tx: tx.db.execute("INSERT INTO unindexed SELECT pk FROM message"))
    async with a_console(session) as person:
        await search(person, "kettle")
        await person.sees("3 messages cannot be searched yet")
