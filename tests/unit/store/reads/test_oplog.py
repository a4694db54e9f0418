"""The log: its pages, what can be undone and redone, and whether it was tampered with."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.errors import NotFound
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Verb
from omnitui.store import oplog as writes
from omnitui.store.cache import Cache
from omnitui.store.reads import oplog
from tests.support.desk import a_cache, a_conversation, an_agent


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    cache = a_cache(tmp_path)
    yield cache
    cache.close()


@pytest.fixture
def conversation(cache: Cache) -> Conversation:
    return a_conversation(cache)


def act(
    cache: Cache,
    conversation: Conversation,
    *,
    author: Ulid | None = None,
    verb: Verb = Verb.PRIORITY,
    undoes: Ulid | None = None,
    redoes: Ulid | None = None,
    size: int = 1,
) -> list[Op]:
    """One act of `size` ops."""
    group = cache.ids.new()
    ops = [
        Op(
            cache.ids.new(), group, cache.clock.now(), author or cache.me().id, verb, ObjectKind.CONVERSATION,
            conversation.id, conversation.account_id, {"priority": "normal"}, {"priority": "high"}, 1, reason="why",
            undoes=undoes, redoes=redoes, conversation_id=conversation.id,
        )
        for _ in range(size)
    ]  # fmt: skip
    return cache.write(lambda tx: [writes.append(tx, op) for op in ops])


def undoable(cache: Cache) -> list[Ulid]:
    return [op.id for op in cache.read(oplog.last_undoable, cache.me().id)]


def redoable(cache: Cache) -> list[Ulid]:
    return [op.id for op in cache.read(oplog.last_redoable, cache.me().id)]


def test_log_is_paged_newest_first_and_kept_as_written(cache: Cache, conversation: Conversation) -> None:
    other = a_conversation(cache, contact="Bo")
    made = [act(cache, conversation)[0], act(cache, other)[0], act(cache, conversation)[0]]
    assert cache.read(oplog.log) == made[::-1]
    assert cache.read(oplog.log, conversation.id) == [made[2], made[0]]
    assert cache.read(oplog.log, None, before=made[1].id) == [made[0]]
    assert cache.read(oplog.op, made[1].id) == made[1]
    with pytest.raises(NotFound):
        cache.read(oplog.op, "nothing")


def test_newest_act_is_undoable_as_a_whole_and_reading_does_not_count(cache: Cache, conversation: Conversation) -> None:
    assert undoable(cache) == []
    act(cache, conversation)
    bulk = act(cache, conversation, size=3)
    act(cache, conversation, verb=Verb.READ)
    act(cache, conversation, author=an_agent(cache, "Mia").id)
    assert undoable(cache) == [op.id for op in bulk]
    assert cache.read(oplog.group, bulk[1].id) == cache.read(oplog.group, bulk[0].group_id) == bulk


def test_undo_and_redo_walk_back_and_forth(cache: Cache, conversation: Conversation) -> None:
    first, second = act(cache, conversation)[0], act(cache, conversation)[0]
    undo_second = act(cache, conversation, undoes=second.id)[0]
    assert cache.read(oplog.undone, second.id)
    assert (undoable(cache), redoable(cache)) == ([first.id], [undo_second.id])
    undo_first = act(cache, conversation, undoes=first.id)[0]
    assert (undoable(cache), redoable(cache)) == ([], [undo_first.id])
    redo_first = act(cache, conversation, redoes=first.id)[0]
    assert (undoable(cache), redoable(cache)) == ([redo_first.id], [undo_second.id])
    act(cache, conversation, redoes=second.id)
    assert redoable(cache) == []


def test_nothing_can_be_redone_after_something_new(cache: Cache, conversation: Conversation) -> None:
    first = act(cache, conversation)[0]
    act(cache, conversation, undoes=first.id)
    assert redoable(cache)
    act(cache, conversation)
    assert redoable(cache) == []


def test_changed_log_is_noticed(cache: Cache, conversation: Conversation) -> None:
    for _ in range(3):
        act(cache, conversation)
    assert cache.read(oplog.verify_chain)
    cache.close()
    db = sqlite3.connect(cache.path)
    db.execute("DROP TRIGGER op_is_immutable")
    db.execute("UPDATE op SET verb = 'status' WHERE pk = 2")
    db.commit()
    assert not oplog.verify_chain(db)
    db.close()
