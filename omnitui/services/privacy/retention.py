"""How long accounts keep messages: what is older is erased, by the agent's order, and the ledger says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from omnitui.clock import Millis
from omnitui.errors import OmniError, UsageError
from omnitui.i18n import _
from omnitui.logs import logger
from omnitui.model.accounts import RETENTION, Account, LedgerEntry
from omnitui.model.states import ObjectKind
from omnitui.services.privacy.erasing import Swept, deed, sweep
from omnitui.store import oplog
from omnitui.store.forgetting import erasure, tombstones
from omnitui.store.forgetting.erasure import Owed
from omnitui.store.progress import drop_ledger, put_ledger
from omnitui.store.reads import accounts, belongings
from omnitui.store.reads.belongings import Doomed
from omnitui.store.writer import Tx
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3
    import threading

    from omnitui.ids import Ulid
    from omnitui.services.session import Session
    from omnitui.store.cache import Cache

LOG = logger(__name__)

BATCH: Final = 200
"""Messages or conversations erased in one commit: others want to write too."""
_MANY: Final = 1_000_000_000
_SPAN: Final = re.compile(r"(\d{1,6})([dwy])")
_DAYS: Final = {"d": 1, "w": 7, "y": 365}
FOREVER: Final = "forever"


@dataclass(frozen=True, slots=True)
class Due:
    """What of an account is older than it is kept."""

    account: Account
    days: int
    before: Millis
    """Messages received before this time go."""
    messages: int


def days_of(text: str) -> int | None:
    """A span as agents write it: "365d", "52w", "2y"; None for "forever".

    Raises:
        UsageError: It is none.
    """
    if text == FOREVER:
        return None
    match = _SPAN.fullmatch(text)
    if match is None or not int(match[1]):
        raise UsageError(
            _("“{text}” is no span of time").format(text=text), hint=_("days, weeks, years or forever: 90d, 26w, 2y")
        )
    return int(match[1]) * _DAYS[match[2]]


def keep(cache: Cache, account_id: Ulid, days: int | None) -> None:
    """Keep an account's messages so long; nothing is erased by this."""

    def work(tx: Tx) -> None:
        tombstones.set_retention(tx, account_id, days)
        if days is None:
            drop_ledger(tx, account_id, RETENTION)
        tx.changed(ObjectKind.ACCOUNT, account_id)

    cache.write(work)


def due(cache: Cache) -> list[Due]:
    """What would be erased now, by account; accounts that keep everything are left out."""
    return cache.read(_due, cache.clock.now())


def run(
    session: Session,
    found: Sequence[Due],
    *,
    stop: threading.Event | None = None,
    give_up: Callable[[], object] | None = None,
) -> Swept:
    """Erase what `due` found, and all bytes of it; also what an erasure that was broken off has left.

    An account of which something cannot be erased is told in `Swept.faults`, and hinders no other one.

    Args:
        session: Whose.
        found: What `due` gave.
        stop: Where it is set, no more messages are erased; the bytes of those that were are.
        give_up: Asked now and then while nobody can write; where it says so, those bytes are left for later.
    """
    faults: list[str] = []
    for one in found:
        if _told(stop):
            break
        try:
            _erase(session.cache, one, stop)
        except OmniError as error:
            faults.append(f"{one.account.name}: {error.message}")
        except Exception:
            LOG.exception("%s: what is older than it is kept could not be erased", one.account.id)
            faults.append(_("{account}: an error; the log has the details").format(account=one.account.name))
    swept = sweep(session, give_up=give_up) if session.cache.read(erasure.owes_sweep) else Swept()
    return replace(swept, faults=(*faults, *swept.faults))


def _erase(cache: Cache, one: Due, stop: threading.Event | None) -> None:
    """Erase what is due of an account in small commits, between which others write."""
    while not _told(stop) and cache.write(lambda tx: _some(tx, one)):
        pass
    empty = cache.read(belongings.emptied, one.account.id, one.before)
    for begin in range(0, len(empty), BATCH):
        if _told(stop):
            return
        cache.write(partial(_empty, one=one, conversations=empty[begin : begin + BATCH]))
    if not _told(stop):
        me = cache.me().id
        cache.write(lambda tx: _note(tx, one, me))


def _told(stop: threading.Event | None) -> bool:
    return stop is not None and stop.is_set()


def _due(db: sqlite3.Connection, now: Millis) -> list[Due]:
    found: list[Due] = []
    for account in accounts.accounts(db):
        days = tombstones.retention(db, account.id)
        before = tombstones.kept_since(db, account.id, now)
        if days is not None and before is not None:
            found.append(Due(account, days, before, len(belongings.outdated(db, account.id, before, _MANY))))
    return found


def _some(tx: Tx, one: Due) -> bool:
    """Erase a batch of messages; False where none was left."""
    messages = belongings.outdated(tx.db, one.account.id, one.before, BATCH)
    if messages:
        blobs = erasure.erase_all(tx, Doomed(messages=messages), until=one.before, come_back=True)
        erasure.owe_sweep(tx, Owed(blobs=blobs))
    return bool(messages)


def _empty(tx: Tx, one: Due, conversations: Sequence[int]) -> None:
    """Erase what of some conversations is empty still, and people who are gone with them."""
    empty = belongings.emptied(tx.db, one.account.id, one.before, among=conversations)
    people = belongings.lonely(tx.db, empty)
    addresses, names = belongings.addresses(tx.db, people)
    blobs = erasure.erase_all(tx, Doomed(people, empty), until=one.before, come_back=True)
    erasure.owe_sweep(tx, Owed(tuple(addresses), tuple(names), blobs=blobs))


def _note(tx: Tx, one: Due, me: Ulid) -> None:
    """Write down what was done."""
    if one.messages:
        why = _("kept {days} days").format(days=one.days)
        oplog.append(tx, deed(tx, me, tx.ids.new(), ObjectKind.ACCOUNT, one.account.id, why))
    put_ledger(
        tx,
        LedgerEntry(
            one.account.id,
            RETENTION,
            health="ok",
            last_sync_at=tx.now(),
            complete_since=one.before,
            budget=_("messages are kept {days} days; {n} were erased last").format(days=one.days, n=one.messages),
        ),
    )
