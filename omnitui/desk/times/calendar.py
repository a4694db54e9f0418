"""Business time: when a desk is open, how long it was open between two moments, and when so much of that has passed.

Hours are wall-clock times of the calendar's zone. One that the change to summer time leaves out is the moment of that
change; one that comes twice in autumn is its first. Hours past midnight belong to the day on which they begin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from omnitui.clock import Millis
from omnitui.values import dataclass

Hours = tuple[int, int]
"""Minutes from midnight at which a desk opens and closes; the second may be one of the next day, up to 2,880."""

DAY_MINUTES: Final = 1_440
NEVER: Final[Millis] = 253_370_764_800_000
"""The first moment of the year 9999: later than anything that comes."""
_FARTHEST: Final = 8_000
"""Days after which a calendar that stays closed is given up."""
_REMEMBERED: Final = 4_096
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a desk is open."""

    name: str
    zone: str
    """IANA name."""
    week: tuple[tuple[Hours, ...], ...]
    """The hours of each weekday, Monday first; each day's in order."""
    days: Mapping[int, tuple[Hours, ...]] = field(default_factory=dict)
    """Days that are unlike their weekday, by their ordinal: () on a holiday."""
    _spans: dict[int, tuple[tuple[Millis, Millis], ...]] = field(default_factory=dict, compare=False, repr=False)


ALWAYS: Final = Calendar("always", "UTC", (((0, DAY_MINUTES),),) * 7)
"""Around the clock."""


def add(calendar: Calendar, start: Millis, length: Millis) -> Millis:
    """The first moment at which `length` of business time has passed since `start`; NEVER where none comes."""
    if length <= 0:
        return start
    for opens, closes in _open(calendar, start):
        if closes - opens >= length:
            return opens + length
        length -= closes - opens
    return NEVER


def between(calendar: Calendar, start: Millis, end: Millis) -> Millis:
    """How much business time lies between two moments; 0 where the second is not later."""
    total = 0
    if end > start:
        for opens, closes in _open(calendar, start):
            if opens >= end:
                break
            total += min(closes, end) - opens
    return total


def is_open(calendar: Calendar, at: Millis) -> bool:
    """Whether the desk is open at a moment; when it closes, it is closed."""
    return between(calendar, at, at + 1) > 0


def _open(calendar: Calendar, start: Millis) -> Iterator[tuple[Millis, Millis]]:
    """The spans in which the desk is open from `start` on, none of them empty and none overlapping."""
    zone = ZoneInfo(calendar.zone)
    # What began the day before may run on.
    first = datetime.fromtimestamp(min(max(start, 0), NEVER) / 1000, zone).toordinal() - 1
    reached, idle = start, 0
    for day in range(first, datetime.max.toordinal() - 2):
        spans = calendar._spans.get(day)
        if spans is None:
            if len(calendar._spans) >= _REMEMBERED:
                calendar._spans.clear()
            spans = calendar._spans[day] = _day(calendar, day, zone)
        idle += 1
        for opens, closes in spans:
            if closes > reached:
                yield max(opens, reached), closes
                reached, idle = closes, 0
        if idle > _FARTHEST:
            return


def _day(calendar: Calendar, day: int, zone: ZoneInfo) -> tuple[tuple[Millis, Millis], ...]:
    hours = calendar.days.get(day)
    if hours is None:
        hours = calendar.week[(day - 1) % 7]
    return tuple((_moment(day, opens, zone), _moment(day, closes, zone)) for opens, closes in sorted(hours))


def _moment(day: int, minutes: int, zone: ZoneInfo) -> Millis:
    """The moment of a wall-clock time of a day."""
    more, minute = divmod(minutes, DAY_MINUTES)
    wall = datetime.fromordinal(day + more) + timedelta(minutes=minute)
    before = wall.replace(tzinfo=zone).astimezone(UTC)
    if before.astimezone(zone).replace(tzinfo=None) != wall:
        # The clocks are put forward over it: read by what held after the change, it lies before that change.
        low = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
        before = _change(low, before, zone)
    return round(before.timestamp() * 1000)


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The moment between two at which a zone's distance from UTC changes."""
    offset = low.astimezone(zone).utcoffset()
    while high - low > _SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high
