"""Several steps on any number of conversations as one act: foreseen without doing it, done in one commit, one undo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from omnitui.clock import Millis
from omnitui.desk.acting import steps as stepping
from omnitui.desk.acting.steps import WORDS, Foreseen, Step
from omnitui.errors import NotFound, OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.operations import Fields, Op
from omnitui.model.states import ObjectKind, Verb
from omnitui.sdk import snapshot
from omnitui.sdk.capabilities import why_barred
from omnitui.services.acting import outgoing
from omnitui.services.acting.recording import Intent, record
from omnitui.services.acting.writing import Writing
from omnitui.services.triage.csat import why_not_asked
from omnitui.services.triage.routing import settle
from omnitui.store.presence import take_turn
from omnitui.store.reads import accounts, history, inbox, merging
from omnitui.store.writer import Tx
from omnitui.sync.allowance import allowance, policy_of
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done to one conversation."""

    conversation_id: Ulid
    steps: tuple[Step, ...]
    why_not: str = ""
    """Why it cannot be done, where that is known already: a text in which something is still to be filled in."""


@dataclass(frozen=True, slots=True)
class Performed:
    """What an act of several steps came to."""

    ops: tuple[Op, ...]
    left: tuple[Foreseen, ...] = ()
    """Conversations to which nothing was done, each with the reason."""


def jobs(ids: Iterable[Ulid], steps: Sequence[Step]) -> list[Job]:
    """The same steps for each of these conversations."""
    same = tuple(steps)
    return [Job(one, same) for one in dict.fromkeys(ids)]


def joined(plans: Iterable[Sequence[Job]]) -> list[Job]:
    """Several plans for the same conversations as one: what cannot be done in one of them is not done at all."""
    steps: dict[Ulid, tuple[Step, ...]] = {}
    reasons: dict[Ulid, str] = {}
    for plan in plans:
        for job in plan:
            steps[job.conversation_id] = (*steps.get(job.conversation_id, ()), *job.steps)
            reasons[job.conversation_id] = reasons.get(job.conversation_id) or job.why_not
    return [Job(one, some, reasons[one]) for one, some in steps.items()]


def _settled(db: sqlite3.Connection, steps: Sequence[Step], now: Millis) -> tuple[Step, ...]:
    """The same steps, where an agent is to be chosen with the one who is to get it now, and why."""
    found: list[Step] = []
    for step in steps:
        if "route" in step.values:
            choice = settle(db, step.values["route"], now)
            got = {"assignee_id": choice.agent.id, "why": choice.why} if choice.agent else {"nobody": choice.why}
            step = Step(step.verb, {**step.values, **got})
        found.append(step)
    return tuple(found)


