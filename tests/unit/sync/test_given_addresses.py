"""An address that somebody gives of themselves, in a form: who writes from it is the same person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.model.people import Link
from omnitui.sdk import ContactChanged
from omnitui.store import contacts
from omnitui.store.forgetting import erasure
from omnitui.store.reads import belongings, people
from omnitui.store.writer import Tx
from tests.support.connector import CHANNEL, a_message
from tests.support.sync_desk import SyncDesk

GIVEN = ContactChanged(CHANNEL, "ann", also=(("email", "Ann@Example.com"),))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SyncDesk]:
    made = SyncDesk(tmp_path)
    yield made
    made.close()


def by_mail(tx: Tx) -> None:
    """Somebody wrote from the address before."""
    contacts.find_or_make_contact(tx, "01JTESTACC0VNT000000000000", "email", "ann@example.com", "Ann by mail")


def owners(desk: SyncDesk, channel: str, address: str) -> list[tuple[str, bool]]:
    """Who has an address, and whether that is proved."""
    asked = (
        "SELECT p.id, i.verified FROM identity i JOIN contact p ON p.pk = i.contact_pk"
        " WHERE i.channel = ? AND i.address = ? AND i.deleted_at IS NULL"
    )
    return desk.cache.read(lambda db: db.execute(asked, (channel, address)).fetchall())


def owner(desk: SyncDesk, channel: str, address: str) -> str:
    [(contact_id, _verified)] = owners(desk, channel, address)
    return contact_id


def links(desk: SyncDesk) -> list[Link]:
    return [one.link for one in desk.cache.read(people.linked, owner(desk, CHANNEL, "ann"))]


async def test_an_address_that_nobody_has_is_theirs(desk: SyncDesk) -> None:
    await desk.take(a_message(1), GIVEN, GIVEN)
    await desk.take(GIVEN)
    assert owner(desk, "email", "ann@example.com") == owner(desk, CHANNEL, "ann")
    assert owners(desk, "email", "ann@example.com") == [(owner(desk, CHANNEL, "ann"), False)]


async def test_an_address_of_somebody_who_wrote_before_links_the_two_once(desk: SyncDesk) -> None:
    desk.cache.write(by_mail)
    await desk.take(a_message(1), GIVEN, GIVEN)
    await desk.take(GIVEN)
    [link] = links(desk)
    assert "nobody has proved it" in link.reason
    assert {link.contact_id, link.other_id} == {owner(desk, CHANNEL, "ann"), owner(desk, "email", "ann@example.com")}


async def test_a_link_that_was_taken_back_does_not_come_again(desk: SyncDesk) -> None:
    desk.cache.write(by_mail)
    await desk.take(a_message(1), GIVEN)
    [link] = links(desk)
    desk.cache.write(lambda tx: contacts.drop_link(tx, link.id))
    await desk.take(a_message(2), GIVEN)
    assert links(desk) == []


async def test_a_forgotten_address_does_not_come_back_with_what_was_said_before(desk: SyncDesk) -> None:
    desk.cache.write(by_mail)
    forgotten = owner(desk, "email", "ann@example.com")
    desk.cache.write(lambda tx: erasure.erase_all(tx, belongings.rows_of(tx.db, [forgotten]), until=tx.now()))
    await desk.take(a_message(1), GIVEN)
    assert owners(desk, "email", "ann@example.com") == []
    assert owner(desk, CHANNEL, "ann")
