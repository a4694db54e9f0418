"""Moments that have passed, as people say them: yesterday 18:00, 2h, monday 9, 昨日18時, 2026-05-01T09:30."""

from __future__ import annotations

import re
import unicodedata
from datetime import tzinfo
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.times.spans import span
from omnitui.errors import UsageError
from omnitui.i18n import _

EXAMPLES: Final = "yesterday 18:00, 2h, monday, 14:30, 昨日18時, 2026-05-01T09:30"
_CLOCK_JA = re.compile(r"(\d{1,2})時(?!間)(?:(半)|(\d{1,2})分)?")
_BARE_HOUR = re.compile(r"(.*[^\d\s:.-])\s+(\d{1,2})")
_AGO = re.compile(r"(?:ago|前)$")


def past_moment(text: str, *, now: Millis, zone: tzinfo) -> Millis:
    """The moment that `text` means, seen from `now` in `zone`: a day is its beginning, a length is so long ago.

    Raises:
        UsageError: It is no time, or one that is still to come.
    """
    words = " ".join(unicodedata.normalize("NFKC", text).strip().casefold().split())
    at = _exact(words, zone)
    if at is None:
        words = _AGO.sub("", words).strip()
        words = _CLOCK_JA.sub(lambda match: f" {match[1]}:{'30' if match[2] else f'{int(match[3] or 0):02d}'}", words)
        if bare := _BARE_HOUR.fullmatch(words):
            words = f"{bare[1]} {bare[2]}:00"
        found = span(re.sub(r"[\sの]+(?=\d{1,2}:)", "T", words.strip()).replace(" ", ""), now=now, zone=zone)
        at = None if found is None else found[0]
    if at is None:
        shown = "".join(char if char.isprintable() else "�" for char in text[:60])
        raise UsageError(
            _("“{text}” is no time that I know").format(text=shown),
            hint=_("for example: {examples}").format(examples=EXAMPLES),
        )
    if at > now:
        raise UsageError(_("that time is still to come"), hint=_("for example: {examples}").format(examples=EXAMPLES))
    return at


def _exact(words: str, zone: tzinfo) -> Millis | None:
    """A time with a date that says more than `span` reads: seconds, a zone."""
    from datetime import datetime

    if not re.match(r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d", words):
        return None
    try:
        moment = datetime.fromisoformat(words.upper())
        return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
