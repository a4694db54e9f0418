"""What falls due, seen and asked by keys; the next conversation taken."""

from __future__ import annotations

from pathlib import Path

from omnitui.clock import HOUR, MINUTE
from omnitui.desk.promises.agreements import dump
from omnitui.desk.promises.sla import Policy
from omnitui.services.notices import Occasion
from omnitui.services.session import Session
from omnitui.store import sla
from omnitui.store.arriving import inflow
from omnitui.store.reads import inbox
from omnitui.ui.outside.notifying import Notifier
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation, conversation


def agreed(session: Session, *policies: Policy) -> None:
    session.cache.write(lambda tx: sla.put_in_force(tx, dump(policies)))


async def test_what_falls_due_is_shown_explained_and_taken_by_keys(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        cache = session.cache
        agreed(session, Policy("Gold", "label:gold", first=2 * HOUR, warn=(HOUR,)))
        gold = a_conversation(cache, "where is it", contact="Ann Stone", labels=["gold"])
        plain = a_conversation(cache, "a question", contact="Bo Reed")
        async with a_console(session, 140, 40) as person:
            await person.sees("⚑1h")
            await person.press("g", "g")
            await person.until(lambda: person.app.main.desk.shown == plain.id)
            await person.press("Z")
            await person.sees("How urgent is it?")
            await person.sees("by how long it has waited")
            await person.sees("under no agreement")
            await person.press("escape")
            await person.misses("How urgent is it?")
            await person.press("D")
            await person.sees("yours now: Ann Stone")
            await person.sees("first reply 1:5")
            await person.sees("Falls due")
            assert conversation(cache, gold.id).assignee_id == cache.me().id
            assert person.app.main.desk.shown == gold.id
            await person.press("Z")
            await person.sees("Agreement: Gold")
            await person.sees("first reply running")
            await person.press("escape")
            await person.misses("Agreement: Gold")
            await person.press("u")
            await person.until(lambda: conversation(cache, gold.id).assignee_id is None)
            await person.press("D", "D")
            await person.until(lambda: conversation(cache, plain.id).assignee_id == cache.me().id)
            await person.press("D")
            await person.sees("nothing waits that nobody has")


async def test_agreement_at_risk_and_broken_is_told_once_each(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        cache = session.cache
        agreed(session, Policy("All", first=30 * MINUTE, warn=(10 * MINUTE,)))
        one = a_conversation(cache, "where is it", contact="Ann Stone")
        due = conversation(cache, one.id).sla_due_at
        assert due is not None
        async with a_console(session, 140, 40) as person:
            await person.sees("⚑2")
            told: list[Occasion] = []
            notifier = person.app.notifier
            assert isinstance(notifier, Notifier)
            notifier.tell = lambda events: told.extend(one.occasion for one in events)  # type: ignore[method-assign]
            clock = cache.clock
            clock.advance(due - 5 * MINUTE - clock.now())  # type: ignore[attr-defined]
            # Something else changes: the desk looks how it stands.
            cache.write(lambda tx: inflow.change_conversation(tx, one.id, {"subject": "kettle"}))
            await person.sees("1 agreement is at risk")
            assert told == [Occasion.SLA]
            clock.advance(6 * MINUTE)  # type: ignore[attr-defined]
            cache.write(lambda tx: inflow.change_conversation(tx, one.id, {"subject": "teapot"}))
            await person.sees("1 agreement is broken")
            await person.sees("⚑!")
            assert told == [Occasion.SLA] * 2


async def test_dialog_says_what_becomes_of_each_clock_before_it_is_snoozed(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        cache = session.cache
        agreed(session, Policy("All", first=2 * HOUR, resolution=72 * HOUR))
        for name in ("Bo", "Ann"):
            a_conversation(cache, "where is it", contact=name)
        async with a_console(session, 100, 40) as person:
            await person.press("s", "z")
            await person.sees("By then: first reply: 0:5")
            await person.press("down")
            await person.sees("first reply 2:0")
            await person.sees("late · resolution: ")
            await person.press("escape")
            await person.misses("Snooze until")
            await person.press("x", "x", "s", "z")
            await person.sees("By then 0 of them are late.")
            await person.type("tomorrow 9")
            await person.sees("By then 2 of them are late.")
            await person.press("escape")
            assert cache.read(inbox.count, session.query("is:snoozed")) == 0
