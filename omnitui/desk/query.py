"""The one query language of lists, search, views and the shell: text to a tree.

    is:open assignee:me (channel:line OR label:vip) -from:example.com unanswered:>2h during:yesterday "exact 返金" words

Words and filters side by side must all hold; OR binds looser, `-` negates, brackets group. `after:` and `before:` a
day mean its first moment.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Final, TypeVar

from omnitui.clock import Millis
from omnitui.desk.terms import (
    And,
    Assigned,
    Compare,
    During,
    From,
    Has,
    Is,
    Named,
    NameField,
    Node,
    Not,
    Or,
    PriorityIs,
    Query,
    State,
    Subject,
    Text,
    Thing,
    Unanswered,
)
from omnitui.desk.times import length, span
from omnitui.desk.words import Kind, Piece, pieces
from omnitui.errors import UsageError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.states import Priority
from omnitui.text.analyser import query_terms
from omnitui.text.surrogates import mended

__all__ = ["KEYS", "Query", "QueryError", "parse"]

_MAX_LENGTH: Final = 2_000
_MAX_DEPTH: Final = 32
_MAX_TERMS: Final = 64

_W = TypeVar("_W", State, Thing, Priority)


class QueryError(UsageError):
    """A query that does not make sense.

    Attributes:
        position: Where the word begins that is wrong, counted in characters from 0.
        word: That word; empty at the query's end.
    """

    def __init__(self, message: str, *, hint: str = "", position: int = 0, word: str = "") -> None:
        super().__init__(message, hint=hint)
        self.position = position
        self.word = word


def parse(text: str, *, now: Millis, me: Ulid, zone: tzinfo) -> Query:
    """The query that `text` says.

    Args:
        text: What was typed; empty finds everything.
        now: What relative times count from.
        me: The agent whom `assignee:me` and `is:mine` mean.
        zone: The zone of the user's days and hours.

    Raises:
        QueryError: It does not make sense; the error points at the word.
    """
    if len(text) > _MAX_LENGTH:
        raise QueryError(_("The query is too long."), hint=_("At most 2,000 characters."), position=_MAX_LENGTH)
    parser = _Parser(mended(text), now, me, zone)
    node = parser.whole()
    return Query(node, parser.hidden, text)


class _Parser:
    """Recursive descent over the pieces of one query."""

    def __init__(self, text: str, now: Millis, me: Ulid, zone: tzinfo) -> None:
        self._pieces = list(pieces(text, keys=frozenset(_FILTERS)))
        self._at = 0
        self._depth = 0
        self._terms = 0
        self.now = now
        self.me = me
        self.zone = zone
        self.hidden = False

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

    def _filter(self, piece: Piece) -> Node:
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
            return Assigned(parser.me)
        case State.UNASSIGNED:
            return Assigned("")
        case State.ALL:
            parser.hidden = True
            return And(())
        case State.SPAM:
            parser.hidden = True
    return Is(state)


def _has(parser: _Parser, piece: Piece) -> Node:
    thing = _one_of(piece, Thing)
    return Is(State.FAILED) if thing is Thing.FAILED else Has(thing)


def _assignee(parser: _Parser, piece: Piece) -> Node:
    return Assigned({"me": parser.me, "none": ""}.get(piece.text.lower(), piece.text.strip()))


def _named(field: NameField) -> Callable[[_Parser, Piece], Node]:
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
    age = length(word.lower())
    if age is None:
        raise _wrong(
            piece, _("“{word}” is no length of time.").format(word=word), hint=_("Such as unanswered:>2h or <30m.")
        )
    return Unanswered(compare not in (Compare.BELOW, Compare.AT_MOST), parser.now - age)


def _subject(parser: _Parser, piece: Piece) -> Node:
    return Subject(piece.text.strip())


_FILTERS: Final[dict[str, Callable[[_Parser, Piece], Node]]] = {
    "is": _is,
    "assignee": _assignee,
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
    "before": _before,
    "after": _after,
    "during": _during,
    "unanswered": _unanswered,
    "subject": _subject,
}
KEYS: Final = tuple(_FILTERS)
"""The names of all filters."""


def _comparison(text: str) -> tuple[Compare, str]:
    for compare in (Compare.AT_LEAST, Compare.AT_MOST, Compare.ABOVE, Compare.BELOW, Compare.EQUAL):
        if text.startswith(compare):
            return compare, text[len(compare) :].strip()
    return Compare.EQUAL, text.strip()


def _span(parser: _Parser, piece: Piece) -> tuple[Millis, Millis]:
    found = span(piece.text, now=parser.now, zone=parser.zone)
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
