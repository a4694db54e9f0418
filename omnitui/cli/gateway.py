"""gateway …: serving webhooks, and what belongs to it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.clock import MINUTE, SystemClock, rfc3339
from omnitui.config.gateway import GatewayFile, load_gateway
from omnitui.errors import ConfigError, NotFound, UsageError
from omnitui.i18n import N_, _
from omnitui.model.accounts import Account
from omnitui.services.channels.webhooks import Premises, address_of, kinds, new_token
from omnitui.services.exchange.records import Fields
from omnitui.store.connection import reader
from omnitui.store.reads import spool as reads
from omnitui.store.spooling import spool
from omnitui.store.spooling.attendance import attended
from omnitui.text.qr import drawn

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")
LOOK_SECONDS: Final = 0.5
_LONGEST_MINUTES: Final = 1440.0
_REFUSED: Final = "refused: "
_NOTES: Final = N_(
    "It ends with ctrl+c or SIGTERM once the calls that have begun are answered; SIGHUP reads settings and secrets\n"
    "anew. docs/gateway.md has everything else: proxies, tunnels, systemd, and what to enter at each vendor."
)


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, metavar="PATH", help=_("another file than gateway.toml in the config folder")
    )


def _path(shell: Shell) -> Path:
    given: Path | None = shell.arguments.config
    return given.absolute() if given else shell.profile.gateway_file


def _file(shell: Shell) -> GatewayFile:
    """What gateway.toml says. Raises ConfigError, also where another file was named and is not there."""
    path = _path(shell)
    if shell.arguments.config and not path.exists():
        raise ConfigError(_("there is no file {file}").format(file=path))
    return load_gateway(path)


def _accounts(shell: Shell) -> list[Account]:
    """Those of the profile; a gateway that has a machine for itself makes no cache."""
    return shell.session.accounts.all() if shell.profile.cache_file.exists() else []


def _serve_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _config(parser)


def _serve(shell: Shell) -> int:
    from omnitui.logs import open_log
    from omnitui.services.secrecy.secrets import Secrets

    if shell.gateway is None:
        raise UsageError(_("a gateway cannot be started from here"), hint="omnitui gateway")
    _file(shell)
    secrets = Secrets(shell.profile)
    if _accounts(shell):
        if shell.session.locked:
            shell.session.unlock()
        secrets = shell.session.accounts.secrets
    level = shell.session.settings.log.level if shell.profile.cache_file.exists() else "info"
    open_log(shell.profile.log_file, level)
    return shell.gateway(Premises(shell.profile, _path(shell), lambda: _accounts(shell), secrets, shell.out.say))


def _token_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("name", metavar="NAME", help=_("what it is called in the settings"))
    parser.add_argument("--hooks", required=True, metavar="A,B", help=_("the hooks that it may read"))
    _config(parser)


def _token(shell: Shell) -> int:
    file, arguments = _file(shell), shell.arguments
    hooks = [hook.strip() for hook in arguments.hooks.split(",") if hook.strip()]
    known = kinds(file, _accounts(shell))
    for hook in hooks:
        if hook not in known:
            shell.out.say(_("there is no hook called “{name}” yet").format(name=hook))
    token = new_token(_path(shell), arguments.name, hooks)
    shell.out.one("token", {"name": arguments.name, "hooks": hooks, "token": token}, token)
    shell.out.say(_("it is shown this once; the account's secret “gateway_token” takes it"))
    return 0


def _hook_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("hook", metavar="HOOK", help=_("its name"))
    _config(parser)


def _hook(shell: Shell, file: GatewayFile) -> str:
    """The hook that is named. Raises NotFound."""
    name: str = shell.arguments.hook
    known = kinds(file, _accounts(shell))
    if name not in known:
        raise NotFound(
            _("there is no hook called “{name}”").format(name=name),
            hint=_("there are: {names}").format(names=", ".join(known) or _("none")),
        )
    return name


def _url_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _hook_arguments(parser)
    parser.add_argument("--qr", action="store_true", help=_("draw it for a phone's camera"))


def _url(shell: Shell) -> int:
    file = _file(shell)
    name = _hook(shell, file)
    if not file.settings.public_url:
        raise ConfigError(
            _("it is not known what vendors call"),
            hint=_('public_url = "https://hooks.example.com" in {file}').format(file=_path(shell)),
        )
    url = address_of(file.settings.public_url, name)
    shell.out.one("url", {"hook": name, "url": url}, url)
    if shell.arguments.qr and shell.out.text:
        for line in drawn(url):
            shell.out.line(line)
    return 0


def _observe_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _hook_arguments(parser)
    parser.add_argument("--minutes", type=float, default=10.0, metavar="N", help=_("how long (10)"))


def _observe(shell: Shell) -> int:
    name, minutes = _hook(shell, _file(shell)), shell.arguments.minutes
    if not 0 < minutes <= _LONGEST_MINUTES:
        raise UsageError(_("--minutes is between 0 and {most:.0f}").format(most=_LONGEST_MINUTES))
    path, clock = shell.profile.spool_file, SystemClock()
    until = clock.now() + round(minutes * MINUTE)
    shell.profile.make()
    spool.observe(path, name, until)
    shell.out.say(
        _("for {n:g} minutes each refused call of {hook} is shown, without what it says; ctrl+c ends it").format(
            n=minutes, hook=name
        )
    )
    seen = max((one.number for one in _asked(shell, partial(reads.refusals, hook=name, number=0))), default=0)
    try:
        while clock.now() < until:
            for one in _asked(shell, partial(reads.refusals, hook=name, number=seen)):
                seen = one.number
                _show(shell, one)
            time.sleep(LOOK_SECONDS)
    finally:
        spool.observe(path, name, 0)
    return 0


def _show(shell: Shell, one: reads.Refusal) -> None:
    shape = one.shape
    if not shell.out.text:
        shell.out.one("refusal", {"at": rfc3339(one.at), "why": one.why, **shape}, "")
        return
    headers = ", ".join(f"{name}[{size}]" for name, size in shape.get("headers", {}).items())
    shell.out.line(f"{shell.out.time(one.at)}  {one.why}")
    query = "".join(f" ?{name}" for name in shape.get("query", []))
    shell.out.line(f"  {shape.get('method')} {shape.get('bytes')} bytes{query}: {headers}")


def _status_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _config(parser)


def _status(shell: Shell) -> int:
    file = _file(shell)
    known, there = kinds(file, _accounts(shell)), shell.profile.spool_file.exists()
    held = _asked(shell, reads.held) if there else {}
    tally = _asked(shell, reads.tally) if there else {}
    rows: list[Fields] = []
    for name in dict.fromkeys([*known, *held, *(hook for hook, _what in tally if hook)]):
        counts = {what: count for (hook, what), count in tally.items() if hook == name}
        one = held.get(name, reads.Held())
        rows.append(
            {
                "hook": name,
                "kind": known.get(name, ""),
                "url": address_of(file.settings.public_url, name),
                **{what: counts.get(what, 0) for what in ("received", "kept", "duplicate", "answered")},
                "refused": {what.removeprefix(_REFUSED): n for what, n in counts.items() if what.startswith(_REFUSED)},
                "in_spool": one.deliveries,
                "bytes": one.size,
                "dropped": one.cut,
                "newest": None if one.newest is None else rfc3339(one.newest),
            }
        )
    if not shell.out.text:
        shell.out.many("hook", rows)
        return 0
    for row in rows:
        at = held.get(str(row["hook"]), reads.Held()).newest
        words = _("{kept} kept, {again} came again, {answered} answered, {refused} refused; last kept {time}")
        shell.out.line(f"{row['hook']} ({row['kind'] or '?'})  {row['url']}")
        shell.out.line(
            "  "
            + words.format(
                kept=row["kept"],
                again=row["duplicate"],
                answered=row["answered"],
                refused=sum(row["refused"].values()),
                time=shell.out.time(at) or _("never"),
            )
        )
        for why, count in sorted(row["refused"].items(), key=lambda pair: -pair[1]):
            shell.out.line(f"    {count} × {why}")
    strangers = sum(count for (hook, what), count in tally.items() if not hook and what.startswith(_REFUSED))
    if strangers:
        shell.out.line(_("{n} calls of hooks that there are not").format(n=strangers))
    shell.out.say(_("a gateway is running") if attended(shell.profile.spool_file) else _("no gateway is running"))
    return 0


def _asked(shell: Shell, question: Callable[[sqlite3.Connection], T]) -> T:
    with closing(reader(shell.profile.spool_file)) as db:
        return question(db)


VERBS: Final = {
    "gateway": Verb(_serve, _serve_arguments, objects=False, notes=_NOTES),
    "gateway token": Verb(_token, _token_arguments),
    "gateway url": Verb(_url, _url_arguments),
    "gateway observe": Verb(_observe, _observe_arguments),
    "gateway status": Verb(_status, _status_arguments),
}
