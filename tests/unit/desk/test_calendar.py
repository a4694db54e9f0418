"""Business time, held against a table worked out by hand."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.clock import DAY, HOUR, MINUTE, SECOND, Millis
from omnitui.desk.times.calendar import ALWAYS, NEVER, Calendar, Hours, add, between, is_open


def hours(text: str) -> tuple[Hours, ...]:
    """Of "9:30-12 13-18"."""
    found = []
    for part in text.split():
        first, last = ((int(h) * 60 + int(m or 0)) for h, _, m in (end.partition(":") for end in part.split("-")))
        found.append((first, last))
    return tuple(found)


def a_calendar(zone: str, *week: str, days: dict[str, str] | None = None) -> Calendar:
    """A calendar whose weekdays are given from Monday on; the last one given holds for the rest of the week."""
    given = [hours(text) for text in week]
    given += [given[-1]] * (7 - len(given))
    unlike = {date.fromisoformat(day).toordinal(): hours(text) for day, text in (days or {}).items()}
    return Calendar("test", zone, tuple(given), unlike)


def at(text: str, zone: str) -> Millis:
    """The moment of a wall-clock time; a `+` at its end means the second of two."""
    moment = datetime.fromisoformat(text.rstrip("+")).replace(tzinfo=ZoneInfo(zone), fold=int(text.endswith("+")))
    return round(moment.timestamp() * 1000)


TOKYO, NEW_YORK, BERLIN, LONDON = "Asia/Tokyo", "America/New_York", "Europe/Berlin", "Europe/London"
SYDNEY, KOLKATA, LORD_HOWE = "Australia/Sydney", "Asia/Kolkata", "Australia/Lord_Howe"
WORK = ("9:30-18",) * 5 + ("",)
"""Monday to Friday."""
SPLIT = ("9-12 13-18",) * 5 + ("",)
NIGHT = ("22-30",) * 5 + ("",)
"""Ten in the evening to six in the morning; Friday's runs into Saturday."""
# The holidays of Golden Week 2026 with its substitute holiday, and of the Silver Week that year.
GOLDEN = {"2026-04-29": "", "2026-05-03": "", "2026-05-04": "", "2026-05-05": "", "2026-05-06": ""}
SILVER = {"2026-09-21": "", "2026-09-22": "", "2026-09-23": ""}
YEAR_END = {f"2026-12-{day}": "" for day in (29, 30, 31)} | {f"2027-01-0{day}": "" for day in (1, 2, 3)}

DESKS = {
    "work": a_calendar(TOKYO, *("9:30-17:30",) * 5, ""),
    "golden": a_calendar(TOKYO, *WORK, days=GOLDEN),
    "silver": a_calendar(TOKYO, *WORK, days=SILVER),
    "year end": a_calendar(TOKYO, *WORK, days={**YEAR_END, "2026-12-28": "9:30-12"}),
    "split": a_calendar(TOKYO, *SPLIT),
    "night": a_calendar(TOKYO, *NIGHT),
    "saturday": a_calendar(TOKYO, *("9-17",) * 5, "10-14", ""),
    "always": a_calendar(NEW_YORK, "0-24"),
    "new york": a_calendar(NEW_YORK, "9-17"),
    "new york night": a_calendar(NEW_YORK, "0-8"),
    "new york gap": a_calendar(NEW_YORK, "2:30-4"),
    "new york before": a_calendar(NEW_YORK, "0-2:30"),
    "new york twice": a_calendar(NEW_YORK, "1:30-3"),
    "new york until twice": a_calendar(NEW_YORK, "0-1:30"),
    "new york shifts": a_calendar(NEW_YORK, "0-1:30 1:30-3"),
    "berlin night": a_calendar(BERLIN, *("22-30",) * 7),
    "london": a_calendar(LONDON, *("9-17",) * 5, ""),
    "sydney": a_calendar(SYDNEY, "0-6"),
    "kolkata": a_calendar(KOLKATA, *("10-18:30",) * 5, ""),
    "lord howe": a_calendar(LORD_HOWE, "0-4"),
    "overlap": a_calendar(TOKYO, "20-28", "2-10", ""),
    "unlike": a_calendar(TOKYO, *WORK, days={"2026-03-21": "10-12", "2026-03-20": ""}),
}

