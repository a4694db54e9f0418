"""Mails that were sent, and what is known of when they were."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from omnitui_email import sent
from omnitui_email.mailbox import Folders

from tests.support.sdk import a_context


def test_time_of_an_attempt_is_known_after_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bool] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        fsync(descriptor)

    monkeypatch.setattr("omnitui_email.sent.os.fsync", watched)
    sent._write(tmp_path / "account" / "attempted", b"1")
    assert (tmp_path / "account" / "attempted").read_bytes() == b"1"
    # The file before it gets its name, then the folder that has the name.
    assert synced == [False, True]


class Mailbox:
    """As much of a session as filing asks for."""

    capabilities = frozenset[str]()

    def __init__(self) -> None:
        self.filed: list[bytes] = []

    def folders(self) -> Folders:
        return Folders(("INBOX", "Sent"), "Sent")

    def find(self, _folder: str, _message_id: str) -> bool:
        return False

    def append(self, _folder: str, raw: bytes, _at: object) -> None:
        self.filed.append(raw)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]\nbody", b'{"message_id": "<m@x>"}\nbody', b"\x00" * 64])
def test_copy_that_is_damaged_is_told_and_holds_no_other_one_up(tmp_path: Path, damage: bytes) -> None:
    told: list[str] = []
    context = replace(a_context(tmp_path), log=told.append)
    settings: Any = SimpleNamespace(sent="client", smtp=SimpleNamespace(host="smtp.example"))
    nobody: Any = None
    folder = sent.SentFolder(settings, nobody, context)
    mailbox: Any = Mailbox()
    folder._note("<whole@desk.example>", b"Subject: whole\r\n\r\n")
    folder._waiting.write("damaged.eml", damage)
    for name in folder._waiting.names():
        folder._put(mailbox, name)
    assert mailbox.filed == [b"Subject: whole\r\n\r\n"]
    assert len(told) == 1
    assert "damaged" in told[0]
    assert folder._waiting.names() == []
