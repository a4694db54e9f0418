"""How long a back end asks to be left alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from omnitui.clock import DAY, SECOND, Millis

LONGEST: Final = DAY
"""Nobody is asked to wait longer by somebody who means it."""


def retry_after(headers: Mapping[str, str], now: Millis) -> Millis | None:
    """Milliseconds that a Retry-After header asks to wait (RFC 9110, 10.2.3); None where there is none, or nonsense.

    A date is taken by the server's own clock, as its Date header tells it: ours may be wrong.
    """
    asked = headers.get("Retry-After", "").strip()
    if asked.replace(".", "", 1).isdecimal():
        return math.ceil(min(float(asked) * SECOND, LONGEST))
    until = _date(asked)
    if until is None:
        return None
    told = _date(headers.get("Date", ""))
    return max(0, min(until - (now if told is None else told), LONGEST))


def _date(text: str) -> Millis | None:
    try:
        return int(parsedate_to_datetime(text).timestamp() * 1000)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
