"""Rules: on an event or at a time, for conversations that a query finds, do steps; as pure functions.

What happened is told by the cache (`omnitui.store.rules`), whether a query holds by its compiled form; this says which
rule is set off by what, and when one that would fire must not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from hashlib import sha256
from typing import Final

from omnitui.clock import HOUR, SECOND, Millis
from omnitui.desk.acting.macros import Do
from omnitui.desk.acting.steps import RULE
from omnitui.i18n import N_, _
from omnitui.ids import Ulid
from omnitui.model.states import Status
from omnitui.model.states import What as What
from omnitui.values import dataclass

DEEPEST: Final = 4
"""Rules that may set off one another, one after the other."""
MOST: Final = 12
"""Firings of one rule on one conversation, or replies of it to one contact, within SPAN; one more, and it is cut."""
SPAN: Final[Millis] = HOUR
EVER: Final[Millis] = 10**15
"""`once` of a rule that fires a single time on a conversation."""


NARROWED: Final = frozenset({What.STATUS, What.LABELLED, What.UNLABELLED, What.PRIORITY, What.RATED})
"""What may be asked for more closely: `labelled:vip`."""
SAID: Final = {
    What.MESSAGE: N_("a message came"),
    What.BEGUN: N_("it began"),
    What.STATUS: N_("it became {subject}"),
    What.RESOLVED: N_("it was resolved"),
    What.REOPENED: N_("it was opened again"),
    What.ASSIGNED: N_("it was assigned"),
    What.UNASSIGNED: N_("nobody has it any more"),
    What.LABELLED: N_("the label {subject} was put on"),
    What.UNLABELLED: N_("the label {subject} was taken off"),
    What.PRIORITY: N_("its priority became {subject}"),
    What.NOTE: N_("a note was written"),
    What.REPLY: N_("a reply was written"),
    What.FAILED: N_("a reply failed"),
    What.RATED: N_("it was rated {subject}"),
    What.WARNED: N_("its agreement is at risk"),
    What.BREACHED: N_("its agreement was broken"),
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened in a conversation."""

    what: What
    conversation_id: Ulid
    at: Millis
    subject: str = ""
    """See `What`."""
    before: str = ""
    message_id: Ulid | None = None
    """The message that came or was written."""


@dataclass(frozen=True, slots=True)
class On:
    """What sets a rule off: something that happens, or that it happened so long ago."""

    what: What
    subject: str = ""
    """Only with this label, status, priority or score."""
    after: Millis = 0
    """So long after it, if the query held then and holds still. When it happens again, the time runs anew."""

    @property
    def words(self) -> str:
        """As rules.toml has it."""
        narrowed = f"{self.what}:{self.subject}" if self.subject else self.what.value
        return f"{span_words(self.after)} after {narrowed}" if self.after else narrowed


@dataclass(frozen=True, slots=True)
class Every:
    """A time that comes again and again, by the user's clock; every conversation that the query finds is meant."""

    days: frozenset[int] = frozenset(range(7))
    """Of the week; 0 is Monday."""
    minute: int = 0
    """Of the day."""
    span: Millis = 0
    """So long after one another instead, counted from each midnight."""

    @property
    def words(self) -> str:
        """As rules.toml has it."""
        if self.span:
            return f"every {span_words(self.span)}"
        return f"every {_days_words(self.days)} {self.minute // 60}:{self.minute % 60:02d}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, as rules.toml says it."""

    name: str
    title: str
    on: tuple[On | Every, ...]
    steps: tuple[Do, ...]
    """What it does: the same steps as those of macros."""
    when: str = ""
    """The query that has to hold; empty: always."""
    enabled: bool = False
    stop: bool = False
    """Whether no later rule is asked about what set this one off."""
    once: Millis = 0
    """It fires on a conversation at most once in this span; EVER: a single time; 0: each time."""

    @property
    def events(self) -> tuple[On, ...]:
        return tuple(one for one in self.on if isinstance(one, On))

    @property
    def times(self) -> tuple[Every, ...]:
        return tuple(one for one in self.on if isinstance(one, Every))

    @property
    def digest(self) -> str:
        """Of what it does and when; another name, title or switch does not change it."""
        said = (self.on, self.steps, self.when, self.stop, self.once)
        return sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()


class Barred(StrEnum):
    """Why a rule that was set off does not fire."""

    ONCE = "once"
    """It has fired on this conversation already."""
    ITSELF = "itself"
    """It was set off by what it did itself, perhaps through other rules."""
    DEEP = "deep"
    """Too many rules have set off one another."""
    CUT = "cut"
    """It has fired on this conversation too often: it is switched off."""


