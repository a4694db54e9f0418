"""The clocks of an agreement, held against stories worked out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.clock import DAY, HOUR, MINUTE, SECOND, Millis
from omnitui.desk.promises.sla import Clock, Event, Policy, Said, Target, clocks, soonest, supposing
from omnitui.desk.promises.urgency import Standing
from omnitui.desk.times.calendar import ALWAYS, Calendar, add, between
from omnitui.model.states import Status

ZONE = ZoneInfo("Asia/Tokyo")
DESK: Final = Calendar("tokyo", "Asia/Tokyo", (((570, 1050),),) * 5 + ((),) * 2)
"""Monday to Friday, 9:30 to 17:30."""
SPLIT: Final = Calendar("split", "Asia/Tokyo", (((540, 720), (780, 1080)),) * 5 + ((),) * 2)
"""Monday to Friday, 9 to 12 and 13 to 18."""
WEEK: Final = {name: day for day, name in enumerate(("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"), 2)}
"""The week from Monday 2026-03-02 on; a `+` before the day means the week after it."""
WORDS: Final[dict[str, Said | Status]] = {
    "asked": Said.ASKED,
    "answered": Said.ANSWERED,
    **{status.value: status for status in Status},
}


def at(text: str) -> Millis:
    """Of "Mo 9:30" or "+Mo 09:30:01"."""
    day, clock = text.split()
    hour, minute, second = (*map(int, clock.split(":")), 0)[:3]
    moment = datetime(2026, 3, WEEK[day.lstrip("+")], hour, minute, second, tzinfo=ZONE)
    return round((moment + timedelta(days=7 * day.count("+"))).timestamp() * 1000)


def story(text: str) -> list[Event]:
    """Of "Mo 9:30 open asked; Mo 10:00 answered"."""
    events = []
    for part in text.split(";"):
        day, clock, *words = part.split()
        events += [Event(at(f"{day} {clock}"), WORDS[word]) for word in words]
    return events


ONE: Final = Policy("one", "", HOUR, HOUR, 8 * HOUR, DESK, warn=(30 * MINUTE, 10 * MINUTE))
BOTH: Final = Policy("both", "", HOUR, HOUR, 8 * HOUR, DESK, frozenset({Status.WAITING, Status.SNOOZED}))
TWO: Final = Policy("two", "", 2 * HOUR, 4 * HOUR, 0, SPLIT)
ROUND: Final = Policy("round", "", HOUR, 30 * MINUTE, 24 * HOUR, ALWAYS)

# The clock of a target that began last: how it stands, when it is due ("" while it is paused), what is left.
CASES = (
    # The first reply.
    (ONE, "Fr 16:30 open asked", "Fr 16:30", "first", "running", "Fr 17:30", 60),
    (ONE, "Fr 16:31 open asked", "Fr 17:00", "first", "running", "+Mo 9:31", 31),
    (ONE, "Fr 17:30 open asked", "Fr 18:00", "first", "running", "+Mo 10:30", 60),
    (ONE, "Sa 11:00 open asked", "Su 11:00", "first", "running", "+Mo 10:30", 60),
    (ONE, "Mo 10:00 open asked", "Mo 10:29:59", "first", "running", "Mo 11:00", 30 + 1 / 60),
    (ONE, "Mo 10:00 open asked", "Mo 10:30", "first", "at_risk", "Mo 11:00", 30),
    (ONE, "Mo 10:00 open asked", "Mo 11:00", "first", "at_risk", "Mo 11:00", 0),
    (ONE, "Mo 10:00 open asked", "Mo 11:00:01", "first", "breached", "Mo 11:00", 0),
    (ONE, "Mo 10:00 open asked", "Tu 11:00", "first", "breached", "Mo 11:00", 0),
    (ONE, "Mo 10:00 open asked; Mo 10:40 answered", "Mo 12:00", "first", "met", "", 20),
    (ONE, "Mo 10:00 open asked; Mo 11:00 answered", "Mo 12:00", "first", "met", "", 0),
    (ONE, "Mo 10:00 open asked; Mo 11:00:01 answered", "Mo 12:00", "first", "breached", "Mo 11:00", 0),
    (ONE, "Mo 10:00 open asked; Mo 10:20 asked; Mo 10:30 asked", "Mo 10:35", "first", "at_risk", "Mo 11:00", 25),
    (TWO, "Mo 11:30 open asked", "Mo 12:30", "first", "running", "Mo 14:30", 90),
    (TWO, "Mo 17:00 open asked", "Mo 20:00", "first", "running", "Tu 10:00", 60),
    (ROUND, "Sa 23:30 open asked", "Sa 23:30", "first", "running", "Su 0:30", 60),
    # The next reply runs from the oldest message without an answer.
    (ONE, "Mo 10:00 open asked; Mo 10:10 answered; Mo 11:00 asked", "Mo 11:10", "next", "running", "Mo 12:00", 50),
    (
        ONE,
        "Mo 10:00 open asked; Mo 10:10 answered; Mo 11:00 asked; Mo 11:50 asked",
        "Mo 11:55",
        "next",
        "at_risk",
        "Mo 12:00",
        5,
    ),
    (
        ONE,
        "Mo 10:00 open asked; Mo 10:10 answered; Mo 11:00 asked; Mo 11:20 answered; Mo 13:00 asked",
        "Mo 13:00",
        "next",
        "running",
        "Mo 14:00",
        60,
    ),
    (ONE, "Mo 9:30 open answered; Mo 11:00 asked", "Mo 11:00", "next", "running", "Mo 12:00", 60),
    (TWO, "Mo 9:00 open asked; Mo 9:10 answered; Mo 16:00 asked", "Mo 16:00", "next", "running", "Tu 11:00", 240),
    (ROUND, "Mo 9:00 open asked; Mo 9:10 answered; Mo 9:15 asked", "Mo 9:46", "next", "breached", "Mo 9:45", 0),
    # Pauses keep what remains.
    (ONE, "Mo 10:00 open asked; Mo 10:20 waiting", "Mo 15:00", "first", "paused", "", 40),
    (ONE, "Mo 10:00 open asked; Mo 10:20 waiting; Mo 15:00 open", "Mo 15:00", "first", "running", "Mo 15:40", 40),
    (ONE, "Mo 10:00 open asked; Mo 10:20 waiting; Fr 17:10 open", "Fr 17:10", "first", "running", "+Mo 9:50", 40),
    (
        ONE,
        "Mo 10:00 open asked; Mo 10:20 waiting; Mo 11:00 open; Mo 11:10 waiting; Tu 9:00 open",
        "Tu 9:00",
        "first",
        "at_risk",
        "Tu 10:00",
        30,
    ),
    (ONE, "Mo 10:00 open asked; Mo 11:00 waiting; Mo 12:00 open", "Mo 12:00", "first", "at_risk", "Mo 12:00", 0),
    (ONE, "Mo 10:00 open asked; Mo 11:01 waiting; Mo 12:00 open", "Mo 12:00", "first", "breached", "Mo 11:00", 0),
    (ONE, "Mo 10:00 open asked; Mo 11:01 waiting", "Mo 12:00", "first", "breached", "Mo 11:00", 0),
    (ONE, "Mo 10:00 open asked; Mo 10:20 snoozed", "Mo 10:25", "first", "running", "Mo 11:00", 35),
    (BOTH, "Mo 10:00 open asked; Mo 10:20 snoozed", "Tu 10:25", "first", "paused", "", 40),
    (BOTH, "Mo 10:00 open asked; Mo 10:20 snoozed; Tu 9:30 open", "Tu 9:30", "first", "running", "Tu 10:10", 40),
    (BOTH, "Mo 10:00 open asked; Mo 10:20 snoozed; Mo 10:30 waiting", "Tu 9:30", "first", "paused", "", 40),
    (ONE, "Mo 10:00 bot asked", "Tu 10:00", "first", "paused", "", 60),
    (ONE, "Mo 10:00 bot asked; Mo 14:00 open", "Mo 14:00", "first", "running", "Mo 15:00", 60),
    (ONE, "Mo 10:00 open asked; Mo 10:20 waiting; Mo 10:40 answered", "Mo 11:00", "first", "met", "", 40),
    (ONE, "Mo 10:00 waiting asked; Mo 10:00 open", "Mo 10:00", "first", "running", "Mo 11:00", 60),
    # To have resolved it settles what was asked; who writes again waits anew.
    (ONE, "Mo 10:00 open asked; Mo 10:50 resolved", "Tu 10:00", "first", "met", "", 10),
    (ONE, "Mo 10:00 open asked; Mo 11:50 resolved", "Tu 10:00", "first", "breached", "Mo 11:00", 0),
    (ONE, "Mo 10:00 open asked; Mo 10:50 closed", "Tu 10:00", "first", "met", "", 10),
    (
        ONE,
        "Mo 10:00 open asked; Mo 10:10 answered; Mo 11:00 asked; Mo 11:05 resolved; Th 15:00 asked open",
        "Th 15:00",
        "next",
        "running",
        "Th 16:00",
        60,
    ),
    (
        ONE,
        "Mo 10:00 open asked; Mo 10:10 answered; Mo 11:00 asked; Mo 15:05 resolved; Th 15:00 asked open",
        "Th 15:00",
        "next",
        "running",
        "Th 16:00",
        60,
    ),
    (
        ONE,
        "Mo 10:00 open asked; Mo 10:50 resolved; Mo 16:00 asked; Mo 16:10 asked open",
        "Mo 16:10",
        "first",
        "running",
        "Mo 17:00",
        50,
    ),
    # Reopened by an agent it goes on with what remained.
    (ONE, "Mo 10:00 open asked; Mo 10:50 resolved; Mo 12:00 open", "Mo 12:00", "first", "at_risk", "Mo 12:10", 10),
    (ONE, "Mo 10:00 open asked; Mo 11:50 resolved; Mo 12:00 open", "Mo 12:00", "first", "breached", "Mo 11:00", 0),
    (ONE, "Mo 10:00 open asked; Mo 10:50 resolved; Mo 12:00 waiting", "Mo 12:30", "first", "paused", "", 10),
    # The resolution.
    (ONE, "Mo 9:30 open asked", "Mo 9:30", "resolution", "running", "Mo 17:30", 480),
    (ONE, "Mo 13:30 open asked", "Mo 13:30", "resolution", "running", "Tu 13:30", 480),
    (ONE, "Fr 13:30 open asked; Fr 14:00 answered", "Fr 15:30", "resolution", "running", "+Mo 13:30", 360),
    (
        ONE,
        "Mo 9:30 open asked; Mo 10:30 answered waiting; We 16:30 asked open",
        "We 16:30",
        "resolution",
        "running",
        "Th 15:30",
        420,
    ),
    (ONE, "Mo 9:30 open asked; Mo 12:30 answered resolved", "Tu 9:30", "resolution", "met", "", 300),
    (
        ONE,
        "Mo 9:30 open asked; Mo 12:30 answered resolved; We 9:30 asked open",
        "We 9:30",
        "resolution",
        "running",
        "We 14:30",
        300,
    ),
    (
        ONE,
        "Mo 9:30 open asked; Mo 12:30 answered resolved; We 16:30 open; Th 9:30 resolved; Th 10:30 open",
        "Th 10:30",
        "resolution",
        "running",
        "Th 14:30",
        240,
    ),
    (ONE, "Mo 9:30 resolved; Tu 9:30 asked open", "Tu 9:30", "resolution", "running", "Tu 17:30", 480),
    (ONE, "Mo 9:30 open asked; Tu 9:30:01 resolved", "We 9:30", "resolution", "breached", "Mo 17:30", 0),
    (ONE, "Mo 9:30 open asked; Tu 9:30 resolved; We 9:30 open", "We 10:00", "resolution", "breached", "Mo 17:30", 0),
    (ROUND, "Fr 9:30 open asked", "Fr 9:30", "resolution", "running", "Sa 9:30", 1440),
)


def last(found: tuple[Clock, ...], target: str) -> Clock:
    return [clock for clock in found if clock.target == target][-1]


@pytest.mark.parametrize(("policy", "events", "now", "target", "standing", "due", "minutes"), CASES)
def test_clock_stands_where_the_story_leaves_it(
    policy: Policy, events: str, now: str, target: str, standing: str, due: str, minutes: float
) -> None:
    clock = last(clocks(story(events), policy, at(now)), target)
    assert clock.standing is Standing(standing)
    assert clock.due_at == (at(due) if due else None)
    assert clock.left == round(minutes * MINUTE)


def test_policy_that_promises_nothing_sets_no_clock() -> None:
    assert clocks(story("Mo 10:00 open asked"), Policy("none"), at("Mo 12:00")) == ()


def test_what_comes_later_does_not_count_yet() -> None:
    told = story("Mo 10:00 open asked; Mo 10:30 answered")
    assert last(clocks(told, ONE, at("Mo 10:29")), "first").ended_at is None
    assert last(clocks(told, ONE, at("Mo 10:30")), "first").ended_at == at("Mo 10:30")


def test_each_round_of_question_and_answer_has_its_own_clock() -> None:
    told = story(
        "Mo 10:00 open asked; Mo 10:10 answered; Mo 11:00 asked; Mo 12:30 answered; Mo 13:00 asked; Mo 13:10 answered"
    )
    found = [clock for clock in clocks(told, ONE, at("Mo 17:00")) if clock.target is not Target.RESOLUTION]
    assert [(clock.target, clock.standing) for clock in found] == [
        (Target.FIRST, Standing.MET),
        (Target.NEXT, Standing.BREACHED),
        (Target.NEXT, Standing.MET),
    ]


def test_warnings_are_given_in_business_time() -> None:
    clock = last(clocks(story("Fr 17:00 open asked"), ONE, at("Fr 17:00")), "first")
    assert clock.warnings == (at("Fr 17:30"), at("+Mo 9:50"))
    assert clock.due_at == at("+Mo 10:00")


def test_warning_that_is_longer_than_what_is_left_is_given_as_the_clock_goes_on() -> None:
    told = story("Mo 10:00 open asked; Mo 10:40 waiting; Mo 12:00 open")
    assert last(clocks(told, ONE, at("Mo 12:00")), "first").warnings == (at("Mo 12:00"), at("Mo 12:10"))
    assert all(clock.warnings == () for clock in clocks(story("Mo 10:00 open asked"), TWO, at("Mo 10:00")))


def test_soonest_clock_counts_and_a_paused_one_only_without_any() -> None:
    found = clocks(story("Mo 10:00 open asked"), ONE, at("Mo 10:00"))
    chosen = soonest(found)
    assert chosen is not None
    assert (chosen.target, chosen.due_at) == (Target.FIRST, at("Mo 11:00"))
    paused = soonest(clocks(story("Mo 10:00 open asked; Mo 10:20 waiting"), ONE, at("Mo 12:00")))
    assert paused is not None
    assert (paused.target, paused.left) == (Target.FIRST, 40 * MINUTE)
    assert soonest(()) is None


def test_snoozing_until_monday_shows_what_would_be_due_then() -> None:
    told = story("Fr 10:00 open asked")
    kept = last(supposing(told, BOTH, Status.SNOOZED, at("Fr 10:20"), at("+Mo 9:30")), "first")
    assert (kept.standing, kept.due_at) == (Standing.RUNNING, at("+Mo 10:10"))
    lost = last(supposing(told, ONE, Status.SNOOZED, at("Fr 10:20"), at("+Mo 9:30")), "first")
    assert (lost.standing, lost.due_at) == (Standing.BREACHED, at("Fr 11:00"))


START: Final = at("Mo 8:00")
STEPS = st.lists(st.tuples(st.integers(0, 3 * DAY), st.sampled_from([*Said, *Said, *Status])), max_size=12).map(
    lambda steps: [Event(START, Status.OPEN), *_told(steps)]
)
POLICIES = st.sampled_from([ONE, BOTH, TWO, ROUND])


def _told(steps: list[tuple[Millis, Said | Status]]) -> list[Event]:
    now, events = START, []
    for step, what in steps:
        now += step
        events.append(Event(now, what))
    return events


@settings(max_examples=40, deadline=None)
@given(STEPS, POLICIES, st.integers(0, 40 * DAY))
def test_nothing_is_ever_negative_or_due_before_it_began(events: list[Event], policy: Policy, later: Millis) -> None:
    for clock in clocks(events, policy, START + later):
        assert 0 <= clock.left <= policy.length(clock.target)
        assert clock.due_at is None or clock.due_at >= clock.started_at
        assert clock.ended_at is None or clock.ended_at >= clock.started_at
        assert list(clock.warnings) == sorted(clock.warnings)
        assert clock.standing is not Standing.PAUSED or (clock.due_at is None and clock.active)


@settings(max_examples=40, deadline=None)
@given(STEPS, POLICIES, st.integers(0, 40 * DAY), st.integers(0, 5 * DAY))
def test_what_is_left_never_grows_while_nothing_happens(
    events: list[Event], policy: Policy, later: Millis, more: Millis
) -> None:
    now = max(START + later, events[-1].at)
    before, after = clocks(events, policy, now), clocks(events, policy, now + more)
    assert [clock.due_at for clock in before] == [clock.due_at for clock in after]
    assert all(one.left >= other.left for one, other in zip(before, after, strict=True))
    assert all(
        one.standing is not Standing.BREACHED or other.standing is Standing.BREACHED
        for one, other in zip(before, after, strict=True)
    )


@settings(max_examples=40, deadline=None)
@given(STEPS, POLICIES, st.integers(0, 2 * DAY), st.integers(1, 30 * DAY))
def test_pause_of_any_length_leaves_the_same_to_do(
    events: list[Event], policy: Policy, after: Millis, pause: Millis
) -> None:
    begun = events[-1].at + after
    told = [*events, Event(begun, Status.OPEN)]
    before = clocks(told, policy, begun)
    paused = [*told, Event(begun, Status.WAITING), Event(begun + pause, Status.OPEN)]
    resumed = clocks(paused, policy, begun + pause)
    assert [clock.left for clock in before] == [clock.left for clock in resumed]
    for clock in resumed:
        if clock.active and clock.standing is not Standing.BREACHED:
            assert clock.due_at is not None
            assert clock.due_at == add(policy.calendar, begun + pause, clock.left)
            assert between(policy.calendar, begun + pause, clock.due_at) == clock.left


@settings(max_examples=40, deadline=None)
@given(STEPS, POLICIES, st.integers(0, 40 * DAY), st.randoms(use_true_random=False))
def test_order_in_which_events_are_heard_does_not_matter(
    events: list[Event], policy: Policy, later: Millis, random: object
) -> None:
    # Only among events of different moments: of one moment the order is what was said.
    alone = {event.at: event for event in events if event.at > START}
    told = [events[0], *alone.values()]
    shuffled = list(told)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert clocks(shuffled, policy, START + later) == clocks(told, policy, START + later)


def test_hour_to_the_second() -> None:
    found = last(clocks(story("Mo 10:00:07 open asked"), ONE, at("Mo 10:00:08")), "first")
    assert (found.due_at, found.left) == (at("Mo 11:00:07"), HOUR - SECOND)
