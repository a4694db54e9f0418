"""Halves of characters. JSON and the shell's arguments can hold them; UTF-8, and so the cache, cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
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
    if isinstance(value, str):
        return mended(value) if type(value) is str else value  # type: ignore[return-value]
    if isinstance(value, (tuple, list)):
        parts = [mended_all(part) for part in value]
        if any(new is not old for new, old in zip(parts, value, strict=True)):
            found = tuple(parts) if isinstance(value, tuple) else parts
    elif isinstance(value, Mapping):
        found = {mended_all(key): mended_all(part) for key, part in value.items()}
    elif is_dataclass(value) and not isinstance(value, type):
        changed = {}
        for field in fields(value):
            old = getattr(value, field.name)
            new = mended_all(old)
            if new is not old and new != old:
                changed[field.name] = new
        if changed:
            found = replace(value, **changed)
    return found  # type: ignore[no-any-return]
