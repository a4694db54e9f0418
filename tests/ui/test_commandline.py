"""The command line: the shell's verbs on what is shown, completed, with errors that point at the word."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from omnitui.cli.commandline import Commands
from omnitui.model.conversations import Conversation
from omnitui.model.states import Status
from omnitui.services.session import Session
from omnitui.store.reads import inbox
from omnitui.ui.screens.commandline import CommandScreen
from omnitui.ui.widgets.choices import Choices
from tests.support.console import Person, a_console, a_profile, a_session
from tests.support.desk import a_conversation, an_agent


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        a_conversation(opened.cache, "from Bo", contact="Bo", labels=("vip",))
        a_conversation(opened.cache, "from Ann", contact="Ann")
        an_agent(opened.cache, "Mei Tanaka")
        yield opened


@asynccontextmanager
async def console(session: Session, width: int = 130, height: int = 36) -> AsyncIterator[Person]:
    async with a_console(session, width, height) as person:
        person.app.main.desk.verbs = lambda: Commands(lambda _own: [])
        yield person


async def command(person: Person, line: str, *then: str) -> None:
    await person.press(":")
    await person.until(lambda: isinstance(person.app.screen, CommandScreen), "the command line")
    await person.type(line)
    await person.press(*(then or ("enter",)))


def row(session: Session, contact: str) -> Conversation:
    rows = session.cache.read(inbox.page, session.query("is:all"))
    return next(one for one in rows if one.contact == contact)


async def test_verbs_mean_the_shown_conversation_and_take_words_without_options(session: Session) -> None:
    async with console(session) as person:
        await command(person, "label +big -small")
        await person.until(lambda: row(session, "Ann").labels == ("big",))
        await command(person, "assign mei")
        await person.until(lambda: row(session, "Ann").assignee == "Mei Tanaka")
        await command(person, "priority urgent")
        await person.until(lambda: row(session, "Ann").priority.value == "urgent")
        await command(person, "snooze tomorrow 9")
        await person.until(lambda: row(session, "Ann").status is Status.SNOOZED)
        await person.sees(" from Bo")
        await command(person, "undo")
        await person.until(lambda: row(session, "Ann").status is Status.OPEN)
        assert row(session, "Bo").status is Status.OPEN


async def test_resolving_goes_on_and_marked_conversations_are_meant_before_the_shown_one(session: Session) -> None:
    async with console(session) as person:
        queue = person.app.main.queue
        for one in queue.window.rows:
            queue.toggle_mark(one.id)
        await command(person, "resolve seen by phone")
        await person.until(lambda: {row(session, name).status for name in ("Ann", "Bo")} == {Status.RESOLVED})
        await person.until(lambda: not queue.marked)
        await person.sees("(2 conversations)")


async def test_view_and_theme_and_search_are_the_consoles_own(session: Session) -> None:
    async with console(session) as person:
        await command(person, "view is:open label:vip")
        await person.sees("▌is:open label:vip")
        await person.until(lambda: [one.contact for one in person.app.main.queue.window.rows] == ["Bo"])
        await command(person, "view waiting")
        await person.sees("▌Waiting")
        await command(person, "theme paper")
        await person.until(lambda: person.app.theme == "paper")
        await command(person, "search from Ann")
        await person.sees("Search all messages")
        await person.sees("Ann  ")


async def test_what_a_verb_prints_is_shown_on_a_page(session: Session) -> None:
    async with console(session) as person:
        await command(person, "ls label:vip")
        await person.sees(":ls label:vip")
        await person.sees("Bo")
        await person.press("escape")
        await command(person, "resolve --help")
        await person.sees("--reason")


@pytest.mark.parametrize(
    ("line", "word", "said"),
    [
        ("resovle", "resovle", "there is no verb “resovle”"),
        ("snooze some day", "some day", "is no time that I know"),
        ("assign nobody", "nobody", "there is no agent called “nobody”"),
        ("view is:open is:opne", "opne", "cannot stand after"),
        ("ls label:vip is:opne", "opne", "cannot stand after"),
        ("priority huge", "huge", "invalid choice"),
        ("account lst", "lst", "needs one of"),
        ("theme papr", "papr", "there is no theme"),
        ("sync", "sync", "cannot run within the console"),
    ],
)
async def test_errors_point_at_the_word(session: Session, line: str, word: str, said: str) -> None:
    async with console(session) as person:
        await command(person, line)
        await person.sees(said)
        lines = person.screen.splitlines()
        field = next(one for one in lines if line in one and "^" not in one)
        marks = next(one for one in lines if "^" * len(word) in one)
        assert field.index(line) + line.rindex(word) == marks.index("^")
        assert marks.count("^") == len(word)


async def test_verbs_agents_labels_and_options_are_completed(session: Session) -> None:
    async with console(session) as person:
        await command(person, "ass", "tab")
        screen = person.app.screen
        assert isinstance(screen, CommandScreen)
        await person.until(lambda: screen.typed == "assign ")
        await person.type("m")
        await person.until(lambda: [one.value.text for one in screen.choices.choices][:2] == ["me", '"Mei Tanaka"'])
        await person.press("tab", "tab")
        await person.until(lambda: screen.typed == 'assign "Mei Tanaka"')
        await person.press("enter")
        await person.until(lambda: row(session, "Ann").assignee == "Mei Tanaka")
        await command(person, "label +v", "tab")
        await person.until(lambda: screen_of(person).typed == "label +vip ")
        await person.press("escape")
        await command(person, "resolve --r", "tab")
        await person.until(lambda: screen_of(person).typed == "resolve --reason ")
        await person.press("escape")
        await command(person, "view is:open lab", "tab")
        await person.until(lambda: screen_of(person).typed == "view is:open label:")


def screen_of(person: Person) -> CommandScreen:
    assert isinstance(person.app.screen, CommandScreen)
    return person.app.screen


async def test_earlier_lines_come_back_with_up_also_after_a_new_start(session: Session, tmp_path: Path) -> None:
    async with console(session) as person:
        await command(person, "label +one")
        await person.until(lambda: "one" in row(session, "Ann").labels)
        await command(person, "priority high")
        await person.until(lambda: row(session, "Ann").priority.value == "high")
    session.close()
    with Session.open(a_profile(tmp_path), clock=session.cache.clock) as again:
        async with console(again) as person:
            await command(person, "", "up", "up")
            await person.until(lambda: screen_of(person).typed == "label +one")
            await person.press("down")
            await person.until(lambda: screen_of(person).typed == "priority high")


async def test_any_action_runs_by_its_id(session: Session) -> None:
    async with console(session) as person:
        await command(person, "go.snoozed")
        await person.sees("▌Snoozed")


async def test_completion_that_is_clicked_is_filled_in_and_nothing_runs(session: Session) -> None:
    async with console(session) as person:
        await command(person, "assign m", "tab")
        screen = screen_of(person)
        await person.until(lambda: screen.typed == "assign me")
        screen.choices.move(1)
        screen.choices.post_message(Choices.Chosen())
        await person.until(lambda: screen.typed == 'assign "Mei Tanaka" ')
        assert row(session, "Ann").assignee == ""
        await person.press("enter")
        await person.until(lambda: row(session, "Ann").assignee == "Mei Tanaka")
