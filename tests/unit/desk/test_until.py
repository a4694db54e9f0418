"""Until when: a time, a reply, so long before the window closes; and whose time is meant."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from omnitui.clock import DAY, HOUR, MINUTE
from omnitui.desk.times.until import Until, leaving, until, whose, zone_called
from omnitui.errors import Refused
from omnitui.model.conversations import Conversation
from omnitui.model.states import Priority, Status

UTC = ZoneInfo("UTC")
NOW = 1_750_000_000_000


def a_row(**fields: Any) -> Conversation:
    return Conversation("C", "A", "I", "P", "line", "", Status.OPEN, Priority.NORMAL, "Ann", "Shop", **fields)


@pytest.mark.parametrize("text", ["reply", "until a reply", "they reply", "返信", "返信まで", "返事が来るまで"])
def test_until_a_reply_has_no_time(text: str) -> None:
    assert until(text, now=NOW, zone=UTC) == Until()
    assert until(text, now=NOW, zone=UTC).moment(a_row(), NOW) is None


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        ("window", 2 * HOUR),
        ("before the window closes", 2 * HOUR),
        ("2h before the window closes", 2 * HOUR),
        ("30 min before window", 30 * MINUTE),
        ("window -1h", HOUR),
        ("期限の2時間前", 2 * HOUR),
        ("返信期限3時間前", 3 * HOUR),
    ],
)
def test_until_before_the_window_closes_takes_a_length(text: str, lead: int) -> None:
    found = until(text, now=NOW, zone=UTC)
    assert found == Until(lead=lead)
    assert found.moment(a_row(window_closes_at=NOW + DAY), NOW) == NOW + DAY - lead


@pytest.mark.parametrize("closes", [None, NOW - 1, NOW + HOUR])
def test_until_before_the_window_is_refused_where_that_is_no_time_to_come(closes: int | None) -> None:
    with pytest.raises(Refused):
        Until(lead=2 * HOUR).moment(a_row(window_closes_at=closes), NOW)


def test_until_a_time_is_that_time() -> None:
    assert until("2h", now=NOW, zone=UTC) == Until(NOW + 2 * HOUR)


@pytest.mark.parametrize(
    ("text", "rest", "theirs"),
    [
        ("tomorrow 9 their time", "tomorrow 9", True),
        ("tomorrow 9, customer's time", "tomorrow 9", True),
        ("明日9時 先方時間", "明日9時", True),
        ("明日9時現地時間", "明日9時", True),
        ("tomorrow 9", "tomorrow 9", False),
        ("their time", "their time", False),
    ],
)
def test_whose_time_is_meant(text: str, rest: str, theirs: bool) -> None:
    assert whose(text) == (rest, theirs)


def test_leaving_by_their_clock_where_it_is_known_else_by_ours() -> None:
    tokyo, now = ZoneInfo("Asia/Tokyo"), 1_750_000_000_000
    at, zone = leaving("tomorrow 9 their time", now=now, mine=UTC, theirs=tokyo)
    assert (datetime.fromtimestamp(at / 1000, tokyo).hour, zone) == (9, tokyo)
    at, zone = leaving("tomorrow 9 their time", now=now, mine=UTC, theirs=None)
    assert (datetime.fromtimestamp(at / 1000, UTC).hour, zone) == (9, UTC)
    at, zone = leaving("tomorrow 9", now=now, mine=UTC, theirs=tokyo)
    assert (datetime.fromtimestamp(at / 1000, UTC).hour, zone) == (9, UTC)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "Asia/Tokyo\\x00"])
def test_zone_that_is_none_is_none(name: str) -> None:
    assert zone_called(name) is None
