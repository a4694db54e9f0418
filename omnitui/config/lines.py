"""Where in a TOML file something stands, for faults that the TOML itself does not have."""

from __future__ import annotations

import re
from collections.abc import Sequence


def line_of(text: str, table: Sequence[str], key: str = "", *, number: int = 0) -> int:
    """The line (from 1) of a table's header, or of a key in it; 1 where it is written in a way that is not seen.

    `number` counts tables of one name, which an array of tables has.
    """
    lines = text.splitlines()
    at, seen = 0, -1
    if table:
        wanted = re.compile(rf"\s*\[\[?\s*{_dotted(table)}\s*\]\]?\s*(?:#.*)?")
        for index, line in enumerate(lines):
            if wanted.fullmatch(line):
                at, seen = index, seen + 1
                if seen == number:
                    break
        if seen < number:
            return 1
    if not key:
        return at + 1
    name = re.compile(rf"\s*{_dotted([key])}\s*=")
    for index in range(at + bool(table), len(lines)):
        if lines[index].lstrip().startswith("["):
            break
        if name.match(lines[index]):
            return index + 1
    return at + 1


def _dotted(names: Sequence[str]) -> str:
    return r"\s*\.\s*".join(rf"[\"']?{re.escape(name)}[\"']?" for name in names)
