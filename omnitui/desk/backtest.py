"""A rule tried on what has happened: where it would have fired, as if it had been on all along, and what it changes.

A conversation's story is told from its beginning; what the rule would have done to it counts from there on, so that
what it settles once does not set it off again. Other rules are not asked. Pure: the store tells the stories.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple, cast

from omnitui.clock import Millis
from omnitui.desk.asof import Asked, Test, Then, all_of
from omnitui.desk.rules import Barred, Every, Happened, On, Past, Rule, What, barred, fits, heard
from omnitui.desk.steps import Change, Foreseen
from omnitui.desk.steps import Step as Wanted
from omnitui.desk.tracing import Step
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.states import Flag, Priority, Status, Verb
from omnitui.values import dataclass

UNKNOWN: Final = frozenset({What.WARNED, What.BREACHED})
"""What the log does not keep: when the clocks of agreements said what."""
LAST_ONLY: Final = frozenset({What.FAILED, What.RATED})
"""Of what the last time alone is kept."""
_ASLEEP: Final = frozenset({Status.RESOLVED, Status.WAITING, Status.SNOOZED})
"""What a customer's words end."""


Said = tuple[Millis, Ulid, int, str, str, int, int, int]
"""A message as the store finds it, as there are millions: when it came, its id, role, direction, kind, how many files
it has, whether it was unread as it came, the row of its conversation. The role is 1: a customer's words, 2: an answer,
3: anything else that is shown."""


class Story(NamedTuple):
    """Everything that is known of one conversation, in the order in which it came to pass."""

    id: Ulid
    then: Then
    """As it began."""
    said: Sequence[Said]
    changes: Sequence[tuple[Millis, str, Step]] = ()
    """When, which field, from what to what; unseen ones are left out."""
    marks: Sequence[tuple[Millis, int]] = ()
    """When messages were marked as read or unread, and by how many that changed what is unread."""
    events: Sequence[tuple[Millis, What, str]] = ()
    """What is known beside that, with its subject."""
    unsure: Sequence[tuple[Millis, Millis]] = ()
    """From when until when something that was asked for is not known."""
    windows: tuple[Millis | None, Millis | None] = (None, None)
    """When the customer wrote last, and until when that may be answered."""
    ended: Millis | None = None
    """When it was deleted."""


@dataclass(frozen=True, slots=True)
class Firing:
    """One time that the rule would have fired."""

    conversation_id: Ulid
    at: Millis
    on: On | Every
    happened: Happened | None
    changes: tuple[Change, ...]
    held: tuple[Any, ...]
    """The conversation as it was: the fields HELD."""
    sure: bool
    """False where something the rule asks for may have been otherwise then."""


HELD: Final = (
    *("status", "priority", "assignee_id", "assignee", "labels", "flags", "snoozed_until", "contact_reason"),
    *("subject", "unread", "last_activity_at", "last_incoming_at", "unanswered_since", "window_closes_at"),
)
"""The fields of a conversation that are known of the past."""
_held: Final = attrgetter(*HELD)
_Heard = tuple[What, str, str, Ulid | None]
"""What, its subject, what was before, the message."""
Deed = Callable[[Then], Foreseen]
"""What the rule's steps would do to a conversation as it is then."""
Take = Callable[[Firing], None]


class Trial:
    """Counts what a rule would have done, story by story."""

    def __init__(
        self,
        rule: Rule,
        asked: Asked,
        deed: Deed,
        *,
        since: Millis,
        now: Millis,
        take: Take,
        names: Mapping[Ulid, str],
        settled: Test | None = None,
        times: Sequence[tuple[Millis, Every]] = (),
    ) -> None:
        self._rule = rule
        self._holds = asked.holds
        self._deed = deed
        self._since = since
        self._now = now
        self._take = take
        self._settled = settled
        self._names = names
        self._times = times
        self._heard = heard((rule,))
        self._ons = {what: tuple(on for on in rule.events if What.STATUS in heard((rule,)) or on.what is what)
                     for what in self._heard}  # fmt: skip
        self._simple = next(iter(rule.events)) if len(rule.events) == 1 and not rule.times else None
        if self._simple is not None and (self._simple.after or self._simple.subject):
            self._simple = None
        self.conversations = self.fired = self.already = self.refused = self.unsure = self.told = 0
        self.fields: dict[str, int] = {}
        """How often each field would have been changed; `reply` and `note` are written."""
        self.reasons: dict[str, int] = {}
        """Why nothing could have been done, and how often."""
        self.cut: tuple[Ulid, Millis] | None = None
        """Where and when it would have been cut first: it fired too often."""

    def tell(self, story: Story) -> None:
        """Try the rule on one conversation."""
        self.told += 1
        one = _One(self, story)
        one.run()
        self.conversations += one.fired > 0


