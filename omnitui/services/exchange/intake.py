"""Mail from files taken into the cache, into an account of its own that no connector serves."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from typing import Any, Final

from omnitui.model.accounts import Account
from omnitui.model.states import Direction
from omnitui.sdk.events import Batch, MailLocation, MailReceived
from omnitui.services.exchange.importing import read_mail, record
from omnitui.store.accounts import put_account
from omnitui.store.cache import Cache
from omnitui.store.reads import accounts
from omnitui.sync.ingest import Ingest
from omnitui.text.mail.parsing import ParsedMail
from omnitui.text.mail.worker import ParseWorker

KIND: Final = "import"


class _Remembering(ParseWorker):
    """Parses each mail once, though both the record and the ingest want it."""

    _last: tuple[bytes, ParsedMail] | None = None

    def parse_all_sync(
        self, raws: Sequence[bytes], *, received_at: int | None = None, with_content: bool = False
    ) -> list[ParsedMail]:
        if self._last is None or [self._last[0]] != list(raws):
            found = super().parse_all_sync(raws, received_at=received_at, with_content=True)
            self._last = raws[-1], found[-1]
            return found
        return [self._last[1]]


def records(paths: Iterable[str | PathLike[str]]) -> Iterator[dict[str, Any]]:
    """What the mails in `paths` say, one record each; nothing is stored."""
    with ParseWorker() as worker:
        for path, raw in read_mail(paths):
            yield record(path, worker.parse_sync(raw))


def take_in(cache: Cache, paths: Iterable[str | PathLike[str]]) -> Iterator[dict[str, Any]]:
    """Store the mails in `paths` and yield their records; taking the same in again changes nothing.

    They count as read. Mails from addresses of ours are outgoing ones.

    Raises:
        OmniError: A path cannot be read; what came before it is stored.
    """
    ours = {box.address.lower() for box in cache.read(accounts.inboxes)}
    ours |= {address.lower() for agent in cache.read(accounts.agents) for address in agent.addresses}
    with _Remembering() as worker, asyncio.Runner() as runner:
        ingest: Ingest | None = None
        for path, raw in read_mail(paths):
            ingest = ingest or Ingest(cache, _account(cache), worker)
            parsed = worker.parse_sync(raw)
            runner.run(ingest.commit(Batch((_event(raw, parsed, ours, cache.clock.now()),))))
            yield record(path, parsed)


def _account(cache: Cache) -> Account:
    found = next((account for account in cache.read(accounts.accounts) if account.kind == KIND), None)
    if found is None:
        # Paused: there is nothing to sync.
        found = account = Account(cache.ids.new(), KIND, KIND, paused=True, created_at=cache.clock.now())
        cache.write(lambda tx: put_account(tx, account))
    return found


def _event(raw: bytes, parsed: ParsedMail, ours: set[str], now: int) -> MailReceived:
    senders = {person.address.lower() for person in parsed.from_}
    recipients = [person.address.lower() for person in (*parsed.to, *parsed.cc)]
    outgoing = bool(senders & ours)
    among = senders if outgoing else recipients
    digest = hashlib.sha256(raw).hexdigest()
    return MailReceived(
        inbox=next((address for address in among if address in ours), KIND),
        location=MailLocation(KIND, 1, int(digest[:12], 16)),
        raw=raw,
        received_at=now if parsed.date is None else min(parsed.date, now),
        direction=Direction.OUTGOING if outgoing else Direction.INCOMING,
        seen=True,
        size=len(raw),
    )
