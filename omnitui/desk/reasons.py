"""Contact reasons: why a customer wrote, as a short tree in which one key each chooses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from omnitui.desk.lettering import lettered
from omnitui.desk.querying.matching import fold
from omnitui.errors import UsageError
from omnitui.i18n import _
from omnitui.text.safe import safe
from omnitui.values import dataclass

DEEPEST: Final = 4
"""Levels of the tree."""
_NAME: Final = re.compile(r"[\w-]{1,40}")
_FIELDS: Final = ("title", "key")


@dataclass(frozen=True, slots=True)
class Reason:
    """A contact reason, or a group of some."""

    path: str
    """Its names from the root on: billing/refund. Kept with conversations, so it stays for ever."""
    title: str
    key: str
    parts: tuple[Reason, ...] = ()

    @property
    def all(self) -> Iterator[Reason]:
        """Itself and all below it."""
        yield self
        for part in self.parts:
            yield from part.all


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in the tree, and at which of its tables."""

    names: tuple[str, ...]
    message: str


def tree(table: Mapping[str, Any]) -> tuple[tuple[Reason, ...], list[Fault]]:
    """The reasons of a file, and what is wrong with it; a faulty one is left out."""
    faults: list[Fault] = []
    return _level(table, (), faults), faults


def _level(table: Mapping[str, Any], names: tuple[str, ...], faults: list[Fault]) -> tuple[Reason, ...]:
    wanted: list[tuple[str, Mapping[str, Any]]] = []
    for name, value in table.items():
        if names and name in _FIELDS:
            continue
        where = (*names, name)
        if not isinstance(value, Mapping):
            faults.append(
                Fault(where, _("a reason is a table with title and key: [{name}]").format(name=".".join(where)))
            )
        elif not _NAME.fullmatch(name):
            faults.append(Fault(where, _("a name of letters, digits, - and _ is needed")))
        elif len(where) > DEEPEST:
            faults.append(Fault(where, _("the tree is deeper than {n} levels").format(n=DEEPEST)))
        elif fault := _faulty(value):
            faults.append(Fault(where, fault))
        else:
            wanted.append((name, value))
    keys = _keys(wanted, names, faults)
    return tuple(
        Reason(
            "/".join((*names, name)),
            safe(str(value.get("title") or name.replace("-", " ").replace("_", " ")), multiline=False),
            key,
            _level(value, (*names, name), faults),
        )
        for (name, value), key in zip(wanted, keys, strict=True)
    )


def _faulty(value: Mapping[str, Any]) -> str:
    if not isinstance(value.get("title", ""), str):
        return _("“title” has to be a text")
    key = value.get("key", "")
    if not isinstance(key, str) or len(key) > 1 or not (key == "" or (key.isprintable() and not key.isspace())):
        return _("“key” has to be one character")
    return ""


def _keys(wanted: Sequence[tuple[str, Mapping[str, Any]]], names: tuple[str, ...], faults: list[Fault]) -> list[str]:
    """A key for each: its own where nobody before has it, else a free letter."""
    own: dict[str, str] = {}
    for name, value in wanted:
        key = str(value.get("key", ""))
        if key and key in own.values():
            other = next(one for one, taken in own.items() if taken == key)
            faults.append(
                Fault((*names, name), _("“{key}” is the key of {other} already").format(key=key, other=other))
            )
        elif key:
            own[name] = key
    rest = [name for name, _value in wanted if name not in own]
    letters = dict(zip(rest, lettered([*own.values(), *rest])[len(own) :], strict=True))
    return [own.get(name) or letters[name] for name, _value in wanted]


def find(reasons: Sequence[Reason], text: str) -> Reason:
    """The reason of a path, of a path's end, or of a title.

    Raises:
        UsageError: There is none, or there are several.
    """
    wanted = fold(text).strip().strip("/")
    every = [one for root in reasons for one in root.all]
    whole = [one for one in every if fold(one.path) == wanted]
    for found in (whole, [one for one in every if wanted in (fold(one.path).rpartition("/")[2], fold(one.title))]):
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(one.path for one in found[:8])
            raise UsageError(_("several reasons are called “{text}”").format(text=text), hint=names)
    raise UsageError(
        _("there is no contact reason “{text}”").format(text=safe(text, multiline=False, max_chars=60)),
        hint=", ".join(one.path for one in every[:12]) or _("write some into reasons.toml"),
    )
