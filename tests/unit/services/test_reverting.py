"""One op taken back alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.clock import SECOND, FrozenClock
from omnitui.errors import Refused
from omnitui.model.people import Agent
from omnitui.model.states import Priority, Status
from omnitui.services.acting.operations import Operations
from omnitui.services.acting.reverting import outlook, revert
from omnitui.store.cache import Cache
from omnitui.store.reads import oplog
from tests.support.desk import a_conversation, an_agent, conversation


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with Cache.open(tmp_path, clock=FrozenClock()) as opened:
        yield opened


def test_revert_takes_back_one_of_a_group_and_leaves_the_rest(cache: Cache) -> None:
    first, second = (a_conversation(cache, contact=name).id for name in ("Ann", "Bob"))
    operations = Operations(cache)
    ops = operations.set_priority([first, second], Priority.HIGH)
    operations.label([first], add=["vip"])
    operations.revert(ops[0].id)
    assert conversation(cache, first).priority is Priority.NORMAL
    assert conversation(cache, first).labels == ("vip",)
    assert conversation(cache, second).priority is Priority.HIGH
    with pytest.raises(Refused, match="already"):
        operations.revert(ops[0].id)


def test_revert_of_labels_leaves_those_of_later_ops(cache: Cache) -> None:
    own = a_conversation(cache, labels=["old"]).id
    operations = Operations(cache)
    (op,) = operations.label([own], add=["vip", "billing"], remove=["old"])
    (later,) = operations.label([own], add=["refund"])
    assert cache.read(outlook, op.id).later == (later,)
    operations.revert(op.id)
    assert conversation(cache, own).labels == ("old", "refund")
    operations.redo()
    assert conversation(cache, own).labels == ("billing", "refund", "vip")


def test_revert_names_what_stands_on_the_op_and_leaves_it(cache: Cache) -> None:
    own = a_conversation(cache).id
    operations = Operations(cache)
    (op,) = operations.set_priority([own], Priority.HIGH)
    (later,) = operations.set_priority([own], Priority.URGENT)
    seen = cache.read(outlook, op.id)
    assert (seen.later, dict(seen.stays), dict(seen.sets)) == ((later,), {"priority": "urgent"}, {})
    undone = operations.revert(op.id)
    assert not undone.ops
    assert [one.field for one in undone.conflicts] == ["priority"]
    assert conversation(cache, own).priority is Priority.URGENT
    operations.revert(later.id)
    operations.revert(op.id)
    assert conversation(cache, own).priority is Priority.NORMAL


def test_revert_of_somebody_elses_op_has_to_be_asked_for(cache: Cache) -> None:
    own = a_conversation(cache).id
    (op,) = Operations(cache).set_status([own], Status.RESOLVED)
    other: Agent = an_agent(cache, "Mika")
    with pytest.raises(Refused, match="somebody else"):
        cache.write(lambda tx: revert(tx, other, op.id))
    done = cache.write(lambda tx: revert(tx, other, op.id, others=True))
    assert conversation(cache, own).status is Status.OPEN
    assert [one.author_id for one in done.ops] == [other.id]


def test_log_is_narrowed_by_agent_verb_and_time(cache: Cache) -> None:
    own = a_conversation(cache).id
    operations = Operations(cache)
    clock = cache.clock
    assert isinstance(clock, FrozenClock)
    operations.set_priority([own], Priority.HIGH)
    clock.advance(SECOND)
    (op,) = operations.label([own], add=["vip"])
    me = cache.me().id
    assert [one.id for one in cache.read(oplog.log, since=op.at)] == [op.id]
    assert [one.id for one in cache.read(oplog.log, verb=op.verb, author_id=me)] == [op.id]
    assert op.id not in [one.id for one in cache.read(oplog.log, until=op.at)]
    assert cache.read(oplog.log, author_id=an_agent(cache, "Mika").id) == []
