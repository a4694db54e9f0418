"""The one query language of lists, search, views and the shell: text to a tree.

    is:open assignee:me (channel:line OR label:vip) -from:example.com unanswered:>2h during:yesterday "exact 返金" words

Words and filters side by side must all hold; OR binds looser, `-` negates, brackets group. `after:` and `before:` a
day mean its first moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar

from omnitui.clock import Millis
from omnitui.desk.matching import fold
from omnitui.desk.orders import Order
from omnitui.desk.terms import (
    And,
    Assigned,
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
from omnitui.desk.times import length, span
from omnitui.desk.words import Kind, Piece, pieces
from omnitui.errors import UsageError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.states import Priority
from omnitui.text.analyser import query_terms
from omnitui.text.surrogates import mended
from omnitui.values import dataclass

__all__ = ["KEYS", "Query", "QueryError", "parse"]

_MAX_LENGTH: Final = 2_000
_MAX_DEPTH: Final = 32
_MAX_TERMS: Final = 64
_POINTED: Final = 120
"""Columns of a query at most below which a word is pointed at."""

_W = TypeVar("_W", bound=StrEnum)
_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_NOBODY: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})


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


def parse(
    text: str,
    *,
    now: Millis,
    me: Ulid,
    zone: tzinfo,
    teams: Mapping[str, Sequence[str]] = _NOBODY,
    views: Mapping[str, str] = _NONE,
) -> Query:
    """The query that `text` says.

    Args:
        text: What was typed; empty finds everything.
        now: What relative times count from.
        me: The agent whom `assignee:me` and `is:mine` mean.
        zone: The zone of the user's days and hours.
        teams: Folded name of a team → names of its agents and inboxes; `mine` are those that `me` belongs to.
        views: Folded name of a view → its query.

    Raises:
        QueryError: It does not make sense; the error points at the word.
    """
    if len(text) > _MAX_LENGTH:
        raise QueryError(_("The query is too long."), hint=_("At most 2,000 characters."), position=_MAX_LENGTH)
    parser = _Parser(mended(text), _Place(now, me, zone, teams, views))
    try:
        node = parser.whole()
    except QueryError as error:
        error.query = text
        raise
    return Query(node, parser.hidden, text, parser.order or Order.NEWEST)


@dataclass(frozen=True, slots=True)
class _Place:
    """From where a query is seen; the arguments of `parse`."""

    now: Millis
    me: Ulid
    zone: tzinfo
    teams: Mapping[str, Sequence[str]]
    views: Mapping[str, str]
    within: tuple[str, ...] = ()
    """The views whose queries are being read, the outermost first."""


class _Parser:
    """Recursive descent over the pieces of one query."""

    def __init__(self, text: str, place: _Place) -> None:
        self._pieces = list(pieces(text, keys=frozenset(_FILTERS)))
        self._at = 0
        self._depth = 0
        self._terms = 0
        self.place = place
        self.hidden = False
        self.order: Order | None = None

    def whole(self) -> Node | None:
        node = self._either()
        piece = self._peek()
        if piece.kind is not Kind.END:
            raise _wrong(piece, _("This bracket closes nothing."))
        return node

    def _peek(self) -> Piece:
        return self._pieces[self._at]

    def _take(self) -> Piece:
        piece = self._pieces[self._at]
        self._at += 1
        return piece

    def _either(self) -> Node | None:
        parts = [self._all()]
        while self._peek().kind is Kind.OR:
            piece = self._take()
            if self._at == 1 or self._peek().kind in (Kind.END, Kind.CLOSE, Kind.OR):
                raise _wrong(piece, _("OR stands between two things."), hint=_('Write "OR" to search for the word.'))
            parts.append(self._all())
        found = [part for part in parts if part is not None]
        if len(found) < 2:
            return found[0] if found else None
        return Or(tuple(found))

    def _all(self) -> Node | None:
        parts: list[Node] = []
        while self._peek().kind not in (Kind.END, Kind.CLOSE, Kind.OR):
            if self._peek().kind is Kind.AND:
                self._take()
                continue
            part = self._one()
            if part is not None:
                parts.append(part)
        if len(parts) < 2:
            return parts[0] if parts else None
        return And(tuple(parts))

    def _one(self) -> Node | None:
        negative = False
        while self._peek().kind is Kind.MINUS:
            negative = not negative
            self._take()
        piece = self._take()
        node: Node | None
        match piece.kind:
            case Kind.OPEN:
                node = self._group(piece)
            case Kind.FILTER if negative and piece.key == "sort":
                raise _wrong(piece, _("An order cannot be turned around with a minus."))
            case Kind.FILTER:
                node = self._filter(piece)
            case Kind.WORD | Kind.PHRASE:
                node = Text(piece.text, piece.kind is Kind.PHRASE) if query_terms(piece.text) else None
            case _:
                raise _wrong(piece, _("Here something to find is missing."))
        self._terms += 1
        if self._terms > _MAX_TERMS:
            raise _wrong(piece, _("The query has too many parts."))
        return Not(node) if negative and node is not None else node

    def _group(self, opening: Piece) -> Node | None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise _wrong(opening, _("Too many brackets inside one another."))
        node = self._either()
        if self._peek().kind is not Kind.CLOSE:
            raise _wrong(opening, _("This bracket is not closed."), hint=_("Add a closing bracket."))
        self._take()
        self._depth -= 1
        return node

    def _filter(self, piece: Piece) -> Node | None:
        make = _FILTERS.get(piece.key)
        if make is None:
            raise _unlike(piece, _("There is no filter “{word}”.").format(word=f"{piece.key}:"), piece.key, KEYS)
        if not piece.text.strip():
            raise _wrong(piece, _("“{word}” needs a value.").format(word=f"{piece.key}:"))
        return make(self, piece)


def _is(parser: _Parser, piece: Piece) -> Node:
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


def _has(parser: _Parser, piece: Piece) -> Node:
    thing = _one_of(piece, Thing)
    return Is(State.FAILED) if thing is Thing.FAILED else Has(thing)


def _agent(parser: _Parser, name: str) -> str:
    return parser.place.me if name.strip().lower() == "me" else name.strip()


def _assignee(parser: _Parser, piece: Piece) -> Node:
    name = _agent(parser, piece.text)
    return Assigned("" if name.lower() == "none" else name)


def _mentions(parser: _Parser, piece: Piece) -> Node:
    return Mentions(_agent(parser, piece.text))


def _team(parser: _Parser, piece: Piece) -> Node:
    """What an agent of the team has, and what nobody has in an inbox of the team."""
    teams = parser.place.teams
    found = teams.get(fold(piece.text.strip()))
    if found is None:
        message = _("There is no team “{word}”.").format(word=piece.text)
        if not teams:
            raise _wrong(piece, message, hint=_("Teams are named in config.toml, under [teams]."))
        raise _unlike(piece, message, piece.text, (*teams,))
    inboxes = Or(tuple(Named(NameField.INBOX, name) for name in found))
    return Or((*(Assigned(_agent(parser, name)) for name in found), And((Assigned(""), inboxes))))


def _view(parser: _Parser, piece: Piece) -> Node | None:
    place, name = parser.place, fold(piece.text.strip())
    text = place.views.get(name)
    if text is None:
        raise _unlike(piece, _("There is no view “{word}”.").format(word=piece.text), name, (*place.views,))
    if name in place.within:
        raise _wrong(piece, _("The view “{word}” is made of itself.").format(word=piece.text))
    inner = _Parser(mended(text), replace(place, within=(*place.within, name)))
    try:
        node = inner.whole()
    except QueryError as error:
        message = _("The view “{word}”: {why}").format(word=piece.text, why=error.message)
        raise _wrong(piece, message, hint=error.hint) from None
    parser.hidden = parser.hidden or inner.hidden
    parser.order = parser.order or inner.order
    return node


def _sort(parser: _Parser, piece: Piece) -> None:
    parser.order = _one_of(piece, Order)


def _language(parser: _Parser, piece: Piece) -> Node:
    word = fold(piece.text.strip()).replace("_", "-")
    return Speaks("" if word in ("unknown", "none") else word)


def _named(field: NameField) -> Callable[[_Parser, Piece], Node | None]:
    return lambda parser, piece: Named(field, piece.text.strip())


def _from(parser: _Parser, piece: Piece) -> Node:
    return From(piece.text.strip())


def _priority(parser: _Parser, piece: Piece) -> Node:
    compare, word = _comparison(piece.text)
    return PriorityIs(compare, _one_of(piece, Priority, word))


def _after(parser: _Parser, piece: Piece) -> Node:
    return During(_span(parser, piece)[0], None)


def _before(parser: _Parser, piece: Piece) -> Node:
    return During(None, _span(parser, piece)[0])


def _during(parser: _Parser, piece: Piece) -> Node:
    return During(*_span(parser, piece))


def _unanswered(parser: _Parser, piece: Piece) -> Node:
    compare, word = _comparison(piece.text)
    age = _length(piece, word, _("Such as unanswered:>2h or <30m."))
    return Unanswered(compare not in (Compare.BELOW, Compare.AT_MOST), parser.place.now - age)


def _task(parser: _Parser, piece: Piece) -> Node:
    compare, word = _comparison(piece.text)
    until = Promised(parser.place.now + _length(piece, word, _("Such as task:<2h or >1d.")))
    return And((Has(Thing.TASK), Not(until))) if compare in (Compare.ABOVE, Compare.AT_LEAST) else until


def _window(parser: _Parser, piece: Piece) -> Node:
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


def _sla(parser: _Parser, piece: Piece) -> Node:
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


def _length(piece: Piece, word: str, hint: str) -> Millis:
    found = length(word.lower())
    if found is None:
        raise _wrong(piece, _("“{word}” is no length of time.").format(word=word), hint=hint)
    return found


def _subject(parser: _Parser, piece: Piece) -> Node:
    return Subject(piece.text.strip())


_FILTERS: Final[dict[str, Callable[[_Parser, Piece], Node | None]]] = {
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
    "lang": _language,
    "before": _before,
    "after": _after,
    "during": _during,
    "unanswered": _unanswered,
    "window": _window,
    "task": _task,
    "sla": _sla,
    "subject": _subject,
    "view": _view,
    "sort": _sort,
}
KEYS: Final = tuple(_FILTERS)
"""The names of all filters."""


def _comparison(text: str) -> tuple[Compare, str]:
    for compare in (Compare.AT_LEAST, Compare.AT_MOST, Compare.ABOVE, Compare.BELOW, Compare.EQUAL):
        if text.startswith(compare):
            return compare, text[len(compare) :].strip()
    return Compare.EQUAL, text.strip()


def _span(parser: _Parser, piece: Piece) -> tuple[Millis, Millis]:
    found = span(piece.text, now=parser.place.now, zone=parser.place.zone)
    if found is None:
        raise _wrong(
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
        raise _unlike(piece, message, word, tuple(words)) from None


def _wrong(piece: Piece, message: str, *, hint: str = "") -> QueryError:
    """The error that points at a filter's value, or at the piece as a whole."""
    if piece.key and piece.text:
        return QueryError(message, hint=hint, position=piece.value_at, word=piece.text)
    return QueryError(message, hint=hint, position=piece.start, word=piece.key or piece.text)


def _unlike(piece: Piece, message: str, word: str, names: tuple[str, ...]) -> QueryError:
    """The error about a word that is none of `names`, with the nearest ones as its hint."""
    import difflib

    near = difflib.get_close_matches(word, names, n=3, cutoff=0.5) or names
    hint = _("Known here: {names}.").format(names=", ".join(near))
    if piece.key in KEYS:
        return _wrong(piece, message, hint=hint)
    return QueryError(message, hint=hint, position=piece.start, word=piece.key)
