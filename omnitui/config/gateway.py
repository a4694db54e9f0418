"""Reads gateway.toml: where the gateway listens, which hooks it has beside those of accounts, and who may read them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from omnitui.config.checks import build, nearest
from omnitui.config.files import read_toml
from omnitui.errors import ConfigError, Refused
from omnitui.i18n import _
from omnitui.values import dataclass

NAME: Final = re.compile("[a-z0-9][a-z0-9_-]{0,63}")
"""What a hook may be called: it stands in its address."""
_PLACES: Final = ("env", "command", "file")
_DIGEST: Final = re.compile("[0-9a-f]{64}")
Named = TypeVar("Named", "HookEntry", "TokenEntry")


@dataclass(frozen=True, slots=True)
class HookEntry:
    """A hook of which no account of the profile knows."""

    name: str
    kind: str
    """The connector's kind."""
    settings: Mapping[str, str]
    secrets: Mapping[str, tuple[str, ...]]
    """By name the places of all values that count, the newest first: `env:NAME`, `command:[…]`, `file:PATH`."""


@dataclass(frozen=True, slots=True)
class TokenEntry:
    """Who may read what some hooks received."""

    name: str
    sha256: str
    """Of the token, in hexadecimal digits."""
    hooks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """The top of gateway.toml."""

    listen: str = "127.0.0.1:8787"
    """Address and port; only programs of this machine reach the gateway at the one it has by itself."""
    public_url: str = ""
    """What vendors call, without a hook's name: `https://hooks.example.com`."""
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    """Addresses of proxies whose `X-Forwarded-For` counts."""
    days: int = 30
    """How long what was received is kept."""
    megabytes: int = 1024
    """How much is kept at most; the oldest goes first."""
    calls_per_address: int = 200
    """Calls a second from one address, in the long run; ten times as many at once. A refused one counts as ten."""
    calls_per_hook: int = 500
    """Genuine calls a second of one hook, in the long run; ten times as many at once."""


@dataclass(frozen=True, slots=True)
class GatewayFile:
    """All of gateway.toml."""

    settings: GatewaySettings = GatewaySettings()
    hooks: tuple[HookEntry, ...] = ()
    tokens: tuple[TokenEntry, ...] = ()


def load_gateway(path: Path) -> GatewayFile:
    """What the file says; the defaults where there is none.

    Raises:
        ConfigError: It is open to others, is no TOML, or has a wrong key or value.
    """
    table = read_toml(path)
    hooks, tokens = _tables(table, "hook", path), _tables(table, "token", path)
    settings = build(GatewaySettings, table, path)
    _check(settings, path)
    return GatewayFile(
        settings,
        _once([_hook(entry, path) for entry in hooks], path),
        _once([_token(entry, path) for entry in tokens], path),
    )


def place_of(listen: str, file: Path) -> tuple[str, int]:
    """The address and the port to listen at. Raises ConfigError."""
    host, _colon, port = listen.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) < 65_536:
        raise ConfigError(
            _("{file}: “listen” has to be an address and a port, not {value!r}").format(file=file, value=listen),
            hint='listen = "127.0.0.1:8787"',
        )
    return host.removeprefix("[").removesuffix("]"), int(port)


