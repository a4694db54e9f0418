"""Rules where something comes between: a switch in a storm, a cut, a merge, an answer at the last moment, a restore."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.bus import Changed
from omnitui.clock import DAY, HOUR, MINUTE, FrozenClock, Millis
from omnitui.desk.promises.agreements import dump
from omnitui.desk.promises.sla import Policy
from omnitui.desk.rules.rule import MOST
from omnitui.model.states import Direction, SendState, Status
from omnitui.services.recovery.backup import make, restore
from omnitui.services.rules import watch as rule_watch
from omnitui.services.rules.standing import switch
from omnitui.services.rules.watch import RuleWatch
from omnitui.services.session import Session
from omnitui.store import sla
from omnitui.store.arriving import threads
from omnitui.store.faults import CacheBusy
from omnitui.store.reads import rules as reads
from omnitui.store.reads import since
from omnitui.store.rule_journal import in_force
from tests.support.console import a_profile, a_session, able
from tests.support.desk import a_conversation, a_message
from tests.support.ruled import ADD, VIP, a_rule, clock, fired, later, ruled, seen


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


def test_rules_behind_one_that_is_cut_are_asked_about_what_it_was_cut_at(session: Session) -> None:
    echo = a_rule("echo", "message", '{note = "again"}')
    ruling = ruled(session, echo)
    here = a_conversation(session.cache, "one").id
    ruling.work()
    for _number in range(MOST - 1):
        a_message(session.cache, here, "again")
        ruling.work()
    assert len(fired(session)) == MOST
    other = ruled(session, echo, VIP)
    a_message(session.cache, here, "again")
    other.work()
    assert session.cache.read(reads.states)["echo"].cut_at is not None
    assert seen(session, here).labels == ("vip",)


async def test_a_rule_with_a_passing_typo_keeps_its_times_and_makes_them_good_when_mended(session: Session) -> None:
    late = a_rule("late", "30m after message", ADD % "late", when="is:open")
    daily = a_rule("daily", "every day 9:00", ADD % "old", when="-label:old")
    file, watch = session.profile.rules_file, RuleWatch(session)
    file.write_text(late + daily + VIP.replace("enabled = true", "enabled = false"), "utf-8")
    await watch.settle()
    here = a_conversation(session.cache, "help").id
    await watch.settle()
    due = session.cache.read(reads.next_due)
    said = file.read_text("utf-8")
    file.write_text(said.replace("is:open", "is:opne", 1).replace("-label:old", "-lable:old"), "utf-8")
    await watch.settle()
    switch(session, "vip", on=True)
    assert session.cache.read(reads.next_due) is None, "nothing that could be done just now"
    later(session, DAY)
    await watch.settle()
    assert fired(session) == []
    file.write_text(late + daily, "utf-8")
    await watch.settle()
    assert due is not None
    assert sorted(fired(session)) == ["daily", "late"]
    assert sorted(seen(session, here).labels) == ["late", "old"]


async def test_a_rule_that_is_taken_out_while_it_has_a_typo_loses_its_times(session: Session) -> None:
    late = a_rule("late", "30m after message", ADD % "late")
    daily = a_rule("daily", "every day 9:00", ADD % "old", when="-label:old")
    file, watch = session.profile.rules_file, RuleWatch(session)
    file.write_text(late + daily, "utf-8")
    await watch.settle()
    a_conversation(session.cache, "help")
    await watch.settle()
    file.write_text((late + daily).replace("label", "lable"), "utf-8")
    await watch.settle()
    file.unlink()
    await watch.settle()
    later(session, DAY)
    file.write_text(late + daily, "utf-8")
    await watch.settle()
    assert fired(session) == []


async def test_a_rule_that_is_switched_off_in_a_storm_fires_no_more(session: Session) -> None:
    ruled(session, VIP)
    watch = RuleWatch(session)
    await watch.settle()
    for number in range(20):
        a_conversation(session.cache, "help", contact=f"Ann {number}")
    file = session.profile.rules_file

    def off(changed: Changed) -> None:
        file.write_text(VIP.replace("true", "false"), "utf-8")

    unsubscribe = session.bus.subscribe(Changed, off)
    await watch.settle()
    unsubscribe()
    assert len(fired(session)) == 1


def test_once_counts_what_fired_in_parts_of_what_is_shown_as_one(session: Session) -> None:
    head = a_conversation(session.cache, "two").id
    ruling = ruled(session, a_rule("thanks", "message", '{note = "x"}', once=True))
    part = a_conversation(session.cache, "one").id
    ruling.work()
    session.operations.merge(head, [part])
    a_message(session.cache, part, "again")
    ruling.work()
    assert len(fired(session)) == 1


def test_a_time_after_something_runs_anew_where_it_happens_in_another_part(session: Session) -> None:
    ruling = ruled(session, a_rule("late", "30m after message", '{note = "x"}'))
    part = a_conversation(session.cache, "one").id
    head = a_conversation(session.cache, "two", contact="Bo").id
    ruling.work()
    session.operations.merge(head, [part])
    later(session, 20 * MINUTE)
    a_message(session.cache, head, "hello?")
    ruling.work()
    later(session, 15 * MINUTE)
    ruling.work()
    assert fired(session) == []
    later(session, 30 * MINUTE)
    ruling.work()
    assert fired(session) == ["late"]


def test_an_agreement_that_is_kept_at_the_last_moment_is_not_told_as_broken(session: Session) -> None:
    session.cache.write(lambda tx: sla.put_in_force(tx, dump((Policy("all", first=HOUR, next=HOUR),))))
    ruling = ruled(session, a_rule("broken", "breached", ADD % "broken"))
    here = a_conversation(session.cache, "help").id
    ruling.work()
    later(session, 2 * HOUR)
    (due,) = session.cache.read(reads.timers, clock(session).now(), 10)
    later(session, -2 * HOUR + MINUTE)
    a_message(session.cache, here, "done", direction=Direction.OUTGOING, state=SendState.ACCEPTED)
    later(session, MINUTE)
    a_message(session.cache, here, "and this?")
    (again,) = session.cache.read(reads.timers, clock(session).now() + DAY, 10)
    ruling._ring(due)
    ruling.work()
    assert fired(session) == []
    assert session.cache.read(reads.timers, clock(session).now() + DAY, 10) == [again]


def test_an_agreement_whose_clock_an_undo_sets_going_again_is_told_when_it_breaks(session: Session) -> None:
    session.cache.write(lambda tx: sla.put_in_force(tx, dump((Policy("all", first=HOUR, next=HOUR),))))
    ruling = ruled(session, a_rule("broken", "breached", ADD % "broken"))
    here = a_conversation(session.cache, "help").id
    session.operations.set_status([here], Status.RESOLVED)
    ruling.work()
    session.operations.undo()
    later(session, 2 * HOUR)
    ruling.work()
    assert fired(session) == ["broken"]


def test_what_happened_in_a_mail_that_proves_to_be_of_another_thread_sets_rules_off_there(session: Session) -> None:
    ruling = ruled(
        session, a_rule("each", "message", '{note = "x"}'), a_rule("late", "30m after message", ADD % "late")
    )
    early = a_conversation(session.cache, "and this?").id
    later(session, MINUTE)
    here = a_conversation(session.cache, "help").id
    session.cache.write(lambda tx: threads.join_conversations(tx, early, here))
    ruling.work()
    assert fired(session) == ["each", "each"]
    other = a_conversation(session.cache, "one").id
    newer = a_conversation(session.cache, "two").id
    ruling = ruled(session, a_rule("late", "30m after message", ADD % "late"))
    for own in (other, newer):
        a_message(session.cache, own, "again")
        ruling.work()
        later(session, MINUTE)
    session.cache.write(lambda tx: threads.join_conversations(tx, newer, other))
    due = session.cache.read(reads.timers, clock(session).now() + DAY, 10)
    assert [one.happened.conversation_id for one in due].count(other) == 1
    later(session, HOUR)
    ruling.work()
    assert seen(session, other).labels == ("late",)


def test_one_op_that_is_taken_back_alone_sets_nothing_off(session: Session) -> None:
    ruling = ruled(session, a_rule("again", "unlabelled", '{label = ["+vip"]}'))
    here = a_conversation(session.cache, "help").id
    (op,) = session.operations.label([here], add=["vip"])
    session.operations.revert(op.id)
    ruling.work()
    assert (fired(session), seen(session, here).labels) == ([], ())


def test_what_rules_did_in_ones_name_while_one_was_away_is_told_and_no_act_of_ones_own(session: Session) -> None:
    me = session.cache.me().id
    ruling = ruled(
        session,
        a_rule("give", "message", '{assign = "me"}', when="subject:mine"),
        a_rule("end", "message", '{status = "resolved"}', when="subject:over"),
    )
    at = clock(session).now()
    later(session, MINUTE)
    mine, over = (a_conversation(session.cache, subject=one, contact=one).id for one in ("mine", "over"))
    ruling.work()
    found = session.cache.read(since.digest, at, clock(session).now(), me)
    told = {group.value: [(one.conversation_id, one.words) for one in some] for group, some in found.groups.items()}
    assert told["assigned"] == [(mine, "rule give: a message came and subject:mine")]
    assert told["resolved"] == [(over, "rule end: a message came and subject:over")]
    assert found.mine == 0


def test_agreements_of_conversations_that_are_shown_as_one_are_told_once(session: Session) -> None:
    session.cache.write(lambda tx: sla.put_in_force(tx, dump((Policy("all", first=HOUR, next=HOUR),))))
    ruling = ruled(session, a_rule("broken", "breached", '{note = "broken"}'))
    part = a_conversation(session.cache, "one").id
    head = a_conversation(session.cache, "two").id
    ruling.work()
    session.operations.merge(head, [part])
    later(session, 2 * HOUR)
    ruling.work()
    assert fired(session) == ["broken"]


def test_a_cache_that_is_restored_does_nothing_again_that_its_rules_did_since(tmp_path: Path) -> None:
    profile, wall = a_profile(tmp_path), FrozenClock()
    backup = tmp_path / "backup.zip"
    with Session.open(profile, clock=wall) as session:
        able(session.cache)
        rule = a_rule("late", ["message", "30m after message", "every day 9:00"], '{note = "late"}', when="is:open")
        ruling = ruled(session, rule)
        here = a_conversation(session.cache, "help").id
        make(profile, backup, clock=wall)
        later(session, DAY)
        a_message(session.cache, here, "again", external_id="again")
        ruling.work()
        assert len(fired(session)) == 3
    restore(profile, backup, clock=wall)
    with Session.open(profile, clock=wall) as session:
        assert (fired(session), session.cache.read(in_force)) == ([], (frozenset(), 0))
        ruling = ruled(session, rule)
        a_message(session.cache, here, "again", at=wall.now() - 1, external_id="again")
        assert ruling.work() == 0
        later(session, DAY)
        ruling.work()
        assert fired(session) == ["late"], "at its time only"


async def test_rules_go_on_after_the_cache_could_not_be_read(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    ruled(session, VIP)
    watch = RuleWatch(session)
    monkeypatch.setattr(rule_watch, "LOOK_EVERY", 0.01)
    next_due, asked = reads.next_due, asyncio.Event()
    loop = asyncio.get_running_loop()

    def busy(db: sqlite3.Connection) -> Millis | None:
        if not asked.is_set():
            loop.call_soon_threadsafe(asked.set)
            raise CacheBusy("busy")
        return next_due(db)

    monkeypatch.setattr(reads, "next_due", busy)
    task = asyncio.create_task(watch.run())
    await asyncio.wait_for(asked.wait(), 30)
    a_conversation(session.cache, "help")
    try:
        for _turn in range(3000):
            if fired(session) or task.done():
                break
            await asyncio.sleep(0.01)
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert fired(session) == ["vip"]


def test_rules_that_came_into_force_under_a_clock_that_was_ahead_count_once_it_is_right(session: Session) -> None:
    later(session, 300 * DAY)
    daily = a_rule("daily", "every day 9:00", ADD % "old", when="is:open -label:old")
    ruled(session, VIP, daily)
    later(session, -300 * DAY)
    ruling = ruled(session, VIP, daily)
    a_conversation(session.cache, "help")
    ruling.work()
    assert fired(session) == ["vip"]
    later(session, DAY)
    ruling.work()
    assert fired(session) == ["vip", "daily"]
