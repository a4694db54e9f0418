"""Holds what a connector asks and what a fake answers against the vendor's own OpenAPI."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator


class SpecGuard:
    """One specification. Methods that it does not have are faults too: no fake may know more than the vendor."""

    def __init__(self, spec: Path) -> None:
        self._spec = _loaded(spec)
        self._paths = {
            re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))): path for path in self._spec["paths"]
        }

    def faults(
        self, path: str, said: Any, status: int, answer: Any, *, method: str = "POST", query: Iterable[str] = ()
    ) -> list[str]:
        """What is wrong with a call of `path` and its answer; what is not JSON counts by its fields.

        Args:
            path: As the specification has it, or as it was called: "/users/7" for "/users/{id}".
            said: The request; None where it had no body.
            status: The answer's.
            answer: Its body; None where that is no JSON.
            method: GET, POST …
            query: The names of the address's parameters.
        """
        operation = self._operation(path, method)
        if operation is None:
            return [f"{method} {path} is not in the specification"]
        asked = _json(operation.get("requestBody", {}))
        responses = operation["responses"]
        answered = _json(responses.get(str(status)) or responses.get("400") or responses.get("default") or {})
        wrong = [
            f"{path}: {fault.message}"
            for schema, value in ((asked, said), (answered, answer))
            if value is not None
            for fault in Draft202012Validator({**schema, "components": self._spec["components"]}).iter_errors(value)
        ]
        known = set(self._properties(asked))
        # A schema without properties takes any: the content of an event, say.
        free = bool(asked) and not known
        return wrong + [f"{path}: no parameter {name}" for name in said or () if not free and name not in known]

    def schema_faults(self, name: str, value: Any) -> list[str]:
        """What is wrong with a value that is one of the specification's schemas, such as an event."""
        schema = {"$ref": f"#/components/schemas/{name}", "components": self._spec["components"]}
        return [f"{name}: {fault.message}" for fault in Draft202012Validator(schema).iter_errors(value)]

    def _operation(self, path: str, method: str) -> Any:
        paths = self._spec["paths"]
        found = path if path in paths else next((p for called, p in self._paths.items() if called.fullmatch(path)), "")
        return paths.get(found, {}).get(method.lower())

    def _parameters(self, operation: dict[str, Any]) -> Iterator[str]:
        for parameter in operation.get("parameters", ()):
            named = parameter.get("$ref", "").rpartition("/")[2]
            yield (self._spec["components"]["parameters"][named] if named else parameter)["name"]

    def _properties(self, schema: dict[str, Any]) -> Iterator[str]:
        if "$ref" in schema:
            schema = self._spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        yield from schema.get("properties", {})
        for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
            yield from self._properties(part)


def _json(part: Any) -> dict[str, Any]:
    """The schema of a request or a response, where that is JSON."""
    found: dict[str, Any] = part.get("content", {}).get("application/json", {}).get("schema", {})
    return found


@lru_cache(maxsize=4)
def _loaded(spec: Path) -> dict[str, Any]:
    text = spec.read_text("utf-8")
    if spec.suffix == ".json":
        found: dict[str, Any] = json.loads(text)
        return found
    import yaml

    whole: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return whole
