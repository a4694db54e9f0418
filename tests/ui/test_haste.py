"""What keys mean when they come faster than the cache is read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import events

from omnitui.model.conversations import Draft
from omnitui.model.operations import Op
from omnitui.model.states import MessageKind, Verb
from omnitui.services.session import Session
from omnitui.store.cache import Cache
from omnitui.store.drafts import save as save_draft
from omnitui.store.reads import drafts, history, inbox, oplog
from omnitui.ui.acts import copying
from omnitui.ui.ahead import Ahead
from omnitui.ui.screens.picker import PickerScreen
from omnitui.ui.widgets.choices import Choices
from tests.support.console import Person, a_console, a_session
from tests.support.desk import a_conversation, a_message

CC = [f"colleague.number.{number}@a-rather-long-domain.example" for number in range(200)]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


def slow_reads(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = Cache.aread

    async def aread(cache: Cache, *args: object, **options: object) -> object:
        await asyncio.sleep(0.3)
        return await quick(cache, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Cache, "aread", aread)
    monkeypatch.setattr(Ahead, "take", lambda _ahead, _id: None)  # nor was anything read before


async def test_enter_takes_what_fits_the_whole_text_not_what_was_listed_before(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = a_conversation(session.cache, contact="Ann")
    async with a_console(session) as person:
        slow_reads(session, monkeypatch)
        await person.press("ctrl+p")
        await person.sees("What to do")
        await person.type("conversation.priority")
        await person.press("enter")
        await person.sees("> urgent")
        now = session.cache.read(inbox.conversation, found.id)
        assert now is not None
        assert (now.status, now.assignee_id) == (found.status, None)


@pytest.mark.parametrize("keys", [("y", "y"), ("y", "a")])
async def test_copying_means_the_conversation_that_is_pointed_at_though_it_is_not_read_yet(
    session: Session, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...]
) -> None:
    a_conversation(session.cache, "the second text", contact="Second", address="second@example.com")
    a_conversation(session.cache, "the first text", contact="First", address="first@example.com")
    async with a_console(session) as person:
        slow_reads(session, monkeypatch)
        copied: list[str] = []
        monkeypatch.setattr(copying, "copy", lambda desk, text, what: copied.append(text))
        await person.press("j", *keys)
        await person.until(lambda: bool(copied))
        assert copied in (["the second text"], ["second@example.com"])


async def test_row_of_what_was_gone_to_is_selected_before_the_next_key_and_never_behind_it(session: Session) -> None:
    for name in ("Fourth", "Third", "Second", "First"):
        a_conversation(session.cache, contact=name)
    async with a_console(session) as person:
        desk, queue = person.app.main.desk, person.app.main.queue
        first, _second, third, fourth = (row.id for row in queue.window.rows)
        desk.go(third)
        await person.press("j")
        assert queue.selected == fourth
        desk.go(third)
        await person.press("g", "g", "V", "j")
        # The row that was gone to would be selected by now.
        await asyncio.sleep(0.4)
        assert queue.selected not in (third, fourth)
        assert first in queue.marked
        desk.go(fourth)
        await person.until(lambda: queue.selected == fourth, "its row selected without a key")


async def test_raw_and_why_show_nothing_of_the_conversation_that_was_shown_before(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_conversation(session.cache, "the second text", contact="Second")
    a_conversation(session.cache, "the first text", contact="First")
    async with a_console(session) as person:
        slow_reads(session, monkeypatch)
        await person.press("j", "enter", "v")
        await person.sees("As it came")
        await person.until(lambda: page_of(person) != [""], "the page")
        assert page_of(person) == ["the second text"]


def page_of(person: Person) -> list[str]:
    lines = [line.strip(" │") for line in person.screen.splitlines()]
    at = next(index for index, line in enumerate(lines) if "As it came" in line)
    return [line.split("│")[-1].strip() for line in lines[at + 1 : at + 2]]


def acts(session: Session) -> list[Op]:
    """All ops but that a conversation counts as read, which it does after a while on the screen."""
    return [op for op in session.cache.read(oplog.log) if op.verb is not Verb.READ]


async def test_a_form_that_is_kept_as_it_was_changes_nothing(session: Session) -> None:
    found = a_conversation(session.cache, contact="Evil \x1b[2J\u202eName ")
    a_message(session.cache, found.id, "Hello again")
    session.operations.set_contact(found.contact_id, {"about": "tab\there\x07"})
    before = acts(session)
    async with a_console(session) as person:
        await person.press("E")
        await person.sees("Edit the contact")
        await person.press("ctrl+s")
        await person.misses("Edit the contact")
    assert acts(session) == before
    assert session.cache.read(history.page, found.id)


async def test_what_would_hold_up_typing_is_not_pasted_and_said(session: Session) -> None:
    a_conversation(session.cache)
    async with a_console(session) as person:
        await person.press("r")
        await person.type("Hello")
        for huge in ("x" * 300_000, "line\n" * 3_000, "語" * 9_000):
            person.app.post_message(events.Paste(huge))
            await person.sees("too long to paste")
            person.app.main.desk.hush()
        person.app.post_message(events.Paste("\none\r\ntwo"))
        await person.until(lambda: person.app.main.composer.text == "Hello\none\ntwo")


async def test_a_long_draft_is_whole_after_it_was_opened_and_closed(session: Session) -> None:
    found = a_conversation(session.cache)
    text = "a line of the draft\n" * 5_000 + "the end"
    draft = Draft(session.cache.ids.new(), found.id, MessageKind.PUBLIC, text, extra={"cc": CC})
    session.cache.write(lambda tx: save_draft(tx, draft))
    async with a_console(session) as person:
        await person.press("r")
        await person.sees("the end")
        await person.type("!")
        await person.press("escape")
    [kept] = session.cache.read(drafts.drafts, found.id)
    assert (kept.text, kept.extra["cc"]) == (text + "!", CC)


async def test_logs_and_outboxes_of_long_texts_open(session: Session) -> None:
    found = a_conversation(session.cache, contact="n" * 100_000, address="ann@example.com", subject="s" * 100_000)
    for _number in range(5):
        session.operations.note(found.id, "note 返金 " * 20_000)
        session.operations.reply(found.id, "reply 返金 " * 20_000)
    async with a_console(session) as person:
        await person.press("g", "h")
        await person.sees("reply 返金")
        await person.press("escape")
        await person.press("g", "o")
        await person.sees("Outbox")
        await person.sees("reply 返金")


async def test_keys_that_wait_at_the_very_end_ask_no_screen_that_is_gone(session: Session) -> None:
    a_conversation(session.cache)
    async with a_console(session) as person:
        app = person.app
        assert not app.opening
    app._screen_stack.clear()
    assert not app.opening


async def test_a_choice_that_is_clicked_twice_is_chosen_once(session: Session) -> None:
    found = a_conversation(session.cache)
    async with a_console(session) as person:
        await person.press("p")
        await person.sees("urgent")
        dialog = person.app.screen
        assert isinstance(dialog, PickerScreen)
        choices = dialog.query_one(Choices)
        for _click in range(3):
            choices.post_message(Choices.Chosen())
        await person.until(lambda: person.app.screen is person.app.main)
        await person.press("slash")
        await person.sees("Search all messages")
        dialog._take()
        await person.sees("Search all messages")
    assert session.cache.read(history.page, found.id)
