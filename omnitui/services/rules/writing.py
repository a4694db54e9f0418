"""Writing rules.toml: a new rule stands behind the others, of a changed one only what is another; comments stay."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from omnitui.config.files import UNTAMPERED, read_toml
from omnitui.config.writing import put_file, write_key
from omnitui.desk.rules.tables import KEYS, parsed
from omnitui.errors import ConfigError, Refused
from omnitui.i18n import _
from omnitui.services.rules import reading as rules

if TYPE_CHECKING:
    from omnitui.services.session import Session

Table = Mapping[str, Any]
"""A rule as rules.toml has it."""
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_HEADER: Final = re.compile(r"\s*\[+[^\[\]]+\]+\s*(?:#.*)?")


def table_of(session: Session, name: str) -> dict[str, Any]:
    """What the file says of a rule; empty where there is none. Raises ConfigError."""
    found = read_toml(session.profile.rules_file, forbidden=UNTAMPERED).get(name, {})
    return dict(found) if isinstance(found, dict) else {}


def check(session: Session, name: str, table: Table) -> None:
    """See whether a rule can be so. Raises ConfigError with the first fault."""
    rule, faults = parsed(name, table)
    if not faults:
        rule, faults = rules.with_macros(rule, rules.Macros(session.profile))
    if faults:
        raise ConfigError(faults[0].message)
    rules.check_query(rule.when, session.settings, session.views)


def name_for(session: Session, title: str) -> str:
    """A name for a new rule that no other has."""
    taken = read_toml(session.profile.rules_file, forbidden=UNTAMPERED)
    base = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:24]
    base = base if re.match(r"[a-z]", base) else "rule"
    return next(one for one in (base, *(f"{base}-{n}" for n in range(2, 1000))) if one not in taken)


def save(session: Session, name: str, table: Table) -> None:
    """Have the file say that a rule is so.

    Raises:
        ConfigError: It cannot be so, or the file as it is has faults or cannot be written.
        Refused: It stands there in a form that only a person can change.
    """
    check(session, name, table)
    path = session.profile.rules_file
    data = read_toml(path, forbidden=UNTAMPERED)
    held = data.get(name)
    wanted = {key: table[key] for key in KEYS if key in table}
    if held is None:
        text = path.read_text("utf-8").rstrip("\n") if path.exists() else ""
        put_file(path, "\n".join([*([text, ""] if text else []), *_written(name, wanted), ""]))
        return
    if not isinstance(held, dict):
        raise ConfigError(_("a table is needed: [{name}]").format(name=name))
    for key, value in wanted.items():
        if key != "do" and value != held.get(key, _DEFAULTS.get(key)):
            write_key(path, f"{name}.{key}", _toml(value), forbidden=UNTAMPERED)
    if wanted["do"] != held.get("do"):
        _write_steps(path, name, wanted["do"], {**data, name: {**held, **wanted}})


_DEFAULTS: Final = {"stop": False, "enabled": False, "when": "", "once": ""}


def _write_steps(path: Path, name: str, steps: Sequence[Table], expected: Table) -> None:
    lines = path.read_text("utf-8").split("\n")
    head = re.compile(rf"\s*\[\[\s*{re.escape(name)}\.do\s*\]\]\s*(?:#.*)?")
    found = [at for at, line in enumerate(lines) if head.fullmatch(line)]
    if not found:
        value = "[" + ", ".join(_inline(one) for one in steps) + "]"
        write_key(path, f"{name}.do", value, forbidden=UNTAMPERED)
        return
    end = next((at for at in range(found[-1] + 1, len(lines)) if _HEADER.fullmatch(lines[at])), len(lines))
    while end > found[-1] + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1  # what stands above the next rule is about that
    made = [line for one in steps for line in ("", *_step(name, one))][1:]
    text = "\n".join([*lines[: found[0]], *made, *lines[end:]])
    try:
        same = tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        raise Refused(
            _("the steps stand in {file} in a form that cannot be changed from here").format(file=path.name),
            hint=_("open the file and change it there"),
        )
    put_file(path, text)


def _written(name: str, table: Table) -> list[str]:
    said = [f"{key} = {_toml(value)}" for key, value in table.items() if key != "do"]
    return [f"[{name}]", *said, *(line for one in table["do"] for line in ("", *_step(name, one)))]


def _step(name: str, step: Table) -> list[str]:
    return [f"[[{name}.do]]", *(f"{key} = {_toml(value)}" for key, value in step.items())]


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return _inline(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str) and "\x7f" in value:
        value = value.replace("\x7f", "")
    return json.dumps(value, ensure_ascii=False)


def _inline(table: Table) -> str:
    said = (f"{key if _BARE.fullmatch(key) else json.dumps(key)} = {_toml(value)}" for key, value in table.items())
    return "{ " + ", ".join(said) + " }"
