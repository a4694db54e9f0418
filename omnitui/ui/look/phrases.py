"""Words for states, times and sizes, in the language of the interface."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import cache

from omnitui.clock import DAY, HOUR, MINUTE, SECOND, Millis
from omnitui.desk.acting.telling import FIELD
from omnitui.desk.naming import HEALTH, PRIORITY, SEND, STATUS, VERB, channel_word
from omnitui.i18n import N_, _, ngettext

__all__ = ["FIELD", "HEALTH", "PRIORITY", "SEND", "STATUS", "VERB", "channel_word"]

_DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
_MONTHS = (
    *(N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun")),
    *(N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec")),
)
_TWELVE = frozenset({"AU", "BD", "CA", "CO", "EG", "IN", "JO", "KR", "MX", "MY", "NZ", "PH", "PK", "SA", "US"})
"""Countries whose locales write the time of day with am and pm (glibc's `t_fmt_ampm` in their `t_fmt`)."""


@cache
def by_twelve(locale: str = "") -> bool:
    """Whether a locale ("en_US.UTF-8") counts hours to twelve; "": the one of this process."""
    return (locale or time_locale(os.environ)).partition(".")[0].partition("_")[2] in _TWELVE


def time_locale(environ: Mapping[str, str]) -> str:
    """The locale that times are written in."""
    return next((environ[name] for name in ("LC_ALL", "LC_TIME", "LANG") if environ.get(name)), "C")


def local(at: Millis, zone: tzinfo) -> datetime:
    """A point in time as a person in `zone` reads it; the nearest that exists, for absurd ones."""
    try:
        return datetime.fromtimestamp(at / 1000, zone)
    except (OverflowError, OSError, ValueError):
        return datetime(9999, 12, 31, 23, 59, tzinfo=zone) if at > 0 else datetime(1, 1, 2, tzinfo=zone)


def hour(at: Millis, zone: tzinfo) -> str:
    """The time of day: 14:02, or 2:02 pm where the locale says so."""
    return clock_words(local(at, zone))


def clock_words(then: datetime) -> str:
    """The time of day of a moment where it is taking place."""
    if not by_twelve():
        return f"{then:%H:%M}"
    half = _("{time} am") if then.hour < 12 else _("{time} pm")
    return half.format(time=f"{(then.hour + 11) % 12 + 1}:{then.minute:02}")


def weekday(then: datetime) -> str:
    """The day of the week, short: Fri."""
    return _(_DAYS[then.weekday()])


def day(at: Millis, now: Millis, zone: tzinfo) -> str:
    """The day: Today, Yesterday, Tomorrow, Fri 14 Nov, with the year where it is not this one."""
    then, today = local(at, zone), local(now, zone)
    distance = (today.date() - then.date()).days
    if distance == 0:
        return _("Today")
    if distance == 1:
        return _("Yesterday")
    if distance == -1:
        return _("Tomorrow")
    parts = {"weekday": weekday(then), "day": then.day, "month": _(_MONTHS[then.month - 1])}
    if then.year == today.year:
        return _("{weekday} {day} {month}").format(**parts)
    return _("{weekday} {day} {month} {year}").format(**parts, year=then.year)


def moment(at: Millis, now: Millis, zone: tzinfo, *, within: bool = False) -> str:
    """Day and time of day; today only the time. `within`: as it is written in the middle of a sentence."""
    time = hour(at, zone)
    distance = (local(at, zone).date() - local(now, zone).date()).days
    if not distance:
        return time
    near = {1: _("tomorrow {time}"), -1: _("yesterday {time}")}.get(distance) if within else None
    return near.format(time=time) if near else f"{day(at, now, zone)} {time}"


def span(length: Millis) -> str:
    """A length of time, roughly: 6 s, 3 min, 2 h, 5 d."""
    length = max(length, 0)
    if length < MINUTE:
        return _("{n} s").format(n=-(-length // SECOND))
    if length < HOUR:
        return _("{n} min").format(n=length // MINUTE)
    if length < 2 * DAY:
        return _("{n} h").format(n=length // HOUR)
    return _("{n} d").format(n=length // DAY)


def countdown(length: Millis) -> str:
    """A length of time to a deadline: 0:42 in hours and minutes, then 41 s; from a day on roughly."""
    if length < MINUTE:
        return span(length)
    if length < DAY:
        return f"{length // HOUR}:{length % HOUR // MINUTE:02d}"
    return span(length)


def ago(at: Millis, now: Millis) -> str:
    """How long ago: just now, 3 min ago."""
    return _("just now") if now - at < 10 * SECOND else _("{span} ago").format(span=span(now - at))


def size(octets: int) -> str:
    """The size of a file: 812 B, 14 KB, 2.1 MB."""
    if octets < 1_000:
        return f"{octets} B"
    if octets < 1_000_000:
        return f"{octets / 1_000:.0f} KB"
    return f"{octets / 1_000_000:.1f} MB"


def size_of_file(octets: int, *, here: bool) -> str:
    """The same of a file, which may lie at the back end only; empty where that has not said."""
    return size(octets) if octets or here else ""


def no_account(key: str) -> str:
    """What to do first, by the key of the accounts' screen."""
    if not key:
        return _("no account yet: omnitui account add")
    return _("no account yet: {key} and then a adds one").format(key=key)


def messages_word(count: int) -> str:
    """3 messages."""
    return ngettext("{n} message", "{n} messages", count).format(n=count)


def conversations_word(count: int) -> str:
    """3 conversations."""
    return ngettext("{n} conversation", "{n} conversations", count).format(n=count)


def quoted_words(lines: int) -> str:
    """12 quoted lines."""
    return ngettext("{n} quoted line", "{n} quoted lines", lines).format(n=lines)


def severity_role(severity: str) -> str:
    """The role in which the severity of an incident is shown."""
    return "bad" if severity in ("sev1", "sev2") else "warn"
