"""The tables of sla.toml as policies and calendars; faults name their place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from omnitui.clock import Millis
from omnitui.config.checks import nearest
from omnitui.desk.promises.sla import Policy
from omnitui.desk.querying.parsing import QueryError, parse
from omnitui.desk.querying.terms import And, AtHours, Due, During, Node, Not, Or, Paused, Unanswered, Warned, Window
from omnitui.desk.times.calendar import ALWAYS, DAY_MINUTES, Calendar, Hours
from omnitui.desk.times.spans import length
from omnitui.errors import ConfigError
from omnitui.i18n import _
from omnitui.model.states import Status

YEARS: Final = (-2, 3)
"""The years before and after this one whose holidays are known."""
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_LONG_UNITS = re.compile(r"[dwoy日週年]|か月")
_PAUSES: Final = ("waiting", "snoozed")
_MOST: Final = 100
_TIMELY: Final = (AtHours, Due, During, Paused, Unanswered, Warned, Window)

Table = Mapping[str, Any]


def read(path: Path, data: Table, *, zone: str, year: int) -> tuple[tuple[Policy, ...], tuple[Calendar, ...]]:
    """The policies of a file, in its order, and its calendars.

    Args:
        path: Named in errors.
        data: What was read from it.
        zone: Of calendars that name none.
        year: This one; the holidays of those around it are looked up.

    Raises:
        ConfigError: A fault, with its place.
    """
    place = _Place(path)
    place.known(data, ("calendars", "policies"))
    calendars = {"always": ALWAYS}
    for name, table in place.table(data, "calendars").items():
        within = place.of(f"calendars.{name}")
        if name == "always":
            raise within.fault(_("“always” is every hour of every day already"))
        calendars[name] = _calendar(within, name, within.a_table(table), zone, year)
    tables = data.get("policies", [])
    if not isinstance(tables, list) or len(tables) > _MOST:
        raise place.fault(_("“policies” are at most {n} tables: [[policies]]").format(n=_MOST))
    found: list[Policy] = []
    for number, table in enumerate(tables, 1):
        made = _policy(place.of(f"policies {number}"), table, calendars)
        if any(one.name == made.name for one in found):
            raise place.fault(_("there are two policies called “{name}”").format(name=made.name))
        found.append(made)
    return tuple(found), tuple(one for one in calendars.values() if one is not ALWAYS)


class _Place:
    """Where in the file one is, for errors."""

    def __init__(self, path: Path, name: str = "") -> None:
        self._path, self._name = path, name

    def of(self, name: str) -> _Place:
        return _Place(self._path, name)

    def fault(self, message: str, hint: str = "") -> ConfigError:
        where = f"[{self._name}] " if self._name else ""
        return ConfigError(_("{file}: {why}").format(file=self._path, why=f"{where}{message}"), hint=hint)

    def known(self, table: Table, names: Sequence[str]) -> None:
        for key in table:
            if key not in names:
                raise self.fault(_("there is no setting “{key}”").format(key=key), nearest(key, [*names]))

    def a_table(self, value: Any) -> Table:
        if not isinstance(value, dict):
            raise self.fault(_("a table is needed"))
        return value

    def table(self, table: Table, key: str) -> Table:
        value = table.get(key, {})
        if not isinstance(value, dict):
            raise self.fault(_("“{key}” has to be a table").format(key=key))
        return value

    def text(self, table: Table, key: str, default: str = "") -> str:
        value = table.get(key, default)
        if not isinstance(value, str):
            raise self.fault(_("“{key}” has to be a text").format(key=key))
        return value

    def texts(self, table: Table, key: str, default: Sequence[str] = ()) -> list[str]:
        value = table.get(key, default)
        value = [value] if isinstance(value, str) else [*value] if isinstance(value, list | tuple) else None
        if value is None or not all(isinstance(one, str) for one in value):
            raise self.fault(_("“{key}” has to be a list of texts").format(key=key))
        return value


def _policy(place: _Place, value: Any, calendars: Mapping[str, Calendar]) -> Policy:
    table = place.a_table(value)
    names = ("name", "query", "first", "next", "resolution", "calendar", "pause", "warn", "since")
    place.known(table, names)
    name = place.text(table, "name").strip()
    if not name:
        raise place.fault(_("“name” is missing"))
    named = place.of(f"policies “{name}”")
    chosen = named.text(table, "calendar", "always")
    if chosen not in calendars:
        raise named.fault(_("there is no calendar “{name}”").format(name=chosen), nearest(chosen, [*calendars]))
    calendar = calendars[chosen]
    lengths = {key: _length(named, table, key, calendar) for key in ("first", "next", "resolution")}
    if not any(lengths.values()):
        raise named.fault(_("it promises nothing"), _('first = "1h", next = "2h" or resolution = "8h"'))
    pauses = named.texts(table, "pause", ("waiting",))
    for one in pauses:
        if one not in _PAUSES:
            raise named.fault(_("“pause” knows no “{item}”").format(item=one), nearest(one, [*_PAUSES]))
    warn = {_time(named, "warn", one, calendar) for one in named.texts(table, "warn")}
    return Policy(
        name,
        _query(named, named.text(table, "query")),
        lengths["first"],
        lengths["next"],
        lengths["resolution"],
        calendar,
        frozenset(map(Status, pauses)),
        tuple(sorted(warn, reverse=True)),
        _since(named, table, calendar),
    )


def _query(place: _Place, text: str) -> str:
    from datetime import UTC

    try:
        node = parse(text, now=0, me="", zone=UTC).node
    except QueryError as error:
        raise place.fault(_("“query”: {why}").format(why=error.message), error.hint) from error
    if node is not None and any(isinstance(leaf, _TIMELY) for leaf in _leaves(node)):
        raise place.fault(
            _("“query” hangs on the time"), _("a policy is chosen by what a conversation is: label, channel, segment")
        )
    return text


def _leaves(node: Node) -> Iterator[Node]:
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part):
            yield from _leaves(part)
        case _:
            yield node


def _length(place: _Place, table: Table, key: str, calendar: Calendar) -> Millis:
    text = place.text(table, key)
    return _time(place, key, text, calendar) if text else 0


def _time(place: _Place, key: str, text: str, calendar: Calendar) -> Millis:
    found = length(text.strip().lower())
    if not found:
        raise place.fault(
            _("“{key}” is no length of time: {value}").format(key=key, value=text), _("such as 30m or 8h")
        )
    if calendar is not ALWAYS and _LONG_UNITS.search(text.lower()):
        raise place.fault(
            _("“{key}” counts business hours, and how long a day is hangs on the calendar").format(key=key),
            _("say it in hours: 8h"),
        )
    return found


def _since(place: _Place, table: Table, calendar: Calendar) -> Millis:
    value = table.get("since")
    if value is None:
        return 0
    if not isinstance(value, date):
        raise place.fault(_("“since” has to be a date: 2026-11-01"))
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return round((value if value.tzinfo else value.replace(tzinfo=ZoneInfo(calendar.zone))).timestamp() * 1000)


def _calendar(place: _Place, name: str, table: Table, zone: str, year: int) -> Calendar:
    place.known(table, ("zone", "hours", "holidays", "closed", "days"))
    chosen = place.text(table, "zone", zone)
    try:
        ZoneInfo(chosen)
    except (KeyError, ValueError, OSError) as error:
        message = _("“zone” names no known zone: {zone!r}").format(zone=chosen)
        raise place.fault(message, _("an IANA name such as Europe/Berlin or Asia/Tokyo")) from error
    week = _week(place, place.table(table, "hours"))
    days: dict[int, tuple[Hours, ...]] = {}
    for code in place.texts(table, "holidays"):
        days.update(dict.fromkeys(_holidays(place, code, year), ()))
    for text in place.texts(table, "closed"):
        days.update(dict.fromkeys(_span(place, "closed", text), ()))
    for text in place.table(table, "days"):
        for day in _span(place, "days", text):
            days[day] = _intervals(place, f"days.{text}", place.texts(place.table(table, "days"), text))
    return Calendar(name, chosen, week, days)


def _week(place: _Place, table: Table) -> tuple[tuple[Hours, ...], ...]:
    week: list[tuple[Hours, ...]] = [()] * 7
    for key in table:
        hours = _intervals(place, f"hours.{key}", place.texts(table, key))
        for day in _weekdays(place, key):
            if week[day]:
                raise place.fault(_("“hours” names {day} twice").format(day=_DAYS[day]))
            week[day] = hours
    if not any(week):
        raise place.fault(_("it never opens"), _('[calendars.NAME.hours] with mon-fri = ["09:30-18:00"]'))
    return tuple(week)


def _weekdays(place: _Place, key: str) -> Iterable[int]:
    first, _dash, last = key.strip().lower().partition("-")
    last = last or first
    if first not in _DAYS or last not in _DAYS:
        raise place.fault(_("“hours” knows no day “{day}”").format(day=key), ", ".join((*_DAYS, "mon-fri")))
    start, end = _DAYS.index(first), _DAYS.index(last)
    return [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]


def _intervals(place: _Place, key: str, texts: Sequence[str]) -> tuple[Hours, ...]:
    found: list[Hours] = []
    for text in texts:
        match = _HOURS.fullmatch(text.strip())
        opens, closes = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else (0, 0)
        if match is None or opens == closes or opens >= DAY_MINUTES or closes > DAY_MINUTES or _sixty(match):
            raise place.fault(
                _("“{key}” are no hours: {value}").format(key=key, value=text), _("such as 09:30-18:00 or 22:00-06:00")
            )
        found.append((opens, closes if closes > opens else closes + DAY_MINUTES))
    found.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(found)):
        raise place.fault(_("“{key}” overlap").format(key=key))
    return tuple(found)


def _sixty(match: re.Match[str]) -> bool:
    return int(match[2]) > 59 or int(match[4]) > 59


def _span(place: _Place, key: str, text: str) -> range:
    first, _dots, last = text.partition("..")
    try:
        start = date.fromisoformat(first.strip())
        end = date.fromisoformat(last.strip()) if last else start
    except ValueError:
        message = _("“{key}” names no day: {value}").format(key=key, value=text)
        raise place.fault(message, _("such as 2026-12-31 or 2026-12-29..2027-01-03")) from None
    if not timedelta() <= end - start <= timedelta(days=366):
        raise place.fault(
            _("“{key}” ends before it begins, or is longer than a year: {value}").format(key=key, value=text)
        )
    return range(start.toordinal(), end.toordinal() + 1)


def _holidays(place: _Place, code: str, year: int) -> list[int]:
    """The days on which a country or a part of it, such as JP or US-CA, has a public holiday."""
    try:
        # 0.4 s and 20 MB for one country: only when the file, the zone or the year is another.
        from holidays import country_holidays
    except ImportError as error:
        hint = "pip install 'omnitui[holidays]'"
        raise place.fault(_("“holidays” need a library that is not installed"), hint) from error
    country, _dash, part = code.strip().upper().partition("-")
    years = range(year + YEARS[0], year + YEARS[1] + 1)
    make: Callable[..., Mapping[date, str]] = country_holidays
    try:
        return [day.toordinal() for day in make(country, subdiv=part or None, years=years)]
    except NotImplementedError as error:
        message = _("“holidays” of “{code}” are not known").format(code=code)
        raise place.fault(message, _("a country's two letters, also with a part of it: JP, DE-BY, US-CA")) from error
