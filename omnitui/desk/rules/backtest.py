"""A rule tried on what has happened: where it would have fired, as if it had been on all along, and what it changes.

A conversation's story is told from its beginning; what the rule would have done to it counts from there on, so that
what it settles once does not set it off again. Other rules are not asked. Pure: the store tells the stories.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.desk.acting.steps import Foreseen
from omnitui.desk.promises.sla import Policy
from omnitui.desk.querying.asof import Asked, Test, Then
from omnitui.desk.rules.retelling import ODD, Heard, Retelling
from omnitui.desk.rules.rule import MOST, Barred, Every, Happened, On, Past, Rule, What, barred, fits, heard
from omnitui.desk.rules.stories import BITS, INCOMING, NOTE, ROLE, SHIFT, Firing, Story, held
from omnitui.desk.ticking import Ticking
from omnitui.ids import Ulid

CLOCKS: Final = frozenset({What.WARNED, What.BREACHED})
"""What the clocks of agreements say."""
LAST_ONLY: Final = frozenset({What.FAILED, What.RATED})
"""Of what the last time alone is kept."""
_SAID: Final = frozenset({What.MESSAGE, What.BEGUN, What.NOTE, What.REPLY})
_ALIKE: Final = 1_000
"""Conversations as they may be then of which is kept what the rule does to them."""
Deed = Callable[[Then], Foreseen]
"""What the rule's steps would do to a conversation as it is then."""


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
        names: Mapping[Ulid, str],
        most: int = 50,
        settled: Test | None = None,
        times: Sequence[tuple[Millis, Every]] = (),
        policies: Sequence[Policy] = (),
    ) -> None:
        self._rule = rule
        self._holds = asked.holds
        self._deed = deed
        self._since = since
        self._now = now
        self._most = most
        self._newest: list[tuple[Millis, int, Firing]] = []
        self._found: dict[tuple[Any, ...], Foreseen] = {}
        self._settled = settled
        self._names = names
        self._times = times
        self._agreements = list(zip(policies, asked.agreements, strict=True))
        self._heard = heard((rule,))
        self._ons = {what: tuple(on for on in rule.events if What.STATUS in heard((rule,)) or on.what is what)
                     for what in self._heard}  # fmt: skip
        only = rule.events[0] if len(rule.events) == 1 and not rule.times else None
        simple = only is not None and not only.after and only.what in _SAID and not policies
        self._plain = only if simple else None
        self._means = [self._of(bits) for bits in range(BITS + 1)]
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

    @property
    def firings(self) -> list[Firing]:
        """The newest, the newest first."""
        return [one for _at, _number, one in sorted(self._newest, reverse=True)]

    def keep(self, at: Millis, make: Callable[[], Firing]) -> None:
        """Keep a firing, if it is among the newest."""
        if len(self._newest) < self._most:
            heapq.heappush(self._newest, (at, -self.fired, make()))
        elif self._most and at > self._newest[0][0]:
            heapq.heapreplace(self._newest, (at, -self.fired, make()))

    def foresee(self, then: Then) -> Foreseen:
        """What the rule would do to a conversation as it is then."""
        if self._settled is None:
            return self._deed(then)
        # Then it depends on little: most conversations are alike.
        like = (then.labels, then.priority, then.assignee_id, then.flags)
        found = self._found.get(like)
        if found is None and len(self._found) < _ALIKE:
            found = self._found[like] = self._deed(then)
        return self._deed(then) if found is None else found

    def pass_over(self) -> None:
        """The same of one in which the query cannot have held."""
        self.told += 1

    def _of(self, bits: int) -> bool:
        """Whether messages of that kind set off a rule that asks for nothing but messages."""
        said = self._plain.what if self._plain is not None else None
        if bits & NOTE:
            return said is What.NOTE
        return said in (What.MESSAGE, What.BEGUN) if bits & INCOMING else said is What.REPLY


