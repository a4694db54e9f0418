"""A mapping file: which calls are messages, and where their parts lie."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from omnitui.sdk import Millis, OmniError
from omnitui_webhook.dates import reader
from omnitui_webhook.paths import Path as Place
from omnitui_webhook.paths import parsed
from omnitui_webhook.values import Condition, Value, condition, value

Act = Literal["message", "deleted", "ignore"]

_VALUES = (
    *("external_id", "conversation", "address", "name", "language", "email", "author_address", "author_name"),
    *("subject", "text", "revision", "sent_at", "answers", "picture"),
)
_KNOWN: Mapping[Act, tuple[str, ...]] = {
    "message": ("when", "each", *_VALUES, "sent_at_format", "zone", "html", "outgoing", "fields", "files"),
    "deleted": ("when", "each", "external_id"),
    "ignore": ("when",),
}
_NEEDED: Mapping[Act, tuple[str, ...]] = {
    "message": ("address",),
    "deleted": ("when", "external_id"),
    "ignore": ("when",),
}
SAMPLE = "sample"
"""At the top of a mapping file: a call in a file beside it, on which `check` tries the mapping."""
_LARGEST = 1024 * 1024
_FILE = ("url", "name", "type", "size")


class Rule:
    """One table of a mapping file."""

    __slots__ = ("act", "each", "fields", "file", "files", "html", "outgoing", "read_time", "values", "when")

    def __init__(self, act: Act, said: Mapping[str, Any]) -> None:
        """Raises `ValueError`: what makes no sense, and where."""
        for name in said:
            if name not in _KNOWN[act]:
                raise ValueError(f"there is no “{name}”; known: {', '.join(_KNOWN[act])}")
        for name in _NEEDED[act]:
            if name not in said:
                raise ValueError(f"“{name}” is missing")
        self.act = act
        self.when: Condition = _line("when", condition, said.get("when", {}))
        self.each: Place | None = _line("each", _path, said["each"]) if "each" in said else None
        self.values: Mapping[str, Value] = {name: _line(name, value, said[name]) for name in _VALUES if name in said}
        self.read_time: Callable[[str], Millis | None] = _line(
            "sent_at_format", lambda form: reader(str(form), str(said.get("zone", ""))), said.get("sent_at_format", "")
        )
        self.html = said.get("html") is True
        self.outgoing = said.get("outgoing") is True
        fields = said.get("fields", {})
        if not isinstance(fields, dict):
            raise ValueError("“fields” takes a table of names and paths")
        self.fields = tuple((name, _line(f"fields.{name}", value, one)) for name, one in fields.items())
        self.files, self.file = _line("files", _files, said["files"]) if "files" in said else ((), {})


def read(path: str) -> tuple[Rule, ...]:
    """The rules of a mapping file. Raises `OmniError`: it cannot be read, or does not make sense."""
    place = Path(path).expanduser()
    if not place.is_absolute():
        raise OmniError(f"{path}: the mapping has to be named by its whole path", hint=f"{place.absolute()}")
    try:
        text = _content(place, path).decode()
    except UnicodeDecodeError:
        raise OmniError(f"{path} cannot be read: it is not UTF-8") from None
    return rules(text, path)


def sample(path: str) -> bytes | None:
    """The call that a mapping file, which makes sense, names to be tried on; None where it names none.

    Raises `OmniError`: it cannot be read.
    """
    place = Path(path).expanduser()
    named = tomllib.loads(_content(place, path).decode()).get(SAMPLE)
    return None if named is None else _content(place.parent / named, named)


def _content(place: Path, name: str) -> bytes:
    try:
        with place.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise OmniError(f"{name} cannot be read: {error.strerror}") from None


@cache
def kept(channel: str) -> tuple[Rule, ...]:
    """What counts on a channel where an account names no mapping of its own."""
    name = f"{channel}.toml"
    return rules(files("omnitui_webhook").joinpath(name).read_text(encoding="utf-8"), name)


def rules(text: str, name: str) -> tuple[Rule, ...]:
    """The rules that a file says, in its order within each act. Raises `OmniError`."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OmniError(f"{name}: {error}") from None
    if not isinstance(said.pop(SAMPLE, ""), str):
        raise OmniError(f"{name}: “{SAMPLE}” takes the name of a file")
    strangers = [act for act in said if act not in _KNOWN]
    if strangers:
        raise OmniError(f"{name}: there is no “{strangers[0]}”", hint="known: [[message]], [[deleted]], [[ignore]]")
    found: list[Rule] = []
    acts: tuple[Act, ...] = ("ignore", "deleted", "message")
    for act in acts:
        tables = said.get(act, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise OmniError(f"{name}: “{act}” has to stand in double brackets", hint=f"[[{act}]]")
        for number, table in enumerate(tables, 1):
            try:
                found.append(Rule(act, table))
            except ValueError as error:
                raise OmniError(f"{name}, [[{act}]] {number}: {error}") from None
    if not any(rule.act == "message" for rule in found):
        raise OmniError(f"{name} says of no call that it is a message", hint="it needs [[message]]: docs/webhook.md")
    return tuple(found)


def _line(name: str, made: Callable[[Any], Any], said: Any) -> Any:
    try:
        return made(said)
    except ValueError as error:
        raise ValueError(f"“{name}”: {error}") from None


def _path(said: Any) -> Place:
    if not isinstance(said, str):
        raise ValueError("takes one path")
    return parsed(said)


def _files(said: Any) -> tuple[tuple[Place, ...], Mapping[str, Value]]:
    """Where lists of files may lie, and what each item says; of plain addresses nothing but the address."""
    if isinstance(said, str | list):
        return tuple(map(_path, [said] if isinstance(said, str) else said)), {}
    if not isinstance(said, dict) or "each" not in said or "url" not in said or set(said) - {"each", *_FILE}:
        raise ValueError(f'takes the path of a list of addresses, or a table with "each", {", ".join(_FILE)}')
    places = said["each"] if isinstance(said["each"], list) else [said["each"]]
    return tuple(map(_path, places)), {name: _line(name, value, said[name]) for name in _FILE if name in said}
