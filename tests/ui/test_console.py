"""A day's work by keys alone, as it is seen on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.model.states import Direction, MessageKind, Priority, Status
from omnitui.services.actions import ACTIONS, Scope
from omnitui.services.session import Session
from omnitui.store.reads import drafts, history, inbox
from omnitui.ui.acts import HANDLERS
from tests.support.console import Person, a_console, a_profile, a_session
from tests.support.desk import a_contact, a_conversation, a_message, an_agent


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


def test_every_action_of_the_table_has_its_handler() -> None:
    assert set(HANDLERS) == set(ACTIONS)


async def test_resolving_goes_on_with_the_next_and_undo_brings_it_back(session: Session) -> None:
    for name in ("Third", "Second", "First"):
        a_conversation(session.cache, f"from {name}", contact=name)
    async with a_console(session) as person:
        await person.sees("▌")
        await person.press("d", "d")
        await person.sees("First: resolved")
        await person.sees(" from Second")
        await person.press("d", "d")
        await person.sees("Second: resolved")
        assert session.cache.read(inbox.counts)["resolved"] == 2
        await person.press("u")
        await person.sees("undone: status → resolved")
        await person.sees(" from Second")
        await person.press("ctrl+r")
        await person.sees("done again: status → resolved")


@pytest.mark.parametrize("keys", [("j", "d", "d"), ("V", "j", "d", "d")], ids=["one", "many"])
async def test_list_at_its_top_shows_what_undo_brought_back(session: Session, keys: tuple[str, ...]) -> None:
    for name in ("Fourth", "Third", "Second", "First"):
        a_conversation(session.cache, f"from {name}", contact=name)
    async with a_console(session) as person:
        await person.sees("▌Inbox")
        queue = person.app.main.queue
        await person.press(*keys)
        await person.sees("resolved")
        await person.press("u")
        await person.sees("undone: ")
        await person.until(lambda: len(queue.window.rows) == 4 and queue.window.first == 0)
        assert not queue.window.new


def shown(person: Person) -> str:
    found = person.app.main.desk.conversation
    return found.contact if found is not None else ""


async def test_count_before_a_movement_repeats_it(session: Session) -> None:
    for number in range(9):
        a_conversation(session.cache, f"matter {number}", contact=f"Person {number}")
    async with a_console(session) as person:
        await person.press("4", "j")
        await person.until(lambda: shown(person) == "Person 4")
        await person.press("2", "k")
        await person.until(lambda: shown(person) == "Person 6")


async def test_begun_chord_shows_what_may_follow_and_escape_drops_it(session: Session) -> None:
    a_conversation(session.cache)
    async with a_console(session) as person:
        await person.press("s")
        await person.sees("Snooze until tomorrow")
        await person.press("escape")
        await person.sees("dd resolve")
        await person.press("g")
        await person.sees("Go to waiting")
        await person.press("w")
        await person.sees("Waiting")
        await person.sees("Nothing here.")


async def test_note_is_written_in_another_mode_than_a_reply_and_each_keeps_its_text(session: Session) -> None:
    conversation = a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        await person.sees("REPLY")
        await person.sees("to ann@example.com by email")
        await person.type("for Ann")
        await person.press("ctrl+t")
        await person.sees("INTERNAL NOTE")
        await person.misses("to ann@example.com by email")
        assert person.app.main.composer.text == ""
        await person.type("for us")
        await person.press("ctrl+s")
        await person.sees("note kept")
        await person.sees("NOTE, only agents see it")
        await person.press("r")
        await person.until(lambda: person.app.main.composer.text == "for Ann")
        written = session.cache.read(history.page, conversation.id)
        assert [(one.kind, one.text) for one in written[1:]] == [(MessageKind.NOTE, "for us")]


async def test_enter_and_a_paste_never_send(session: Session) -> None:
    conversation = a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        await person.type("one")
        await person.press("enter", "enter")
        from textual.events import Paste

        person.app.post_message(Paste("two\nthree\x1b[31m\x13\n"))
        await person.until(lambda: "three" in person.app.main.composer.text)
        text = person.app.main.composer.text
        assert text.startswith("one\n\ntwo\nthree")
        assert "\x1b" not in text
        assert len(session.cache.read(history.page, conversation.id)) == 1


async def test_every_keystroke_is_a_draft_that_the_next_start_finds(session: Session, tmp_path: Path) -> None:
    conversation = a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        await person.type("half a sent")
        await person.until(
            lambda: [one.text for one in session.cache.read(drafts.drafts, conversation.id)] == ["half a sent"]
        )
        await person.type("ence")
        # The console ends at once, as by a crash: nothing waited for the last keys.
    assert [one.text for one in session.cache.read(drafts.drafts, conversation.id)] == ["half a sentence"]
    session.close()
    with Session.open(a_profile(tmp_path), clock=session.cache.clock) as again:
        async with a_console(again) as person:
            await person.sees("✎")
            await person.press("r")
            await person.until(lambda: person.app.main.composer.text == "half a sentence")


async def test_keys_follow_the_users_file_and_its_faults_are_named(session: Session) -> None:
    session.profile.keys_file.write_text('"conversation.resolve" = "x"\n"list.dwon" = "y"\n')
    a_conversation(session.cache, contact="Ann")
    async with a_console(session) as person:
        await person.sees("there is no action called list.dwon (did you mean list.down?)")
        await person.sees("x resolve")
        await person.press("x")
        await person.sees("Ann: resolved")


async def test_remapped_key_works_while_a_text_field_took_its_default(session: Session) -> None:
    session.profile.keys_file.write_text('"composer.send" = "f9"\n"conversation.note" = "f3"\n')
    a_conversation(session.cache)
    async with a_console(session) as person:
        await person.press("f3")
        await person.sees("INTERNAL NOTE")
        await person.type("n r d d")
        await person.press("f9")
        await person.sees("note kept")
        await person.sees("n r d d")


async def test_status_snooze_assignee_label_and_priority_by_keys(session: Session) -> None:
    an_agent(session.cache, "Ken")
    conversation = a_conversation(session.cache, contact="Ann")

    def now() -> object:
        return session.cache.read(inbox.conversation, conversation.id)

    async with a_console(session) as person:
        await person.press("a")
        await person.sees("Assign to")
        await person.type("ken")
        await person.press("enter")
        await person.sees("@Ken")
        await person.press("l")
        await person.sees("Labels")
        await person.type("refund")
        await person.sees("new label #refund")
        await person.press("enter")
        await person.until(lambda: getattr(now(), "labels", ()) == ("refund",))
        await person.misses("new label #refund")
        await person.press("p")
        await person.sees("Priority")
        await person.press("enter")
        await person.until(lambda: getattr(now(), "priority", None) is Priority.URGENT)
        await person.press("s", "z")
        await person.sees("Snooze until")
        await person.type("3d")
        await person.press("enter")
        await person.sees("snoozed until")
        await person.until(lambda: getattr(now(), "status", None) is Status.SNOOZED)
    found = session.cache.read(inbox.conversation, conversation.id)
    assert found is not None
    assert (found.assignee, found.labels, found.priority) == ("Ken", ("refund",), Priority.URGENT)


async def test_palette_finds_actions_conversations_and_contacts(session: Session) -> None:
    a_conversation(session.cache, "about kettles", contact="Kettle Kate", subject="Kettles")
    a_conversation(session.cache, contact="Ann")
    async with a_console(session) as person:
        await person.press("ctrl+p")
        await person.sees("What to do, or where to go")
        await person.type("resol")
        await person.sees("dd")
        await person.press("escape")
        await person.press("ctrl+p")
        await person.type("kettle")
        await person.sees("> Kettle Kate  Kettles")
        await person.press("enter")
        await person.sees(" about kettles")


async def test_help_names_the_keys_of_the_focused_pane_and_runs_one(session: Session) -> None:
    a_conversation(session.cache, contact="Ann")
    async with a_console(session) as person:
        await person.press("?")
        await person.sees("Keys in the list")
        await person.type("wait for")
        await person.press("enter")
        await person.sees("Ann: waiting")


async def test_why_and_raw_and_log_and_ledger_open(session: Session) -> None:
    conversation = a_conversation(session.cache, "Hello?")
    a_message(session.cache, conversation.id, "About my order", placement="stranger <old@example.com>")
    async with a_console(session) as person:
        await person.press("enter", "w")
        await person.sees("Placed here because")
        await person.sees("its sender did not take part in that")
        await person.press("escape", "v")
        await person.sees("As it came")
        await person.press("escape", "A")
        await person.sees("assigned to you")
        await person.press("g", "h")
        await person.sees("Op log")
        await person.sees("assignee: nobody →")
        await person.press("escape", "g", "b")
        await person.sees("Ledger")
        await person.sees("not synced yet")


async def test_contact_is_edited_and_linked_and_unlinked(session: Session) -> None:
    a_contact(session.cache, "Ann Other", "ann.other@example.com")
    a_conversation(session.cache, contact="Ann")
    async with a_console(session) as person:
        await person.press("E")
        await person.sees("Edit the contact")
        await person.press("tab")
        await person.type("vip")
        await person.press("ctrl+s")
        await person.sees("contact changed")
        await person.sees("vip")
        await person.press("L")
        await person.sees("is the same person as")
        await person.type("other")
        await person.sees("ann.other@example.com")
        await person.press("enter")
        await person.sees("Also known as")
        await person.press("u")
        await person.misses("Also known as")


async def test_message_is_moved_to_another_conversation_and_back(session: Session) -> None:
    other = a_conversation(session.cache, "the kettle", contact="Bo", subject="Kettles")
    a_conversation(session.cache, "first", "about the kettle", contact="Ann", subject="Teapots")
    async with a_console(session) as person:
        await person.press("enter", "M")
        await person.sees("Move the message into")
        await person.type("kettle")
        await person.sees("Bo  Kettles")
        await person.press("enter")
        await person.sees("moved; undo takes it back")
        await person.misses("▌ about the kettle")
        assert [one.text for one in session.cache.read(history.page, other.id)] == ["the kettle", "about the kettle"]
        await person.press("u")
        await person.until(lambda: len(session.cache.read(history.page, other.id)) == 1)


async def test_long_history_is_read_backwards_without_losing_the_place(session: Session) -> None:
    conversation = a_conversation(session.cache, "message 0", seen=True)
    for number in range(1, 130):
        way = Direction.OUTGOING if number % 3 == 0 else Direction.INCOMING
        a_message(session.cache, conversation.id, f"message {number}", direction=way, seen=True)
    async with a_console(session) as person:
        await person.sees("message 129")
        await person.press("enter")
        for _step in range(40):
            await person.press("ctrl+u")
            if " message 0" in person.screen:
                break
            await person.pilot.pause(0.05)
        await person.sees(" message 0")
        await person.press("G")
        await person.sees("▌ message 129")


async def test_search_hit_deep_in_a_history_is_shown_at_its_place(session: Session) -> None:
    conversation = a_conversation(session.cache, "message 0", contact="Ann")
    for number in range(1, 200):
        a_message(session.cache, conversation.id, "蛍石の話" if number == 20 else f"message {number}")
    async with a_console(session) as person:
        await person.press("slash")
        await person.type("蛍石")
        await person.sees("Ann  ")
        await person.press("enter")
        await person.sees("▌ 蛍石の話")
        await person.press("G")
        await person.sees("▌ message 199")


async def test_error_of_a_query_points_at_the_word(session: Session) -> None:
    a_conversation(session.cache)
    async with a_console(session) as person:
        await person.press("slash")
        await person.type("is:opne")
        await person.sees("opne")
        await person.sees("open")


async def test_hostile_names_and_subjects_are_drawn_as_text(session: Session) -> None:
    a_conversation(
        session.cache, "body [@click=app.quit]x[/] \x1b[2J", contact="E[/]ve\x1b]0;x\x07", subject="[b]s\x9b31m"
    )
    async with a_console(session) as person:
        await person.sees("[@click=app.quit]x[/]")
        await person.sees("E[/]ve")
        for key in ("ctrl+p", "escape", "w", "escape", "v", "escape"):
            await person.press(key)
        assert "\x1b" not in person.screen
        assert person.app.is_running


def test_no_printable_default_key_lives_on_the_app_or_in_the_composer() -> None:
    from omnitui.services.keys.keymap import default_keymap
    from omnitui.ui.app import ConsoleApp

    assert ConsoleApp.BINDINGS == []
    assert not [chord for chord in default_keymap().tables[Scope.COMPOSER] if len(chord[0]) == 1]
