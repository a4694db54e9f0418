"""What comes in is stored once, in its newest revision, and found."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from omnitui.model.conversations import Attachment
from omnitui.model.mail import MailHeader
from omnitui.model.states import Direction, MessageKind, SendState, Status
from omnitui.store.arriving import fulltext, inflow
from omnitui.store.arriving.inflow import Arrival
from omnitui.store.arriving.messages import role_of
from omnitui.store.reads import search
from tests.support.store_desk import NOW, Desk


def test_message_is_stored_once_when_it_comes_again(desk: Desk) -> None:
    first = desk.receive(external_id="m1")
    again = desk.receive(external_id="m1", text="something else")
    assert (first.arrival, again.arrival) == (Arrival.INSERTED, Arrival.KNOWN)
    assert again.message_id == first.message_id
    assert desk.rows("SELECT text, revision FROM message") == [("返品したいのですが", 1)]
    assert desk.row("SELECT unread, revision FROM conversation") == (1, 2)


def test_same_message_in_two_accounts_is_two(desk: Desk) -> None:
    other = desk.cache.ids.new()

    def work(tx: Any) -> None:
        from omnitui.model.accounts import Account
        from omnitui.store import accounts

        accounts.put_account(tx, Account(other, "demo", "second"))

    desk.cache.write(work)
    desk.receive(external_id="m1")
    message = desk.message(external_id="m1")
    from dataclasses import replace

    stored = desk.cache.write(lambda tx: inflow.put_message(tx, replace(message, account_id=other)))
    assert stored.inserted
    assert desk.row("SELECT count(*) FROM message") == (2,)


def test_edit_replaces_the_text_and_keeps_the_old_one(desk: Desk) -> None:
    desk.receive(external_id="m1", text="old words here")
    assert desk.receive(external_id="m1", text="new words here", revision=2).revised
    assert desk.row("SELECT text, edited, remote_revision FROM message") == ("new words here", 1, 2)
    assert desk.rows("SELECT remote_revision, text FROM message_revision") == [(1, "old words here")]
    assert desk.row("SELECT snippet, unread FROM conversation") == ("new words here", 1)
    assert (desk.found("old"), desk.found("new")) == (0, 1)


@pytest.mark.parametrize("order", list(itertools.permutations([1, 2, 3])))
def test_revisions_in_any_order_and_twice_end_the_same(desk: Desk, order: tuple[int, ...]) -> None:
    for revision in [*order, *order]:
        desk.receive(external_id="m1", text=f"text {revision}", revision=revision, received_at=NOW + revision)
    assert desk.row("SELECT text, edited, remote_revision, received_at FROM message") == ("text 3", 1, 3, NOW + 1)
    assert desk.rows("SELECT remote_revision, text FROM message_revision") == [(1, "text 1"), (2, "text 2")]
    assert desk.row("SELECT last_message_at, unread, snippet FROM conversation") == (NOW + 1, 1, "text 3")
    assert [desk.found(f"text {revision}") for revision in (1, 2, 3)] == [0, 0, 1]


def test_deleted_message_leaves_list_search_and_count(desk: Desk) -> None:
    desk.receive(external_id="m1", text="first")
    desk.receive(external_id="m2", text="second", received_at=NOW + 1)
    assert desk.cache.write(lambda tx: inflow.delete_message(tx, desk.account_id, "m2", NOW + 2))
    assert desk.row("SELECT unread, snippet FROM conversation") == (1, "first")
    assert (desk.found("first"), desk.found("second")) == (1, 0)
    assert not desk.cache.write(lambda tx: inflow.delete_message(tx, desk.account_id, "m9", NOW))


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.WAITING, Status.SNOOZED])
def test_customer_reopens_a_conversation(desk: Desk, status: Status) -> None:
    change = {"status": status, "snoozed_until": NOW + 5}
    desk.cache.write(lambda tx: inflow.change_conversation(tx, desk.conversation_id, change))
    desk.receive()
    assert desk.row("SELECT status, snoozed_until FROM conversation") == ("open", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"auto": True},
        {"kind": MessageKind.NOTE, "direction": Direction.OUTGOING},
        {"direction": Direction.OUTGOING, "state": SendState.ACCEPTED},
        {"kind": MessageKind.ACTIVITY},
    ],
)
def test_nobody_else_reopens_a_conversation(desk: Desk, fields: dict[str, Any]) -> None:
    desk.cache.write(lambda tx: inflow.change_conversation(tx, desk.conversation_id, {"status": Status.RESOLVED}))
    desk.receive(**fields)
    assert desk.row("SELECT status FROM conversation") == ("resolved",)


def test_closed_conversation_stays_closed(desk: Desk) -> None:
    desk.cache.write(lambda tx: inflow.change_conversation(tx, desk.conversation_id, {"status": Status.CLOSED}))
    desk.receive()
    assert desk.row("SELECT status, unread FROM conversation") == ("closed", 1)


def test_history_does_not_reopen(desk: Desk) -> None:
    desk.cache.write(lambda tx: inflow.change_conversation(tx, desk.conversation_id, {"status": Status.RESOLVED}))
    message = desk.message(received_at=NOW - 1000)
    desk.cache.write(lambda tx: inflow.put_message(tx, message, reopen=False, seen=True))
    assert desk.row("SELECT status, unread FROM conversation") == ("resolved", 0)


def test_role_in_python_equals_role_in_sql(desk: Desk) -> None:
    states = [None, *SendState]
    for kind, direction, state, auto in itertools.product(MessageKind, Direction, states, (False, True)):
        desk.receive(
            kind=kind, direction=direction, state=state, auto=auto, placement=str(len(desk.ops)), author="x", text="y"
        )
    rows = desk.rows("SELECT kind, direction, state, auto, role FROM message")
    assert len(rows) == len(MessageKind) * 2 * len(states) * 2
    for kind, direction, state, auto, role in rows:
        message = desk.message(
            kind=MessageKind(kind),
            direction=Direction(direction),
            state=None if state is None else SendState(state),
            auto=bool(auto),
        )
        assert role == role_of(message), (kind, direction, state, auto)


def test_everything_about_a_message_is_searchable(desk: Desk) -> None:
    file = Attachment("", "", "請求書.pdf", "application/pdf", 10)
    desk.receive(text="本文です", subject="納期の件", author="山田花子", attachments=(file,))
    assert [desk.found(word) for word in ("本文", "納期", "花子", "請求書", "別物")] == [1, 1, 1, 1, 0]


def test_backfilled_message_is_searchable_after_indexing(desk: Desk) -> None:
    message = desk.message(text="deferred words")
    desk.cache.write(lambda tx: inflow.put_message(tx, message, index=False))
    assert desk.found("deferred") == 0
    assert desk.cache.read(search.unsearchable) == 1
    assert not desk.cache.write(lambda tx: inflow.index_pending(tx, 10))
    assert desk.cache.read(search.unsearchable) == 0
    assert desk.found("deferred") == 1


def test_edit_before_indexing_leaves_one_trace(desk: Desk) -> None:
    message = desk.message(text="early words", external_id="m1")
    desk.cache.write(lambda tx: inflow.put_message(tx, message, index=False))
    desk.receive(text="late words", external_id="m1", revision=2)
    desk.cache.write(lambda tx: inflow.index_pending(tx, 10))
    assert (desk.found("early"), desk.found("late")) == (0, 1)


def test_index_is_renewed_when_the_analyser_changed(desk: Desk) -> None:
    desk.receive(text="some words")
    assert not desk.cache.write(inflow.renew_index)
    desk.cache.write(lambda tx: tx.db.execute("UPDATE meta SET value = 'old' WHERE name = 'fulltext'"))
    assert desk.cache.read(fulltext.outdated)
    assert desk.cache.write(inflow.renew_index)
    assert desk.found("some") == 0
    desk.cache.write(lambda tx: inflow.index_pending(tx, 10))
    assert desk.found("some") == 1
    assert not desk.cache.read(fulltext.outdated)


def test_outdated_index_is_renewed_in_the_background(desk: Desk) -> None:
    for number in range(5):
        desk.receive(text=f"words {number}", external_id=f"m{number}")
    desk.cache.write(lambda tx: tx.db.execute("UPDATE meta SET value = 'old' WHERE name = 'fulltext'"))
    left = [desk.cache.write(lambda tx: inflow.index_pending(tx, 2)) for _ in range(3)]
    assert left == [True, True, False]
    assert desk.found("words") == 5


def test_moved_message_counts_where_it_lies(desk: Desk) -> None:
    stored = desk.receive(text="wanders")
    other = desk.cache.write(desk.converse)
    desk.cache.write(lambda tx: inflow.move_message(tx, stored.message_id, other, "agent"))
    rows = dict(desk.rows("SELECT id, unread FROM conversation"))
    assert rows == {desk.conversation_id: 0, other: 1}
    assert desk.row("SELECT placement FROM message") == ("agent",)
    assert desk.found("wanders") == 1


def test_mail_keeps_its_header_facts(desk: Desk) -> None:
    mail = MailHeader("<a@x>", "<b@x>", ("<c@x>", "<b@x>"), frozenset({"z@x", "a@x"}), "a@x")
    message = desk.message()
    desk.cache.write(lambda tx: inflow.put_message(tx, message, mail=mail))
    assert desk.row("SELECT rfc_id, refs, participants FROM mail") == ("<a@x>", '["<c@x>","<b@x>"]', '["a@x","z@x"]')
    assert desk.rows("SELECT rfc_id FROM mail_reference ORDER BY 1") == [("<b@x>",), ("<c@x>",)]


def test_location_moves_and_resets_leave_the_mail(desk: Desk) -> None:
    stored = desk.receive()
    place = (desk.account_id, stored.message_id, "INBOX", 7, 1, False, False, ("work",))

    def put(tx: Any, uidvalidity: int, uid: int) -> bool:
        return inflow.put_location(tx, desk.account_id, stored.message_id, "INBOX", uidvalidity, uid, False, False)

    assert desk.cache.write(lambda tx: inflow.put_location(tx, *place))
    assert not desk.cache.write(lambda tx: inflow.put_location(tx, *place))
    desk.cache.write(lambda tx: put(tx, 8, 1))
    assert desk.cache.write(lambda tx: inflow.reset_folder(tx, desk.account_id, "INBOX", 8)) == 1
    assert desk.cache.write(lambda tx: inflow.message_at(tx, desk.account_id, "INBOX", 8, 1)) == stored.message_id
    assert desk.cache.write(lambda tx: inflow.drop_location(tx, desk.account_id, "INBOX", 8, 1)) == stored.message_id
    assert desk.cache.write(lambda tx: inflow.message_at(tx, desk.account_id, "INBOX", 8, 1)) is None
    assert desk.row("SELECT count(*) FROM message WHERE deleted_at IS NULL") == (1,)
