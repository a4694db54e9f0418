"""Encryption turned on and off over a whole profile, and killed on the way."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from omnitui.clock import FrozenClock
from omnitui.errors import ConfigError, Refused
from omnitui.paths import Profile
from omnitui.services.doctor import Verdict, examine
from omnitui.services.recovery import backup
from omnitui.services.secrecy.encryption import Encryption, State
from omnitui.services.secrecy.keychain import Keychain
from omnitui.services.secrecy.passphrase import VARIABLE
from omnitui.services.secrecy.protection import Protection
from omnitui.services.secrecy.proving import prove
from omnitui.services.secrecy.secrets import Secrets, env_ref
from omnitui.services.session import Session
from omnitui.store import failpoints, sharing
from omnitui.store.cache import Cache
from omnitui.store.connection import reader
from omnitui.store.faults import CacheDamaged, CacheFull
from omnitui.store.reads import inbox, search
from omnitui.store.reads import spool as spooled
from omnitui.store.recovery import integrity, snapshots
from omnitui.store.secrecy import cipher
from omnitui.store.spooling.spool import Spool
from tests.support.desk import a_conversation, a_message
from tests.support.enciphering import an_open_vault, needs_sqlcipher
from tests.support.promises import Promise
from tests.support.secrets import FakeChain

pytestmark = needs_sqlcipher
WORDS = "The lamp that I ordered in March never came 返品"
STEPS = ("changeover.written", "swap.aside")
MORE = ("swap.begun", "swap.log", "swap.done", "changeover.swapped", "changeover.blobs")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """A profile with a conversation, a file and a snapshot, whose keys go into a vault that is open."""
    profile = an_open_vault(tmp_path, monkeypatch)
    with Session.open(profile) as session:
        conversation = a_conversation(session.cache, subject=WORDS)
        a_message(session.cache, conversation.id, text=WORDS)
        session.cache.blobs.put(WORDS.encode())
        snapshots.take(session.cache.path, session.cache.clock.now())
    return profile


def encryption(home: Profile) -> Encryption:
    return Encryption(home, Secrets(home, keychain=Keychain(FakeChain)))


def holds_all(home: Profile) -> bool:
    """Whether everything is there, in the cache, its index and its files."""
    with Session.open(home) as session:
        found = session.cache.read(
            lambda db: db.execute("SELECT text FROM message WHERE text = ?", (WORDS,)).fetchall()
        )
        hits = session.cache.read(search.search, session.query("返品"))
        blob = [session.cache.blobs.get(path.name) for path in session.cache.blobs.files()]
    return (found, len(hits), blob) == ([(WORDS,)], 1, [WORDS.encode()])


def in_clear(home: Profile) -> set[str]:
    needle = WORDS.encode()[:30]
    return {path.name for path in home.data.rglob("*") if path.is_file() and needle in path.read_bytes()}


def killed_at(step: str, work: Callable[[], Any]) -> bool:
    """Run `work` in a process that is killed at a step; whether it came there."""
    child = os.fork()
    if child == 0:
        failpoints.arm(step)
        try:
            work()
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == failpoints.EXIT_CODE


def test_profile_is_encrypted_as_a_whole_and_back(home: Profile, promise: Promise) -> None:
    assert len(in_clear(home)) == 3
    assert encryption(home).on("vault") == []
    assert in_clear(home) == set()
    assert holds_all(home)
    with Session.open(home) as session:
        proof = prove(session)
    assert proof.good
    assert proof.words
    assert {finding.verdict for finding in examine(home) if finding.check in ("encryption", "cache", "log")} == {
        Verdict.OK
    }
    assert encryption(home).off() == []
    assert encryption(home).state is State.OFF
    assert holds_all(home)
    assert len(in_clear(home)) == 3
    assert Secrets(home).vault.names() == []
    promise(
        "An encrypted cache has no word in clear, in no file of it.",
        "1 profile encrypted with its files and snapshots: 0 words found, and all of them again afterwards",
    )


def test_what_the_gateway_received_is_encrypted_with_the_cache(home: Profile) -> None:
    spool = Spool(home.spool_file, FrozenClock())
    assert spool.keep("shop", b"key", b"a customer's words").result()
    spool.close()
    encryption(home).on("vault")
    assert b"customer" not in b"".join(file.read_bytes() for file in home.state.glob("spool.sqlite3*"))
    with closing(reader(home.spool_file)) as db:
        key = cipher.key_of(home.cache_file)
        assert [one.body for one in spooled.page(db, "shop", 0, 9, key=key).items] == [b"a customer's words"]
    encryption(home).off()
    with closing(reader(home.spool_file)) as db:
        assert [one.body for one in spooled.page(db, "shop", 0, 9).items] == [b"a customer's words"]


def test_homes_whose_profiles_have_one_name_share_no_key(home: Profile, tmp_path: Path) -> None:
    service = FakeChain()
    other = Profile(home.name, tmp_path / "2" / "config", tmp_path / "2" / "data", tmp_path / "2" / "state")
    Session.open(other).close()
    for profile in (home, other):
        Encryption(profile, Secrets(profile, keychain=Keychain(lambda: service))).on("service")
        cipher.use(profile.data, None)
    for profile in (home, other):
        Encryption(profile, Secrets(profile, keychain=Keychain(lambda: service))).unlock()
        with Cache.open(profile.data) as cache:
            assert cache.read(lambda db: db.execute("SELECT count(*) FROM replica").fetchone()[0]) == 1
    Encryption(other, Secrets(other, keychain=Keychain(lambda: service))).off()
    assert len(service.kept) == 1


def test_proof_finds_what_lies_in_clear(home: Profile) -> None:
    with Session.open(home) as session:
        found = {path.name for path in prove(session).found}
    assert "cache.sqlite3" in found
    assert "cache.sqlite3-wal" in found
    encryption(home).on("vault")
    stray = home.state / "stray.txt"
    stray.write_text(WORDS)
    with Session.open(home) as session:
        assert prove(session).found == (stray,)
        assert session.cache.read(lambda db: db.execute("SELECT 1 FROM meta WHERE name = 'canary'").fetchone()) is None


@pytest.mark.parametrize("step", [*STEPS, *(pytest.param(step, marks=pytest.mark.torture) for step in MORE)])
def test_kill_on_the_way_leaves_a_whole_cache_in_one_state(home: Profile, step: str, promise: Promise) -> None:
    assert killed_at(step, lambda: encryption(home).on("vault"))
    assert holds_all(home)
    on = encryption(home).state is State.ON
    assert on == (step != "changeover.written")
    assert len(in_clear(home)) == (0 if on else 3)
    if not on:
        encryption(home).on("vault")
    assert killed_at(step, lambda: encryption(home).off())
    assert holds_all(home)
    off = encryption(home).state is State.OFF
    assert off == (step != "changeover.written")
    assert len(in_clear(home)) == (3 if off else 0)
    assert not {path.name for path in home.data.iterdir()} & {"cache.rekeyed", "cache.outdated", "cache.swap.json"}
    promise("When encrypting is cut short, the cache is whole, in clear or encrypted.", "1 kill on the way: 0 lost")


def test_key_is_kept_until_what_a_full_disk_prevented_is_done(home: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    encryption(home).on("vault")
    (snapshot,) = snapshots.snapshots(home.data)
    convert = cipher.convert

    def on_a_full_disk(source: Path, target: Path, **keys: bytes | None) -> None:
        if source == snapshot.path:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        convert(source, target, **keys)

    monkeypatch.setattr(cipher, "convert", on_a_full_disk)
    with pytest.raises(CacheFull):
        encryption(home).off()
    with pytest.raises(CacheFull):
        Session.open(home)
    assert encryption(home).state is State.TURNING_OFF
    assert Secrets(home).vault.names()
    monkeypatch.setattr(cipher, "convert", convert)
    assert encryption(home).off() == []
    assert (encryption(home).state, Secrets(home).vault.names()) == (State.OFF, [])
    assert len(in_clear(home)) == 3


def test_damaged_snapshot_keeps_nobody_from_turning_encryption_off(home: Profile) -> None:
    encryption(home).on("vault")
    (snapshot,) = snapshots.snapshots(home.data)
    snapshot.path.write_bytes(os.urandom(8192))
    assert encryption(home).off() == [snapshot.path]
    assert encryption(home).state is State.OFF


def test_encryption_waits_until_the_cache_is_left(home: Profile) -> None:
    with Session.open(home), pytest.raises(Refused, match="open"):
        encryption(home).on("vault")
    assert encryption(home).state is State.OFF
    encryption(home).on("vault")
    with pytest.raises(Refused):
        encryption(home).on("vault")


def meanwhile(home: Profile, happens: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> Encryption:
    """Encryption in a process whose key comes from the vault just before (by `happens`) things change."""
    secrets = Secrets(home, keychain=Keychain(FakeChain))
    get, left = secrets.get, [happens]

    def slow(ref: str) -> str:
        found = get(ref)
        if left:
            left.pop()()
            cipher.use(home.data, None)
        return found

    monkeypatch.setattr(secrets, "get", slow)
    return Encryption(home, secrets)


def test_encryption_that_is_turned_off_while_the_key_is_fetched_is_off(
    home: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    encryption(home).on("vault")
    meanwhile(home, lambda: encryption(home).off(), monkeypatch).unlock()
    assert cipher.key_of(home.cache_file) is None
    encryption(home).on("vault")
    meanwhile(home, lambda: (encryption(home).off(), encryption(home).on("vault")), monkeypatch).unlock()
    Cache.open(home.data).close()  # with the key that is in use by now
    assert holds_all(home)


def test_change_that_another_process_ends_while_it_is_waited_for_is_over(
    home: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    encryption(home).on("vault")
    assert killed_at("changeover.swapped", lambda: encryption(home).off())
    assert encryption(home).state is State.TURNING_OFF
    alone = sharing.alone

    def late(data: Path, **options: float) -> Any:
        monkeypatch.setattr(sharing, "alone", alone)
        encryption(home).unlock()
        return alone(data, **options)

    monkeypatch.setattr(sharing, "alone", late)
    encryption(home).unlock()
    assert encryption(home).state is State.OFF
    assert cipher.key_of(home.cache_file) is None
    assert holds_all(home)


def test_plain_cache_is_not_mended_with_a_key_that_is_out_of_date(home: Profile) -> None:
    encryption(home).on("vault")
    key = cipher.key_of(home.cache_file)
    encryption(home).off()
    before = home.cache_file.read_bytes()
    cipher.use(home.data, key)
    try:
        with pytest.raises(CacheDamaged, match="not encrypted"):
            Session.open(home)
    finally:
        cipher.use(home.data, None)
    assert home.cache_file.read_bytes() == before
    assert holds_all(home)


def test_key_that_is_gone_or_another_one_is_told_before_anything_is_touched(
    home: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CACHE_KEY", "short")
    with pytest.raises(ConfigError, match="32"):
        encryption(home).on(ref=env_ref("CACHE_KEY"))
    monkeypatch.setenv("CACHE_KEY", "0123456789abcdef" * 4)
    encryption(home).on(ref=env_ref("CACHE_KEY"))
    before = home.cache_file.read_bytes()
    cipher.use(home.data, None)
    monkeypatch.setenv("CACHE_KEY", "fedcba9876543210" * 4)
    with pytest.raises(ConfigError, match="does not fit"):
        Session.open(home)
    monkeypatch.delenv("CACHE_KEY")
    with pytest.raises(ConfigError, match="CACHE_KEY"):
        Session.open(home)
    assert home.cache_file.read_bytes() == before
    assert "0123456789abcdef" not in Protection(home).path.read_text()


def test_vault_is_opened_once_for_cache_and_accounts(home: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    encryption(home).on("vault")
    monkeypatch.delenv(VARIABLE)
    asked: list[bool] = []

    def ask(*, new: bool) -> str:
        asked.append(new)
        return "correct horse"

    monkeypatch.setattr("omnitui.services.secrecy.secrets.passphrase", ask)
    with Session.open(home) as session:
        assert session.accounts.secrets.vault.unlocked
        assert not session.locked
    assert asked == [False]
    locked = [finding.message for finding in examine(home) if finding.check == "cache"]
    assert locked == ["locked; its passphrase is asked for at the start"]
    assert asked == [False]


def test_encrypted_cache_whose_key_is_not_known_any_more_is_never_mended(home: Profile) -> None:
    encryption(home).on("vault")
    cipher.use(home.data, None)
    home.protection_file.rename(home.data / "elsewhere")
    before = home.cache_file.read_bytes()
    with pytest.raises(CacheDamaged, match="encrypted") as caught:
        Session.open(home)
    assert "protection.json" in caught.value.hint
    assert home.cache_file.read_bytes() == before
    (home.data / "elsewhere").rename(home.protection_file)
    assert holds_all(home)


def test_damaged_encrypted_cache_is_mended_and_stays_encrypted(home: Profile) -> None:
    encryption(home).on("vault")
    with home.cache_file.open("r+b") as file:
        file.write(os.urandom(4096))
    with Session.open(home) as session:
        assert session.cache.read(lambda db: db.execute("SELECT count(*) FROM conversation").fetchone()[0]) == 1
    assert in_clear(home) == set()
    assert not cipher.is_plain(home.cache_file)


def test_damaged_rows_of_an_encrypted_cache_are_found_and_come_from_the_snapshot(
    home: Profile, promise: Promise
) -> None:
    with Session.open(home) as session:
        conversation = a_conversation(session.cache, subject="Many")
        for number in range(80):
            a_message(session.cache, conversation.id, text=f"{number} " + "words " * 60)
    encryption(home).on("vault")
    with Session.open(home) as session:
        snapshots.take(session.cache.path, session.cache.clock.now() + 1_000)
        before = _texts(session)
        later = a_conversation(session.cache, subject="After the snapshot")
    for page in list(islice(_pages_of_messages(home), 2)):
        _spoil(home.cache_file, page)
    with Session.open(home) as session:
        session.inspection.look(threading.Event())
    assert integrity.noted(home.data) is not None
    with Session.open(home) as session:
        assert session.mended is not None
        after = _texts(session)
        assert [text for text in before if text not in after] == []
        assert session.cache.read(inbox.conversation, later.id) is not None
    assert in_clear(home) == set()
    assert not cipher.is_plain(home.cache_file)
    promise(
        "A damaged encrypted cache is mended, and nothing of it is in clear on the way.",
        f"2 pages damaged: {len(before)} of {len(before)} messages there, 0 files in clear",
    )


def _texts(session: Session) -> list[str]:
    return session.cache.read(lambda db: sorted(row[0] for row in db.execute("SELECT text FROM message")))


def _spoil(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(os.urandom(4096))


def _pages_of_messages(home: Profile) -> Iterator[int]:
    """Without which pages messages cannot be read, the last first: no byte of an enciphered page says whose it is."""
    key = cipher.key_of(home.cache_file)
    whole, tried = home.cache_file.read_bytes(), home.state / "tried"
    for page in range(len(whole) // 4096, 1, -1):
        tried.write_bytes(whole)
        _spoil(tried, page)
        with closing(cipher.connect(tried, key)) as db:
            try:
                db.execute("SELECT count(*) FROM account NOT INDEXED").fetchone()
            except sqlite3.DatabaseError:
                continue  # it holds the schema
            try:
                db.execute("SELECT sum(length(text)) FROM message NOT INDEXED").fetchone()
            except sqlite3.DatabaseError:
                yield page


def test_backup_in_clear_is_encrypted_as_it_is_restored(home: Profile, tmp_path: Path) -> None:
    backup.make(home, tmp_path / "plain.zip")
    encryption(home).on("vault")
    for path in home.blobs.rglob("*"):
        if path.is_file():
            path.unlink()
    backup.restore(home, tmp_path / "plain.zip")
    assert in_clear(home) == set()
    assert holds_all(home)
    backup.make(home, tmp_path / "enciphered.zip")
    encryption(home).off()
    for path in home.blobs.rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(Refused, match="cannot be read"):
        backup.restore(home, tmp_path / "enciphered.zip")
    assert [path for path in home.blobs.rglob("*") if path.is_file()] == []
