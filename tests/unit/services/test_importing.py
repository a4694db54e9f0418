"""Mails in files are found one by one, and each gives one record."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from omnitui.errors import NotFound
from omnitui.services.exchange.importing import read_mail, record
from omnitui.text.mail.parsing import parse_mail

ONE = b"From: a@b.c\r\nSubject: one\r\n\r\ntext one\r\n"
TWO = b"From: d@e.f\nSubject: two\n\ntext two\n"
MBOX = (
    b"From a@b.c Mon Jun  3 10:15:00 2024\n"
    b"Subject: one\n\ntext\n>From here on\nFrom the start, not a mail\n\nFrom me to you without a date\n\n"
    b"From MAILER-DAEMON Mon Jun  3 10:15:00 2024\r\n"
    b"Subject: two\r\n\r\n>>From deeper\r\n\r\n"
    b"From - Mon Jun  3 10:15:00 2024\n"
    b"Subject: three\n\nlast"
)


def subjects(*paths: Path | str) -> list[str]:
    return [parse_mail(raw).subject for _, raw in read_mail(paths)]


def test_eml_file_is_one_mail(tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(b"From x Mon Jun  3 10:15:00 2024\n" + ONE)
    assert [name for name, _ in read_mail([path])] == [str(path)]
    assert subjects(path) == ["one"]


def test_mbox_is_split_at_from_lines_only(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(MBOX)
    found = list(read_mail([path]))
    assert [name for name, _ in found] == [f"{path}#1", f"{path}#2", f"{path}#3"]
    assert found[0][1] == (
        b"Subject: one\n\ntext\nFrom here on\nFrom the start, not a mail\n\nFrom me to you without a date\n"
    )
    assert found[1][1] == b"Subject: two\r\n\r\n>From deeper\r\n"
    assert found[2][1] == b"Subject: three\n\nlast"


def test_mbox_of_one_mail_keeps_the_name(tmp_path: Path) -> None:
    path = tmp_path / "box.mbox"
    path.write_bytes(b"From x Mon Jun  3 10:15:00 2024\n" + TWO)
    assert list(read_mail([path])) == [(str(path), TWO)]


def test_maildir_gives_new_and_cur_and_its_folders_but_not_tmp(tmp_path: Path) -> None:
    for folder in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".Sent/tmp"):
        (tmp_path / folder).mkdir(parents=True)
        name = folder.replace("/", "").strip(".")
        (tmp_path / folder / "1:2,S").write_bytes(f"Subject: {name}\n\nx".encode())
    assert sorted(subjects(tmp_path)) == ["Sentcur", "Sentnew", "cur", "new"]


def test_folder_is_searched_for_mails_and_other_files_are_left(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "one.eml").write_bytes(ONE)
    (tmp_path / "a" / "b" / "two.txt").write_bytes(b"Received: x\n" + TWO)
    (tmp_path / "a" / "all.mbox").write_bytes(MBOX)
    (tmp_path / "a" / "notes.md").write_bytes(b"# notes\n")
    (tmp_path / ".hidden.eml").write_bytes(ONE)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    assert sorted(subjects(tmp_path)) == ["one", "one", "three", "two", "two"]


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class FakeInput:
        buffer = io.BytesIO(ONE)

    monkeypatch.setattr("sys.stdin", FakeInput())
    assert list(read_mail(["-"])) == [("-", ONE)]


def test_missing_path_is_told() -> None:
    with pytest.raises(NotFound, match="no such file"):
        list(read_mail(["/nowhere/at/all"]))


def test_empty_file_is_a_mail_without_anything(tmp_path: Path) -> None:
    path = tmp_path / "empty.eml"
    path.write_bytes(b"")
    ((name, raw),) = read_mail([path])
    assert record(name, parse_mail(raw))["text"] == ""


def test_mbox_of_one_endless_line_is_read(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(b"From x Mon Jun  3 10:15:00 2024\nSubject: x\n\n" + b"From " * 100_000)
    ((_, raw),) = read_mail([path])
    assert raw.count(b"From ") == 100_000


def test_record_has_exactly_the_documented_keys_and_is_json() -> None:
    raw = (
        "From: 山田 <y@x.jp>\nTo: Help <h@e.c>, b@e.c\nDate: Mon, 03 Jun 2024 10:15:00 +0900\nMessage-ID: <1@x>\n"
        "Content-Type: text/plain; charset=utf-8\nSubject: 注文\n\nはい。\n\nOn Mon, 3 Jun 2024, Help wrote:\n> ?\n"
    ).encode()
    made = record("a.eml", parse_mail(raw))
    assert json.loads(json.dumps(made)) == {
        "v": 1,
        "type": "mail",
        "path": "a.eml",
        "message_id": "<1@x>",
        "subject": "注文",
        "from": "山田 <y@x.jp>",
        "to": ["Help <h@e.c>", "b@e.c"],
        "date": "2024-06-03T01:15:00.000Z",
        "text": "はい。\n\nOn Mon, 3 Jun 2024, Help wrote:\n> ?",
        "reply_text": "はい。",
        "attachments": [],
        "auto_reply": False,
        "bounce": None,
        "defects": [],
    }


def test_record_names_a_bounce_and_attachments() -> None:
    raw = (
        b"From: MAILER-DAEMON@x\nSubject: failure notice\n\n"
        b"Hi. This is the qmail-send program\n\n<n@e.org>:\n550 5.1.1 unknown user\n"
    )
    bounce = record("b", parse_mail(raw))["bounce"]
    assert (bounce["recipient"], bounce["status"], bounce["action"]) == ("n@e.org", "5.1.1", "failed")
    raw = b"Content-Type: image/png; name=a.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo="
    assert record("a", parse_mail(raw))["attachments"] == [{"name": "a.png", "media_type": "image/png", "size": 8}]
