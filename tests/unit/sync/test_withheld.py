"""What a back end says of a conversation while a change made here hides it: the undo of that change brings it out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.clock import HOUR, SECOND, FrozenClock
from omnitui.errors import Refused
from omnitui.ids import Ulid
from omnitui.model.people import Agent
from omnitui.model.states import Priority, SendState, Status, Verb
from omnitui.sdk import (
    Accepted,
    Capabilities,
    ConversationChanged,
    Idempotency,
    Outbound,
    Outcome,
    Reach,
    Rejected,
    snapshot,
)
from omnitui.services.acting.operations import Operations
from omnitui.store import accounts
from omnitui.store.reads import oplog as oplog_reads
from omnitui.store.reads import outbox as outbox_reads
from omnitui.store.writer import Tx
from omnitui.sync.outbox import OutboxRunner
from tests.support.connector import CHANNEL, FakeConnector, a_message
from tests.support.sync_desk import NOW, SyncDesk

KEN = "ken@desk.example"
MIA = "mia@desk.example"
Change = Callable[[Operations, list[Ulid], Any], object]
FIELDS: dict[str, tuple[Verb, list[Any], Change]] = {
    "status": (
        Verb.STATUS,
        [Status.OPEN, Status.RESOLVED, Status.WAITING],
        lambda here, ids, value: here.set_status(ids, value),
    ),
    "priority": (
        Verb.PRIORITY,
        [Priority.NORMAL, Priority.HIGH, Priority.URGENT],
        lambda here, ids, value: here.set_priority(ids, value),
    ),
    "assignee": (Verb.ASSIGN, ["", KEN, MIA], lambda here, ids, value: here.assign(ids, value)),
    "labels": (
        Verb.LABEL,
        [(), ("late",), ("late", "vip")],
        lambda here, ids, value: here.label(ids, add=value, remove={"late", "vip"} - set(value)),
    ),
}
FIELD = st.sampled_from(sorted(FIELDS))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["here", "there"]), FIELD, st.integers(0, 2)),
        st.tuples(st.sampled_from(["hear", "undo", "redo", "send", "refuse"]), st.just(""), st.just(0)),
    ),
    max_size=14,
)


class Desk(SyncDesk):
    """A desk with one conversation, and what a back end holds and has not told yet."""

    def __init__(self, folder: Path) -> None:
        self.time = FrozenClock(NOW)
        super().__init__(folder, self.time)
        ken, mia = (Agent(self.cache.ids.new(), name, (address,)) for name, address in (("Ken", KEN), ("Mia", MIA)))
        self.agents = {"": None, KEN: ken.id, MIA: mia.id}

        def begin(tx: Tx) -> None:
            accounts.put_agent(tx, ken)
            accounts.put_agent(tx, mia)
            accounts.set_capabilities(tx, self.account.id, snapshot.take(can, (CHANNEL,)))

        self.cache.write(begin)
        self.there: dict[str, Any] = {name: values[0] for name, (_verb, values, _change) in FIELDS.items()}
        self.untold: list[ConversationChanged] = []
        self.refuses = False

    @property
    def one(self) -> Ulid:
        return self.conversations()[0].id

    def change_here(self, name: str, value: Any) -> None:
        self.time.advance(SECOND)
        FIELDS[name][2](self.operations, [self.one], self.agents[value] if name == "assignee" else value)

    def change_there(self, name: str, value: Any) -> None:
        self.time.advance(SECOND)
        self.there[name] = value
        self.untold.append(ConversationChanged("c1", self.time.now(), **{name: value}))

    async def hear(self) -> None:
        self.time.advance(SECOND)
        await self.take(*self.untold)
        self.untold.clear()

    def undo(self) -> bool:
        self.time.advance(SECOND)
        try:
            return bool(self.operations.undo().ops)
        except Refused:
            return False

    async def send(self, *, refuses: bool = False) -> None:
        self.time.advance(HOUR)
        self.refuses = refuses
        await OutboxRunner(self.cache, self.account, Mouth(self)).run()

    def here(self) -> dict[str, Any]:
        one = self.conversations()[0]
        return {
            "status": one.status,
            "priority": one.priority,
            "assignee": one.assignee_id,
            "labels": set(one.labels),
        }

    def as_told(self, name: str, value: Any) -> Any:
        """A value as ops have it."""
        return self.agents[value] if name == "assignee" else list(value) if name == "labels" else value

    def held_there(self) -> dict[str, Any]:
        return {**self.there, "assignee": self.agents[self.there["assignee"]], "labels": set(self.there["labels"])}


def can(channel: str = "") -> Capabilities:
    verbs = {verb: Reach.REMOTE for verb, _values, _change in FIELDS.values()}
    return Capabilities(Idempotency.DEDUPLICATED, reach=verbs)


class Mouth(FakeConnector):
    """Does at the back end what is asked, and the back end tells of it later like of any change."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.back_end, desk.mark)
        self.desk = desk

    def capabilities(self, channel: str = "") -> Capabilities:
        return can(channel)

    async def perform(self, op: Outbound) -> Outcome:
        if self.desk.refuses:
            return Rejected("no")
        await self.desk.mark(op.op_id)
        name = next(name for name, (verb, _values, _change) in FIELDS.items() if verb is op.verb)
        value = op.fields.get(name)
        if name == "labels":
            value = tuple(sorted((set(self.desk.there[name]) | set(op.fields["add"])) - set(op.fields["remove"])))
        self.desk.change_there(name, value)
        return Accepted()


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "profile")
    await desk.take(a_message(1, "hello", conversation="c1"))
    return desk


