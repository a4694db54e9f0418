"""What comes of asking rules about something: which one fires, what is looked at later, what is cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from omnitui.clock import Millis
from omnitui.desk.rules import rule as pure
from omnitui.desk.rules.rule import Barred, On, Rule
from omnitui.errors import OmniError
from omnitui.ids import Ulid
from omnitui.logs import logger
from omnitui.store.reads import rules as reads
from omnitui.store.reads.rules import State, Waiting
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3

    from omnitui.desk.querying.terms import Query
    from omnitui.services.session import Session
    from omnitui.services.triage.views import Names, Views

LOG = logger(__name__)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A rule that is to fire."""

    rule: Rule
    conversation_id: Ulid
    why: str
    at: Millis
    """Of what set it off."""
    message_id: Ulid | None = None
    cause: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking rules about something."""

    chosen: Chosen | None = None
    timers: tuple[tuple[Rule, On, bool], ...] = ()
    """What is to be looked at later, or no more, since the query does not hold."""
    cut: Rule | None = None
    """A rule that fires too often."""
    deep: Rule | None = None
    """One that stands at the end of too long a chain."""

    @property
    def nothing(self) -> bool:
        return self == Asked()


class Asking:
    """The rules in force, asked one after the other in the order of the file."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.rules: tuple[Rule, ...] = ()
        self.states: dict[str, State] = {}
        self._views: Names | None = None
        self._doubtful: set[str] = set()
        """Rules whose query makes no sense now, where the log says so."""

    def renew(self, rules: tuple[Rule, ...], states: dict[str, State]) -> None:
        """From now on these are in force."""
        self.rules, self.states = rules, states
        self._doubtful.clear()

    def see(self, views: Views) -> None:
        """From now on `view:` names these."""
        from omnitui.services.triage.views import Names

        self._views = Names(views)

    def ask(self, db: sqlite3.Connection, waiting: Waiting) -> Asked:
        """Ask the rules that were not asked yet, until one fires."""
        happened, timers = waiting.happened, list[tuple[Rule, On, bool]]()
        for rule in self._left(waiting.asked.split()):
            state = self.states.get(rule.name)
            fitting = [on for on in rule.events if pure.fits(on, happened)]
            if not fitting or not _concerns(state, waiting):
                continue
            holds = self.holds(db, rule, happened.conversation_id)
            timers += [(rule, on, holds) for on in fitting if on.after]
            on = next((on for on in fitting if not on.after), None)
            if on is None or not holds:
                continue
            why = pure.why(rule, on, happened)
            chosen = Chosen(rule, happened.conversation_id, why, happened.at, happened.message_id, waiting.cause)
            match self._barred(db, chosen):
                case None:
                    return Asked(chosen, tuple(timers))
                case Barred.CUT:
                    return Asked(None, tuple(timers), cut=rule)
                case Barred.DEEP:
                    return Asked(None, tuple(timers), deep=rule)
                case _:
                    continue
        return Asked(None, tuple(timers))

    def _left(self, asked: Sequence[str]) -> Sequence[Rule]:
        """The rules that were not asked yet: those behind the last one that was, or all others where that is gone."""
        at = next((number for number, rule in enumerate(self.rules, 1) if rule.name == asked[-1]), 0) if asked else 0
        return [rule for rule in self.rules[at:] if rule.name not in asked]

    def up_to(self, waiting: Waiting, last: Rule) -> list[str]:
        """The rules that were asked about something once `last` was, which comes last."""
        names = [rule.name for rule in self.rules]
        return list(dict.fromkeys([*waiting.asked.split(), *names[: names.index(last.name) + 1]]))

    def ask_one(self, db: sqlite3.Connection, chosen: Chosen) -> Asked:
        """What comes of asking one rule."""
        if not self.holds(db, chosen.rule, chosen.conversation_id):
            return Asked()
        match self._barred(db, chosen):
            case None:
                return Asked(chosen)
            case Barred.CUT:
                return Asked(cut=chosen.rule)
            case Barred.DEEP:
                return Asked(deep=chosen.rule)
            case _:
                return Asked()

    def _barred(self, db: sqlite3.Connection, chosen: Chosen) -> Barred | None:
        past = reads.past(db, chosen.rule.name, chosen.conversation_id, chosen.cause)
        return pure.barred(chosen.rule, chosen.conversation_id, past, chosen.at)

    def holds(self, db: sqlite3.Connection, rule: Rule, conversation_id: Ulid) -> bool:
        query = self.query(rule)
        return query is not None and reads.holds(db, query, conversation_id)

    def query(self, rule: Rule) -> Query | None:
        """The query of a rule, as seen from now; None where it makes no sense any more."""
        try:
            return self._session.query(rule.when, views=self._views)
        except OmniError as error:
            if rule.name not in self._doubtful:
                self._doubtful.add(rule.name)
                LOG.warning("rule %s: %s", rule.name, error.message)
            return None


def _concerns(state: State | None, waiting: Waiting) -> bool:
    """Whether something happened since a rule is in force, and since its account is here."""
    if state is None or state.since_at is None:
        return False
    return waiting.pk > state.since_pk and waiting.happened.at >= max(state.since_at, waiting.begun_at)
