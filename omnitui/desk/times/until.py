"""Until when something rests: a time in words, a reply, or so long before the reply window closes; and whose time."""

from __future__ import annotations

import re
import unicodedata
from datetime import tzinfo
from typing import Final

from omnitui.clock import HOUR, Millis
from omnitui.desk.times.wake import wake_time
from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.model.conversations import Conversation
from omnitui.model.states import ENDS
from omnitui.values import dataclass

LEAD: Final[Millis] = 2 * HOUR
"""How long before the window closes, where it is not said."""

_REPLY: Final = re.compile(
    r"(?:until )?(?:(?:a |the |they |customer |the customer )?(?:reply|replies|answers?|writes?))"
    r"|(?:返信|返事|回答|連絡)(?:が(?:ある|来る|くる))?(?:まで)?"
)
_WINDOW: Final = re.compile(
    r"(?:(?:(?P<before>.+?) )?before )?(?:the )?(?:reply )?window(?: closes| ends| closing)?(?: ?-? ?(?P<after>\d.*))?"
    r"|(?:返信)?(?:期限|枠)(?:(?:が切れる|の)?(?P<ja>.+?)前)?"
)
_INCIDENT: Final = re.compile(
    r"(?:until )?(?:the )?(?:end of (?:the )?incident|incident(?:'?s)?(?: ends?| is over| over)?)"
    r"|(?:障害|インシデント)(?:の|が)?(?:終了|終わり|終わる|復旧)?(?:まで)?"
)
_THEIRS: Final = re.compile(
    r"(.*?)[\s,]*(?:(?:in )?(?:their|customer'?s?|the customer'?s) (?:time|zone|time zone)|theirs"
    r"|(?:先方|相手|お客様|現地)(?:の)?時間(?:で)?)"
)


@dataclass(frozen=True, slots=True)
class Until:
    """Until when a conversation sleeps. The customer's next message ends it in any case."""

    at: Millis | None = None
    lead: Millis | None = None
    """So long before its reply window closes."""
    ends: bool = False
    """Until the incident ends that it is linked to."""

    def moment(self, conversation: Conversation, now: Millis) -> Millis | None:
        """The time for one conversation; None: it sleeps until a reply; `ENDS`: until its incident ends.

        Raises:
            Refused: It has no reply window, that time has passed, or it is linked to no incident that goes on.
        """
        at = self.at
        if self.ends and not conversation.severity:
            raise Refused(_("it is linked to no incident that goes on"))
        if self.lead is not None:
            closes = conversation.window_closes_at
            if closes is None:
                raise Refused(_("it has no reply window"))
            if closes <= now:
                raise Refused(_("its reply window is closed"))
            at = closes - self.lead
            if at <= now:
                raise Refused(_("its reply window closes sooner than that"))
        if at is not None and at <= now:
            raise Refused(_("that time has passed"))
        return ENDS if self.ends else at


def until(text: str, *, now: Millis, zone: tzinfo) -> Until:
    """What `text` says: "reply", "2h before the window", "incident", 返信まで, else a time as `wake_time` knows them.

    Raises:
        UsageError: It is no time, or one that has passed.
    """
    words = " ".join(unicodedata.normalize("NFKC", text).strip().casefold().split())
    if _REPLY.fullmatch(words):
        return Until()
    if _INCIDENT.fullmatch(words):
        return Until(ends=True)
    if found := _WINDOW.fullmatch(words):
        length = found["before"] or found["after"] or found["ja"]
        return Until(lead=wake_time(length, now=now, zone=zone) - now if length else LEAD)
    return Until(wake_time(text, now=now, zone=zone))


def whose(text: str) -> tuple[str, bool]:
    """`text` without "their time" (先方時間, 現地時間), and whether that was said."""
    found = _THEIRS.fullmatch(unicodedata.normalize("NFKC", text).strip().casefold())
    return (found[1], True) if found and found[1] else (text, False)


def leaving(text: str, *, now: Millis, mine: tzinfo, theirs: tzinfo | None) -> tuple[Millis, tzinfo]:
    """When something leaves, and by whose clock: "tomorrow 9 their time" by the customer's where that is known.

    Raises:
        UsageError: It is no time, or one that has passed.
    """
    words, wanted = whose(text)
    zone = theirs if wanted and theirs is not None else mine
    return wake_time(words, now=now, zone=zone), zone


def zone_called(name: str) -> tzinfo | None:
    """The time zone of an IANA name; None where there is none such."""
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name) if name else None
    except (KeyError, OSError, ValueError):
        return None
