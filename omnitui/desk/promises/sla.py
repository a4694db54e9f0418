"""The clocks of a service level agreement: what runs on a conversation, until when, and why. A pure function of events.

Three targets: the first reply, each next reply (from the oldest customer message without an answer), and the
resolution. Time counts in the policy's calendar. While the conversation has a status that the policy pauses on, clocks
keep what remains; resolving ends them. Reopened by an agent they go on with what remained; a customer who writes
again begins a new wait for a reply.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass as mutable
from dataclasses import field
from enum import StrEnum
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.promises.urgency import Standing
from omnitui.desk.times.calendar import ALWAYS, Calendar, add, between
from omnitui.model.states import Status
from omnitui.values import dataclass


class Target(StrEnum):
    """What is promised."""

    FIRST = "first"
    NEXT = "next"
    RESOLUTION = "resolution"


class Said(StrEnum):
    """What is said in a conversation, as far as clocks hear it."""

    ASKED = "asked"
    """A customer wrote, and it wants an answer."""
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: somebody wrote, or the conversation got a status."""

    at: Millis
    what: Said | Status


@dataclass(frozen=True, slots=True)
class Policy:
    """What is promised to the conversations that a query finds."""

    name: str
    query: str = ""
    first: Millis = 0
    """Business time; 0 promises nothing. The same of the next two."""
    next: Millis = 0
    resolution: Millis = 0
    calendar: Calendar = ALWAYS
    pauses: frozenset[Status] = frozenset({Status.WAITING})
    """Statuses that stop the clocks; a bot's conversations always stand still."""
    warn: tuple[Millis, ...] = ()
    """Business time that is left when a warning is due, the longest first."""
    since: Millis = 0
    """Nothing that began earlier has a clock."""

    def length(self, target: Target) -> Millis:
        """The business time that a target may take."""
        return {Target.FIRST: self.first, Target.NEXT: self.next, Target.RESOLUTION: self.resolution}[target]


@dataclass(frozen=True, slots=True)
class Clock:
    """One target's clock, as it stands at a moment."""

    target: Target
    started_at: Millis
    standing: Standing
    due_at: Millis | None
    """When it is or was due; None while it is paused with something left, and where it ended with that."""
    left: Millis
    """Business time that is left, or was when it ended; never below 0."""
    ended_at: Millis | None = None
    warnings: tuple[Millis, ...] = ()
    """When the policy warns of it, in order; empty unless it runs."""

    @property
    def active(self) -> bool:
        """Whether it has not ended."""
        return self.ended_at is None


_ENDED: Final = frozenset({Status.RESOLVED, Status.CLOSED})


@mutable(slots=True)
class _Run:
    """A clock while events are gone through."""

    target: Target
    policy: Policy
    started_at: Millis
    spent: Millis = 0
    """Up to the last pause."""
    since: Millis | None = None
    """Since when it has been running; None while it stands still."""
    due_at: Millis | None = None
    missed: bool = False
    ended_at: Millis | None = None

    def go(self, at: Millis) -> None:
        if self.since is None and not self.missed:
            self.since = at
            self.due_at = add(self.policy.calendar, at, self.policy.length(self.target) - self.spent)

    def stop(self, at: Millis) -> None:
        if self.since is None or self.due_at is None:
            return
        if at > self.due_at:
            self.spent, self.missed = self.policy.length(self.target), True
        else:
            self.spent += between(self.policy.calendar, self.since, at)
            self.due_at = None
        self.since = None

    def end(self, at: Millis) -> None:
        self.stop(at)
        self.ended_at = at

    def clock(self, now: Millis) -> Clock:
        length, running = self.policy.length(self.target), self.since is not None and self.due_at is not None
        spent = self.spent
        warnings: tuple[Millis, ...] = ()
        if self.since is not None and self.due_at is not None:
            spent = length if now > self.due_at else spent + between(self.policy.calendar, self.since, now)
            warnings = self._warnings(self.since)
        if self.missed or (running and now > (self.due_at or 0)):
            standing = Standing.BREACHED
        elif self.ended_at is not None:
            standing = Standing.MET
        elif not running:
            standing = Standing.PAUSED
        else:
            standing = Standing.AT_RISK if warnings and warnings[0] <= now else Standing.RUNNING
        return Clock(
            self.target, self.started_at, standing, self.due_at, max(length - spent, 0), self.ended_at, warnings
        )

    def _warnings(self, since: Millis) -> tuple[Millis, ...]:
        length, calendar = self.policy.length(self.target), self.policy.calendar
        left = length - self.spent
        return tuple(add(calendar, since, max(left - warn, 0)) for warn in self.policy.warn if warn < length)


