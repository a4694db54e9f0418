"""sync."""

from __future__ import annotations

import argparse
import asyncio
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from omnitui.cli.accounts import named
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.clock import MINUTE
from omnitui.errors import Refused
from omnitui.i18n import N_, _
from omnitui.model.states import SendState
from omnitui.services import records

if TYPE_CHECKING:
    from omnitui.model.accounts import Account, LedgerEntry
    from omnitui.sync.engine import Engine
    from omnitui.sync.lease import Lease

WAIT_SECONDS: Final = 90.0
LOOK_SECONDS: Final = 0.2
_NOTES: Final = N_(
    "--once waits for replies whose undo time ends within a minute. One process of a profile syncs at a time: while a\n"
    "console is open it does this by itself."
)


def _arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("accounts", nargs="*", metavar="ACCOUNT", help=_("names or ids; all where none is given"))
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help=_("end when all is in step (the default)"))
    how.add_argument("--watch", action="store_true", help=_("go on until interrupted"))


def _sync(shell: Shell) -> int:
    from omnitui.logs import open_log
    from omnitui.sync.lease import Lease

    accounts = named(shell)
    if shell.code:
        return shell.code
    if not accounts:
        shell.out.say(_("there are no accounts yet: omnitui account add KIND --help, or omnitui demo"))
        return 0
    if shell.arguments.watch and shell.arguments.accounts:
        raise Refused(_("--watch syncs every account"), hint=_("pause the others: omnitui account pause NAME"))
    lease = Lease(shell.profile.state)
    if not lease.acquire():
        if shell.arguments.watch:
            raise Refused(
                _("another omnitui of this profile is syncing (process {pid})").format(pid=_pid(lease)),
                hint=_("it sends what is in the outbox too"),
            )
        shell.out.say(_("process {pid} syncs; waiting until it has caught up").format(pid=_pid(lease)))
        return _told(shell, accounts, _left_to_other(shell, lease, accounts))
    try:
        open_log(shell.profile.log_file, shell.session.settings.log.level)
        if shell.session.locked:
            shell.session.unlock()
        engine = shell.session.engine()
        if shell.arguments.watch:
            asyncio.run(_watch(shell, engine, lease))
            return 0
        entries = asyncio.run(_once(shell, engine, lease, accounts))
        reached = {entry.account_id for entry in entries}
        for account in accounts:
            if account.id not in reached and not account.paused:
                shell.fail(_("{name} was not synced: it was interrupted").format(name=account.name))
        return _told(shell, accounts, entries)
    finally:
        lease.release()


def _pid(lease: Lease) -> str:
    holder = lease.holder()
    return str(holder.pid) if holder else "?"


def _left_to_other(shell: Shell, lease: Lease, accounts: list[Account]) -> list[LedgerEntry]:
    """Wait until the process that holds the lease has sent what may leave within a minute; the accounts' ledger then.

    Raises:
        Refused: It ended meanwhile, or did not get there in time.
    """
    from omnitui.store.reads import ledger, outbox

    ids = {account.id for account in accounts}
    started = shell.session.cache.clock.now()
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        entries = [entry for entry in shell.session.cache.read(ledger.entries) if entry.account_id in ids]
        heads = [entry for entry in entries if not entry.scope]
        soon = [
            entry
            for entry in shell.session.cache.read(outbox.entries)
            if entry.account_id in ids
            and entry.state in (SendState.HELD, SendState.QUEUED, SendState.SENDING)
            and entry.due_at <= started + MINUTE
        ]
        if not soon or (heads and not any(entry.health == "ok" for entry in heads)):
            return heads
        if lease.holder() is None:
            raise Refused(_("the other process ended"), hint=_("run omnitui sync again"))
        time.sleep(LOOK_SECONDS)
    raise Refused(_("the other process has not sent everything yet"), hint="omnitui outbox")


async def _once(shell: Shell, engine: Engine, lease: Lease, accounts: list[Account]) -> list[LedgerEntry]:
    _stop_on_signals(engine)
    try:
        return await engine.once(accounts, lease=lease)
    finally:
        await shell.session.accounts.http.close()


async def _watch(shell: Shell, engine: Engine, lease: Lease) -> None:
    _stop_on_signals(engine)
    shell.out.say(_("syncing; ctrl+c ends it"))
    try:
        await engine.run(lease)
    finally:
        await shell.session.accounts.http.close()


def _stop_on_signals(engine: Engine) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(number, engine.stop)


def _told(shell: Shell, accounts: list[Account], entries: list[LedgerEntry]) -> int:
    by_id = {entry.account_id: entry for entry in entries}
    results: list[records.Fields] = []
    for account in accounts:
        entry = by_id.get(account.id)
        results.append(records.synced(account, entry))
        if shell.out.text:
            health = entry.health if entry else _("paused") if account.paused else _("new")
            shell.out.line(f"{account.name}: {health}")
        if entry is not None and entry.health != "ok":
            refused = entry.health == "auth"
            shell.fail(
                f"{account.name}: {entry.error or entry.health}",
                _("omnitui account check {name} says what to do").format(name=account.name) if refused else "",
                code=3 if refused else 1,
            )
    _tell_what_stays(shell, {account.id for account in accounts})
    if not shell.out.text:
        shell.out.many("sync", results)
    return shell.code


def _tell_what_stays(shell: Shell, account_ids: set[str]) -> None:
    """Say what is still in the outbox, and why."""
    from omnitui.store.reads import outbox

    for entry in shell.session.cache.read(outbox.entries):
        if entry.account_id in account_ids:
            shell.out.say(": ".join(part for part in (f"{entry.op_id} {entry.state.value}", entry.reason) if part))


VERBS: Final = {"sync": Verb(_sync, _arguments, notes=_NOTES)}
