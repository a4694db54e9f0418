"""When a conversation that is on the screen counts as read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.ids import Ulid
from omnitui.services.session import Session
from omnitui.store.reads import inbox
from omnitui.ui import desk
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation, a_message


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setattr(desk, "READ_AFTER", 0.2)
    with a_session(tmp_path) as opened:
        yield opened


def unread(session: Session, conversation_id: Ulid) -> int:
    found = session.cache.read(inbox.conversation, conversation_id)
    assert found is not None
    return found.unread


async def test_a_conversation_counts_as_read_after_keys_went_away_and_came_back_at_once(session: Session) -> None:
    other = a_conversation(session.cache, contact="Ben")
    a_message(session.cache, other.id, text="from Ben")
    found = a_conversation(session.cache, contact="Ann")
    a_message(session.cache, found.id, text="from Ann")
    async with a_console(session) as person:
        await person.sees("from Ann")
        person.app.main.desk.attend()
        person.app.main.desk.point(other.id)
        person.app.main.desk.show(found.id)
        await person.until(lambda: unread(session, found.id) == 0, "Ann's conversation read")
        assert unread(session, other.id)


async def test_a_message_behind_a_dialog_counts_as_read_only_when_it_is_in_front_again(session: Session) -> None:
    found = a_conversation(session.cache, contact="Ann")
    a_message(session.cache, found.id, text="from Ann")
    async with a_console(session) as person:
        person.app.main.desk.attend()
        await person.until(lambda: unread(session, found.id) == 0, "what was there is read")
        await person.press("ctrl+p")
        await person.sees("What to do")
        a_message(session.cache, found.id, text="one more")
        shown = person.app.main.desk
        await person.until(lambda: shown.conversation is not None and shown.conversation.unread == 1, "it arrived")
        await asyncio.sleep(0.5)
        assert unread(session, found.id) == 1
        await person.press("escape")
        await person.until(lambda: unread(session, found.id) == 0, "Ann's conversation read")


async def test_what_shows_by_itself_at_the_start_is_read_by_nobody_until_a_key_is_pressed(session: Session) -> None:
    found = a_conversation(session.cache, contact="Ann")
    a_message(session.cache, found.id, text="from Ann")
    async with a_console(session) as person:
        await person.sees("from Ann")
        await asyncio.sleep(0.5)
        assert unread(session, found.id) == 2
        await person.press("i")
        await person.until(lambda: unread(session, found.id) == 0, "Ann's conversation read")
