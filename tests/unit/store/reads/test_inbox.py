"""Pages of the list, counts, and short refs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.clock import FrozenClock
from omnitui.desk.querying.parsing import Query, parse
from omnitui.errors import NotFound
from omnitui.model.states import Flag, ObjectKind, Priority, SendState, Status
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
from omnitui.store.reads import inbox
from tests.support.desk import a_cache, a_conversation, a_message
from tests.support.full_cache import fill


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    cache = a_cache(tmp_path)
    yield cache
    cache.close()


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cache]:
    """Thirty conversations, several of them with activity in the same millisecond."""
    cache = a_cache(tmp_path_factory.mktemp("crowd"))
    clock = cache.clock
    assert isinstance(clock, FrozenClock)
    for number in range(30):
        a_conversation(cache, contact=f"Contact {number % 4}", labels=("x",) if number % 2 else ())
        if number % 3:
            clock.advance(-60_000)
    yield cache
    cache.close()


def query(cache: Cache, text: str) -> Query:
    return parse(text, now=cache.clock.now(), me=cache.me().id, zone=UTC)


@given(size=st.integers(1, 40), text=st.sampled_from(["", "is:open", "label:x", "-label:x", "hello", "from:contact"]))
@settings(max_examples=60)
def test_pages_give_each_row_once_in_order_whatever_their_size(crowd: Cache, size: int, text: str) -> None:
    wanted = query(crowd, text)
    whole = crowd.read(inbox.page, wanted, limit=1000)
    assert len(whole) in (15, 30)
    assert [(one.last_activity_at, one.id) for one in whole] == sorted(
        ((one.last_activity_at, one.id) for one in whole), reverse=True
    )
    down: list[str] = []
    key: inbox.Key | None = None
    while rows := crowd.read(inbox.page, wanted, after=key, limit=size):
        assert len(rows) <= size
        down += [row.id for row in rows]
        key = (rows[-1].last_activity_at, rows[-1].id)
    assert down == [one.id for one in whole]
    up: list[str] = []
    key = (whole[-1].last_activity_at, whole[-1].id)
    while rows := crowd.read(inbox.page, wanted, before=key, limit=size):
        up = [row.id for row in rows] + up
        key = (rows[0].last_activity_at, rows[0].id)
    assert up == down[:-1]


def test_conversation_is_read_with_all_that_a_row_shows(cache: Cache) -> None:
    made = a_conversation(
        cache,
        "返金を\nお願いします",
        contact="佐藤 花子",
        subject="Order",
        priority=Priority.URGENT,
        assignee="Mia",
        labels=("vip", "big customer"),
        fields={"flags": [Flag.MUTED]},
    )
    (row,) = cache.read(inbox.page, query(cache, ""))
    assert row == made == cache.read(inbox.conversation, made.id)
    assert (row.contact, row.account, row.assignee, row.subject) == ("佐藤 花子", "Shop", "Mia", "Order")
    assert (row.status, row.priority, row.labels) == (Status.OPEN, Priority.URGENT, ("big customer", "vip"))
    assert row.flags == frozenset({Flag.MUTED})
    assert (row.unread, row.snippet, row.send_state) == (1, "返金を お願いします", None)
    assert row.unanswered_since == row.last_incoming_at == row.last_message_at == row.last_activity_at


def test_spam_is_hidden_unless_asked_for(cache: Cache) -> None:
    spam = a_conversation(cache, "buy", contact="Spammer", fields={"flags": [Flag.SPAM]})
    good = a_conversation(cache)

    def found(text: str) -> list[str]:
        return [one.id for one in cache.read(inbox.page, query(cache, text))]

    assert found("") == found("is:open") == [good.id]
    assert found("is:spam") == [spam.id]
    assert found("is:all") == [good.id, spam.id]


def test_counts_equal_what_the_views_find(cache: Cache) -> None:
    from omnitui.desk.views import VIEWS

    a_conversation(cache, contact="Bo", status=Status.WAITING)
    a_conversation(cache, contact="Cy", assignee="Mia")
    a_conversation(cache, contact="Di", status=Status.RESOLVED, seen=True)
    a_conversation(cache, contact="Ed", fields={"flags": [Flag.SPAM]})
    mine = a_conversation(cache, contact="Fay")
    cache.write(lambda tx: inflow.change_conversation(tx, mine.id, {"assignee_id": cache.me().id}))
    a_message(cache, mine.id, "x", state=SendState.FAILED)
    kept = cache.read(inbox.counts)
    for view in VIEWS:
        found = cache.read(inbox.count, view.query(now=cache.clock.now(), me=cache.me().id, zone=UTC))
        assert not view.kept or kept[view.id] == found, view.id
    assert kept["mine"] == kept["waiting"] == kept["spam"] == 1


def test_count_stops_at_its_cap(crowd: Cache) -> None:
    assert crowd.read(inbox.count, query(crowd, ""), 7) == 7
    assert crowd.read(inbox.count, query(crowd, "")) == 30


def test_count_without_a_cap_is_of_all(tmp_path: Path) -> None:
    fill(tmp_path / "cache.sqlite3", 1_200)
    with Cache.open(tmp_path) as cache:
        assert cache.read(inbox.count, Query()) == 1_200


def test_ref_is_the_end_of_the_id_and_finds_it_again(crowd: Cache) -> None:
    for one in crowd.read(inbox.page, query(crowd, "")):
        short = crowd.read(inbox.ref, one.id)
        assert len(short) >= 6
        assert one.id.endswith(short)
        assert crowd.read(inbox.resolve_ref, short.lower()) == one.id
        assert crowd.read(inbox.resolve_ref, one.id) == one.id


def test_ref_grows_where_ends_are_equal(cache: Cache) -> None:
    ids = ("01J0000000000000000AABCDEF", "01J0000000000000000BABCDEF")
    account = a_conversation(cache)
    for own in ids:
        cache.write(
            lambda tx, own=own: inflow.make_conversation(  # type: ignore[misc]
                tx,
                account_id=account.account_id,
                inbox_id=account.inbox_id,
                contact_id=account.contact_id,
                channel="email",
                conversation_id=own,
            )
        )
    assert cache.read(inbox.ref, ids[0]) == "AABCDEF"
    with pytest.raises(NotFound) as caught:
        cache.read(inbox.resolve_ref, "ABCDEF")
    assert caught.value.hint == "AABCDEF, BABCDEF"
    assert cache.read(inbox.resolve_ref, "babcdef") == ids[1]


@pytest.mark.parametrize("text", ["", "abc", "ZZZZZZZ", "%%%%%%", "01J00000000000000000000000"])
def test_wrong_ref_is_refused(crowd: Cache, text: str) -> None:
    with pytest.raises(NotFound):
        crowd.read(inbox.resolve_ref, text)


def test_message_and_contact_are_found_by_the_end_of_their_ids(cache: Cache) -> None:
    conversation = a_conversation(cache)
    message = a_message(cache, conversation.id)
    assert cache.read(inbox.resolve_ref, message.id[-8:], ObjectKind.MESSAGE) == message.id
    assert cache.read(inbox.resolve_ref, conversation.contact_id, ObjectKind.CONTACT) == conversation.contact_id


def test_due_snoozes_are_those_whose_time_has_come(cache: Cache) -> None:
    now = cache.clock.now() + 1_000_000
    for contact, until in (("A", now + 1), ("B", now), ("C", now - 1)):
        a_conversation(cache, contact=contact, status=Status.SNOOZED, fields={"snoozed_until": until})
    names = {one.id: one.contact for one in cache.read(inbox.page, query(cache, ""))}
    assert [names[own] for own in cache.read(inbox.due_snoozes, now)] == ["C", "B"]
