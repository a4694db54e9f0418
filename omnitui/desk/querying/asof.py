"""A query asked of the past: put together once, then asked at any moment of a conversation's story.

What does not change with time, as far as is known, and when words first stood somewhere, the store finds (`asked`);
all else is asked of the conversation as it was. Times in the query count from the moment that it is asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final, cast

from omnitui.clock import DAY, HOUR, MINUTE, Millis
from omnitui.desk.querying.matching import HIDING, Facts, fold, holds
from omnitui.desk.querying.terms import (
    And,
    Assigned,
    AtHours,
    Due,
    During,
    From,
    Has,
    Is,
    Leaf,
    Mentions,
    Named,
    NameField,
    Node,
    Not,
    Or,
    Paused,
    PriorityIs,
    Promised,
    Query,
    Speaks,
    State,
    Subject,
    Text,
    Thing,
    Unanswered,
    Warned,
    Window,
)
from omnitui.ids import Ulid, is_ulid
from omnitui.model.conversations import Conversation
from omnitui.model.states import Flag, Priority, Status

_PROBES: Final = (0, 13 * MINUTE + 7_001, 5 * HOUR + 3, DAY - 1, 100 * DAY + 2 * HOUR, -200 * DAY - 31 * MINUTE)
_STEP: Final = 15 * MINUTE
"""Days begin on it in every zone, so that what follows from the day alone is the same all through it."""
_KNOWN: Final = (
    *(Assigned, AtHours, Named, PriorityIs, During, Unanswered, Subject, Text),
    *(Due, Mentions, Paused, Promised, Warned, Window),
)
_STEADY: Final = (Assigned, Named, PriorityIs, Promised, Subject)
_STATUSES: Final = frozenset(
    map(Is, (State.OPEN, State.WAITING, State.SNOOZED, State.BOT, State.RESOLVED, State.CLOSED))
)
_STILL: Final = _STATUSES | {Has(Thing.TASK)}
_SAID: Final = frozenset(
    (
        *_STATUSES,
        *map(Is, (State.UNREAD, State.UNANSWERED, State.SPAM)),
        *map(Has, (Thing.ATTACHMENT, Thing.NOTE, Thing.TASK)),
    )
)
_STANDING: Final = (
    *(NameField.CHANNEL, NameField.ACCOUNT, NameField.INBOX, NameField.SEGMENT, NameField.ORGANIZATION),
)


class Then:
    """A conversation as it was at a moment, with the names of `Conversation`; it changes while its story is told."""

    at: Millis
    """The moment that it is asked about."""
    known: Sequence[int | None]
    """What the store found for each of `Asked.leaves`: whether it holds, or since when; None for never."""
    channel = account = assignee = contact_reason = subject = incident = ""
    attached = noted = False
    auto = False
    """Whether the message that came last was written by a machine."""
    status = Status.OPEN
    priority = Priority.NORMAL
    assignee_id: Ulid | None = None
    incident_id: Ulid | None = None
    labels: tuple[str, ...] = ()
    flags: frozenset[Flag] = frozenset()
    unread = 0
    last_activity_at: Millis
    last_incoming_at: Millis | None = None
    unanswered_since: Millis | None = None
    window: Millis | None = None
    """How long after a customer's message it may be answered."""
    window_kept: tuple[Millis | None, Millis | None] = (None, None)
    """When the customer wrote last of all, and until when that may be answered."""
    opened_at: Millis | None = None
    """When something came in last."""
    closes_at: Millis | None = None
    whole = False
    """Whether it ever had parts. What came into those opened no window, so that `closes_at` says when it closes."""
    snoozed_until: Millis | None = None
    task_due_at: Millis | None = None
    has_draft = False
    send_state = None
    sla_due_at: Millis | None = None
    sla_warn_at: Millis | None = None
    sla_left: Millis | None = None
    _facts: Facts | None = None

    def __init__(self, known: Sequence[int | None], began: Millis) -> None:
        self.known = known
        self.at = self.last_activity_at = began

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Then) and vars(self) == vars(other)

    @property
    def window_closes_at(self) -> Millis | None:
        """Until when it may be answered."""
        if self.whole:
            return self.closes_at
        last, closes = self.window_kept
        if closes is not None and last == self.last_incoming_at:
            return closes
        return None if self.window is None or self.opened_at is None else self.opened_at + self.window

    @property
    def facts(self) -> Facts:
        """It as the plain evaluator asks for it."""
        if self._facts is None:
            self._facts = Facts(cast(Conversation, self))
        return self._facts


Test = Callable[[Then], bool]
Read = Callable[[Millis], Query]
"""A query as it is read at a time."""


