"""Times to come in words."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.clock import HOUR, Millis
from omnitui.desk.times.wake import wake_time
from omnitui.errors import UsageError

TOKYO = ZoneInfo("Asia/Tokyo")
WEDNESDAY = "2026-05-13T10:20:00"


def at(text: str, zone: ZoneInfo = TOKYO) -> Millis:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2h", "2026-05-13T12:20"),
        ("30m", "2026-05-13T10:50"),
        ("1h30m", "2026-05-13T11:50"),
        ("in 3 days", "2026-05-16T10:20"),
        ("2 hours", "2026-05-13T12:20"),
        ("1.5h", "2026-05-13T11:50"),
        ("2w", "2026-05-27T10:20"),
        ("3時間後", "2026-05-13T13:20"),
        ("30分", "2026-05-13T10:50"),
        ("２日後", "2026-05-15T10:20"),
        ("tomorrow", "2026-05-14T09:00"),
        ("tomorrow 9", "2026-05-14T09:00"),
        ("Tomorrow at 17:45", "2026-05-14T17:45"),
        ("tomorrow 5pm", "2026-05-14T17:00"),
        ("tomorrow 12am", "2026-05-14T00:00"),
        ("tomorrow morning", "2026-05-14T09:00"),
        ("today 17:00", "2026-05-13T17:00"),
        ("tonight", "2026-05-13T20:00"),
        ("day after tomorrow", "2026-05-15T09:00"),
        ("monday", "2026-05-18T09:00"),
        ("fri 14:30", "2026-05-15T14:30"),
        ("wednesday", "2026-05-20T09:00"),
        ("wednesday 11:00", "2026-05-13T11:00"),
        ("next wednesday", "2026-05-20T09:00"),
        ("next week", "2026-05-18T09:00"),
        ("next month", "2026-06-01T09:00"),
        ("17:00", "2026-05-13T17:00"),
        ("9:00", "2026-05-14T09:00"),
        ("8am", "2026-05-14T08:00"),
        ("noon", "2026-05-13T12:00"),
        ("明日", "2026-05-14T09:00"),
        ("明日の朝", "2026-05-14T09:00"),
        ("明日の朝8時", "2026-05-14T08:00"),
        ("明日の午後3時半", "2026-05-14T15:30"),
        ("明後日 15:30", "2026-05-15T15:30"),
        ("今夜", "2026-05-13T20:00"),
        ("月曜日", "2026-05-18T09:00"),
        ("来週", "2026-05-18T09:00"),
        ("来週の金曜 10時", "2026-05-22T10:00"),
        ("夕方", "2026-05-13T17:00"),
        ("an hour", "2026-05-13T11:20"),
        ("half an hour", "2026-05-13T10:50"),
        ("in two weeks", "2026-05-27T10:20"),
        ("in 3 days at 10", "2026-05-16T10:00"),
        ("1時間半後", "2026-05-13T11:50"),
        ("三日後", "2026-05-16T10:20"),
        ("十五分後", "2026-05-13T10:35"),
        ("2日後の10時", "2026-05-15T10:00"),
        ("2週間後の午後3時", "2026-05-27T15:00"),
        ("this afternoon", "2026-05-13T14:00"),
        ("end of day", "2026-05-13T18:00"),
        ("today eod", "2026-05-13T18:00"),
        ("今日中", "2026-05-13T18:00"),
        ("end of the week", "2026-05-15T18:00"),
        ("weekend", "2026-05-16T09:00"),
        ("週末", "2026-05-16T09:00"),
        ("end of month", "2026-05-31T09:00"),
        ("月末", "2026-05-31T09:00"),
        ("週明け", "2026-05-18T09:00"),
        ("週明け10時", "2026-05-18T10:00"),
        ("明日の朝一", "2026-05-14T09:00"),
        ("明日朝イチ", "2026-05-14T09:00"),
        ("明日9時半", "2026-05-14T09:30"),
        ("明朝", "2026-05-14T09:00"),
        ("明朝8時", "2026-05-14T08:00"),
        ("明晩", "2026-05-14T20:00"),
        ("しあさって", "2026-05-16T09:00"),
        ("来週月曜 10時", "2026-05-18T10:00"),
        ("来週の月曜日の午後2時", "2026-05-18T14:00"),
        ("再来週の火曜", "2026-05-26T09:00"),
        ("12/25", "2026-12-25T09:00"),
        ("12/25 14:30", "2026-12-25T14:30"),
        ("1/5", "2027-01-05T09:00"),
        ("12月25日", "2026-12-25T09:00"),
        ("12月25日の午後3時", "2026-12-25T15:00"),
        ("dec 25", "2026-12-25T09:00"),
        ("25 december 8:00", "2026-12-25T08:00"),
        ("June 1st at 5pm", "2026-06-01T17:00"),
        ("2026-06-01", "2026-06-01T09:00"),
        ("2026-06-01 08:15", "2026-06-01T08:15"),
        ("2026-06-01T08:15:00", "2026-06-01T08:15"),
    ],
)
def test_wake_time_of_words_is_local(text: str, moment: str) -> None:
    assert wake_time(text, now=at(WEDNESDAY), zone=TOKYO) == at(moment)


def test_wake_time_with_an_offset_is_that_moment_anywhere() -> None:
    wanted = at("2026-06-01T09:00:00")
    for text in ("2026-06-01T00:00:00Z", "2026-06-01t02:00:00+02:00"):
        assert wake_time(text, now=at(WEDNESDAY), zone=ZoneInfo("America/New_York")) == wanted


def test_wake_time_keeps_the_hour_over_a_change_to_summer_time() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert wake_time("tomorrow 9", now=at("2026-03-28T22:00", berlin), zone=berlin) == at("2026-03-29T09:00", berlin)


@pytest.mark.parametrize(
    "text", ["", "soon", "9", "tomorrow 25:00", "13pm", "yesterday", "2026-13-01", "\x1b[31m", "5x"]
)
def test_wake_time_refuses_what_is_no_time_with_examples(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        wake_time(text, now=at(WEDNESDAY), zone=TOKYO)
    assert "tomorrow 9" in caught.value.hint
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize("text", ["today 9:00", "2020-01-01", "0h", "2999-01-01", "today"])
def test_wake_time_refuses_the_past_and_the_far_future(text: str) -> None:
    with pytest.raises(UsageError):
        wake_time(text, now=at(WEDNESDAY), zone=TOKYO)


@given(st.text(max_size=40), st.integers(0, 4_000_000_000_000))
def test_wake_time_lies_ahead_or_is_refused_whatever_is_typed(text: str, now: Millis) -> None:
    with suppress(UsageError):
        assert wake_time(text, now=now, zone=TOKYO) > now


@given(st.integers(1, 999))
def test_wake_time_of_hours_is_exact(hours: int) -> None:
    assert wake_time(f"{hours}h", now=at(WEDNESDAY), zone=TOKYO) - at(WEDNESDAY) == hours * HOUR
