"""Times as a person reads them: by zone, over midnights, ends of years and changes of the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from omnitui.clock import DAY, HOUR, MINUTE, SECOND, Millis
from omnitui.ui.look import phrases

TOKYO, BERLIN, YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


@pytest.fixture(autouse=True)
def _german_times(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LC_TIME", "de_DE.UTF-8")
    phrases.by_twelve.cache_clear()
    yield
    phrases.by_twelve.cache_clear()


def at(zone: ZoneInfo, text: str) -> Millis:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "then", "now", "words"),
    [
        (TOKYO, "2026-11-22T00:00", "2026-11-22T23:59", "00:00"),
        (TOKYO, "2026-11-21T23:59", "2026-11-22T00:00", "Yesterday 23:59"),
        (TOKYO, "2026-11-20T23:59", "2026-11-22T00:00", "Fri 20 Nov 23:59"),
        (TOKYO, "2026-11-23T09:00", "2026-11-22T10:00", "Tomorrow 09:00"),
        (TOKYO, "2026-11-24T09:00", "2026-11-22T10:00", "Tue 24 Nov 09:00"),
        (TOKYO, "2026-10-31T12:00", "2026-11-02T12:00", "Sat 31 Oct 12:00"),
        (TOKYO, "2025-12-31T23:59", "2026-01-01T00:00", "Yesterday 23:59"),
        (TOKYO, "2025-12-30T23:59", "2026-01-01T00:00", "Tue 30 Dec 2025 23:59"),
        (TOKYO, "2024-02-29T08:05", "2026-03-01T00:00", "Thu 29 Feb 2024 08:05"),
        # The day of 25 hours and that of 23: what counts is the date, not 24 hours.
        (BERLIN, "2026-10-25T00:10", "2026-10-25T23:50", "00:10"),
        (BERLIN, "2026-10-24T23:50", "2026-10-26T00:10", "Sat 24 Oct 23:50"),
        (BERLIN, "2026-03-28T00:10", "2026-03-29T23:50", "Yesterday 00:10"),
        (YORK, "2026-11-01T00:30", "2026-11-01T23:30", "00:30"),
    ],
)
def test_moment_is_told_by_the_day_of_its_zone(zone: ZoneInfo, then: str, now: str, words: str) -> None:
    assert phrases.moment(at(zone, then), at(zone, now), zone) == words


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("2026-11-22T09:00", "09:00"),
        ("2026-11-23T09:00", "tomorrow 09:00"),
        ("2026-11-21T09:00", "yesterday 09:00"),
        ("2026-11-24T09:00", "Tue 24 Nov 09:00"),
    ],
)
def test_moment_within_a_sentence_has_no_capital(then: str, words: str) -> None:
    assert phrases.moment(at(TOKYO, then), at(TOKYO, "2026-11-22T10:00"), TOKYO, within=True) == words


def test_hour_that_comes_twice_and_one_that_is_left_out_are_read_from_the_clock_on_the_wall() -> None:
    first = at(BERLIN, "2026-10-25T01:30") + HOUR
    assert [phrases.hour(first + n * HOUR, BERLIN) for n in range(3)] == ["02:30", "02:30", "03:30"]
    before = at(BERLIN, "2026-03-29T01:30")
    assert [phrases.hour(before + n * HOUR, BERLIN) for n in range(2)] == ["01:30", "03:30"]


def test_same_moment_is_another_day_elsewhere() -> None:
    now = at(TOKYO, "2026-11-22T08:00")
    assert phrases.day(now, now, TOKYO) == phrases.day(now, now, YORK) == "Today"
    assert (phrases.local(now, TOKYO).day, phrases.local(now, YORK).day) == (22, 21)


@pytest.mark.parametrize(
    ("locale", "times"),
    [
        ("en_US.UTF-8", ["12:00 am", "9:05 am", "12:00 pm", "11:59 pm"]),
        ("en_GB.UTF-8", ["00:00", "09:05", "12:00", "23:59"]),
        ("ja_JP.UTF-8", ["00:00", "09:05", "12:00", "23:59"]),
        ("C.UTF-8", ["00:00", "09:05", "12:00", "23:59"]),
        ("", ["00:00", "09:05", "12:00", "23:59"]),
    ],
)
def test_hours_are_counted_as_the_locale_does(monkeypatch: pytest.MonkeyPatch, locale: str, times: list[str]) -> None:
    monkeypatch.setenv("LC_TIME", locale)
    monkeypatch.delenv("LANG", raising=False)
    phrases.by_twelve.cache_clear()
    found = [phrases.hour(at(TOKYO, f"2026-11-22T{time}"), TOKYO) for time in ("00:00", "09:05", "12:00", "23:59")]
    assert found == times


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (-DAY, "just now"),
        (9 * SECOND, "just now"),
        (59 * SECOND, "59 s ago"),
        (MINUTE, "1 min ago"),
        (HOUR - 1, "59 min ago"),
        (HOUR, "1 h ago"),
        (2 * DAY - 1, "47 h ago"),
        (2 * DAY, "2 d ago"),
    ],
)
def test_time_that_passed_is_told_roughly(passed: Millis, words: str) -> None:
    assert phrases.ago(0, passed) == words


def test_absurd_times_are_told_too() -> None:
    assert phrases.moment(10**18, 0, TOKYO) == "Fri 31 Dec 9999 23:59"
    assert phrases.day(-(10**18), 0, TOKYO).endswith(" 1")
