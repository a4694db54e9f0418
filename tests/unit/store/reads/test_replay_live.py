"""Rules tried on a history that went by under watch: they fire where the queue had it as each message came."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC
from pathlib import Path

import pytest

from omnitui.clock import HOUR, MINUTE, SECOND, FrozenClock, Millis
from omnitui.desk.acting.steps import Change, Foreseen
from omnitui.desk.promises.agreements import dump
from omnitui.desk.promises.sla import Policy
from omnitui.desk.querying.asof import Asked, unknown
from omnitui.desk.querying.parsing import parse
from omnitui.desk.rules.backtest import Trial
from omnitui.desk.rules.outcomes import conversation
from omnitui.desk.rules.rule import On, Rule, What
from omnitui.ids import Ulid
from omnitui.model.incidents import Severity
from omnitui.model.states import Direction, Priority, Status
from omnitui.model.tasks import TaskKind
from omnitui.services.acting.operations import Operations
from omnitui.services.rules import reading as rules
from omnitui.services.rules import trials
from omnitui.store import conversations, sla
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
from omnitui.store.reads import merging, replay, tasks, tracing
from omnitui.store.reads import rules as reads
from tests.support.console import a_session
from tests.support.desk import a_conversation, a_message, an_account, an_agent
from tests.support.ruled import a_rule, later, ruled

WINDOW: Millis = 9 * MINUTE
QUERIES = (
    *("is:open", "is:unread", "unanswered:>7m", "返金", "-返金 is:open", "is:all -is:open"),
    *("has:task", "-has:task is:open", "is:due", "is:mentioned", "-is:mentioned 返金", "incident:none -is:resolved"),
    *("incident:payments", "window:none", "window:open", "window:<10m", "-window:<10m"),
    *("sla:<10m", "sla:breached", "sla:risk -is:mentioned", "-sla:paused", "sla:none", "-sla:<6m 返金"),
    *("has:note -is:mentioned", "after:4m", "label:vip OR is:due", "has:attachment"),
)


POLICIES = (
    Policy("vip", "label:vip", first=6 * MINUTE, next=9 * MINUTE, warn=(2 * MINUTE,)),
    Policy("all", "-from:2", first=11 * MINUTE, next=15 * MINUTE, resolution=2 * HOUR, warn=(5 * MINUTE,)),
)


class Watched:
    """A desk on which something happens every minute, and what the queries found as each message came."""

    def __init__(self, cache: Cache, seed: int) -> None:
        self.cache = cache
        self.operations = Operations(cache)
        self.rng = random.Random(seed)
        cache.write(lambda tx: sla.put_in_force(tx, dump(POLICIES)))
        # The channel of the last two has a reply window.
        timed = an_account(cache, "Timed", capabilities={"": {"idempotency": "C", "window": WINDOW}})
        self.ids = [
            a_conversation(cache, subject=f"Matter {n}", contact=f"Person {n}", account=timed if n > 3 else None).id
            for n in range(6)
        ]
        self.incident = self.operations.open_incident("Payments fail", Severity.SEV2)[0].object_id
        self.found: dict[str, list[tuple[Ulid, Millis]]] = {text: [] for text in QUERIES}
        self.begun = cache.clock.now()

    def came(self, own: Ulid, text: str, files: tuple[str, ...] = ()) -> None:
        """A customer writes: ask as the engine does, in what it is a part of."""
        cache, at = self.cache, self.cache.clock.now()
        a_message(cache, own, text, at=at, files=files)
        if own in self.ids[4:]:
            cache.write(lambda tx: inflow.change_conversation(tx, own, {"window_closes_at": at + WINDOW}))
        me = cache.me().id

        def work(db: sqlite3.Connection) -> None:
            shown = merging.head(db, own)
            for query, found in self.found.items():
                if reads.holds(db, parse(query, now=at, me=me, zone=UTC), shown):
                    found.append((shown, at))

        cache.read(work)

    def something(self) -> None:
        """One thing of what happens on a desk."""
        rng, operations, one = self.rng, self.operations, self.rng.choice(self.ids)
        now = self.cache.clock.now()
        match rng.randrange(16):
            case 0 | 1 | 2 | 3 | 4:
                self.came(one, rng.choice(["Hello", "返金してください", "Where?"]), ("a.txt",) * (rng.random() < 0.1))
            case 5:
                a_message(self.cache, one, "We look", direction=Direction.OUTGOING, at=now)
            case 6:
                operations.set_status([one], rng.choice([Status.RESOLVED, Status.CLOSED, Status.OPEN, Status.WAITING]))
            case 7:
                operations.label([one], add=["vip"])
            case 8:
                operations.mark_read([one], rng.random() < 0.7)
            case 9:
                operations.note(one, rng.choice(["Looks odd", f"@{self.cache.me().name} please look", "@Mika look"]))
            case 10:
                operations.add_task(one, TaskKind.FOLLOW_UP, now + rng.randrange(1, 20) * MINUTE)
            case 11:
                self.change_a_task(now)
            case 12:
                operations.link_incident(self.incident, [one])
            case 13:
                operations.unlink_incident([one])
            case 14:
                other = rng.choice(self.ids)
                if self.cache.read(merging.head, one) != self.cache.read(merging.head, other):
                    operations.merge(one, [other])
            case 15:
                if self.cache.read(merging.head, one) != one:
                    operations.split([one])
        if rng.random() < 0.05:
            self.cache.clock.advance(1)  # type: ignore[attr-defined]
            operations.undo()

    def change_a_task(self, now: Millis) -> None:
        """One of those that are open."""
        if not (known := self.cache.read(tasks.page)):
            return
        one = self.rng.choice(known)
        match self.rng.randrange(3):
            case 0:
                self.operations.complete_tasks([one.id])
            case 1:
                self.operations.change_task(one.id, {"due_at": now + HOUR})
            case 2:
                self.operations.drop_task(one.id)

    def tried(self, text: str) -> Trial:
        """What a rule on messages would have done that changes nothing that anybody asks for."""
        me, now = self.cache.me().id, self.cache.clock.now()
        queries = [parse(one.query, now=0, me=me, zone=UTC) for one in POLICIES]
        asked = Asked(lambda at: parse(text, now=at, me=me, zone=UTC), now, queries)

        def work(db: sqlite3.Connection) -> Trial:
            trial = Trial(
                Rule("r", "R", (On(What.MESSAGE),), ()),
                asked,
                lambda then: Foreseen(conversation(then), (Change("nothing", 0, 1),)),
                since=self.begun,
                now=now,
                most=10_000,
                names=tracing.agents(db),
                policies=POLICIES,
            )
            for story in replay.stories(db, asked, now):
                if story is not None:
                    trial.tell(story)
            return trial

        return self.cache.read(work)


def test_rule_fires_where_the_queue_had_it_as_a_message_came(tmp_path: Path) -> None:
    clock = FrozenClock()
    with Cache.open(tmp_path, clock=clock) as cache:
        an_agent(cache, "Mika")
        desk = Watched(cache, 5)
        for _step in range(180):
            clock.advance(MINUTE)
            desk.something()
        for text, wanted in desk.found.items():
            assert not unknown(parse(text, now=clock.now(), me=cache.me().id, zone=UTC).node)
            trial = desk.tried(text)
            assert sorted((one.conversation_id, one.at) for one in trial.firings) == sorted(wanted), text
            assert wanted, text


@pytest.mark.parametrize("on", ["warned", "breached", "12m after message", "resolved", "reply"])
def test_rule_fires_in_a_trial_where_it_did_in_force(tmp_path: Path, on: str) -> None:
    rng = random.Random(on)
    with a_session(tmp_path) as session:
        cache = session.cache
        cache.write(lambda tx: sla.put_in_force(tx, dump(POLICIES)))
        ruling = ruled(session, a_rule("r", on, '{note = "n"}', when="is:all"))
        ids = [a_conversation(cache, contact=f"Person {n}").id for n in range(4)]
        ruling.work()
        for _step in range(70):
            one = rng.choice(ids)
            match rng.randrange(6):
                case 0 | 1:
                    a_message(cache, one, "Hello")
                case 2:
                    a_message(cache, one, "We look", direction=Direction.OUTGOING)
                case 3:
                    session.operations.set_status([one], rng.choice([Status.RESOLVED, Status.WAITING, Status.OPEN]))
                case 4:
                    session.operations.label([one], add=["vip"])
            later(session, 40 * SECOND)
            ruling.work()
        fired = sorted((one.conversation_id, one.at) for one in cache.read(reads.firings, limit=1_000))
        rule = rules.read(session.profile, session.settings).rules[0]
        tried = trials.attempt(session, rule, limit=1_000)
        found = sorted((one.foreseen.conversation.id, one.at) for one in tried.examples)
        assert fired
        assert [own for own, _at in found] == [own for own, _at in fired]
        # The engine looked once in a while.
        assert all(at <= live <= at + 2 * MINUTE for (_own, live), (_same, at) in zip(fired, found, strict=True))


HEARD = (
    *("resolved", "reopened", "status:waiting", "labelled:vip", "unlabelled:vip", "assigned", "unassigned"),
    *("priority:urgent", "rated", "message", "reply"),
)


@pytest.mark.parametrize("on", HEARD)
def test_rule_hears_in_a_trial_what_became_of_parts_as_it_did_in_force(tmp_path: Path, on: str) -> None:
    rng = random.Random(on)
    with a_session(tmp_path) as session:
        cache, operations = session.cache, session.operations
        mika = an_agent(cache, "Mika").id
        ruling = ruled(session, a_rule("r", on, '{note = "n"}', when="is:all"))
        ids = [a_conversation(cache, contact=f"Person {n}").id for n in range(4)]
        ruling.work()
        operations.merge(ids[0], ids[1:2])
        for step in range(100):
            one, other = rng.sample(ids, 2)
            head = cache.read(merging.head, one)
            match rng.randrange(10):
                case 0:
                    a_message(cache, one, "Hello")
                case 1:
                    a_message(cache, one, "We look", direction=Direction.OUTGOING)
                case 2 | 3:
                    operations.set_status([one], rng.choice([Status.RESOLVED, Status.WAITING, Status.OPEN]))
                case 4:
                    operations.label([one], add=["vip"])
                case 5:
                    operations.label([one], remove=["vip"])
                case 6:
                    operations.assign([one], rng.choice([None, mika]))
                case 7:
                    operations.set_priority([one], rng.choice(list(Priority)))
                case 8 if head != cache.read(merging.head, other):
                    operations.merge(one, [other])
                case 9 if head != one:
                    operations.split([one])
            if step % 30 == 0:
                rated = ids[step // 30]
                cache.write(lambda tx, own=rated: conversations.rate(tx, own, 5, "5", "", tx.now()))  # type: ignore[misc]
            later(session, 40 * SECOND)
            ruling.work()
        fired = sorted((one.conversation_id, one.at) for one in cache.read(reads.firings, limit=1_000))
        tried = trials.attempt(session, rules.read(session.profile, session.settings).rules[0], limit=1_000)
        found = sorted((one.foreseen.conversation.id, one.at) for one in tried.examples)
        assert fired
        assert [own for own, _at in found] == [own for own, _at in fired]
        # The engine looked once in a while.
        assert all(at <= live <= at + 4 * MINUTE for (_own, live), (_same, at) in zip(fired, found, strict=True))
