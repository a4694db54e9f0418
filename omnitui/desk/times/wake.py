"""Times to come, as people say them: tomorrow 9, 2h, monday, 明日の朝, 3時間後, 2026-05-01T09:30+09:00."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from omnitui.clock import DAY, HOUR, MINUTE, Millis
from omnitui.errors import UsageError
from omnitui.i18n import _

EXAMPLES: Final = "2h, tomorrow 9, monday 14:30, 明日の朝, 12/25, 2026-05-01T09:30"
_MORNING: Final = 9
_FARTHEST: Final = 3_660 * DAY

_UNITS: Final = (
    (r"m|min|mins|minutes?|分", MINUTE),
    (r"h|hrs?|hours?|時間", HOUR),
    (r"d|days?|日", DAY),
    (r"w|weeks?|週間?", 7 * DAY),
)
_LENGTH = re.compile(r"(\d{1,4}(?:\.\d)?)\s*(" + "|".join(names for names, _length in _UNITS) + r")(?![a-z])\s*")
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAYS_JA: Final = "月火水木金土日"
_DAYS: Final = (
    (r"明々後日|明明後日|しあさって", 3),
    (r"(?:the )?day after tomorrow|明後日|あさって", 2),
    (r"tomorrow|tmrw?|明日|あした|あす", 1),
    (r"today|今日|本日|きょう", 0),
    (r"(?=(?:this )(?:morning|noon|afternoon|evening))this ", 0),
    (r"明(?=朝|晩)", 1),
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = rf"({'|'.join(_MONTHS)})[a-z]*\.?"
_DATES: Final = (
    (re.compile(r"(\d{1,2})月(\d{1,2})日?"), (1, 2)),
    (re.compile(r"(\d{1,2})/(\d{1,2})(?!\d)"), (1, 2)),
    (re.compile(rf"{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])"), (1, 2)),
    (re.compile(rf"(?:the )?(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH}"), (2, 1)),
)
"""Days of a year, and which groups are month and day."""
_COUNTS: Final = {
    **dict.fromkeys(("a", "an"), 1),
    **{word: n for n, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)},  # noqa: SIM905
}
_KANJI_DIGITS: Final = "〇一二三四五六七八九"
_COUNTED = re.compile(rf"\b({'|'.join(_COUNTS)})(?= (?:min|hour|day|week))")
_KANJI = re.compile(r"([一二三四五六七八九]?)(十?)([一二三四五六七八九]?)(?=時|分|日|週)")
_PARTS: Final = (
    (r"(?:in the )?morning|朝(?:一番?|1番?|イチ)?|午前中?", 9),
    (r"noon|正午|お昼|昼", 12),
    (r"(?:in the )?afternoon|午後", 14),
    (r"(?:in the )?evening|夕方|夕", 17),
    (r"(?:the )?(?:end of (?:the )?day|eod|close of business|cob)|終業(?:時|前)?|中", 18),
    (r"(?:at )?night|夜|晩", 20),
)
_CLOCK = re.compile(r"(\d{1,2})(?:[:h.](\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?")
_CLOCK_JA = re.compile(r"(午前|午後|朝|昼|夕方|夜|晩)?(\d{1,2})(?:時(?:(半)|(\d{1,2})分)?|:(\d{2}))")


def wake_time(text: str, *, now: Millis, zone: tzinfo) -> Millis:
    """The moment that `text` means, seen from `now` in `zone`.

    A day without a time of day is 9:00; a time of day or a weekday is the next one to come.

    Raises:
        UsageError: It is no time, or a time that has passed.
    """
    words = _counted(" ".join(unicodedata.normalize("NFKC", text).strip().casefold().split()))
    at = _absolute(words, zone)
    if at is None:
        at = _after(words, now)
    if at is None:
        at = _named(words, datetime.fromtimestamp(now / 1000, zone))
    if at is None:
        raise UsageError(
            _("“{text}” is no time that I know").format(text=_shown(text)),
            hint=_("for example: {examples}").format(examples=EXAMPLES),
        )
    if at <= now:
        raise UsageError(_("“{text}” has passed already").format(text=_shown(text)))
    if at > now + _FARTHEST:
        raise UsageError(_("“{text}” is more than ten years away").format(text=_shown(text)))
    return at


def _counted(words: str) -> str:
    """`words` with the numbers that are said in words as digits."""
    words = words.replace("half an hour", "30min").replace("半時間", "30分").replace("時間半", "時間30分")
    words = _COUNTED.sub(lambda found: str(_COUNTS[found[1]]), words)
    return _KANJI.sub(_digits, words)


def _digits(found: re.Match[str]) -> str:
    tens, ten, ones = found.groups()
    if not ten:
        return str(_KANJI_DIGITS.index(tens or ones)) if tens or ones else ""
    return str(10 * (_KANJI_DIGITS.index(tens) if tens else 1) + (_KANJI_DIGITS.index(ones) if ones else 0))


def _shown(text: str) -> str:
    return "".join(char if char.isprintable() else "�" for char in text[:60])


def _millis(moment: datetime) -> Millis:
    return round(moment.timestamp() * 1000)


def _absolute(words: str, zone: tzinfo) -> Millis | None:
    if not re.match(r"\d{4}[-/]\d", words):
        return None
    try:
        moment = datetime.fromisoformat(words.replace("/", "-").upper())
    except ValueError:
        return None
    if len(words) <= 10:
        moment = moment.replace(hour=_MORNING)
    try:
        return _millis(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    except (OverflowError, ValueError):
        return None


def _after(words: str, now: Millis) -> Millis | None:
    """A length of time from now: 2h, 1h 30m, in 3 days, 3時間後."""
    words = words.removeprefix("in ").removesuffix("後").strip()
    total, position = 0.0, 0
    while match := _LENGTH.match(words, position):
        total += float(match[1]) * next(length for names, length in _UNITS if re.fullmatch(names, match[2]))
        position = match.end()
    return now + round(total) if position and position == len(words) else None


def _named(words: str, here: datetime) -> Millis | None:
    """A day in words with or without a time of day, or a time of day alone."""
    day, rest, default = _day(words, here.date())
    if day is None:
        day, rest, default = _date(words, here.date())
    clock = _clock(rest, default)
    if clock is None:
        return None
    moment = datetime.combine(day or here.date(), clock, here.tzinfo)
    if _millis(moment) <= _millis(here):
        moment = moment.replace(fold=1)  # where clocks were put back, it comes a second time
    if _millis(moment) <= _millis(here) and (day is None or _is_weekday(words)):
        moment = datetime.combine(moment.date() + timedelta(days=1 if day is None else 7), clock, here.tzinfo)
    return _millis(moment)


def _day(words: str, today: date) -> tuple[date | None, str, int]:
    """The day that `words` begin with, what follows, and the hour that it means by itself."""
    monday = today + timedelta(days=7 - today.weekday())
    if match := re.match(r"tonight|今夜|今晩", words):
        return today, words[match.end() :], 20
    for names, distance in _DAYS:
        if match := re.match(names, words):
            return today + timedelta(days=distance), words[match.end() :], _MORNING
    if match := re.match(rf"(来週|再来週|今週)?の?([{_WEEKDAYS_JA}])(?:曜日?)", words):
        wanted = _WEEKDAYS_JA.index(match[2])
        if match[1] in ("来週", "再来週"):
            return monday + timedelta(days=wanted + 7 * (match[1] == "再来週")), words[match.end() :], _MORNING
        return today + timedelta(days=(wanted - today.weekday()) % 7), words[match.end() :], _MORNING
    if match := re.match(
        r"(?:next |on )?(mon|tue|wed|thu|fri|sat|sun)(?:day|s|sday|nesday|rs?|rsday|urday)?(?![a-z])", words
    ):
        wanted = _WEEKDAYS.index(match[1])
        if words.startswith("next "):
            return monday + timedelta(days=wanted), words[match.end() :], _MORNING
        return today + timedelta(days=(wanted - today.weekday()) % 7), words[match.end() :], _MORNING
    if match := re.match(r"(?:(?:the |this )?weekend|(?:今)?週末)", words):
        return today + timedelta(days=(5 - today.weekday()) % 7), words[match.end() :], _MORNING
    if match := re.match(r"(?:the )?(?:end of (?:the )?week|eow)", words):
        return today + timedelta(days=(4 - today.weekday()) % 7), words[match.end() :], 18
    if match := re.match(r"(?:the )?end of (?:the )?month|month end|eom|(?:今)?月末", words):
        ends = (today.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        return ends, words[match.end() :], _MORNING
    if match := re.match(r"next week|来週|週明け", words):
        return monday, words[match.end() :], _MORNING
    if match := re.match(r"再来週", words):
        return monday + timedelta(days=7), words[match.end() :], _MORNING
    if match := re.match(r"next month|来月", words):
        return (today.replace(day=1) + timedelta(days=32)).replace(day=1), words[match.end() :], _MORNING
    return None, words, -1


def _date(words: str, today: date) -> tuple[date | None, str, int]:
    """A day of the year (the next such day to come), or a number of days or weeks from today with a time of day."""
    for pattern, (month, day) in _DATES:
        if match := pattern.match(words):
            named = match[month]
            number = int(named) if named.isdigit() else _MONTHS.index(named) + 1
            for year in (today.year, today.year + 1):
                with suppress(ValueError):
                    found = date(year, number, int(match[day]))
                    if found >= today:
                        return found, words[match.end() :], _MORNING
            return None, words, -1
    if match := re.match(r"(?:in )?(\d{1,3}) ?(days?|日|weeks?|週間?)(?: |後の?)", words):
        days = int(match[1]) * (7 if match[2][0] in "w週" else 1)
        if days <= 3_660:
            return today + timedelta(days=days), words[match.end() :], _MORNING
    return None, words, -1


def _is_weekday(words: str) -> bool:
    return re.match(rf"(?:on )?(?:mon|tue|wed|thu|fri|sat|sun)|[{_WEEKDAYS_JA}]曜", words) is not None


def _clock(words: str, default: int) -> time | None:
    words = re.sub(r"^(?:[\s,、のに]|at |@)+|[にまで\s]+$", "", words)
    if not words:
        return time(default) if default >= 0 else None
    for names, hour in _PARTS:
        if re.fullmatch(names, words):
            return time(hour)
    if match := _CLOCK_JA.fullmatch(words):
        hour = int(match[2]) + 12 * (match[1] in ("午後", "夕方", "夜", "晩") and int(match[2]) < 12)
        return _time(hour, 30 if match[3] else int(match[4] or match[5] or 0))
    if match := _CLOCK.fullmatch(words):
        hour, half = int(match[1]), (match[3] or "").replace(".", "")
        if half:
            if not 1 <= hour <= 12:
                return None
            hour = hour % 12 + 12 * (half == "pm")
        elif default < 0 and match[2] is None:
            # A bare number could be anything: hours from now, a day, a time.
            return None
        return _time(hour, int(match[2] or 0))
    return None


def _time(hour: int, minute: int) -> time | None:
    return time(hour % 24, minute) if hour <= 24 and minute < 60 else None
