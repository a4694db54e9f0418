"""The conversations beside the one that is shown are read ahead; what was read is shown only as long as it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.ids import Ulid
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind
from omnitui.services.session import Session
from omnitui.store.cache import Cache
from omnitui.ui.ahead import beside, coming
from omnitui.ui.widgets.row_window import RowWindow
from tests.support.console import Person, a_console, a_session
from tests.support.desk import a_conversation, a_message
from tests.support.rows import FakeRows


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        for name in ("Third", "Second", "First"):
            a_conversation(opened.cache, f"the text of {name}", contact=name)
        yield opened


async def ready(person: Person, index: int = 1) -> Ulid:
    """Wait until a row is read ahead; gives its id."""
    desk, window = person.app.main.desk, person.app.main.queue.window
    wanted = window.rows[index].id
    await person.until(lambda: desk.ahead.take(wanted) is not None, "a conversation read ahead")
    return wanted


async def test_the_next_conversation_is_on_the_panes_without_a_read(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_console(session) as person:
        wanted = await ready(person)

        async def never(*_arguments: object, **_options: object) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(Cache, "aread", never)
        await person.press("j")
        desk = person.app.main.desk
        await person.until(lambda: desk.conversation is not None and desk.conversation.id == wanted, "the next one")
        assert person.app.main.card.card is not None
        assert person.app.main.card.card.contact.name == "Second"


async def test_what_changed_since_it_was_read_ahead_is_shown_as_it_is_now(session: Session) -> None:
    async with a_console(session) as person:
        wanted = await ready(person)
        a_message(session.cache, wanted, "a later word")
        assert person.app.main.desk.ahead.take(wanted) is None
        await person.press("j")
        await person.sees("a later word")


async def test_nothing_is_taken_that_was_read_before_a_draft_is_saved(session: Session) -> None:
    async with a_console(session) as person:
        desk = person.app.main.desk
        wanted = await ready(person)
        now = session.cache.clock.now()
        desk.drafting.keep(Draft(session.cache.ids.new(), wanted, MessageKind.PUBLIC, "half a word", updated_at=now))
        assert desk.ahead.take(wanted) is None


async def test_the_conversation_before_is_read_again_and_shown_at_its_newest_message(session: Session) -> None:
    async with a_console(session) as person:
        desk = person.app.main.desk
        second = await ready(person)
        await person.press("j")
        await person.until(lambda: desk.conversation is not None and desk.conversation.id == second, "the next one")
        first = await ready(person, 0)
        await person.press("k")
        await person.until(lambda: desk.conversation is not None and desk.conversation.id == first, "the one before")
        assert await ready(person) == second
        await person.press("j")
        await person.until(lambda: desk.conversation is not None and desk.conversation.id == second, "the next one")


async def a_window(at: int) -> RowWindow:
    window = RowWindow(FakeRows(100))
    window.resize(10)
    await window.load_top()
    window.selected = window.rows[at].id
    window.show_selected()
    return window


async def test_what_lies_beside_a_row_is_where_the_same_step_leads_and_one_down_and_up() -> None:
    window = await a_window(30)
    assert [window.rows.index(row) for row in beside(window, 9)] == [39, 31, 29]
    assert [window.rows.index(row) for row in beside(window, -1)] == [29, 31]
    assert [window.rows.index(row) for row in beside(await a_window(0), -9)] == [1]


async def test_what_may_be_drawn_next_is_the_screenful_in_the_direction_one_goes() -> None:
    window = await a_window(30)
    first = window.first
    down = [window.rows.index(row) for row, selected in coming(window, [], 1) if not selected]
    assert down == [30, *range(first + 10, first + 20)]
    up = [window.rows.index(row) for row, selected in coming(window, [], -1) if not selected]
    assert up == [30, *range(first - 10, first)]


async def test_one_that_was_left_before_it_was_read_is_read_when_somebody_comes_back(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_console(session) as person:
        await ready(person)
        desk, rows = person.app.main.desk, person.app.main.queue.window.rows
        monkeypatch.setattr(desk.ahead, "take", lambda _wanted: None)
        desk.show(rows[1].id)
        desk.point(rows[2].id)
        for wanted in (rows[2].id, rows[1].id):
            await person.until(lambda: desk.conversation is not None, "what is pointed at")
            assert desk.shown == wanted
            desk.show(rows[1].id)
