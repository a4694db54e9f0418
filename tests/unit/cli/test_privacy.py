"""contact export and erase; how long accounts keep messages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from omnitui.clock import DAY
from omnitui.errors import OmniError
from omnitui.store.forgetting import scrubbing
from omnitui.store.reads import ledger, oplog
from omnitui.store.recovery import snapshots
from tests.support.command import Desk
from tests.support.desk import a_contact, a_conversation, a_message, conversation

ZQ = "zqxvcanary"


def in_files(desk: Desk, word: str) -> list[Path]:
    home = desk.profile.data.parent
    return [path for path in home.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


def a_mail_of(desk: Desk, tmp_path: Path) -> str:
    """A mail with an attachment from somebody new, taken in; the conversation's id."""
    path = tmp_path / "one.eml"
    path.write_text(
        f"From: {ZQ} <{ZQ}@customer.example>\nTo: shop@example.com\nSubject: {ZQ}\nMessage-ID: <1@{ZQ}.example>\n"
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
        f"{ZQ} wrote this\n--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=list.txt\n\n"
        f"{ZQ} file\n--b--\n"
    )
    assert desk.run("import", str(path)).code == 0
    path.unlink()
    return str(desk.run("ls", ZQ, "--jsonl").objects[0]["id"])


def test_contact_export_writes_everything_for_nobody_else(desk: Desk, tmp_path: Path) -> None:
    talk = a_mail_of(desk, tmp_path)
    desk.run("note", talk, "--text", "careful")
    other = a_conversation(desk.cache, "of another", contact="Bob")
    folder = tmp_path / "ann"
    ran = desk.run("contact", "export", talk, str(folder), "--json")
    assert (ran.object["conversations"], ran.object["messages"], ran.object["files"]) == (1, 2, 2)
    assert ran.object["missing"] == []
    objects = [json.loads(line) for line in (folder / "contact.jsonl").read_text().splitlines()]
    assert {item["type"] for item in objects} == {"contact", "conversation", "op", "file"}
    assert objects[1] == desk.run("show", talk, "--json").object
    assert {path.parent.name: path.read_text().splitlines()[0] for path in folder.rglob("*.*") if path.is_file()} == {
        "ann": (folder / "contact.jsonl").read_text().splitlines()[0],
        "mail": f"From: {ZQ} <{ZQ}@customer.example>",
        "files": f"{ZQ} file",
    }
    assert other.id not in (folder / "contact.jsonl").read_text()
    assert {path.stat().st_mode & 0o077 for path in [folder, *folder.rglob("*")]} == {0}
    assert desk.run("contact", "export", talk, str(folder)).code == 1


def test_contact_erase_says_what_goes_and_waits_for_a_yes(desk: Desk, tmp_path: Path) -> None:
    talk = a_mail_of(desk, tmp_path)
    ran = desk.run("contact", "erase", talk)
    assert ran.code == 1
    assert f"{ZQ}@customer.example" in ran.err
    assert "--yes" in ran.err
    assert in_files(desk, ZQ)
    erased = desk.run("contact", "erase", talk, "--yes", "--reason", "asked", "--json").object
    assert (erased["messages"], erased["left"], erased["faults"]) == (1, [], [])
    assert [(place["account"], place["folders"]) for place in erased["accounts"]] == [("import", ["import"])]
    assert in_files(desk, ZQ) == []
    assert desk.run("ls", "--jsonl").objects == []
    assert desk.run("log", "-n", "1", "--jsonl").objects[0]["reason"] == "asked"


def test_what_could_not_be_swept_is_told_and_swept_the_next_time(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = a_mail_of(desk, tmp_path)

    def full(_cache: Path, **_how: object) -> None:
        raise OmniError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(scrubbing, "rewrite", full)
        ran = desk.run("contact", "erase", talk, "--yes")
        assert ran.code == 1
        assert "the disk is full" in ran.err
    assert "omnitui retention run" in desk.run("doctor").out
    assert desk.run("retention", "run").code == 0
    assert in_files(desk, ZQ) == []
    assert "retention run" not in desk.run("doctor").out


def test_mail_of_a_forgotten_person_is_not_imported_again(desk: Desk, tmp_path: Path) -> None:
    desk.run("contact", "erase", a_mail_of(desk, tmp_path), "--yes")
    with pytest.raises(IndexError):
        a_mail_of(desk, tmp_path)
    assert in_files(desk, ZQ) == []


def test_retention_erases_what_is_old_and_the_ledger_says_so(desk: Desk) -> None:
    cache = desk.cache
    now = cache.clock.now()
    old = a_conversation(cache, "new enough", contact="Ann")
    a_message(cache, old.id, f"{ZQ} old", at=now - 400 * DAY)
    gone = a_conversation(cache, contact=f"{ZQ} Name", address=f"{ZQ}@customer.example")
    for message in desk.run("show", gone.id, "--json").object["messages"]:
        cache.write(
            lambda tx, own=message["id"]: tx.db.execute(  # type: ignore[misc]
                "UPDATE message SET received_at = ?, text = ? WHERE id = ?", (now - 500 * DAY, f"{ZQ} older", own)
            )
        )
    a_contact(cache, "Never wrote")
    snapshots.take(cache.path, now)
    assert desk.run("retention", "--jsonl").objects == []
    assert desk.run("account", "set", "Shop", "retention", "365d").code == 0
    assert desk.run("account", "set", "Shop", "retention", "soon").code == 2
    dry = desk.run("retention", "--dry-run", "--jsonl").objects
    assert [(item["account"], item["days"], item["messages"], item["erased"]) for item in dry] == [
        ("Shop", 365, 2, False)
    ]
    assert in_files(desk, ZQ)
    ran = desk.run("retention", "run")
    assert ran.code == 0, ran.err
    assert in_files(desk, ZQ) == []
    assert [item["text"] for item in desk.run("show", old.id, "--json").object["messages"] if not item["deleted"]] == [
        "new enough"
    ]
    assert "deleted" in conversation(cache, gone.id).flags
    assert len(snapshots.snapshots(desk.profile.data)) == 1
    (entry,) = [one for one in cache.read(ledger.entries) if one.scope == "retention"]
    assert entry.complete_since is not None
    assert "365" in entry.budget
    assert cache.read(oplog.verify_chain)
    assert desk.run("retention", "--jsonl").objects[0]["messages"] == 0
    assert [item["name"] for item in desk.run("contact", "show", old.contact_id, "--jsonl").objects] == ["Ann"]
