"""What is written down about each account's sync: its health, how far it is, and what is not in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.accounts import GAP, KEPT_ASIDE, LedgerEntry
from omnitui.sdk.events import Extent
from omnitui.sdk.faults import AuthFailed, Fault, RateLimited
from omnitui.store.arriving import inflow
from omnitui.store.reads import ledger as reads
from omnitui.store.writer import Tx
from omnitui.text.surrogates import mended


def note_health(tx: Tx, account_id: Ulid, health: str, *, error: str = "", retry_at: Millis | None = None) -> str:
    """Write down an account's health; returns what it was before."""
    entry = _entry(tx, account_id, "")
    changed = replace(entry, health=health, error=mended(error), retry_at=retry_at)
    if changed != entry:
        inflow.put_ledger(tx, changed)
    return entry.health


def note_batch(
    tx: Tx,
    account_id: Ulid,
    extents: Sequence[Extent],
    *,
    gap: str,
    unparsed: int,
    added: int,
    history: bool = False,
) -> None:
    """Write down how far a batch brought an account; `history`: it came by backfill."""
    now = tx.now()
    account = _entry(tx, account_id, "")
    inflow.put_ledger(
        tx,
        replace(
            account,
            health="ok",
            last_sync_at=now,
            retry_at=None,
            error="",
            unparsed=account.unparsed + unparsed,
            cached_count=account.cached_count + added,
        ),
    )
    if gap:
        inflow.put_ledger(tx, LedgerEntry(account_id, GAP, health="ok", last_sync_at=now, error=mended(gap)))
    for extent in extents:
        entry = _entry(tx, account_id, extent.scope)
        inflow.put_ledger(
            tx,
            replace(
                entry,
                health="ok",
                last_sync_at=now,
                remote_count=entry.remote_count if extent.remote_count is None else extent.remote_count,
                complete_since=_reach(entry.complete_since, extent.complete_since),
                error="" if history else entry.error,
                budget=mended(extent.budget) or entry.budget,
            ),
        )


def note_scope(tx: Tx, account_id: Ulid, scope: str, error: str) -> None:
    """Write down what keeps one scope from being loaded."""
    inflow.put_ledger(tx, replace(_entry(tx, account_id, scope), error=mended(error)))


def note_kept_aside(tx: Tx, account_id: Ulid, reasons: Sequence[str]) -> None:
    """Write down that events could not be taken in, and why the last one could not."""
    if reasons:
        entry = _entry(tx, account_id, KEPT_ASIDE)
        inflow.put_ledger(
            tx,
            replace(
                entry,
                health="ok",
                last_sync_at=tx.now(),
                unparsed=entry.unparsed + len(reasons),
                error=mended(reasons[-1]),
            ),
        )


def health_of(fault: Fault) -> str:
    """The ledger's word for a fault."""
    if isinstance(fault, AuthFailed):
        return "auth"
    return "limited" if isinstance(fault, RateLimited) else "offline"


def _entry(tx: Tx, account_id: Ulid, scope: str) -> LedgerEntry:
    known = (entry for entry in reads.entries(tx.db, account_id) if entry.scope == scope)
    return next(known, LedgerEntry(account_id, scope))


def _reach(known: Millis | None, told: Millis | None) -> Millis | None:
    """Backfill reaches ever farther back: of two extents of a scope the older one holds."""
    if known is None or told is None:
        return told if known is None else known
    return min(known, told)
