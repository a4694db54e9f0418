"""What each filter of a query means: `is:`, `label:`, `window:<30m` …, and how a wrong one is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from omnitui.clock import Millis
from omnitui.desk.querying.matching import fold
from omnitui.desk.querying.orders import Order
from omnitui.desk.querying.terms import (
    And,
    Assigned,
    AtHours,
    Compare,
    Course,
    Due,
    During,
    From,
    Gap,
    Has,
    Is,
    Mentions,
    Named,
    NameField,
    Node,
    Not,
    Or,
    Paused,
    PriorityIs,
    Promised,
    Scored,
    Speaks,
    State,
    Subject,
    Thing,
    Unanswered,
    Warned,
    Window,
)
from omnitui.desk.querying.words import Piece
from omnitui.desk.times.spans import length, span
from omnitui.errors import UsageError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.states import Priority
from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.desk.times.calendar import Calendar

HOURS: Final = "hours"
"""What `in:` and `out:` call the only calendar there is."""
_POINTED: Final = 120
"""Columns of a query at most below which a word is pointed at."""

_W = TypeVar("_W", bound=StrEnum)


class QueryError(UsageError):
    """A query that does not make sense.

    Attributes:
        position: Where the word begins that is wrong, counted in characters from 0.
        word: That word; empty at the query's end.
        query: The whole of what was typed.
    """

    query = ""

    def __init__(self, message: str, *, hint: str = "", position: int = 0, word: str = "") -> None:
        super().__init__(message, hint=hint)
        self.position = position
        self.word = word

    def pointed(self) -> tuple[str, str] | None:
        """The query and below it a line that points at the word; None where it is too long for that."""
        from omnitui.text.safe import safe
        from omnitui.text.widths import cell_width

        line = safe(self.query, multiline=False)
        if not line or len(line) != len(self.query) or cell_width(line) > _POINTED:
            return None
        before, word = line[: self.position], line[self.position : self.position + len(self.word)]
        return line, f"{' ' * cell_width(before)}{'^' * max(cell_width(word), 1)}"


@dataclass(frozen=True, slots=True)
class Place:
    """From where a query is seen; the arguments of `omnitui.desk.querying.parsing.parse`."""

    now: Millis
    me: Ulid
    zone: tzinfo
    teams: Mapping[str, Sequence[str]]
    views: Mapping[str, str]
    calendars: Callable[[], Mapping[str, Calendar]] | None = None
    """By their names; None: they are not known here, and none is open."""
    within: tuple[str, ...] = ()
    """The views whose queries are being read, the outermost first."""


class Reading(Protocol):
    """The query that is being read, as a filter may change it."""

    place: Place
    hidden: bool
    """Whether it finds what is hidden otherwise."""
    order: Order | None

    def inner(self, view: str, text: str) -> Node | None:
        """What the query of a view says, as a part of this one. Raises QueryError."""
        ...


def _is(parser: Reading, piece: Piece) -> Node:
    state = _one_of(piece, State)
    match state:
        case State.MINE:
            return Assigned(parser.place.me)
        case State.UNASSIGNED:
            return Assigned("")
        case State.MENTIONED:
            return Mentions(parser.place.me)
        case State.DUE:
            return Promised(parser.place.now)
        case State.ALL:
            parser.hidden = True
            return And(())
        case State.SPAM:
            parser.hidden = True
    return Is(state)


def _has(parser: Reading, piece: Piece) -> Node:
    thing = _one_of(piece, Thing)
    return Is(State.FAILED) if thing is Thing.FAILED else Has(thing)


def _agent(parser: Reading, name: str) -> str:
    return parser.place.me if name.strip().lower() == "me" else name.strip()


def _assignee(parser: Reading, piece: Piece) -> Node:
    name = _agent(parser, piece.text)
    return Assigned("" if name.lower() == "none" else name)


def _mentions(parser: Reading, piece: Piece) -> Node:
    return Mentions(_agent(parser, piece.text))


def _team(parser: Reading, piece: Piece) -> Node:
    """What an agent of the team has, and what nobody has in an inbox of the team."""
    teams = parser.place.teams
    found = teams.get(fold(piece.text.strip()))
    if found is None:
        message = _("There is no team “{word}”.").format(word=piece.text)
        if not teams:
            raise wrong(piece, message, hint=_("Teams are named in config.toml, under [teams]."))
        raise unlike(piece, message, piece.text, (*teams,))
    inboxes = Or(tuple(Named(NameField.INBOX, name) for name in found))
    return Or((*(Assigned(_agent(parser, name)) for name in found), And((Assigned(""), inboxes))))


def _view(parser: Reading, piece: Piece) -> Node | None:
    place, name = parser.place, fold(piece.text.strip())
    text = place.views.get(name)
    if text is None:
        raise unlike(piece, _("There is no view “{word}”.").format(word=piece.text), name, (*place.views,))
    if name in place.within:
        raise wrong(piece, _("The view “{word}” is made of itself.").format(word=piece.text))
    try:
        return parser.inner(name, text)
    except QueryError as error:
        message = _("The view “{word}”: {why}").format(word=piece.text, why=error.message)
        raise wrong(piece, message, hint=error.hint) from None


def _sort(parser: Reading, piece: Piece) -> None:
    parser.order = _one_of(piece, Order)


def _language(parser: Reading, piece: Piece) -> Node:
    word = fold(piece.text.strip()).replace("_", "-")
    return Speaks("" if word in ("unknown", "none") else word)


def _named(field: NameField) -> Callable[[Reading, Piece], Node | None]:
    return lambda parser, piece: Named(field, piece.text.strip())


def _from(parser: Reading, piece: Piece) -> Node:
    return From(piece.text.strip())


def _priority(parser: Reading, piece: Piece) -> Node:
    compare, word = _comparison(piece.text)
    return PriorityIs(compare, _one_of(piece, Priority, word))


def _after(parser: Reading, piece: Piece) -> Node:
    return During(_span(parser, piece)[0], None)


def _before(parser: Reading, piece: Piece) -> Node:
    return During(None, _span(parser, piece)[0])


def _during(parser: Reading, piece: Piece) -> Node:
    return During(*_span(parser, piece))


def _unanswered(parser: Reading, piece: Piece) -> Node:
    compare, word = _comparison(piece.text)
    age = _length(piece, word, _("Such as unanswered:>2h or <30m."))
    return Unanswered(compare not in (Compare.BELOW, Compare.AT_MOST), parser.place.now - age)


def _task(parser: Reading, piece: Piece) -> Node:
    compare, word = _comparison(piece.text)
    until = Promised(parser.place.now + _length(piece, word, _("Such as task:<2h or >1d.")))
    return And((Has(Thing.TASK), Not(until))) if compare in (Compare.ABOVE, Compare.AT_LEAST) else until


def _window(parser: Reading, piece: Piece) -> Node:
    now = parser.place.now
    match piece.text.strip().lower():
        case Gap.OPEN:
            return Window(now, None)
        case Gap.CLOSED:
            return Window(None, now)
        case Gap.NONE:
            return Window()
    compare, word = _comparison(piece.text)
    left = _length(piece, word, _("Such as window:<30m or >2h; or open, closed or none."))
    return Window(now + left, None) if compare in (Compare.ABOVE, Compare.AT_LEAST) else Window(now, now + left)


def _sla(parser: Reading, piece: Piece) -> Node:
    now = parser.place.now
    match piece.text.strip().lower():
        case Course.BREACHED:
            return Due(None, now - 1)
        case Course.RISK:
            return Warned(now)
        case Course.PAUSED:
            return Paused()
        case Course.NONE:
            return And((Not(Due()), Not(Paused())))
    compare, word = _comparison(piece.text)
    left = _length(piece, word, _("Such as sla:<1h or >2h; or breached, risk, paused or none."))
    return Due(now + left, None) if compare in (Compare.ABOVE, Compare.AT_LEAST) else Due(None, now + left)


def _csat(parser: Reading, piece: Piece) -> Node:
    compare, word = _comparison(piece.text)
    if word.lower() == "none":
        return Scored()
    if word not in ("1", "2", "3", "4", "5"):
        raise wrong(piece, _("“{word}” is no score.").format(word=word), hint=_("Such as csat:<3, 1 to 5, or none."))
    return Scored(compare, int(word))


def _hours(inside: bool) -> Callable[[Reading, Piece], Node | None]:
    def node(parser: Reading, piece: Piece) -> Node:
        from omnitui.desk.times.calendar import is_open

        if parser.place.calendars is None:
            return AtHours(piece.text.strip(), inside, False)
        calendar = _calendar(piece, parser.place.calendars())
        return AtHours(calendar.name, inside, is_open(calendar, parser.place.now) is inside)

    return node


def _calendar(piece: Piece, calendars: Mapping[str, Calendar]) -> Calendar:
    """The calendar of that name; `hours` is the only one, too."""
    named = {fold(name): calendar for name, calendar in calendars.items()}
    name = fold(piece.text.strip())
    if name in named:
        return named[name]
    if not named:
        message = _("There is no calendar “{word}”.").format(word=piece.text)
        raise wrong(piece, message, hint=_("Calendars are kept in sla.toml, under [calendars.NAME]."))
    if name != HOURS:
        raise unlike(piece, _("There is no calendar “{word}”.").format(word=piece.text), name, (*named,))
    if len(named) > 1:
        message = _("“{word}” may be any of several calendars.").format(word=piece.text)
        raise wrong(piece, message, hint=_("One of: {names}.").format(names=", ".join(calendars)))
    return next(iter(named.values()))


def _length(piece: Piece, word: str, hint: str) -> Millis:
    found = length(word.lower())
    if found is None:
        raise wrong(piece, _("“{word}” is no length of time.").format(word=word), hint=hint)
    return found


def _subject(parser: Reading, piece: Piece) -> Node:
    return Subject(piece.text.strip())


FILTERS: Final[dict[str, Callable[[Reading, Piece], Node | None]]] = {
    "is": _is,
    "assignee": _assignee,
    "team": _team,
    "mentions": _mentions,
    "channel": _named(NameField.CHANNEL),
    "account": _named(NameField.ACCOUNT),
    "inbox": _named(NameField.INBOX),
    "label": _named(NameField.LABEL),
    "tag": _named(NameField.LABEL),
    "priority": _priority,
    "from": _from,
    "has": _has,
    "org": _named(NameField.ORGANIZATION),
    "segment": _named(NameField.SEGMENT),
    "reason": _named(NameField.REASON),
    "incident": _named(NameField.INCIDENT),
    "lang": _language,
    "before": _before,
    "after": _after,
    "during": _during,
    "unanswered": _unanswered,
    "window": _window,
    "task": _task,
    "sla": _sla,
    "csat": _csat,
    "in": _hours(True),
    "out": _hours(False),
    "subject": _subject,
    "view": _view,
    "sort": _sort,
}
KEYS: Final = tuple(FILTERS)
"""The names of all filters."""


def _comparison(text: str) -> tuple[Compare, str]:
    for compare in (Compare.AT_LEAST, Compare.AT_MOST, Compare.ABOVE, Compare.BELOW, Compare.EQUAL):
        if text.startswith(compare):
            return compare, text[len(compare) :].strip()
    return Compare.EQUAL, text.strip()


def _span(parser: Reading, piece: Piece) -> tuple[Millis, Millis]:
    found = span(piece.text, now=parser.place.now, zone=parser.place.zone)
    if found is None:
        raise wrong(
            piece,
            _("“{word}” is no time.").format(word=piece.text),
            hint=_("Such as 2026-05-01, yesterday, last-week, 7d, 2h or 09:30."),
        )
    return found


def _one_of(piece: Piece, words: type[_W], word: str | None = None) -> _W:
    word = (piece.text if word is None else word).strip().lower()
    try:
        return words(word)
    except ValueError:
        message = _("“{word}” cannot stand after “{key}:”.").format(word=word, key=piece.key)
        raise unlike(piece, message, word, tuple(words)) from None


def wrong(piece: Piece, message: str, *, hint: str = "") -> QueryError:
    """The error that points at a filter's value, or at the piece as a whole."""
    if piece.key and piece.text:
        return QueryError(message, hint=hint, position=piece.value_at, word=piece.text)
    return QueryError(message, hint=hint, position=piece.start, word=piece.key or piece.text)


def unlike(piece: Piece, message: str, word: str, names: tuple[str, ...]) -> QueryError:
    """The error about a word that is none of `names`, with the nearest ones as its hint."""
    import difflib

    near = difflib.get_close_matches(word, names, n=3, cutoff=0.5) or names
    hint = _("Known here: {names}.").format(names=", ".join(near))
    if piece.key in KEYS:
        return wrong(piece, message, hint=hint)
    return QueryError(message, hint=hint, position=piece.start, word=piece.key)
