"""Marks: rows, ranges, the whole list; every act on them is one step that one undo takes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.model.states import Priority, Status
from omnitui.services.session import Session
from omnitui.store.reads import inbox, tasks
from omnitui.ui.acts import bulk
from tests.support.console import Person, a_console, a_session
from tests.support.desk import a_conversation
from tests.support.list_app import ListApp
from tests.support.rows import FakeRows
from tests.support.rows import a_conversation as a_row

NAMES = ("Ann", "Bo", "Cem", "Dora", "Eve")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        for name in reversed(NAMES):
            a_conversation(opened.cache, f"text of {name}", contact=name, subject=f"About {name}")
        yield opened


def having(session: Session, status: Status) -> set[str]:
    return {row.contact for row in session.cache.read(inbox.page, session.query("is:all")) if row.status is status}


def order(person: Person) -> list[str]:
    return [row.contact for row in person.app.main.queue.window.rows]


async def test_marked_rows_are_resolved_as_one_act_and_undone_as_one(session: Session) -> None:
    async with a_console(session) as person:
        first, second, third, *rest = order(person)
        await person.press("x", "x")
        await person.sees("2 marked")
        await person.press("d", "d")
        await person.sees("2 conversations: resolved")
        await person.until(lambda: having(session, Status.RESOLVED) == {first, second})
        await person.until(lambda: order(person) == [third, *rest])
        await person.misses("2 marked")
        await person.press("u")
        await person.until(lambda: having(session, Status.RESOLVED) == set())
        await person.until(lambda: len(order(person)) == len(NAMES))


async def test_range_follows_the_selection_both_ways_and_escape_clears(session: Session) -> None:
    async with a_console(session) as person:
        await person.press("j", "V", "j", "j")
        await person.sees("range: 3 marked")
        await person.press("k", "k", "k")
        await person.sees("range: 2 marked")
        await person.press("V", "j", "j")
        await person.sees("2 marked")
        await person.misses("range")
        await person.press("escape")
        await person.misses("marked")


async def test_every_act_of_the_list_means_what_is_marked(session: Session) -> None:
    async with a_console(session) as person:
        me = session.cache.me().id

        def all_are(seen: str) -> bool:
            found = session.cache.read(inbox.page, session.query("is:all"))
            return {
                "mine": all(row.assignee_id == me for row in found),
                "urgent": all(row.priority is Priority.URGENT for row in found),
                "labelled": all(row.labels == ("vip",) for row in found),
                "bare": all(row.labels == () for row in found),
                "read": all(row.unread == 0 for row in found),
                "waiting": all(row.status is Status.WAITING for row in found),
            }[seen]

        await person.press("*", "A")
        await person.until(lambda: all_are("mine"), "mine")
        await person.press("*", "p")
        await person.sees("Priority")
        await person.press("enter")
        await person.until(lambda: all_are("urgent"), "urgent")
        await person.press("*", "l")
        await person.sees("Labels")
        await person.type("vip")
        await person.sees("new label #vip")
        await person.press("enter")
        await person.until(lambda: all_are("labelled"), "labels")
        await person.press("u")
        await person.until(lambda: all_are("bare"), "labels taken back")
        await person.press("*", "t")
        await person.until(lambda: all_are("read"), "read")
        await person.press("*", "s", "w")
        await person.until(lambda: all_are("waiting"), "waiting")
        await person.press("u")
        await person.until(lambda: having(session, Status.OPEN) == set(NAMES), "taken back")


async def test_promises_are_made_and_kept_in_all_marked_ones_and_each_is_one_undo(session: Session) -> None:
    def promised() -> list[str]:
        return sorted(one.contact for one in session.cache.read(tasks.page))

    async with a_console(session) as person:
        first, second, *_rest = order(person)
        await person.press("x", "x", "s", "k")
        await person.sees("Promise what?")
        await person.type("call back 3h on the kettle")
        await person.sees("> call back  on the kettle")
        await person.press("enter")
        await person.sees("2 conversations: call back: due ")
        await person.until(lambda: promised() == sorted([first, second]))
        await person.misses("2 marked")
        await person.press("*", "s", "d")
        await person.sees("2 conversations: what was promised is done · 3 conversations left as they are: nothing is")
        assert promised() == []
        await person.press("u")
        await person.until(lambda: promised() == sorted([first, second]), "both are open again")
        await person.press("u")
        await person.until(lambda: promised() == [], "nothing is promised any more")


async def test_many_marked_are_promised_something_only_after_a_preview(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        for number in range(bulk.UNASKED + 1):
            a_conversation(session.cache, f"text {number}", contact=f"Ann {number}")
        async with a_console(session) as person:
            await person.press("*", "s", "k")
            await person.sees("Promise what?")
            await person.type("call back 3h on the kettle")
            await person.sees("> call back  on the kettle")
            await person.press("enter")
            await person.sees("21 conversations: call back: due ")
            await person.sees("Ann 19  call back: due ")
            await person.press("enter")
            await person.misses("21 conversations: call back")
            assert session.cache.read(tasks.page) == []


async def test_what_means_one_conversation_says_so_where_others_are_marked(session: Session) -> None:
    async with a_console(session) as person:
        third = order(person)[2]
        await person.press("x", "x", "n")
        await person.sees("the shown conversation alone; the marked ones stay marked")
        await person.until(lambda: person.app.main.composer.draft is not None)
        await person.type("a note")
        await person.press("ctrl+s")
        await person.sees("note kept")
        (row,) = [row for row in session.cache.read(inbox.page, session.query("is:all")) if row.snippet == "a note"]
        assert row.contact == third
        await person.sees("2 marked")


async def test_marks_are_not_meant_while_one_conversation_is_read(session: Session) -> None:
    async with a_console(session) as person:
        third = order(person)[2]
        await person.press("x", "x", "enter")
        await person.until(lambda: person.app.main.focused is person.app.main.history)
        await person.press("d", "d")
        await person.until(lambda: having(session, Status.RESOLVED) == {third})


@pytest.mark.parametrize(("width", "height"), [(60, 20), (80, 24)])
async def test_a_question_is_told_whole_and_a_choice_keeps_its_name(session: Session, width: int, height: int) -> None:
    async with a_console(session, width, height) as person:
        await person.press("d", "c")
        await person.sees("Close this conversation for good?")
        assert " ".join(person.screen.replace("│", " ").split()).count("A later message starts a new one.") == 1
        await person.sees("> no, leave it")
        await person.press("escape", "s", "z")
        await person.sees("the incident ends")
        await person.sees("it is linked to no incident")


async def test_closing_marked_ones_says_first_what_it_will_do(session: Session) -> None:
    async with a_console(session) as person:
        await person.press("x", "x", "x", "d", "c")
        await person.sees("3 conversations: close")
        await person.press("enter")
        await person.misses("3 conversations: close")
        assert having(session, Status.CLOSED) == set()
        await person.press("d", "c")
        await person.sees("3 conversations: close")
        await person.press("down", "enter")
        await person.until(lambda: len(having(session, Status.CLOSED)) == 3)


async def test_many_marked_are_changed_only_after_a_preview(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        for number in range(25):
            a_conversation(session.cache, "hello", contact=f"Person {number}", subject="Same")
        some = [row.id for row in session.cache.read(inbox.page, session.query("is:open"))][:4]
        session.operations.set_status(some, Status.RESOLVED)
        async with a_console(session) as person:
            await person.press("g", "a")
            await person.until(lambda: len(order(person)) == 25)
            await person.press("*", "d", "d")
            await person.sees("25 conversations: resolved; 4 are so already")
            assert len(having(session, Status.RESOLVED)) == 4
            await person.press("down", "enter")
            await person.until(lambda: len(having(session, Status.RESOLVED)) == 25)
            await person.press("u")
            await person.until(lambda: len(having(session, Status.RESOLVED)) == 4)


async def test_range_over_rows_that_are_not_loaded_marks_them() -> None:
    app = ListApp(FakeRows(1_500))
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        app.list.move(10)
        app.list.toggle_range()
        app.list.bottom()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert len(app.list.marked) == 1_490
        assert a_row(9).id not in app.list.marked
        app.list.clear_marks()
        app.list.mark_all()
        await app.workers.wait_for_complete()
        assert len(app.list.marked) == 1_500
        app.list.mark_all()
        await app.workers.wait_for_complete()
        assert not app.list.marked


async def test_more_than_can_be_marked_at_once_is_said() -> None:
    app = ListApp(FakeRows(12_000))
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        app.list.mark_all()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert len(app.list.marked) == 10_000
