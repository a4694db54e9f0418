"""Days, weeks, months and years in words: 2026-05-01, 5/1, 5月1日, may, yesterday, 先週の月曜日, 2026-w18."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

Days = tuple[date, date]
"""The first day, and the first one after the last."""

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS_JA: Final = "月火水木金土日"
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
_FULL = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")
_FULL_JA = re.compile(r"(\d{4})年(?:(\d{1,2})月(?:(\d{1,2})日)?)?")
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})")
_SHORT = re.compile(r"(\d{1,2})/(\d{1,2})|(\d{1,2})月(?:(\d{1,2})日)?")
_NAMED = re.compile(r"(?:(\d{1,2})[- ])?([a-z]{3,9})\.?(?:[- ](\d{1,2}))?(?:,?[- ](\d{4}))?")
_WEEK = re.compile(r"(\d{4})-?w(\d{1,2})")
_QUARTER = re.compile(r"(\d{4})-?q([1-4])")

_JAPANESE: Final = {
    "今日": "today",
    "本日": "today",
    "きょう": "today",
    "昨日": "yesterday",
    "きのう": "yesterday",
    "一昨日": "day-before-yesterday",
    "おととい": "day-before-yesterday",
    "今週": "this-week",
    "先週": "last-week",
    "先々週": "week-before-last",
    "今月": "this-month",
    "先月": "last-month",
    "先々月": "month-before-last",
    "今年": "this-year",
    "去年": "last-year",
    "昨年": "last-year",
}


def days(text: str, today: date) -> Days | None:
    """What `text`, in small letters and half width, names, seen from `today`; None if it names no days.

    Without a year it is the last one that has begun.

    Raises:
        ValueError: There is no such day.
    """
    return _dated(text, today) or _relative(_JAPANESE.get(text, text.replace(" ", "-")), today) or _weekday(text, today)


def _dated(text: str, today: date) -> Days | None:
    if match := _FULL.fullmatch(text) or _FULL_JA.fullmatch(text):
        year, month, day = (int(part) if part else None for part in match.groups())
        return _whole(year or 0, month, day)
    if match := _DAY_FIRST.fullmatch(text):
        return _whole(int(match["year"]), int(match["month"]), int(match["day"]))
    if match := _WEEK.fullmatch(text):
        first = date.fromisocalendar(int(match[1]), int(match[2]), 1)
        return first, first + timedelta(days=7)
    if match := _QUARTER.fullmatch(text):
        first = date(int(match[1]), 3 * int(match[2]) - 2, 1)
        return first, _months_on(first, 3)
    if match := _SHORT.fullmatch(text):
        short = match[2] or match[4]
        return _last(int(match[1] or match[3]), int(short) if short else None, today)
    if (match := _NAMED.fullmatch(text)) and not (match[1] and match[3]):
        found = [number for number, name in enumerate(_MONTHS, 1) if name.startswith(match[2])]
        if found:
            written = match[1] or match[3]
            number = int(written) if written else None
            return _whole(int(match[4]), found[0], number) if match[4] else _last(found[0], number, today)
    return None


def _whole(year: int, month: int | None, day: int | None) -> Days:
    first = date(year, month or 1, day or 1)
    if day:
        return first, first + timedelta(days=1)
    return first, _months_on(first, 1 if month else 12)


def _last(month: int, day: int | None, today: date) -> Days:
    """The last such month or day that has begun."""
    years = range(today.year, today.year - 9, -1)
    # The 29th of February is not in every year.
    exists = (year for year in years if day != 29 or month != 2 or (year % 4 == 0 and year % 100) or year % 400 == 0)
    return next(found for year in exists if (found := _whole(year, month, day))[0] <= today)


def _relative(text: str, today: date) -> Days | None:
    monday = today - timedelta(days=today.weekday())
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    match text:
        case "today":
            return today, today + timedelta(days=1)
        case "yesterday":
            return today - timedelta(days=1), today
        case "day-before-yesterday":
            return today - timedelta(days=2), today - timedelta(days=1)
        case "this-week":
            return monday, monday + timedelta(days=7)
        case "last-week":
            return monday - timedelta(days=7), monday
        case "week-before-last":
            return monday - timedelta(days=14), monday - timedelta(days=7)
        case "this-month":
            return month, _months_on(month, 1)
        case "last-month":
            return _months_on(month, -1), month
        case "month-before-last":
            return _months_on(month, -2), _months_on(month, -1)
        case "this-year":
            return year, _months_on(year, 12)
        case "last-year":
            return _months_on(year, -12), year
    return None


def _weekday(text: str, today: date) -> Days | None:
    """The most recent day of that name, today included; or that of the last week."""
    before = re.match(r"先週の?(?=.曜)|last-week[- ]", text)
    rest = text[before.end() :] if before else text.removeprefix("last-").removeprefix("last ")
    number = next((i for i, name in enumerate(WEEKDAYS) if len(rest) >= 3 and name.startswith(rest)), None)
    if number is None and rest[1:] in ("曜", "曜日") and rest[0] in _WEEKDAYS_JA:
        number = _WEEKDAYS_JA.index(rest[0])
    if number is None:
        return None
    back = today.weekday() + 7 - number if before else (today.weekday() - number) % 7
    if not before and rest != text and not back:
        back = 7
    day = today - timedelta(days=back)
    return day, day + timedelta(days=1)


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)
