"""Who gets a conversation: among the agents who are here and have room, by ways that are tried one after the other.

A way is one word or several joined by +, which narrow the choice one after the other: `skill+load`. Where a word leaves
nobody, the next way is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Final

from omnitui.errors import UsageError
from omnitui.i18n import N_, _, ngettext
from omnitui.ids import Ulid
from omnitui.values import dataclass


class By(StrEnum):
    """The words of a way. Stable: they are in users' files."""

    STICKY = "sticky"
    """Who served the contact last."""
    SKILL = "skill"
    """Who has a skill that the conversation fits."""
    LANGUAGE = "language"
    """Who answers in the contact's language."""
    RANK = "rank"
    """Who is asked first."""
    LOAD = "load"
    """Who has the fewest open conversations."""
    ROUND_ROBIN = "round_robin"
    """Whose turn it is."""


_NOBODY: Final = {
    By.STICKY: N_("nobody free has served this contact"),
    By.SKILL: N_("nobody free has a skill that fits"),
    By.LANGUAGE: N_("nobody free is known to answer in the contact's language"),
}
_WHY: Final = {
    By.STICKY: N_("served this contact last"),
    By.SKILL: N_("has the skill"),
    By.LANGUAGE: N_("answers in the language"),
    By.RANK: N_("is asked first"),
    By.LOAD: N_("has the fewest open"),
    By.ROUND_ROBIN: N_("it is their turn"),
}
Way = tuple[By, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """What a step says of it."""

    ways: tuple[Way, ...]
    team: str = ""
    """Among whom, as the settings call it; empty: all agents."""

    def __str__(self) -> str:
        ways = ", ".join("+".join(way) for way in self.ways)
        return f"by {ways} in {self.team}" if self.team else f"by {ways}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent of whom one asks whether a conversation may go to them."""

    id: Ulid
    name: str
    skilled: bool = False
    speaks: bool = False
    served: bool = False
    rank: int = 1
    """1 is asked first."""
    most_open: int = 0
    """How many open conversations they may have; 0 is no limit."""
    open: int = 0
    """How many they have."""
    turn: int = 0
    """Higher the later they got one by routing in this team; 0: never yet."""
    away: bool = False

    @property
    def full(self) -> bool:
        return bool(self.most_open) and self.open >= self.most_open


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets it, and why; nobody: why not."""

    agent: Candidate | None
    why: str


def route_in(table: Any) -> Route:
    """What `assign = { by = …, team = … }` says. Raises UsageError."""
    for key in table:
        if key not in ("by", "team"):
            raise UsageError(_("there is no “{key}” in “assign”").format(key=key), hint=_("known here: by, team"))
    said, team = table.get("by"), table.get("team", "")
    said = [said] if isinstance(said, str) else said
    if not isinstance(team, str):
        raise UsageError(_("“{key}” has to be a text").format(key="team"))
    if not isinstance(said, list) or not said or not all(isinstance(one, str) for one in said):
        raise UsageError(_("“by” has to be a way or a list of ways"), hint=", ".join(By))
    return Route(tuple(_way(one) for one in said), team.strip())


def _way(text: str) -> Way:
    words: list[By] = []
    for word in text.lower().split("+"):
        try:
            words.append(By(word.strip()))
        except ValueError:
            from omnitui.config.checks import nearest

            message = _("nobody is chosen by “{word}”").format(word=word.strip())
            raise UsageError(message, hint=nearest(word.strip(), [*By])) from None
    return tuple(words)


def choose(ways: Sequence[Way], candidates: Sequence[Candidate]) -> Choice:
    """Who gets a conversation. Ties go to who has the fewest open, then to whose turn it is, then by name."""
    if not candidates:
        return Choice(None, _("nobody to choose from"))
    free = [one for one in candidates if not one.away and not one.full]
    if not free:
        return Choice(None, _("nobody is free: {names}").format(names=", ".join(map(_busy, candidates))))
    missed: list[str] = []
    for way in ways:
        left = free
        for word in way:
            left = _narrowed(word, left)
            if not left:
                missed.append(_(_NOBODY[word]))
                break
        else:
            return _chosen(way, left, missed)
    return Choice(None, "; ".join(dict.fromkeys(missed)))


def _chosen(way: Way, left: Sequence[Candidate], missed: Sequence[str]) -> Choice:
    best = min(left, key=lambda one: (one.open, one.turn, one.name, one.id))
    why = f"{best.name}: {' + '.join(_(_WHY[word]) for word in way)}"
    if len(left) > 1:
        tied = ngettext(
            "of {n} alike the one with the fewest open", "of {n} alike the one with the fewest open", len(left)
        )
        if sum(one.open == best.open for one in left) > 1:
            tied = ngettext("of {n} alike by turn", "of {n} alike by turn", len(left))
        why += f" ({tied.format(n=len(left))})"
    return Choice(best, "; ".join((*dict.fromkeys(missed), why)))


def _busy(one: Candidate) -> str:
    if one.away:
        return _("{name} is away").format(name=one.name)
    return ngettext("{name} has {n} open", "{name} has {n} open", one.open).format(name=one.name, n=one.open)


def _narrowed(word: By, left: Sequence[Candidate]) -> list[Candidate]:
    """Those of them whom a word means; an order leaves those who stand first in it."""
    match word:
        case By.STICKY:
            return [one for one in left if one.served]
        case By.SKILL:
            return [one for one in left if one.skilled]
        case By.LANGUAGE:
            return [one for one in left if one.speaks]
        case By.RANK:
            return _first(left, lambda one: one.rank)
        case By.LOAD:
            return _first(left, lambda one: one.open)
        case By.ROUND_ROBIN:
            return _first(left, lambda one: one.turn)


def _first(left: Sequence[Candidate], place: Callable[[Candidate], int]) -> list[Candidate]:
    best = min(map(place, left))
    return [one for one in left if place(one) == best]
