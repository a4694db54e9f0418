"""What is worth a notice, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from omnitui.config.settings import Notify
from omnitui.services.notices import Event, Notices, Occasion, is_quiet, occasion
from omnitui.store.cache import Cache
from omnitui.store.reads import history, inbox
from omnitui.ui.last_hop.guard import guarded
from omnitui.ui.outside.notifying import sequence, understood
from tests.support.desk import a_conversation

HOUR = 3_600_000


def test_several_events_become_one_notice_and_the_next_waits() -> None:
    notices = Notices(Notify(every=10), UTC)
    notices.add([Event(Occasion.MINE, "Ann: hello")], 0)
    assert notices.due(0) == 0
    assert notices.take(0) == "1 new message"
    notices.add([Event(Occasion.MINE)] * 3 + [Event(Occasion.MENTIONED), Event(Occasion.FAILED)], 2_000)
    assert notices.due(2_000) == 8_000
    assert notices.take(10_000) == "4 new messages, 1 mentions you, 1 message was not sent"
    assert notices.due(10_000) is None


def test_words_of_a_message_are_shown_only_where_settings_let_them() -> None:
    event = Event(Occasion.MINE, "Ann: \x1b]0;pwned\x07 hello\nthere")
    for settings, veiled, seen in (
        (Notify(), False, False),
        (Notify(text=True), False, True),
        (Notify(text=True), True, False),
    ):
        notices = Notices(settings, UTC)
        notices.add([event], 0)
        words = notices.take(0, veiled=veiled)
        assert ("Ann" in words) is seen
        assert "\x1b" not in words
        assert "\n" not in words


def test_occasions_that_are_not_wanted_and_quiet_hours_give_none() -> None:
    notices = Notices(Notify(on=("failed",)), UTC)
    notices.add([Event(Occasion.MINE)], 0)
    assert notices.due(0) is None
    notices = Notices(Notify(quiet="22:00-07:00"), UTC)
    notices.add([Event(Occasion.MINE)], 23 * HOUR)
    assert notices.due(23 * HOUR) is None


@pytest.mark.parametrize(
    ("hours", "hour", "quiet"),
    [("22:00-07:00", 23, True), ("22:00-07:00", 6, True), ("22:00-07:00", 7, False), ("12:00 - 13:00", 12, True),
     ("", 3, False), ("nonsense", 3, False), ("25:00-07:00", 3, False), ("20:00-24:00", 19, False)],
)  # fmt: skip
def test_quiet_hours_may_pass_midnight(hours: str, hour: int, quiet: bool) -> None:
    assert is_quiet(hours, hour * HOUR, UTC) is quiet


@pytest.mark.parametrize(
    ("env", "kind"),
    [({"TERM": "xterm-kitty"}, "osc99"), ({"TERM": "foot"}, "osc777"), ({"TERM": "xterm-256color"}, "bell"),
     ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "osc9"), ({}, "bell")],
)  # fmt: skip
def test_terminal_gets_the_notice_that_it_knows(env: dict[str, str], kind: str) -> None:
    assert understood(env) == kind


@pytest.mark.parametrize("kind", ["bell", "osc9", "osc777", "osc99"])
@pytest.mark.parametrize("tmux", [False, True])
def test_notice_passes_the_guard_and_holds_nothing_to_obey(kind: str, tmux: bool) -> None:
    data = sequence(kind, "5 new; \x1b[2J\u202emessages\x07 日本", tmux=tmux)
    assert guarded(data) == data
    assert "\x1b[" not in data
    assert "\u202e" not in data
    assert data.count("\x07") == 1
    if kind != "bell":
        assert "日本" in data


def test_wrapped_notice_is_disarmed_by_the_guard_too() -> None:
    assert "\u202e" not in guarded("\x1bPtmux;\x1b\x1b]9;a\u202eb\x07\x1b\\")
    assert "\u202e" not in guarded("\x1b]99;;a\u202eb\x07")


def test_message_concerns_its_assignee_and_everybody_where_there_is_none(tmp_path: Path) -> None:
    with Cache.open(tmp_path) as cache:
        ref = a_conversation(cache, "hello")
        conversation = cache.read(inbox.conversation, ref if isinstance(ref, str) else ref.id)
        assert conversation is not None
        message = cache.read(history.page, conversation.id, limit=1)[0]
    assert occasion(message, replace(conversation, assignee_id=None), "me", "Mia M") is Occasion.UNASSIGNED
    assert occasion(message, replace(conversation, assignee_id="me"), "me", "Mia M") is Occasion.MINE
    assert occasion(message, replace(conversation, assignee_id="other"), "me", "Mia M") is None


def test_tasks_that_fall_due_are_counted_apart_from_messages() -> None:
    notices = Notices(Notify(), UTC)
    notices.add([Event(Occasion.DUE), Event(Occasion.MINE), Event(Occasion.DUE)], 0)
    assert notices.take(0) == "1 new message, 2 tasks are due"
