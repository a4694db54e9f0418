"""Holds what a connector asks and what a fake answers against the vendor's own OpenAPI."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator


class SpecGuard:
    """One specification. Methods that it does not have are faults too: no fake may know more than the vendor."""

    def __init__(self, spec: Path) -> None:
        self._spec = _loaded(spec)

    def faults(self, path: str, said: Any, status: int, answer: Any) -> list[str]:
        """What is wrong with a POST to `path` and its answer; what is not JSON counts by its fields."""
        operation = self._spec["paths"].get(path, {}).get("post")
        if operation is None:
            return [f"{path} is not in the specification"]
        asked = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        response = operation["responses"].get(str(status)) or operation["responses"].get("400")
        answered = response["content"]["application/json"]["schema"]
        return [
            f"{path}: {fault.message}"
            for schema, value in ((asked, said), (answered, answer))
            for fault in Draft202012Validator({**schema, "components": self._spec["components"]}).iter_errors(value)
        ] + [f"{path}: no parameter {name}" for name in said if name not in asked.get("properties", {})]


@lru_cache(maxsize=1)
def _loaded(spec: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(spec.read_text("utf-8"))
    return found
