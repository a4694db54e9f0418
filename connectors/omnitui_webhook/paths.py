"""Where a value lies in a call: `data.customer.name`, `items[0].text`, `fields["order no"]`, `$.shop`."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

Step = str | int
Path = tuple[Step, ...]

ROOT = "$"
"""Begins a path that starts from the whole call, where others start from one of its items."""
_STEP = re.compile(
    r"""\.?(?P<name>[^.\[\]"'\s{}]+)|\[(?P<index>-?\d{1,6})\]|\[(?P<quote>["'])(?P<key>.+?)(?P=quote)\]""",
)


class Call(NamedTuple):
    """What a path is looked up in."""

    whole: Any
    here: Any
    """One item of a call that brings several; else the whole."""


def parsed(text: str) -> Path:
    """The steps of a path. Raises `ValueError` with the place where it makes no sense."""
    rest = text.strip()
    steps: list[Step] = []
    at = 0
    while at < len(rest):
        step = _STEP.match(rest, at)
        if step is None or (step["name"] and (rest[at] == ".") is (at == 0)):
            raise ValueError(f"“{text}” makes no sense from “{rest[at:]}” on")
        steps.append(int(step["index"]) if step["index"] is not None else step["name"] or step["key"])
        at = step.end()
    if not steps:
        raise ValueError("an empty path")
    return tuple(steps)


def found(call: Call, path: Path) -> Any:
    """What lies there; None where nothing does."""
    where = call.here
    if path[0] == ROOT:
        where, path = call.whole, path[1:]
    for step in path:
        if isinstance(where, dict) and not isinstance(step, int):
            where = where.get(step)
        elif isinstance(where, list) and isinstance(step, int) and -len(where) <= step < len(where):
            where = where[step]
        else:
            return None
    return where
