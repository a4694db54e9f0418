"""Changes one setting in config.toml: its line and nothing else, so that comments and order stay."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from omnitui.config.files import load_settings, read_toml
from omnitui.config.settings import Settings
from omnitui.errors import ConfigError, Refused
from omnitui.i18n import _
from omnitui.paths import Profile

_HEADER: Final = re.compile(r"\s*\[+\s*([^\[\]]+?)\s*\]+\s*(?:#.*)?\Z")


def kind_of(name: str) -> Any:
    """The type of the setting with this dotted name. Raises KeyError."""
    found: Any = Settings
    for part in name.split("."):
        found = get_type_hints(found)[part] if is_dataclass(found) else None
        if found is None:
            raise KeyError(name)
    return found


def choices_of(name: str) -> tuple[str, ...]:
    """What a setting may be, as TOML, where that is a short list; empty where it is not."""
    kind = kind_of(name)
    if kind is bool:
        return ("true", "false")
    return tuple(f'"{word}"' for word in get_args(kind)) if get_origin(kind) is Literal else ()


def as_toml(name: str, typed: str) -> str:
    """What a person typed for a setting, as TOML: texts need no quotes."""
    typed = typed.strip()
    plain = kind_of(name) is str and not (len(typed) > 1 and typed[0] == typed[-1] == '"')
    return json.dumps(typed, ensure_ascii=False) if plain else typed


def write_setting(profile: Profile, name: str, value: str) -> Settings:
    """Have config.toml say that the setting is `value` (TOML); gives the settings that the file says then.

    Raises:
        ConfigError: The value does not fit, or the file as it was is faulty.
        Refused: The setting stands there in a form that only a person can change.
    """
    path = profile.settings_file
    expected = _with(read_toml(path), name, _parsed(name, value))
    text = path.read_text("utf-8") if path.exists() else ""
    changed = _changed(text, name, value)
    with suppress(tomllib.TOMLDecodeError):
        if tomllib.loads(changed) == expected:
            return _replace(profile, changed)
    raise Refused(
        _("“{name}” stands in config.toml in a form that cannot be changed from here").format(name=name),
        hint=_("open the file and change it there"),
    )


def write_key(path: Path, name: str, value: str, *, forbidden: int) -> None:
    """Have a TOML file say that the key of this dotted name is `value` (TOML); nothing else in it changes.

    Raises:
        ConfigError: The file as it was is faulty, or cannot be written.
        Refused: The key stands there in a form that only a person can change.
    """
    expected = _with(read_toml(path, forbidden=forbidden), name, _parsed(name, value))
    changed = _changed(path.read_text("utf-8") if path.exists() else "", name, value)
    with suppress(tomllib.TOMLDecodeError):
        if tomllib.loads(changed) == expected:
            put_file(path, changed)
            return
    raise Refused(
        _("“{name}” stands in {file} in a form that cannot be changed from here").format(name=name, file=path.name),
        hint=_("open the file and change it there"),
    )


def put_file(path: Path, text: str, check: Callable[[Path], object] | None = None) -> None:
    """Put a text in place of a file, whole or not at all.

    Raises:
        ConfigError: It cannot be written, or `check`, which is given what will be in its place, finds a fault in it.
    """
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if check is not None:
            check(beside)
        os.replace(beside, target)
    except ConfigError as error:
        raise ConfigError(error.message.replace(str(beside), target.name), hint=error.hint) from None
    except OSError as error:
        raise ConfigError(_("{file} cannot be written: {why}").format(file=path, why=error.strerror)) from error
    finally:
        beside.unlink(missing_ok=True)


def line_of(profile: Profile, name: str) -> int:
    """The line of config.toml, counted from 1, at which a setting stands or would; makes the file where there is none.

    Raises:
        ConfigError: It cannot be read or made.
    """
    path = profile.settings_file
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        lines = path.read_text("utf-8", errors="replace").split("\n")
    except OSError as error:
        raise ConfigError(_("{file} cannot be read: {why}").format(file=path, why=error.strerror)) from error
    start, end = _table(lines, name.rpartition(".")[0])
    return (_key(lines[:end], name.rpartition(".")[2], start) or min(start, len(lines) - 1)) + 1


def _parsed(name: str, value: str) -> Any:
    try:
        return tomllib.loads(f"x = {value}\n")["x"]
    except (tomllib.TOMLDecodeError, KeyError):
        message = _("{value} does not make sense for “{name}”").format(value=value or '""', name=name)
        raise ConfigError(message, hint=_('texts in quotes, lists in brackets: ["one", "two"]')) from None


def _with(table: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    first, dot, rest = name.partition(".")
    if dot and not isinstance(table.get(first, {}), dict):
        message = _("“{name}” in config.toml is no table").format(name=first)
        raise ConfigError(message, hint=_("mend it there first"))
    return {**table, first: _with(table.get(first, {}), rest, value) if dot else value}


def _changed(text: str, name: str, value: str) -> str:
    table, _dot, key = name.rpartition(".")
    lines = text.split("\n")
    start, end = _table(lines, table)
    line = f"{key} = {value}"
    at = _key(lines[:end], key, start)
    if at is not None:
        size = _extent(lines[at:end])
        lines[at : at + size] = [line + _comment("\n".join(lines[at : at + size]))]
    elif table and start == len(lines):
        while lines and not lines[-1].strip():
            lines.pop()
        lines += [*([""] if lines else []), f"[{table}]", line, ""]
    else:
        last = max((n for n in range(start, end) if lines[n].strip()), default=start - 1)
        lines.insert(last + 1, line)
        if not table and last + 2 < len(lines) and lines[last + 2].strip():
            lines.insert(last + 2, "")
    return "\n".join(lines) if lines[-1] == "" else "\n".join(lines) + "\n"


def _table(lines: list[str], table: str) -> tuple[int, int]:
    """Where the lines of a table begin and end; both at the end of the file where there is none."""
    heads = [(at, found[1]) for at, line in enumerate(lines) if (found := _HEADER.match(line))]
    begins = 0 if not table else next((at + 1 for at, head in heads if head == table), len(lines))
    return begins, next((at for at, _head in heads if at >= begins), len(lines))


def _key(lines: list[str], key: str, start: int) -> int | None:
    begins = re.compile(rf"\s*{re.escape(key)}\s*=")
    return next((at for at in range(start, len(lines)) if begins.match(lines[at])), None)


def _extent(lines: list[str]) -> int:
    """How many lines the value takes that begins in the first."""
    for size in range(1, len(lines) + 1):
        with suppress(tomllib.TOMLDecodeError):
            tomllib.loads("\n".join(lines[:size]))
            return size
    return 1


def _comment(entry: str) -> str:
    """The comment behind an entry, with the blanks before it."""
    for at in (found.start() for found in re.finditer(r"[ \t]*#", entry)):
        with suppress(tomllib.TOMLDecodeError):
            if tomllib.loads(entry[:at]) == tomllib.loads(entry):
                return entry[at:] if "\n" not in entry[at:] else ""
    return ""


def _replace(profile: Profile, text: str) -> Settings:
    """Put the file in place whole, and only when it is one that omnitui starts with."""
    found: list[Settings] = []
    put_file(profile.settings_file, text, lambda beside: found.append(load_settings(profile, beside)))
    return found[0]
