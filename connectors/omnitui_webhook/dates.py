"""Times as programs write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from omnitui.sdk import Millis, rfc3339

_MILLIS_FROM = 100_000_000_000
"""From here on a number counts thousandths: as seconds it would be the year 5138."""


def reader(form: str, zone_name: str) -> Callable[[str], Millis | None]:
    """What reads a time; None for what is none.

    Args:
        form: "" for RFC 3339, RFC 5322, seconds or milliseconds since 1970, told apart; else as `strptime` has it.
        zone_name: Where clocks show a time that names no zone: "Asia/Tokyo"; "" for UTC.

    Raises:
        ValueError: There is no such zone.
    """
    try:
        zone: tzinfo = ZoneInfo(zone_name) if zone_name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no zone “{zone_name}”") from None
    return lambda text: _read(text.strip(), form, zone)


def _read(text: str, form: str, zone: tzinfo) -> Millis | None:
    try:
        if form:
            at = datetime.strptime(text, form)
        elif text.isascii() and text.replace(".", "", 1).isdecimal():
            number = float(text)
            return _possible(round(number if number >= _MILLIS_FROM else number * 1000))
        elif text[:4].isdecimal():
            at = datetime.fromisoformat(text)
        else:
            at = parsedate_to_datetime(text)
        return _possible(round(at.replace(tzinfo=at.tzinfo or zone).timestamp() * 1000))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _possible(at: Millis) -> Millis:
    """Raises `ValueError` for a time that no calendar has."""
    try:
        rfc3339(at)
    except (OSError, OverflowError) as error:
        raise ValueError(at) from error
    return at
