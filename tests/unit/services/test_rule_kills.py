"""Whatever happens and wherever the process is killed: each rule has fired exactly as the pure rules of rules say."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest

from omnitui.clock import MINUTE, FrozenClock, Millis
from omnitui.desk.acting.macros import Do
from omnitui.desk.querying.matching import Facts, matches
from omnitui.desk.querying.parsing import parse
from omnitui.desk.rules import rule as pure
from omnitui.desk.rules.rule import Happened, Link, Past, Rule, What
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.states import MessageKind, Priority, Status, Verb
from omnitui.paths import Profile
from omnitui.services.rules import reading as rules
from omnitui.services.rules.ruling import Ruling
from omnitui.services.session import Session
from omnitui.store import failpoints
from omnitui.store.reads import history, inbox, oplog
from omnitui.store.reads import rules as reads
from tests.support.console import a_profile
from tests.support.desk import a_conversation, a_message
from tests.support.forked import cut
from tests.support.promises import Promise

FILE = """
[tag]
on = "message"
when = "label:a -label:b"
enabled = true
do = [{label = "b"}]

[lift]
on = ["labelled:b", "reopened"]
when = "is:open"
stop = true
enabled = true
do = [{priority = "high"}, {label = "lifted"}]

[never]
on = "labelled:b"
enabled = true
do = [{label = "n"}]

[loop]
on = ["unlabelled:a", "labelled:lifted", "status:resolved"]
when = "is:all"
enabled = true
do = [{label = ["+d", "-b"]}, {note = "again"}]

[back]
on = "unlabelled:b"
enabled = true
do = [{label = ["+b", "-d"]}]

[late]
on = "10m after message"
when = "is:open -label:late"
enabled = true
do = [{label = "late"}]

