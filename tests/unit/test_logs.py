"""The log and crash files carry structure, and nothing that a customer wrote."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui import crash
from omnitui.clock import FrozenClock
from omnitui.errors import OmniError, hide
from omnitui.logs import close_log, logger, open_log

WORDS = "お客様の本文 secret-body"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "state" / "omnitui.log"
    open_log(path)
    yield path
    close_log()


def fail() -> None:
    body = WORDS
    try:
        raise ValueError(body)
    except ValueError as error:
        raise RuntimeError(body) from error


def test_log_takes_lines_above_the_level_and_is_private(log: Path) -> None:
    logger("sync").info("account %s is back", "support")
    logger("sync").debug("not this")
    lines = log.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1
    assert "omnitui.sync: account support is back" in lines[0]
    assert log.stat().st_mode & 0o777 == 0o600


def test_where_no_log_can_be_written_there_is_none_and_nothing_is_printed(
    log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_args: object, **_words: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "touch", refuse)
    open_log(log)
    logger("sync").error("said to nobody")
    assert capsys.readouterr() == ("", "")
    assert "said to nobody" not in log.read_text("utf-8")


def test_log_shows_neither_secrets_nor_control_characters(log: Path) -> None:
    hide("hunter2hunter2")
    logger("sync").info("login hunter2hunter2 \x1b[31mred\nsecond\u202e line")
    text = log.read_text(encoding="utf-8")
    assert "hunter2" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text.splitlines()) == 1


def test_log_of_an_exception_says_where_and_not_what_was_in_it(log: Path) -> None:
    try:
        fail()
    except RuntimeError:
        logger("sync").exception("ingest failed")
    text = log.read_text(encoding="utf-8")
    assert "RuntimeError" in text
    assert "ValueError" in text
    assert "test_logs.py" in text
    assert "secret-body" not in text


def test_crash_file_has_structure_and_no_content(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError) as caught:
        fail()
    said, hint = crash.sentences(caught.value, tmp_path / "crashes")
    path = next((tmp_path / "crashes").iterdir())
    text = path.read_text(encoding="utf-8")
    assert "RuntimeError" in text
    assert " fail" in text
    assert text.splitlines()[-1].startswith("What to do: ")
    assert "secret-body" not in text + said + hint
    assert str(path) in hint
    assert path.stat().st_mode & 0o777 == 0o600


def test_crash_is_still_told_when_no_file_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said, hint = crash.sentences(RuntimeError(WORDS), tmp_path / "file" / "crashes")
    assert "RuntimeError" in said
    assert "doctor" in hint
    text = crash.record(OSError(2, WORDS), tmp_path / "ok", clock=FrozenClock()).read_text(encoding="utf-8")
    assert "FileNotFoundError [2]" in text
    assert "secret-body" not in text


def test_secret_that_a_server_says_back_is_in_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnitui.errors._secrets", set())
    for secret in ("k3y", "pass", "letme1n", "correct horse"):
        hide(secret)
    error = OmniError('login refused: LOGIN ann "letme1n"', hint="correct horse is wrong; give another password")
    assert error.message == 'login refused: LOGIN ann "•••"'
    assert str(error) == error.message
    # A short word stays in sentences of ours, or they would make no sense.
    assert error.hint == "••• is wrong; give another password"
