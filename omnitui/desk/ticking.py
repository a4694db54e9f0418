"""The clocks of agreements as a story is told: how the cache would have kept them, and when they say something.

The policies are those of today: what was in force then is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from omnitui.clock import Millis
from omnitui.desk.promises.sla import Event, Policy, Said, Tale, in_order, soonest
from omnitui.desk.querying.asof import Test, Then
from omnitui.model.states import Status, What

_OVER = frozenset({Status.RESOLVED, Status.CLOSED})


class Ticking:
    """Sets the clocks of `then` anew after each thing that happens, and knows what they are going to say."""

    def __init__(self, then: Then, agreements: Sequence[tuple[Policy, Test]], began: Millis) -> None:
        self.coming: dict[What, Millis] = {}
        """When something falls due that rules may listen to."""
        self._then = then
        self._agreements = agreements
        self._events = [Event(began, then.status)]
        self._policy: Policy | None = None
        self._tale: Tale | None = None
        self._told: dict[What, Millis | None] = {}

    def hear(self, at: Millis, what: Said | Status) -> None:
        """Somebody wrote, or the conversation got a status."""
        event = Event(at, what)
        self._events.append(event)
        if self._tale is not None:
            self._tale.take(event)

    def hear_all(self, said: Iterable[Event]) -> None:
        """What was said is all this: something became a part of it, or ceased to be one."""
        self._events = [*(one for one in self._events if isinstance(one.what, Status)), *said]
        self._tale = None

    def settle(self, at: Millis) -> None:
        """Set the clocks as they stand then."""
        then = self._then
        then.at = at
        policy = next((one for one, test in self._agreements if test(then)), None)
        if policy is not self._policy or self._tale is None:
            self._policy, self._tale = policy, self._told_by(policy)
        clock = None
        if self._tale is not None and then.status not in _OVER:
            clock = soonest(self._tale.clocks(at))
        due = clock.due_at if clock is not None else None
        warn = clock.warnings[0] if clock is not None and clock.warnings else due
        then.sla_due_at, then.sla_warn_at = due, warn if due is not None else None
        then.sla_left = clock.left if clock is not None and due is None else None
        self._tell(at, What.BREACHED, due)
        self._tell(at, What.WARNED, None if then.sla_warn_at == due else then.sla_warn_at)

    def _told_by(self, policy: Policy | None) -> Tale | None:
        if policy is None:
            return None
        tale = Tale(policy)
        for event in in_order(self._events):
            tale.take(event)
        return tale

    def _tell(self, at: Millis, what: What, due: Millis | None) -> None:
        if due == self._told.get(what):
            return
        self._told[what] = due
        self.coming.pop(what, None)
        if due is not None:
            self.coming[what] = max(due, at)
