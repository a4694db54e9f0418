"""The tour through the demo: what is asked for, one act at a time, and how the desk shows that it was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Final

from omnitui.i18n import N_
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """How the desk stands, as far as the tour looks at it."""

    selected: str = ""
    """The conversation that is selected."""
    reading: bool = False
    """Whether the keys go to the history."""
    deeds: Mapping[str, int] = field(default_factory=dict)
    """How often each was recorded since the act was asked for: reply, undone, note, resolved."""
    searches: int = 0
    """How many searches were followed since the start."""
    searched: str = ""
    """What was searched for last."""
    latest: tuple[str, ...] = ()
    """The last two things that were used, the newest first: "action app.palette" and what was chosen in it."""


Done = Callable[[Facts, Facts], bool]
"""Takes the facts when the act was asked for, and those of now."""


@dataclass(frozen=True, slots=True)
class Step:
    """One act."""

    id: str
    ask: str
    """What to do, translated where it is shown; {name} stands for the key of the action that `keys` has there."""
    done: Done
    keys: Mapping[str, str] = field(default_factory=dict)


def _more(name: str) -> Done:
    return lambda before, now: now.deeds.get(name, 0) > 0


def _searched_in_japanese(before: Facts, now: Facts) -> bool:
    return now.searches > before.searches and any(ord(char) >= 0x3005 for char in now.searched)


STEPS: Final = (
    Step("move", N_("Go down in the list: {down}, back up: {up}."),
         lambda before, now: now.selected not in ("", before.selected), {"down": "list.down", "up": "list.up"}),
    Step("open", N_("Read the conversation: {open}."), lambda before, now: now.reading, {"open": "list.open"}),
    Step("reply", N_("Answer: {reply}, write a line, {send} sends it. Enter never sends."), _more("reply"),
         {"reply": "conversation.reply", "send": "composer.send"}),
    Step("undo", N_("It leaves in some seconds. Take it back: {undo}. Too late? Answer once more."), _more("undone"),
         {"undo": "app.undo"}),
    Step("note", N_("Write a note that only agents see: {note}, then {send}."), _more("note"),
         {"note": "conversation.note", "send": "composer.send"}),
    Step("search", N_("Search in Japanese: {search}, type 返金 (refund), Enter opens a hit."), _searched_in_japanese,
         {"search": "app.search"}),
    Step("resolve", N_("The matter is done: {resolve}. The next one comes by itself."), _more("resolved"),
         {"resolve": "conversation.resolve"}),
    Step("palette", N_("Everything else is in the palette: {palette}. Type a few letters of anything."),
         lambda before, now: "action app.palette" in now.latest != before.latest, {"palette": "app.palette"}),
)  # fmt: skip
"""In order. Each can be done by keys of the user's own, by mouse, by palette or by command line."""


def step_of(step_id: str) -> int:
    """The number of a step, from 0; the first one where there is none such."""
    return next((at for at, step in enumerate(STEPS) if step.id == step_id), 0)
