"""The clocks of agreements in the cache: kept with each change, the same as the whole story gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.clock import DAY, HOUR, MINUTE, Millis
from omnitui.desk.promises.agreements import dump, load
from omnitui.desk.promises.sla import Clock, Policy, Target, clocks, soonest
from omnitui.desk.querying.orders import Order, place
from omnitui.desk.querying.parsing import parse
from omnitui.desk.times.calendar import Calendar
from omnitui.model.conversations import Conversation
from omnitui.model.people import Agent
from omnitui.model.states import Direction, ObjectKind, SendState, Status, Verb
from omnitui.store import accounts, contacts, sla
from omnitui.store.arriving import inflow
from omnitui.store.reads import inbox
from omnitui.store.reads import sla as reads
from omnitui.store.reads.sla import Alarms
from tests.support.store_desk import NOW, Desk, a_desk

ALL = Policy("all", "", HOUR, 2 * HOUR, DAY, pauses=frozenset({Status.WAITING, Status.SNOOZED}), warn=(20 * MINUTE,))
VIP = Policy("vip", "segment:vip", 10 * MINUTE, 20 * MINUTE)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as made:
        made.cache.write(lambda tx: sla.put_in_force(tx, dump((VIP, ALL))))
        yield made


def row(desk: Desk, conversation_id: str = "") -> Conversation:
    found = desk.cache.read(inbox.conversation, conversation_id or desk.conversation_id)
    assert found is not None
    return found


def answer(desk: Desk) -> None:
    desk.receive(direction=Direction.OUTGOING, state=SendState.ACCEPTED, received_at=desk.clock.now())


def become(desk: Desk, status: Status) -> None:
    desk.act(Verb.STATUS, ObjectKind.CONVERSATION, desk.conversation_id, {"status": status.value})


def test_message_of_a_customer_sets_the_clock_and_the_answer_the_next_one(desk: Desk) -> None:
    desk.receive()
    assert (row(desk).sla_target, row(desk).sla_due_at) == ("first", NOW + HOUR)
    assert row(desk).sla_warn_at == NOW + 40 * MINUTE
    desk.clock.advance(MINUTE)
    answer(desk)
    assert (row(desk).sla_target, row(desk).sla_due_at) == ("resolution", NOW + DAY)
    desk.clock.advance(MINUTE)
    desk.receive(received_at=desk.clock.now())
    assert (row(desk).sla_target, row(desk).sla_due_at) == ("next", NOW + 2 * MINUTE + 2 * HOUR)


def test_pause_keeps_what_is_left_and_undo_goes_on_with_it(desk: Desk) -> None:
    desk.receive()
    desk.clock.advance(10 * MINUTE)
    become(desk, Status.WAITING)
    assert (row(desk).sla_due_at, row(desk).sla_left) == (None, 50 * MINUTE)
    desk.clock.advance(DAY)
    become(desk, Status.OPEN)
    assert (row(desk).sla_due_at, row(desk).sla_left) == (desk.clock.now() + 50 * MINUTE, None)


def test_resolved_conversation_has_no_clock_until_its_customer_writes_again(desk: Desk) -> None:
    desk.receive()
    desk.clock.advance(3 * HOUR)
    become(desk, Status.RESOLVED)
    assert (row(desk).sla_due_at, row(desk).sla_target) == (None, "")
    desk.clock.advance(DAY)
    desk.receive(received_at=desk.clock.now())
    assert row(desk).status is Status.OPEN
    assert (row(desk).sla_target, row(desk).sla_due_at) == ("first", desk.clock.now() + HOUR)


def test_contact_who_becomes_a_vip_gets_the_other_policy_at_once(desk: Desk) -> None:
    desk.receive()
    desk.cache.write(lambda tx: contacts.change_contact(tx, desk.contact_id, {"segment": "VIP"}))
    assert row(desk).sla_due_at == NOW + 10 * MINUTE


def test_other_policies_are_set_on_all_by_and_by(desk: Desk) -> None:
    others = [desk.cache.write(lambda tx: desk.converse(tx)) for _ in range(5)]
    for own in (desk.conversation_id, *others):
        desk.receive(own)
    assert desk.cache.write(lambda tx: sla.put_in_force(tx, dump((Policy("short", "", MINUTE),))))
    assert not desk.cache.write(lambda tx: sla.put_in_force(tx, dump((Policy("short", "", MINUTE),))))
    rounds = 0
    while desk.cache.write(lambda tx: sla.sweep(tx, 2)):
        rounds += 1
    assert rounds == 3
    assert {row(desk, own).sla_due_at for own in (desk.conversation_id, *others)} == {NOW + MINUTE}
    desk.cache.write(lambda tx: sla.put_in_force(tx, ""))
    while desk.cache.write(lambda tx: sla.sweep(tx, 100)):
        pass
    assert {row(desk, own).sla_due_at for own in (desk.conversation_id, *others)} == {None}


def test_what_is_due_first_is_on_top_by_urgency(desk: Desk) -> None:
    now = desk.clock.now()
    waits, windowed, quiet, late = (desk.cache.write(lambda tx: desk.converse(tx)) for _ in range(4))
    desk.cache.write(lambda tx: sla.put_in_force(tx, dump((Policy("labelled", "label:sla", HOUR),))))
    desk.receive(waits, received_at=now - 9 * HOUR)
    desk.receive(windowed)
    desk.cache.write(lambda tx: inflow.change_conversation(tx, windowed, {"window_closes_at": now + MINUTE}))
    desk.receive(late)
    desk.act(Verb.LABEL, ObjectKind.CONVERSATION, late, {"labels": ["sla"]})
    desk.receive(quiet)
    desk.receive(quiet, direction=Direction.OUTGOING, state=SendState.ACCEPTED, received_at=now)
    query = parse("is:open sort:urgency", now=now, me="", zone=UTC)
    found = desk.cache.read(inbox.page, query)
    assert [one.id for one in found][:3] == [windowed, late, waits]
    assert query.order is Order.URGENCY
    assert found == sorted(found, key=lambda one: place(Order.URGENCY, one), reverse=True)
    paged = desk.cache.read(inbox.page, query, after=place(Order.URGENCY, found[1]), limit=2)
    assert [one.id for one in paged] == [one.id for one in found[2:4]]


def test_warnings_and_ends_of_a_span_of_time_are_found(desk: Desk) -> None:
    desk.receive()
    own = frozenset({desk.conversation_id})

    def between(since: int, now: int) -> Alarms:
        return desk.cache.read(reads.alarms, NOW + since * MINUTE, NOW + now * MINUTE)

    assert between(0, 39) == Alarms(coming=NOW + 40 * MINUTE)
    assert between(0, 40) == Alarms(risks=own, coming=NOW + HOUR)
    assert between(40, 59) == Alarms(coming=NOW + HOUR)
    assert between(0, 60) == Alarms(late=own)
    desk.cache.write(lambda tx: sla.put_in_force(tx, dump((replace(ALL, warn=(20 * MINUTE, 5 * MINUTE)),))))
    while desk.cache.write(lambda tx: sla.sweep(tx, 100)):
        pass
    assert between(0, 54) == Alarms(risks=own, coming=NOW + 55 * MINUTE)
    assert between(54, 55) == Alarms(risks=own, coming=NOW + HOUR)
    stranger = Agent(desk.cache.ids.new(), "Mia Wong")
    desk.cache.write(lambda tx: accounts.put_agent(tx, stranger))
    desk.act(Verb.ASSIGN, ObjectKind.CONVERSATION, desk.conversation_id, {"assignee_id": stranger.id})
    assert between(54, 60) == Alarms()


def test_policies_are_the_same_after_they_were_kept() -> None:
    calendar = Calendar("a", "Asia/Tokyo", (((540, 720), (780, 1080)),) * 7, {738000: (), 738001: ((600, 660),)})
    kept = (Policy("p", "label:x", 1, 2, 3, calendar, frozenset({Status.SNOOZED}), (5, 4), 9), ALL)
    assert load(dump(kept)) == kept
    assert load("") == ()


STEPS = st.lists(
    st.tuples(st.integers(0, 2 * HOUR), st.sampled_from(["asked", "asked", "answered", "answered", *Status])),
    min_size=1,
    max_size=10,
)


def active(found: tuple[Clock, ...]) -> set[tuple[Target, Millis | None, Millis]]:
    return {(clock.target, clock.due_at, clock.left) for clock in found if clock.active}


@settings(max_examples=20, deadline=None)
@given(stories=st.lists(STEPS, min_size=1, max_size=6))
def test_few_events_that_are_read_give_the_clocks_of_the_whole_story(
    tmp_path_factory: pytest.TempPathFactory, stories: list[list[tuple[Millis, str]]]
) -> None:
    with a_desk(tmp_path_factory.mktemp("desk")) as desk:
        desk.cache.write(lambda tx: sla.put_in_force(tx, dump((ALL,))))
        for told in stories:
            desk.conversation_id = desk.cache.write(lambda tx: desk.converse(tx))
            for step, what in told:
                desk.clock.advance(step)
                match what:
                    case "asked":
                        desk.receive(received_at=desk.clock.now())
                    case "answered":
                        answer(desk)
                    case _:
                        become(desk, Status(what))
            pk = desk.cache.read(
                lambda db: db.execute("SELECT pk FROM conversation WHERE id = ?", (desk.conversation_id,)).fetchone()[0]
            )
            now = desk.clock.now()
            few = clocks(desk.cache.read(reads.events, pk), ALL, now)
            whole = clocks(desk.cache.read(reads.story, desk.conversation_id), ALL, now)
            assert active(few) == active(whole)
            counts, kept = soonest(few), row(desk)
            if kept.status not in (Status.RESOLVED, Status.CLOSED):
                assert kept.sla_due_at == (counts.due_at if counts else None)