[rare]
on = ["begun", "message"]
once = "30m"
enabled = true
do = [{note = "hello"}]
"""
BEGINS: Millis = 1_750_000_000_000
Fired = tuple[str, Ulid, str]


@dataclass
class Model:
    """What the pure functions make of what happened, without a store."""

    rules: tuple[Rule, ...]
    clock: FrozenClock
    held: dict[Ulid, Conversation] = field(default_factory=dict)
    queue: list[tuple[Happened, tuple[Link, ...]]] = field(default_factory=list)
    timers: dict[tuple[Ulid, str, str], tuple[Millis, Happened, tuple[Link, ...]]] = field(default_factory=dict)
    fired: list[Fired] = field(default_factory=list)
    times: dict[tuple[str, Ulid], list[Millis]] = field(default_factory=dict)

    def tell(self, what: What, own: Ulid, subject: str = "", before: str = "", chain: Iterable[Link] = ()) -> None:
        self.queue.append((Happened(what, own, self.clock.now(), subject, before), tuple(chain)))

    def message(self, own: Ulid, *, first: bool = False) -> None:
        if first:
            self.tell(What.BEGUN, own)
        self.tell(What.MESSAGE, own)
        self.set(own, status=Status.OPEN)

    def set(self, own: Ulid, chain: Iterable[Link] = (), **fields: object) -> None:
        """Change a conversation, and tell what is another way."""
        before, after = self.held[own], replace(self.held[own], **fields)  # type: ignore[arg-type]
        self.held[own] = after
        if before.status != after.status:
            self.tell(What.STATUS, own, after.status, before.status, chain)
        for label in sorted(set(after.labels) - set(before.labels)):
            self.tell(What.LABELLED, own, label, chain=chain)
        for label in sorted(set(before.labels) - set(after.labels)):
            self.tell(What.UNLABELLED, own, label, chain=chain)

    def work(self) -> None:
        while True:
            if self.queue:
                self.ask(*self.queue.pop(0))
                continue
            due = sorted((at, key) for key, (at, _h, _c) in self.timers.items() if at <= self.clock.now())
            if not due:
                return
            at, key = due[0]
            _at, happened, chain = self.timers.pop(key)
            rule = next(one for one in self.rules if one.name == key[1])
            if self.holds(rule, key[0]):
                self.fire(rule, rule.events[0], happened, at, chain)

    def ask(self, happened: Happened, chain: tuple[Link, ...]) -> None:
        own = happened.conversation_id
        for rule in self.rules:
            for on in rule.events:
                if on.after and pure.fits(on, happened):
                    self.timers.pop((own, rule.name, on.words), None)
                    if self.holds(rule, own):
                        self.timers[own, rule.name, on.words] = (happened.at + on.after, happened, chain)
            on_now = pure.set_off(rule, happened)
            if on_now is None or on_now.after or not self.holds(rule, own):
                continue
            if self.fire(rule, on_now, happened, happened.at, chain) and rule.stop:
                return

    def holds(self, rule: Rule, own: Ulid) -> bool:
        from datetime import UTC

        return matches(parse(rule.when, now=self.clock.now(), me="", zone=UTC), Facts(self.held[own]))

    def fire(self, rule: Rule, on: pure.On, happened: Happened, at: Millis, chain: tuple[Link, ...]) -> bool:
        own = happened.conversation_id
        times = self.times.setdefault((rule.name, own), [])
        if pure.barred(rule, own, Past(times, (), chain), at) is not None:
            return False
        before = self.held[own]
        if any(step.kind == "note" for step in rule.steps) or self.after(before, rule.steps) != before:
            times.append(at)
            self.fired.append((rule.name, own, pure.why(rule, on, happened)))
            led = (Link(rule.name, own), *chain)
            for step in rule.steps:
                now = self.after(self.held[own], (step,))
                self.set(own, led, labels=now.labels, priority=now.priority)
        return True

    @staticmethod
    def after(row: Conversation, steps: Iterable[Do]) -> Conversation:
        for step in steps:
            if step.kind == "priority":
                row = replace(row, priority=Priority(step.value))
            elif step.kind == "label":
                on = {one.removeprefix("+") for one in step.value if not one.startswith("-")}
                off = {one[1:] for one in step.value if one.startswith("-")}
                row = replace(row, labels=tuple(sorted((set(row.labels) | on) - off)))
        return row


class Story:
    """A profile, in which something happens, and rules are asked by processes that are killed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.profile: Profile = a_profile(folder)
        self.profile.rules_file.write_text(FILE, "utf-8")
        self.errors = folder / "errors"
        self.clock = FrozenClock(BEGINS)
        self.random = random.Random(seed)
        self.owns: list[Ulid] = []
        self.kills = 0
        with self.session() as session:
            found = rules.read(session.profile, session.settings)
            assert not found.problems, found.problems
            Ruling(session).put_in_force(found.rules)
        self.model = Model(found.rules, self.clock)

    def session(self) -> Session:
        return Session.open(self.profile, clock=FrozenClock(self.clock.now()))

    def happen(self, acts: int) -> None:
        """Some things happen, to the cache and to the model."""
        with self.session() as session:
            for _act in range(acts):
                self.act(session)

    def act(self, session: Session) -> None:
        clock, chosen = session.cache.clock, self.random.random()
        assert isinstance(clock, FrozenClock)
        if not self.owns or chosen < 0.1:
            made = a_conversation(session.cache, "help", contact=f"Ann {len(self.owns)}")
            self.owns.append(made.id)
            self.model.held[made.id] = replace(made, labels=())
            self.model.message(made.id, first=True)
        else:
            own = self.random.choice(self.owns)
            held = self.model.held[own]
            if chosen < 0.5:
                a_message(session.cache, own, "again")
                self.model.message(own)
            elif chosen < 0.8:
                label = self.random.choice("ab")
                on = label not in held.labels
                session.operations.label([own], add=[label] if on else (), remove=() if on else [label])
                self.model.set(own, labels=tuple(sorted(set(held.labels) ^ {label})))
            else:
                status = self.random.choice([Status.RESOLVED, Status.OPEN, Status.WAITING])
                session.operations.set_status([own], status)
                self.model.set(own, status=status)
        clock.advance(self.random.randrange(6) * MINUTE)
        self.clock.advance(clock.now() - self.clock.now())

    def ask(self, kills: int) -> None:
        """Rules are asked by processes of which so many are killed somewhere."""
        for _kill in range(kills):
            place = f"{failpoints.STATEMENT}:{self.random.randrange(3, 150)}"
            self.kills += cut(self.work, self.errors, failpoint=place)
        self.work()
        self.model.work()

    def work(self) -> None:
        with self.session() as session:
            ruling = Ruling(session)
            ruling.put_in_force(rules.read(session.profile, session.settings).rules)
            ruling.work()

    def check(self) -> int:
        """Compare; how many firings there were."""
        with self.session() as session:
            firings = session.cache.read(lambda db: reads.firings(db, limit=10_000))[::-1]
            assert [(one.name, one.conversation_id, one.why) for one in firings] == self.model.fired
            for one in firings:
                ops = session.cache.read(oplog.group, one.id)
                assert ops[0].verb is Verb.RULE
                assert len(ops) > 1
            for own, held in self.model.held.items():
                row = session.cache.read(inbox.conversation, own)
                assert row is not None
                assert (row.labels, row.status, row.priority) == (held.labels, held.status, held.priority)
                page = session.cache.read(partial(history.page, conversation_id=own, limit=10_000))
                notes = [one for one in page if one.kind is MessageKind.NOTE]
                writes = [name for name, where, _why in self.model.fired if where == own and name in ("loop", "rare")]
                assert len(notes) == len(writes)
            assert session.cache.read(reads.events, 1) == []
            assert session.cache.read(oplog.verify_chain)
        return len(firings)


def lived(folder: Path, seed: int, rounds: int, kills: int) -> tuple[int, int]:
    """A story to its end: firings and kills."""
    story = Story(folder, seed)
    for _round in range(rounds):
        story.happen(story.random.randrange(3, 15))
        story.ask(kills)
    return story.check(), story.kills


WHOLE = "Each rule fires exactly as it says, once, wherever the process that asks it is killed."


def test_rules_fire_as_the_pure_functions_say_wherever_the_process_is_killed(tmp_path: Path, promise: Promise) -> None:
    fired, kills = lived(tmp_path, 1, rounds=3, kills=2)
    assert fired > 10
    assert kills > 3
    promise(WHOLE, f"{fired} firings, {kills} kills, none lost and none twice")


@pytest.mark.torture
def test_rules_fire_as_the_pure_functions_say_in_many_stories(tmp_path: Path, promise: Promise) -> None:
    found = [lived(tmp_path / str(seed), seed, rounds=8, kills=3) for seed in range(20)]
    fired, kills = (sum(one[number] for one in found) for number in (0, 1))
    promise(WHOLE, f"{fired} firings, {kills} kills, none lost and none twice")
