"""A cache with one account of the fake connector, and what tests of the sync look at."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from omnitui.clock import Clock, FrozenClock, Millis
from omnitui.ids import Ulid
from omnitui.model.accounts import Account, LedgerEntry
from omnitui.model.conversations import Conversation, Message
from omnitui.model.operations import OutboxEntry
from omnitui.sdk import Batch, Direction, Event, MailLocation, MailReceived, snapshot
from omnitui.services.acting.operations import Operations
from omnitui.store import accounts, outbox
from omnitui.store.cache import Cache
from omnitui.store.reads import history, ledger
from omnitui.store.writer import Tx
from omnitui.sync.ingest import Ingest
from omnitui.sync.steps import mark
from omnitui.text.mail.parsing import ParsedMail, parse_mail
from tests.support.connector import CHANNEL, INBOX, FakeBackEnd, FakeConnector

US = "support@desk.example"
ANN = "ann@customer.example"
NOW: Millis = 1_750_000_000_000


class InProcess:
    """A parse worker without a process: tests of the sync are not about it."""

    async def parse(self, raw: bytes, *, received_at: int | None = None, with_content: bool = False) -> ParsedMail:
        return parse_mail(raw, received_at=received_at, with_content=with_content)

    def parse_all_sync(
        self, raws: Sequence[bytes], *, received_at: int | None = None, with_content: bool = False
    ) -> list[ParsedMail]:
        return [parse_mail(raw, received_at=received_at, with_content=with_content) for raw in raws]

    def close(self) -> None:
        """Nothing to end."""


PARSER: Any = InProcess()


class SyncDesk:
    """One account and its cache."""

    def __init__(self, folder: Path, clock: Clock | None = None, **fake: Any) -> None:
        self.clock = clock or FrozenClock(NOW)
        folder.mkdir(parents=True, exist_ok=True)
        self.state = folder / "state"
        self.cache = Cache.open(folder / "data", state=self.state, clock=self.clock)
        self.operations = Operations(self.cache)
        self.back_end = FakeBackEnd(folder / "server.jsonl")
        self.fake = fake
        self.connectors: list[FakeConnector] = []
        known = [account for account in self.cache.read(_accounts) if account.name == "fake"]
        self.account = known[0] if known else self.add("fake")
        self.ingest = Ingest(self.cache, self.account, PARSER)

    def add(self, name: str) -> Account:
        """One more account."""
        account = Account(self.cache.ids.new(), "fake", name, hold=0)
        probe = FakeConnector(self.back_end, self.mark, **self.fake)

        def work(tx: Tx) -> None:
            accounts.put_account(tx, account)
            accounts.put_inbox(tx, account.id, CHANNEL, INBOX)
            accounts.put_inbox(tx, account.id, "email", US)
            accounts.set_capabilities(tx, account.id, snapshot.take(probe.capabilities, (CHANNEL, "email")))

        self.cache.write(work)
        return account

    def connect(self, account: Account) -> FakeConnector:
        """What a host does for the engine."""
        connector = FakeConnector(self.back_end, self.mark, **self.fake)
        self.connectors.append(connector)
        return connector

    async def mark(self, op_id: Ulid) -> None:
        """What a host does for a connector."""
        await mark(self.cache, op_id)

    async def take(self, *events: Event, cursor: object = None, history: bool = False) -> int:
        """Ingest events as one batch."""
        return await self.ingest.commit(Batch(events, cursor), history=history)

    def conversations(self) -> list[Conversation]:
        """All that are not tombstones, the oldest first."""
        ids = self.cache.read(_conversation_ids)
        from omnitui.store.reads import inbox

        found = [self.cache.read(inbox.conversation, one) for one in ids]
        return [one for one in found if one is not None]

    def messages(self, conversation_id: Ulid | None = None) -> list[Message]:
        """The messages of one conversation or of all, without deleted ones, in order."""
        ids = [conversation_id] if conversation_id else [one.id for one in self.conversations()]
        found = [one for each in ids for one in self.cache.read(history.page, each, limit=500)]
        return [one for one in found if not one.deleted]

    def entry(self, op_id: Ulid) -> OutboxEntry:
        """An op's outbox entry."""
        found = self.cache.read(outbox.entry, op_id)
        assert found is not None
        return found

    def ledger(self, scope: str = "") -> LedgerEntry | None:
        """The account's entry for a scope."""
        return self.cache.read(ledger.entry, self.account.id, scope)

    def close(self) -> None:
        self.cache.close()


def a_mail(
    number: int,
    *,
    sender: str = ANN,
    to: Sequence[str] = (US,),
    cc: Sequence[str] = (),
    subject: str = "Order 7",
    text: str = "",
    answers: Sequence[int | str] = (),
    folder: str = "INBOX",
    uid: int = 0,
    uidvalidity: int = 1,
    at: Millis = 0,
    rfc_id: str | None = None,
    direction: Direction = Direction.INCOMING,
    extra: Sequence[tuple[str, str]] = (),
    **fields: Any,
) -> MailReceived:
    """A mail; `answers` are numbers of mails like this one or whole Message-IDs, the nearest last."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    if cc:
        mail["Cc"] = ", ".join(cc)
    mail["Subject"] = subject
    mail["Date"] = "Sat, 14 Jun 2025 10:00:00 +0000"
    mail["Message-ID"] = rfc_id or f"<m{number}@customer.example>"
    named = [one if isinstance(one, str) else f"<m{one}@customer.example>" for one in answers]
    if named:
        mail["In-Reply-To"] = named[-1]
        mail["References"] = " ".join(named)
    for name, value in extra:
        mail[name] = value
    mail.set_content(text or f"text {number}")
    return MailReceived(
        inbox=US,
        location=MailLocation(folder, uidvalidity, uid or number),
        raw=mail.as_bytes(),
        received_at=at or NOW - 1_000_000 + number * 1_000,
        direction=direction,
        **fields,
    )


async def until(condition: Callable[[], object], seconds: float = 90.0) -> None:
    """Wait until `condition` holds; fails where it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.02)


def _conversation_ids(db: Any) -> list[Ulid]:
    return [row[0] for row in db.execute("SELECT id FROM conversation WHERE deleted_at IS NULL ORDER BY pk")]


def _accounts(db: Any) -> list[Account]:
    from omnitui.store.reads.accounts import accounts as read

    return read(db)
