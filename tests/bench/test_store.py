"""Writing: ingest against the C floor, and what it does to the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from email.message import EmailMessage
from email.utils import formatdate
from functools import partial
from itertools import count, islice
from pathlib import Path

import pytest

from omnitui.model.accounts import Account
from omnitui.model.conversations import Message
from omnitui.model.states import Direction
from omnitui.sdk.events import Batch, MailLocation, MailReceived, MessageReceived, Person
from omnitui.store import accounts
from omnitui.store.arriving import inflow
from omnitui.store.arriving.standing import standings
from omnitui.store.cache import Cache
from omnitui.store.writer import Tx
from omnitui.sync.ingest import Ingest
from omnitui.text.mail.worker import ParseWorker
from tests.bench import corpus, filling
from tests.bench.corpus import Talk
from tests.bench.figures import Figures, median, percentile
from tests.bench.floor import EVERYTHING, ROWS, SEARCHABLE, Floor, Spent

pytestmark = pytest.mark.bench

MESSAGES = 20_000
BATCH = 256
LAG_SECONDS = 1.0
LAG_TURNS = 5
MAILS = 2_000
MAIL_BATCH = 100


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[tuple[Cache, list[Message]]]:
    """A cache with conversations but no messages, and the messages that belong into them, by time."""
    with Cache.open(tmp_path / "cache") as cache:
        desk = filling.Desk(cache)
        coming = islice(corpus.arrivals(filling.SEED, 0, MESSAGES), MESSAGES)
        yield cache, cache.write(lambda tx: desk.messages(tx, coming), durable=False)


def expect(tx: Tx, some: list[Message]) -> None:
    """Ask once for all that messages are about, as ingest does."""
    account_id, names = some[0].account_id, [message.external_id for message in some]
    inflow.expect_messages(tx, account_id, names)
    standings(tx, account_id, {f"c{name[1:].partition('-')[0]}" for name in names})


def race(
    cache: Cache, folder: Path, works: Iterable[Callable[[], object]], figures: Figures, what: str, messages: int
) -> None:
    """Run works that each store a batch, in turn with the floors, and note the ratios of the medians."""
    ours = Spent()
    with ExitStack() as stack:
        floors = {
            name: stack.enter_context(Floor(cache.path, folder / f"{name}.sqlite3", parts))
            for name, parts in (("message rows", ROWS), ("searchable rows", SEARCHABLE), ("every row", EVERYTHING))
        }
        for work in works:
            ours.on(work)
            for floor in floors.values():
                floor.follow()
    rate = f"{messages / sum(ours.cpu):,.0f} messages/s of CPU, {messages / sum(ours.wall):,.0f} by the wall"
    for name, floor in floors.items():
        least = floor.spent
        ratio, least_cpu = median(ours.cpu) / median(least.cpu), median(least.cpu) / BATCH * 1e6
        each = f"CPU {ratio:.1f} ×: {median(ours.cpu) / BATCH * 1e6:.0f} µs a message, floor {least_cpu:.1f}; {rate}"
        figures.put(f"{what} / {name} in C, wall", median(ours.wall) / median(least.wall), 4, remark=each)


def test_storing_messages_is_near_the_floor_of_c(
    prepared: tuple[Cache, list[Message]], tmp_path: Path, figures: Figures
) -> None:
    """Upsert, full text, roll-up, change sequence, cursor and commit of messages whose conversations are there."""
    cache, messages = prepared

    def store(at: int) -> None:
        some = messages[at : at + BATCH]

        def work(tx: Tx) -> None:
            expect(tx, some)
            for message in some:
                inflow.put_message(tx, message)
            inflow.put_cursor(tx, some[0].account_id, "bench", at)

        cache.write(work, durable=False)

    works = [partial(store, at) for at in range(0, len(messages), BATCH)]
    race(cache, tmp_path, works, figures, "store", len(messages))


def test_ingest_is_near_the_floor_of_c(tmp_path: Path, figures: Figures) -> None:
    """From a connector's events to rows: contacts and conversations are found or made as well."""
    events = [event(talk, place) for talk, place in islice(corpus.arrivals(filling.SEED, 0, MESSAGES), MESSAGES)]
    account = Account("01JZZZZZZZZZZZZZZZZZZZZZZZ", "demo", "Bench")
    with Cache.open(tmp_path / "cache") as cache, ParseWorker() as parser, asyncio.Runner() as runner:
        cache.write(lambda tx: accounts.put_account(tx, account))
        ingest = Ingest(cache, account, parser)
        batches = [Batch(tuple(events[at : at + BATCH]), cursor=at) for at in range(0, MESSAGES, BATCH)]
        works = [partial(lambda batch: runner.run(ingest.commit(batch)), batch) for batch in batches]
        race(cache, tmp_path, works, figures, "events to cache", MESSAGES)
        assert cache.read(lambda db: db.execute("SELECT count(*) FROM message").fetchone()[0]) == MESSAGES


