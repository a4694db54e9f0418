"""What Meta calls with, before anything is understood of it."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]

ODD = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError)
"""What a payload that is not as it should be raises."""


def dumped(value: Any) -> bytes:
    """A part of a call as it is kept raw."""
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")


def entries(body: bytes) -> list[tuple[str, Json]] | None:
    """The parts of a call, each with the id of whose it is; None where it is no call."""
    try:
        return [(str(entry.get("id", "")), entry) for entry in json.loads(body)["entry"]]
    except ODD:
        return None
