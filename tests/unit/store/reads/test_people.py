"""Histories, timelines, cards, and who is linked to whom."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.errors import NotFound
from omnitui.ids import Ulid
from omnitui.model.people import Link
from omnitui.model.states import Direction, MessageKind, Status
from omnitui.store import contacts
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
from omnitui.store.reads import accounts, card, history, people, resembling
from omnitui.store.reads.inbox import Key
from omnitui.store.writer import Tx
from tests.support.desk import a_cache, a_contact, a_conversation, a_message


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    cache = a_cache(tmp_path)
    yield cache
    cache.close()


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cache, Ulid]]:
    """A conversation of twenty messages, some of one millisecond."""
    cache = a_cache(tmp_path_factory.mktemp("talk"))
    conversation = a_conversation(cache, "number 0")
    at = cache.clock.now()
    for number in range(1, 20):
        a_message(cache, conversation.id, f"number {number}", at=at + number // 3)
    yield cache, conversation.id
    cache.close()


def link(cache: Cache, one: Ulid, other: Ulid, reason: str = "same voice") -> Link:
    made = Link(cache.ids.new(), one, other, reason, cache.me().id, cache.clock.now())
    cache.write(lambda tx: contacts.put_link(tx, made))
    return made


@given(size=st.integers(1, 25))
def test_history_pages_give_each_message_once_in_both_directions(talk: tuple[Cache, Ulid], size: int) -> None:
    cache, conversation_id = talk
    whole = [one.id for one in cache.read(history.page, conversation_id, limit=100)]
    assert len(whole) == 20
    backwards: list[Ulid] = []
    key: Key | None = None
    while rows := cache.read(history.page, conversation_id, before=key, limit=size):
        backwards = [row.id for row in rows] + backwards
        key = (rows[0].received_at, rows[0].id)
    assert backwards == whole
    forwards: list[Ulid] = []
    key = (0, "")
    while rows := cache.read(history.page, conversation_id, after=key, limit=size):
        forwards += [row.id for row in rows]
        key = (rows[-1].received_at, rows[-1].id)
    assert forwards == whole


def test_message_is_read_as_it_was_stored(cache: Cache) -> None:
    conversation = a_conversation(cache)
    stored = a_message(
        cache,
        conversation.id,
        "本文",
        subject="S",
        external_id="x",
        files=("a.txt", "b.txt"),
        direction=Direction.OUTGOING,
    )
    read = cache.read(history.message, stored.id)
    assert read == stored


def test_newest_incoming_skips_answers_and_notes(cache: Cache) -> None:
    conversation = a_conversation(cache)
    asked = a_message(cache, conversation.id, "again")
    a_message(cache, conversation.id, "answer", direction=Direction.OUTGOING)
    a_message(cache, conversation.id, "note", direction=Direction.OUTGOING, kind=MessageKind.NOTE)
    assert cache.read(history.newest_incoming, conversation.id) == [asked.id]


def test_timeline_and_card_cover_linked_contacts_until_the_link_is_cut(cache: Cache) -> None:
    mail = a_conversation(cache, "by mail", contact="Ann Stone")
    line = a_conversation(cache, "by line", contact="アン", address="U123", channel="line", status=Status.RESOLVED)
    sms = a_conversation(cache, "by sms", contact="A.S.", address="+4912345", channel="sms")
    first = link(cache, mail.contact_id, line.contact_id)
    link(cache, sms.contact_id, line.contact_id)

    def texts() -> list[str]:
        return [one.text for one in cache.read(history.timeline, mail.contact_id)]

    assert texts() == ["by mail", "by line", "by sms"]
    shown = cache.read(card.card, mail.contact_id)
    assert [one.contact.name for one in shown.links] == ["アン", "A.S."]
    assert shown.links[1].identities[0].address == "+4912345"
    assert (shown.conversations, shown.messages) == (3, 3)
    assert [one.id for one in shown.open] == [sms.id, mail.id]
    assert (shown.first_at, shown.last_at) == (mail.last_message_at, sms.last_message_at)
    cache.write(lambda tx: contacts.drop_link(tx, first.id))
    assert texts() == ["by mail"]
    assert cache.read(card.card, mail.contact_id).links == ()
    assert len(cache.read(accounts.links, line.contact_id)) == 1


def test_card_shows_organization_fields_and_ratings(cache: Cache) -> None:
    contact = a_contact(cache, "Ann", organization="Maple Ltd", segment="vip", fields={"plan": "gold"})
    conversation = a_conversation(cache, contact="Ann")
    cache.write(lambda tx: inflow.rate(tx, conversation.id, 4, "4", "good", tx.now()))
    shown = cache.read(card.card, contact)
    assert shown.organization is not None
    assert (shown.organization.name, shown.contact.segment, shown.contact.fields) == (
        "Maple Ltd",
        "vip",
        {"plan": "gold"},
    )
    assert [(one.conversation_id, one.score) for one in shown.ratings] == [(conversation.id, 4)]
    assert [one.address for one in shown.identities] == ["ann@example.com"]
    with pytest.raises(NotFound):
        cache.read(card.card, "nobody")


def test_contact_with_the_same_full_name_is_suggested_until_linked(cache: Cache) -> None:
    one = a_contact(cache, "佐藤 花子", "hanako@example.jp")
    other = a_contact(cache, "佐藤 花子", "U99", "line")
    a_contact(cache, "花子", "U1", "line")
    (found,) = cache.read(card.suggestions, one)
    assert (found.contact.id, found.reason) == (other, "same name")
    link(cache, one, other)
    assert cache.read(card.suggestions, one) == []


def test_thousands_with_the_same_name_cost_no_more_than_some(cache: Cache) -> None:
    one = a_contact(cache, "Ann Stone", "ann@example.com")
    other = a_contact(cache, "A. S.", "ann@example.com", "webchat")

    def steps() -> int:
        """How many hundreds of steps SQLite takes; the one with our address has to be found each time."""
        count = 0

        def step() -> None:
            nonlocal count
            count += 1

        def work(db: sqlite3.Connection) -> list[str]:
            db.set_progress_handler(step, 100)
            try:
                return [found.contact.id for found in card.suggestions(db, one)]
            finally:
                db.set_progress_handler(None, 0)

        assert other in cache.read(work)
        return count

    def namesakes(many: int) -> None:
        def work(tx: Tx) -> None:
            for number in range(many):
                contacts.find_or_make_contact(tx, "account", "line", f"U{many}-{number}", "Ann Stone")
            tx.db.execute("ANALYZE")

        cache.write(work)

    namesakes(100)
    some = steps()
    namesakes(900)
    assert steps() < some * 2


def test_contacts_are_found_by_parts_of_names_and_addresses(cache: Cache) -> None:
    ann = a_contact(cache, "Ann Stone", "ann@example.com")
    sato = a_contact(cache, "ＳＡＴＯ 花子", "U12", "line")
    assert [one.id for one in cache.read(people.find, "STO")] == [ann]
    assert [one.id for one in cache.read(people.find, "sato")] == [sato]
    assert [one.id for one in cache.read(people.find, "u12")] == [sato]
    assert {one.id for one in cache.read(people.find, "")} == {ann, sato}


def test_contacts_that_resemble_one_are_found_with_score_and_reason_and_never_linked(cache: Cache) -> None:
    own = a_contact(cache, "渡辺 花子", "hanako@example.jp")
    same = a_contact(cache, "H. W.", "hanako@example.jp", "webchat")
    old = a_contact(cache, "渡邊　花子 様", "U7", "line")
    a_contact(cache, "渡辺 一郎", "ichiro@example.jp")
    found = cache.read(resembling.resembling, own)
    assert [(one.contact.id, one.score, one.reason) for one in found] == [
        (same, 95, "the same mail address"),
        (old, 60, "same name"),
    ]
    assert cache.read(people.linked, own) == []
    link(cache, own, same)
    assert [one.contact.id for one in cache.read(resembling.resembling, own)] == [old]
