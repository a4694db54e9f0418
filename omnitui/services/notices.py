"""What is worth a notice outside the console's window, when, and in which words. Knows no terminal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, time, tzinfo
from enum import StrEnum

from omnitui.clock import SECOND, Millis
from omnitui.config.settings import Notify
from omnitui.i18n import _, ngettext
from omnitui.model.conversations import Conversation, Message
from omnitui.model.states import Direction, MessageKind
from omnitui.text.safe import safe
from omnitui.text.secrets.covering import shown
from omnitui.values import dataclass

_QUIET = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
WORDS = 80
"""Characters of a message that a notice shows, where settings let it."""


class Occasion(StrEnum):
    MINE = "mine"
    UNASSIGNED = "unassigned"
    MENTIONED = "mentioned"
    FAILED = "failed"
    DUE = "due"
    SLA = "sla"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    occasion: Occasion
    words: str = ""
    """Who wrote what; shown where settings let it."""


def occasion(message: Message, conversation: Conversation, me: str, name: str) -> Occasion | None:
    """Why the arrival of a message concerns agent `me`, whose name is `name`; None if it does not."""
    if message.kind is MessageKind.NOTE:
        first = name.split(" ")[0].casefold()
        said = message.text.casefold()
        return Occasion.MENTIONED if first and f"@{first}" in said and message.author != name else None
    if message.direction is not Direction.INCOMING or message.kind is MessageKind.ACTIVITY or message.auto:
        return None
    if conversation.assignee_id == me:
        return Occasion.MINE
    return Occasion.UNASSIGNED if conversation.assignee_id is None else None


def is_quiet(hours: str, now: Millis, zone: tzinfo) -> bool:
    """Whether now lies in quiet hours such as "22:00-07:00"; an empty or unreadable text has none."""
    match = _QUIET.fullmatch(hours.strip())
    if match is None:
        return False
    try:
        start, end = time(int(match[1]), int(match[2])), time(int(match[3]) % 24, int(match[4]))
    except ValueError:
        return False
    at = datetime.fromtimestamp(now / 1000, zone).time()
    return start <= at < end if start <= end else at >= start or at < end


class Notices:
    """Events on their way to one notice, never more than one in some seconds."""

    def __init__(self, settings: Notify, zone: tzinfo) -> None:
        self._settings = settings
        self._zone = zone
        self._waiting: list[Event] = []
        self._last: Millis | None = None

    def add(self, events: Iterable[Event], now: Millis) -> None:
        """Something happened; in quiet hours nothing is kept for later."""
        if not is_quiet(self._settings.quiet, now, self._zone):
            self._waiting += [event for event in events if event.occasion in self._settings.on]

    def due(self, now: Millis) -> Millis | None:
        """In how many milliseconds the next notice may be given; None where there is none."""
        if not self._waiting:
            return None
        gap = round(self._settings.every * SECOND)
        return 0 if self._last is None else max(self._last + gap - now, 0)

    def take(self, now: Millis, *, veiled: bool = False) -> str:
        """The words of one notice about all that waits; `veiled` shows nothing of a message whatever settings say."""
        waiting, self._waiting = self._waiting, []
        self._last = now
        if len(waiting) == 1 and self._settings.text and not veiled and waiting[0].words:
            return safe(shown(waiting[0].words), multiline=False, max_chars=WORDS)
        counts = Counter(event.occasion for event in waiting)
        failed, due = counts.pop(Occasion.FAILED, 0), counts.pop(Occasion.DUE, 0)
        agreed = counts.pop(Occasion.SLA, 0)
        parts: list[str] = []
        if total := counts.total():
            parts.append(ngettext("{n} new message", "{n} new messages", total).format(n=total))
            if mentions := counts[Occasion.MENTIONED]:
                parts.append(ngettext("{n} mentions you", "{n} mention you", mentions).format(n=mentions))
        if failed:
            parts.append(ngettext("{n} message was not sent", "{n} messages were not sent", failed).format(n=failed))
        if due:
            parts.append(ngettext("{n} task is due", "{n} tasks are due", due).format(n=due))
        if agreed:
            parts.append(ngettext("{n} agreement falls due", "{n} agreements fall due", agreed).format(n=agreed))
        return _(", ").join(parts)
