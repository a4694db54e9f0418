"""What tab puts in for what was just typed: a canned response, an agent's name, an address. Knows no widget."""

from __future__ import annotations

from collections.abc import Sequence

from omnitui.desk import canned, mentions
from omnitui.desk.canned import Canned
from omnitui.desk.fuzzy import fit
from omnitui.i18n import _
from omnitui.model.people import Agent
from omnitui.ui.look.roles import Line, Piece, line_width, plain
from omnitui.values import dataclass

MOST = 8


@dataclass(frozen=True, slots=True)
class Offer:
    """A text that may replace the last `length` characters before the cursor."""

    text: str
    length: int
    label: str
    missing: tuple[str, ...] = ()
    """Names in it of which nothing is known."""


def canned_offers(before: str, every: Sequence[Canned], facts: dict[str, str]) -> list[Offer] | None:
    """The canned responses for the `;code` that `before` ends with, those that begin so first; None without one."""
    code = canned.code_before(before)
    if code is None:
        return None
    wanted = code.casefold()
    begins = [one for one in every if one.code.casefold().startswith(wanted)]
    rest = [one for one in every if one not in begins and wanted and fit(code, one.title, one.code)]
    begins.sort(key=lambda one: one.code.casefold() != wanted)
    return [offer(one, facts, len(code) + 1) for one in (*begins, *rest)[:MOST]]


def offer(one: Canned, facts: dict[str, str], length: int = 0) -> Offer:
    """A canned response with its names filled in."""
    filled = canned.filled(one.text, facts)
    return Offer(filled.text, length, f";{one.code} {one.title}", filled.missing)


def agent_offers(before: str, agents: Sequence[Agent]) -> list[Offer] | None:
    """The agents for the `@` that `before` ends with; None without one."""
    begun = mentions.begun(before)
    if begun is None:
        return None
    return [Offer(f"@{one.name} ", len(begun) + 1, f"@{one.name}") for one in mentions.offered(begun, agents)[:MOST]]


def address_part(before: str) -> str:
    """What stands before the cursor in a field of addresses, behind the last comma."""
    return before.replace(";", ",").replace("、", ",").rpartition(",")[2].lstrip()


def address_offers(before: str, known: Sequence[tuple[str, str]]) -> list[Offer]:
    """The addresses, with names, that the address being typed may become."""
    part = address_part(before)
    return [
        Offer(f"{address}, ", len(part), f"{name} {address}".strip())
        for name, address in known
        if address.casefold() != part.casefold()
    ][:MOST]


def offers_line(offers: Sequence[Offer], at: int, width: int) -> Line:
    """The offers side by side, as many as fit beginning with the one that is next, which is marked."""
    pieces: list[Piece] = [(f" {_('tab')} ", "key")]
    for index, one in enumerate(offers[at:]):
        piece: Piece = (f" {plain(one.label)} ", "chosen" if index == 0 else "text")
        if index and line_width((*pieces, piece)) > width - 4:
            pieces.append((" …", "muted"))
            break
        pieces.append(piece)
    return tuple(pieces)