class Asked:
    """What a query asks, ready to be asked of `Then`."""

    def __init__(self, read: Read, now: Millis, agreements: Sequence[Query] = ()) -> None:
        query = read(now)
        self.leaves: list[Leaf] = []
        """What the store is to find out: see `Then.known`."""
        self._read = read
        self._now = now
        self._times = self._hours = 0
        self._minute: tuple[int, list[bool]] = (-1, [])
        self._cached: tuple[Millis, list[Millis | None]] | None = None
        self._quarters: dict[int, list[Millis | None]] = {}
        self._probed = [(now + probe, _times(read(now + probe).node)) for probe in _PROBES]
        node = query.node
        needed = node.parts if isinstance(node, And) else () if node is None else (node,)
        tests = [(part, self._test(part)) for part in needed]
        test = all_of([one for _part, one in tests])
        self.holds: Test = test if query.hidden else lambda then: not then.flags & HIDING and test(then)
        self.steady = all_of([one for part, one in tests if _steady(part)])
        """What of it no message changes."""
        self.agreements = [self._shown(one) for one in agreements]
        """Whether a conversation is under each of the policies whose queries are given."""
        clocked = {"status"} if agreements else set()
        self.fields = tuple(sorted(fields(query).union(clocked, *map(fields, agreements))))
        every = set(leaves(node))
        self.files = Has(Thing.ATTACHMENT) in every
        self.unread = Is(State.UNREAD) in every
        self.tasks = Has(Thing.TASK) in every or any(isinstance(one, Promised) for one in every)
        self.windows = any(isinstance(one, Window) for one in every)
        self.standing = any(isinstance(one, From | Speaks) or _named_customer(one) for one in every)
        """Whether something of the customer is asked, which is known as it is today."""
        self.narrowing = necessary(node) if node is not None else None
        """What has to hold of a conversation today, for the query to have found it at any time."""

    def _shown(self, query: Query) -> Test:
        test = self._test(query.node) if query.node is not None else _always
        return test if query.hidden else lambda then: not then.flags & HIDING and test(then)

    def _test(self, node: Node) -> Test:
        match node:
            case And(parts):
                return all_of(tuple(map(self._test, parts)))
            case Or(parts):
                tests = tuple(map(self._test, parts))
                return lambda then: any(test(then) for test in tests)
            case Not(part):
                inner = self._test(part)
                return lambda then: not inner(then)
            case During():
                start, end = self._time(), self._time()
                return lambda then: _within(then.last_activity_at, start(then.at), end(then.at))
            case Unanswered(older):
                since = self._time()
                return lambda then: _waits(then, since(then.at), older)
            case AtHours():
                place, self._hours = self._hours, self._hours + 1
                return lambda then: self._open(then.at)[place]
            case Is(state) if node in _STATUSES:
                status = Status(state.value)
                return lambda then: then.status is status
            case Is(State.UNREAD):
                return lambda then: then.unread > 0
            case Is(State.UNANSWERED):
                return lambda then: then.unanswered_since is not None
            case Assigned(agent) if not agent or is_ulid(agent):
                return lambda then: then.assignee_id == (agent or None)
            case Window():
                after, until = self._time(), self._time()
                return lambda then: _closes(then.window_closes_at, after(then.at), until(then.at))
            case Due():
                late, soon = self._time(), self._time()
                return lambda then: (at := then.sla_due_at) is not None and _between(at, late(then.at), soon(then.at))
            case Warned():
                by = self._time()
                return lambda then: _reaches(then.sla_warn_at, by(then.at))
            case Paused():
                return lambda then: then.sla_left is not None
            case Promised():
                by = self._time()
                return lambda then: _reaches(then.task_due_at, by(then.at))
            case Named(NameField.LABEL, name):
                wanted = fold(name)
                return lambda then: wanted in map(_folded, then.labels)
            case Has(Thing.ATTACHMENT):
                return lambda then: then.attached
            case Has(Thing.NOTE):
                return lambda then: then.noted
        if isinstance(node, Text | Mentions):
            place = len(self.leaves)
            self.leaves.append(node)
            return lambda then: (since := then.known[place]) is not None and since <= then.at
        if stands(node):
            place = len(self.leaves)
            self.leaves.append(node)
            return lambda then: bool(then.known[place])
        leaf = node
        return lambda then: holds(leaf, then.facts)

    def _time(self) -> Callable[[Millis], Millis | None]:
        """The next time in the query, at any moment: it is the same always, or as far off, or follows from the day."""
        place, self._times = self._times, self._times + 1
        seen = [(at, times[place] if place < len(times) else None) for at, times in self._probed]
        first = seen[0][1]
        if all(value == first for _at, value in seen):
            return lambda at: first
        if first is not None and all(value is not None and value - at == first - self._now for at, value in seen):
            ago = first - self._now
            return lambda at: at + ago
        if all(self._by_quarter(at)[place] == value for at, value in seen):
            return lambda at: self._by_quarter(at)[place]
        return lambda at: self._exactly(at)[place]

    def _open(self, at: Millis) -> list[bool]:
        """What calendars say: they know minutes."""
        minute = at // MINUTE
        if self._minute[0] != minute:
            found = leaves(self._read(minute * MINUTE).node)
            self._minute = (minute, [leaf.holds for leaf in found if isinstance(leaf, AtHours)])
        return self._minute[1]

    def _by_quarter(self, at: Millis) -> list[Millis | None]:
        quarter = at // _STEP
        found = self._quarters.get(quarter)
        if found is None:
            found = self._quarters[quarter] = _times(self._read(quarter * _STEP).node)
        return found

    def _exactly(self, at: Millis) -> list[Millis | None]:
        if self._cached is None or self._cached[0] != at:
            self._cached = (at, _times(self._read(at).node))
        return self._cached[1]


