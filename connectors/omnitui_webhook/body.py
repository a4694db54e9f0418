"""The body of a call, read."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"
_MOST_FIELDS = 200


def media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def read(body: bytes, content_type: str) -> Any:
    """What a body says: JSON, or the fields of a form by their names; None where it is neither."""
    try:
        # Many a program posts JSON under the name of a form; no form begins so.
        if media_type(content_type) == FORM_TYPE and body.lstrip()[:1] not in (b"{", b"["):
            return _fields(body)
        return json.loads(body, parse_constant=lambda _name: None)
    except (ValueError, RecursionError):
        return None


def _fields(body: bytes) -> dict[str, Any]:
    """A name that comes more than once has all its values, in a list."""
    found: dict[str, Any] = {}
    pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found
