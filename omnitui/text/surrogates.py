"""Halves of characters. JSON and the shell's arguments can hold them; UTF-8, and so the cache, cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def mended(text: str) -> str:
    """`text` with pairs of surrogates joined and lone ones replaced by U+FFFD; the same object where it has none."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def mended_all(value: T) -> T:
    """The same for all texts in a value of dataclasses, tuples, lists and mappings; other things stay as they are."""
    found: Any = value
    kind: Any = type(value)
    if kind is str:
        return mended(found)  # type: ignore[return-value]
    if held := _fields(kind):
        names, values = held
        changed = {}
        for name, old in zip(names, values(value), strict=True):
            # Ingest comes by here with every message: most of what it holds is plain, and needs no call.
            sort: Any = type(old)
            if not old or (old.isascii() if sort is str else _is_plain(sort)):
                continue
            new = mended_all(old)
            if new is not old and new != old:
                changed[name] = new
        if changed:
            found = replace(found, **changed)
    elif isinstance(value, (tuple, list)):
        parts = [mended_all(part) for part in value]
        if any(new is not old for new, old in zip(parts, value, strict=True)):
            found = tuple(parts) if isinstance(value, tuple) else parts
    elif isinstance(value, Mapping):
        found = {mended_all(key): mended_all(part) for key, part in value.items()}
    return found  # type: ignore[no-any-return]


@cache
def _is_plain(kind: type) -> bool:
    """Whether things of this type hold no text from outside."""
    return issubclass(kind, (int, float, bytes, Enum))


@cache
def _fields(of: type) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]] | None:
    """The fields of a dataclass, and what reads all of them at once; of other things none."""
    names: tuple[str, ...] = tuple(field.name for field in fields(of)) if is_dataclass(of) else ()
    if not names:
        return None
    first, *more = names
    if more:
        return names, attrgetter(*names)
    only = attrgetter(first)
    return names, lambda value: (only(value),)