@mutable(slots=True)
class Tale:
    """Goes through the events of one conversation, in the order of `in_order`."""

    policy: Policy
    status: Status = Status.OPEN
    answered: bool = False
    """Whether somebody of ours has written."""
    asked_again_at: Millis | None = None
    """When a customer first wrote since the conversation was resolved."""
    opened: bool = False
    """Whether it has had a status in which something is to be done."""
    reply: _Run | None = None
    resolution: _Run | None = None
    runs: list[_Run] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """The next event."""
        match event.what:
            case Said.ASKED:
                self._asked(event.at)
            case Said.ANSWERED:
                if self.reply is not None and self.reply.ended_at is None:
                    self.reply.end(event.at)
                self.reply, self.asked_again_at, self.answered = None, None, True
            case status:
                self._status(event.at, status)

    def clocks(self, now: Millis) -> tuple[Clock, ...]:
        """Every clock so far, as it stands after what was taken."""
        return tuple(run.clock(now) for run in self.runs)

    def _asked(self, at: Millis) -> None:
        if self.status in _ENDED:
            self.asked_again_at = at if self.asked_again_at is None else self.asked_again_at
        elif self.reply is None:
            self.reply = self._begin(Target.NEXT if self.answered else Target.FIRST, at)

    def _status(self, at: Millis, status: Status) -> None:
        was, self.status = self.status, status
        if status in _ENDED:
            for running in (self.reply, self.resolution):
                if running is not None and running.ended_at is None:
                    running.end(at)
            return
        if not self.opened:
            self.opened, self.resolution = True, self._begin(Target.RESOLUTION, at)
        if was in _ENDED and self.asked_again_at is not None:
            again, self.asked_again_at, self.reply = self.asked_again_at, None, None
            self._asked(again)
        for run in (self.reply, self.resolution):
            if run is not None:
                run.ended_at = None
                if self._still:
                    run.stop(at)
                else:
                    run.go(at)

    def _begin(self, target: Target, at: Millis) -> _Run | None:
        if not self.policy.length(target) or at < self.policy.since:
            return None
        run = _Run(target, self.policy, at)
        self.runs.append(run)
        if not self._still:
            run.go(at)
        return run

    @property
    def _still(self) -> bool:
        return self.status in self.policy.pauses or self.status is Status.BOT


def clocks(events: Iterable[Event], policy: Policy, now: Millis) -> tuple[Clock, ...]:
    """Every clock that a policy has set on a conversation, in the order in which they began.

    Args:
        events: What happened, in any order; the first status is the one that the conversation began with.
        policy: What is promised.
        now: Events after it do not count.
    """
    tale = Tale(policy)
    for event in in_order(events):
        if event.at <= now:
            tale.take(event)
    return tale.clocks(now)


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events by their time; what was said before the status that it led to."""
    return sorted(events, key=_order)


def _order(event: Event) -> tuple[Millis, bool]:
    # Who writes reopens: the words come before the status that they lead to.
    return event.at, isinstance(event.what, Status)


def soonest(found: Sequence[Clock]) -> Clock | None:
    """The clock that counts: of those that are due the first, else the paused one with least left; None without any."""
    active = [clock for clock in found if clock.active]
    due = [clock for clock in active if clock.due_at is not None]
    if due:
        return min(due, key=lambda clock: clock.due_at or 0)
    return min(active, key=lambda clock: clock.left, default=None)


def supposing(
    events: Iterable[Event], policy: Policy, status: Status, since: Millis, until: Millis
) -> tuple[Clock, ...]:
    """The clocks as they would stand at `until`, if the conversation had a status from `since` and were open then."""
    return clocks([*events, Event(since, status), Event(until, Status.OPEN)], policy, until)