def add_token(path: Path, token: TokenEntry) -> None:
    """Write a token's digest at the end of the file, which is made where it is missing.

    Raises:
        ConfigError: The file is faulty, or cannot be written.
        Refused: There is a token of this name.
    """
    if any(known.name == token.name for known in load_gateway(path).tokens):
        raise Refused(
            _("there is a token called “{name}” already").format(name=token.name),
            hint=_("take its lines out of {file} first, or choose another name").format(file=path),
        )
    lines = [
        "[[token]]",
        f"name = {json.dumps(token.name)}",
        f'sha256 = "{token.sha256}"',
        f"hooks = {json.dumps(list(token.hooks))}",
    ]
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = path.read_text("utf-8") if path.exists() else ""
        with open(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:
            file.write(("" if not held else "\n" if held.endswith("\n") else "\n\n") + "\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ConfigError(_("{file} cannot be written: {why}").format(file=path, why=error.strerror)) from error


def _check(settings: GatewaySettings, file: Path) -> None:
    place_of(settings.listen, file)
    if settings.public_url and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", settings.public_url):
        raise ConfigError(
            _("{file}: “public_url” is no address: {value!r}").format(file=file, value=settings.public_url),
            hint='public_url = "https://hooks.example.com"',
        )
    for name in ("days", "megabytes", "calls_per_address", "calls_per_hook"):
        if getattr(settings, name) < 1:
            raise ConfigError(_("{file}: “{key}” has to be 1 or more").format(file=file, key=name))


def _tables(table: dict[str, Any], name: str, file: Path) -> list[dict[str, Any]]:
    found = table.pop(name, [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ConfigError(
            _("{file}: “{key}” has to be a list of tables").format(file=file, key=name), hint=f"[[{name}]]"
        )
    return found


def _once(found: list[Named], file: Path) -> tuple[Named, ...]:
    seen: set[str] = set()
    for entry in found:
        if entry.name in seen:
            raise ConfigError(_("{file}: “{name}” stands there twice").format(file=file, name=entry.name))
        seen.add(entry.name)
    return tuple(found)


def _hook(table: dict[str, Any], file: Path) -> HookEntry:
    name, kind = _name(table, "name", file), _name(table, "kind", file)
    secrets = table.get("secret", {})
    if not isinstance(secrets, dict):
        raise ConfigError(
            _("{file}: “{key}” has to be a table").format(file=file, key="secret"),
            hint='secret.NAME = {env = "VARIABLE"}',
        )
    places = {
        secret: tuple(_place(secret, one, file) for one in (held if isinstance(held, list) else [held]))
        for secret, held in secrets.items()
    }
    rest = {key: _text(key, value, file) for key, value in table.items() if key not in ("name", "kind", "secret")}
    return HookEntry(name, kind, rest, places)


def _token(table: dict[str, Any], file: Path) -> TokenEntry:
    entry = build(TokenEntry, table, file, "token.")
    if not _DIGEST.fullmatch(entry.sha256):
        raise ConfigError(
            _("{file}: the token “{name}” has no digest").format(file=file, name=entry.name),
            hint=_("“omnitui gateway token NAME --hooks …” makes a token and writes its digest down"),
        )
    return entry


def _name(table: dict[str, Any], key: str, file: Path) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise ConfigError(
            _("{file}: a [[hook]] needs a “{key}” of small letters, digits and hyphens").format(file=file, key=key)
        )
    return value


def _text(key: str, value: object, file: Path) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value)
    raise ConfigError(_("{file}: “{key}” has to be {wanted}").format(file=file, key=key, wanted=_("a text")))


def _place(name: str, held: object, file: Path) -> str:
    if not isinstance(held, dict) or len(held) != 1:
        raise ConfigError(
            _("{file}: the secret “{name}” has to say where it lies, and must not stand there").format(
                file=file, name=name
            ),
            hint=f'secret.{name} = {{env = "VARIABLE"}} | {{command = ["pass", "show", "x"]}} | {{file = "NAME"}}',
        )
    [(store, place)] = held.items()
    if store not in _PLACES:
        raise ConfigError(
            _("{file}: the secret “{name}” cannot lie in “{store}”").format(file=file, name=name, store=store),
            hint=nearest(store, list(_PLACES)),
        )
    if store == "command":
        if not isinstance(place, list) or not place or not all(isinstance(word, str) for word in place):
            raise ConfigError(_("{file}: “{key}” has to be a list of texts").format(file=file, key=f"{name}.command"))
        return "command:" + json.dumps(place, ensure_ascii=False)
    return f"{store}:{place}"