DUE = (
    # Within one day. 2026-03-06 is a Friday.
    ("work", "2026-03-06 09:30", "1h", "2026-03-06 10:30"),
    ("work", "2026-03-06 10:00", "1h", "2026-03-06 11:00"),
    ("work", "2026-03-06 10:00:07", "30m", "2026-03-06 10:30:07"),
    ("work", "2026-03-06 16:29:59", "1h", "2026-03-06 17:29:59"),
    ("work", "2026-03-06 16:30", "1h", "2026-03-06 17:30"),
    ("work", "2026-03-06 12:00", "0s", "2026-03-06 12:00"),
    ("work", "2026-03-07 12:00", "0s", "2026-03-07 12:00"),
    # Over the end of a day, a week.
    ("work", "2026-03-06 16:30:01", "1h", "2026-03-09 09:30:01"),
    ("work", "2026-03-06 17:00", "1h", "2026-03-09 10:00"),
    ("work", "2026-03-06 17:29:59", "1s", "2026-03-06 17:30"),
    ("work", "2026-03-06 17:29:59", "2s", "2026-03-09 09:30:01"),
    ("work", "2026-03-06 17:30", "1s", "2026-03-09 09:30:01"),
    ("work", "2026-03-05 17:00", "1h", "2026-03-06 10:00"),
    ("work", "2026-03-05 17:00", "8h", "2026-03-06 17:00"),
    ("work", "2026-03-06 17:00", "8h", "2026-03-09 17:00"),
    ("work", "2026-03-02 09:30", "40h", "2026-03-06 17:30"),
    ("work", "2026-03-02 09:30", "41h", "2026-03-09 10:30"),
    ("work", "2026-03-02 09:30", "80h", "2026-03-13 17:30"),
    # Begun while it was closed.
    ("work", "2026-03-06 03:00", "1h", "2026-03-06 10:30"),
    ("work", "2026-03-07 12:00", "1h", "2026-03-09 10:30"),
    ("work", "2026-03-08 23:59:59", "1h", "2026-03-09 10:30"),
    ("work", "2026-03-06 23:00", "30m", "2026-03-09 10:00"),
    # Golden Week 2026: Wednesday 29 April; Sunday to Tuesday 3 to 5 May, with Wednesday the 6th for the Sunday.
    ("golden", "2026-04-28 17:30", "1h", "2026-04-30 10:00"),
    ("golden", "2026-04-29 12:00", "1h", "2026-04-30 10:30"),
    ("golden", "2026-05-01 17:30", "1h", "2026-05-07 10:00"),
    ("golden", "2026-05-02 09:00", "1h", "2026-05-07 10:30"),
    ("golden", "2026-05-06 12:00", "2h", "2026-05-07 11:30"),
    ("golden", "2026-05-01 09:30", "17h", "2026-05-07 18:00"),
    ("silver", "2026-09-18 17:00", "2h", "2026-09-24 10:30"),
    ("silver", "2026-09-22 12:00", "90m", "2026-09-24 11:00"),
    # Monday 28 December is a short day; Monday 4 January is the next one.
    ("year end", "2026-12-28 11:00", "2h", "2027-01-04 10:30"),
    ("year end", "2026-12-31 23:59:59", "1h", "2027-01-04 10:30"),
    ("unlike", "2026-03-19 17:30", "1h", "2026-03-21 10:30"),
    ("unlike", "2026-03-20 12:00", "3h", "2026-03-23 10:30"),
    # Two intervals a day.
    ("split", "2026-03-06 11:30", "1h", "2026-03-06 13:30"),
    ("split", "2026-03-06 11:00", "1h", "2026-03-06 12:00"),
    ("split", "2026-03-06 12:00", "1h", "2026-03-06 14:00"),
    ("split", "2026-03-06 12:30", "1h", "2026-03-06 14:00"),
    ("split", "2026-03-06 11:59:59", "2s", "2026-03-06 13:00:01"),
    ("split", "2026-03-06 09:00", "8h", "2026-03-06 18:00"),
    ("split", "2026-03-06 17:30", "4h", "2026-03-09 13:30"),
    ("saturday", "2026-03-06 16:30", "1h", "2026-03-07 10:30"),
    ("saturday", "2026-03-07 13:30", "1h", "2026-03-09 09:30"),
    # Past midnight: Friday's night ends on Saturday at six.
    ("night", "2026-03-06 23:00", "1h", "2026-03-07 00:00"),
    ("night", "2026-03-06 23:30", "1h", "2026-03-07 00:30"),
    ("night", "2026-03-07 05:30", "1h", "2026-03-09 22:30"),
    ("night", "2026-03-07 03:00", "3h", "2026-03-07 06:00"),
    ("night", "2026-03-07 22:00", "1h", "2026-03-09 23:00"),
    ("night", "2026-03-09 03:00", "1h", "2026-03-09 23:00"),
    ("night", "2026-03-03 05:59:59", "2s", "2026-03-03 22:00:01"),
    # Hours of a day that reach into those of the next count once.
    ("overlap", "2026-03-02 23:00", "6h", "2026-03-03 05:00"),
    ("overlap", "2026-03-02 20:00", "14h", "2026-03-03 10:00"),
    ("overlap", "2026-03-03 01:00", "2h", "2026-03-03 03:00"),
    # New York loses 02:00 to 03:00 on 2026-03-08 and has 01:00 to 02:00 twice on 2026-11-01.
    ("always", "2026-03-08 01:30", "1h", "2026-03-08 03:30"),
    ("always", "2026-03-07 12:00", "24h", "2026-03-08 13:00"),
    ("always", "2026-11-01 00:30", "1h", "2026-11-01 01:30"),
    ("always", "2026-11-01 00:30", "2h", "2026-11-01 01:30+"),
    ("always", "2026-10-31 12:00", "24h", "2026-11-01 11:00"),
    ("new york", "2026-03-07 16:00", "2h", "2026-03-08 10:00"),
    ("new york", "2026-10-31 16:00", "2h", "2026-11-01 10:00"),
    ("new york night", "2026-03-08 01:00", "2h", "2026-03-08 04:00"),
    ("new york night", "2026-03-08 00:00", "8h", "2026-03-09 01:00"),
    ("new york night", "2026-11-01 00:00", "8h", "2026-11-01 07:00"),
    ("new york gap", "2026-03-08 00:00", "30m", "2026-03-08 03:30"),
    ("new york gap", "2026-03-08 00:00", "1h", "2026-03-08 04:00"),
    ("new york gap", "2026-03-08 00:00", "90m", "2026-03-09 03:00"),
    ("new york before", "2026-03-08 00:00", "2h", "2026-03-08 03:00"),
    ("new york before", "2026-03-08 00:00", "150m", "2026-03-09 00:30"),
    ("new york twice", "2026-11-01 00:00", "90m", "2026-11-01 02:00"),
    ("new york twice", "2026-11-01 00:00", "30m", "2026-11-01 01:00+"),
    ("new york until twice", "2026-11-01 00:00", "2h", "2026-11-02 00:30"),
    ("new york shifts", "2026-11-01 00:00", "4h", "2026-11-01 03:00"),
    # Berlin goes forward at 02:00 on 2026-03-29 and back at 03:00 on 2026-10-25; a night shift is 7 or 9 hours then.
    ("berlin night", "2026-03-28 22:00", "7h", "2026-03-29 06:00"),
    ("berlin night", "2026-03-28 22:00", "8h", "2026-03-29 23:00"),
    ("berlin night", "2026-10-24 22:00", "8h", "2026-10-25 05:00"),
    ("berlin night", "2026-10-24 22:00", "9h", "2026-10-25 06:00"),
    ("london", "2026-03-27 16:30", "1h", "2026-03-30 09:30"),
    ("london", "2026-10-23 16:30", "1h", "2026-10-26 09:30"),
    # South of the equator it is the other way round; Lord Howe moves by half an hour.
    ("sydney", "2026-04-05 00:00", "7h", "2026-04-05 06:00"),
    ("sydney", "2026-10-04 00:00", "5h", "2026-10-04 06:00"),
    ("lord howe", "2026-04-05 00:00", "270m", "2026-04-05 04:00"),
    ("lord howe", "2026-10-04 00:00", "210m", "2026-10-04 04:00"),
    ("kolkata", "2026-03-06 18:00", "1h", "2026-03-09 10:30"),
    # Leap days and the turn of a year.
    ("london", "2024-02-29 16:30", "1h", "2024-03-01 09:30"),
    ("london", "2023-12-29 16:30", "1h", "2024-01-01 09:30"),
)

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR}


