"""backup and restore, as typed."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.command import Desk
from tests.support.desk import a_conversation


def test_a_backup_is_made_proved_and_restored(desk: Desk, tmp_path: Path) -> None:
    a_conversation(desk.cache, "kept")
    desk.cache.close()
    made = desk.run("backup", str(tmp_path), "--verify", "--json")
    assert made.code == 0, made.err
    path = made.object["path"]
    assert made.object["messages"] == 1
    assert made.object["verified"] is True
    assert desk.run("backup", path).code == 1
    shutil.rmtree(desk.profile.data)
    dry = desk.run("restore", path, "--dry-run")
    assert dry.code == 0, dry.err
    assert not desk.profile.cache_file.exists()
    done = desk.run("restore", path)
    assert done.code == 0, done.err
    assert "secrets" in done.err
    assert desk.run("ls", "--jsonl").out.count("\n") == 1


def test_what_is_not_there_cannot_be_restored(desk: Desk, tmp_path: Path) -> None:
    assert desk.run("restore", str(tmp_path / "nothing.zip")).code == 1
