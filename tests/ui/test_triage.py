"""Triage by keys: how far an act reaches, the last act again, recordings, reasons, hand-offs, macros."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from omnitui.errors import OmniError
from omnitui.model.conversations import Conversation
from omnitui.model.states import Priority, SendState, Status
from omnitui.services.session import Session
from omnitui.services.texts import macros
from omnitui.services.triage import reasons, recordings
from omnitui.store import outbox as send_states
from omnitui.store.arriving import inflow
from omnitui.store.reads import history, inbox, outbox
from omnitui.ui.drafts import editor
from tests.support.console import Person, a_console, a_session
from tests.support.desk import a_conversation

NAMES = ("Ann", "Bo", "Cem", "Dora", "Eve")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        for name in reversed(NAMES):
            a_conversation(opened.cache, f"text of {name}", contact=name, subject=f"About {name}")
        yield opened


def having(session: Session, status: Status) -> set[str]:
    return {row.contact for row in session.cache.read(inbox.page, session.query("is:all")) if row.status is status}


def row(session: Session, name: str) -> Conversation:
    return next(one for one in session.cache.read(inbox.page, session.query("is:all")) if one.contact == name)


def order(person: Person) -> list[str]:
    return [one.contact for one in person.app.main.queue.window.rows]


async def test_operator_with_a_motion_resolves_so_many_rows_as_one_act(session: Session) -> None:
    async with a_console(session) as person:
        await person.until(lambda: len(order(person)) == 5)
        first, second, third, fourth, fifth = order(person)
        await person.press("j", "d", "2")
        await person.sees("d2")
        await person.press("j")
        await person.until(lambda: having(session, Status.RESOLVED) == {second, third, fourth})
        await person.sees("3 conversations: resolved")
        await person.press("u")
        await person.until(lambda: having(session, Status.RESOLVED) == set())
        await person.until(lambda: len(order(person)) == 5)
        await person.press("g", "g", "2", "s", "w")
        await person.until(lambda: having(session, Status.WAITING) == {first, second})
        await person.press("d", "G")
        await person.until(lambda: having(session, Status.RESOLVED) == {third, fourth, fifth})


async def test_last_act_is_done_again_to_the_next_one(session: Session) -> None:
    async with a_console(session) as person:
        await person.until(lambda: len(order(person)) == 5)
        first, second, *_rest = order(person)
        await person.press("p")
        await person.sees("Priority")
        await person.press("enter")
        await person.until(lambda: row(session, first).priority is Priority.URGENT)
        await person.press("j", ".")
        await person.until(lambda: row(session, second).priority is Priority.URGENT)


async def test_length_after_sz_snoozes_at_once_and_its_enter_opens_nothing(session: Session) -> None:
    async with a_console(session) as person:
        await person.until(lambda: len(order(person)) == 5)
        first = order(person)[0]
        await person.press("s", "z")
        await person.sees("Snooze until")
        await person.press("2", "d")
        await person.until(lambda: row(session, first).status is Status.SNOOZED)
        await person.press("enter")
        assert person.app.main.scope.value == "list"


async def test_snooze_until_a_reply_names_no_time(session: Session) -> None:
    async with a_console(session) as person:
        await person.until(lambda: len(order(person)) == 5)
        first = order(person)[0]
        await person.press("s", "z")
        await person.sees("Snooze until")
        await person.type("返信まで")
        await person.press("enter")
        await person.sees("snoozed until a reply")
        await person.until(lambda: row(session, first).status is Status.SNOOZED)
        assert row(session, first).snoozed_until is None


async def test_recording_is_done_to_marked_ones_after_a_dry_run(session: Session) -> None:
    async with a_console(session) as person:
        await person.until(lambda: len(order(person)) == 5)
        names = order(person)
        await person.press("q", "a")
        await person.sees("recording @a")
        await person.press("A", "s", "w", "q")
        await person.sees("recorded @a: assign to you, waiting")
        await person.until(lambda: len(order(person)) == 4)
        await person.press("x", "x", "@", "a")
        await person.sees("2 conversations: @a")
        await person.sees("status: open → waiting")
        assert having(session, Status.WAITING) == {names[0]}
        await person.press("down", "enter")
        await person.until(lambda: having(session, Status.WAITING) == set(names[:3]))
        await person.press("u")
        await person.until(lambda: having(session, Status.WAITING) == {names[0]})
        assert row(session, names[1]).assignee_id is None


async def test_recording_is_there_after_a_restart_with_its_macro_as_the_file_says_now(session: Session) -> None:
    macros.give(session.profile, "vip", '[[do]]\nlabel = "+vip"\n')
    async with a_console(session) as person:
        await person.until(lambda: len(order(person)) == 5)
        first, second = order(person)[:2]
        await person.press("q", "z", "A", ";")
        await person.sees("Enter shows what it would do")
        await person.press("enter")
        await person.sees("1 conversation: vip")
        await person.press("down", "enter")
        await person.until(lambda: row(session, first).labels == ("vip",))
        await person.press("q")
        await person.until(lambda: "z" in recordings.load(session.profile))
    macros.path(session.profile, "vip").write_text('[[do]]\nlabel = "+gold"\n')
    async with a_console(session) as person:
        await person.until(lambda: len(order(person)) == 5)
        await person.press("j")
        await person.until(lambda: person.app.main.desk.shown == row(session, second).id)
        await person.press("@", "z")
        await person.sees("labels: +#gold")
        await person.press("down", "enter")
        await person.until(lambda: row(session, second).labels == ("gold",))
        assert row(session, second).assignee_id == session.cache.me().id


async def test_recording_asked_for_by_name_says_which_keys_begin_one(session: Session) -> None:
    a_conversation(session.cache, contact="Ann")
    async with a_console(session) as person:
        for name in ("record", "do what was recorded"):
            await person.press("ctrl+p")
            await person.sees("What to do")
            await person.type(name)
            await person.sees("> Record" if name == "record" else "> Do what was")
            await person.press("enter")
            await person.sees("q and a letter begin a recording")
            person.app.main.desk.hush()
            await person.misses("begin a recording")
        await person.press("q")
        await person.sees("a letter   esc drops it")
        await person.press("escape")


async def test_reason_is_chosen_by_one_key_a_level_and_undone_with_the_status(session: Session) -> None:
    reasons.give(session.profile, reasons.EXAMPLE)
    async with a_console(session) as person:
        await person.until(lambda: len(order(person)) == 5)
        first = order(person)[0]
        await person.press("d", "r")
        await person.sees("Why did the customer write?")
        await person.press("b")
        await person.sees("Refund")
        await person.press("r")
        await person.until(lambda: row(session, first).contact_reason == "billing/refund")
        assert row(session, first).status is Status.RESOLVED
        await person.press("u")
        await person.until(lambda: row(session, first).status is Status.OPEN)
        assert row(session, first).contact_reason == ""


async def test_resolving_asks_for_a_reason_where_the_file_says_so(session: Session) -> None:
    reasons.give(session.profile, f"ask = true\n{reasons.EXAMPLE}")
    async with a_console(session) as person:
        await person.until(lambda: len(order(person)) == 5)
        first = order(person)[0]
        await person.press("d", "d")
        await person.sees("Why did the customer write?")
        await person.press("escape")
        await person.misses("Why did the customer write?")
        assert row(session, first).status is Status.OPEN
        await person.press("d", "d")
        await person.sees("Why did the customer write?")
        await person.press("d")
        await person.until(lambda: row(session, first).contact_reason == "delivery")
        assert row(session, first).status is Status.RESOLVED
        reasons.path(session.profile).write_text(reasons.EXAMPLE)
        await person.until(lambda: len(order(person)) == 4)
        await person.press("d", "d")
        await person.until(lambda: len(having(session, Status.RESOLVED)) == 2)


async def test_resolving_with_a_reason_says_where_reasons_are_written(session: Session) -> None:
    async with a_console(session) as person:
        await person.press("d", "r")
        await person.sees("there are no contact reasons yet")


async def test_hand_off_is_one_form_one_act_and_one_undo(session: Session) -> None:
    async with a_console(session) as person:
        await person.until(lambda: len(order(person)) == 5)
        first = order(person)[0]
        await person.press("d", "h")
        await person.sees("Hand off")
        await person.type("nobody such")
        await person.press("ctrl+s")
        await person.sees("there is no agent called")
        await person.press("ctrl+a", "ctrl+k")
        await person.type("me")
        await person.press("tab")
        await person.type("please call")
        await person.press("tab")
        await person.type("high")
        await person.press("tab")
        await person.type("reply")
        await person.press("ctrl+s")
        await person.until(lambda: row(session, first).status is Status.SNOOZED)
        found = row(session, first)
        assert (found.assignee_id, found.priority) == (session.cache.me().id, Priority.HIGH)
        assert session.cache.read(history.page, found.id)[-1].text == "please call"
        await person.press("u")
        await person.until(lambda: row(session, first).status is Status.OPEN)
        assert (row(session, first).assignee_id, row(session, first).priority) == (None, Priority.NORMAL)


async def test_macro_is_run_after_its_preview_and_found_in_the_palette(session: Session) -> None:
    macros.give(
        session.profile, "vip", 'title = "Very important"\n[[do]]\nlabel = "+vip"\n[[do]]\npriority = "urgent"\n'
    )
    async with a_console(session) as person:
        await person.until(lambda: len(order(person)) == 5)
        first, second, *_rest = order(person)
        await person.press("x", "x", ";")
        await person.sees("Very important")
        await person.press("enter")
        await person.sees("2 conversations: Very important")
        await person.sees("labels: +#vip, priority: normal → urgent")
        await person.press("down", "enter")
        await person.until(lambda: row(session, second).labels == ("vip",))
        await person.press("u")
        await person.until(lambda: row(session, first).labels == ())
        await person.press("ctrl+p")
        await person.type("very imp")
        await person.sees("> Very important")
        await person.press("enter")
        await person.sees("1 conversation: Very important")


async def test_undo_pressed_again_takes_back_what_has_not_left_of_an_act(session: Session) -> None:
    macros.give(session.profile, "sorry", '[[do]]\nreply = "Sorry"\n[[do]]\npriority = "urgent"\n')
    async with a_console(session) as person:
        await person.until(lambda: len(order(person)) == 5)
        first = order(person)[0]
        await person.press(";")
        await person.sees("Enter shows what it would do")
        await person.press("enter")
        await person.sees("1 conversation: sorry")
        await person.press("down", "enter")
        await person.until(lambda: row(session, first).priority is Priority.URGENT)
        (entry,) = session.cache.read(outbox.entries)
        for state in (SendState.QUEUED, SendState.SENDING):
            session.cache.write(partial(send_states.move, op_id=entry.op_id, to=state))
        await person.press("u")
        await person.sees("u again takes back the other change")
        assert row(session, first).priority is Priority.URGENT
        await person.press("u")
        await person.until(lambda: row(session, first).priority is Priority.NORMAL)
        await person.sees("1 message had left already")


async def test_act_that_cannot_be_done_leaves_the_selection_for_another_try(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    broke: list[object] = []

    def full(*args: object) -> None:
        broke.append(args)
        raise OmniError("the disk is full")

    async with a_console(session) as person:
        await person.until(lambda: len(order(person)) == 5)
        first, second, *others = order(person)
        queue = person.app.main.queue
        with monkeypatch.context() as broken:
            broken.setattr(session.operations, "perform", full)
            await person.press("d", "d")
            await person.sees("the disk is full")
            await person.until(lambda: order(person) == [first, second, *others])
            await person.until(lambda: queue.selected == row(session, first).id)
        await person.press("d", "d")
        await person.until(lambda: row(session, first).status is Status.RESOLVED)
        assert row(session, second).status is Status.OPEN
        await person.until(lambda: len(order(person)) == 4)
        await person.press("x", "j", "x")
        marked = queue.marked
        assert len(marked) == 2
        with monkeypatch.context() as broken:
            broken.setattr(session.operations, "perform", full)
            await person.press("d", "d")
            await person.until(lambda: len(broke) == 2 and len(order(person)) == 4 and queue.marked == marked)


async def test_undo_pressed_again_goes_on_before_what_has_left_or_was_changed_since(session: Session) -> None:
    async with a_console(session) as person:
        await person.until(lambda: len(order(person)) == 5)
        first, second = order(person)[:2]
        await person.press("d", "d")
        await person.until(lambda: row(session, first).status is Status.RESOLVED)
        here = row(session, second).id
        op = session.operations.reply(here, "Gone", hold=0)
        for state in (SendState.SENDING, SendState.ACCEPTED):
            session.cache.write(partial(send_states.move, op_id=op.id, to=state))
        session.operations.set_priority([here], Priority.HIGH)
        session.cache.write(lambda tx: inflow.change_conversation(tx, here, {"priority": "urgent"}))
        await person.press("u")
        await person.sees("left as it is: priority")
        await person.press("u")
        await person.sees("u again takes back what you did before")
        assert row(session, first).status is Status.RESOLVED
        await person.press("u")
        await person.until(lambda: row(session, first).status is Status.OPEN)


async def test_macro_is_made_in_the_editor_and_its_fault_is_named(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def edit(app: object, path: Path, line: int) -> None:
        await asyncio.to_thread(path.write_text, '[[do]]\npriority = "hgih"\n')

    monkeypatch.setattr(editor, "edit_file", edit)
    async with a_console(session) as person:
        await person.press(";")
        await person.sees("Macro")
        await person.type("mine")
        await person.sees("new macro mine")
        await person.press("enter")
        await person.sees("mine.toml:2:")
