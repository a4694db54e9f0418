"""sla.toml: what it says, what is wrong with it, and how it comes into force."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from omnitui.clock import HOUR, MINUTE, FrozenClock, Millis
from omnitui.config.settings import Settings
from omnitui.desk.promises.sla import Policy
from omnitui.desk.querying.parsing import QueryError
from omnitui.desk.times.calendar import add
from omnitui.errors import ConfigError
from omnitui.model.states import Status
from omnitui.paths import Profile
from omnitui.services.session import Session
from omnitui.services.triage.agreements import policies, put_in_force, sweep
from omnitui.store.reads import inbox
from tests.support.desk import a_conversation, conversation

TOKYO = ZoneInfo("Asia/Tokyo")
FILE = """
[calendars.tokyo]
zone = "Asia/Tokyo"
holidays = "JP"
closed = ["2026-12-29..2027-01-03", "2026-08-13"]
[calendars.tokyo.hours]
mon-fri = ["09:30-12:00", "13:00-18:00"]
sat = "22:00-02:00"
[calendars.tokyo.days]
2026-12-28 = ["09:30-12:00"]

[[policies]]
name = "vip"
query = "segment:vip -label:spam"
calendar = "tokyo"
first = "30m"
next = "1h30m"
resolution = "8h"
pause = ["waiting", "snoozed"]
warn = ["10m", "20m"]
since = 2026-01-01