class _One(Retelling):
    """One story as it is being told."""

    def __init__(self, trial: Trial, story: Story) -> None:
        self.trial = trial
        self.story = story
        super().__init__(story.then, trial._names, trial._heard)
        self.fired = 0
        self._fires: list[Millis] = []
        self._due: dict[On, tuple[Millis, Millis, Heard]] = {}
        """What waits: when it is due, when it happened, what."""
        self._next = 0

    def run(self) -> None:
        trial, story = self.trial, self.story
        if trial._plain is not None and not (story.changes or story.marks or story.events):
            # Most have no more than messages.
            self._plainly(trial._plain)
            return
        self._next = bisect_left(trial._times, max(self.then.at, trial._since), key=lambda one: one[0])
        if trial._agreements:
            began = min([self.then.at, *(one >> SHIFT for one in story.said[:1])])
            self._ticking = Ticking(self.then, trial._agreements, began)
            self._ticking.settle(began)
        self._all()
        self._pass(trial._now + 1)

    def _plainly(self, on: On) -> None:
        """Messages alone, of which those of one kind set the rule off at once: by far the most stories are so.

        What `_all` does, without a call for each of a million messages.
        """
        trial, then, said = self.trial, self.then, self.story.said
        holds, means, since, begun = trial._holds, trial._means, trial._since, on.what is What.BEGUN
        end = trial._now if self.story.ended is None else min(trial._now, self.story.ended - 1)
        incoming: Millis | None = None
        asked, answered = incoming, incoming
        times = place = 0
        for one in said:
            place += 1
            at, role = one >> SHIFT, one & ROLE
            if role == 1:
                incoming = at
                if asked is None and answered != at:
                    asked = at
                if self._own_status:
                    self._wake(at)
            elif role == 2:
                asked, answered = None, at
            if one & ODD:
                self._note(one)
            elif one & INCOMING:
                then.opened_at, then.auto = at, role == 3
            if means[one & BITS] and (place == 1 or not begun):
                times += 1
            if not times or (place < len(said) and said[place] >> SHIFT == at):
                continue
            if since <= at <= end:
                then.at = then.last_activity_at = at
                then.last_incoming_at, then.unanswered_since = incoming, asked
                for _time in range(times):
                    if holds(then):
                        self._answered = answered
                        self._fire(at, on, (on.what, "", ""), at)
                        asked, answered = then.unanswered_since, self._answered
            times = 0

    def _all(self) -> None:
        story = self.story
        items: list[tuple[Millis, int, Any]] = [(one >> SHIFT, 2, one) for one in story.said]
        items += [(change[0], 1, change) for change in story.changes]
        items += [(mark[0], 3, mark) for mark in story.marks]
        items += [(event[0], 4, event) for event in story.events]
        items.sort(key=lambda item: item[0])
        place, size = 0, len(items)
        while place < size:
            now = items[place][0]
            happened = list[Heard]()
            if self._due or self.trial._times or self._ticking is not None:
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
                    happened.append(item[1:])
                place += 1
            if self._ticking is not None:
                self._ticking.settle(now)
            if happened:
                self._set_off(now, happened)

    def _set_off(self, at: Millis, happened: list[Heard]) -> None:
        trial = self.trial
        if self._part:
            return  # what it is a part of hears of it
        if at > trial._now or (self.story.ended is not None and at >= self.story.ended):
            return
        then = self.then
        then.at = at
        holds: bool | None = None
        for one in happened:
            if holds is None:
                holds = trial._holds(then)
            if not holds and not self._due:
                continue
            told = Happened(one[0], self.story.id, at, one[1], one[2])
            fitting = [on for on in trial._ons[one[0]] if fits(on, told)]
            for on in fitting:
                if on.after:
                    if holds:
                        self._due[on] = (at + on.after, at, one)
                    else:
                        self._due.pop(on, None)
            at_once = next((on for on in fitting if not on.after), None)
            if at_once is not None and holds and at >= trial._since and self._fire(at, at_once, one, at):
                holds = None

    def _pass(self, until: Millis) -> None:
        """Time goes by, up to a moment."""
        trial = self.trial
        until = min(until, trial._now + 1, self.story.ended or until)
        while True:
            if self._ticking is not None and self._rung(until):
                continue
            due = min(self._due.items(), key=lambda item: item[1][0], default=None)
            every = trial._times[self._next] if self._next < len(trial._times) else None
            if due is not None and due[1][0] < until and (every is None or due[1][0] <= every[0]):
                del self._due[due[0]]
                at, happened_at, told = due[1]
                self.then.at = at
                if at >= trial._since and not self._part and trial._holds(self.then):
                    self._fire(at, due[0], told, happened_at)
            elif every is not None and every[0] < until:
                self._next += 1
                self.then.at = every[0]
                if trial._holds(self.then):
                    self._fire(every[0], every[1], None, every[0])
            else:
                return

    def _rung(self, until: Millis) -> bool:
        """Whether a clock of an agreement says something next, before a moment; then rules are asked."""
        assert self._ticking is not None
        coming = self._ticking.coming
        what = min(coming, key=coming.__getitem__, default=None)
        if what is None:
            return False
        at = coming[what]
        first = min([until, *(one[0] for one in self._due.values())])
        if self._next < len(self.trial._times):
            first = min(first, self.trial._times[self._next][0])
        if at >= first:
            return False
        del coming[what]
        if what in self._heard:
            self._set_off(at, [(what, "", "")])
        return True

    def _fire(self, at: Millis, on: On | Every, told: Heard | None, told_at: Millis) -> bool:
        trial, then, own = self.trial, self.then, self.story.id
        some = trial._rule.once or len(self._fires) >= MOST
        why = barred(trial._rule, own, Past(self._fires), at) if some else None
        if why is Barred.CUT and (trial.cut is None or at < trial.cut[1]):
            trial.cut = (own, at)
        if why is not None:
            return False
        if self._idle():
            return False
        found = trial.foresee(then)
        if found.why_not:
            trial.refused += 1
            trial.reasons[found.why_not] = trial.reasons.get(found.why_not, 0) + 1
            return False
        if not found.changes:
            trial.already += 1
            return False
        sure = not (self.story.unsure and any(start <= at < end for start, end in self.story.unsure))
        trial.fired += 1
        trial.unsure += not sure
        self.fired += 1
        self._fires.append(at)

        def made() -> Firing:
            happened = Happened(told[0], own, told_at, told[1], told[2]) if told is not None else None
            return Firing(own, at, on, happened, found.changes, held(then), sure)

        trial.keep(at, made)
        for change in found.changes:
            trial.fields[change.field] = trial.fields.get(change.field, 0) + 1
            self._done(at, change.field, change.after)
        if self._ticking is not None:
            self._ticking.settle(at)
        return True

    def _idle(self) -> bool:
        """Whether all is so already that the rule would do."""
        trial = self.trial
        if trial._settled is None or self.then.flags or not trial._settled(self.then):
            return False
        trial.already += 1
        return True
