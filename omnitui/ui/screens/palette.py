"""The palette: everything that can be done or gone to, by a few letters, the last used first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from inspect import isawaitable

from omnitui.i18n import _
from omnitui.ui.desk import Desk
from omnitui.ui.screens.offers import SOURCES, Offers
from omnitui.ui.screens.picker import PickerScreen, fitting
from omnitui.ui.widgets.choices import Choice

REMEMBERED = "palette"
FIRST = 8
"""Of what is listed at once so many stay above what is found in the cache."""
REST_SECONDS = 0.12
_BONUS = 30
"""What having been used last is worth beside a better fit; 40 is a word's beginning."""


async def open_palette(desk: Desk) -> None:
    """Ask what to do or where to go, and do it."""
    listed = await _listed(desk)
    recent = {line: at for at, line in enumerate(desk.memory.recall(REMEMBERED))}

    def recency(choice: Choice) -> int:
        return recent.get(" ".join(choice.value), len(recent))

    by_use = sorted(listed, key=recency)
    recalled = await _recalled(desk, list(recent))
    at_rest = sorted([*recalled, *by_use], key=recency)

    async def source(text: str) -> AsyncIterator[Sequence[Choice]]:
        if not text.strip():
            yield at_rest
            return
        fits = fitting(text, by_use)
        fits.sort(key=lambda fit: -(fit[0] + max(_BONUS - recency(fit[1]), 0)))
        found = [choice for _score, choice in fits]
        yield found
        many: list[Choice] = []
        for offers in SOURCES:
            if offers.found is not None:
                if offers.rests:
                    await asyncio.sleep(REST_SECONDS)
                many += _of(offers, await offers.found(desk, text))
                yield [*found[:FIRST], *many, *found[FIRST:]]

    hint = _("actions, views, texts, labels, settings, conversations, contacts")
    screen = PickerScreen(_("What to do, or where to go"), source, hint=hint)
    screen.id = "palette"
    chosen = await desk.ask(screen)
    if chosen is None:
        return
    kind, value = chosen.value
    desk.remember(REMEMBERED, f"{kind} {value}")
    for offers in SOURCES:
        if offers.kind == kind:
            work = offers.choose(desk, value)
            if isawaitable(work):
                await work


def _of(offers: Offers, choices: Sequence[Choice]) -> list[Choice]:
    return [replace(choice, value=(offers.kind, choice.value)) for choice in choices]


async def _listed(desk: Desk) -> list[Choice]:
    few = [offers for offers in SOURCES if offers.listed is not None]
    found = await asyncio.gather(*(offers.listed(desk) for offers in few if offers.listed is not None))
    return [choice for offers, choices in zip(few, found, strict=True) for choice in _of(offers, choices)]


async def _recalled(desk: Desk, lines: Sequence[str]) -> list[Choice]:
    found: list[Choice] = []
    for offers in SOURCES:
        if offers.recalled is not None:
            values = [value for kind, _space, value in (line.partition(" ") for line in lines) if kind == offers.kind]
            found += _of(offers, await offers.recalled(desk, values))
    return found
