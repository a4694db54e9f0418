"""What connectors keep of messages, and what was used last, is enciphered where the cache is, and forgotten."""

from __future__ import annotations

from errno import ENOSPC
from itertools import count
from pathlib import Path

import pytest

from omnitui.paths import Profile
from omnitui.services import drawers
from omnitui.services.memory import Memory
from omnitui.services.recovery import backup
from omnitui.services.secrecy.encryption import Encryption, State
from omnitui.services.secrecy.keychain import Keychain
from omnitui.services.secrecy.proving import prove
from omnitui.services.secrecy.secrets import Secrets
from omnitui.services.session import Session
from omnitui.store.drawers import Drawer
from omnitui.store.faults import CacheFull
from tests.support.enciphering import an_open_vault, needs_sqlcipher
from tests.support.promises import Promise
from tests.support.secrets import FakeChain

ACCOUNT = "01JTESTACC0VNT000000000000"
NAMES = ["0" * 64 + ".eml", "f" * 64 + ".eml"]
WORDS = "The lamp that I ordered in March never came 返品"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """A profile with two sent mails that wait to be filed, one of them kept before there were drawers."""
    profile = an_open_vault(tmp_path, monkeypatch)
    Session.open(profile).close()
    older = profile.data / "connectors" / ACCOUNT / "sent"
    older.mkdir(parents=True)
    (older / NAMES[0]).write_text(f"0 {WORDS}")
    drawers.of_account(profile, "other", "sent").write(NAMES[1], f"1 {WORDS}".encode())
    memory = Memory(profile)
    memory.keep("searches", WORDS)
    memory.flush()
    return profile


def encryption(home: Profile) -> Encryption:
    return Encryption(home, Secrets(home, keychain=Keychain(FakeChain)))


def in_clear(home: Profile) -> set[str]:
    return {path.name for path in home.data.parent.rglob("*") if path.is_file() and b"The lamp" in path.read_bytes()}


def assert_all_is_there(home: Profile) -> None:
    assert Memory(home).recall("searches") == [WORDS]
    for number, account in enumerate((ACCOUNT, "other")):
        drawer = drawers.of_account(home, account, "sent")
        assert drawer.names() == [NAMES[number]]
        assert drawer.read(NAMES[number]) == f"{number} {WORDS}".encode()


def test_what_was_kept_before_there_were_drawers_is_in_them(home: Profile) -> None:
    assert_all_is_there(home)
    assert not (home.data / "connectors" / ACCOUNT / "sent").exists()


@needs_sqlcipher
def test_drawers_are_enciphered_with_the_cache_and_deciphered_again(home: Profile, promise: Promise) -> None:
    everything = {*NAMES, "searches"}
    assert in_clear(home) == everything
    assert encryption(home).on("vault") == []
    assert in_clear(home) == set()
    encryption(home).unlock()
    assert_all_is_there(home)
    with Session.open(home) as session:
        assert prove(session).good
    memory = Memory(home)
    memory.keep("commands", WORDS)
    memory.flush()
    drawers.of_account(home, ACCOUNT, "sent").write(NAMES[0], f"0 {WORDS}".encode())
    assert in_clear(home) == set()
    assert encryption(home).off() == []
    assert in_clear(home) == {*everything, "commands"}
    assert_all_is_there(home)
    promise(
        "An encrypted cache has no word in clear, in no file of it.",
        "2 sent mails that wait to be filed and what was searched for: 0 words found, and all of them again afterwards",
    )


@needs_sqlcipher
def test_proof_finds_drawers_that_are_in_clear(home: Profile) -> None:
    with Session.open(home) as session:
        found = [path for path in prove(session).found if path.parent.name in ("canary", "recent")]
    assert {path.parent for path in found} >= {home.state / "recent"}
    assert len(found) == 2
    assert not any(path.exists() for path in found)
    assert [path.name for path in (home.data / "connectors").iterdir() if "canary" in path.name] == []


@needs_sqlcipher
def test_drawers_that_a_full_disk_left_in_clear_are_enciphered_at_the_next_start(
    home: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = Drawer.write, count()

    def write(drawer: Drawer, name: str, data: bytes, *, durable: bool = True) -> None:
        if next(written):
            raise OSError(ENOSPC, "No space left on device")
        real(drawer, name, data, durable=durable)

    with monkeypatch.context() as disk:
        disk.setattr(Drawer, "write", write)
        with pytest.raises(CacheFull):
            encryption(home).on("vault")
        assert encryption(home).state is State.TURNING_ON
    assert len(in_clear(home)) == 2
    encryption(home).unlock()
    assert encryption(home).state is State.ON
    assert in_clear(home) == set()
    assert_all_is_there(home)


@needs_sqlcipher
def test_drawers_of_a_backup_in_clear_are_enciphered_as_it_is_restored(home: Profile, tmp_path: Path) -> None:
    backup.make(home, tmp_path / "plain.zip")
    encryption(home).on("vault")
    encryption(home).unlock()
    drawers.of_account(home, ACCOUNT, "sent").drop(NAMES[0])
    backup.restore(home, tmp_path / "plain.zip")
    assert_all_is_there(home)
    assert in_clear(home) == set()


@needs_sqlcipher
def test_damaged_file_of_a_drawer_is_named_and_hinders_nothing(home: Profile) -> None:
    encryption(home).on("vault")
    encryption(home).unlock()
    damaged = home.data / "connectors" / "other" / ".drawers" / "sent" / NAMES[1]
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert drawers.of_account(home, "other", "sent").read(NAMES[1]) is None
    assert encryption(home).off() == [damaged]
    assert Memory(home).recall("searches") == [WORDS]


def test_a_file_of_one_name_is_not_taken_for_another(tmp_path: Path) -> None:
    drawer = Drawer(tmp_path / "drawer", b"k" * 32)
    drawer.write("one", b"words")
    (tmp_path / "drawer" / "one").rename(tmp_path / "drawer" / "two")
    assert (drawer.read("one"), drawer.read("two"), drawer.names()) == (None, None, ["two"])
    for name in ("../up", ".hidden", "a/b", ""):
        with pytest.raises(ValueError, match="not a name"):
            drawer.write(name, b"")


def test_a_file_of_a_drawer_that_is_just_made_is_found_after_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr("omnitui.store.recovery.snapshots.sync", synced.append)
    folder = tmp_path / "account" / ".drawers" / "sent"
    Drawer(folder).write("one", b"words")
    assert synced == [folder, *folder.parents[:2]]