[[policies]]
name = "all"
first = "1d"
"""


def at(text: str) -> Millis:
    return round(datetime.fromisoformat(text).replace(tzinfo=TOKYO).timestamp() * 1000)


NOW = at("2026-04-28 17:45")


@pytest.fixture
def home(tmp_path: Path) -> Profile:
    made = Profile("default", tmp_path / "config", tmp_path / "data", tmp_path / "state")
    made.config.mkdir()
    return made


def read(home: Profile, text: str) -> tuple[Policy, ...]:
    home.sla_file.write_text(text)
    home.sla_file.chmod(0o600)
    return policies(home, Settings(time_zone="Asia/Tokyo"), NOW)


def test_file_says_policies_and_their_calendars(home: Profile) -> None:
    vip, every = read(home, FILE)
    assert (vip.name, vip.query) == ("vip", "segment:vip -label:spam")
    assert (vip.first, vip.next, vip.resolution) == (30 * MINUTE, 90 * MINUTE, 8 * HOUR)
    assert vip.pauses == {Status.WAITING, Status.SNOOZED}
    assert vip.warn == (20 * MINUTE, 10 * MINUTE)
    assert vip.since == at("2026-01-01 00:00")
    assert vip.calendar.week[0] == ((570, 720), (780, 1080))
    assert vip.calendar.week[5:] == (((1320, 1560),), ())
    assert (every.first, every.calendar.name, every.pauses) == (24 * HOUR, "always", frozenset({Status.WAITING}))


def test_without_the_file_nothing_is_promised(home: Profile) -> None:
    assert policies(home, Settings(), NOW) == ()


@pytest.mark.parametrize(
    ("start", "much", "due"),
    [
        # Golden Week: Wednesday 29 April; 3 to 5 May, and the 6th in place of the Sunday. Saturday's night is open.
        ("2026-04-28 17:45", 30, "2026-04-30 09:45"),
        ("2026-05-01 17:45", 30, "2026-05-02 22:15"),
        ("2026-05-03 01:45", 30, "2026-05-07 09:45"),
        ("2026-05-06 12:00", 30, "2026-05-07 10:00"),
        # The citizens' holiday between two others.
        ("2026-09-18 17:45", 5 * 60, "2026-09-24 10:15"),
        # A holiday on a Sunday is made good on Monday: 2027-03-21, the vernal equinox.
        ("2027-03-22 12:00", 30, "2027-03-23 10:00"),
        # The turn of the year, and a short day before it.
        ("2026-12-28 11:45", 30, "2027-01-04 09:45"),
        ("2026-08-12 17:45", 30, "2026-08-14 09:45"),
    ],
)
def test_holidays_of_japan_are_closed_with_those_in_place_of_sundays(
    home: Profile, start: str, much: int, due: str
) -> None:
    vip, _every = read(home, FILE)
    assert add(vip.calendar, at(start), much * MINUTE) == at(due)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[policies]]\nfirst = '1h'", "“name” is missing"),
        ("[[policies]]\nname = 'a'", "promises nothing"),
        ("[[policies]]\nname = 'a'\nfirst = 'soon'", "“first” is no length of time: soon"),
        ("[[policies]]\nname = 'a'\nfirst = '1h'\nfrist = '2h'", "no setting “frist”"),
        ("[[policies]]\nname = 'a'\nfirst = '1h'\ncalendar = 'x'", "no calendar “x”"),
        ("[[policies]]\nname = 'a'\nfirst = '1h'\npause = ['open']", "knows no “open”"),
        ("[[policies]]\nname = 'a'\nfirst = '1h'\nquery = 'is:nothing'", "“query”:"),
        ("[[policies]]\nname = 'a'\nfirst = '1h'\nquery = 'is:open (unanswered:>2h OR a)'", "hangs on the time"),
        ("[[policies]]\nname = 'a'\nfirst = '1h'\nquery = '-sla:paused'", "hangs on the time"),
        ("[[policies]]\nname = 'a'\nfirst = '1h'\nsince = 'may'", "has to be a date"),
        ("[[policies]]\nname = 'a'\nfirst = '1h'\n[[policies]]\nname = 'a'\nfirst = '1h'", "two policies"),
        ("[policies]\nname = 'a'", "[[policies]]"),
        ("[calendars.x]\nzone = 'Asia/Tokyo'", "it never opens"),
        ("[calendars.x]\nzone = 'Mars'\n[calendars.x.hours]\nmon = '9:00-17:00'", "no known zone"),
        ("[calendars.x.hours]\nmon = '9-17'", "are no hours: 9-17"),
        ("[calendars.x.hours]\nmon = '09:00-09:00'", "are no hours"),
        ("[calendars.x.hours]\nmon = '09:00-09:61'", "are no hours"),
        ("[calendars.x.hours]\nmon = ['09:00-12:00', '11:00-18:00']", "overlap"),
        ("[calendars.x.hours]\nmon-tue = '09:00-12:00'\ntue = '09:00-12:00'", "tue twice"),
        ("[calendars.x.hours]\nmonday = '09:00-12:00'", "knows no day “monday”"),
        ("[calendars.x]\nclosed = ['May 1']\n[calendars.x.hours]\nmon = '09:00-12:00'", "names no day"),
        ("[calendars.x]\nclosed = ['2026-05-02..2026-05-01']\n[calendars.x.hours]\nmon = '09:00-12:00'", "ends before"),
        ("[calendars.x]\nholidays = 'XX'\n[calendars.x.hours]\nmon = '09:00-12:00'", "“XX” are not known"),
        ("[calendars.always.hours]\nmon = '09:00-12:00'", "“always” is every hour"),
        (
            "[calendars.x.hours]\nmon = '09:00-12:00'\n[[policies]]\nname = 'a'\nfirst = '1d'\ncalendar = 'x'",
            "in hours",
        ),
        ("calendars = 1", "has to be a table"),
        ("[[policies]]\nname = 1", "has to be a text"),
        ("what = 1", "no setting “what”"),
    ],
)
def test_faults_are_named_with_their_place(home: Profile, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(home, text)
    assert words in f"{caught.value.message} {caught.value.hint}"
    assert "sla.toml" in caught.value.message


def test_library_that_is_missing_is_named_with_how_to_get_it(home: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(ConfigError) as caught:
        read(home, FILE)
    assert caught.value.hint == "pip install 'omnitui[holidays]'"


def test_days_may_span_the_weekend(home: Profile) -> None:
    (one,) = read(
        home, "[calendars.x.hours]\nsat-mon = '10:00-11:00'\n[[policies]]\nname='a'\nfirst='1h'\ncalendar='x'"
    )
    assert [bool(day) for day in one.calendar.week] == [True, False, False, False, False, True, True]


def test_file_comes_into_force_and_out_of_it(home: Profile) -> None:
    with Session.open(home, clock=FrozenClock(NOW)) as session:
        asked = a_conversation(session.cache)
        home.sla_file.write_text(FILE)
        home.sla_file.chmod(0o600)
        assert put_in_force(session).changed
        assert not put_in_force(session).changed
        assert conversation(session.cache, asked.id).sla_due_at is None
        assert sweep(session) > 0
        assert conversation(session.cache, asked.id).sla_due_at == asked.unanswered_since + 24 * HOUR  # type: ignore[operator]
        home.sla_file.write_text("[[policies]]\nname = 'a'\nfirst = 'soon'")
        with pytest.raises(ConfigError):
            put_in_force(session)
        assert sweep(session) == 0
        assert conversation(session.cache, asked.id).sla_due_at is not None
        home.sla_file.unlink()
        assert put_in_force(session).changed
        sweep(session)
        assert conversation(session.cache, asked.id).sla_due_at is None


def test_business_hours_of_a_file_without_policies_are_asked_for_in_queries(home: Profile) -> None:
    with Session.open(home, clock=FrozenClock(NOW)) as session:
        one = a_conversation(session.cache)
        home.sla_file.write_text('[calendars.office]\nzone = "Asia/Tokyo"\nhours.mon-fri = ["09:30-18:00"]\n')
        home.sla_file.chmod(0o600)
        assert put_in_force(session).changed
        for text, at_ in (("in:hours", NOW), ("in:office", NOW), ("-in:hours", NOW + HOUR), ("out:hours", NOW + HOUR)):
            assert [row.id for row in session.cache.read(inbox.page, session.query(text, at_))] == [one.id], text
        assert session.cache.read(inbox.page, session.query("out:hours")) == []
        with pytest.raises(QueryError):
            session.query("in:night")


def test_policy_that_hangs_on_business_hours_is_refused(home: Profile) -> None:
    with pytest.raises(ConfigError, match="hangs on the time"):
        read(home, "[[policies]]\nname = 'a'\nfirst = '1h'\nquery = 'in:hours'")
