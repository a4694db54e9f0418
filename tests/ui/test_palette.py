"""The palette and the help: everything by a few letters, what was used last first, and why something cannot be done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from omnitui.model.incidents import Severity
from omnitui.services.session import Session
from omnitui.ui.outside import suspending
from omnitui.ui.screens.picker import PickerScreen
from omnitui.ui.widgets.choices import Choice, Choices
from tests.support.console import Person, a_console, a_profile, a_session
from tests.support.desk import a_contact, a_conversation
from tests.support.ruled import ADD, a_rule, ruled


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


def listed(person: Person) -> list[str]:
    """The names of the choices on the screen."""
    return ["".join(text for text, _role in one.left) for one in person.app.screen.query_one(Choices).choices]


async def test_palette_finds_views_labels_themes_and_settings(session: Session) -> None:
    a_conversation(session.cache, "of a vip", contact="Vera", labels=("vip",))
    a_conversation(session.cache, contact="Ann")
    async with a_console(session) as person:
        await person.press("ctrl+p")
        await person.type("#vip")
        await person.until(lambda: listed(person)[:1] == ["#vip"])
        await person.press("enter")
        await person.sees("▌#vip")
        await person.sees("Vera")
        await person.misses("Ann")
        await person.press("ctrl+p")
        await person.type("waiting view")
        await person.until(lambda: bool(listed(person)) and listed(person)[0].startswith("Waiting"))
        await person.press("enter")
        await person.sees("▌Waiting")
        await person.press("ctrl+p")
        await person.type("theme paper")
        await person.until(lambda: "Theme paper" in listed(person)[:1])
        await person.press("enter")
        await person.until(lambda: person.app.theme == "paper")
        await person.press("ctrl+p")
        await person.type("replies.hold_by")
        await person.until(lambda: bool(listed(person)) and "hold_by_channel" in listed(person)[0])
        await person.press("enter")
        await person.sees("stronger than the account's own")
        await person.sees("config.toml")


async def test_palette_shows_the_last_used_first_also_after_a_new_start(session: Session, tmp_path: Path) -> None:
    a_conversation(session.cache, contact="Ann")
    async with a_console(session) as person:
        await person.press("ctrl+p")
        await person.type("go to snoozed")
        await person.press("enter")
        await person.sees("▌Snoozed")
        await person.press("ctrl+p")
        await person.until(lambda: listed(person)[0].startswith("Go to snoozed"))
        await person.press("escape")
    session.close()
    with Session.open(a_profile(tmp_path), clock=session.cache.clock) as again:
        async with a_console(again) as person:
            await person.press("ctrl+p")
            await person.until(lambda: listed(person)[0].startswith("Go to snoozed"))


async def test_way_between_panes_is_nothing_that_was_used(session: Session) -> None:
    a_conversation(session.cache, contact="Ann")
    async with a_console(session) as person:
        await person.press("A", "tab", "escape", "ctrl+p")
        await person.until(lambda: bool(listed(person)) and listed(person)[0].startswith("Assign to me"))


async def test_single_character_of_japanese_finds_conversations_and_contacts(session: Session) -> None:
    a_conversation(session.cache, "返金をお願いします", contact="山田 花子", subject="注文の件")
    a_contact(session.cache, "返町 一郎")
    async with a_console(session) as person:
        await person.press("ctrl+p")
        await person.type("返")
        await person.until(lambda: len(listed(person)) == 2)
        assert listed(person) == ["返町 一郎", "山田 花子  注文の件"]


async def test_palette_leads_to_incidents_and_rules_the_last_used_first(session: Session) -> None:
    a_conversation(session.cache, contact="Ann")
    session.operations.open_incident("Kettles catch fire", Severity.SEV2)
    ended = session.operations.open_incident("Kiosk was closed", Severity.SEV4)
    session.operations.end_incident(ended[0].object_id)
    ruled(session, a_rule("vip", "message", ADD % "vip", title="VIP first", when="segment:vip"))
    async with a_console(session, 140, 40) as person:
        await person.press("ctrl+p")
        await person.sees("macros, incidents, rules")
        await person.type("kiosk")
        await person.until(lambda: listed(person)[:1] == ["SEV4 Kiosk was closed  ended"])
        await person.sees("incident  gI")
        await person.press("enter")
        await person.sees("e reopens it")
        await person.press("escape")
        await person.until(lambda: person.app.screen is person.app.main)
        await person.press("ctrl+p")
        await person.until(lambda: listed(person)[:1] == ["SEV4 Kiosk was closed  ended"], "what was used last")
        await person.type("vip first")
        await person.until(lambda: listed(person)[:1] == ["VIP first  segment:vip"])
        await person.sees("rule  gR")
        await person.press("enter")
        await person.sees("VIP first · on")
        await person.press("escape")
        await person.until(lambda: person.app.screen is person.app.main)


async def test_contact_without_an_open_conversation_opens_the_list_of_theirs(session: Session) -> None:
    from omnitui.model.states import Status

    a_conversation(session.cache, "long ago", contact="Zoe", status=Status.RESOLVED, subject="Old matter")
    a_conversation(session.cache, contact="Ann")
    async with a_console(session) as person:
        await person.press("ctrl+p")
        await person.type("zoe")
        await person.until(lambda: listed(person)[:1] == ["Zoe"])
        await person.press("enter")
        await person.sees("▌Zoe")
        await person.sees("Old matter")


async def test_action_that_cannot_be_done_says_why_in_lists_and_when_its_key_is_pressed(session: Session) -> None:
    a_conversation(session.cache, contact="Ann")
    async with a_console(session, 140, 40) as person:
        await person.press("g", "p")
        await person.sees("! nothing is known that this conversation may belong to")
        await person.press("?")
        await person.type("related")
        await person.sees("not now: nothing is known")


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("Call …", "no way to call is set: set [voice]"),
        ("Kept the promise", "nothing is promised here"),
        ("Cut apart", "this conversation is not merged"),
        ("Do it again", "nothing was done yet"),
        ("Back to the shell", "no shell is behind this console"),
        ("Go to the team's", "config.toml names no [teams]"),
    ],
)
async def test_what_cannot_be_done_is_dimmed_with_its_reason(
    session: Session, typed: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspending, "has_shell", lambda: False)
    a_conversation(session.cache, contact="Ann")
    async with a_console(session, 140, 40) as person:
        await person.press("?")
        await person.sees("Keys in the list")
        await person.type(typed)
        await person.until(
            lambda: any(one.startswith(typed) and f"not now: {why}" in one for one in listed(person)[:2])
        )
        (first, *_rest) = person.app.screen.query_one(Choices).choices
        assert first.dim
        await person.press("enter")
        await person.sees(f"! {why}")


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("Change the message", "the customer wrote this"),
        ("Attachments …", "this message has no attachments"),
        ("Go to what it answers", "it is not known that this message answers"),
        ("Next search hit", "nothing was searched for yet"),
        ("Quotes", "nothing is quoted here"),
        ("What became of it", "there is nothing to decide"),
    ],
)
async def test_what_cannot_be_done_to_a_message_says_why_beside_it(session: Session, typed: str, why: str) -> None:
    a_conversation(session.cache, contact="Ann")
    async with a_console(session, 140, 40) as person:
        await person.press("enter")
        await person.until(lambda: person.app.main.focused is person.app.main.history)
        await person.press("?")
        await person.sees("Keys in the history")
        await person.type(typed)
        await person.until(
            lambda: any(one.startswith(typed) and f"not now: {why}" in one for one in listed(person)[:2])
        )


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("Send later", "there is nothing to send"),
        ("Take a file away", "nothing is attached"),
        ("Approved template", "the back end has no approved template"),
        ("Undo typing", "there is nothing to take back"),
    ],
)
async def test_what_cannot_be_done_where_one_writes_says_why_beside_it(session: Session, typed: str, why: str) -> None:
    a_conversation(session.cache, contact="Ann")
    async with a_console(session, 140, 40) as person:
        await person.press("r")
        await person.until(lambda: person.app.main.composer.draft is not None)
        await person.press("f1")
        await person.sees("Keys in the composer")
        await person.type(typed)
        await person.until(
            lambda: any(one.startswith(typed) and f"not now: {why}" in one for one in listed(person)[:2])
        )


async def test_help_narrows_down_marks_letters_and_runs(session: Session) -> None:
    a_conversation(session.cache, contact="Ann")
    async with a_console(session) as person:
        await person.press("?")
        await person.sees("Keys in the list")
        await person.type("snooze hour")
        await person.until(lambda: len(listed(person)) == 1)
        chosen = person.app.screen.query_one(Choices).choices[0]
        assert ("Snooze", "hit") in chosen.left
        await person.press("enter")
        await person.sees("Ann: snoozed until")


async def test_canned_response_from_the_palette_begins_a_reply_or_goes_where_one_writes(session: Session) -> None:
    folder = session.profile.config / "snippets"
    folder.mkdir()
    (folder / "hello.md").write_text("Dear {contact.name},\n", "utf-8")
    (folder / "bye.md").write_text("---\ntitle: End of a letter\n---\nYours, {agent.name}\n", "utf-8")
    a_conversation(session.cache, contact="Ann")
    async with a_console(session) as person:
        await person.press("ctrl+p")
        await person.type(";hello")
        await person.until(lambda: listed(person)[:1] == [";hello hello  Dear {contact.name},"])
        await person.press("enter")
        await person.sees("Dear Ann,")
        await person.press("enter", "ctrl+p")
        await person.type("end of a letter")
        await person.until(lambda: bool(listed(person)) and listed(person)[0].startswith(";bye"))
        await person.press("enter")
        whole = f"Dear Ann,\nYours, {session.cache.me().name}"
        await person.until(lambda: person.app.main.composer.text == whole, whole)


async def test_an_answer_that_comes_while_a_dialog_closes_is_dropped(session: Session) -> None:
    a_conversation(session.cache, contact="Ann")
    late = asyncio.Event()

    async def source(_text: str) -> AsyncIterator[Sequence[Choice]]:
        yield [Choice(1, (("at once", "text"),))]
        await late.wait()
        yield [Choice(2, (("too late", "text"),))]

    async with a_console(session) as person:
        dialog = PickerScreen("Which", source)
        await person.app.push_screen(dialog)
        await person.until(lambda: listed(person) == ["at once"])
        await dialog.query_one(".dialog").remove()
        late.set()
        await person.until(lambda: dialog._work is not None and dialog._work.done(), "an end of the search")
        dialog.dismiss(None)
        await person.sees("Ann")
        assert person.app.fault is None
        assert person.app.return_code is None


async def test_palette_puts_the_very_name_first_from_wherever_it_comes(session: Session) -> None:
    a_conversation(session.cache, contact="Ann", labels=("vip", "vip-asia", "go"))
    a_contact(session.cache, "Mara")
    a_conversation(session.cache, "Where is Mara?", contact="Mara Holloway", subject="mara")
    async with a_console(session) as person:
        await person.press("ctrl+p")
        await person.type("vip")
        await person.until(lambda: listed(person)[:2] == ["#vip", "#vip-asia"])
        assert person.app.screen.query_one(Choices).at == 0
        await person.press(*["backspace"] * 3)
        # Many actions begin with it, and it is none of their names.
        await person.type("go")
        await person.until(lambda: listed(person)[:1] == ["#go"])
        await person.press(*["backspace"] * 2)
        await person.type("mara")
        await person.until(lambda: listed(person)[:1] == ["Mara"])
        assert person.app.screen.query_one(Choices).at == 0
        await person.press(*["backspace"] * 4)
        await person.type("inbox")
        await person.until(lambda: listed(person)[:1] == ["Inbox  is:open"])


async def test_palette_lists_accidental_letters_below_what_the_cache_finds(session: Session) -> None:
    a_conversation(session.cache, "the gts is broken", contact="Ann", subject="Loom")
    async with a_console(session) as person:
        await person.press("ctrl+p")
        await person.type("gts")
        await person.until(lambda: listed(person)[:1] == ["Ann  Loom"])
        assert any(name.startswith("Go to snoozed") for name in listed(person)[1:])


async def test_label_that_is_known_is_in_the_first_answer_of_the_palette(session: Session) -> None:
    a_conversation(session.cache, contact="Ann", labels=("vip",))
    async with a_console(session) as person:
        await person.press("/")
        await person.until(lambda: person.app.main.desk.names is not None)
        await person.press("escape", "ctrl+p")
        # Typed in one go: Enter takes what the first answer has.
        await person.press("v", "i", "p", "enter")
        await person.sees("▌#vip")


async def test_cursor_that_was_moved_stays_on_its_choice_when_the_very_name_is_found_late(session: Session) -> None:
    a_conversation(session.cache, contact="Ann")
    a_contact(session.cache, "Assign")
    async with a_console(session) as person:
        await person.press("ctrl+p")
        await person.type("assig")
        await person.press("n", "down")
        await person.until(lambda: listed(person)[:1] == ["Assign"])
        chosen = person.app.screen.query_one(Choices).current
        assert chosen is not None
        assert chosen.value[0] == "action"
