"""The right side of a mapping's lines: where a value lies, what stands for it, or a sentence made of several."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from omnitui_webhook.paths import Call, found, parsed

Value = Callable[[Call], str]
"""Reads a value out of a call; "" where it is not there."""
Condition = Callable[[Call], bool]

_HOLE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


def value(said: Any) -> Value:
    """What a line's right side means. Raises `ValueError`, in words."""
    match said:
        case str():
            path = parsed(said)
            return lambda call: word(found(call, path))
        case list() if said and all(isinstance(one, str) for one in said):
            return _first([value(one) for one in said])
        case {"path": str() | list() as where, "default": str() | int() | float() as default, **rest} if not rest:
            return _first([value(where), _fixed(word(default))])
        case {"value": str() | int() | float() as fixed, **rest} if not rest:
            return _fixed(word(fixed))
        case {"template": str() as template, **rest} if not rest:
            return _template(template)
    raise ValueError('takes a path, a list of paths, { path, default }, { value } or { template = "Order {order.id}" }')


def word(held: Any) -> str:
    """A plain value as text; "" for what has parts, but a list of plain values is one line."""
    if isinstance(held, bool):
        return "true" if held else "false"
    if isinstance(held, str | int | float):
        return str(held)
    if isinstance(held, list) and all(isinstance(one, str | int | float) for one in held):
        return ", ".join(map(word, held))
    return ""


def condition(said: Any) -> Condition:
    """What a `when` asks of a call: that each path holds one of some values. Raises `ValueError`."""
    if not isinstance(said, Mapping):
        raise ValueError('takes a table: when = { "issue.state" = "open", action = ["created", "edited"] }')
    wanted = [(parsed(path), one if isinstance(one, list) else [one]) for path, one in said.items()]
    if not all(isinstance(one, str | int | float) for _path, values in wanted for one in values):
        raise ValueError("compares with words, numbers, true and false, or lists of them")
    # By their words: 7 is what "7" is, and 1 is not true.
    texts = [(path, set(map(word, values))) for path, values in wanted]
    return lambda call: all(not allowed.isdisjoint(_words(found(call, path))) for path, allowed in texts)


def _words(held: Any) -> Iterator[str]:
    """Each plain value of a list, or the one."""
    for one in held if isinstance(held, list) else [held]:
        if isinstance(one, str | int | float):
            yield word(one)


def _first(values: list[Value]) -> Value:
    return lambda call: next((said for one in values if (said := one(call))), "")


def _template(template: str) -> Value:
    pieces: list[Value] = []
    at = 0
    for hole in _HOLE.finditer(template):
        pieces.append(_plain(template[at : hole.start()]))
        pieces.append(_fixed(hole[0][0]) if hole[1] is None else value(hole[1]))
        at = hole.end()
    pieces.append(_plain(template[at:]))
    return lambda call: "".join(piece(call) for piece in pieces).strip()


def _plain(text: str) -> Value:
    if "{" in text or "}" in text:
        raise ValueError("a brace is open; {{ and }} stand for braces")
    return _fixed(text)


def _fixed(text: str) -> Value:
    return lambda _call: text
