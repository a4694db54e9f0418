"""Why a field is as it is, the list as it was, and what changed meanwhile, by keys."""

from __future__ import annotations

from pathlib import Path

from omnitui.clock import HOUR, FrozenClock
from omnitui.model.states import Priority, Status
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation, a_message, conversation


async def test_fields_are_explained_taken_back_and_seen_as_they_were(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        cache, clock = session.cache, session.cache.clock
        assert isinstance(clock, FrozenClock)
        own = a_conversation(cache, "Where is it?", contact="Ann").id
        other = a_conversation(cache, "Refund please", contact="Bob").id
        clock.advance(2 * HOUR)
        session.operations.set_priority([own], Priority.URGENT)
        session.operations.label([own], add=["vip"])
        session.operations.set_status([other], Status.RESOLVED)
        async with a_console(session, 100, 30) as person:
            await person.sees("Ann")
            await person.press("B")
            await person.sees("Why is it so?")
            await person.sees("urgent")
            await person.type("priority")
            await person.press("enter")
            await person.sees("priority → normal")
            await person.press("down", "enter")
            await person.sees("undone: priority")
            assert conversation(cache, own).priority is Priority.NORMAL
            assert conversation(cache, own).labels == ("vip",)
            await person.press("g", "y")
            await person.sees("The list as it was")
            await person.type("1h")
            await person.press("enter")
            await person.sees("2 conversations, to be read only")
            await person.type("Bob")
            await person.press("enter")
            await person.sees("(now: resolved)")
            await person.sees("Refund please")
            await person.press("escape")
            await person.sees("to be read only")
            await person.press("escape")
            await person.misses("to be read only")


async def test_who_comes_back_is_told_where_to_see_what_changed(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        cache, clock = session.cache, session.cache.clock
        assert isinstance(clock, FrozenClock)
        own = a_conversation(cache, "Where is it?", contact="Ann").id
        async with a_console(session, 100, 30) as person:
            await person.press("j")
            clock.advance(HOUR)
            a_message(cache, own, "Hello? Anybody?", at=clock.now())
            await person.press("k")
            await person.sees("shows what changed while you were away")
            await person.press("g", "e")
            await person.sees("1 the customer wrote")
            await person.sees("Hello? Anybody?")


async def test_own_acts_alone_lead_to_the_log(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        clock = session.cache.clock
        assert isinstance(clock, FrozenClock)
        own = a_conversation(session.cache, "Where is it?", contact="Ann").id
        async with a_console(session, 100, 30) as person:
            await person.press("j")
            clock.advance(HOUR)
            session.operations.set_priority([own], Priority.URGENT)
            await person.press("g", "e")
            await person.sees("> 1 act of your own")
            await person.press("enter")
            await person.sees("normal → urgent")


async def test_log_names_what_a_conversation_was_made_a_part_of(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        head = a_conversation(session.cache, "Where is it?", contact="Ann", subject="Parcel A12").id
        part = a_conversation(session.cache, "Hello?", contact="Bob").id
        session.operations.merge(head, [part])
        async with a_console(session, 100, 30) as person:
            await person.press("g", "h")
            await person.sees("merge  part of: – → Parcel A12")
