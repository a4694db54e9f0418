"""Enciphered connections, blobs and copies: as the plain ones to whoever uses them, and unreadable on the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from omnitui.errors import ConfigError, NotFound
from omnitui.store import connection
from omnitui.store.blobs import Blobs
from omnitui.store.cache import Cache
from omnitui.store.faults import CacheDamaged, CacheReadOnly
from omnitui.store.recovery import snapshots
from omnitui.store.secrecy import cipher
from tests.support.desk import a_cache, a_conversation
from tests.support.enciphering import needs_sqlcipher

KEY = bytes(range(32))
WORDS = "canary in a coal mine, 炭鉱のカナリア"


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A folder with a key."""
    cipher.use(tmp_path, KEY)
    yield tmp_path
    cipher.use(tmp_path, None)


def in_clear(folder: Path) -> list[Path]:
    """The files that hold the words."""
    return [path for path in folder.rglob("*") if path.is_file() and WORDS.encode()[:24] in path.read_bytes()]


@needs_sqlcipher
def test_cache_with_a_key_is_readable_through_us_alone(data: Path) -> None:
    with a_cache(data) as cache:
        conversation = a_conversation(cache, subject=WORDS)
        assert in_clear(data) == []  # the write-ahead log was not folded in yet
    with a_cache(data) as cache:
        subject = cache.read(lambda db: db.execute("SELECT subject FROM conversation").fetchone()[0])
    assert (subject, conversation.subject) == (WORDS, WORDS)
    assert in_clear(data) == []
    with closing(sqlite3.connect(data / "cache.sqlite3")) as db, pytest.raises(sqlite3.DatabaseError):
        db.execute("SELECT * FROM conversation")


@needs_sqlcipher
@pytest.mark.parametrize("key", [bytes(32), None], ids=["wrong", "none"])
def test_cache_is_not_opened_with_another_key(data: Path, key: bytes | None, capfd: pytest.CaptureFixture[str]) -> None:
    a_cache(data).close()
    cipher.use(data, key)
    with pytest.raises(CacheDamaged):
        a_cache(data)
    assert capfd.readouterr().err == ""


@needs_sqlcipher
def test_errors_are_those_of_sqlite3_with_their_numbers(data: Path) -> None:
    with a_cache(data) as cache:
        a_conversation(cache)
        with pytest.raises(sqlite3.OperationalError, match="nonsense"):
            cache.read(lambda db: db.execute("SELECT nonsense"))
        with pytest.raises(CacheReadOnly):
            cache.read(lambda db: db.execute("DELETE FROM conversation"))
        with pytest.raises(sqlite3.IntegrityError) as broken:
            cache.write(lambda tx: tx.db.execute("INSERT INTO replica(pk, id) VALUES (1, 'x')"))
        assert broken.value.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CONSTRAINT
        rows = cache.read(lambda db: list(db.execute("SELECT pk, id FROM replica")))
        assert rows == [(1, cache.origin)]
    one, two = (connection.connect(data / "cache.sqlite3", busy=20) for _ in range(2))
    with closing(one), closing(two):
        one.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as locked:
            two.execute("BEGIN IMMEDIATE")
    assert locked.value.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


@needs_sqlcipher
def test_snapshot_of_an_enciphered_cache_is_enciphered(data: Path) -> None:
    with a_cache(data) as cache:
        a_conversation(cache, subject=WORDS)
        taken = snapshots.take(cache.path, cache.clock.now())
    assert not cipher.is_plain(taken.path)
    assert in_clear(data) == []
    with closing(connection.reader(taken.path)) as db:
        assert db.execute("SELECT subject FROM conversation").fetchone()[0] == WORDS


def test_blob_is_read_back_and_unreadable_on_the_disk(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path, KEY)
    name = blobs.put(WORDS.encode())
    assert blobs.get(name) == WORDS.encode()
    assert in_clear(tmp_path) == []
    first = blobs.path(name).read_bytes()
    assert blobs.put(WORDS.encode()) == name
    assert blobs.path(name).read_bytes() == first  # it was whole: nothing is written twice
    for other in (Blobs(tmp_path), Blobs(tmp_path, bytes(32))):
        with pytest.raises(NotFound):
            other.get(name)
    blobs.path(name).write_bytes(first[:-1] + bytes([first[-1] ^ 1]))
    with pytest.raises(NotFound):
        blobs.get(name)


def test_blobs_in_clear_are_read_with_a_key_and_written_anew_with_it(tmp_path: Path) -> None:
    plain, keyed = Blobs(tmp_path), Blobs(tmp_path, KEY)
    names = [plain.put(WORDS.encode() * count) for count in range(1, 4)]
    forged = keyed.path(names[0]).read_bytes()
    disguised = plain.put(b"omnitui-aesgcm1\0" + forged)  # an attachment that looks like one of ours
    assert keyed.get(disguised) == b"omnitui-aesgcm1\0" + forged
    damaged = plain.path(names[2])
    damaged.write_bytes(b"half")
    assert keyed.renew() == [damaged]
    assert in_clear(tmp_path) == []
    assert [keyed.get(name) for name in names[:2]] == [WORDS.encode(), WORDS.encode() * 2]
    assert keyed.renew_plain() == [damaged]
    assert plain.get(names[1]) == WORDS.encode() * 2


def test_absent_sqlcipher_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sqlcipher3", None)
    cipher.use(tmp_path, KEY)
    try:
        with pytest.raises(ConfigError, match="SQLCipher") as caught:
            Cache.open(tmp_path)
    finally:
        cipher.use(tmp_path, None)
    assert "omnitui[encrypted]" in caught.value.hint
