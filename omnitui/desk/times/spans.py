"""Times in words, as they are typed in queries: 2h, 7d, yesterday, 先週, 2026-05-01, 昨日18時, 2026-05-01T09:30Z."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final

from omnitui.clock import DAY, HOUR, MINUTE, SECOND, Millis
from omnitui.desk.querying.orders import FAR
from omnitui.desk.times.days import WEEKDAYS, days

Span = tuple[Millis, Millis]
"""From the first (inclusive) to the second (exclusive)."""

_UNITS: Final = (
    (r"s|secs?|seconds?|秒", SECOND),
    (r"mo|months?|[かヶヵ]月", 30 * DAY),
    (r"m|mins?|minutes?|分", MINUTE),
    (r"h|hrs?|hours?|時間", HOUR),
    (r"d|days?|日", DAY),
    (r"w|weeks?|週間?", 7 * DAY),
    (r"y|years?|年", 365 * DAY),
)
_LENGTH = re.compile(r"([0-9]{1,5}) ?(" + "|".join(names for names, _length in _UNITS) + r")(?![a-z月]) ?")
_AGO: Final = re.compile(r" ?(?:ago|前)$")
_CLOCK: Final = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d{1,9})?)? ?(?P<half>[ap]m)?"
    r"(?P<zone>z|[+-]\d{2}:?\d{2})?"
)
_CLOCK_SHORT: Final = r"(?P<hour>\d{1,2}) ?(?P<half>[ap]m)"
_CLOCK_JA: Final = r"(?P<half>午前|午後)?(?P<hour>\d{1,2})時(?:(?P<thirty>半)|(?P<minute>\d{1,2})分)?"
_MOMENTS: Final = tuple(
    re.compile(rf"(?:(?P<day>.+?)(?:[t_ の]|(?<=[日昨曜])))?{clock}") for clock in (_CLOCK, _CLOCK_SHORT, _CLOCK_JA)
)

WORDS: Final = (
    "today",
    "yesterday",
    "this-week",
    "last-week",
    "this-month",
    "last-month",
    "this-year",
    "last-year",
    *WEEKDAYS,
)
"""The words for days and spans, for completion; the Japanese ones (今日, 昨日, 先週, 月曜日 …) are understood too."""
WORDS_JA: Final = ("今日", "昨日", "今週", "先週", "今月", "先月", "今年", "去年")


def length(text: str) -> Millis | None:
    """A length of time such as 30m, 2h, 7d, 2w, 3mo, 1h30m, 2 hours, 2時間; None if `text` is none."""
    text = unicodedata.normalize("NFKC", text).strip().casefold()
    total, position = 0, 0
    while match := _LENGTH.match(text, position):
        total += int(match[1]) * next(unit for names, unit in _UNITS if re.fullmatch(names, match[2]))
        position = match.end()
    return total if position and position == len(text) else None


def span(text: str, *, now: Millis, zone: tzinfo) -> Span | None:
    """The time that `text` names, seen from `now` in `zone`; None if it names none.

    A length is the time from so long ago until now; a day, month or year is all of it; a time of day is its hour,
    minute or second, as it is written. `A..B` runs from the start of A to the end of B; one of them may be missing.
    """
    text = " ".join(unicodedata.normalize("NFKC", text).split()).casefold()
    if ".." in text:
        first, _, last = (part.strip() for part in text.partition(".."))
        start = span(first, now=now, zone=zone) if first else (-FAR, -FAR)
        end = span(last, now=now, zone=zone) if last else (FAR, FAR)
        return (start[0], end[1]) if start and end and (first or last) else None
    try:
        return _span(text, now, zone)
    except (ValueError, OverflowError, OSError):
        return None


def _span(text: str, now: Millis, zone: tzinfo) -> Span | None:
    if text in ("now", "今"):
        return now, now
    if (ago := length(_AGO.sub("", text))) is not None:
        return now - ago, now
    today = datetime.fromtimestamp(now / 1000, zone).date()
    if found := days(text, today):
        first, last = (datetime(day.year, day.month, day.day, tzinfo=zone) for day in found)
        return _millis(first), _millis(last)
    for pattern in _MOMENTS:
        if match := pattern.fullmatch(text):
            part = match.groupdict()
            named = days(part["day"], today) if part["day"] else (today, today)
            if named is None:
                return None
            hour = int(part["hour"])
            if part["half"]:
                hour = hour % 12 + 12 * (part["half"] in ("pm", "午後"))
            minute = 30 if part.get("thirty") else int(part.get("minute") or 0)
            second = part.get("second")
            day = named[0]
            moment = datetime(day.year, day.month, day.day, hour, minute, int(second or 0), tzinfo=_zone(part, zone))
            exact = SECOND if second else MINUTE if part.get("minute") or part.get("thirty") else HOUR
            return _millis(moment), _millis(moment) + exact
    return None


def _zone(part: dict[str, str | None], zone: tzinfo) -> tzinfo:
    """The offset that is written behind a time, else the user's zone."""
    written = part.get("zone")
    if not written:
        return zone
    if written == "z":
        return timezone(timedelta())
    sign, digits = (-1 if written[0] == "-" else 1), written[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))


def _millis(moment: datetime) -> Millis:
    return int(moment.timestamp()) * SECOND
