"""Tasks as people say them: "follow up tomorrow 9 on the refund", "call back 14:30", 明日の朝 折り返し."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.times.wake import wake_time
from omnitui.errors import OmniError
from omnitui.model.tasks import TaskKind
from omnitui.values import dataclass

EXAMPLES: Final = "follow up tomorrow 9, call back 14:30, 明日10時に折り返し"

_KINDS: Final = (
    (TaskKind.CALL_BACK, r"call(?:[ -]?back)?|phone|ring|折り?返し(?:電話|連絡)?|電話|コールバック"),
    (TaskKind.FOLLOW_UP, r"follow(?:[ -]?up)?|フォロー(?:アップ)?"),
)
_JOINED: Final = re.compile(r"^[\s,、:：のにで]+|[\s,、:：のにで]+$")


@dataclass(frozen=True, slots=True)
class Errand:
    """What a task is about, and until when."""

    kind: TaskKind
    due_at: Millis
    text: str


def errand(words: str, *, now: Millis, zone: tzinfo) -> Errand:
    """The task that `words` say: its kind at their beginning or end, a time, and what else there is.

    Without a kind it is a follow-up.

    Raises:
        UsageError: There is no time in it, or one that has passed.
    """
    kind, rest = _kind(" ".join(words.split()))
    due_at, text = _time(rest, now, zone)
    return Errand(kind, due_at, text)


def _kind(words: str) -> tuple[TaskKind, str]:
    for kind, names in _KINDS:
        # A word that goes on is another one: "called", "phones". Japanese has no such ends.
        for pattern in (rf"(?i)^(?:{names})(?![a-z])", rf"(?i)(?<![a-z])(?:{names})$"):
            if match := re.search(pattern, words):
                return kind, _JOINED.sub("", words[: match.start()] + words[match.end() :])
    return TaskKind.FOLLOW_UP, words


def _time(words: str, now: Millis, zone: tzinfo) -> tuple[Millis, str]:
    """The time at the beginning or at the end of `words`, as long as it can be read, and the rest."""
    parts = words.split(" ")
    for size in range(len(parts), 0, -1):
        for chosen, rest in ((parts[:size], parts[size:]), (parts[-size:], parts[:-size])):
            try:
                return wake_time(_JOINED.sub("", " ".join(chosen)), now=now, zone=zone), _JOINED.sub("", " ".join(rest))
            except OmniError:
                continue
    # Say what is wrong with the time, or that there is none.
    return wake_time(words, now=now, zone=zone), ""
