"""Whatever a back end does and an agent does meanwhile: in the end both agree, and every message shows exactly once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Coroutine
from datetime import UTC
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from omnitui.clock import DAY, HOUR, MINUTE, SECOND, FrozenClock, Millis
from omnitui.desk.querying.parsing import parse
from omnitui.errors import Refused
from omnitui.model.conversations import Conversation, Message
from omnitui.model.states import Direction, SendState, Status
from omnitui.sdk import Fault, Idempotency
from omnitui.store import outbox
from omnitui.store.arriving import inflow
from omnitui.store.reads import inbox, oplog, search
from omnitui.store.reads import outbox as outbox_reads
from omnitui.sync.outbox import OutboxRunner
from tests.support.model_back_end import ModelConnector, World
from tests.support.promises import Promise
from tests.support.sync_desk import NOW, SyncDesk

T = TypeVar("T")

TALKS = st.sampled_from(["c1", "c2", "c3"])
STATUSES = st.sampled_from([Status.OPEN, Status.RESOLVED, Status.WAITING])
LIES = st.sampled_from([0, 0, 0, -SECOND, -3 * HOUR, -2 * DAY, 3 * HOUR, 2 * DAY, 400 * DAY])
TRICKS = st.lists(st.sampled_from(["", "break", "reverse", "lose", "repeat", "stale", "break late"]), max_size=4)
FATES = st.lists(
    st.sampled_from(["", "", "closed", "defect", "refused", "cut before", "cut after", "no key", "echo first"]),
    max_size=3,
)
WAITING = (SendState.HELD, SendState.QUEUED, SendState.DEFERRED, SendState.SENDING)
LEFT = (SendState.ACCEPTED, SendState.DELIVERED, SendState.READ)
ROUNDS = 60
"""More than enough for whatever has to settle."""
SOME = 20
"""Lives of the short form, always the same; those of the long one are others each time."""
AGREE = "Whatever a back end does, the cache comes to hold what it holds, and every message shows once."
CROWDED = (
    *(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
    *(HealthCheck.large_base_example, HealthCheck.function_scoped_fixture),
)
"""What a slow machine, or input that is large on purpose, may not fail for."""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    SyncDesk(folder, FrozenClock(NOW)).close()
    return folder


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "omnitui")


class Life(RuleBasedStateMachine):
    """A back end, a desk, and time."""

    empty: Path

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.place = tempfile.TemporaryDirectory()
        self.folder = Path(self.place.name) / "profile"
        shutil.copytree(self.empty, self.folder)
        self.clock = FrozenClock(NOW)
        self.world = World(self.clock)
        self.words = 0
        self.written: set[str] = set()
        self.defects = False
        self.open()

    def open(self) -> None:
        self.desk = SyncDesk(self.folder, self.clock)

    def teardown(self) -> None:
        try:
            self.settle()
            self.check()
        finally:
            self.desk.close()
            self.wait(self.loop.shutdown_default_executor())
            self.loop.close()
            self.place.cleanup()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def word(self) -> str:
        """A word that nothing else says."""
        self.words += 1
        return f"word{self.words}x"

    # What happens

    @initialize(
        idempotency=st.sampled_from(Idempotency), size=st.integers(1, 5), talks=st.lists(TALKS, min_size=1, max_size=4)
    )
    def begin(self, idempotency: Idempotency, size: int, talks: list[str]) -> None:
        self.idempotency = idempotency
        self.world.size = size
        for talk in talks:
            self.append(talk, 0)

    @rule(talk=TALKS, lie=LIES)
    def append(self, talk: str, lie: Millis) -> None:
        self.clock.advance(SECOND)
        self.world.add(talk, self.word(), self.clock.now() + lie)

    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        names = [name for name, one in self.world.said.items() if not one.deleted]
        if names:
            self.world.edit(data.draw(st.sampled_from(names)), self.word())

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        names = [name for name, one in self.world.said.items() if not one.deleted and not one.outgoing]
        if names:
            self.world.delete(data.draw(st.sampled_from(names)))

    @rule(data=st.data(), status=STATUSES)
    def change_there(self, data: st.DataObject, status: Status) -> None:
        self.clock.advance(SECOND)
        talk = data.draw(st.sampled_from(sorted({one.conversation for one in self.world.said.values()})))
        self.world.set_status(talk, status)

    @rule(data=st.data(), labels=st.frozensets(st.sampled_from(["vip", "late"])))
    def label_there(self, data: st.DataObject, labels: frozenset[str]) -> None:
        self.clock.advance(SECOND)
        talk = data.draw(st.sampled_from(sorted({one.conversation for one in self.world.said.values()})))
        self.world.set_labels(talk, labels)

    @rule(data=st.data())
    def disorder(self, data: st.DataObject) -> None:
        """What has not been handed out yet comes in another order."""
        world = self.world
        world.log[world.handed :] = data.draw(st.permutations(world.log[world.handed :]))

    @rule()
    def forget_cursors(self) -> None:
        self.world.forget_cursors()

    @rule(tricks=TRICKS)
    def pull(self, tricks: list[str]) -> None:
        self.world.tricks.extend(tricks)
        with contextlib.suppress(Fault):
            self.wait(self.take_in())

    @rule(fates=FATES, later=st.sampled_from([0, 0, MINUTE, HOUR]))
    def push(self, fates: list[str], later: Millis) -> None:
        self.clock.advance(later)
        self.world.fates.extend(fates)
        self.defects |= "defect" in fates
        self.wait(self.send())
        self.world.fates.clear()

    @rule()
    def restart(self) -> None:
        self.desk.close()
        self.open()

    # What the agent does

    @precondition(lambda self: self.desk.conversations())
    @rule(data=st.data(), hold=st.sampled_from([0, 0, MINUTE]))
    def reply(self, data: st.DataObject, hold: Millis) -> None:
        self.clock.advance(SECOND)
        op = self.desk.operations.reply(self.one(data).id, self.word(), hold=hold)
        self.written.add(op.object_id)

    @precondition(lambda self: self.desk.conversations())
    @rule(data=st.data(), status=STATUSES)
    def change_here(self, data: st.DataObject, status: Status) -> None:
        self.clock.advance(SECOND)
        self.desk.operations.set_status([self.one(data).id], status)

    @precondition(lambda self: self.desk.conversations())
    @rule(data=st.data(), label=st.sampled_from(["vip", "late"]), add=st.booleans())
    def label_here(self, data: st.DataObject, label: str, add: bool) -> None:
        self.clock.advance(SECOND)
        self.desk.operations.label([self.one(data).id], **{"add" if add else "remove": [label]})

    @precondition(lambda self: self.desk.conversations())
    @rule(data=st.data(), read=st.booleans())
    def read(self, data: st.DataObject, read: bool) -> None:
        self.clock.advance(SECOND)
        self.desk.operations.mark_read([self.one(data).id], read)

    @rule(again=st.booleans())
    def undo(self, again: bool) -> None:
        self.clock.advance(SECOND)
        with contextlib.suppress(Refused):
            self.desk.operations.undo()
            if again:
                self.desk.operations.redo()

    def one(self, data: st.DataObject) -> Conversation:
        return data.draw(st.sampled_from(self.desk.conversations()), label="conversation")

    # The two ways

    async def take_in(self) -> None:
        connector = ModelConnector(self.world, self.desk.mark, self.idempotency)
        cursor = await self.desk.cache.aread(inflow.cursor, self.desk.account.id, "")
        async for batch in connector.inbound(cursor):
            await self.desk.ingest.commit(batch)

    async def overtaken(self) -> None:
        with contextlib.suppress(Fault):
            await self.take_in()

    async def send(self) -> None:
        connector = ModelConnector(self.world, self.desk.mark, self.idempotency, self.overtaken)
        await OutboxRunner(self.desk.cache, self.desk.account, connector).run()

    def settle(self) -> None:
        """Nothing goes wrong any more, and the agent decides what waits for a decision."""
        self.world.tricks.clear()
        for _ in range(ROUNDS):
            self.clock.advance(HOUR)
            self.wait(self.take_in())
            self.wait(self.send())
            for entry in self.desk.cache.read(outbox_reads.entries, (SendState.BLOCKED,)):
                self.desk.operations.retry(entry.op_id)
            if not self.desk.cache.read(outbox_reads.entries, (*WAITING, SendState.BLOCKED)):
                break
            if not self.desk.cache.read(outbox.due, self.clock.now() + DAY):
                # The rest stands behind what nobody knows.
                break
        self.wait(self.take_in())

    # What has to hold

    def check(self) -> None:
        talks = self.desk.conversations()
        shown = {talk.id: self.desk.messages(talk.id) for talk in talks}
        self.check_messages(talks, shown)
        self.check_replies(shown)
        self.check_rows(talks, shown)
        self.check_list(talks)
        self.check_search(shown)
        assert self.desk.cache.read(oplog.verify_chain)

    def check_messages(self, talks: list[Conversation], shown: dict[str, list[Message]]) -> None:
        there = Counter((one.conversation, name, one.text) for name, one in self.world.said.items() if not one.deleted)
        here = Counter(
            (talk.external_id, one.external_id, one.text) for talk in talks for one in shown[talk.id] if one.external_id
        )
        assert here == there

    def check_replies(self, shown: dict[str, list[Message]]) -> None:
        """What is said to have left is there once, what is said not to have is not, each shown once or taken back."""
        mine = Counter(one.id for some in shown.values() for one in some)
        for message_id in self.written:
            entries = [self.desk.entry(op_id) for op_id in self.desk.cache.read(_sends, message_id)]
            standing = [entry for entry in entries if entry.state is not SendState.CANCELED]
            assert len(standing) <= 1, entries
            assert mine[message_id] == len(standing), entries
            there = [f"sent-{entry.idempotency_key}" in self.world.said for entry in entries]
            if not standing or standing[0].state not in (*LEFT, SendState.UNKNOWN):
                assert not any(there), entries
            elif standing[0].state is SendState.UNKNOWN:
                # A connector that fails on an op of which a copy may have left leaves it in doubt, whatever its kind.
                assert self.idempotency is Idempotency.UNKNOWABLE or self.defects
            else:
                assert there.count(True) == 1, entries

    def check_rows(self, talks: list[Conversation], shown: dict[str, list[Message]]) -> None:
        unsettled = {
            entry.conversation_id
            for entry in self.desk.cache.read(outbox_reads.entries, (*WAITING, SendState.FAILED, SendState.UNKNOWN))
        }
        for talk in talks:
            some = shown[talk.id]
            newest = max(some, key=lambda one: (one.received_at, one.id), default=None)
            assert talk.snippet == (newest.text if newest else "")
            assert talk.last_message_at == (newest.received_at if newest else 0)
            assert some == sorted(some, key=lambda one: (one.received_at, one.id))
            assert all(one.received_at <= self.clock.now() for one in some)
            incoming = {one.id for one in some if one.direction is Direction.INCOMING}
            assert talk.unread == len(incoming & self.desk.cache.read(_unseen))
            if talk.id in unsettled or talk.external_id in self.world.futures:
                continue
            assert set(talk.labels) == set(self.world.labels.get(talk.external_id, ())), talk
            assert talk.status is self.world.statuses.get(talk.external_id, Status.OPEN), talk

    def check_list(self, talks: list[Conversation]) -> None:
        """Each conversation stands in the list once, however it is paged through, and every counter counts it."""
        everything = parse("", now=self.clock.now(), me=self.desk.cache.me().id, zone=UTC)
        whole = self.desk.cache.read(inbox.page, everything)
        assert sorted(one.id for one in whole) == sorted(one.id for one in talks)
        assert whole == sorted(whole, key=lambda one: (one.last_activity_at, one.id), reverse=True)
        paged: list[Conversation] = []
        while page := self.desk.cache.read(
            inbox.page, everything, after=(paged[-1].last_activity_at, paged[-1].id) if paged else None, limit=1
        ):
            paged += page
        assert paged == whole
        counts = self.desk.cache.read(inbox.counts)
        assert counts.get("all", 0) == len(whole)
        assert counts.get("inbox", 0) == sum(one.status is Status.OPEN for one in whole)
        assert counts.get("waiting", 0) == sum(one.status is Status.WAITING for one in whole)
        assert counts.get("resolved", 0) == sum(one.status is Status.RESOLVED for one in whole)
        assert counts.get("unread", 0) == sum(one.unread > 0 for one in whole)

    def check_search(self, shown: dict[str, list[Message]]) -> None:
        """Every word that is shown is found once, and no other one at all."""
        where = {one.text: talk for talk, some in shown.items() for one in some}
        for number in range(1, self.words + 1):
            word = f"word{number}x"
            query = parse(word, now=self.clock.now(), me="", zone=UTC)
            hits = self.desk.cache.read(search.search, query)
            assert [hit.conversation_id for hit in hits] == ([where[word]] if word in where else []), word


def _sends(db: sqlite3.Connection, message_id: str) -> list[str]:
    rows = db.execute(
        "SELECT op.id FROM outbox o JOIN op ON op.pk = o.op_pk JOIN message m ON m.pk = o.message_pk WHERE m.id = ?",
        (message_id,),
    )
    return [row[0] for row in rows]


def _unseen(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute("SELECT id FROM message WHERE NOT seen")}


def live(empty: Path, lives: int, steps: int) -> None:
    Life.empty = empty
    how = settings(
        max_examples=lives,
        stateful_step_count=steps,
        derandomize=lives <= SOME,
        database=None,
        print_blob=True,
        deadline=None,
        suppress_health_check=CROWDED,
    )
    run_state_machine_as_test(Life, settings=how)


def test_back_end_and_cache_agree_and_every_message_shows_once(empty: Path, promise: Promise) -> None:
    live(empty, SOME, 20)
    promise(AGREE, f"{SOME} lives of a back end of up to 20 steps each: 0 differences")


@pytest.mark.torture
@pytest.mark.timeout(3_600)
def test_back_end_and_cache_agree_after_many_long_lives(empty: Path, promise: Promise) -> None:
    live(empty, 1_500, 60)
    promise(AGREE, "1,500 lives of a back end of up to 60 steps each: 0 differences")