@dataclass(frozen=True, slots=True)
class Link:
    """One firing of those that led to something: which rule, where."""

    rule: str
    conversation_id: Ulid


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a rule on a conversation as it is set off there."""

    fired: Sequence[Millis] = ()
    """When it fired here, at least those of the last SPAN and the last one."""
    answered: Sequence[Millis] = ()
    """When it wrote to the contact, also in other conversations."""
    chain: Sequence[Link] = ()
    """The firings that led to this, the newest first; none where a person or a back end did it."""


def set_off(rule: Rule, happened: Happened) -> On | None:
    """What of the rule's `on` fits; None where nothing does. At once before what waits."""
    fitting = [one for one in rule.events if fits(one, happened)]
    return min(fitting, key=lambda one: one.after, default=None)


def fits(on: On, happened: Happened) -> bool:
    """Whether something that happened is what `on` means."""
    if on.subject and on.subject != happened.subject.casefold():
        return False
    match on.what:
        case What.RESOLVED:
            return happened.what is What.STATUS and happened.subject == Status.RESOLVED
        case What.REOPENED:
            over = (Status.RESOLVED.value, Status.CLOSED.value)
            return happened.what is What.STATUS and happened.subject == Status.OPEN and happened.before in over
        case _:
            return on.what is happened.what


def heard(rules: Iterable[Rule]) -> frozenset[What]:
    """What has to be told of for these rules to be set off."""
    status = (What.RESOLVED, What.REOPENED)
    return frozenset(What.STATUS if on.what in status else on.what for rule in rules for on in rule.events)


def barred(rule: Rule, conversation_id: Ulid, past: Past, now: Millis) -> Barred | None:
    """Why a rule does not fire that is set off on a conversation at `now`; None where it does."""
    if Link(rule.name, conversation_id) in past.chain:
        return Barred.ITSELF
    if len(past.chain) >= DEEPEST:
        return Barred.DEEP
    if rule.once and any(now - at < rule.once for at in past.fired):
        return Barred.ONCE
    if any(sum(now - at < SPAN for at in times) >= MOST for times in (past.fired, past.answered)):
        return Barred.CUT
    return None


def next_time(times: Iterable[Every], after: Millis, zone: tzinfo) -> Millis | None:
    """The first of these times that comes after a moment, in a zone; None where there are none."""
    here = datetime.fromtimestamp(after / 1000, zone)
    found: list[Millis] = []
    for one in times:
        if one.span:
            found.append(_next_span(one.span, here))
            continue
        for days in range(9):
            day = (here + timedelta(days=days)).date()
            at = datetime(day.year, day.month, day.day, one.minute // 60, one.minute % 60, tzinfo=zone)
            moment = round(at.timestamp()) * SECOND
            if day.weekday() in one.days and moment > after:
                found.append(moment)
                break
    return min(found, default=None)


def _next_span(span: Millis, here: datetime) -> Millis:
    """The first moment after one that lies a number of spans after the midnight before it; or the next midnight."""
    today, tomorrow = (
        round(datetime(day.year, day.month, day.day, tzinfo=here.tzinfo).timestamp()) * SECOND
        for day in (here.date(), here.date() + timedelta(days=1))
    )
    now = int(here.timestamp() * SECOND)
    return min(today + ((now - today) // span + 1) * span, tomorrow)


def why(rule: Rule, on: On | Every | None, happened: Happened | None) -> str:
    """Why a rule fires, for people: "a message came and channel:line label:vip"."""
    if happened is None or not isinstance(on, On):
        said = on.words if on is not None else ""
    else:
        said = _(SAID[on.what]).format(subject=happened.subject)
        if on.after:
            said = _("{span} after {what}").format(what=said, span=span_words(on.after))
    return _("{what} and {query}").format(what=said, query=rule.when) if rule.when else said


def line(rule: Rule, why: str) -> str:
    """The line of the timeline that says that a rule fired."""
    return _("rule “{name}”: {why}").format(name=rule.title, why=why)


def reason_of(rule: Rule, why: str) -> str:
    """What the op log says of everything that a firing does."""
    return f"{RULE}{rule.name}: {why}"


def rule_in(reason: str) -> str:
    """The name of the rule that an op's reason names; "" for none."""
    return reason[len(RULE) :].partition(": ")[0] if reason.startswith(RULE) else ""


_SPANS: Final = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def span_words(span: Millis) -> str:
    """A length of time as queries have it: 1h30m."""
    left, said = span // SECOND, ""
    for name, size in _SPANS:
        if count := left // size:
            said += f"{count}{name}"
            left -= count * size
    return said or "0s"


def _days_words(days: frozenset[int]) -> str:
    from omnitui.desk.times.days import WEEKDAYS

    for word, meant in (("day", range(7)), ("weekday", range(5)), ("weekend", (5, 6))):
        if days == frozenset(meant):
            return word
    return ", ".join(WEEKDAYS[day] for day in sorted(days))
