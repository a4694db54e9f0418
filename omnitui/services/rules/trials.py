"""A rule tried on the whole history before it is enabled: how often and where it would have fired, and what it changes.

Nothing is done. That a rule was tried, as it is, is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from omnitui.clock import DAY, Millis
from omnitui.desk.acting import steps as stepping
from omnitui.desk.acting.handing import agent_called
from omnitui.desk.acting.macros import TEXTS, Do
from omnitui.desk.acting.steps import Change, Foreseen, Step
from omnitui.desk.acting.telling import Words
from omnitui.desk.promises.agreements import load
from omnitui.desk.promises.sla import Policy
from omnitui.desk.querying.asof import Asked, Then, leaves, unknown
from omnitui.desk.querying.terms import Due, Paused, Query, Warned
from omnitui.desk.reasons import Reason, find
from omnitui.desk.rules import rule as pure
from omnitui.desk.rules.backtest import CLOCKS, LAST_ONLY, Trial
from omnitui.desk.rules.outcomes import conversation, settled
from omnitui.desk.rules.rule import Every, Rule, What
from omnitui.desk.rules.stories import HELD, Firing
from omnitui.desk.sharing.routing import Route
from omnitui.desk.times.until import until
from omnitui.errors import OmniError, Refused
from omnitui.i18n import _, ngettext
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.people import Agent
from omnitui.model.states import Priority, Status
from omnitui.services.texts import macros
from omnitui.services.triage import reasons
from omnitui.store import rules as kept
from omnitui.store.reads import accounts, inbox, replay, sla, tracing
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3
    import threading
    from datetime import tzinfo

    from omnitui.services.session import Session

LISTED: Final = 50
"""Firings that are shown in full where it is not said how many; the newest."""
BACK: Final[Millis] = 31 * DAY
"""How far back times that come again are tried where it is not said."""
MOST_TIMES: Final = 1_000
"""How many times of one that comes again within a day are tried then."""
Progress = Callable[[int, int], None]
"""Told how many conversations were gone through, of how many."""


@dataclass(frozen=True, slots=True)
class Example:
    """One firing in full."""

    at: Millis
    why: str
    foreseen: Foreseen
    """What it would have changed, in the conversation as it was."""
    sure: bool
    """False where something that the rule asks for may have been otherwise then."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a rule would have done, as if it had been on all along and no other rule."""

    rule: Rule
    since: Millis
    until: Millis
    looked: int
    """Conversations that were gone through one by one."""
    total: int
    """All that there are: the query's standing parts leave out the others at once."""
    fired: int
    conversations: int
    already: int
    """How often all was so already that it would have done."""
    refused: Mapping[str, int]
    """Why it could not have been done, and how often."""
    unsure: int
    fields: Mapping[str, int]
    """How often each field would have been changed; replies and notes are written."""
    cut: tuple[Ulid, Millis] | None
    """Where and when it would have been switched off first: it fired too often."""
    examples: tuple[Example, ...]
    """The newest."""
    limits: tuple[str, ...]
    """What cannot be known of the past, as far as this rule asks for it."""


class Stopped(OmniError):
    """The trial was given up."""


