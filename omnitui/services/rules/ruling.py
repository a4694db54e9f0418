"""Rules at work: asked about what happened and what is due, one thing after the other, in the process that syncs.

What happened waits in the cache (`omnitui.store.rule_journal`). What a rule does, and that it was asked, is one
commit: killed at any moment, no firing is lost and none is done twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from omnitui.clock import Millis
from omnitui.desk.acting.macros import Macro
from omnitui.desk.rules import rule as pure
from omnitui.desk.rules.rule import Rule
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.logs import logger
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Verb
from omnitui.services.acting import outgoing
from omnitui.services.acting.performing import Job, Performing
from omnitui.services.acting.recording import Intent, record
from omnitui.services.rules.answerable import why_unanswered
from omnitui.services.rules.asking import Asked, Asking, Chosen
from omnitui.services.texts import macros
from omnitui.store import rules as kept
from omnitui.store.faults import CacheError
from omnitui.store.reads import inbox
from omnitui.store.reads import rules as reads
from omnitui.store.reads.rules import Firing, State, Waiting
from omnitui.store.writer import Tx
from omnitui.sync.lease import LeaseLost

if TYPE_CHECKING:
    from omnitui.services.session import Session
    from omnitui.services.triage.views import Views

LOG = logger(__name__)

AT_ONCE: Final = 100
"""Events that are read at once."""
_Beside = Callable[[Tx], bool]
"""What is committed beside a firing: that it was asked. False where another process has done so."""


class Ruling(Performing):
    """The rules of a profile, in force."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.cache, session.holds)
        self._session = session
        self._every: tuple[Rule, ...] = ()
        """Those of the file."""
        self._faulty: Collection[str] = ()
        self._asking = Asking(session)

    def put_in_force(self, rules: Sequence[Rule], views: Views | None = None, faulty: Collection[str] = ()) -> None:
        """Have the enabled ones of these rules be in force from now on, unless they were cut.

        Args:
            rules: Those of the file.
            views: What their queries name; those of the session where not given.
            faulty: The names of those that cannot be read just now.
        """
        self._faulty = faulty
        if views is not None:
            self._asking.see(views)

        def work(tx: Tx) -> tuple[Rule, ...]:
            self._cache.check_lead()
            states = reads.states(tx.db)
            found = tuple(one for one in rules if one.enabled and not _is_cut(states.get(one.name)))
            kept.put_in_force(tx, found, faulty)
            for rule in found:
                self._wind(tx, rule, states.get(rule.name))
            return found

        self._every, found = tuple(rules), self._cache.write(work)
        self._asking.renew(found, self._cache.read(reads.states))

    def stands(self) -> bool:
        """Whether those are in force that are meant to be; another process may have switched one on again."""
        self._asking.states = self._cache.read(reads.states)
        now = self._cache.clock.now()
        wanted = {one.name for one in self._every if one.enabled and not _is_cut(self._asking.states.get(one.name))}
        here = {name: state.since_at for name, state in self._asking.states.items() if state.since_at is not None}
        return wanted == {*here} == {one.name for one in self._asking.rules} and max(here.values(), default=now) <= now

    def _wind(self, tx: Tx, rule: Rule, state: State | None) -> None:
        """Say when a rule's time comes next, where that is not known."""
        zone = self._session.zone
        said = f"{', '.join(one.words for one in rule.times)} {zone}" if rule.times else ""
        next_at = pure.next_time(rule.times, tx.now(), zone)
        known = state.next_at if state is not None and state.times == said else None
        # Later than the next one it is only where the clock was ahead.
        if state is None or state.times != said or (next_at is not None and (known is None or known > next_at)):
            kept.set_times(tx, rule.name, said, next_at)

    def work(self, stop: threading.Event | None = None) -> int:
        """Ask about all that has happened and is due; how many commits that took."""
        turns = 0
        while not (stop is not None and stop.is_set()) and self.stands() and self.turn():
            turns += 1
        return turns

    def turn(self) -> bool:
        """Deal with something; False where nothing is left. What happened comes before what is due: it may move it."""
        if waiting := self._cache.read(reads.events, AT_ONCE):
            self._ask_all(waiting)
            return True
        now = self._cache.clock.now()
        if due := self._cache.read(reads.timers, now, 1):
            self._ring(due[0])
            return True
        for rule in self._asking.rules:
            state = self._asking.states.get(rule.name)
            if state is not None and state.next_at is not None and state.next_at <= now:
                self._go_round(rule, state, state.next_at)
                return True
        return False

    # What happened

    def _ask_all(self, waiting: Sequence[Waiting]) -> None:
        """Ask about events until one of them sets something off."""
        for one in waiting:
            asked = self._cache.read(self._asking.ask, one)
            if not asked.nothing or one is waiting[-1]:
                self._settle(one, asked)
                return

    def _settle(self, waiting: Waiting, asked: Asked) -> None:
        """Commit what came of asking: what fires, what is to be looked at later, and that it was asked."""

        def beside(tx: Tx) -> bool:
            if not reads.stands(tx.db, waiting):
                return False  # another process was faster
            for rule, on, holds in asked.timers:
                if holds:
                    kept.set_timer(tx, rule.name, on.words, waiting, waiting.happened.at + on.after)
                else:
                    kept.drop_timer(tx, rule.name, on.words, waiting.happened.conversation_id)
            last = asked.chosen.rule if asked.chosen else asked.cut or asked.deep
            if last is None or (asked.chosen is not None and last.stop):
                kept.done_with(tx, waiting)
            else:
                kept.asked(tx, waiting, self._asking.up_to(waiting, last))
            return True

        self._commit_one(beside, asked)

    def _commit_one(self, beside: _Beside, asked: Asked) -> None:
        if asked.chosen is not None:
            self._fire(asked.chosen, beside)
        elif asked.cut is not None:
            self._cut(asked.cut, beside)
        elif asked.deep is not None:
            self._failed(asked.deep, _("rules set off one another more than {n} deep").format(n=pure.DEEPEST), beside)
        else:
            self._commit_work(beside)

    # What is due

    def _ring(self, waiting: Waiting) -> None:
        """A timer is due: an agreement's is an event from now on; a rule fires, if its query holds still."""
        if reads.agreement(waiting):
            self._commit_work(lambda tx: kept.fall_due(tx, waiting))
            return
        rule = next((one for one in self._asking.rules if one.name == waiting.name), None)
        on = next((one for one in rule.events if one.words == waiting.clock), None) if rule else None
        asked = Asked()
        if rule is not None and on is not None:
            happened = waiting.happened
            why = pure.why(rule, on, happened)
            chosen = Chosen(rule, happened.conversation_id, why, waiting.due_at, happened.message_id, waiting.cause)
            asked = self._cache.read(self._asking.ask_one, chosen)

        def beside(tx: Tx) -> bool:
            if not reads.stands(tx.db, waiting):
                return False
            kept.done_with(tx, waiting)
            return True

        self._commit_one(beside, asked)

    def _go_round(self, rule: Rule, state: State, at: Millis) -> None:
        """A rule's time has come: go on through the conversations that its query finds."""
        query = self._asking.query(rule)
        found = self._cache.read(reads.found_by, query, state.reached, AT_ONCE) if query is not None else []
        every = next((one for one in rule.times if pure.next_time([one], at - 1, self._session.zone) == at), None)
        why = pure.why(rule, every or rule.times[0], None)
        reached, asked = state.reached, Asked()
        for row, own in found:
            reached, asked = row, self._cache.read(self._asking.ask_one, Chosen(rule, own, why, at))
            if not asked.nothing:
                break
        over = not found or (asked.nothing and len(found) < AT_ONCE)

        def beside(tx: Tx) -> bool:
            now = reads.states(tx.db).get(rule.name)
            if now is None or (now.next_at, now.reached) != (at, state.reached):
                return False
            if over:
                kept.set_times(tx, rule.name, now.times, pure.next_time(rule.times, tx.now(), self._session.zone))
            else:
                kept.reach(tx, rule.name, reached)
            return True

        self._commit_one(beside, asked)
        self._asking.states = self._cache.read(reads.states)

    # Firing

    def _fire(self, chosen: Chosen, beside: _Beside) -> None:
        """Do what a rule says, in the commit of what stands `beside` it."""
        rule = chosen.rule
        try:
            macro = Macro(rule.name, rule.title, rule.steps)
            job = macros.plan(self._session, macro, [chosen.conversation_id])[0]
            job, chosen = self._spared(job, chosen)
            reason = pure.reason_of(rule, chosen.why)
            written = self._written(job, reason)
            why_not = job.why_not or (written if isinstance(written, str) else "")
            if why_not or isinstance(written, str):
                self._failed(rule, why_not, beside)
                return

            def work(tx: Tx) -> None:
                self._cache.check_lead()
                if not self._stands_still(tx, rule) or not self._asking.holds(tx.db, rule, chosen.conversation_id):
                    return  # somebody was faster: it is asked anew
                row = inbox.conversation(tx.db, chosen.conversation_id)
                if row is None or not beside(tx):
                    return
                foreseen = self._foreseen(tx.db, job, row)
                if foreseen.why_not:
                    kept.fail(tx, rule.name, foreseen.why_not)
                if foreseen.why_not or not foreseen.changes:
                    return
                group = tx.ids.new()
                firing = Firing(group, rule.name, row.id, tx.now(), chosen.why)
                replied = any(step.verb is Verb.REPLY for step in job.steps)
                kept.begin_firing(tx, firing, chosen.at, replied=replied, cause=chosen.cause)
                self._tell(tx, group, rule, chosen, reason)
                self._done(tx, group, row, job.steps, written, reason)

            self._cache.write(work)
        except (LeaseLost, CacheError):
            raise
        except Exception as error:
            LOG.exception("rule %s failed", rule.name)
            self._failed(rule, error.message if isinstance(error, OmniError) else type(error).__name__, beside)

    def _stands_still(self, tx: Tx, rule: Rule) -> bool:
        """Whether nobody has switched a rule off since it was looked at."""
        state = reads.states(tx.db).get(rule.name)
        return state is not None and state.since_at == self._asking.states[rule.name].since_at

    def _spared(self, job: Job, chosen: Chosen) -> tuple[Job, Chosen]:
        """Without replies, where no machine may write; the firing says so."""
        if not any(step.verb is Verb.REPLY for step in job.steps):
            return job, chosen
        why = self._cache.read(why_unanswered, self._cache.blobs, chosen.conversation_id, chosen.message_id)
        if not why:
            return job, chosen
        left = tuple(step for step in job.steps if step.verb is not Verb.REPLY)
        return replace(job, steps=left), replace(
            chosen, why=_("{why} (no reply: {reason})").format(why=chosen.why, reason=why)
        )

    def _tell(self, tx: Tx, group: Ulid, rule: Rule, chosen: Chosen, reason: str) -> Op | None:
        """The line of the timeline that says which rule fires, and why; its op names the act."""
        row = inbox.conversation(tx.db, chosen.conversation_id)
        assert row is not None
        message = outgoing.activity(row, self._me, pure.line(rule, chosen.why), tx.ids, tx.now(), group)
        fields = outgoing.as_fields(message)
        intent = Intent(Verb.RULE, ObjectKind.MESSAGE, message.id, fields, row.id, reason, op_id=group)
        return record(tx, self._me.id, group, intent)

    def _cut(self, rule: Rule, beside: _Beside) -> None:
        why = _("it fired more than {n} times within an hour on one conversation, or wrote so often to one contact")
        said = why.format(n=pure.MOST)
        left = tuple(one for one in self._asking.rules if one.name != rule.name)

        def work(tx: Tx) -> bool:
            self._cache.check_lead()
            if not beside(tx):
                return False
            kept.cut(tx, rule.name, said)
            kept.put_in_force(tx, left, self._faulty)
            return True

        if self._cache.write(work):
            LOG.warning("rule %s is switched off: %s", rule.name, said)
            self._asking.renew(left, self._cache.read(reads.states))

    def _failed(self, rule: Rule, why: str, beside: _Beside) -> None:
        """Keep why a rule could not do what it says, in the commit of what stands `beside` it."""
        LOG.warning("rule %s could not do what it says: %s", rule.name, why)

        def work(tx: Tx) -> None:
            self._cache.check_lead()
            if beside(tx):
                kept.fail(tx, rule.name, why)

        self._cache.write(work)

    def _commit_work(self, beside: Callable[[Tx], object]) -> None:
        def work(tx: Tx) -> None:
            self._cache.check_lead()
            beside(tx)

        self._cache.write(work)


def _is_cut(state: State | None) -> bool:
    return state is not None and state.cut_at is not None
