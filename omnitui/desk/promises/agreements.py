"""Policies as text, as the cache keeps those in force, so that every process of a profile sets the same clocks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache

from omnitui.desk.promises.sla import Policy
from omnitui.desk.times.calendar import Calendar
from omnitui.model.states import Status


def dump(policies: tuple[Policy, ...], calendars: Iterable[Calendar] = ()) -> str:
    """Policies, and calendars that none of them names, as JSON with all holidays; the same ones give the same text."""
    named = {one.name: one for one in (*calendars, *(policy.calendar for policy in policies))}
    found = {
        "calendars": {name: _calendar_text(calendar) for name, calendar in named.items()},
        "policies": [
            {
                "name": policy.name,
                "query": policy.query,
                "first": policy.first,
                "next": policy.next,
                "resolution": policy.resolution,
                "calendar": policy.calendar.name,
                "pauses": sorted(policy.pauses),
                "warn": policy.warn,
                "since": policy.since,
            }
            for policy in policies
        ],
    }
    return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=2)
def load(text: str) -> tuple[Policy, ...]:
    """The policies of what `dump` gave; none of an empty text."""
    if not text:
        return ()
    found, calendars = json.loads(text), load_calendars(text)
    return tuple(
        Policy(
            one["name"],
            one["query"],
            one["first"],
            one["next"],
            one["resolution"],
            calendars[one["calendar"]],
            frozenset(map(Status, one["pauses"])),
            tuple(one["warn"]),
            one["since"],
        )
        for one in found["policies"]
    )


@lru_cache(maxsize=2)
def load_calendars(text: str) -> Mapping[str, Calendar]:
    """The calendars of what `dump` gave, by their names."""
    return {
        name: Calendar(
            name,
            one["zone"],
            tuple(_hours(hours) for hours in one["week"]),
            {int(day): _hours(hours) for day, hours in one["days"].items()},
        )
        for name, one in (json.loads(text)["calendars"] if text else {}).items()
    }


def _calendar_text(calendar: Calendar) -> dict[str, object]:
    return {"zone": calendar.zone, "week": calendar.week, "days": dict(calendar.days)}


def _hours(pairs: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((opens, closes) for opens, closes in pairs)