def attempt(
    session: Session,
    rule: Rule,
    *,
    since: Millis = 0,
    before: Millis | None = None,
    limit: int = LISTED,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> Tried:
    """Try a rule. Blocks for some seconds for a million messages; keeps that it was tried.

    Args:
        session: Whose.
        rule: Enabled or not.
        since: Only what happened then or after.
        before: Only what happened before.
        limit: Firings that are told in full, the newest.
        progress: Told of how far it has got.
        stop: Set, it ends without a result.

    Raises:
        Refused: It asks for what is not known of the past.
        Stopped: It was given up.
    """
    found = session.cache.read(_attempt, session, rule, since, before, limit, progress, stop)
    if not since and before is None:
        session.cache.write(lambda tx: kept.note_trial(tx, rule.name, rule.digest))
    return found


def _attempt(
    db: sqlite3.Connection,
    session: Session,
    rule: Rule,
    since: Millis,
    before: Millis | None,
    limit: int,
    progress: Progress | None,
    stop: threading.Event | None,
) -> Tried:
    now = session.cache.clock.now()
    end = now if before is None else min(before - 1, now)
    if unknown(session.query(rule.when).node):
        raise Refused(
            _("the query asks for what is not known of the past: drafts, the outbox, scores"),
            hint=_("It can be enabled without a trial."),
        )
    policies, queries = _agreements(db, session, rule)
    asked = Asked(lambda at: session.query(rule.when, at), end, queries)
    deeds = _Deeds(rule, accounts.agents(db), reasons.read(session.profile)[0], session.zone)
    from_time = since or (end - _back(rule) if rule.times else 0)
    trial = Trial(
        rule,
        asked,
        deeds.foresee,
        since=from_time,
        now=end,
        names=tracing.agents(db),
        most=limit,
        settled=settled(deeds.fixed) if deeds.fixed is not None else None,
        policies=policies,
        times=list(_times(rule, from_time, end, session.zone)),
    )
    total = db.execute("SELECT count(*) FROM conversation").fetchone()[0]
    wanted = replay.count(db, asked)
    with closing(replay.stories(db, asked, now, pure.heard((rule,)))) as stories:
        for story in stories:
            if story is None:
                trial.pass_over()
            else:
                trial.tell(story)
            if trial.told % replay.PAGE == 0:
                if progress is not None:
                    progress(trial.told, wanted)
                if stop is not None and stop.is_set():
                    raise Stopped(_("The trial was given up."))
    return Tried(
        rule,
        from_time,
        end,
        trial.told,
        total,
        trial.fired,
        trial.conversations,
        trial.already,
        trial.reasons,
        trial.unsure,
        trial.fields,
        trial.cut,
        tuple(_examples(db, deeds, rule, trial.firings)),
        tuple(_limits(rule, asked, trial, since)),
    )


def _agreements(db: sqlite3.Connection, session: Session, rule: Rule) -> tuple[Sequence[Policy], Sequence[Query]]:
    """The policies in force and their queries, where the rule asks for clocks."""
    asks = any(isinstance(one, Due | Warned | Paused) for one in leaves(session.query(rule.when).node))
    if not asks and not any(one.what in CLOCKS for one in rule.events):
        return (), ()
    found = load(sla.in_force(db))
    return found, [session.query(one.query, 0) for one in found]


class _Deeds:
    """What the steps of a rule would do at a moment of the past."""

    def __init__(self, rule: Rule, agents: Sequence[Agent], tree: Sequence[Reason], zone: tzinfo) -> None:
        self.rule = rule
        self.agents = agents
        self.zone = zone
        self._tree = tree
        fixed = [self._step(one, 0) for one in rule.steps if one.kind != "snooze" and not _routes(one)]
        self._beside = tuple(_told(one) for one in rule.steps if _routes(one))
        self.fixed: list[Step] | None = None
        """The steps, where they are the same at all times."""
        if len(fixed) == len(rule.steps):
            self.fixed = fixed
        self._spared = [one for one in self.fixed or () if one.verb != "reply"]

    def _step(self, one: Do, now: Millis) -> Step:
        match one.kind:
            case "reply":
                return stepping.reply(one.value)
            case "note":
                return stepping.note(one.value)
            case "label":
                on = [name.removeprefix("+") for name in one.value if not name.startswith("-")]
                return stepping.label(on, [name[1:] for name in one.value if name.startswith("-")])
            case "assign":
                return stepping.assign(agent_called(self.agents, one.value or "none"))
            case "priority":
                return stepping.priority(Priority(one.value))
            case "snooze":
                return stepping.snooze(until(one.value, now=now, zone=self.zone))
            case "read":
                return stepping.read(one.value)
            case _:
                reason = find(self._tree, one.beside).path if one.beside else None
                return stepping.status(Status(one.value), reason)

    def foresee(self, then: Then) -> Foreseen:
        """What becomes of a conversation as it is then; the texts are those of the file."""
        row = conversation(then)
        try:
            steps = self.fixed
            if steps is None:
                steps = [self._step(one, then.at) for one in self.rule.steps if not _routes(one)]
            if then.auto:
                steps = [one for one in steps if one.verb != "reply"]
        except OmniError as error:
            return Foreseen(row, why_not=error.message)
        found = stepping.foresee(row, steps, then.at)
        if self._beside and not found.why_not:
            return replace(found, changes=(*found.changes, *self._beside))
        return found


def _told(one: Do) -> Change:
    """What is told of a step whose outcome in the past is not known."""
    if one.kind == "csat":
        return Change("asked", None, _("how satisfied the customer is"))
    return Change("routed", None, _("whoever is found for it"))


def _routes(one: Do) -> bool:
    """Whether what a step does depends on more than the conversation and the time."""
    return one.kind == "csat" or (one.kind == "assign" and isinstance(one.value, Route))


def _back(rule: Rule) -> Millis:
    """How far back times that come again are tried."""
    return min([BACK, *(MOST_TIMES * one.span for one in rule.times if one.span)])


def _times(rule: Rule, since: Millis, end: Millis, zone: tzinfo) -> Iterator[tuple[Millis, Every]]:
    """The times of a rule that came between two moments."""
    at: Millis | None = since - 1
    while rule.times and at is not None:
        at = pure.next_time(rule.times, at, zone)
        if at is None or at > end:
            return
        now = at
        every = next(one for one in rule.times if pure.next_time([one], now - 1, zone) == now)
        yield at, every


def _examples(db: sqlite3.Connection, deeds: _Deeds, rule: Rule, firings: Sequence[Firing]) -> Iterator[Example]:
    rows = {row.id: row for row in inbox.conversations(db, {one.conversation_id for one in firings})}
    for firing in firings:
        held = dict(zip(HELD, firing.held, strict=True))
        row = replace(rows[firing.conversation_id], send_state=None, has_draft=False, **held)
        foreseen = Foreseen(row, firing.changes)
        try:
            foreseen = Foreseen(row, tuple(_written(db, deeds, row, firing)))
        except OmniError as error:
            foreseen = Foreseen(row, why_not=error.message)
        yield Example(firing.at, pure.why(rule, firing.on, firing.happened), foreseen, firing.sure)


def _written(db: sqlite3.Connection, deeds: _Deeds, row: Conversation, firing: Firing) -> Iterator[Change]:
    """The changes with their texts filled in for this customer."""
    from omnitui.services.texts.rendering import rendered

    known: dict[str, Any] = {}
    for change in firing.changes:
        if change.field in TEXTS:
            known = known or macros.facts(db, row, deeds.agents, firing.at, deeds.zone)
            yield replace(change, after=rendered(change.after, known))
        else:
            yield change


def _limits(rule: Rule, asked: Asked, trial: Trial, since: Millis) -> Iterator[str]:
    """What cannot be known, as far as it matters here."""
    whats = {one.what for one in rule.events}
    if asked.agreements:
        yield _("agreements and their calendars are taken as they are today")
    if whats & LAST_ONLY:
        yield _("of failed replies and of ratings the last alone is known")
    if rule.times and not since:
        yield _("times that come again are tried for the last {span}").format(span=pure.span_words(_back(rule)))
    if asked.standing:
        yield _("customers, their firms and languages are taken as they are today")
    if asked.windows:
        yield _("reply windows are counted as their channels have them today")
    if asked.unread:
        yield _("what was read elsewhere is not known")
    if trial.unsure or whats - {What.MESSAGE, What.BEGUN, What.NOTE, What.REPLY}:
        yield _("of what the back end changed, the last time of each field is known")
    if any(one.kind == "reply" for one in rule.steps):
        yield _("whether the channel would have taken a reply then is not asked")
    if any(map(_routes, rule.steps)):
        yield _("whom routing would have found, and who was asked before, is not known")


def summary(found: Tried) -> str:
    """What came of a trial, in one sentence."""
    said = ngettext(
        "it would have fired {n} time", "it would have fired {n} times", found.fired
    ).format(n=f"{found.fired:,}")  # fmt: skip
    if found.fired:
        said += ngettext(" on {n} conversation", " on {n} conversations", found.conversations).format(
            n=f"{found.conversations:,}"
        )
    return said


def facts(found: Tried, words: Words) -> Iterator[str]:
    """What is to be said beside that, a line each."""
    if found.fields:
        yield _("changes: {fields}").format(
            fields=", ".join(f"{words.field(name)} {n:,}" for name, n in sorted(found.fields.items()))
        )
    if found.already:
        yield ngettext(
            "{n} time all was so already", "{n} times all was so already", found.already
        ).format(n=f"{found.already:,}")  # fmt: skip
    for why, n in sorted(found.refused.items(), key=lambda one: -one[1]):
        yield ngettext("{n} time it could not: {why}", "{n} times it could not: {why}", n).format(n=f"{n:,}", why=why)
    if found.unsure:
        yield _("{n} of them are not sure: something unseen may have been otherwise then").format(n=f"{found.unsure:,}")
    if found.cut is not None:
        yield _("it would have been switched off on {time}: it fired too often on one conversation").format(
            time=words.moment(found.cut[1])
        )
    yield from found.limits
