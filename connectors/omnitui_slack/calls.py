"""What Slack tells, be it over a socket or by a call: the event in it."""

from __future__ import annotations

import json
from typing import Any

from omnitui.sdk import Delivery


def event_of(told: dict[str, Any] | Delivery) -> dict[str, Any]:
    """The event; of anything else (a command, a button) the whole of it, under the name of its kind."""
    payload: Any
    if isinstance(told, Delivery):
        try:
            body = json.loads(told.body)
        except (ValueError, RecursionError):
            body = None
        payload = body if isinstance(body, dict) else {"raw": told.body.decode(errors="replace")}
        kind = str(payload.get("type", "call"))
    else:
        payload, kind = told.get("payload"), str(told.get("type", ""))
    if isinstance(payload, dict) and isinstance(event := payload.get("event"), dict):
        return event
    return {"envelope": kind, "payload": payload}
