"""The spool: each delivery once, in its order, with what is gone told."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from omnitui.clock import DAY, FrozenClock, SystemClock
from omnitui.errors import Refused
from omnitui.store.connection import reader
from omnitui.store.faults import CacheFull
from omnitui.store.reads import spool as reads
from omnitui.store.reads.spool import Page
from omnitui.store.spooling import spool as spools
from omnitui.store.spooling.secrecy import forget, renew
from omnitui.store.spooling.spool import Spool, delivery_key, observe

KEY = b"k" * 32
HOUR = 3_600_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite3"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def spool(path: Path, clock: FrozenClock) -> Iterator[Spool]:
    spool = Spool(path, clock)
    yield spool
    spool.close()


def keep(spool: Spool, *bodies: bytes, hook: str = "shop") -> list[bool]:
    futures = [spool.keep(hook, delivery_key((), body, ()), body, (("q", "1"),), "text/plain") for body in bodies]
    return [future.result() for future in futures]


def page(path: Path, after: int = 0, limit: int = 100, hook: str = "shop", key: bytes | None = None) -> Page:
    with closing(reader(path)) as db:
        return reads.page(db, hook, after, limit, key=key)


def bodies(found: Page) -> list[bytes]:
    return [one.body for one in found.items]


def test_deliveries_come_in_their_order_page_by_page(path: Path, spool: Spool, clock: FrozenClock) -> None:
    keep(spool, b"1", b"2")
    keep(spool, b"x", hook="other")
    clock.advance(5)
    keep(spool, b"3")
    first = page(path, limit=2)
    assert (bodies(first), first.caught_up, first.gap) == ([b"1", b"2"], False, "")
    rest = page(path, first.cursor)
    assert (bodies(rest), rest.caught_up) == ([b"3"], True)
    assert (rest.items[0].received_at, rest.items[0].query, rest.items[0].content_type) == (
        clock.now(),
        (("q", "1"),),
        "text/plain",
    )
    nothing = page(path, rest.cursor)
    assert (nothing.items, nothing.cursor, nothing.caught_up) == ((), rest.cursor, True)


def test_page_holds_no_more_bytes_than_it_may_and_always_one(
    path: Path, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "MOST_BYTES", 10)
    keep(spool, b"a" * 100, b"b" * 100)
    first = page(path)
    assert (bodies(first), first.caught_up) == ([b"a" * 100], False)


def test_delivery_that_comes_again_is_kept_once_for_each_hook(path: Path, spool: Spool) -> None:
    assert keep(spool, b"1", b"1") == [True, False]
    assert keep(spool, b"1", hook="other") == [True]
    assert bodies(page(path)) == [b"1"]


def test_key_is_the_vendors_own_names_else_all_that_was_said() -> None:
    assert delivery_key(("a", "b"), b"x", ()) == delivery_key(("a", "b"), b"y", ())
    assert delivery_key(("a", "b"), b"x", ()) != delivery_key(("ab",), b"x", ())
    assert delivery_key((), b"x", ()) != delivery_key((), b"y", ())
    assert delivery_key((), b"x", (("a", "1"),)) != delivery_key((), b"x", (("a", "2"),))


def test_old_deliveries_go_and_readers_are_told_once(path: Path, spool: Spool, clock: FrozenClock) -> None:
    keep(spool, b"1", b"2")
    seen = page(path, limit=1).cursor
    clock.advance(40 * DAY)
    keep(spool, b"3")
    assert not spool.cut(clock.now() - 30 * DAY, 1_000_000).result()
    found = page(path, seen)
    assert bodies(found) == [b"3"]
    assert "2 deliveries" in found.gap
    assert page(path, found.cursor).gap == ""
    # Whoever begins is told too, and a hook that lost nothing is not.
    assert page(path).gap
    assert page(path, hook="other") == Page((), 0, True)


def test_gap_with_nothing_behind_it_is_told_once(path: Path, spool: Spool, clock: FrozenClock) -> None:
    keep(spool, b"1")
    clock.advance(DAY)
    spool.cut(clock.now(), 1_000_000).result()
    found = page(path)
    assert (found.items, bool(found.gap)) == ((), True)
    assert page(path, found.cursor) == Page((), found.cursor, True)
    keep(spool, b"2")
    assert bodies(page(path, found.cursor)) == [b"2"]


def test_most_bytes_are_kept_to_and_the_oldest_go_first(path: Path, spool: Spool) -> None:
    keep(spool, *[b"%02d" % number + b"x" * 98 for number in range(20)])
    assert not spool.cut(0, 600).result()
    kept = bodies(page(path))
    assert kept[-1].startswith(b"19")
    assert 1 <= len(kept) <= 6


def test_hook_that_is_flooded_costs_no_other_what_nobody_has_read(path: Path, spool: Spool) -> None:
    keep(spool, b"a customer's", b"another's", hook="line")
    for number in range(5):
        keep(spool, *[b"%d-%02d" % (number, each) + b"x" * 200 for each in range(10)], hook="form")
        keep(spool, b"customer %d" % number, hook="line")
    while spool.cut(0, 2_000).result():
        pass
    assert len(bodies(page(path, hook="line"))) == 7
    assert not page(path, hook="line").gap
    form = page(path, hook="form")
    assert form.gap
    assert bodies(form)[-1].startswith(b"4-09")
    assert sum(len(body) for body in bodies(form)) < 2_000


def test_many_are_cut_in_turns(path: Path, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spools, "_BATCH", 3)
    keep(spool, *[b"%d" % number for number in range(7)])
    turns = 1
    while spool.cut(2**60, 1_000).result():
        turns += 1
    assert turns == 3
    assert page(path).items == ()


def test_numbers_go_on_beyond_a_file_that_was_lost(path: Path, clock: FrozenClock) -> None:
    first = Spool(path, clock)
    keep(first, b"1", b"2")
    cursor = page(path).cursor
    first.close()
    path.unlink()
    clock.advance(HOUR)
    second = Spool(path, clock)
    keep(second, b"3")
    second.close()
    found = page(path, cursor)
    assert bodies(found) == [b"3"]
    assert "another spool" in found.gap
    assert page(path, found.cursor).gap == ""


def test_numbers_go_on_beyond_an_older_copy(path: Path, tmp_path: Path, clock: FrozenClock) -> None:
    first = Spool(path, clock)
    keep(first, b"1")
    first.close()
    copy = path.read_bytes()
    first = Spool(path, clock)
    keep(first, b"2", b"3")
    cursor = page(path).cursor
    first.close()
    path.write_bytes(copy)
    clock.advance(HOUR)
    second = Spool(path, clock)
    keep(second, b"4")
    second.close()
    found = page(path, cursor)
    # What is not known to have been read is read again.
    assert bodies(found) == [b"1", b"4"]
    assert found.gap


def test_reader_that_stands_where_the_copy_stood_misses_nothing(path: Path, clock: FrozenClock) -> None:
    first = Spool(path, clock)
    keep(first, b"1")
    cursor = page(path).cursor
    first.close()
    clock.advance(HOUR)
    second = Spool(path, clock)
    keep(second, b"2")
    second.close()
    assert (bodies(page(path, cursor)), page(path, cursor).gap) == ([b"2"], "")


def test_two_gateways_keep_each_delivery_once_and_readers_miss_none(path: Path, spool: Spool) -> None:
    cursor, read = 0, list[bytes]()
    with closing(Spool(path, SystemClock())) as other:
        for turn in range(20):
            both = [b"%d-%d" % (turn, number) for number in range(5)]
            kept = [one.keep("shop", delivery_key((), body, ()), body) for body in both for one in (spool, other)]
            assert sum(future.result() for future in kept) == len(both)
            found = page(path, cursor)
            assert not found.gap
            cursor, read = found.cursor, read + bodies(found)
    assert sorted(read) == sorted({b"%d-%d" % (turn, number) for turn in range(20) for number in range(5)})


def test_reader_beyond_the_end_begins_again(path: Path, spool: Spool) -> None:
    keep(spool, b"1")
    found = page(path, 10**15)
    assert (bodies(found), bool(found.gap)) == ([b"1"], True)


def test_enciphered_deliveries_are_read_with_the_key_alone(path: Path, clock: FrozenClock) -> None:
    spool = Spool(path, clock, key=KEY)
    keep(spool, b"a customer's words")
    spool.close()
    assert b"customer" not in path.read_bytes()
    assert bodies(page(path, key=KEY)) == [b"a customer's words"]
    assert bodies(page(path)) == [b""]


def test_enciphered_and_plain_deliveries_stand_side_by_side(path: Path, spool: Spool, clock: FrozenClock) -> None:
    keep(spool, b"plain")
    spool.close()
    sealing = Spool(path, clock, key=KEY)
    keep(sealing, b"sealed")
    assert keep(sealing, b"plain") == [False]
    sealing.close()
    assert bodies(page(path, key=KEY)) == [b"plain", b"sealed"]


@pytest.mark.parametrize("key", [None, KEY])
def test_person_is_forgotten_to_the_last_byte(path: Path, clock: FrozenClock, key: bytes | None) -> None:
    spool = Spool(path, clock, key=key)
    keep(spool, b'{"from": "ann@example.com"}', b"from=ann%40example.com", b"bob")
    spool.close()
    assert forget(path, re.compile(rb"ann@example\.com"), key=key) == 2
    assert bodies(page(path, key=key)) == [b"bob"]
    held = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"ann" not in held


def test_all_is_enciphered_and_deciphered_again(path: Path, spool: Spool) -> None:
    keep(spool, b"a customer's words", b"more of them")
    spool.close()
    for _time in range(2):  # as after an interruption
        renew(path, KEY, KEY)
        assert b"customer" not in b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert bodies(page(path, key=KEY)) == [b"a customer's words", b"more of them"]
    # What was enciphered with a key that is lost stays as it is.
    renew(path, b"x" * 32, None)
    assert bodies(page(path, key=KEY)) == [b"a customer's words", b"more of them"]
    renew(path, KEY, None)
    assert bodies(page(path)) == [b"a customer's words", b"more of them"]
    renew(path.with_name("none"), KEY, None)


def test_nobody_is_forgotten_where_there_is_no_spool(path: Path) -> None:
    assert forget(path, re.compile(b"ann")) == 0
    assert not path.exists()


def test_what_does_not_fit_the_disk_is_told_and_is_over_when_there_is_room(path: Path, spool: Spool) -> None:
    keep(spool, b"1")

    def limit(pages: int) -> None:
        spool._writer.submit(lambda tx: tx.db.execute(f"PRAGMA max_page_count = {pages:d}").fetchall()).result()

    limit(1)
    with pytest.raises(CacheFull):
        keep(spool, b"x" * 1_000_000)
    assert isinstance(spool.fault, CacheFull)
    with pytest.raises(CacheFull):
        spool.probe().result()
    limit(1_000_000)
    spool.probe().result()
    assert spool.fault is None
    assert keep(spool, b"x" * 1_000_000) == [True]
    assert len(page(path).items) == 2


def test_counts_add_up_over_processes(path: Path, spool: Spool, clock: FrozenClock) -> None:
    spool.count({("shop", "kept"): 2, ("", "refused: x"): 1})
    spool.close()
    again = Spool(path, clock)
    again.count({("shop", "kept"): 3})
    again.close()
    with closing(reader(path)) as db:
        assert reads.tally(db) == {("shop", "kept"): 5, ("", "refused: x"): 1}


def test_what_is_held_is_told_by_hook(path: Path, spool: Spool, clock: FrozenClock) -> None:
    at = clock.now()
    keep(spool, b"12")
    clock.advance(10)
    keep(spool, b"34")
    with closing(reader(path)) as db:
        held = reads.held(db)["shop"]
        first = page(path, limit=1)
        assert (held.deliveries, held.oldest, held.newest, held.cut) == (2, at, at + 10, 0)
        assert reads.after(db, "shop", first.cursor) == (1, at + 10)
        assert reads.after(db, "shop", held.size + 10**15) == (0, None)


def test_newest_refusals_are_kept_while_somebody_observes(
    path: Path, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spools, "_SHAPES", 3)
    observe(path, "shop", 99)
    for number in range(5):
        spool.refused("shop", f"why {number}", '{"method": "POST"}')
    spool.close()
    with closing(reader(path)) as db:
        assert reads.observed(db) == {"shop": 99}
        assert [one.why for one in reads.refusals(db, "shop", 0)] == ["why 2", "why 3", "why 4"]


def test_file_of_a_newer_omnitui_is_left_alone(path: Path, spool: Spool) -> None:
    spool.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(Refused):
        Spool(path, FrozenClock())


def test_file_is_for_nobody_else(path: Path, spool: Spool) -> None:
    assert path.stat().st_mode & 0o077 == 0
