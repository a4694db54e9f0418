"""Writing, as it is seen on the screen: header, canned responses, mentions, files, spelling, earlier drafts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.events import Paste

from omnitui.model.states import MessageKind
from omnitui.services.session import Session
from omnitui.store.reads import drafts, history, inbox, outbox
from omnitui.ui.outside import suspending
from omnitui.ui.screens.new import NewScreen
from tests.support.console import MAIL, Person, a_console, a_session, able
from tests.support.desk import a_contact, a_conversation, an_agent


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


def snippet(session: Session, name: str, text: str) -> None:
    folder = session.profile.config / "snippets"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


async def knows(person: Person, what: str) -> None:
    shelf = person.app.main.composer.shelf
    await person.until(lambda: bool(getattr(shelf, what)), what)


async def test_cc_bcc_and_subject_unfold_by_a_key_and_go_with_the_reply(session: Session) -> None:
    conversation = a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        await person.sees("f3: Cc Bcc Subject")
        await person.type("Hi")
        await person.press("f3")
        await person.type("ken@example.com")
        await person.press("tab", "tab")
        await person.type("About tea")
        await person.press("enter")
        await person.type("!")
        await person.press("f3")
        await person.sees("Cc ken@example.com")
        await person.press("ctrl+s")
        await person.sees("held for undo")
    (entry,) = session.cache.read(outbox.entries)
    assert entry.payload["text"] == "Hi!"
    assert entry.payload["subject"] == "About tea"
    assert entry.payload["mail"]["cc"] == ["ken@example.com"]
    assert session.cache.read(drafts.drafts, conversation.id) == []


async def test_wrong_address_is_said_at_its_field_and_nothing_goes(session: Session) -> None:
    a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        await person.type("Hi")
        await person.press("f3")
        await person.type("ken at example")
        await person.press("ctrl+s")
        await person.sees("! 'ken at example' is no mail address")
        assert person.app.main.focused is person.app.main.composer.header.shown()[0]
        assert session.cache.read(outbox.entries) == []
        person.app.main.desk.hush()
        await person.sees("│ ! 'ken at example' is no mail address")
        await person.press("ctrl+u")
        await person.misses("is no mail address")


async def test_addresses_are_completed_from_contacts_and_agents(session: Session) -> None:
    a_conversation(session.cache, "Hello?", contact="Ann")
    a_contact(session.cache, "Kettle Kate")
    async with a_console(session) as person:
        await person.press("r", "f3")
        await person.type("kettle")
        await person.sees("Kettle Kate kettle.kate@example.com")
        await person.press("tab")
        await person.until(lambda: person.app.main.composer.header.values().get("cc") == ["kettle.kate@example.com"])


async def test_code_and_tab_put_in_a_canned_response_with_its_names_filled(session: Session) -> None:
    a_conversation(session.cache, "Hello?", contact="Ann Stone")
    snippet(session, "hi.md", "---\nshortcut: hi\ntitle: Greeting\n---\nDear {contact.first_name}, {contact.segment|x}")
    snippet(session, "line.md", "---\nshortcut: himalaya\nchannel: line\n---\nno mail")
    async with a_console(session) as person:
        await person.press("r")
        await knows(person, "canned")
        await person.type("So ;hi")
        await person.sees(";hi Greeting")
        assert "himalaya" not in person.screen
        await person.press("tab")
        await person.until(lambda: person.app.main.composer.text == "So Dear Ann, x")
        await person.type(" ;nono")
        await person.press("tab")
        await person.sees("no canned response nono here")
        assert person.app.main.focused is person.app.main.composer.sheet


async def test_canned_response_names_whom_the_reply_goes_to(session: Session) -> None:
    own = a_conversation(session.cache, "Hello?", contact="Ann Stone").id
    session.operations.merge(own, [a_conversation(session.cache, "And I?", contact="Bo Reed").id])
    snippet(session, "hi.md", "Dear {contact.first_name}")
    async with a_console(session) as person:
        await person.press("r")
        await person.sees("to bo.reed@example.com")
        await knows(person, "canned")
        await person.type(";hi")
        await person.sees(";hi")
        await person.press("tab")
        await person.until(lambda: person.app.main.composer.text == "Dear Bo")


async def test_next_tab_takes_the_next_offer_and_undo_takes_it_back(session: Session) -> None:
    a_conversation(session.cache, "Hello?")
    snippet(session, "one.txt", "first text")
    snippet(session, "other.txt", "second text")
    async with a_console(session) as person:
        composer = person.app.main.composer
        await person.press("r")
        await knows(person, "canned")
        await person.type(";o")
        await person.sees(";other")
        await person.press("tab")
        await person.until(lambda: composer.text == "first text")
        await person.press("tab")
        await person.until(lambda: composer.text == "second text")
        await person.press("ctrl+underscore", "ctrl+underscore")
        await person.until(lambda: composer.text == ";o")
        await person.press("ctrl+y")
        await person.until(lambda: composer.text == "first text")


async def test_canned_responses_are_picked_from_a_list_and_a_gap_is_not_sent(session: Session) -> None:
    a_conversation(session.cache, "Hello?")
    snippet(session, "gap.md", "Your firm {contact.organization} knows")
    async with a_console(session) as person:
        await person.press("r", "f4")
        await person.sees("Put in which text?")
        await person.type("gap")
        await person.press("enter")
        await person.sees("Your firm {contact.organization} knows")
        await person.sees("to be filled in: {contact.organization}")
        await person.press("ctrl+s")
        await person.sees("still to be filled in")
        assert session.cache.read(outbox.entries) == []


async def test_agents_are_mentioned_in_notes_only(session: Session) -> None:
    an_agent(session.cache, "Ken Sato")
    conversation = a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        composer = person.app.main.composer
        await person.press("n")
        await knows(person, "agents")
        await person.type("ask @sa")
        await person.sees("tab  @Ken Sato")
        await person.press("tab")
        await person.until(lambda: composer.text == "ask @Ken Sato ")
        await person.press("ctrl+s")
        await person.sees("note kept")
        await person.press("r")
        await person.type("ask @sa")
        assert "tab  @Ken" not in person.screen
    assert session.cache.read(history.page, conversation.id)[-1].text == "ask @Ken Sato "


async def test_file_is_chosen_by_path_shown_as_a_chip_and_taken_away(session: Session, tmp_path: Path) -> None:
    a_conversation(session.cache, "Hello?")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "invoice-2026.pdf").write_bytes(b"x" * 2_000)
    async with a_console(session) as person:
        await person.press("r", "f2")
        await person.sees("Attach which file?")
        await person.press("ctrl+u")
        await person.type(str(tmp_path / "files" / "inv"))
        await person.sees("invoice-2026.pdf")
        await person.press("tab")
        await person.press("enter")
        await person.sees("invoice-2026.pdf 2 KB")
        await person.press("f10")
        await person.misses("invoice-2026.pdf 2 KB")


async def test_too_large_a_file_is_refused_when_it_is_chosen(session: Session, tmp_path: Path) -> None:
    able(session.cache, replace(MAIL, attachment_limit=1_000))
    a_conversation(session.cache, "Hello?")
    (tmp_path / "large.bin").write_bytes(b"x" * 2_000)
    async with a_console(session) as person:
        await person.press("r", "f2")
        await person.press("ctrl+u")
        await person.type(str(tmp_path / "large"))
        await person.sees("large.bin")
        await person.sees("! 2 KB")
        await person.press("enter")
        await person.sees("large.bin has 2 KB, this channel takes at most 1 KB")
        assert person.app.main.composer.draft is not None
        assert person.app.main.composer.draft.attachments == ()


async def test_key_of_the_shell_undoes_no_typing_and_says_where_no_shell_is(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspending, "has_shell", lambda: False)
    a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        await person.type("Dear you")
        await person.press("ctrl+z")
        await person.sees("no shell is behind this console")
        assert person.app.main.composer.text == "Dear you"
        await person.press("ctrl+_")
        await person.until(lambda: person.app.main.composer.text == "")
        await person.press("escape", "c")
        await person.sees("NEW CONVERSATION")
        assert "reply/note" not in person.screen, "a first message is no note"
        await person.press("f1")
        await person.sees("Keys in the composer")
        await person.misses("Go to the inbox")
        await person.press("escape", "f6")
        await person.sees("Throw away what you wrote?")


async def test_discarded_draft_is_brought_back_and_takes_the_place_of_what_stood_there(session: Session) -> None:
    conversation = a_conversation(session.cache, "Hello?")
    session.profile.keys_file.write_text('"composer.discard" = "f9"\n')
    async with a_console(session) as person:
        composer = person.app.main.composer
        await person.press("r")
        await person.type("first thoughts")
        await person.press("f9")
        await person.sees("Throw away")
        await person.press("down", "enter")
        await person.until(lambda: composer.draft is None)
        await person.press("r")
        await person.type("second")
        await person.press("f8")
        await person.sees("Bring back which draft?")
        await person.press("enter")
        await person.until(lambda: composer.text == "first thoughts")
        await person.press("escape")
        await person.until(
            lambda: [one.text for one in session.cache.read(drafts.drafts, conversation.id)] == ["first thoughts"]
        )
    past = session.cache.read(drafts.earlier, conversation.id, MessageKind.PUBLIC)
    assert "second" in [one.text for one in past]


async def test_words_of_another_console_can_be_brought_back_once_they_are_written_over(session: Session) -> None:
    conversation = a_conversation(session.cache, "Hello?")
    op = session.operations.reply(conversation.id, "sent from a phone", hold=60_000)

    def live() -> list[str]:
        return [one.text for one in session.cache.read(drafts.drafts, conversation.id)]

    async with a_console(session) as person:
        await person.press("r")
        await person.type("mine")
        await person.until(lambda: live() == ["mine"])
        await asyncio.to_thread(session.operations.undo, op.id)
        assert live() == ["sent from a phone\n\nmine"]
        await person.type(" alone")
        await person.until(lambda: live() == ["mine alone"])
        await person.type("!")
        await person.until(lambda: live() == ["mine alone!"])
    past = session.cache.read(drafts.earlier, conversation.id, MessageKind.PUBLIC)
    assert [one.text for one in past] == ["sent from a phone\n\nmine"]


async def test_first_message_is_a_draft_too_that_is_gone_on_with_and_sent(session: Session) -> None:
    a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("c")
        await person.sees("NEW CONVERSATION")
        await person.type("new@example.com")
        await person.press("tab", "tab", "tab")
        await person.type("Tea")
        await person.press("tab")
        await person.type("Good day")
        await person.press("escape")
        await person.sees("kept as a draft")
        await person.until(lambda: [one.text for one in session.cache.read(drafts.firsts)] == ["Good day"])
        (kept,) = session.cache.read(drafts.firsts)
        assert (kept.text, kept.extra["to"], kept.extra["subject"]) == ("Good day", ["new@example.com"], "Tea")
        await person.press("c")
        await person.sees("Good day")
        await person.press("ctrl+s")
        await person.sees("held for undo, then it leaves")
        await person.until(lambda: not isinstance(person.app.screen, NewScreen))
    (entry,) = session.cache.read(outbox.entries)
    assert (entry.payload["contact"], entry.payload["subject"]) == ("new@example.com", "Tea")
    assert session.cache.read(drafts.firsts) == []


async def test_first_message_to_nobody_is_refused_at_its_field(session: Session) -> None:
    a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("c")
        await person.sees("NEW CONVERSATION")
        screen = person.app.screen
        assert isinstance(screen, NewScreen)
        screen.composer.sheet.focus()
        await person.type("Good day")
        await person.press("ctrl+s")
        await person.sees("! to whom?")
        assert session.cache.read(inbox.counts)["all"] == 1


async def test_unknown_words_of_the_spelling_command_are_named_and_underlined(session: Session, tmp_path: Path) -> None:
    command = tmp_path / "spell"
    command.write_text("#!/bin/sh\ngrep -o teh\n")
    command.chmod(0o755)
    session.settings = replace(session.settings, composer=replace(session.settings.composer, spell=(str(command),)))
    a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        await person.type("teh tea")
        await person.sees("spelling: teh")
        spans = person.app.main.composer.sheet.get_line(0).spans
        assert [(span.start, span.end, str(span.style)) for span in spans] == [(0, 3, "underline")]


async def test_missing_spelling_command_is_in_nobodys_way(session: Session) -> None:
    session.settings = replace(session.settings, composer=replace(session.settings.composer, spell=("/no/such",)))
    a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        await person.type("teh")
        composer = person.app.main.composer
        await person.until(lambda: composer._spelt is not None and composer._spelt.done())
        assert composer.sheet.misspelt == ()


async def test_cursor_of_the_terminal_stands_in_the_field_for_input_methods(session: Session) -> None:
    a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        person.app.post_message(Paste("お茶"))
        sheet = person.app.main.composer.sheet
        await person.until(lambda: sheet.text == "お茶")
        await person.until(lambda: person.app.cursor_position == sheet.cursor_screen_offset)
        assert sheet.cursor_screen_offset.x == sheet.content_region.x + 4


async def test_message_is_answered_by_the_channels_own_quote_or_by_marked_lines(session: Session) -> None:
    conversation = a_conversation(session.cache, "Hello?")
    (asked,) = session.cache.read(history.page, conversation.id)
    for quotes, begins in ((False, "> Hello?"), (True, "")):
        able(session.cache, replace(MAIL, quotes=quotes))
        async with a_console(session) as person:
            await person.press("enter", "Q")
            await person.sees("answers one message")
            text = person.app.main.composer.text
            assert begins in text
            assert bool(text) is not quotes
            await person.type("Yes")
            await person.press("ctrl+s")
            await person.sees("held for undo")
        entry = session.cache.read(outbox.entries)[-1]
        assert entry.payload["reply_to_external_id"] == asked.external_id
