"""Caches filled with the corpus through the store's own writing functions, kept between runs."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from omnitui.clock import FrozenClock, Millis
from omnitui.ids import Ulid
from omnitui.model.accounts import Account
from omnitui.model.conversations import Message
from omnitui.model.states import Direction, MessageKind, SendState
from omnitui.store import accounts, migrations
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
from omnitui.store.writer import Tx
from tests.bench import corpus, phrases
from tests.bench.corpus import Talk

SEED = 1
CONVERSATIONS = int(os.environ.get("OMNITUI_BENCH_CONVERSATIONS", "205000"))
"""In the big cache. About five messages each: a million. A smaller number measures sooner and says less."""
BATCH = 2_000
"""Messages in one commit."""


def kept(conversations: int) -> Path:
    """The folder of a cache with that many conversations; filled first where it is not there."""
    scripts = b"".join(path.read_bytes() for path in sorted(Path(migrations.__file__).parent.glob("*.sql")))
    sources = b"".join(Path(module.__file__ or "").read_bytes() for module in (corpus, phrases))
    version = hashlib.sha256(scripts + sources).hexdigest()[:8]
    folder = Path(tempfile.gettempdir()) / f"omnitui-bench-{SEED}-{conversations}-{version}"
    if not folder.exists():
        making = folder.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        fill(making, conversations)
        making.rename(folder)
    return folder


def fill(folder: Path, conversations: int) -> None:
    """Make a cache in `folder` that holds so many conversations, written in the order in which messages came."""
    with Cache.open(folder, clock=FrozenClock(corpus.end(conversations))) as cache:
        desk = Desk(cache)
        coming = corpus.arrivals(SEED, 0, conversations)
        while some := list(islice(coming, BATCH)):
            cache.write(lambda tx, some=some: desk.put(tx, some), durable=False)  # type: ignore[misc]
        cache.write(optimize)


def optimize(tx: Tx) -> None:
    """Merge the full-text index, as months of use do bit by bit."""
    tx.db.execute("INSERT INTO message_fts(message_fts) VALUES ('optimize')")


class Desk:
    """Makes rows of the corpus in one account of a cache."""

    def __init__(self, cache: Cache) -> None:
        self.account = Account(cache.ids.new(), "demo", "Bench")
        self._me = cache.me().id
        self._inboxes = cache.write(self._begin)
        self._places: dict[int, tuple[Ulid, Ulid]] = {}

    def _begin(self, tx: Tx) -> dict[str, Ulid]:
        accounts.put_account(tx, self.account)
        return {
            channel: accounts.put_inbox(tx, self.account.id, channel, f"shop-{channel}@example.com").id
            for channel, _weight in phrases.CHANNELS
        }

    def put(self, tx: Tx, some: list[tuple[Talk, int]]) -> None:
        """Store these messages; a conversation gets its status with its last one."""
        done: list[tuple[Ulid, Talk]] = []
        for talk, place in some:
            message = self.message(tx, talk, place)
            inflow.put_message(tx, message, seen=talk.status in ("resolved", "closed"))
            if place == len(talk.lines) - 1:
                del self._places[talk.number]
                done.append((message.conversation_id, talk))
        for conversation_id, talk in done:
            self._finish(tx, conversation_id, talk)

    def messages(self, tx: Tx, some: Iterator[tuple[Talk, int]]) -> list[Message]:
        """These messages, whose conversations are made but which are not stored."""
        return [self.message(tx, talk, place) for talk, place in some]

    def message(self, tx: Tx, talk: Talk, place: int) -> Message:
        """One line of a conversation as a message; with the first the conversation is made."""
        if talk.number not in self._places:
            self._places[talk.number] = self._conversation(tx, talk)
        conversation_id, contact_id = self._places[talk.number]
        line = talk.lines[place]
        return Message(
            tx.ids.new(),
            conversation_id,
            self.account.id,
            Direction.INCOMING if line.incoming else Direction.OUTGOING,
            MessageKind.PUBLIC,
            None if line.incoming else SendState.DELIVERED,
            talk.customer if line.incoming else "Agent",
            contact_id if line.incoming else self._me,
            line.at,
            line.at,
            line.text,
            external_id=f"m{talk.number}-{place}",
        )

    def _conversation(self, tx: Tx, talk: Talk) -> tuple[Ulid, Ulid]:
        contact_id, _identity = inflow.find_or_make_contact(
            tx, self.account.id, talk.channel, talk.address, talk.customer
        )
        conversation_id = inflow.make_conversation(
            tx,
            account_id=self.account.id,
            inbox_id=self._inboxes[talk.channel],
            contact_id=contact_id,
            channel=talk.channel,
            subject=talk.subject,
            external_id=f"c{talk.number}",
        )
        return conversation_id, contact_id

    def _finish(self, tx: Tx, conversation_id: Ulid, talk: Talk) -> None:
        until: Millis | None = tx.now() + 1 if talk.status == "snoozed" else None
        inflow.change_conversation(
            tx,
            conversation_id,
            {
                "status": talk.status,
                "priority": talk.priority,
                "assignee_id": self._me if talk.assigned else None,
                "labels": list(talk.labels),
                "snoozed_until": until,
            },
        )
