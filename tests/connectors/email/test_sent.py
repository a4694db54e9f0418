"""Mails that were sent, and what is known of when they were."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from omnitui_email import sent


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
