"""The demo: a profile of its own on the embedded world, set up at the first start and still there at the next."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace

from omnitui import paths
from omnitui.clock import DAY, HOUR, Clock, FrozenClock, Millis, ScaledClock, SystemClock, speed_of
from omnitui.desk.querying.parsing import parse
from omnitui.ids import Ids
from omnitui.model.accounts import Account
from omnitui.model.incidents import Severity
from omnitui.model.people import Agent
from omnitui.model.states import ObjectKind, Verb
from omnitui.services.acting.recording import Intent, record
from omnitui.services.demo.agreements import AGREEMENTS, REASONS
from omnitui.services.demo.snippets import FILES
from omnitui.services.session import Session
from omnitui.services.texts import canned
from omnitui.services.triage import reasons
from omnitui.services.triage.agreements import put_in_force
from omnitui.store.accounts import put_agent
from omnitui.store.reads import accounts, inbox
from omnitui.store.writer import Tx

PROFILE = "demo"
ACCOUNT = "Hinode Tea"
ME = ("Aya Mori", "aya@hinode.example")
"""The agent whose desk it is; the world's history was written by her and a colleague."""
MORNING: Millis = 1_772_411_400_000
"""Where a clock that stands still stands: 2026-03-02, 09:30 in Tokyo. Screenshots and tests depend on it."""


def open_demo(*, seed: int = 1, speed: float = 1.0, reset: bool = False) -> Session:
    """Open the demo's profile, filled with the world's history.

    Args:
        seed: Chooses the world, at its first day.
        speed: How many times as fast as real time it goes; 0 stands still.
        reset: Start anew; what was done in the demo is gone.
    """
    profile = paths.profile(PROFILE)
    if reset:
        for folder in (profile.data, profile.state):
            shutil.rmtree(folder, ignore_errors=True)
    clock = _Turned(_clock(speed))
    session = Session.open(profile, clock=clock)
    account = session.cache.read(accounts.account, ACCOUNT)
    if account is None:
        account = _settle(session, seed)
    clock.not_before(_newest(session))
    return session


def _clock(speed: float) -> Clock:
    if speed == 1:
        return SystemClock()
    return ScaledClock(SystemClock().now() if speed else MORNING, speed)


class _Turned:
    """A clock that goes on where the world's last day ended, should that have run ahead of the machine's time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead: Millis = 0

    @property
    def speed(self) -> float | None:
        return speed_of(self._clock)

    def now(self) -> Millis:
        return self._clock.now() + self._ahead

    def not_before(self, at: Millis) -> None:
        self._ahead = max(self._ahead, at - self._clock.now())


def _settle(session: Session, seed: int) -> Account:
    """Make the desk: the agent, the account, and all that happened before today."""
    name, address = ME
    me: Agent = replace(session.cache.me(), name=name, addresses=(address,))
    session.cache.write(lambda tx: put_agent(tx, me))
    session.cache.forget_me()
    canned.give(session.profile, dict(FILES))
    reasons.give(session.profile, REASONS)
    if not session.profile.sla_file.exists():
        session.profile.sla_file.write_text(AGREEMENTS, encoding="utf-8")
    put_in_force(session)
    account = session.accounts.add("demo", ACCOUNT, {"seed": str(seed)})

    async def fill() -> None:
        await session.accounts.check(account)
        await session.engine().once()

    asyncio.run(fill())
    _trouble(session)
    return account


def _trouble(session: Session) -> None:
    """An incident of yesterday that is over, kept by a colleague: it can be looked at, and reopened to be tried out."""
    cache, me = session.cache, session.cache.me()
    now = max(cache.clock.now(), _newest(session))
    resolved = cache.read(inbox.page, parse("is:resolved", now=now, me=me.id, zone=session.zone), limit=3)
    colleague = next((one for one in cache.read(accounts.agents) if not one.me), me)
    title, began_at, ended_at = "Checkout takes no cards", now - DAY - 2 * HOUR, now - DAY

    def work(tx: Tx) -> None:
        # It was done when it happened: the log and the story tell the same times as the incident itself.
        clock, ids = tx.clock, tx.ids
        tx.clock = past = FrozenClock(began_at)
        tx.ids = Ids(past)
        own, began = tx.ids.new(), tx.ids.new()
        after = {"exists": True, "title": title, "severity": Severity.SEV2.value, "began_at": began_at}
        record(tx, colleague.id, began, Intent(Verb.INCIDENT, ObjectKind.INCIDENT, own, after))
        for one in resolved:
            cause = Intent(Verb.CAUSE, ObjectKind.CONVERSATION, one.id, {"incident_id": own}, one.id, title)
            record(tx, colleague.id, began, cause)
        past.advance(ended_at - began_at)
        over = {"ended_at": ended_at, "standing": "Cards are taken again."}
        record(tx, colleague.id, tx.ids.new(), Intent(Verb.INCIDENT, ObjectKind.INCIDENT, own, over))
        tx.clock, tx.ids = clock, ids

    cache.write(work)


def _newest(session: Session) -> Millis:
    everything = parse("is:all", now=session.cache.clock.now(), me=session.cache.me().id, zone=session.zone)
    page = session.cache.read(inbox.page, everything, limit=1)
    return page[0].last_activity_at if page else 0
