"""sync."""

from __future__ import annotations

import argparse
import asyncio
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from omnitui.cli.accounts import health_word, named
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.clock import MINUTE
from omnitui.errors import Refused
from omnitui.i18n import N_, _
from omnitui.model.states import SendState
from omnitui.services.exchange import records
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3

    from omnitui.clock import Millis
    from omnitui.ids import Ulid
    from omnitui.model.accounts import Account, LedgerEntry
    from omnitui.sync.engine import Engine
    from omnitui.sync.lease import Lease

WAIT_SECONDS: Final = 90.0
"""How long another process that syncs may take without getting any further."""
LONGEST_SECONDS: Final = 900.0
"""How long it may take in all."""
LINGER_SECONDS: Final = 3.0
"""How long what could not be handed over is given to be tried once more."""
LOOK_SECONDS: Final = 0.2
_NOTES: Final = N_(
    "--once waits for replies whose undo time ends within a minute. One process of a profile syncs at a time: where a\n"
    "console or another sync does, --once has it look at the accounts anew, and ends when it has."
)


def _arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("accounts", nargs="*", metavar="ACCOUNT", help=_("names or ids; all where none is given"))
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help=_("end when all is in step (the default)"))
    how.add_argument("--watch", action="store_true", help=_("go on until interrupted"))


def _sync(shell: Shell) -> int:
    from omnitui.logs import open_log
    from omnitui.services import background
    from omnitui.services.privacy.expiry import Expiry
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
        entries = _left_to_other(shell, lease, accounts)
        if entries is not None:
            return _told(shell, accounts, entries)
    try:
        open_log(shell.profile.log_file, shell.session.settings.log.level)
        if shell.session.locked:
            shell.session.unlock()
        engine = shell.session.engine()
        if shell.arguments.watch:
            background.run(_watch(shell, engine, lease))
            return 0
        entries = background.run(_once(shell, engine, lease, accounts))
        reached = {entry.account_id for entry in entries}
        for account in accounts:
            if account.id not in reached and not account.paused:
                shell.fail(_("{name} was not synced: it was interrupted").format(name=account.name))
        _told(shell, accounts, entries)
        # Where only cron syncs, nobody else does it.
        background.run(Expiry(shell.session).look())
        return shell.code
    finally:
        lease.release()


def _pid(lease: Lease) -> str:
    holder = lease.holder()
    return str(holder.pid) if holder else "?"


def _left_to_other(shell: Shell, lease: Lease, accounts: list[Account]) -> list[LedgerEntry] | None:
    """Have the process that holds the lease look at the back ends anew, and wait until it has; the ledger then.

    None where the lease has become ours meanwhile, because that process ended or stood still for too long.

    Raises:
        Refused: It does not get there, though it moves.
    """
    from omnitui.store import progress

    cache, pid = shell.session.cache, _pid(lease)
    shell.out.say(_("process {pid} syncs; waiting until it has caught up").format(pid=pid))
    ids = [account.id for account in accounts if not account.paused]
    asked = cache.write(lambda tx: {account_id: progress.ask(tx, account_id) for account_id in ids})
    latest = cache.clock.now() + MINUTE
    began = changed = time.monotonic()
    seen: _Stand | None = None
    warned = False
    while not lease.acquire():
        stand, now = cache.read(_stand, asked, latest), time.monotonic()
        if stand != seen:
            seen, changed = stand, now
        if not stand.behind and not stand.leaving and (not stand.stuck or now - changed >= LINGER_SECONDS):
            return list(stand.heads)
        holder = lease.holder()
        if holder is not None and holder.still and not warned:
            warned = True
            words = _("process {pid} has not moved for {n} seconds; if it does not wake, this one syncs in its place")
            shell.out.say(words.format(pid=holder.pid, n=round(holder.quiet)))
        if now - changed >= WAIT_SECONDS or now - began >= LONGEST_SECONDS:
            if not stand.behind:
                raise Refused(_("the other process has not sent everything yet"), hint="omnitui outbox")
            names = ", ".join(account.name for account in accounts if account.id in stand.behind)
            raise Refused(
                _("process {pid} has not caught up with {names}").format(pid=pid, names=names), hint="omnitui doctor"
            )
        time.sleep(LOOK_SECONDS)
    shell.out.say(
        _("process {pid} stood still; this one syncs in its place").format(pid=pid)
        if lease.seized
        else _("process {pid} ended; this one syncs in its place").format(pid=pid)
    )
    return None


@dataclass(frozen=True, slots=True)
class _Stand:
    """How far the process that syncs has come with what it was asked."""

    heads: tuple[LedgerEntry, ...]
    """Of each account the entry for the whole of it."""
    behind: frozenset[Ulid]
    """Accounts that have neither caught up nor met a fault since."""
    leaving: frozenset[tuple[Ulid, SendState]]
    """What is still to be sent."""
    stuck: frozenset[Ulid]
    """What was tried and could not be handed over."""


def _stand(db: sqlite3.Connection, asked: Mapping[Ulid, int], latest: Millis) -> _Stand:
    from omnitui.store import outbox, progress
    from omnitui.store.reads import accounts, ledger

    found = [ledger.entry(db, account_id) for account_id in asked]
    heads = tuple(entry for entry in found if entry is not None)
    # Nobody answers for one that was paused or removed meanwhile.
    synced = {account.id for account in accounts.accounts(db) if not account.paused}
    behind = frozenset(one for one, number in asked.items() if one in synced and progress.answered(db, one) < number)
    well = {entry.account_id for entry in heads if entry.health == "ok" or entry.account_id in behind}
    going = [
        entry
        for entry in (*outbox.due(db, latest), *outbox.sending(db))
        if entry.account_id in well and entry.state is not SendState.DEFERRED
    ]
    stuck = {entry.op_id for entry in going if entry.state is SendState.QUEUED and entry.reason}
    leaving = frozenset((entry.op_id, entry.state) for entry in going if entry.op_id not in stuck)
    return _Stand(heads, behind, leaving, frozenset(stuck))


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
            shell.out.line(f"{account.name}: {health_word(account, entry)}")
        if entry is not None and entry.health != "ok":
            refused = entry.health == "auth"
            shell.fail(
                f"{account.name}: {entry.error or health_word(account, entry)}",
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