class _One:
    """One story as it is being told."""

    def __init__(self, trial: Trial, story: Story) -> None:
        self.trial = trial
        self.story = story
        self.then = story.then
        self.fired = 0
        self._fires: list[Millis] = []
        self._due: dict[On, tuple[Millis, Happened]] = {}
        self._next = 0
        self._own_status = False
        self._answered: Millis | None = None

    def run(self) -> None:
        trial, story = self.trial, self.story
        self._next = bisect_left(trial._times, max(self.then.at, trial._since), key=lambda one: one[0])
        if not (story.changes or story.marks or story.events):
            # Most have no more than messages.
            self._messages(story.said)
        else:
            self._all()
        if trial._times or self._due:
            self._pass(trial._now + 1)

    def _messages(self, said: Sequence[Said]) -> None:
        place, size = 0, len(said)
        happened: list[_Heard] = []
        clocked = bool(self.trial._times)
        hear, set_off = self._hear, self._set_off
        while place < size:
            now = said[place][0]
            if clocked or self._due:
                self._pass(now)
            hear(said[place], happened)
            place += 1
            if happened and (place == size or said[place][0] != now):
                set_off(now, happened)
                happened.clear()

    def _all(self) -> None:
        story = self.story
        items: list[tuple[Millis, int, Any]] = [(one[0], 2, one) for one in story.said]
        items += [(change[0], 1, change) for change in story.changes]
        items += [(mark[0], 3, mark) for mark in story.marks]
        items += [(event[0], 4, event) for event in story.events]
        items.sort(key=lambda item: item[0])
        place, size = 0, len(items)
        while place < size:
            now = items[place][0]
            happened = list[_Heard]()
            if self._due or self.trial._times:
                self._pass(now)
            while place < size and items[place][0] == now:
                _at, kind, item = items[place]
                if kind == 2:
                    self._hear(item, happened)
                elif kind == 1:
                    self._change(item[1], item[2], happened)
                elif kind == 3:
                    self.then.unread = max(self.then.unread + item[1], 0)
                else:
                    happened.append((item[1], item[2], "", None))
                place += 1
            if happened:
                self._set_off(now, happened)

    def _hear(self, one: Said, happened: list[_Heard]) -> None:
        then = self.then
        at, own, role, direction, kind, files, unread, _pk = one
        then.last_activity_at = at
        if role == 1:
            then.last_incoming_at = at
            if then.unanswered_since is None and self._answered != at:
                then.unanswered_since = at
            if self._own_status and then.status in _ASLEEP:
                self._wake(happened)
        elif role == 2:
            then.unanswered_since, self._answered = None, at
        if files:
            then.attached = True
        if unread:
            then.unread += 1
        what = What.MESSAGE if direction == "incoming" else What.REPLY
        if kind == "note":
            then.noted, what = True, What.NOTE
        elif what is What.MESSAGE:
            then.auto = role == 3
        heard = self.trial._heard
        if what in heard:
            happened.append((what, "", "", own))
        if what is What.MESSAGE and What.BEGUN in heard and one is self.story.said[0]:
            happened.append((What.BEGUN, "", "", own))

    def _wake(self, happened: list[_Heard]) -> None:
        """The customer wrote after the rule had put the conversation to rest."""
        if What.STATUS in self.trial._heard:
            happened.append((What.STATUS, Status.OPEN.value, str(self.then.status), None))
        self.then.status, self.then.snoozed_until, self._own_status = Status.OPEN, None, False

    def _change(self, field: str, step: Step, happened: list[_Heard]) -> None:
        then, after = self.then, step.after
        found: list[tuple[What, str, str]] = []
        match field:
            case "status":
                if then.status != after:
                    found.append((What.STATUS, after, str(then.status)))
                then.status, self._own_status = Status(after), False
            case "priority":
                if then.priority != after:
                    found.append((What.PRIORITY, after, then.priority.value))
                then.priority = Priority(after)
            case "assignee_id":
                if then.assignee_id != after:
                    found.append((What.ASSIGNED if after else What.UNASSIGNED, after or "", then.assignee_id or ""))
                then.assignee_id, then.assignee = after, self.trial._names.get(after, "") if after else ""
            case "labels":
                on, off = set(after) - set(step.before), set(step.before) - set(after)
                found += [(What.LABELLED, one, "") for one in sorted(on - set(then.labels))]
                found += [(What.UNLABELLED, one, "") for one in sorted(off & set(then.labels))]
                then.labels = tuple(sorted((set(then.labels) | on) - off))
            case "flags":
                then.flags = frozenset(map(Flag, after))
            case _:
                setattr(then, field, after)
        heard = self.trial._heard
        happened += [(what, subject, before, None) for what, subject, before in found if what in heard]

    def _set_off(self, at: Millis, happened: list[_Heard]) -> None:
        trial = self.trial
        if at > trial._now or (self.story.ended is not None and at >= self.story.ended):
            return
        then = self.then
        then.at = at
        own = self.story.id
        if (simple := trial._simple) is not None and len(happened) == 1:
            # By far the most: one thing happened, and all of its kind set the rule off.
            if at >= trial._since and trial._holds(then) and not self._idle():
                told = Happened(happened[0][0], own, at, happened[0][1], happened[0][2], happened[0][3])
                if fits(simple, told):
                    self._fire(at, simple, told)
            return
        holds: bool | None = None
        for what, subject, before, message_id in happened:
            if holds is None:
                holds = trial._holds(then)
            if not holds and not self._due:
                continue
            told = Happened(what, own, at, subject, before, message_id)
            fitting = [on for on in trial._ons[what] if fits(on, told)]
            for on in fitting:
                if on.after:
                    if holds:
                        self._due[on] = (at + on.after, told)
                    else:
                        self._due.pop(on, None)
            at_once = next((on for on in fitting if not on.after), None)
            if at_once is not None and holds and at >= trial._since and self._fire(at, at_once, told):
                holds = None

    def _pass(self, until: Millis) -> None:
        """Time goes by, up to a moment."""
        trial = self.trial
        until = min(until, trial._now + 1, self.story.ended or until)
        while True:
            due = min(self._due.items(), key=lambda item: item[1][0], default=None)
            every = trial._times[self._next] if self._next < len(trial._times) else None
            if due is not None and due[1][0] < until and (every is None or due[1][0] <= every[0]):
                del self._due[due[0]]
                at, told = due[1]
                self.then.at = at
                if at >= trial._since and trial._holds(self.then):
                    self._fire(at, due[0], told)
            elif every is not None and every[0] < until:
                self._next += 1
                self.then.at = every[0]
                if trial._holds(self.then):
                    self._fire(every[0], every[1], None)
            else:
                return

    def _fire(self, at: Millis, on: On | Every, told: Happened | None) -> bool:
        trial, then = self.trial, self.then
        why = barred(trial._rule, self.story.id, Past(self._fires), at)
        if why is Barred.CUT and (trial.cut is None or at < trial.cut[1]):
            trial.cut = (self.story.id, at)
        if why is not None:
            return False
        if self._idle():
            return False
        last, closes = self.story.windows
        then.window_closes_at = closes if last == then.last_incoming_at else None
        found = trial._deed(then)
        if found.why_not:
            trial.refused += 1
            trial.reasons[found.why_not] = trial.reasons.get(found.why_not, 0) + 1
            return False
        if not found.changes:
            trial.already += 1
            return False
        held = _held(then)
        sure = not any(start <= at < end for start, end in self.story.unsure)
        trial.fired += 1
        trial.unsure += not sure
        self.fired += 1
        self._fires.append(at)
        for change in found.changes:
            trial.fields[change.field] = trial.fields.get(change.field, 0) + 1
            self._done(at, change.field, change.after)
        trial._take(Firing(self.story.id, at, on, told, found.changes, held, sure))
        return True

    def _idle(self) -> bool:
        """Whether all is so already that the rule would do."""
        trial = self.trial
        if trial._settled is None or self.then.flags or not trial._settled(self.then):
            return False
        trial.already += 1
        return True

    def _done(self, at: Millis, field: str, after: Any) -> None:
        """What the rule does holds from then on."""
        then = self.then
        match field:
            case "reply":
                then.unanswered_since, self._answered, then.last_activity_at = None, at, at
            case "note":
                then.noted, then.last_activity_at = True, at
            case "status":
                then.status, self._own_status = Status(after), True
            case "priority":
                then.priority = Priority(after)
            case "assignee_id":
                then.assignee_id, then.assignee = after, self.trial._names.get(after, "") if after else ""
            case "labels":
                then.labels = tuple(after)
            case _:
                setattr(then, field, after)


def settled(wanted: Sequence[Wanted]) -> Test | None:
    """Whether all that steps set is so already; None where that cannot be seen at a glance."""
    tests = [_is_so(step) for step in wanted]
    known = [test for test in tests if test is not None]
    return all_of(known) if len(known) == len(tests) > 0 else None


def _is_so(step: Wanted) -> Test | None:
    values = step.values
    match step.verb:
        case Verb.LABEL:
            off = frozenset(values["remove"])
            on = frozenset(values["add"]) - off
            return lambda then: on.issubset(then.labels) and off.isdisjoint(then.labels)
        case Verb.PRIORITY:
            priority = Priority(values["priority"])
            return lambda then: then.priority is priority
        case Verb.ASSIGN:
            agent_id = values["assignee_id"]
            return lambda then: bool(then.assignee_id == agent_id)
    return None


def conversation(then: Then) -> Conversation:
    """It by the names that steps ask for."""
    return cast(Conversation, then)
