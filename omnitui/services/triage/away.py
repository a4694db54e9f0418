"""Being away: routing passes an agent over and `claim` gives them nothing, until a time or until they are back.

Each is an op on the agent: in the log, and undone as any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.model.states import NO_END, ObjectKind, Verb
from omnitui.services.acting.recording import Intent, record
from omnitui.store.reads import presence

if TYPE_CHECKING:
    from omnitui.clock import Millis
    from omnitui.ids import Ulid
    from omnitui.model.operations import Op
    from omnitui.services.session import Session


def leave(session: Session, until: str = "", agent_id: Ulid | None = None) -> Millis:
    """Be away until a time in words, else until `come_back`; of a colleague this profile alone knows it.

    Raises:
        UsageError: It is no time, or one that has passed.
    """
    from omnitui.desk.times.wake import wake_time

    cache = session.cache
    words = until.strip()
    at = wake_time(words, now=cache.clock.now(), zone=session.zone) if words else NO_END
    _set(session, agent_id or cache.me().id, at)
    return at


def come_back(session: Session, agent_id: Ulid | None = None) -> None:
    """Be here again. Raises Refused: they are."""
    cache = session.cache
    who = agent_id or cache.me().id
    if who not in cache.read(presence.away, cache.clock.now()):
        raise Refused(_("you are not away") if who == cache.me().id else _("they are not away"))
    _set(session, who, None)


def _set(session: Session, agent_id: Ulid, until: Millis | None) -> Op | None:
    intent = Intent(Verb.AWAY, ObjectKind.AGENT, agent_id, {"away_until": until})
    return session.cache.write(lambda tx: record(tx, session.cache.me().id, tx.ids.new(), intent))


def endless(until: Millis) -> bool:
    """Whether nobody has said when it ends."""
    return until >= NO_END
