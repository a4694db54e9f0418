"""Mail in from files, conversations out into files."""

from __future__ import annotations

import csv
import json
import mailbox
from pathlib import Path

import pytest

from omnitui.model.states import Direction, SendState
from tests.support.command import Desk
from tests.support.desk import a_conversation, a_message

MAIL = """\
From: =?utf-8?b?55Sw5Lit?= <tanaka@example.jp>
To: shop@example.com
Subject: =?iso-2022-jp?b?GyRCSlZJSiROJCo0aiQkGyhC?=
Message-ID: <{number}@example.jp>
Date: Mon, 02 Mar 2026 10:0{number}:00 +0900

Order {number}
"""


def mails(folder: Path, count: int = 3) -> list[Path]:
    paths = [folder / f"{number}.eml" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_text(MAIL.format(number=number))
    return paths


def test_dry_run_says_what_mails_hold_and_makes_no_cache(desk: Desk, tmp_path: Path) -> None:
    ran = desk.run("import", str(mails(tmp_path, 1)[0]), "--dry-run", "--jsonl")
    assert ran.code == 0
    record = ran.objects[0]
    assert (record["v"], record["type"], record["message_id"]) == (1, "mail", "<0@example.jp>")
    assert record["from"] == "田中 <tanaka@example.jp>"
    assert record["subject"] == "返品のお願い"
    assert record["date"] == "2026-03-02T01:00:00.000Z"
    assert not desk.profile.cache_file.exists()


def test_import_takes_mails_in_once_and_search_finds_them(desk: Desk, tmp_path: Path) -> None:
    paths = [str(path) for path in mails(tmp_path)]
    assert len(desk.run("import", *paths, "--json").object["items"]) == 3
    assert desk.run("import", *paths).code == 0
    found = desk.run("search", "Order", "--jsonl").objects
    assert sorted(item["text"] for item in found) == ["Order 0", "Order 1", "Order 2"]
    listed = desk.run("ls", "is:all", "--jsonl").objects
    assert {item["account"] for item in listed} == {"import"}
    assert {item["unread"] for item in listed} == {0}
    assert desk.run("account", "list", "--jsonl").objects[0]["paused"] is True


def test_import_reads_standard_input_and_folders(desk: Desk, tmp_path: Path) -> None:
    mails(tmp_path)
    assert len(desk.run("import", str(tmp_path), "--dry-run", "--jsonl").objects) == 3
    ran = desk.run("import", "-", "--dry-run", "--jsonl", stdin=MAIL.format(number=7))
    assert [item["message_id"] for item in ran.objects] == ["<7@example.jp>"]


def test_import_of_what_is_not_there_fails(desk: Desk, tmp_path: Path) -> None:
    ran = desk.run("import", str(tmp_path / "nothing.eml"))
    assert ran.code == 1
    assert "nothing.eml" in ran.err
    assert desk.run("account", "list").out == ""


def a_talk(desk: Desk) -> str:
    talk = a_conversation(desk.cache, "From me to you\nsecond line", subject="Subject\nBcc: evil@example.com")
    a_message(desk.cache, talk.id, "# answer <b>", direction=Direction.OUTGOING, state=SendState.ACCEPTED)
    a_conversation(desk.cache, "another one", contact="花子")
    return talk.id


def test_export_in_jsonl_is_what_show_prints(desk: Desk, tmp_path: Path) -> None:
    talk = a_talk(desk)
    target = tmp_path / "out.jsonl"
    ran = desk.run("export", "is:open", "--format", "jsonl", "-o", str(target))
    assert ran.code == 0
    assert "2" in ran.err
    exported = {item["id"]: item for item in map(json.loads, target.read_text().splitlines())}
    assert exported[talk] == desk.run("show", talk, "--json").object
    assert target.stat().st_mode & 0o777 == 0o600


def test_export_in_mbox_is_read_back_by_a_mail_program(desk: Desk, tmp_path: Path) -> None:
    a_talk(desk)
    target = tmp_path / "out.mbox"
    assert desk.run("export", "--format", "mbox", "-o", str(target)).code == 0
    box = list(mailbox.mbox(target))
    assert len(box) == 3
    first = next(item for item in box if "second line" in str(item.get_payload(decode=True)))
    assert first["From"] == "Ann <ann@example.com>"
    assert first["To"] == "shop@example.com"
    assert first["Bcc"] is None
    assert b"\n>From me to you" in target.read_bytes()
    dry = desk.run("import", str(target), "--dry-run", "--jsonl").objects
    assert "From me to you\nsecond line" in [item["text"] for item in dry]


def test_export_in_mbox_gives_imported_mail_back_as_it_came(desk: Desk, tmp_path: Path) -> None:
    path = mails(tmp_path, 1)[0]
    desk.run("import", str(path))
    target = tmp_path / "out.mbox"
    desk.run("export", "is:all", "--format", "mbox", "-o", str(target))
    assert path.read_bytes().rstrip() in target.read_bytes()


def test_export_in_markdown_keeps_strangers_text_a_quotation(desk: Desk, tmp_path: Path) -> None:
    a_talk(desk)
    target = tmp_path / "out.md"
    assert desk.run("export", "second", "--format", "md", "-o", str(target)).code == 0
    lines = target.read_text().splitlines()
    assert lines[0] == "# Subject Bcc: evil@example.com"
    assert "> From me to you  " in lines
    assert "> \\# answer \\<b\\>  " in lines


@pytest.mark.parametrize(
    "formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", '=HYPERLINK("http://x")']
)
def test_export_for_a_spreadsheet_holds_no_formula_of_a_stranger(desk: Desk, tmp_path: Path, formula: str) -> None:
    a_conversation(desk.cache, f"{formula}\nsecond, line", subject=formula, contact=formula)
    target = tmp_path / "out.csv"
    assert desk.run("export", "--format", "csv", "-o", str(target)).code == 0
    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1
    assert "second, line" in rows[0]["text"]
    for cell in (rows[0]["text"], rows[0]["subject"], rows[0]["contact"]):
        assert not cell.strip(" \t\r").startswith(("=", "+", "-", "@", "＝"))
        assert formula.strip() in cell or formula.strip() in cell.replace("\t", "")


