"""What was used last, over starts."""

from __future__ import annotations

from pathlib import Path

from omnitui.paths import Profile
from omnitui.services.memory import MOST, Memory


def a_memory(folder: Path) -> Memory:
    return Memory(Profile("desk", folder / "config", folder / "data", folder))


def test_newest_is_first_and_each_is_kept_once(tmp_path: Path) -> None:
    memory = a_memory(tmp_path)
    for line in ("one", "two", "one"):
        memory.keep("searches", line)
    assert memory.recall("searches") == ["one", "two"]
    memory.flush()
    assert a_memory(tmp_path).recall("searches") == ["one", "two"]


def test_two_consoles_of_a_profile_keep_each_others_lines(tmp_path: Path) -> None:
    first, second = a_memory(tmp_path), a_memory(tmp_path)
    first.keep("searches", "of the first")
    second.keep("searches", "of the second")
    first.flush()
    second.flush()
    assert set(a_memory(tmp_path).recall("searches")) == {"of the first", "of the second"}


def test_lines_are_limited_and_private(tmp_path: Path) -> None:
    memory = a_memory(tmp_path)
    for number in range(MOST + 20):
        memory.keep("searches", f"word {number}")
    memory.flush()
    found = a_memory(tmp_path).recall("searches")
    assert len(found) == MOST
    assert found[0] == f"word {MOST + 19}"
    kept = tmp_path / "recent" / "searches"
    assert kept.stat().st_mode & 0o077 == 0


def test_folder_that_cannot_be_written_disturbs_nobody(tmp_path: Path) -> None:
    (tmp_path / "recent").write_text("in the way")
    memory = a_memory(tmp_path)
    memory.keep("searches", "word")
    memory.flush()
    assert memory.recall("searches") == ["word"]
