"""Backups: everything but secrets in one proved file, and back again beside what is there."""

from __future__ import annotations

import json
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from omnitui.clock import DAY, FrozenClock
from omnitui.errors import Refused
from omnitui.model.states import SendState
from omnitui.paths import Profile
from omnitui.services.recovery.backup import MANIFEST, make, restore, verify
from omnitui.store import sharing
from omnitui.store.cache import Cache
from omnitui.store.recovery import restoring, snapshots
from tests.support.store_desk import NOW, a_desk

LATER = FrozenClock(NOW + DAY)


def a_profile(folder: Path) -> Profile:
    return Profile("default", folder / "config", folder / "data", folder / "state")


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    with a_desk(tmp_path / "here") as desk:
        desk.receive(text="kept")
        desk.cache.blobs.put(b"an attachment")
        desk.send("waits", state=SendState.QUEUED)
    found = a_profile(tmp_path / "here")
    found.config.mkdir()
    found.settings_file.write_text('language = "ja"\n')
    found.vault_file.write_text("geheim")
    return found


def texts(profile: Profile) -> list[str]:
    with Cache.open(profile.data) as cache:
        return cache.read(lambda db: [row[0] for row in db.execute("SELECT text FROM message ORDER BY pk")])


def go_on(profile: Profile) -> None:
    with Cache.open(profile.data) as cache:
        cache.write(lambda tx: tx.db.execute("UPDATE message SET text = text || ' and changed'"))


def states(profile: Profile) -> list[str]:
    with Cache.open(profile.data) as cache:
        return cache.read(lambda db: [row[0] for row in db.execute("SELECT state FROM outbox")])


def test_a_backup_brings_a_profile_to_another_machine_without_its_secrets(profile: Profile, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    made = make(profile, file, clock=LATER)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert verify(profile, file).holding == made.holding
    assert not any("vault" in name or "protection" in name for name in made.files)
    there = a_profile(tmp_path / "there")
    done = restore(there, file, clock=LATER)
    assert texts(there) == ["kept", "waits"]
    assert there.settings_file.read_text() == profile.settings_file.read_text()
    assert [path.read_bytes() for path in there.blobs.rglob("*") if path.is_file()] == [b"an attachment"]
    assert not there.vault_file.exists()
    assert done.aside is None
    assert done.holding.waiting == 1
    # It was sent after the backup was made, for all that is known here.
    assert states(there) == ["unknown"]
    assert [path.name for path in there.data.glob("cache.*")] == ["cache.lock", "cache.sqlite3"]


def test_a_hook_is_a_program_that_can_be_run_after_a_restore_too(profile: Profile, tmp_path: Path) -> None:
    hook = profile.config / "hooks" / "before_send"
    hook.parent.mkdir(mode=0o700)
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o700)
    file = tmp_path / "backup.zip"
    make(profile, file, clock=LATER)
    there = a_profile(tmp_path / "there")
    restore(there, file, clock=LATER)
    modes = [stat.S_IMODE((there.config / name).stat().st_mode) for name in ("hooks/before_send", "config.toml")]
    assert modes == [0o700, 0o600]


def test_a_setting_that_is_a_link_is_backed_up_as_what_it_leads_to_and_other_links_are_named(
    profile: Profile, tmp_path: Path
) -> None:
    kept_elsewhere = tmp_path / "dotfiles"
    (kept_elsewhere / "themes").mkdir(parents=True)
    (kept_elsewhere / "keys.toml").write_text("# mine\n")
    (profile.config / "keys.toml").symlink_to(kept_elsewhere / "keys.toml")
    (profile.config / "themes").symlink_to(kept_elsewhere / "themes")
    (profile.config / "gone.toml").symlink_to(kept_elsewhere / "gone.toml")
    file = tmp_path / "backup.zip"
    made = make(profile, file, clock=LATER)
    assert made.left_out == ("config/gone.toml", "config/themes")
    there = a_profile(tmp_path / "there")
    restore(there, file, clock=LATER)
    assert (there.config / "keys.toml").read_text() == "# mine\n"
    assert not (there.config / "keys.toml").is_symlink()


def test_a_setting_that_cannot_be_read_is_named_and_the_rest_is_backed_up(profile: Profile, tmp_path: Path) -> None:
    # A file that is there, and gives an error to whoever reads it, root too.
    (profile.config / "unreadable.toml").symlink_to("/proc/self/mem")
    (profile.config / "keys.toml").write_text("# mine\n")
    file = tmp_path / "backup.zip"
    made = make(profile, file, clock=LATER)
    assert made.left_out == ("config/unreadable.toml",)
    assert "config/keys.toml" in verify(profile, file).files


