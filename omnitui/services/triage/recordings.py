"""Recordings of a profile: acts kept under a letter, over restarts. One line of JSON each, among what was used last."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from omnitui.desk.acting.steps import Step
from omnitui.model.states import Verb
from omnitui.paths import Profile
from omnitui.services import drawers
from omnitui.values import dataclass

NAME: Final = "recordings"


@dataclass(frozen=True, slots=True)
class Kept:
    """An act as it is kept: its steps, or the macro that it runs."""

    deed: str
    """What it does, in a word or two."""
    steps: tuple[Step, ...] = ()
    macro: str = ""


def load(profile: Profile) -> dict[str, tuple[Kept, ...]]:
    """What was recorded, by letter. A line that cannot be read is passed over. Raises OSError."""
    text = (drawers.recent(profile).read(NAME) or b"").decode("utf-8", "replace")
    found: dict[str, tuple[Kept, ...]] = {}
    for line in text.splitlines():
        try:
            table = json.loads(line)
            found[str(table["letter"])] = tuple(map(_act, table["acts"]))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue
    return found


def save(profile: Profile, letter: str, acts: Sequence[Kept]) -> None:
    """Keep a recording in place of the one of that letter. Raises OSError."""
    known = {**load(profile), letter: tuple(acts)}
    lines = (
        json.dumps({"letter": one, "acts": [_fields(act) for act in known[one]]}, ensure_ascii=False)
        for one in sorted(known)
    )
    drawers.recent(profile).write(NAME, "".join(f"{line}\n" for line in lines).encode())


def _fields(act: Kept) -> dict[str, Any]:
    if act.macro:
        return {"deed": act.deed, "macro": act.macro}
    return {"deed": act.deed, "steps": [[step.verb.value, dict(step.values)] for step in act.steps]}


def _act(table: Mapping[str, Any]) -> Kept:
    steps = tuple(Step(Verb(verb), dict(values)) for verb, values in table.get("steps", ()))
    return Kept(str(table["deed"]), steps, str(table.get("macro", "")))
