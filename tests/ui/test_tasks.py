"""What is promised to customers, by keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from omnitui.clock import HOUR, FrozenClock
from omnitui.config.settings import Voice
from omnitui.model.tasks import Task, TaskKind
from omnitui.services.notices import Occasion
from omnitui.services.session import Session
from omnitui.store.contacts import give_address
from omnitui.store.reads import inbox, tasks
from omnitui.ui.outside.notifying import Notifier
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation


def promised(session: Session) -> list[Task]:
    return session.cache.read(tasks.page)


async def test_a_promise_is_made_shown_put_off_kept_and_undone(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        a_conversation(session.cache, "please call me", contact="Ann Stone")
        async with a_console(session, 140, 40) as person:
            await person.sees("please call me")
            await person.press("s", "k")
            await person.sees("Promise what?")
            await person.type("call back 3h about the kettle")
            await person.sees("> call back  about the kettle")
            await person.press("enter")
            await person.until(lambda: len(promised(session)) == 1)
            (one,) = promised(session)
            now = session.cache.clock.now()
            assert (one.kind, one.text, one.due_at) == (TaskKind.CALL_BACK, "about the kettle", now + 3 * HOUR)
            assert one.assignee_id == session.cache.me().id
            await person.sees("◷3h")
            await person.sees("Promised")
            await person.press("g", "k")
            await person.sees("Your tasks  1")
            await person.press("t")
            await person.sees("Due when?")
            await person.type("5h")
            await person.sees("> 5h")
            await person.press("enter")
            await person.until(lambda: promised(session)[0].due_at == now + 5 * HOUR)
            await person.sees("Your tasks  1")
            await person.press("d")
            await person.sees("nothing is promised; m shows")
            await person.until(lambda: promised(session) == [])
            await person.press("escape")
            await person.until(lambda: person.app.screen is person.app.main)
            await person.misses("◷")
            await person.press("u")
            await person.sees("◷5h")
            await person.press("s", "d")
            await person.misses("◷")
            assert promised(session) == []


async def test_a_task_that_falls_due_is_said_counted_and_gone_to(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        clock, me = session.cache.clock, session.cache.me().id
        assert isinstance(clock, FrozenClock)
        late = a_conversation(session.cache, "the late matter", contact="Bob")
        a_conversation(session.cache, "another matter", contact="Ann Stone")
        session.operations.add_task(late.id, TaskKind.FOLLOW_UP, clock.now() + HOUR, "look again", assignee_id=me)
        told: list[Occasion] = []
        async with a_console(session, 140, 40) as person:
            await person.sees("◷1h")
            person.app.notifier.tell = lambda events: told.extend(one.occasion for one in events)  # type: ignore[method-assign]
            clock.advance(3 * HOUR)
            # Any change makes it look anew; on a clock that runs a timer does.
            session.operations.label([late.id], add=["x"])
            await person.until(lambda: told == [Occasion.DUE])
            await person.sees("1 task is due · gk shows it")
            await person.sees("◷!2h")
            await person.sees("1 task due")
            await person.press("g", "k")
            await person.sees("follow up")
            await person.press("enter")
            await person.until(lambda: person.app.main.desk.shown == late.id)
            await person.sees("(2 h late)")
            found = session.cache.read(inbox.conversation, late.id)
            assert found is not None
            assert found.task_due_at == clock.now() - 2 * HOUR
            assert isinstance(person.app.notifier, Notifier)


async def test_softphone_dials_is_kept_in_the_conversation_and_hung_up_by_the_same_key(tmp_path: Path) -> None:
    program, heard = tmp_path / "phone", tmp_path / "heard"
    program.write_text(f'#!/bin/sh\nprintf %s "$1" > {heard}\nexec sleep 600\n')
    program.chmod(0o700)
    with a_session(tmp_path) as session:
        found = a_conversation(session.cache, "please call me", contact="Ann Stone")
        give = (found.account_id, found.contact_id, "voice", "+81312345678", "said so")
        session.cache.write(lambda tx: give_address(tx, *give))
        session.settings = replace(session.settings, voice=Voice(dial=(str(program), "tel:{number}")))
        async with a_console(session, 140, 40) as person:
            await person.sees("please call me")
            await person.press("s", "p")
            await person.sees("Call whom, and how?")
            await person.sees("> +81312345678")
            await person.press("enter")
            await person.until(lambda: heard.exists() and heard.read_text() == "tel:+81312345678")
            await person.sees("dialled by phone")
            await person.press("s", "p")
            await person.sees("Hang up?")
            await person.press("down", "enter")
            await person.sees("cut off, ")


async def test_words_of_a_task_are_seen_beside_a_long_address_at_eighty_columns(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        name = "somebody.with.a.very.long.address@customers.example.com"
        one = a_conversation(session.cache, "please call me", contact=name, address=name)
        me, due = session.cache.me().id, session.cache.clock.now() + HOUR
        session.operations.add_task(one.id, TaskKind.FOLLOW_UP, due, "on the refund", assignee_id=me)
        async with a_console(session, 80, 24) as person:
            await person.press("g", "k")
            await person.sees("Your tasks  1")
            await person.sees("somebody.with.a")
            await person.sees("on the refund")
