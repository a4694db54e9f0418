"""Holds calls about WhatsApp against Meta's own specification, as far as that holds for Meta's own examples."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SPEC = Path(__file__).parents[3] / "shared" / "specs" / "meta" / "business-messaging-api_v23.0.yaml"
UNSAID = frozenset({"biz_opaque_callback_data", "recipient"})
"""What Meta documents beside its specification."""
KINDS = frozenset({"messaging_product", "recipient_type", "to", "type", "context", *UNSAID})


class MetaSpec:
    """The specification, loosened where its own examples break it: parts of `allOf` close themselves to the others."""

    def __init__(self) -> None:
        self._spec = _loaded()

    def faults(self, method: str, path: str, said: Any, status: int, answer: Any) -> list[str]:
        """What is wrong with a call and its answer; that there is no such call is a fault too."""
        if path == "debug_token" or path.endswith("/subscriptions"):
            # Of the Graph API as a whole: https://developers.facebook.com/docs/graph-api/reference/app/subscriptions
            return []
        operation = self._operation(method, path)
        if operation is None:
            return [f"{method} {path} is not in the specification"]
        asked = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if path.endswith("/messages") and said.get("status") == "read":
            asked = {"$ref": "#/components/schemas/MarkMessageRequestPayload"}
        elif path.endswith("/messages"):
            name = {"text": "TextMessage", "template": "TemplateMessage"}.get(said["type"])
            asked = {"$ref": f"#/components/schemas/{name or said['type'].capitalize() + 'Message'}"}
        elif path.endswith("/media"):
            asked = None
        wants = [(asked, said)] if asked and method == "POST" else []
        if status == 200:
            told = operation["responses"]["200"].get("content", {}).get("application/json", {}).get("schema")
            wants += [(told, answer)] if told and said.get("status") != "read" else []
        found = [
            f"{method} {path}: {'/'.join(map(str, fault.path))} {fault.message}"
            for schema, value in wants
            for fault in Draft202012Validator({**schema, "components": self._spec["components"]}).iter_errors(value)
        ]
        if path.endswith("/messages") and "type" in said:
            found += [f"{path}: no parameter {name}" for name in said if name not in KINDS | {said["type"]}]
        return found

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        first, _slash, edge = path.partition("/")
        numbers = {"messages", "media", "phone_numbers", "subscribed_apps", "message_templates"}
        if edge and edge not in numbers:
            return None
        if not edge and not re.fullmatch(r"\d+", first):
            return None
        ending = f"}}/{edge}" if edge else "/{Media-ID}"
        for known, operations in self._spec["paths"].items():
            if known.endswith(ending) and method.lower() in operations:
                found: dict[str, Any] = operations[method.lower()]
                return found
        return None


@lru_cache(maxsize=1)
def _loaded() -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    spec = json.loads(json.dumps(yaml.load(SPEC.read_text("utf-8"), Loader=loader), default=str))
    _loosen(spec)
    loosened: dict[str, Any] = spec
    return loosened


def _loosen(node: Any) -> None:
    if isinstance(node, dict):
        if "allOf" in node:
            for part in node["allOf"]:
                part.pop("additionalProperties", None)
        # `to` is required there, though Meta takes `recipient` in its place; indexes are excluded by a typing error.
        if node.get("required") == ["messaging_product", "recipient_type", "to", "type"]:
            node["required"] = ["messaging_product", "type"]
        if node.get("pattern") == "^[2-6, 11-14]$":
            del node["pattern"]
        if "BANNED" in node.get("enum", ()) and "RESTRICTED" in node["enum"]:
            # What a number usually is, it leaves out: CONNECTED.
            del node["enum"]
        for value in node.values():
            _loosen(value)
    elif isinstance(node, list):
        for value in node:
            _loosen(value)


def spec() -> MetaSpec | None:
    """The specification; None where it, or what reads it, is absent."""
    try:
        import yaml  # noqa: F401
    except ImportError:
        return None
    return MetaSpec() if SPEC.exists() else None
