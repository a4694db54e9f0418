"""The way in: batches of a connector become rows of the cache, with the cursor that covers them, in one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from omnitui.bus import CustomerTypes
from omnitui.clock import MINUTE
from omnitui.logs import logger
from omnitui.model.accounts import Account, Json
from omnitui.sdk.events import Batch, FolderReset, MailFlags, MailVanished, Typing
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
from omnitui.store.failpoints import reach
from omnitui.store.forgetting.erasure import unused
from omnitui.store.reads import inbox
from omnitui.store.rule_journal import journal
from omnitui.store.writer import Tx
from omnitui.sync.arrival import Arrival
from omnitui.sync.aside import is_poison, sift
from omnitui.sync.ledger import note_batch, note_kept_aside
from omnitui.sync.mail_arrival import MailArrival
from omnitui.sync.mails import ReadyMail
from omnitui.sync.preparation import Preparation, Ready
from omnitui.text.mail.worker import ParseWorker
from omnitui.text.surrogates import mended

if TYPE_CHECKING:
    import sqlite3

LOG = logger(__name__)

LONGEST_TYPING: Final = MINUTE
"""Nobody is said to write for longer by one report."""


class Ingest:
    """Takes in what one account's connector reports. Taking the same in again changes nothing."""

    def __init__(self, cache: Cache, account: Account, parser: ParseWorker) -> None:
        self._cache = cache
        self._account = account
        self._preparation = Preparation(
            cache.blobs, lambda raws, with_content: parser.parse_all_sync(raws, with_content=with_content)
        )

    async def commit(self, batch: Batch, *, scope: str = "", cursor: Json = None, history: bool = False) -> int:
        """Store a batch with its cursor, all or nothing; how many events changed something that is shown.

        Args:
            batch: What the connector handed over.
            scope: Under which name the cursor is stored.
            cursor: The cursor to store, where it is not the batch's own.
            history: Whether these are old messages, loaded in the background.
        """
        with self._preparation.remembering():
            return await self._commit(batch, scope, cursor, history)

    async def _commit(self, batch: Batch, scope: str, cursor: Json, history: bool) -> int:
        typing = [event for event in batch.events if isinstance(event, Typing)]
        if typing:
            batch = replace(batch, events=tuple(event for event in batch.events if not isinstance(event, Typing)))
            await self._cache.aread(self._tell, typing)
            if batch == Batch(()):
                return 0
        ready = await self._preparation.ready(batch.events, history=history, durable=batch.once)
        reach("ingest.blobs")
        place = batch.cursor if cursor is None else cursor
        work = partial(self._apply, batch=batch, ready=ready, scope=scope, cursor=place, history=history)
        # Mostly not durable by itself: what a power cut takes is fetched again, since the cursor goes with it.
        try:
            shown, refused = await self._cache.awrite(work, durable=batch.once)
        except Exception as error:
            if not is_poison(error):
                raise
            LOG.exception("account %s: a batch cannot be taken in whole", self._account.name)
            shown, refused = await self._cache.awrite(partial(work, sifted=True), durable=batch.once)
        if refused:
            await asyncio.to_thread(self._preparation.drop, refused)
        reach("ingest.committed")
        return shown

    def _tell(self, db: sqlite3.Connection, typing: Sequence[Typing]) -> None:
        """Say who is writing: nothing of it is kept."""
        for event in typing:
            conversation_id = inbox.named(db, self._account.id, event.conversation)
            if conversation_id is not None:
                until = min(event.until, self._cache.clock.now() + LONGEST_TYPING)
                self._cache.bus.publish(CustomerTypes(conversation_id, until, mended(event.name)[:200]))

    def _apply(
        self,
        tx: Tx,
        *,
        batch: Batch,
        ready: list[Ready],
        scope: str,
        cursor: Json,
        history: bool,
        sifted: bool = False,
    ) -> tuple[int, tuple[str, ...]]:
        """Returns how many events changed something that is shown, and blobs that nothing refers to."""
        self._cache.check_lead()
        if history:
            journal(tx).quiet()
        take = partial(self._take, tx, history)
        put = partial(self._preparation.put, durable=batch.once)
        done = sift(tx, ready, take, put) if sifted else [take(ready)]
        if cursor is not None:
            inflow.put_cursor(tx, self._account.id, scope, cursor)
        note_batch(
            tx,
            self._account.id,
            batch.extents,
            gap=batch.gap,
            unparsed=sum(arrival.unparsed for arrival in done),
            added=sum(arrival.added for arrival in done),
            history=history,
        )
        note_kept_aside(tx, self._account.id, [reason for arrival in done for reason in arrival.kept_aside])
        reach("ingest.applied")
        refused = unused(tx, {blob for arrival in done for blob in arrival.refusals.blobs})
        return sum(arrival.shown for arrival in done), refused

    def _take(self, tx: Tx, history: bool, ready: Sequence[Ready]) -> Arrival:
        arrival = Arrival(tx, self._account, history=history)
        mail = MailArrival(arrival)
        arrival.expect(ready)
        for event in ready:
            match event:
                case ReadyMail() | MailFlags() | MailVanished() | FolderReset():
                    mail.take(event)
                case _:
                    arrival.take(event)
        return arrival
