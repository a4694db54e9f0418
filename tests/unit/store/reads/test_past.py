"""The queue as it was: against snapshots taken then."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import UTC
from pathlib import Path

import pytest

from omnitui.clock import MINUTE, SECOND, FrozenClock
from omnitui.desk.querying.parsing import parse
from omnitui.errors import Refused, UsageError
from omnitui.model.states import Direction, Priority, Status
from omnitui.services.acting.operations import Operations
from omnitui.store.arriving import arrivals, inflow
from omnitui.store.cache import Cache
from omnitui.store.reads import inbox, merging, past
from omnitui.store.writer import Tx
from tests.support.desk import a_conversation, a_message, an_agent, conversation

QUERIES = ("is:open", "", "is:open -label:vip", "assignee:none is:open", "priority:>=high", "is:unread", "返金")


def shown(cache: Cache, text: str, at: int | None = None) -> list[tuple[object, ...]]:
    now = cache.clock.now()
    query = parse(text, now=now if at is None else at, me=cache.me().id, zone=UTC)
    if at is None:
        found = cache.read(inbox.page, query)
    else:
        found = [row.conversation for row in cache.read(past.queue, query, at, now)]
    return [
        (
            *(one.id, one.status, one.priority, one.assignee, one.labels, one.snoozed_until, one.unread),
            *(one.snippet, one.last_activity_at, one.last_incoming_at, one.unanswered_since),
        )
        for one in found
    ]


def something(cache: Cache, operations: Operations, ids: list[str], rng: random.Random) -> None:
    one = rng.choice(ids)
    own, one = one, cache.read(merging.head, one)
    now = cache.clock.now()
    match rng.randrange(14):
        case 0 | 1:
            a_message(cache, own, rng.choice(["Hello", "返金してください", "Where is it?"]), at=now)
        case 2:
            a_message(cache, own, "We look", direction=Direction.OUTGOING, at=now)
        case 3:
            operations.set_status([one], rng.choice([Status.RESOLVED, Status.OPEN, Status.WAITING]))
        case 4:
            operations.label(rng.sample(ids, 2), add=[rng.choice(["vip", "billing"])])
        case 5:
            operations.label([one], remove=["vip"])
        case 6:
            operations.set_priority([one], rng.choice(list(Priority)))
        case 7:
            operations.assign([one], rng.choice([None, cache.me().id, an_agent(cache, "Mika").id]))
        case 8:
            operations.mark_read([one], rng.random() < 0.7)
        case 9:
            operations.snooze([one], now + 60 * MINUTE)
        case 10 | 11:
            others = [other for other in ids if cache.read(merging.head, other) != one]
            if others:
                operations.merge(one, [rng.choice(others)])
        case 12 | 13 if cache.read(merging.parts, one):
            operations.split([rng.choice([one, *cache.read(merging.parts, one)])])


@pytest.mark.parametrize("seed", range(3))
def test_queue_of_every_moment_is_what_was_seen_then(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    clock = FrozenClock()
    with Cache.open(tmp_path, clock=clock) as cache:
        operations = Operations(cache)
        ids = [a_conversation(cache, subject=f"Matter {number}", contact=f"Person {number}").id for number in range(5)]
        seen: list[tuple[int, dict[str, list[tuple[object, ...]]]]] = []
        for _step in range(20):
            clock.advance(SECOND)
            something(cache, operations, ids, rng)
            if rng.random() < 0.1:
                clock.advance(SECOND)
                with suppress(Refused):
                    operations.undo()
            seen.append((clock.now(), {text: shown(cache, text) for text in QUERIES}))
        for at, lists in seen:
            for text, expected in lists.items():
                assert shown(cache, text, at) == expected, (at, text)


def test_what_the_back_end_changed_is_said_not_to_be_known_for_sure(tmp_path: Path) -> None:
    clock = FrozenClock()
    with Cache.open(tmp_path, clock=clock) as cache:
        own = a_conversation(cache).id
        operations = Operations(cache)
        clock.advance(MINUTE)
        operations.set_priority([own], Priority.HIGH)
        clock.advance(MINUTE)
        asked = clock.now()
        for value in ("low", "urgent"):
            clock.advance(MINUTE)

            def report(tx: Tx, value: str = value) -> None:
                arrivals.newest_fields(tx, own, ["priority"], tx.now())
                inflow.change_conversation(tx, own, {"priority": value})

            cache.write(report)
        clock.advance(MINUTE)
        operations.set_priority([own], Priority.NORMAL)
        row = cache.read(past.conversation_at, own, asked, clock.now())
        assert row is not None
        assert row.conversation.priority is Priority.HIGH
        assert row.unsure == ()  # the last report is known, and it came later
        late = cache.read(past.conversation_at, own, clock.now() - MINUTE, clock.now())
        assert late is not None
        assert late.conversation.priority is Priority.URGENT


def test_conversation_that_had_not_begun_is_not_there(tmp_path: Path) -> None:
    clock = FrozenClock()
    with Cache.open(tmp_path, clock=clock) as cache:
        before = clock.now() - 1
        own = a_conversation(cache).id
        assert cache.read(past.conversation_at, own, before, clock.now()) is None
        assert conversation(cache, own).status is Status.OPEN


@pytest.mark.parametrize("text", ["has:draft", "is:open OR is:failed", "-has:draft"])
def test_question_about_what_is_not_known_of_the_past_is_refused(tmp_path: Path, text: str) -> None:
    with Cache.open(tmp_path, clock=FrozenClock()) as cache, pytest.raises(UsageError, match="not known of the past"):
        shown(cache, text, cache.clock.now())
