"""How likely two conversations are about one matter, and why: for offers to show them as one, never by itself."""

from __future__ import annotations

from typing import Final

from omnitui.clock import DAY
from omnitui.desk.belonging.resemblance import Resemblance
from omnitui.desk.belonging.subjects import matter
from omnitui.i18n import _
from omnitui.model.conversations import Conversation
from omnitui.values import dataclass

_ALIKE: Final = 60
"""From so much of 100 on two subjects count as alike."""
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Likeness:
    """What speaks for it."""

    score: int
    """0 to 100."""
    reasons: tuple[str, ...]


def likeness(one: Conversation, other: Conversation, person: Resemblance | None = None) -> Likeness:
    """How alike two conversations are of one person, of people who are linked or share an address, or who resemble.

    `person`: how their contacts resemble each other, where nothing else says that they are one.
    """
    if one.contact_id == other.contact_id:
        score, reasons = 30, [_("same person")]
    elif person is None:
        score, reasons = 20, [_("linked, or the same address")]
    else:
        score, reasons = person.score // 5, [*person.reasons]
    if other.id == one.may_belong_to or one.id == other.may_belong_to:
        score += 30
        reasons.append(_("one refers to the other"))
    first, second = matter(one.subject)[:_LONGEST], matter(other.subject)[:_LONGEST]
    if first and second:
        from rapidfuzz.fuzz import ratio

        alike = ratio(first, second)
        if alike >= _ALIKE:
            score += round(30 * alike / 100)
            reasons.append(_("same subject") if first == second else _("a similar subject"))
    apart = abs(one.last_activity_at - other.last_activity_at)
    if apart <= 2 * DAY:
        score += 10
        reasons.append(_("about the same time"))
    return Likeness(min(score, 100), tuple(reasons))