def all_of(tests: Sequence[Test]) -> Test:
    """Whether all of these hold."""
    if not tests:
        return _always
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda then: first(then) and second(then)
    return lambda then: all(test(then) for test in tests)


def unknown(node: Node | None) -> bool:
    """Whether a query asks what is not known of the past: drafts, the outbox, deadlines, scores."""
    return not all(isinstance(leaf, _KNOWN) or stands(leaf) or leaf in _SAID for leaf in leaves(node))


def fields(query: Query) -> frozenset[str]:
    """The fields of a conversation, as ops name them, on which a query depends."""
    found = set[str]() if query.hidden else {"flags"}
    for leaf in leaves(query.node):
        match leaf:
            case Is(state):
                found.add("flags" if state is State.SPAM else "status")
            case Assigned():
                found.add("assignee_id")
            case PriorityIs():
                found.add("priority")
            case Named(NameField.LABEL):
                found.add("labels")
            case Named(NameField.INCIDENT):
                found.add("incident_id")
    return frozenset(found)


def stands(leaf: Node) -> bool:
    """Whether a leaf is about what is known only as it is today: the customer, the channel."""
    return isinstance(leaf, From | Speaks) or (isinstance(leaf, Named) and leaf.field in _STANDING)


def necessary(node: Node) -> Node | None:
    """What of a query has to hold today where it held at any time; None: nothing can be said."""
    match node:
        case And(parts):
            found = tuple(one for part in parts if (one := necessary(part)) is not None)
            return And(found) if found else None
        case Or(parts):
            choices = [necessary(part) for part in parts]
            return None if None in choices else Or(tuple(one for one in choices if one is not None))
        case Not(part):
            return node if all(stands(leaf) for leaf in leaves(part)) else None
        case Has(thing):
            return node if thing in (Thing.ATTACHMENT, Thing.NOTE) else None
    return node if isinstance(node, Text | Mentions) or stands(node) else None


def leaves(node: Node | None) -> Iterator[Leaf]:
    """What a query consists of, from left to right."""
    match node:
        case None:
            return
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield node


def _times(node: Node | None) -> list[Millis | None]:
    found: list[Millis | None] = []
    for leaf in leaves(node):
        match leaf:
            case During(start, end):
                found += (start, end)
            case Window(after, until) | Due(after, until):
                found += (after, until)
            case Promised(until) | Warned(until):
                found.append(until)
            case Unanswered(_older, since):
                found.append(since)
    return found


def _steady(node: Node) -> bool:
    return all(leaf in _STILL or isinstance(leaf, _STEADY) or stands(leaf) for leaf in leaves(node))


def _named_customer(leaf: Leaf) -> bool:
    return isinstance(leaf, Named) and leaf.field in (NameField.SEGMENT, NameField.ORGANIZATION)


@lru_cache(maxsize=1_000)
def _folded(label: str) -> str:
    return fold(label)


def _always(then: Then) -> bool:
    return True


def _within(at: Millis, start: Millis | None, end: Millis | None) -> bool:
    return (start is None or at >= start) and (end is None or at < end)


def _waits(then: Then, since: Millis | None, older: bool) -> bool:
    asked = then.unanswered_since
    return asked is not None and since is not None and (asked <= since if older else asked > since)


def _closes(at: Millis | None, after: Millis | None, until: Millis | None) -> bool:
    if after is None and until is None:
        return at is None
    return at is not None and _between(at, after, until)


def _between(at: Millis, after: Millis | None, until: Millis | None) -> bool:
    return (after is None or at > after) and (until is None or at <= until)


def _reaches(at: Millis | None, until: Millis | None) -> bool:
    return at is not None and until is not None and at <= until