def test_folders_of_what_is_restored_are_synced_before_the_cache_takes_its_place(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup.zip"
    make(profile, file, clock=LATER)
    there = a_profile(tmp_path / "there")
    synced: list[str] = []
    sync, put = snapshots.sync, restoring.put

    def watched(path: Path) -> None:
        synced.append(path.relative_to(there.data.parent).as_posix())
        sync(path)

    def swapped(*args: Any, **options: Any) -> Any:
        synced.append("swapped")
        return put(*args, **options)

    monkeypatch.setattr("omnitui.services.recovery.backup.snapshots.sync", watched)
    monkeypatch.setattr("omnitui.services.recovery.backup.restoring.put", swapped)
    restore(there, file, clock=LATER)
    (blob,) = there.blobs.rglob("*/*")
    above = synced[: synced.index("swapped")]
    folder = blob.parent.relative_to(there.data.parent).as_posix()
    assert [above.count(name) for name in (folder, "data/blobs", "data", "config")] == [1, 1, 1, 1]


def test_what_is_there_now_is_kept_beside_what_is_restored(profile: Profile, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    make(profile, file, clock=LATER)
    go_on(profile)
    profile.settings_file.write_text('language = "en"\n')
    done = restore(profile, file, clock=LATER)
    assert texts(profile) == ["kept", "waits"]
    assert done.kept == ("config/config.toml",)
    assert "en" in profile.settings_file.read_text()
    assert done.aside is not None
    assert done.aside in snapshots.copies(profile.data)
    with closing(sqlite3.connect(done.aside)) as db:
        assert db.execute("SELECT text FROM message ORDER BY pk").fetchone() == ("kept and changed",)


def test_a_dry_run_proves_and_changes_nothing(profile: Profile, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    make(profile, file, clock=LATER)
    there = a_profile(tmp_path / "there")
    done = restore(there, file, dry_run=True)
    assert (done.holding.messages, done.blobs, done.config) == (2, 1, ("config/config.toml",))
    assert [path for path in (tmp_path / "there").rglob("*") if path.is_file()] == []


def test_a_snapshot_can_be_restored_by_itself(profile: Profile, tmp_path: Path) -> None:
    taken = snapshots.take(profile.cache_file, NOW)
    go_on(profile)
    restore(profile, taken.path, clock=LATER)
    assert texts(profile) == ["kept", "waits"]
    assert taken.path.exists()


def test_nothing_is_replaced_while_somebody_has_the_cache_open(profile: Profile, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    with Cache.open(profile.data) as cache:
        make(profile, file, clock=LATER)
        with pytest.raises(Refused, match="open"):
            restore(profile, file)
        assert cache.read(lambda db: db.execute("SELECT count(*) FROM message").fetchone()) == (2,)
    with sharing.alone(profile.data):
        pass


def rewritten(file: Path, change: Callable[[str, bytes], bytes | None], extra: tuple[str, bytes] | None = None) -> Path:
    """The backup with other content."""
    target = file.with_name("rewritten.zip")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(target, "w") as written:
        for name in source.namelist():
            if (content := change(name, source.read(name))) is not None:
                written.writestr(name, content)
        if extra is not None:
            written.writestr(*extra)
    return target


def newer(name: str, content: bytes) -> bytes:
    return json.dumps({**json.loads(content), "v": 2, "omnitui": "9.1"}).encode() if name == MANIFEST else content


def climbing(name: str, content: bytes) -> bytes:
    return content.replace(b"config/config.toml", b"config/../../x.toml") if name == MANIFEST else content


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda name, content: content[:-1] + b"?" if name.startswith("blobs/") else content, "damaged"),
        (lambda name, content: None if name.startswith("blobs/") else content, "damaged"),
        (lambda name, content: None if name == MANIFEST else content, "no backup"),
        (newer, "9.1"),
        (climbing, "damaged"),
    ],
    ids=["changed", "missing", "no manifest", "newer", "climbing"],
)
def test_a_backup_that_is_not_what_it_says_is_refused_and_changes_nothing(
    profile: Profile, tmp_path: Path, change: Callable[[str, bytes], bytes | None], said: str
) -> None:
    file = tmp_path / "backup.zip"
    make(profile, file, clock=LATER)
    bad = rewritten(file, change)
    there = a_profile(tmp_path / "there")
    with pytest.raises(Refused, match=said):
        restore(there, bad)
    with pytest.raises(Refused, match=said):
        verify(profile, bad)
    assert not there.cache_file.exists()


def test_a_name_that_leaves_its_folder_is_refused(profile: Profile, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    make(profile, file, clock=LATER)
    evil = "config/../../x.toml"

    def change(name: str, content: bytes) -> bytes:
        if name != MANIFEST:
            return content
        held = json.loads(content)
        held["files"][evil] = held["files"]["config/config.toml"]
        return json.dumps(held).encode()

    bad = rewritten(file, change, (evil, profile.settings_file.read_bytes()))
    with pytest.raises(Refused, match="none of ours"):
        restore(a_profile(tmp_path / "there"), bad)
    assert not (tmp_path / "x.toml").exists()


def test_a_file_cut_short_is_refused(profile: Profile, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    make(profile, file, clock=LATER)
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(Refused):
        restore(a_profile(tmp_path / "there"), file)
