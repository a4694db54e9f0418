"""Builds a frozen dataclass from a TOML table, refusing what does not fit with the key's whole name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from omnitui.errors import ConfigError
from omnitui.i18n import _

T = TypeVar("T")


def build(kind: type[T], table: Mapping[str, Any], file: Path, prefix: str = "") -> T:
    """An object of dataclass `kind` from `table`.

    Args:
        kind: A dataclass whose fields are str, bool, int, float, Literal, tuple[str, ...], tuple[Literal, ...],
            Mapping[str, float] or dataclasses again.
        table: What was read from the file.
        file: Named in errors.
        prefix: Name of the table within the file: "agent.".

    Raises:
        ConfigError: A key is unknown, or a value has the wrong type.
    """
    hints = get_type_hints(kind)
    # `kind` is a dataclass by contract; the type system cannot say so for a type variable.
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise ConfigError(
                _("{file}: there is no setting “{key}”").format(file=file, key=prefix + key),
                hint=nearest(key, [*known], prefix),
            )
    values = {key: _value(hints[key], value, file, prefix + key) for key, value in table.items()}
    for name, item in known.items():
        if name not in values and item.default is MISSING and item.default_factory is MISSING:
            raise ConfigError(_("{file}: “{key}” is missing").format(file=file, key=prefix + name))
    return kind(**values)


def nearest(word: str, names: list[str], prefix: str = "") -> str:
    """ "did you mean …?" with the closest of `names`, else the list of them."""
    import difflib

    close = difflib.get_close_matches(word.casefold(), names, 1, 0.6)
    if close:
        return _("did you mean “{name}”?").format(name=prefix + close[0])
    return _("known here: {names}").format(names=", ".join(prefix + name for name in sorted(names)))


def _value(hint: Any, value: Any, file: Path, key: str) -> Any:
    origin = get_origin(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        if isinstance(value, dict):
            return build(hint, value, file, key + ".")
        raise _wrong(file, key, _("a table"), value)
    if origin is Literal:
        if value in get_args(hint):
            return value
        raise _wrong(file, key, _("one of {names}").format(names=", ".join(map(str, get_args(hint)))), value)
    if origin is tuple:
        known = get_args(get_args(hint)[0])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            for item in value:
                if known and item not in known:
                    raise ConfigError(
                        _("{file}: “{key}” knows no “{item}”").format(file=file, key=key, item=item),
                        hint=nearest(item, [*known]),
                    )
            return tuple(value)
        raise _wrong(file, key, _("a list of texts"), value)
    if origin is not None and issubclass(origin, Mapping):
        inner = get_args(hint)[1]
        if isinstance(value, dict):
            return MappingProxyType({name: _value(inner, item, file, f"{key}.{name}") for name, item in value.items()})
        raise _wrong(file, key, _("a table"), value)
    return _plain(hint, value, file, key)


def _plain(hint: Any, value: Any, file: Path, key: str) -> Any:
    if hint is bool and isinstance(value, bool):
        return value
    if hint is str and isinstance(value, str):
        return value
    if hint is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
        return float(value)
    names = {bool: _("true or false"), str: _("a text"), int: _("a whole number"), float: _("a number from 0")}
    raise _wrong(file, key, names[hint], value)


def _wrong(file: Path, key: str, wanted: str, value: Any) -> ConfigError:
    kind = type(value).__name__
    shown = repr(value) if isinstance(value, str | int | float | bool) and len(repr(value)) < 60 else kind
    return ConfigError(
        _("{file}: “{key}” has to be {wanted}, not {value}").format(file=file, key=key, wanted=wanted, value=shown)
    )