def event(talk: Talk, place: int) -> MessageReceived:
    """A line of the corpus as a connector would report it."""
    line, customer = talk.lines[place], Person(talk.address, talk.customer)
    return MessageReceived(
        inbox="shop@example.com",
        channel=talk.channel,
        conversation=f"c{talk.number}",
        external_id=f"m{talk.number}-{place}",
        contact=customer,
        author=customer if line.incoming else Person("me@example.com", "Agent", agent=True),
        direction=Direction.INCOMING if line.incoming else Direction.OUTGOING,
        sent_at=line.at,
        text=line.text,
    )


def test_mail_is_taken_in_fast(tmp_path: Path, figures: Figures) -> None:
    """Old mails as a backfill brings them: parsed in their own process, kept, threaded, stored."""
    mails = [mail(talk, place) for talk, place in islice(corpus.arrivals(filling.SEED, 0, MAILS), MAILS)]
    account = Account("01JZZZZZZZZZZZZZZZZZZZZZZZ", "email", "Bench")
    ours = Spent()
    with Cache.open(tmp_path / "cache") as cache, ParseWorker() as parser, asyncio.Runner() as runner:
        parser.parse_sync(mails[0].raw)
        cache.write(lambda tx: accounts.put_account(tx, account))
        ingest = Ingest(cache, account, parser)
        for at in range(MAILS, 0, -MAIL_BATCH):
            batch = Batch(tuple(reversed(mails[at - MAIL_BATCH : at])), cursor=at)
            ours.on(partial(lambda batch: runner.run(ingest.commit(batch, history=True)), batch))
        assert cache.read(lambda db: db.execute("SELECT count(*) FROM message").fetchone()[0]) == MAILS
    each = f"{sum(ours.cpu) / MAILS * 1e6:.0f} µs of CPU a mail, without the parser's"
    figures.put("old mails from bytes to cache", MAILS / sum(ours.wall), 400, "/s", most=False, remark=each)


def mail(talk: Talk, place: int) -> MailReceived:
    """A line of the corpus as a mail that answers the one before it and quotes it."""
    line, quoted = talk.lines[place], talk.lines[place - 1].text if place else ""
    them, us = f"{talk.customer} <{talk.address}>", "shop@example.com"
    made = EmailMessage()
    made["From"], made["To"] = (them, us) if line.incoming else (us, them)
    made["Subject"] = ("Re: " if place else "") + talk.subject
    made["Date"] = formatdate(line.at / 1000)
    made["Message-ID"] = f"<{talk.number}.{place}@example.com>"
    if place:
        made["In-Reply-To"] = f"<{talk.number}.{place - 1}@example.com>"
        made["References"] = " ".join(f"<{talk.number}.{earlier}@example.com>" for earlier in range(place))
    made.set_content(f"{line.text}\n\n> {quoted}\n" if quoted else line.text)
    direction = Direction.INCOMING if line.incoming else Direction.OUTGOING
    location = MailLocation("INBOX", 1, talk.number * 100 + place + 1)
    return MailReceived(us, location, made.as_bytes(), line.at, direction, seen=True)


async def test_loop_stays_free_while_messages_pour_in(prepared: tuple[Cache, list[Message]], figures: Figures) -> None:
    cache, messages = prepared
    span = messages[-1].received_at - messages[0].received_at + 1
    rounds = count(1)
    for rate, goal in ((1_000, 1.5), (5_000, 3.0)):
        size = int(rate * LAG_SECONDS)
        idle: list[float] = []
        busy: list[float] = []
        for _turn in range(LAG_TURNS):
            later = next(rounds) * span
            fresh = [
                replace(
                    message,
                    id=cache.ids.new(),
                    external_id=f"{message.external_id}-{later}",
                    received_at=message.received_at + later,
                )
                for message in messages[:size]
            ]
            idle.append(await lag(cache, [], 0))
            busy.append(await lag(cache, fresh, rate))
        figures.put(
            f"event-loop lag p95 at {rate:,} messages/s",
            median(busy) / median(idle),
            goal,
            remark=f"{median(busy) * 1000:.2f} ms, idle {median(idle) * 1000:.2f} ms",
        )


async def lag(cache: Cache, messages: list[Message], rate: int) -> float:
    """p95 of how late a 5 ms timer fires for a while in which `messages` are written at `rate` a second. Seconds."""
    late: list[float] = []
    until = time.perf_counter() + LAG_SECONDS
    waiting: list[asyncio.Future[None]] = []

    async def pour() -> None:
        step = 0.02
        size = int(rate * step)
        for at in range(0, len(messages), size):
            begun = time.perf_counter()
            some = messages[at : at + size]

            def work(tx: Tx, some: list[Message] = some) -> None:
                expect(tx, some)
                for message in some:
                    inflow.put_message(tx, message)

            waiting.append(asyncio.wrap_future(cache.submit(work, durable=False)))
            await asyncio.sleep(max(0.0, step - (time.perf_counter() - begun)))

    pouring = asyncio.create_task(pour()) if messages else None
    while time.perf_counter() < until:
        begun = time.perf_counter()
        await asyncio.sleep(0.005)
        late.append(time.perf_counter() - begun - 0.005)
    if pouring is not None:
        await pouring
        await asyncio.gather(*waiting)
    return percentile(late, 95)
