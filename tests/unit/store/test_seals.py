"""What somebody who can write the cache's file, and has no key, can do to the log without being found out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Verb
from omnitui.store import chain, migrations, oplog
from omnitui.store.cache import Cache
from omnitui.store.chain import Fault, Head, Verdict
from tests.support.desk import a_cache, a_conversation
from tests.support.promises import Promise
from tests.support.schema_fixture import fixture, load

KEY = b"k" * 32
SIZE = 6


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with a_cache(tmp_path) as cache:
        yield cache


def act(cache: Cache, count: int = SIZE) -> list[str]:
    """So many ops in the log; their ids."""
    conversation = a_conversation(cache)
    ids = [cache.ids.new() for _ in range(count)]
    for op_id in ids:
        op = Op(
            op_id, op_id, cache.clock.now(), cache.me().id, Verb.PRIORITY, ObjectKind.CONVERSATION, conversation.id,
            conversation.account_id, {"priority": "normal"}, {"priority": "high"}, 1, reason="why",
            conversation_id=conversation.id,
        )  # fmt: skip
        cache.write(partial(oplog.append, op=op))
    return ids


def sealed(cache: Cache) -> tuple[list[str], Head]:
    """A log of SIZE ops, all sealed; their ids, and its end."""
    ids = act(cache)
    verdict = cache.write(lambda tx: chain.seal_tail(tx.db, KEY))
    assert verdict == Verdict(verdict.head, SIZE, pk=SIZE)
    assert verdict.head.count == SIZE
    return ids, verdict.head


def attack(cache: Cache, *statements: str) -> None:
    """Do to the file what its triggers forbid."""
    with closing(sqlite3.connect(cache.path, isolation_level=None)) as db:
        db.execute("DROP TRIGGER IF EXISTS op_is_immutable")
        db.execute("DROP TRIGGER IF EXISTS op_is_kept")
        for statement in statements:
            db.execute(statement)


def rehash(cache: Cache) -> None:
    """Compute all digests anew, as somebody would who knows how this program does it."""
    with closing(sqlite3.connect(cache.path, isolation_level=None)) as db:
        while (fault := chain.verify(db)).fault is not None:
            (pk,) = db.execute("SELECT pk FROM op WHERE id = ?", (fault.op_id,)).fetchone()
            before, after, reason = db.execute(
                "SELECT before, after, reason FROM op_payload WHERE op_pk = ?", (pk,)
            ).fetchone()
            payload = chain.payload_digest(before, after, reason)
            columns = db.execute(
                f"SELECT {chain._COLUMNS} FROM op JOIN agent ON agent.pk = op.author_pk LEFT JOIN account"
                " ON account.pk = op.account_pk LEFT JOIN conversation ON conversation.pk = op.conversation_pk"
                " WHERE op.pk = ?",
                (pk,),
            ).fetchone()
            digest = chain.op_digest(fault.head.digest, columns, payload)
            db.execute("UPDATE op SET payload_digest = ?, digest = ? WHERE pk = ?", (payload, digest, pk))


EDIT = "UPDATE op SET at = at - 60000 WHERE pk = 3"
WORDS = "UPDATE op_payload SET reason = 'another' WHERE op_pk = 3"
GONE = ("DELETE FROM op WHERE pk = 3", "DELETE FROM op_payload WHERE op_pk = 3", "DELETE FROM op_seal WHERE op_pk = 3")
SWAP = (
    "UPDATE op SET pk = -3 WHERE pk = 3",
    "UPDATE op SET pk = 3 WHERE pk = 4",
    "UPDATE op SET pk = 4 WHERE pk = -3",
)
TAIL = ("DELETE FROM op WHERE pk > 3", "DELETE FROM op_payload WHERE op_pk > 3", "DELETE FROM op_seal WHERE op_pk > 3")


@pytest.mark.parametrize(
    ("statements", "at", "fault"),
    [
        ((EDIT,), 3, Fault.ROW),
        ((WORDS,), 3, Fault.TEXT),
        (("UPDATE op_payload SET erased_at = 1, reason = 'forged' WHERE op_pk = 3",), 3, Fault.TEXT),
        (GONE, 4, Fault.ROW),
        (SWAP, 3, Fault.ROW),
        (("DELETE FROM op_seal WHERE op_pk = 3",), 3, Fault.SEAL),
    ],
    ids=["edited", "words", "erased", "deleted", "reordered", "unsealed"],
)
def test_first_broken_op_is_named(cache: Cache, statements: tuple[str, ...], at: int, fault: Fault) -> None:
    ids, end = sealed(cache)
    attack(cache, *statements)
    found = cache.read(chain.verify, KEY, end)
    assert (found.fault, found.head.count) == (fault, 3 if statements == GONE and at < 3 else 2)
    if statements != SWAP:
        assert found.op_id == ids[at - 1]


@pytest.mark.parametrize("statements", [(EDIT,), (WORDS,), GONE], ids=["edited", "words", "deleted"])
def test_log_with_all_digests_computed_anew_is_found_out_by_its_seals(
    cache: Cache, statements: tuple[str, ...]
) -> None:
    ids, end = sealed(cache)
    attack(cache, *statements)
    rehash(cache)
    assert cache.read(chain.verify).fault is None  # without the key nothing can be seen
    found = cache.read(chain.verify, KEY, end)
    assert found.fault is Fault.SEAL
    assert found.op_id == ids[3 if statements == GONE else 2]


def test_seals_taken_off_and_made_with_another_key_are_found_out(cache: Cache) -> None:
    ids, end = sealed(cache)
    attack(cache, EDIT, "DELETE FROM op_seal")
    rehash(cache)
    assert cache.read(chain.verify, KEY, end).fault is Fault.END
    cache.write(lambda tx: chain.seal_tail(tx.db, b"another"))
    assert cache.read(chain.verify, KEY, end) == Verdict(Head(0, ""), 0, Fault.SEAL, ids[0])


def test_end_that_was_cut_off_is_seen_by_the_noted_end_alone(cache: Cache) -> None:
    _ids, end = sealed(cache)
    attack(cache, *TAIL)
    assert cache.read(chain.verify, KEY).fault is None
    found = cache.read(chain.verify, KEY, end)
    assert (found.fault, found.op_id, found.head.count) == (Fault.END, "", 3)


@pytest.mark.parametrize("more", [2, 3, 8])
def test_end_that_was_cut_off_is_found_out_though_ops_with_the_key_came_after(
    cache: Cache, more: int, promise: Promise
) -> None:
    _ids, end = sealed(cache)
    attack(cache, *TAIL)
    cache.seal_with(KEY)
    act(cache, more)
    long_enough = more >= SIZE - 3
    assert cache.read(chain.verify, KEY).fault is None  # by itself the log is whole, and sealed
    for found in (cache.write(lambda tx: chain.seal_tail(tx.db, KEY, end)), cache.read(chain.verify, KEY, end)):
        assert (found.fault, found.head.count) == (Fault.END, SIZE - 1 if long_enough else 3 + more)
    promise(
        "Whoever changes or shortens the log of what was done is found out.",
        f"1 log whose newest 3 ops were cut off before {more} others came: found out",
    )


def test_log_that_goes_on_behind_its_noted_end_is_right_and_sealed(cache: Cache) -> None:
    _ids, end = sealed(cache)
    cache.seal_with(KEY)
    act(cache, 3)
    found = cache.write(lambda tx: chain.seal_tail(tx.db, KEY, end))
    assert (found.fault, found.head.count, found.sealed) == (None, SIZE + 3, SIZE + 3)


def test_log_that_is_not_whole_is_never_sealed(cache: Cache) -> None:
    _ids, end = sealed(cache)
    cuts: list[Callable[[], None]] = [
        lambda: attack(cache, *TAIL),
        lambda: (act(cache, 8), None)[1],
        lambda: attack(cache, "DELETE FROM op_seal WHERE op_pk > 2", EDIT),
    ]
    for cut in cuts:
        cut()
        assert cache.write(lambda tx: chain.seal_tail(tx.db, KEY, end)).fault is not None
        assert cache.read(lambda db: db.execute("SELECT max(op_pk) FROM op_seal").fetchone()[0]) <= 3


def test_ops_of_others_are_sealed_later_and_own_ones_with_their_commit(cache: Cache) -> None:
    act(cache, 2)
    cache.seal_with(KEY)
    act(cache, 2)
    assert cache.read(chain.verify, KEY).sealed == 0  # seals have no gaps: the older ones have none yet
    assert cache.write(lambda tx: chain.seal_tail(tx.db, KEY)).sealed == 4
    act(cache, 2)
    found = cache.read(chain.verify, KEY)
    assert (found.fault, found.sealed, found.head.count) == (None, 6, 6)


def test_log_from_before_the_seals_is_taken_over(tmp_path: Path) -> None:
    assert migrations.STEPS[4].files == ("0005_seals.sql",)
    with a_cache(tmp_path) as made:
        path = made.path
    path.unlink()
    load(fixture(4).read_text("utf-8"), path)
    with a_cache(tmp_path) as cache:
        verdict = cache.read(chain.verify, KEY)
        assert verdict.head.count > verdict.sealed == 0
        assert cache.write(lambda tx: chain.seal_tail(tx.db, KEY)).sealed == verdict.head.count
