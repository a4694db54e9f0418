"""Being away: routing passes an agent over and `claim` gives them nothing, until a time or until they are back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.store import presence as writing
from omnitui.store.reads import presence

if TYPE_CHECKING:
    from omnitui.clock import Millis
    from omnitui.ids import Ulid
    from omnitui.services.session import Session


def leave(session: Session, until: str = "", agent_id: Ulid | None = None) -> Millis:
    """Be away until a time in words, else until `come_back`; of a colleague this profile alone knows it.

    Raises:
        UsageError: It is no time, or one that has passed.
    """
    from omnitui.desk.wake import wake_time

    cache = session.cache
    words = until.strip()
    at = wake_time(words, now=cache.clock.now(), zone=session.zone) if words else presence.NO_END
    cache.write(lambda tx: writing.set_away(tx, agent_id or cache.me().id, at))
    return at


def come_back(session: Session, agent_id: Ulid | None = None) -> None:
    """Be here again. Raises Refused: they are."""
    cache = session.cache
    who = agent_id or cache.me().id
    if who not in cache.read(presence.away, cache.clock.now()):
        raise Refused(_("you are not away") if who == cache.me().id else _("they are not away"))
    cache.write(lambda tx: writing.set_away(tx, who, None))


def endless(until: Millis) -> bool:
    """Whether nobody has said when it ends."""
    return until >= presence.NO_END
