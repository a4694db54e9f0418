"""File names that strangers chose, made harmless: a base name, of visible characters, of bearable length."""

from __future__ import annotations

import re
from typing import Final

from omnitui.text.safe import safe

MAX_NAME: Final = 150

_SEPARATORS = re.compile(r"[/\\]+")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*/\\]')
_RESERVED = re.compile(r"^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.I)


def safe_name(name: str) -> str:
    """A base name fit for any file system: never a path, never hidden, never empty."""
    base = _SEPARATORS.split(name.strip().rstrip("/\\"))[-1]
    base = _FORBIDDEN.sub("_", str(safe(_FORBIDDEN.sub("_", base), multiline=False)))
    base = base.strip(" .") if base.strip(" ._") else ""
    if not base:
        return "attachment.bin"
    if _RESERVED.match(base):
        base = f"_{base}"
    stem, dot, extension = base.rpartition(".")
    if dot and 0 < len(extension) <= 10:
        return f"{_cut(stem, MAX_NAME - len(extension) - 1)}.{extension}"
    return _cut(base, MAX_NAME)


def _cut(text: str, limit: int) -> str:
    """At most `limit` characters and 200 bytes of UTF-8 (file systems count bytes)."""
    text = text[:limit]
    while len(text.encode("utf-8", "replace")) > 200:
        text = text[:-1]
    return text.rstrip(" .") or "_"
