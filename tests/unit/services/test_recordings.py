"""Recordings, kept over restarts."""

from __future__ import annotations

from pathlib import Path

from omnitui.desk.acting import steps
from omnitui.desk.times.until import Until
from omnitui.model.states import Priority, Status
from omnitui.services import drawers
from omnitui.services.triage import recordings
from omnitui.services.triage.recordings import Kept
from tests.support.console import a_profile


def test_recording_is_read_as_it_was_kept_and_a_new_one_takes_its_place(tmp_path: Path) -> None:
    profile = a_profile(tmp_path)
    assert recordings.load(profile) == {}
    first = [
        Kept("to you", (steps.assign("01"), steps.label(add=["vip"]), steps.snooze(Until(5)))),
        Kept("返金", macro="refund"),
    ]
    recordings.save(profile, "a", first)
    recordings.save(profile, "b", [Kept("high", (steps.priority(Priority.HIGH), steps.note("請求書")))])
    recordings.save(profile, "b", [Kept("done", (steps.status(Status.RESOLVED, "billing"),))])
    found = recordings.load(profile)
    assert found == {"a": tuple(first), "b": (Kept("done", (steps.status(Status.RESOLVED, "billing"),)),)}


def test_line_that_makes_no_sense_is_passed_over_and_names_of_the_forgotten_go(tmp_path: Path) -> None:
    profile = a_profile(tmp_path)
    recordings.save(profile, "a", [Kept("hand off", (steps.note("山田さんに電話"),))])
    recordings.save(profile, "b", [Kept("note", (steps.note("call"),))])
    drawer = drawers.recent(profile)
    odd = b'nonsense\n{"letter": "c"}\n[]\n{"letter": "d", "acts": [{"deed": "x", "steps": [["no verb", {}]]}]}\n'
    deep = b"[" * 100_000 + b"\n"
    drawer.write(recordings.NAME, odd + deep + (drawer.read(recordings.NAME) or b""))
    assert set(recordings.load(profile)) == {"a", "b"}
    drawers.forget(profile, [], ["山田 花子"])
    assert set(recordings.load(profile)) == {"b"}
