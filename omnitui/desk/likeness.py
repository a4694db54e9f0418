"""How likely two conversations are about one matter, and why: for offers to show them as one, never by itself."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

from omnitui.clock import DAY
from omnitui.desk.subjects import matter
from omnitui.i18n import _
from omnitui.model.conversations import Conversation
from omnitui.values import dataclass

_ALIKE: Final = 0.6
"""From so much on two subjects count as alike."""
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Likeness:
    """What speaks for it."""

    score: int
    """0 to 100."""
    reasons: tuple[str, ...]


def likeness(one: Conversation, other: Conversation) -> Likeness:
    """How alike two conversations are of one person, or of people who are linked or share an address."""
    score, reasons = 20, [_("same person") if one.contact_id == other.contact_id else _("linked, or the same address")]
    if one.contact_id == other.contact_id:
        score += 10
    if other.id == one.may_belong_to or one.id == other.may_belong_to:
        score += 30
        reasons.append(_("one refers to the other"))
    first, second = matter(one.subject)[:_LONGEST], matter(other.subject)[:_LONGEST]
    if first and second:
        alike = SequenceMatcher(None, first, second, autojunk=False).ratio()
        if alike >= _ALIKE:
            score += round(30 * alike)
            reasons.append(_("same subject") if alike == 1 else _("a similar subject"))
    apart = abs(one.last_activity_at - other.last_activity_at)
    if apart <= 2 * DAY:
        score += 10
        reasons.append(_("about the same time"))
    return Likeness(min(score, 100), tuple(reasons))
