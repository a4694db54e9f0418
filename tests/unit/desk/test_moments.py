"""Moments that have passed, in words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from omnitui.desk.times.moments import past_moment
from omnitui.errors import UsageError

ZONE = ZoneInfo("Asia/Tokyo")
NOW = round(datetime(2026, 5, 13, 10, 20, tzinfo=ZONE).timestamp() * 1000)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2h", (13, 8, 20)),
        ("2h ago", (13, 8, 20)),
        ("yesterday", (12, 0, 0)),
        ("yesterday 18:00", (12, 18, 0)),
        ("Yesterday 18", (12, 18, 0)),
        ("monday 9", (11, 9, 0)),
        ("月曜日の9時", (11, 9, 0)),
        ("昨日18時半", (12, 18, 30)),
        ("３時間前", (13, 7, 20)),
        ("09:30", (13, 9, 30)),
        ("2026-05-01", (1, 0, 0)),
        ("2026-05-01T09:30", (1, 9, 30)),
        ("2026-05-01 09:30", (1, 9, 30)),
        ("2026-05-01T00:30:00Z", (1, 9, 30)),
    ],
)
def test_moment_is_read_as_people_say_it(text: str, expected: tuple[int, int, int]) -> None:
    day, hour, minute = expected
    at = past_moment(text, now=NOW, zone=ZONE)
    assert at == round(datetime(2026, 5, day, hour, minute, tzinfo=ZONE).timestamp() * 1000)


@pytest.mark.parametrize("text", ["", "soon", "18:00", "2030-01-01", "yesterday 25:00", "\x1b[31m"])
def test_moment_that_is_none_or_still_to_come_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        past_moment(text, now=NOW, zone=ZONE)
