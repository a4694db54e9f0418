"""Stories told from the cache: at every moment the conversation is as the look back has it."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC
from pathlib import Path

import pytest

from omnitui.clock import MINUTE, FrozenClock, Millis
from omnitui.desk.acting.steps import Change, Foreseen
from omnitui.desk.querying.asof import Asked
from omnitui.desk.querying.parsing import parse
from omnitui.desk.rules.backtest import Trial
from omnitui.desk.rules.outcomes import conversation
from omnitui.desk.rules.rule import On, Rule, What
from omnitui.desk.rules.stories import Firing
from omnitui.model.states import Direction, Priority, Status
from omnitui.model.tasks import TaskKind
from omnitui.services.acting.operations import Operations
from omnitui.store import tasks
from omnitui.store.cache import Cache
from omnitui.store.reads import past, replay
from tests.support.desk import a_conversation, a_message, an_agent

QUERIES = (
    *("", "assignee:none is:open", "priority:>=high -is:resolved", "返金 OR label:vip", "assignee:Mika"),
    *("channel:email from:3", "-from:3 is:open", "subject:2", "before:2020-01-01 OR is:waiting"),
)


def something(cache: Cache, operations: Operations, ids: list[str], rng: random.Random) -> None:
    one, now = rng.choice(ids), cache.clock.now()
    match rng.randrange(12):
        case 0 | 1 | 2 | 3:
            a_message(cache, one, rng.choice(["Hello", "返金してください", "Where is it?"]), at=now)
        case 4:
            a_message(cache, one, "We look", direction=Direction.OUTGOING, at=now)
        case 5:
            operations.set_status([one], rng.choice([Status.RESOLVED, Status.OPEN, Status.WAITING]))
        case 6:
            operations.label(rng.sample(ids, 2), add=[rng.choice(["vip", "billing"])])
        case 7:
            operations.label([one], remove=["vip"])
        case 8:
            operations.set_priority([one], rng.choice(list(Priority)))
        case 9:
            operations.assign([one], rng.choice([None, cache.me().id, an_agent(cache, "Mika").id]))
        case 10:
            operations.mark_read([one], rng.random() < 0.7)
        case 11:
            operations.note(one, "Looks odd")


def test_rule_fires_on_the_messages_that_the_look_back_finds(tmp_path: Path) -> None:
    """For every message that came, and every query: asked while the story is told, and asked of that moment alone."""
    rng, clock = random.Random(7), FrozenClock()
    with Cache.open(tmp_path, clock=clock) as cache:
        operations = Operations(cache)
        ids = [a_conversation(cache, subject=f"Matter {number}", contact=f"Person {number}").id for number in range(5)]
        for _step in range(60):
            clock.advance(MINUTE)
            something(cache, operations, ids, rng)
            if rng.random() < 0.1:
                clock.advance(1)
                operations.undo()
        now, me = clock.now(), cache.me().id
        came = cache.read(lambda db: db.execute(
            "SELECT c.id, m.received_at FROM message m JOIN conversation c ON c.pk = m.conversation_pk"
            " WHERE m.direction = 'incoming'").fetchall())  # fmt: skip
        assert len(came) > 15
        for text in QUERIES:
            found = tried(cache, text, now)
            wanted = [
                (own, at)
                for own, at in came
                if own
                in {
                    row.conversation.id for row in cache.read(past.queue, parse(text, now=at, me=me, zone=UTC), at, now)
                }
            ]
            assert sorted((one.conversation_id, one.at) for one in found) == sorted(wanted), text


def tried(cache: Cache, text: str, now: Millis) -> list[Firing]:
    """Where a rule on messages would have fired that changes nothing that anybody asks for."""
    me = cache.me().id
    asked = Asked(lambda at: parse(text, now=at, me=me, zone=UTC), now)

    def work(db: sqlite3.Connection) -> list[Firing]:
        names = dict(db.execute("SELECT id, name FROM agent"))
        rule = Rule("r", "R", (On(What.MESSAGE),), ())
        trial = Trial(
            rule,
            asked,
            lambda then: Foreseen(conversation(then), (Change("nothing", 0, 1),)),
            since=0,
            now=now,
            most=1_000,
            names=names,
        )
        for story in replay.stories(db, asked, now):
            if story is not None:
                trial.tell(story)
        assert trial.told <= replay.count(db, asked)
        return trial.firings

    return cache.read(work)


@pytest.mark.parametrize(("text", "left"), [("channel:line", 0), ("返金", 0), ("is:open", 2), ("-channel:line", 2)])
def test_conversations_that_can_never_fit_are_left_out_at_once(tmp_path: Path, text: str, left: int) -> None:
    with Cache.open(tmp_path, clock=FrozenClock()) as cache:
        for number in range(2):
            a_message(cache, a_conversation(cache, subject=f"Matter {number}").id, "Hello", at=cache.clock.now())
        asked = Asked(lambda at: parse(text, now=at, me="", zone=UTC), cache.clock.now())
        assert cache.read(replay.count, asked) == left


def test_task_that_the_log_does_not_have_makes_a_firing_unsure(tmp_path: Path) -> None:
    clock = FrozenClock()
    with Cache.open(tmp_path, clock=clock) as cache:
        own = a_conversation(cache).id
        due = {"kind": "follow_up", "due_at": clock.now() + MINUTE}
        cache.write(lambda tx: tasks.put_task(tx, tx.ids.new(), own, due))
        clock.advance(MINUTE)
        a_message(cache, own, "Hello", at=clock.now())
        assert [one.sure for one in tried(cache, "is:due", clock.now())] == [False]
        Operations(cache).add_task(own, TaskKind.FOLLOW_UP, clock.now())
        clock.advance(MINUTE)
        a_message(cache, own, "Hello", at=clock.now())
        assert [one.sure for one in tried(cache, "-has:task", clock.now())] == [True]
