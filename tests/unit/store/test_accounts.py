"""Accounts, contacts and how far each account is."""

from __future__ import annotations

import pytest

from omnitui.errors import NotFound, Refused
from omnitui.model.accounts import Account, LedgerEntry
from omnitui.model.people import Agent
from omnitui.store import accounts
from omnitui.store.arriving import inflow
from omnitui.store.reads import ledger
from omnitui.store.writer import Tx
from tests.support.store_desk import NOW, Desk


def test_account_name_is_free_again_after_removal(desk: Desk) -> None:
    again = Account(desk.cache.ids.new(), "demo", "support")
    with pytest.raises(Refused, match="support"):
        desk.cache.write(lambda tx: accounts.put_account(tx, again))
    entry = desk.send()
    desk.cache.write(lambda tx: inflow.put_cursor(tx, desk.account_id, "", {"n": 1}))
    desk.cache.write(lambda tx: accounts.remove_account(tx, desk.account_id))
    desk.cache.write(lambda tx: accounts.put_account(tx, again))
    assert desk.row("SELECT state FROM message WHERE id = ?", entry.message_id) == ("canceled",)
    assert desk.cache.read(inflow.cursor, desk.account_id, "") is None


def test_account_changes_grow_its_revision(desk: Desk) -> None:
    for paused in (True, False):
        desk.cache.write(lambda tx, paused=paused: accounts.set_paused(tx, desk.account_id, paused))  # type: ignore[misc]
    desk.cache.write(lambda tx: accounts.set_capabilities(tx, desk.account_id, {"email": {"cc": True}}))
    desk.cache.write(lambda tx: accounts.set_capabilities(tx, desk.account_id, {"email": {"cc": True}}))
    wanted = (4, '{"email":{"cc":true}}')
    assert desk.row("SELECT revision, capabilities FROM account") == wanted
    with pytest.raises(NotFound):
        desk.cache.write(lambda tx: accounts.set_paused(tx, "0" * 26, True))


def test_inbox_is_one_an_address(desk: Desk) -> None:
    first = desk.cache.write(lambda tx: accounts.put_inbox(tx, desk.account_id, "email", "help@example.com"))
    named = desk.cache.write(lambda tx: accounts.put_inbox(tx, desk.account_id, "email", "help@example.com", "Help"))
    assert first.id == named.id == desk.inbox_id
    assert (
        desk.cache.write(lambda tx: accounts.put_inbox(tx, desk.account_id, "email", "help@example.com")).name == "Help"
    )


def test_me_is_read_anew_after_a_change(desk: Desk) -> None:
    me = desk.cache.me()
    desk.cache.write(lambda tx: accounts.put_agent(tx, Agent(me.id, "花子", ("hanako@shop.example",), me=True)))
    desk.cache.forget_me()
    assert desk.cache.me() == Agent(me.id, "花子", ("hanako@shop.example",), me=True)


def test_address_names_one_contact_everywhere_or_in_one_account(desk: Desk) -> None:
    other = desk.cache.ids.new()
    desk.cache.write(lambda tx: accounts.put_account(tx, Account(other, "demo", "second")))

    def contact(account_id: str, channel: str, address: str, name: str = "") -> str:
        return desk.cache.write(lambda tx: inflow.find_or_make_contact(tx, account_id, channel, address, name)[0])

    assert contact(desk.account_id, "email", "A@x.example") == contact(other, "email", "a@x.example ")
    assert contact(desk.account_id, "line", "U1") != contact(other, "line", "U1")


def test_name_that_comes_later_fills_an_empty_one_only(desk: Desk) -> None:
    def contact(name: str) -> str:
        contact_id = desk.cache.write(
            lambda tx: inflow.find_or_make_contact(tx, desk.account_id, "email", "b@x.example", name)[0]
        )
        return str(desk.row("SELECT name FROM contact WHERE id = ?", contact_id)[0])

    assert [contact(""), contact("Bo"), contact("Robert")] == ["b@x.example", "Bo", "Bo"]


def test_contact_fields_are_set_and_others_refused(desk: Desk) -> None:
    fields = {"organization": "Acme", "fields": {"plan": "gold"}, "about": "likes tea"}
    desk.cache.write(lambda tx: inflow.change_contact(tx, desk.contact_id, fields))
    row = desk.row("SELECT c.about, c.fields, o.name FROM contact c JOIN organization o ON o.pk = c.organization_pk")
    assert row == ("likes tea", '{"plan":"gold"}', "Acme")
    with pytest.raises(Refused, match="shoe_size"):
        desk.cache.write(lambda tx: inflow.change_contact(tx, desk.contact_id, {"shoe_size": "44"}))


def test_cursor_and_ledger_are_kept(desk: Desk) -> None:
    assert desk.cache.read(inflow.cursor, desk.account_id, "INBOX") is None
    for value in ({"uid": 1}, {"uid": 2}):
        desk.cache.write(lambda tx, value=value: inflow.put_cursor(tx, desk.account_id, "INBOX", value))  # type: ignore[misc]
    assert desk.cache.read(inflow.cursor, desk.account_id, "INBOX") == {"uid": 2}
    entry = LedgerEntry(desk.account_id, "INBOX", health="ok", last_sync_at=NOW, cached_count=3)
    desk.cache.write(lambda tx: inflow.put_ledger(tx, entry))
    assert desk.row("SELECT health, last_sync_at, cached_count FROM ledger") == ("ok", NOW, 3)


def test_ledger_counts_the_mails_of_each_folder_that_are_here(desk: Desk) -> None:
    received = [desk.receive(external_id=f"mail {number}").message_id for number in range(3)]

    def mails(tx: Tx) -> None:
        for scope, count in (("", 4), ("INBOX", 0), ("Sent", 0)):
            inflow.put_ledger(tx, LedgerEntry(desk.account_id, scope, remote_count=9, cached_count=count))
        for uid, message_id in enumerate(received, 1):
            inflow.put_location(tx, desk.account_id, message_id, "INBOX", 1, uid, False, False)
        inflow.drop_location(tx, desk.account_id, "INBOX", 1, 2)

    desk.cache.write(mails)
    counts = [(entry.scope, entry.cached_count) for entry in desk.cache.read(ledger.counted)]
    assert counts == [("", 4), ("INBOX", 2), ("Sent", 0)]


def test_later_rating_replaces_an_earlier_one_only(desk: Desk) -> None:
    for score, at in ((4, NOW), (2, NOW - 1)):
        desk.cache.write(
            lambda tx, score=score, at=at: inflow.rate(tx, desk.conversation_id, score, str(score), "", at)  # type: ignore[misc]
        )
    assert desk.row("SELECT csat, csat_raw FROM conversation") == (4, "4")