def length(text: str) -> Millis:
    return int(text[:-1]) * _UNITS[text[-1]]


@pytest.mark.parametrize(("desk", "start", "much", "due"), DUE)
def test_time_is_due_when_the_desk_has_been_open_for_so_long(desk: str, start: str, much: str, due: str) -> None:
    calendar = DESKS[desk]
    begun, wanted = at(start, calendar.zone), at(due, calendar.zone)
    assert add(calendar, begun, length(much)) == wanted
    assert between(calendar, begun, wanted) == length(much)


def test_desk_that_closes_at_a_moment_is_closed_at_it() -> None:
    work = DESKS["work"]
    assert is_open(work, at("2026-03-06 09:30", TOKYO))
    assert not is_open(work, at("2026-03-06 09:29:59", TOKYO))
    assert not is_open(work, at("2026-03-06 17:30", TOKYO))


def test_desk_that_never_opens_makes_nothing_due() -> None:
    closed = a_calendar(TOKYO, "")
    assert add(closed, at("2026-03-06 09:30", TOKYO), HOUR) == NEVER
    assert between(closed, 0, NEVER) == 0


@pytest.mark.parametrize("start", [-(10**18), -1, 0, NEVER, 10**18])
def test_moments_that_no_calendar_knows_do_no_harm(start: Millis) -> None:
    assert add(DESKS["work"], start, HOUR) >= start or start > NEVER
    assert between(ALWAYS, start, start - 1) == 0


MOMENTS = st.integers(at("2026-01-01 00:00", LONDON), at("2027-01-01 00:00", LONDON))
LENGTHS = st.integers(0, 15 * DAY)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(DESKS)), MOMENTS, LENGTHS, LENGTHS)
def test_business_time_is_never_negative_and_never_runs_back(desk: str, start: Millis, one: int, two: int) -> None:
    calendar = DESKS[desk]
    end = add(calendar, start, one)
    assert between(calendar, start, end) == one
    assert add(calendar, start, one + two) == add(calendar, end, two)
    assert add(calendar, start + one, two) >= add(calendar, start, two)
    middle = start + one
    assert 0 <= between(calendar, start, middle) <= one
    assert between(calendar, start, middle) + between(calendar, middle, middle + two) == between(
        calendar, start, middle + two
    )