def test_export_never_overwrites(desk: Desk, tmp_path: Path) -> None:
    a_talk(desk)
    target = tmp_path / "out.md"
    target.write_text("mine")
    ran = desk.run("export", "--format", "md", "-o", str(target))
    assert ran.code == 1
    assert target.read_text() == "mine"
    assert desk.run("export", "--format", "md", "-o", str(tmp_path / "no" / "folder")).code == 1


@pytest.mark.parametrize("form", ["jsonl", "mbox", "csv", "md"])
def test_export_covers_card_numbers_and_secrets_where_asked_or_set(desk: Desk, tmp_path: Path, form: str) -> None:
    said = "4111 1111 1111 1111, password: hunter2"
    a_conversation(desk.cache, said, subject=said)
    target = tmp_path / "asked"
    assert desk.run("export", "--format", form, "--redact", "cards", "-o", str(target)).code == 0
    assert "4111" not in target.read_text()
    assert "hunter2" in target.read_text()
    settings = desk.profile.settings_file
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[privacy]\nexports = "both"\n')
    settings.chmod(0o600)
    assert desk.run("export", "--format", form, "-o", str(tmp_path / "set")).code == 0
    assert not [word for word in ("4111", "hunter2") if word in (tmp_path / "set").read_text()]
    assert desk.run("export", "--format", form, "--redact", "nothing", "-o", str(tmp_path / "all")).code == 0
    assert "4111" in (tmp_path / "all").read_text()


def test_export_of_raw_mail_to_a_terminal_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    a_talk(desk)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert desk.run("export", "--format", "mbox").code == 2
