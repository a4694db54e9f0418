"""What may come next while a query is typed: filters, their values, and the names that the cache knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from omnitui.desk.querying.filters import HOURS
from omnitui.desk.querying.matching import fold
from omnitui.desk.querying.orders import Order
from omnitui.desk.querying.parsing import KEYS
from omnitui.desk.querying.terms import Course, Gap, State, Thing
from omnitui.desk.querying.words import Kind, Piece, pieces
from omnitui.desk.times.spans import WORDS, WORDS_JA
from omnitui.model.states import Priority

_MOST: Final = 20
_AGES: Final = (">30m", ">2h", ">1d", "<30m", "<2h")
_LEFT: Final = ("<30m", "<1h", "<4h", ">4h")


@dataclass(frozen=True, slots=True)
class Names:
    """The names that the cache knows, most used first."""

    agents: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    inboxes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    calendars: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """A text that may replace `[start:end]` of what was typed."""

    text: str
    start: int
    end: int


def complete(text: str, position: int, names: Names) -> list[Completion]:
    """What the word at `position` of `text` may become, at most 20, the likeliest first."""
    piece = _at(text, position)
    if piece.kind is Kind.FILTER:
        offered = _values(piece.key, names)
        typed, start = text[piece.value_at : position].strip('"'), piece.value_at
    elif piece.kind in (Kind.WORD, Kind.END):
        offered = tuple(f"{key}:" for key in KEYS)
        typed, start = text[piece.start : position], piece.start
    else:
        return []
    end = max(piece.end, position)
    return [Completion(_quoted(one), start, end) for one in _ranked(typed, offered)][:_MOST]


def _at(text: str, position: int) -> Piece:
    """The piece that the cursor touches, or an empty one."""
    for piece in pieces(text, keys=frozenset(KEYS)):
        if piece.kind is not Kind.END and piece.start < position <= piece.end and piece.kind not in _BRACKETS:
            return piece
    return Piece(Kind.END, "", position, position)


_BRACKETS: Final = (Kind.OPEN, Kind.CLOSE, Kind.MINUS)


def _values(key: str, names: Names) -> Sequence[str]:
    match key:
        case "is":
            return tuple(State)
        case "has":
            return tuple(Thing)
        case "priority":
            return (*Priority, *(f">={one}" for one in Priority))
        case "assignee":
            return ("me", "none", *names.agents)
        case "channel":
            return names.channels
        case "account":
            return names.accounts
        case "inbox":
            return names.inboxes
        case "label" | "tag":
            return names.labels
        case "segment":
            return names.segments
        case "org":
            return names.organizations
        case "reason":
            return (*names.reasons, "none")
        case "incident":
            return (*names.incidents, "none")
        case "mentions":
            return ("me", *names.agents)
        case "team":
            return ("mine", *names.teams) if names.teams else ()
        case "lang":
            return (*names.languages, "unknown")
        case "view":
            return names.views
        case "sort":
            return tuple(Order)
        case "window":
            return (*_LEFT, *Gap)
        case "before" | "after" | "during":
            return (*WORDS, *WORDS_JA, "1h", "1d", "7d", "30d")
        case "unanswered":
            return _AGES
        case "task":
            return ("<1h", "<4h", "<1d")
        case "csat":
            return ("<3", ">=4", "1", "5", "none")
        case "in" | "out":
            return names.calendars if len(names.calendars) > 1 else (HOURS, *names.calendars)
        case "sla":
            return (*Course, "<30m", "<1h", "<4h")
    return ()


def _ranked(typed: str, offered: Iterable[str]) -> list[str]:
    """First what begins with `typed`, then what contains it."""
    wanted = fold(typed)
    begins = [one for one in offered if fold(one).startswith(wanted)]
    return begins + [one for one in offered if wanted in fold(one) and one not in begins]


def _quoted(value: str) -> str:
    return f'"{value}"' if any(char.isspace() for char in value) else value
