"""Looks whether everything on this machine is in order, and says what to do where it is not."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from omnitui import __version__
from omnitui.clock import SystemClock
from omnitui.config.files import load_settings
from omnitui.config.gateway import load_gateway
from omnitui.config.settings import Settings
from omnitui.errors import ConfigError, OmniError
from omnitui.i18n import _
from omnitui.model.accounts import Account
from omnitui.model.states import SendState
from omnitui.paths import Profile
from omnitui.services import places, terminal
from omnitui.services.channels import webhooks
from omnitui.services.keys.keymap import read_keymap
from omnitui.services.programs import hooks
from omnitui.services.programs.commands import read_commands, take_in
from omnitui.services.programs.happenings import failures
from omnitui.services.recovery import mended as recovery
from omnitui.services.rules.standing import troubles
from omnitui.services.secrecy import passphrase, sealing
from omnitui.services.secrecy.encryption import Encryption, State
from omnitui.services.secrecy.secrets import Secrets, refs
from omnitui.services.session import Session
from omnitui.services.triage.agreements import policies
from omnitui.services.triage.views import offer, read_views
from omnitui.store.forgetting.erasure import owes_sweep
from omnitui.store.reads import accounts, outbox
from omnitui.store.recovery import snapshots
from omnitui.store.spooling.attendance import attended
from omnitui.sync.lease import STALE_SECONDS, Lease, is_stopped
from omnitui.text.safe import safe

_LEAST_FREE: Final = 500 * 1024 * 1024


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    verdict: Verdict
    message: str
    hint: str = ""


def examine(profile: Profile) -> Iterator[Finding]:
    """Every check in turn. None of them uses the network or asks for anything; a check that fails is a finding."""
    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("version", _version),
        ("terminal", lambda: _terminal(profile)),
        ("folders", lambda: _folders(profile)),
        ("settings", lambda: _settings(profile)),
        ("keys", lambda: _keys(profile)),
        ("macros", lambda: _macros(profile)),
        ("hooks", lambda: _hooks(profile)),
        ("sync", lambda: _sync(profile)),
        ("crashes", lambda: _crashes(profile)),
        ("cache", lambda: _cache(profile)),
    ]
    for name, check in checks:
        try:
            yield from check()
        except OmniError as error:
            yield Finding(name, Verdict.FAILED, error.message, error.hint)
        except OSError as error:
            yield Finding(name, Verdict.FAILED, error.strerror or type(error).__name__)


def _version() -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("version", Verdict.OK, f"omnitui {__version__}, Python {python}, {sys.platform}")


def _terminal(profile: Profile) -> Iterator[Finding]:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if encoding != "utf8":
        yield Finding(
            "terminal",
            Verdict.WARNING,
            _("the locale is not UTF-8 ({encoding})").format(encoding=encoding or "?"),
            "export LANG=C.UTF-8",
        )
    term = os.environ.get("TERM", "")
    if sys.stdout.isatty() and term in ("", "dumb", "unknown"):
        yield Finding(
            "terminal", Verdict.WARNING, _("TERM says that this terminal can do nothing"), "TERM=xterm-256color"
        )
        return
    where = [name for name, variable in (("tmux", "TMUX"), ("ssh", "SSH_CONNECTION")) if os.environ.get(variable)]
    yield Finding("terminal", Verdict.OK, " · ".join([term or _("none"), *where]))
    if sys.stdin.isatty() and sys.stdout.isatty():
        yield from _asked(profile)


def _asked(profile: Profile) -> Iterator[Finding]:
    """What the terminal says of itself, and what the settings that depend on it come to."""
    told = terminal.ask()
    colours = [
        f"{word} {terminal.written(colour)}"
        for word, colour in ((_("text"), told.foreground), (_("background"), told.background))
        if colour is not None
    ]
    said = [*([safe(told.name, multiline=False)] if told.name else []), *colours]
    if not said:
        said = [_("says nothing of itself: nothing is assumed") if told.complete else _("answers no question")]
    yield Finding("terminal", Verdict.OK, " · ".join(said))
    if told.hides_quiet:
        words = _("its bright black can hardly be read on its background: the theme ansi writes quiet words in it")
        yield Finding("terminal", Verdict.WARNING, words, _("choose another theme, or another palette of the terminal"))
    with suppress(ConfigError):  # told as a finding of its own
        look = load_settings(profile).interface
        dark = terminal.remembered(profile.state) if told.dark is None else told.dark
        if look.theme == "auto":
            worn = {True: _("the dark theme"), False: _("the light theme"), None: _("the dark theme, until it tells")}
            yield Finding("theme", Verdict.OK, _("auto comes to {theme}").format(theme=worn[dark]))
        if look.transparent:
            known = {True: _("a dark one"), False: _("a light one"), None: _("one that is not known")}
            yield Finding("theme", Verdict.OK, _("the terminal's background shows: {kind}").format(kind=known[dark]))


def _folders(profile: Profile) -> Iterator[Finding]:
    for name, folder in (("config", profile.config), ("data", profile.data), ("state", profile.state)):
        if not folder.exists():
            yield Finding("folders", Verdict.OK, _("{name}: {folder} (not made yet)").format(name=name, folder=folder))
            continue
        mode = stat.S_IMODE(folder.stat().st_mode)
        if name != "config" and mode & 0o077:
            yield Finding(
                "folders",
                Verdict.FAILED,
                _("{folder} is open to other users (mode {mode})").format(folder=folder, mode=f"{mode:04o}"),
                f"chmod 700 '{folder}'",
            )
        elif not os.access(folder, os.W_OK | os.X_OK):
            yield Finding("folders", Verdict.FAILED, _("{folder} cannot be written").format(folder=folder))
        else:
            yield Finding("folders", Verdict.OK, f"{name}: {folder}")
    if (shared := places.on_network(profile)) is not None:
        folder, kind = shared
        yield Finding(
            "folders",
            Verdict.WARNING,
            _(
                "{folder} lies on a network file system ({kind}): its locks and shared memory do not reach other"
                " machines, so that a second machine at once would damage the cache and send twice, and a line that"
                " breaks may lose what was written last"
            ).format(folder=folder, kind=kind),
            _("keep XDG_DATA_HOME and XDG_STATE_HOME, or OMNITUI_HOME, on a local disk; until then use one machine"),
        )
    free = shutil.disk_usage(places.existing(profile.data)).free
    size = f"{free / 1024**3:.1f} GB"
    if free < _LEAST_FREE:
        yield Finding("folders", Verdict.WARNING, _("only {size} are free for the cache").format(size=size))


def _settings(profile: Profile) -> Iterator[Finding]:
    load_settings(profile)
    there = _("read") if profile.settings_file.exists() else _("none; the defaults hold")
    yield Finding("settings", Verdict.OK, f"{profile.settings_file}: {there}")


def _keys(profile: Profile) -> Iterator[Finding]:
    settings = Settings()
    own, faults = read_commands(profile.commands_file)
    take_in(own)
    for problem in faults:
        yield Finding("commands", Verdict.WARNING, f"{profile.commands_file.name}: {problem.message}", problem.hint)
    with suppress(ConfigError):  # told as a finding of its own
        settings = load_settings(profile)
    views = read_views(profile, settings)
    offer(views)
    for problem in views.problems:
        yield Finding("views", Verdict.WARNING, f"{profile.views_file.name}: {problem.message}", problem.hint)
    try:
        policies(profile, settings, SystemClock().now())
    except ConfigError as error:
        yield Finding("sla", Verdict.WARNING, error.message, error.hint)
    problems = read_keymap(profile.keys_file, settings.interface.keys, views.keys).problems
    for problem in problems:
        yield Finding("keys", Verdict.WARNING, f"{profile.keys_file.name}: {problem.message}", problem.hint)
    if not problems:
        yield Finding("keys", Verdict.OK, _("no two actions share a key"))


def _macros(profile: Profile) -> Iterator[Finding]:
    from omnitui.services.rules import reading as rules
    from omnitui.services.texts import macros
    from omnitui.services.triage import reasons

    if reasons.path(profile).exists():
        for problem in reasons.read(profile)[1]:
            message = f"{reasons.path(profile).name}: {problem.message}"
            yield Finding("reasons", Verdict.WARNING, message, problem.hint)
    if macros.folder(profile).is_dir():
        for problem in macros.read(profile).problems:
            yield Finding("macros", Verdict.WARNING, problem.message, problem.hint)
    if profile.rules_file.exists():
        for problem in rules.read(profile, load_settings(profile)).problems:
            yield Finding("rules", Verdict.WARNING, problem.message, problem.hint)


def _hooks(profile: Profile) -> Iterator[Finding]:
    known = [path for event in hooks.EVENTS for path in hooks.found(profile.hooks, event)]
    for path in known:
        why = hooks.fault(path)
        yield Finding("hooks", Verdict.FAILED if why else Verdict.OK, why or str(path))
    for name, (times, why) in failures(profile).items():
        said = _("{name} failed in the last sync ({n} times): {why}").format(name=name, n=times, why=why)
        yield Finding("hooks", Verdict.WARNING, said, str(profile.log_file))
    for path in sorted(profile.hooks.iterdir()) if profile.hooks.is_dir() else []:
        if path not in known:
            said = _("{file} is named after no event").format(file=path)
            yield Finding("hooks", Verdict.WARNING, said, ", ".join(hooks.EVENTS))


def _sync(profile: Profile) -> Iterator[Finding]:
    holder = Lease(profile.state).holder()
    if holder is None:
        yield Finding("sync", Verdict.OK, _("nothing is syncing now"))
    elif holder.elsewhere:
        said = _("process {pid} of another machine is syncing").format(pid=holder.pid)
        yield Finding("sync", Verdict.WARNING, said, _("end omnitui there, or wait until it has ended"))
    elif not holder.still:
        words = (
            _("process {pid} of another container is syncing") if holder.contained else _("process {pid} is syncing")
        )
        yield Finding("sync", Verdict.OK, words.format(pid=holder.pid))
    elif holder.contained:
        said = _("process {pid} of another container is to sync, but has not moved for {n} seconds")
        hint = _("wake it or end it there; an open console takes its place within {n} seconds, and sends nothing twice")
        yield Finding(
            "sync",
            Verdict.WARNING,
            said.format(pid=holder.pid, n=round(holder.quiet)),
            hint.format(n=round(STALE_SECONDS)),
        )
    else:
        since = f"{datetime.fromtimestamp(time.time() - holder.quiet):%Y-%m-%d %H:%M:%S}"
        words = (
            _("process {pid} is to sync, but was stopped: it has not moved since {time} ({n} seconds)")
            if is_stopped(holder.pid)
            else _("process {pid} is to sync, but hangs: it has not moved since {time} ({n} seconds)")
        )
        yield Finding(
            "sync",
            Verdict.WARNING,
            words.format(pid=holder.pid, time=since, n=round(holder.quiet)),
            _(
                "wake it (fg, or kill -CONT {pid}) or end it (kill -KILL {pid}); an open console or omnitui sync"
                " --once takes its place within {n} seconds, and sends nothing twice"
            ).format(pid=holder.pid, n=round(STALE_SECONDS)),
        )


def _crashes(profile: Profile) -> Iterator[Finding]:
    files = sorted(profile.crashes.glob("crash-*.txt")) if profile.crashes.is_dir() else []
    if files:
        yield Finding(
            "crashes",
            Verdict.WARNING,
            _("{count} crash files, the newest is {path}").format(count=len(files), path=files[-1]),
            _("they hold no message text; attach them to a report, then delete them"),
        )


def _cache(profile: Profile) -> Iterator[Finding]:
    if not profile.cache_file.exists():
        yield Finding("cache", Verdict.OK, _("not made yet"))
        return
    encryption = Encryption(profile, Secrets(profile))
    if encryption.state is State.OFF:
        yield Finding("encryption", Verdict.OK, _("off: the disk's own encryption has to keep the cache from others"))
    else:
        yield Finding(
            "encryption", Verdict.OK, _("on, with a key from {place}").format(place=_place(encryption.place, ""))
        )
        if encryption.place == "vault" and not passphrase.given():
            yield Finding("cache", Verdict.OK, _("locked; its passphrase is asked for at the start"))
            return
    with Session.open(profile) as session:
        size = profile.cache_file.stat().st_size / 1024**2
        yield Finding("cache", Verdict.OK, f"{profile.cache_file} ({size:.1f} MB)")
        yield from _snapshots(profile, session)
        yield from _log(session)
        for problem in troubles(session):
            yield Finding("rules", Verdict.WARNING, problem.message, problem.hint)
        if session.cache.read(owes_sweep):
            said = _("an erasure was broken off: some bytes of it may still be there")
            yield Finding("erasure", Verdict.WARNING, said, "omnitui retention run")
        entries = session.cache.read(outbox.entries)
        for state in (SendState.FAILED, SendState.BLOCKED, SendState.UNKNOWN):
            count = sum(entry.state is state for entry in entries)
            if count:
                yield Finding(
                    "outbox",
                    Verdict.WARNING,
                    _("{count} in the outbox are {state}").format(count=count, state=state.value),
                    "omnitui outbox",
                )
        secrets = session.accounts.secrets
        for account in session.cache.read(accounts.accounts):
            yield from _account(account, secrets)
        yield from _gateway(profile, session.cache.read(accounts.accounts))
        yield Finding("secrets", Verdict.OK, _NEW[secrets.likely()]())


def _gateway(profile: Profile, known: list[Account]) -> Iterator[Finding]:
    hooks = webhooks.kinds(load_gateway(profile.gateway_file), known)
    if hooks and attended(profile.spool_file):
        yield Finding("gateway", Verdict.OK, _("running, for {names}").format(names=", ".join(hooks)))
    elif hooks:
        said = _("no gateway is running: what vendors send to {names} does not come in")
        yield Finding("gateway", Verdict.WARNING, said.format(names=", ".join(hooks)), "omnitui gateway")


def _log(session: Session) -> Iterator[Finding]:
    verdict, keyed = session.sealing.verify(asking=False)
    said = sealing.said(verdict, keyed)
    if verdict.fault is not None:
        file = session.profile.cache_file
        hint = _("something else wrote to {file}; do not rely on the log").format(file=file)
        yield Finding("log", Verdict.FAILED, said, hint)
    elif place := session.sealing.place:
        yield Finding(
            "log",
            Verdict.OK,
            _("{said}; the key of its seals comes from {place}").format(said=said, place=_place(place, "")),
        )
    else:
        yield Finding("log", Verdict.OK, said, _("give it a key that seals it: omnitui log seal"))


def _snapshots(profile: Profile, session: Session) -> Iterator[Finding]:
    kept, aside = snapshots.snapshots(profile.data), snapshots.aside(profile.data)
    size = sum(one.size for one in kept) / 1024**2
    if kept:
        newest = f"{datetime.fromtimestamp(kept[0].taken_at / 1000, session.zone):%Y-%m-%d %H:%M}"
        said = _("{count} ({size:.1f} MB), the newest of {time}").format(count=len(kept), size=size, time=newest)
        yield Finding("snapshots", Verdict.OK, said)
    else:
        said = _("none yet; whoever syncs takes one a day")
        yield Finding("snapshots", Verdict.OK, said if sum(_wanted(session)) else _("none; the settings want none"))
    if (done := recovery.last(profile)) is not None and any(path.name == done.kept_as for path in aside):
        yield Finding("recovery", Verdict.WARNING, " ".join(recovery.told(done, session.zone)), done.reason)


def _wanted(session: Session) -> tuple[int, int]:
    return session.settings.snapshots.days, session.settings.snapshots.weeks


_NEW: Final[dict[str, Callable[[], str]]] = {
    "service": lambda: _("new secrets go into the Secret Service: there is one in this session"),
    "vault": lambda: _("new secrets go into the vault: no Secret Service answers in this session"),
}


def _account(account: Account, secrets: Secrets) -> Iterator[Finding]:
    for name, ref in refs(account.secret_ref).items():
        store, _colon, place = ref.partition(":")
        said = _("{account}: {secret} comes from {place}, chosen when the account was added").format(
            account=account.name, secret=name, place=_place(store, place)
        )
        if store == "vault" and not passphrase.given():
            yield Finding(
                "secrets", Verdict.OK, said, _("the vault is locked; its passphrase is asked for at the start")
            )
            continue
        try:
            secrets.get(ref)
        except OmniError as error:
            yield Finding("secrets", Verdict.FAILED, f"{said}: {error.message}", error.hint)
        else:
            yield Finding("secrets", Verdict.OK, said)


def _place(store: str, place: str) -> str:
    if store == "env":
        return f"${place}" if place else _("a variable")
    return {
        "service": _("the Secret Service"),
        "vault": _("the vault"),
        "command": _("a command"),
    }.get(store, store)
