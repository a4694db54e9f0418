"""The palette: everything that can be done or gone to, by a few letters, the best fit and the last used first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from inspect import isawaitable

from omnitui.desk.fuzzy import ELSEWHERE
from omnitui.desk.querying.matching import fold
from omnitui.i18n import _
from omnitui.ui.desk import Desk
from omnitui.ui.knowledge import learn
from omnitui.ui.screens.offers import SOURCES, Offers
from omnitui.ui.screens.picker import PickerScreen, fitting
from omnitui.ui.widgets.choices import Choice

REMEMBERED = "palette"
REST_SECONDS = 0.12
_BONUS = 30
"""What having been used last is worth beside a better fit; 40 is a word's beginning."""
_NAMED = 10_000
"""What a name is worth that was typed as it is: more than any fit."""


async def open_palette(desk: Desk) -> None:
    """Ask what to do or where to go, and do it."""
    if desk.names is not None:
        desk.spawn(learn(desk))
    listed = await _listed(desk)
    recent = {line: at for at, line in enumerate(desk.memory.recall(REMEMBERED))}

    def recency(choice: Choice) -> int:
        return recent.get(" ".join(choice.value), len(recent))

    by_use = sorted(listed, key=recency)
    recalled = await _recalled(desk, list(recent))
    at_rest = sorted([*recalled, *by_use], key=recency)

    def ranked(text: str, choices: Sequence[Choice], *, elsewhere: int = 0) -> list[tuple[int, Choice]]:
        """Choices with what they are worth; `elsewhere`: those too that fit by something that is not shown."""
        # Before letters are marked: that takes a name apart.
        choices = [replace(one, named=True) if _is_named(one, text) else one for one in choices]
        fits = fitting(text, choices)
        if elsewhere:
            fitted = {choice.value for _score, choice in fits}
            fits += [(elsewhere, choice) for choice in choices if choice.value not in fitted]
        return [(score + max(_BONUS - recency(one), 0) + _NAMED * one.named, one) for score, one in fits]

    async def source(text: str) -> AsyncIterator[Sequence[Choice]]:
        if not text.strip():
            yield at_rest
            return
        found = ranked(text, by_use)
        elsewhere = ELSEWHERE * len(text.split())
        for offers in SOURCES:
            if offers.found is not None:
                if not offers.at_once(desk):
                    yield _in_order(found)
                if offers.rests:
                    await asyncio.sleep(REST_SECONDS)
                found += ranked(text, _of(offers, await offers.found(desk, text)), elsewhere=elsewhere)
        yield _in_order(found)

    hint = _("actions, views, texts, macros, incidents, rules, labels, settings, conversations, contacts")
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


def _is_named(choice: Choice, text: str) -> bool:
    """Whether what was typed is the very name of a choice, with or without the sign before it."""
    kind, value = choice.value
    if kind == "conversation":  # what it begins with is somebody's name, not its own
        return False
    typed = fold(text).strip().lstrip("#;")
    return bool(typed) and typed in (fold(choice.left[0][0]).strip().lstrip("#;"), fold(value))


def _in_order(found: Sequence[tuple[int, Choice]]) -> list[Choice]:
    return [choice for _worth, choice in sorted(found, key=lambda one: -one[0])]


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
