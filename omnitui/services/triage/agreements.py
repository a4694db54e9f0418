"""sla.toml: the policies and calendars of a profile, read, checked and put in force in its cache."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from omnitui.clock import DAY, Millis
from omnitui.config.files import UNTAMPERED, read_toml
from omnitui.errors import ConfigError, NotFound, OmniError
from omnitui.i18n import _
from omnitui.logs import logger
from omnitui.services.background import in_background
from omnitui.store import sla
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3

    from omnitui.config.settings import Settings
    from omnitui.desk.promises.sla import Clock, Event, Policy
    from omnitui.desk.promises.urgency import Reason
    from omnitui.desk.times.calendar import Calendar
    from omnitui.ids import Ulid
    from omnitui.model.conversations import Conversation
    from omnitui.model.states import Status
    from omnitui.paths import Profile
    from omnitui.services.session import Session
    from omnitui.store.writer import Tx

LOG = logger(__name__)

_FORM: Final = 2
"""Of what is put in force: another one is put in force anew."""
LOOK_EVERY: Final = 5.0
"""Seconds after which the file is looked at again."""
AT_ONCE: Final = 200
"""Conversations whose clocks are set in one commit, when policies have changed."""
PAUSE: Final = 0.02
"""Seconds between two of these: agents' own commits go in between."""


@dataclass(frozen=True, slots=True)
class Resting:
    """A status that a conversation is supposed to have from now until a time, and to be open then."""

    status: Status
    until: Millis


@dataclass(frozen=True, slots=True)
class Applied:
    """What `put_in_force` did."""

    policies: int
    changed: bool
    """Whether other ones were in force."""


def policies(profile: Profile, settings: Settings, now: int) -> tuple[Policy, ...]:
    """The policies that sla.toml says, the first that fits counting; see `agreed`."""
    return agreed(profile, settings, now)[0]


def agreed(profile: Profile, settings: Settings, now: int) -> tuple[tuple[Policy, ...], tuple[Calendar, ...]]:
    """The policies and the calendars that sla.toml says; none without the file.

    Raises:
        ConfigError: A fault in it, with its place.
    """
    path = profile.sla_file
    data = read_toml(path, forbidden=UNTAMPERED)
    if not data:
        return (), ()
    from omnitui.services.triage.agreement_tables import read

    return read(path, data, zone=_zone_name(settings), year=datetime.fromtimestamp(now / 1000, UTC).year)


def put_in_force(session: Session) -> Applied:
    """Have the cache's clocks go by sla.toml as it is. Conversations follow in `sweep`.

    Raises:
        ConfigError: A fault in the file; what was in force stays.
    """
    from omnitui.desk.promises.agreements import dump, load
    from omnitui.store.reads.sla import in_force, origin

    cache = session.cache
    now = cache.clock.now()
    stamp = _stamp(session.profile.sla_file, session.settings, now)
    if cache.read(origin) == stamp:
        return Applied(len(load(cache.read(in_force))), False)
    found, calendars = agreed(session.profile, session.settings, now)
    text = dump(found, calendars) if found or calendars else ""

    def work(tx: Tx) -> bool:
        sla.note_origin(tx, stamp)
        return sla.put_in_force(tx, text)

    return Applied(len(found), cache.write(work))


