"""What does not leave by itself: the agent sees why, and decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.model.states import SendState
from omnitui.services.session import Session
from omnitui.store import outbox
from omnitui.store.reads import history
from omnitui.store.reads import outbox as reads
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


def a_reply(session: Session, *states: SendState, reason: str = "") -> str:
    """A reply that went through these states; returns its op's id."""
    conversation = a_conversation(session.cache, "Hello?", contact="Ann")
    op = session.operations.reply(conversation.id, "My answer", hold=0)
    for state in states:
        session.cache.write(lambda tx, state=state: outbox.move(tx, op.id, state, reason=reason))  # type: ignore[misc]
    return op.id


def state_of(session: Session, op_id: str) -> SendState:
    entry = session.cache.read(reads.entry, op_id)
    assert entry is not None
    return entry.state


@pytest.mark.parametrize(
    ("answer", "becomes"), [("did arrive", SendState.ACCEPTED), ("send it again", SendState.QUEUED)]
)
async def test_unknown_reply_is_settled_by_the_agent(session: Session, answer: str, becomes: SendState) -> None:
    op_id = a_reply(session, SendState.SENDING, SendState.UNKNOWN, reason="the link broke")
    async with a_console(session) as person:
        await person.sees("! unknown whether it left")
        await person.sees("! 1 unknown whether it left")
        await person.press("g", "o")
        await person.sees("Enter decides")
        await person.press("enter")
        await person.sees("it did arrive: mark it sent")
        await person.type(answer)
        await person.press("enter")
        await person.until(lambda: state_of(session, op_id) is becomes)
        await person.misses("! unknown whether it left")


async def test_blocked_reply_says_why_and_goes_when_the_agent_says_so(session: Session) -> None:
    op_id = a_reply(session, SendState.BLOCKED, reason="Ann wrote after the last message you had seen")
    async with a_console(session) as person:
        await person.sees("Ann wrote after the last message")
        await person.press("g", "o", "enter")
        await person.sees("send it now")
        await person.type("send it now")
        await person.press("enter")
        await person.until(lambda: state_of(session, op_id) is SendState.QUEUED)


async def test_empty_outbox_says_so(session: Session) -> None:
    a_conversation(session.cache)
    async with a_console(session) as person:
        await person.press("g", "o")
        await person.sees("the outbox is empty")


async def test_new_conversation_keeps_its_text_until_it_is_sent(session: Session) -> None:
    a_conversation(session.cache)
    async with a_console(session) as person:
        await person.press("c")
        await person.sees("NEW CONVERSATION from Shop")
        await person.type("nonsense")
        await person.press("tab", "tab", "tab")
        await person.type("About kettles")
        await person.press("tab")
        await person.type("Dear Bo")
        await person.press("ctrl+s")
        await person.sees("is no mail address")
        await person.sees("Dear Bo")
        await person.press("home", *["delete"] * 8)
        await person.type("bo@example.com")
        await person.press("ctrl+s")
        await person.sees("held for undo")
        entries = session.cache.read(reads.entries)
        assert [entry.state for entry in entries] == [SendState.HELD]
        conversation_id = entries[0].conversation_id
        assert conversation_id is not None
        written = session.cache.read(history.page, conversation_id)
        assert (written[0].text, written[0].subject) == ("Dear Bo", "About kettles")


async def test_scheduled_reply_is_taken_back_into_the_composer_to_be_changed(session: Session) -> None:
    conversation = a_conversation(session.cache, "Hello?", contact="Ann")
    op = session.operations.reply(conversation.id, "See you soon", at=session.cache.clock.now() + 90_000_000)
    async with a_console(session) as person:
        await person.press("g", "o")
        await person.sees("Outbox")
        await person.press("enter")
        await person.sees("take it back into the composer")
        await person.type("change")
        await person.press("enter")
        await person.until(lambda: person.app.main.composer.text == "See you soon")
    assert state_of(session, op.id) is SendState.CANCELED
