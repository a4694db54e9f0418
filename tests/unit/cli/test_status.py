"""status: a prompt's counts."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from omnitui.cli.prompt import DEFAULT, filled
from omnitui.main import main
from omnitui.store.reads.brief import FIELDS, brief
from tests.support.console import a_session
from tests.support.desk import a_conversation

NONE = dict.fromkeys(FIELDS, 0)


def test_field_is_a_number_and_words_vanish_at_zero() -> None:
    counts = {**NONE, "unread": 3}
    assert filled("{unread}/{mine}", counts) == "3/0"
    assert filled("[{unread:#[fg=red]% new}{failed: ! %}]", counts) == "[#[fg=red]3 new]"
    assert filled(DEFAULT, counts) == "3 unread · 0 mine"


def test_unknown_field_is_refused_with_those_that_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    assert main(["status", "--format", "{umread}"]) == 2
    assert "unread" in capsys.readouterr().err


def test_prompt_does_not_load_the_shell(tmp_path: Path) -> None:
    code = (
        "import sys; from omnitui.main import main; main(['status']); "
        "print(sorted({'argparse', 'dataclasses', 'typing', 'omnitui.cli.shell'} & set(sys.modules)))"
    )
    env = {**os.environ, "OMNITUI_HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert done.stdout == "[]\n"


def test_counts_are_those_of_the_views(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        for name in ("Ann", "Bob"):
            a_conversation(session.cache, contact=name)
        found = brief(str(session.profile.cache_file))
    assert found is not None
    assert (found["inbox"], found["unread"], found["unassigned"], found["outbox"]) == (2, 2, 2, 0)


def test_counts_on_a_disk_that_is_read_only_need_no_files_beside_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_session(tmp_path) as session:
        a_conversation(session.cache)
        file = session.profile.cache_file
    found = os.statvfs(file)
    read_only = os.statvfs_result((*found[:8], found.f_flag | os.ST_RDONLY, *found[9:]))
    monkeypatch.setattr(os, "statvfs", lambda _path: read_only)
    made: list[Path] = []
    sqlite3_connect = sqlite3.connect

    def connect(place: str, **words: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = sqlite3_connect(place, **words)
        db.execute("SELECT count(*) FROM counter")
        made.extend(file.parent.glob(f"{file.name}-*"))
        return db

    monkeypatch.setattr(sqlite3, "connect", connect)
    counts = brief(str(file))
    assert counts is not None
    assert counts["inbox"] == 1
    assert made == []


def test_prompt_stays_silent_without_a_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path / "home"))
    assert main(["status"]) == 1
    assert capsys.readouterr() == ("", "")
    assert not (tmp_path / "home").exists()


def test_status_prints_text_or_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    assert main(["ls"]) == 0
    capsys.readouterr()
    assert main(["status", "--format", "{unread} new"]) == 0
    assert capsys.readouterr().out == "0 new\n"
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unread"] == 0