def sweep(session: Session, stop: threading.Event | None = None) -> int:
    """Set the clocks of all conversations anew, where other policies came into force; how many commits that took."""
    from omnitui.store.reads.sla import swept

    rounds = 0
    while not (stop is not None and stop.is_set()) and session.cache.read(swept) is not None:
        session.cache.write(lambda tx: sla.sweep(tx, AT_ONCE), durable=False)
        rounds += 1
        if stop is not None:
            stop.wait(PAUSE)
    return rounds


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a conversation is as urgent as it is."""

    conversation: Conversation
    policy: str
    """The name of the one that it is under; empty for none."""
    clocks: tuple[Clock, ...]
    """Every clock that this policy has set on it, in order."""
    reasons: tuple[Reason, ...]
    """What falls due, the soonest first."""


def explain(db: sqlite3.Connection, conversation_id: Ulid, now: Millis, resting: Resting | None = None) -> Explained:
    """Why a conversation is as urgent as it is at `now`; with `resting` how its clocks would stand after that.

    Raises:
        NotFound: There is no such conversation.
    """
    from omnitui.desk.promises.sla import clocks, supposing
    from omnitui.desk.promises.urgency import reasons
    from omnitui.store.reads import inbox
    from omnitui.store.reads import sla as reads

    conversation = inbox.conversation(db, conversation_id)
    if conversation is None:
        raise NotFound(_("There is no conversation {id}.").format(id=conversation_id))
    policy = reads.policy_of(db, conversation_id)
    found: tuple[Clock, ...] = ()
    if policy is not None:
        told = reads.story(db, conversation_id)
        if resting is None:
            found = clocks(told, policy, now)
        else:
            found = supposing(told, policy, resting.status, now, resting.until)
    return Explained(conversation, policy.name if policy else "", found, reasons(conversation))


@dataclass(frozen=True, slots=True)
class Prospect:
    """How the clocks of a conversation go on from now, whatever is done with it."""

    conversation: Conversation
    policy: Policy | None
    events: tuple[Event, ...]
    now: Millis

    def clocks(self, status: Status, until: Millis) -> tuple[Clock, ...]:
        """Those that have not ended, as they would stand at `until` after that status."""
        from omnitui.desk.promises.sla import supposing

        if self.policy is None:
            return ()
        found = supposing(self.events, self.policy, status, self.now, until)
        return tuple(clock for clock in found if clock.active)

    def window_closed(self, until: Millis) -> bool:
        """Whether the reply window is open now and will have closed, with the customer waiting."""
        closes = self.conversation.window_closes_at
        return closes is not None and self.conversation.unanswered_since is not None and self.now < closes <= until

    def late(self, status: Status, until: Millis) -> bool:
        """Whether something would be late at `until`."""
        from omnitui.desk.promises.urgency import Standing

        broken = any(clock.standing is Standing.BREACHED for clock in self.clocks(status, until))
        return broken or self.window_closed(until)


def prospect(db: sqlite3.Connection, conversation_id: Ulid, now: Millis) -> Prospect | None:
    """How the clocks of a conversation go on; None where there is no such conversation."""
    from omnitui.store.reads import inbox
    from omnitui.store.reads import sla as reads

    conversation = inbox.conversation(db, conversation_id)
    if conversation is None:
        return None
    policy = reads.policy_of(db, conversation_id)
    told = reads.story(db, conversation_id) if policy is not None else []
    return Prospect(conversation, policy, tuple(told), now)


class Agreements:
    """Keeps the clocks in step with sla.toml, in the process that syncs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def run(self) -> None:
        """Until cancelled."""
        seen: object = None
        while True:
            stamp = self._stamp()
            if stamp != seen:
                seen = stamp
                await in_background("sla", self._work)
            await asyncio.sleep(LOOK_EVERY)

    def _stamp(self) -> object:
        # A new day may be one of a new year, whose holidays are not known yet.
        today = self._session.cache.clock.now() // DAY
        try:
            held = self._session.profile.sla_file.stat()
        except OSError:
            return None, self._session.settings.time_zone, today
        return (held.st_mtime_ns, held.st_size, held.st_ino), self._session.settings.time_zone, today

    def _work(self, stop: threading.Event) -> None:
        try:
            put_in_force(self._session)
            sweep(self._session, stop)
        except OmniError as error:
            LOG.warning("agreements stay as they were: %s", error.message)


def _stamp(path: Path, settings: Settings, now: int) -> str:
    """What policies are made from: the file, the zone and the year, whose holidays are known."""
    try:
        held = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ConfigError(_("{file} cannot be read: {why}").format(file=path, why=error.strerror)) from error
    return json.dumps([_FORM, held, _zone_name(settings), datetime.fromtimestamp(now / 1000, UTC).year])


def _zone_name(settings: Settings) -> str:
    found: str = getattr(settings.zone(), "key", "") or "UTC"
    return found
