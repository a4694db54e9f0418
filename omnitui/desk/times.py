"""Times in words, as they are typed in queries: 2h, 7d, yesterday, 先週, 2026-05-01, 2026-05-01T09:30."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from omnitui.clock import DAY, HOUR, MINUTE, SECOND, Millis

Span = tuple[Millis, Millis]
"""From the first (inclusive) to the second (exclusive)."""

_UNITS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY, "mo": 30 * DAY, "y": 365 * DAY}
_UNITS_JA: Final = {
    "秒": SECOND,
    "分": MINUTE,
    "時間": HOUR,
    "日": DAY,
    "週間": 7 * DAY,
    "か月": 30 * DAY,
    "年": 365 * DAY,
}
_LENGTH = re.compile(r"([0-9]{1,5})(s|mo|m|h|d|w|y|秒|分|時間|日|週間|か月|年)")
_DATE = re.compile(r"([0-9]{4})(?:[-/]([0-9]{1,2})(?:[-/]([0-9]{1,2}))?)?")
_MOMENT = re.compile(r"(?:(.+?)[Tt_])?([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")

WORDS: Final = (
    "today",
    "yesterday",
    "this-week",
    "last-week",
    "this-month",
    "last-month",
    "this-year",
    "last-year",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
"""The words for days and spans, for completion; the Japanese ones (今日, 昨日, 先週, 月曜日 …) are understood too."""

_JAPANESE: Final = {
    "今日": "today",
    "本日": "today",
    "昨日": "yesterday",
    "今週": "this-week",
    "先週": "last-week",
    "今月": "this-month",
    "先月": "last-month",
    "今年": "this-year",
    "去年": "last-year",
    "昨年": "last-year",
}
_WEEKDAYS: Final = WORDS[-7:]
_WEEKDAYS_JA: Final = "月火水木金土日"


def length(text: str) -> Millis | None:
    """A length of time such as 30m, 2h, 7d, 2w, 3mo, 1h30m, 2時間; None if `text` is none."""
    total, position = 0, 0
    while match := _LENGTH.match(text, position):
        unit = match[2]
        total += int(match[1]) * (_UNITS.get(unit) or _UNITS_JA[unit])
        position = match.end()
    return total if position and position == len(text) else None


def span(text: str, *, now: Millis, zone: tzinfo) -> Span | None:
    """The time that `text` names, seen from `now` in `zone`; None if it names none.

    A length is the time from so long ago until now; a day, month or year is all of it; a time of day is its minute
    (second). `A..B` runs from the start of A to the end of B.
    """
    text = text.strip().lower()
    if ".." in text:
        first, _, last = text.partition("..")
        start, end = span(first, now=now, zone=zone), span(last, now=now, zone=zone)
        return (start[0], end[1]) if start and end else None
    try:
        return _span(text, now, zone)
    except (ValueError, OverflowError, OSError):
        return None


def _span(text: str, now: Millis, zone: tzinfo) -> Span | None:
    if text == "now":
        return now, now
    if (ago := length(text)) is not None:
        return now - ago, now
    today = datetime.fromtimestamp(now / 1000, zone).date()
    if days := _days(text, today):
        return _at(days[0], zone), _at(days[1], zone)
    if match := _MOMENT.fullmatch(text):
        day = _days(match[1], today) if match[1] else (today, today)
        if day is None:
            return None
        hour, minute, second = int(match[2]), int(match[3]), int(match[4] or 0)
        moment = datetime(day[0].year, day[0].month, day[0].day, hour, minute, second, tzinfo=zone)
        start = int(moment.timestamp()) * SECOND
        return start, start + (SECOND if match[4] else MINUTE)
    return None


def _at(day: date, zone: tzinfo) -> Millis:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * SECOND


def _days(text: str, today: date) -> tuple[date, date] | None:
    """The first day of what `text` names and the first day after it."""
    text = _JAPANESE.get(text, text)
    if match := _DATE.fullmatch(text):
        year, month, day = match[1], match[2], match[3]
        if day:
            first = date(int(year), int(month), int(day))
            return first, first + timedelta(days=1)
        first = date(int(year), int(month or 1), 1)
        return first, _months_on(first, 1 if month else 12)
    monday = today - timedelta(days=today.weekday())
    month_start, year_start = today.replace(day=1), today.replace(month=1, day=1)
    match text:
        case "today":
            return today, today + timedelta(days=1)
        case "yesterday":
            return today - timedelta(days=1), today
        case "this-week":
            return monday, monday + timedelta(days=7)
        case "last-week":
            return monday - timedelta(days=7), monday
        case "this-month":
            return month_start, _months_on(month_start, 1)
        case "last-month":
            return _months_on(month_start, -1), month_start
        case "this-year":
            return year_start, _months_on(year_start, 12)
        case "last-year":
            return _months_on(year_start, -12), year_start
    return _weekday(text, today)


def _weekday(text: str, today: date) -> tuple[date, date] | None:
    """The most recent day of that name, today included."""
    number = next((i for i, name in enumerate(_WEEKDAYS) if len(text) >= 3 and name.startswith(text)), None)
    if number is None and text[1:] in ("曜", "曜日"):
        found = _WEEKDAYS_JA.find(text[0])
        number = found if found >= 0 else None
    if number is None:
        return None
    day = today - timedelta(days=(today.weekday() - number) % 7)
    return day, day + timedelta(days=1)


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)