class Performing(Writing):
    """Adds acts of several steps to what agents write."""

    def foresee(self, wanted: Sequence[Job]) -> list[Foreseen]:
        """What `perform` would do now, conversation by conversation; what is not here any more is left out."""

        def look(db: sqlite3.Connection) -> list[Foreseen]:
            rows = {row.id: row for row in inbox.conversations(db, [job.conversation_id for job in wanted])}
            found = [(job, rows[job.conversation_id]) for job in wanted if job.conversation_id in rows]
            return [self._foreseen(db, job, row) for job, row in found]

        return self._cache.read(look)

    def perform(self, wanted: Sequence[Job], reason: str = "") -> Performed:
        """Do it: one commit, one group of ops, one undo. A conversation gets all of its steps or none.

        Args:
            wanted: What to do, and where.
            reason: Why; it is in the op log.
        """
        chosen = {job.conversation_id: job for job in wanted}
        written = {job.conversation_id: self._written(job, reason) for job in chosen.values()}

        def work(tx: Tx) -> Performed:
            group = tx.ids.new()
            made: list[Op] = []
            left: list[Foreseen] = []
            rows = inbox.conversations(tx.db, [*chosen])
            if chosen and not rows:
                raise NotFound(_("there is no conversation {id}").format(id=next(iter(chosen))))
            for row in rows:
                job, ready = chosen[row.id], written[row.id]
                foreseen = self._foreseen(tx.db, job, row)
                if isinstance(ready, str) and not foreseen.why_not:
                    foreseen = Foreseen(row, why_not=ready)
                if foreseen.why_not or isinstance(ready, str):
                    left.append(foreseen)
                elif foreseen.changes:
                    made += self._done(tx, group, row, job.steps, ready, reason)
            return Performed(tuple(made), tuple(left))

        return self._cache.write(work)

    def _written(self, job: Job, reason: str) -> str | list[Callable[[Tx, Ulid], Op]]:
        """The messages of a job, ready to be recorded; or why they cannot be written."""
        try:
            return [
                self._noting(job.conversation_id, step.values["text"], reason=reason)
                if step.verb is Verb.NOTE
                else self._replying(
                    job.conversation_id,
                    step.values["text"],
                    at=step.values.get("at"),
                    reason=reason,
                    csat=step.values.get("csat"),
                )
                for step in job.steps
                if step.verb in WORDS and not job.why_not
            ]
        except OmniError as error:
            return error.message

    def _foreseen(self, db: sqlite3.Connection, job: Job, row: Conversation) -> Foreseen:
        if job.why_not:
            return Foreseen(row, why_not=job.why_not)
        found = stepping.foresee(row, _settled(db, job.steps, self._cache.clock.now()), self._cache.clock.now())
        replies = [step for step in job.steps if step.verb is Verb.REPLY]
        if replies and not found.why_not:
            way = inbox.conversation(db, merging.way(db, row.id)) or row
            if why := self._why_no_reply(db, way, replies):
                return Foreseen(row, why_not=why)
        return found

    def _why_no_reply(self, db: sqlite3.Connection, row: Conversation, replies: Sequence[Step]) -> str:
        capabilities = snapshot.read(accounts.capabilities(db, row.account_id), row.channel)
        if not capabilities.writes:
            return _("this channel takes no written replies")
        for step in replies:
            if "csat" in step.values and (why := why_not_asked(db, row, step)):
                return why
            if not step.values["text"].strip():
                return _("there is nothing to send")
            try:
                outgoing.checked_length(step.values["text"], capabilities, 0)
            except OmniError as error:
                return error.message
        now = self._cache.clock.now()
        if any(step.values.get("at") is not None and step.values["at"] <= now for step in replies):
            return _("that time has passed")
        return why_barred(policy_of(capabilities, row, now, allowance(db, capabilities, row)))

    def _done(
        self,
        tx: Tx,
        group: Ulid,
        row: Conversation,
        steps: Sequence[Step],
        written: Sequence[Callable[[Tx, Ulid], Op]],
        reason: str,
    ) -> list[Op]:
        held = stepping.fields_of(row)
        words = iter(written)
        made: list[Op] = []
        for step in _settled(tx.db, steps, tx.now()):
            if step.verb in WORDS:
                made.append(next(words)(tx, group))
                continue
            if step.values.get("nobody"):
                made.append(self._left(tx, group, row, step.values["nobody"], reason))
                continue
            if step.verb is Verb.TASK:
                op = self._tasked(tx, group, row.id, step.values, reason)
                made += [op] if op is not None else []
                continue
            after = stepping.after(step, row, held, tx.now())
            held.update(after)
            if step.verb is Verb.READ:
                made += self._marked(tx, group, row.id, step.values["read"], reason)
                continue
            said = "; ".join(part for part in (reason, step.values.get("why", "")) if part)
            op = record(tx, self._me.id, group, Intent(step.verb, ObjectKind.CONVERSATION, row.id, after, row.id, said))
            if op is not None:
                made.append(op)
                if "route" in step.values:
                    take_turn(tx, step.values["route"].pool, after["assignee_id"], op.id)
        return made

    def _tasked(self, tx: Tx, group: Ulid, own: Ulid, values: Fields, reason: str) -> Op | None:
        # A new one belongs to the part that is answered, and goes with it when they are cut apart.
        way, fields = merging.way(tx.db, own), dict(values["fields"])
        if not values["task"]:
            fields["conversation_id"] = way
        task_id = values["task"] or tx.ids.new()
        return record(tx, self._me.id, group, Intent(Verb.TASK, ObjectKind.TASK, task_id, fields, way, reason))

    def _left(self, tx: Tx, group: Ulid, row: Conversation, why: str, reason: str) -> Op:
        """The line of the history that says why nobody was given a conversation."""
        op_id = tx.ids.new()
        text = _("given to nobody: {why}").format(why=why)
        line = outgoing.activity(row, self._me, text, tx.ids, tx.now(), op_id)
        fields = outgoing.as_fields(line)
        op = record(
            tx,
            self._me.id,
            group,
            Intent(Verb.ASSIGN, ObjectKind.MESSAGE, line.id, fields, row.id, reason, op_id=op_id),
        )
        assert op is not None
        return op

    def _marked(self, tx: Tx, group: Ulid, own: Ulid, read: bool, reason: str) -> list[Op]:
        """The read mark of a conversation, and of its parts where it is read."""
        wanted = (
            {one: list[Ulid]() for one in merging.members(tx.db, [own])}
            if read
            else {merging.way(tx.db, own): history.newest_incoming(tx.db, own)}
        )
        intents = [
            Intent(Verb.READ, ObjectKind.CONVERSATION, one, {"unread": unread}, one, reason)
            for one, unread in wanted.items()
        ]
        made = [record(tx, self._me.id, group, intent) for intent in intents]
        return [op for op in made if op is not None]