@pytest.mark.parametrize("name", FIELDS)
async def test_report_that_a_waiting_change_hides_holds_once_it_is_undone(desk: Desk, name: str) -> None:
    first, second, third = FIELDS[name][1]
    desk.change_there(name, third)
    desk.change_here(name, second)
    await desk.hear()
    assert desk.here() != desk.held_there()
    desk.time.advance(SECOND)
    undone = desk.operations.undo()
    assert desk.here() == desk.held_there()
    [overtaken] = undone.overtaken
    assert (overtaken.left, overtaken.found) == (desk.as_told(name, first), desk.as_told(name, third))
    assert not undone.conflicts
    await desk.send()
    assert desk.there[name] == third
    desk.operations.redo()
    await desk.send()
    await desk.hear()
    assert desk.here() == desk.held_there() == {**desk.held_there(), name: desk.here()[name]}
    assert set(desk.here()["labels"]) == ({"late", "vip"} if name == "labels" else set())


async def test_undo_of_a_change_that_arrived_gives_the_back_end_what_it_had_said_meanwhile(desk: Desk) -> None:
    desk.change_there("status", Status.WAITING)
    desk.change_here("status", Status.RESOLVED)
    await desk.hear()
    await desk.send()
    await desk.hear()
    assert desk.undo()
    await desk.send()
    await desk.hear()
    assert desk.there["status"] == desk.here()["status"] == Status.WAITING


async def test_report_of_what_the_hiding_change_sets_as_well_stays_after_its_undo(desk: Desk) -> None:
    desk.change_there("status", Status.RESOLVED)
    desk.change_here("status", Status.RESOLVED)
    await desk.hear()
    assert desk.undo()
    assert desk.here() == desk.held_there()
    assert not desk.undo()
    assert not desk.cache.read(outbox_reads.entries, (SendState.QUEUED,))


async def test_undo_that_leaves_all_as_it_was_hides_no_report(desk: Desk) -> None:
    desk.change_here("labels", ("late",))
    desk.change_there("labels", ("late",))
    await desk.hear()
    await desk.send()
    desk.change_there("labels", ("late", "vip"))
    assert desk.undo()
    await desk.hear()
    assert desk.here() == desk.held_there()


async def test_waiting_change_that_was_overtaken_is_taken_back_all_the_same(desk: Desk) -> None:
    desk.change_here("priority", Priority.HIGH)
    desk.change_there("priority", Priority.URGENT)
    await desk.hear()
    undone = desk.operations.undo()
    assert [(one.field, one.found) for one in undone.overtaken] == [("priority", "urgent")]
    await desk.send()
    assert desk.there["priority"] is desk.here()["priority"] is Priority.URGENT


async def test_customer_who_wrote_after_the_hidden_report_finds_the_conversation_open(desk: Desk) -> None:
    desk.change_there("status", Status.RESOLVED)
    desk.change_here("status", Status.WAITING)
    await desk.hear()
    await desk.take(a_message(2, "one more thing", conversation="c1", sent_at=desk.time.now()))
    desk.undo()
    assert desk.here()["status"] is Status.OPEN


async def test_ending_snooze_goes_with_the_status_that_was_reported_meanwhile(desk: Desk) -> None:
    desk.operations.snooze([desk.one], desk.time.now() + HOUR)
    desk.change_there("status", Status.RESOLVED)
    desk.change_here("status", Status.OPEN)
    await desk.hear()
    desk.undo()
    one = desk.conversations()[0]
    assert (one.status, one.snoozed_until) == (Status.RESOLVED, None)


async def live(folder: Path, steps: list[tuple[str, str, int]]) -> None:
    desk = Desk(folder)
    try:
        await desk.take(a_message(1, "hello", conversation="c1"))
        for step, name, number in steps:
            value = FIELDS[name][1][number] if name else None
            match step:
                case "here":
                    desk.change_here(name, value)
                case "there":
                    desk.change_there(name, value)
                case "hear":
                    await desk.hear()
                case "undo":
                    desk.undo()
                case "redo":
                    desk.time.advance(SECOND)
                    with contextlib.suppress(Refused):
                        desk.operations.redo()
                case _:
                    await desk.send(refuses=step == "refuse")
        await desk.hear()
        while desk.undo():
            pass
        await desk.send()
        await desk.hear()
        waiting = desk.cache.read(outbox_reads.entries, (SendState.QUEUED, SendState.BLOCKED, SendState.FAILED))
        if not waiting:
            assert desk.here() == desk.held_there()
        assert desk.cache.read(oplog_reads.verify_chain)
    finally:
        desk.close()


@settings(max_examples=12)
@given(STEPS)
def test_any_changes_reports_and_undos_end_in_what_the_back_end_holds(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int]]
) -> None:
    asyncio.run(live(tmp_path_factory.mktemp("desk"), steps))


@pytest.mark.torture
@settings(max_examples=1_000)
@given(STEPS)
def test_thousands_of_changes_reports_and_undos_end_in_what_the_back_end_holds(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int]]
) -> None:
    asyncio.run(live(tmp_path_factory.mktemp("desk"), steps))
