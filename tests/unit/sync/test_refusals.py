"""What was erased does not come back when it is synced again, whatever the order; what is new does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.clock import DAY, HOUR, FrozenClock
from omnitui.sdk import (
    ContactChanged,
    ConversationChanged,
    Direction,
    MessageDeleted,
    MessageReceived,
    Rated,
    ReadUpTo,
    RemoteFile,
    Unsupported,
)
from omnitui.store.forgetting import erasure, tombstones
from omnitui.store.reads import belongings
from omnitui.store.writer import Tx
from tests.support.connector import CHANNEL, a_message
from tests.support.sync_desk import ANN, NOW, SyncDesk, a_mail


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SyncDesk]:
    made = SyncDesk(tmp_path)
    yield made
    made.close()


def forget_everybody(desk: SyncDesk) -> None:
    contacts = [one.contact_id for one in desk.conversations()]

    def work(tx: Tx) -> tuple[str, ...]:
        return erasure.erase_all(tx, belongings.rows_of(tx.db, contacts), until=tx.now())

    for blob in desk.cache.write(work):
        desk.cache.blobs.drop(blob)


def holds(desk: SyncDesk, *words: str) -> list[str]:
    """Which words stand in the cache's texts or in a file beside it."""
    desk.cache.write(erasure.merge_index)
    dumped = desk.cache.read(lambda db: "\n".join(db.iterdump()))
    files = b"".join(path.read_bytes() for path in (desk.cache.path.parent / "blobs").rglob("*") if path.is_file())
    return [word for word in words if word in dumped or word.encode() in files]


def told() -> tuple[MessageReceived, ...]:
    first = a_message(1, "zqmessage")
    return (
        replace(
            first,
            subject="zqsubject",
            raw=b"zqraw",
            files=(RemoteFile("zqname", "text/plain", 6, b"zqfile"),),
        ),
        a_message(2, "zqsecond"),
    )


ZQ = ("zqmessage", "zqsubject", "zqraw", "zqname", "zqfile", "zqsecond", "zqthird", "zqlater", "zqold")


async def test_messages_do_not_come_back(desk: SyncDesk) -> None:
    await desk.take(*told())
    assert len(holds(desk, *ZQ)) == 6
    forget_everybody(desk)
    assert holds(desk, *ZQ) == []
    never_seen = replace(a_message(3, "zqthird"), sent_at=NOW - DAY)
    await desk.take(*told(), never_seen)
    await desk.take(replace(told()[0], revision=2), history=True)
    assert desk.conversations() == []
    assert holds(desk, *ZQ) == []


async def test_a_file_that_somebody_keeps_meanwhile_is_there_when_it_is_referred_to(
    desk: SyncDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.take(*told())
    forget_everybody(desk)
    applied: list[str] = []

    def meanwhile(place: str) -> None:
        if place == "ingest.applied":
            applied.append(desk.cache.blobs.put(b"zqfile"))

    monkeypatch.setattr("omnitui.sync.ingest.reach", meanwhile)
    before = desk.cache.blobs.put(b"zqraw")
    await desk.take(*told())
    assert desk.conversations() == []
    assert (desk.cache.blobs.get(before), desk.cache.blobs.get(applied[0])) == (b"zqraw", b"zqfile")


async def test_events_about_what_was_erased_are_not_kept_waiting(desk: SyncDesk) -> None:
    first = told()[0]
    await desk.take(*told())
    forget_everybody(desk)
    await desk.take(
        ConversationChanged(first.conversation, NOW, subject="zqsubject"),
        Rated(first.conversation, 1, "zqraw", "zqmessage", NOW),
        ReadUpTo(first.conversation, NOW),
        MessageDeleted(first.external_id, NOW),
        ContactChanged(CHANNEL, first.contact.address, name="zqname"),
        Unsupported("sticker", b"zqfile", NOW - HOUR, conversation=first.conversation),
    )
    assert holds(desk, *ZQ) == []


async def test_who_writes_anew_is_a_new_contact(desk: SyncDesk) -> None:
    first = told()[0]
    await desk.take(*told())
    forget_everybody(desk)
    assert isinstance(desk.clock, FrozenClock)
    desk.clock.advance(HOUR)
    later = replace(a_message(9, "hello again"), sent_at=desk.clock.now())
    await desk.take(later, *told(), ContactChanged(CHANNEL, first.contact.address, language="ja"))
    assert [message.text for message in desk.messages()] == ["hello again"]


async def test_mail_does_not_come_back_by_any_way(desk: SyncDesk) -> None:
    ours = {"sender": "support@desk.example", "to": (ANN,), "direction": Direction.OUTGOING}
    mails = (
        a_mail(1, text="zqmessage", subject="zqsubject"),
        a_mail(2, sender="colleague@customer.example", answers=[1], text="zqsecond"),
        a_mail(3, text="zqthird", answers=[1], folder="Sent", **ours),  # type: ignore[arg-type]
    )
    await desk.take(*mails)
    assert len(holds(desk, *ZQ)) == 4
    forget_everybody(desk)
    moved = [replace(mail, location=replace(mail.location, folder="Archive", uidvalidity=7)) for mail in mails]
    old = a_mail(4, text="zqold", at=NOW - DAY)
    await desk.take(*mails, *moved, old, history=True)
    assert holds(desk, *ZQ, ANN, "colleague") == []
    assert isinstance(desk.clock, FrozenClock)
    desk.clock.advance(HOUR)
    await desk.take(a_mail(5, text="a new matter", subject="New", at=desk.clock.now()))
    assert [message.text for message in desk.messages()] == ["a new matter"]


async def test_what_was_erased_for_its_age_comes_back_where_it_is_wanted_again(desk: SyncDesk) -> None:
    await desk.take(*told())
    contacts = [one.contact_id for one in desk.conversations()]
    desk.cache.write(
        lambda tx: erasure.erase_all(tx, belongings.rows_of(tx.db, contacts), until=tx.now(), come_back=True)
    )
    assert desk.cache.write(lambda tx: tombstones.Tombstones(tx).any) is False
    assert desk.conversations() == []
    await desk.take(replace(a_message(3, "fetched again"), sent_at=NOW - DAY))
    assert [message.text for message in desk.messages()] == ["fetched again"]


async def test_nothing_older_than_an_account_keeps_comes_in(desk: SyncDesk) -> None:
    desk.cache.write(lambda tx: tombstones.set_retention(tx, desk.account.id, 30))
    await desk.take(
        a_mail(1, text="zqold", at=NOW - 31 * DAY),
        a_mail(2, text="kept", subject="Other", at=NOW - 29 * DAY),
        replace(a_message(3, "zqold"), sent_at=NOW - 40 * DAY),
        history=True,
    )
    assert [message.text for message in desk.messages()] == ["kept"]
    assert holds(desk, "zqold") == []
