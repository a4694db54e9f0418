"""The one query language of lists, search, views and the shell: text to a tree.

    is:open assignee:me (channel:line OR label:vip) -from:example.com unanswered:>2h during:yesterday "exact 返金" words

Words and filters side by side must all hold; OR binds looser, `-` negates, brackets group. `after:` and `before:` a
day mean its first moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from omnitui.clock import Millis
from omnitui.desk.querying.filters import FILTERS, KEYS, Place, QueryError, unlike, wrong
from omnitui.desk.querying.orders import Order
from omnitui.desk.querying.terms import And, Node, Not, Or, Query, Text
from omnitui.desk.querying.words import Kind, Piece, pieces
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.text.analyser import query_terms
from omnitui.text.surrogates import mended

if TYPE_CHECKING:
    from omnitui.desk.times.calendar import Calendar

__all__ = ["KEYS", "Query", "QueryError", "parse"]

_MAX_LENGTH: Final = 2_000
_MAX_DEPTH: Final = 32
_MAX_TERMS: Final = 64
_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_NOBODY: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})


def parse(
    text: str,
    *,
    now: Millis,
    me: Ulid,
    zone: tzinfo,
    teams: Mapping[str, Sequence[str]] = _NOBODY,
    views: Mapping[str, str] = _NONE,
    calendars: Callable[[], Mapping[str, Calendar]] | None = None,
) -> Query:
    """The query that `text` says.

    Args:
        text: What was typed; empty finds everything.
        now: What relative times count from.
        me: The agent whom `assignee:me` and `is:mine` mean.
        zone: The zone of the user's days and hours.
        teams: Folded name of a team → names of its agents and inboxes; `mine` are those that `me` belongs to.
        views: Folded name of a view → its query.
        calendars: Gives the calendars by which `in:hours` and `out:hours` are decided; None: they are not looked at.

    Raises:
        QueryError: It does not make sense; the error points at the word.
    """
    if len(text) > _MAX_LENGTH:
        raise QueryError(_("The query is too long."), hint=_("At most 2,000 characters."), position=_MAX_LENGTH)
    parser = _Parser(mended(text), Place(now, me, zone, teams, views, calendars))
    try:
        node = parser.whole()
    except QueryError as error:
        error.query = text
        raise
    return Query(node, parser.hidden, text, parser.order or Order.NEWEST)


class _Parser:
    """Recursive descent over the pieces of one query."""

    def __init__(self, text: str, place: Place) -> None:
        self._pieces = list(pieces(text, keys=frozenset(FILTERS)))
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
            raise wrong(piece, _("This bracket closes nothing."))
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
                raise wrong(piece, _("OR stands between two things."), hint=_('Write "OR" to search for the word.'))
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
                raise wrong(piece, _("An order cannot be turned around with a minus."))
            case Kind.FILTER:
                node = self._filter(piece)
            case Kind.WORD | Kind.PHRASE:
                node = Text(piece.text, piece.kind is Kind.PHRASE) if query_terms(piece.text) else None
            case _:
                raise wrong(piece, _("Here something to find is missing."))
        self._terms += 1
        if self._terms > _MAX_TERMS:
            raise wrong(piece, _("The query has too many parts."))
        return Not(node) if negative and node is not None else node

    def _group(self, opening: Piece) -> Node | None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise wrong(opening, _("Too many brackets inside one another."))
        node = self._either()
        if self._peek().kind is not Kind.CLOSE:
            raise wrong(opening, _("This bracket is not closed."), hint=_("Add a closing bracket."))
        self._take()
        self._depth -= 1
        return node

    def _filter(self, piece: Piece) -> Node | None:
        make = FILTERS.get(piece.key)
        if make is None:
            raise unlike(piece, _("There is no filter “{word}”.").format(word=f"{piece.key}:"), piece.key, KEYS)
        if not piece.text.strip():
            raise wrong(piece, _("“{word}” needs a value.").format(word=f"{piece.key}:"))
        return make(self, piece)

    def inner(self, view: str, text: str) -> Node | None:
        """What the query of a view says, as a part of this one."""
        parser = _Parser(mended(text), replace(self.place, within=(*self.place.within, view)))
        parser._terms = self._terms  # what views are made of counts as what was typed
        node = parser.whole()
        self._terms = parser._terms
        self.hidden = self.hidden or parser.hidden
        self.order = self.order or parser.order
        return node
