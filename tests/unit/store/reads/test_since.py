"""What changed while the agent was away."""

from __future__ import annotations

from pathlib import Path

from omnitui.clock import HOUR, MINUTE, FrozenClock
from omnitui.model.states import ObjectKind, SendState, Status, Verb
from omnitui.paths import Profile
from omnitui.sdk import Capabilities, Idempotency, snapshot
from omnitui.services.acting.operations import Operations
from omnitui.services.acting.recording import Intent, record
from omnitui.services.lastlook import AWAY, LastLook
from omnitui.store import outbox
from omnitui.store.arriving import arrivals, inflow
from omnitui.store.cache import Cache
from omnitui.store.reads import inbox, since
from omnitui.store.writer import Tx
from tests.support.desk import a_conversation, a_message, an_account, an_agent


def named(cache: Cache, at: int) -> dict[str, list[str]]:
    found = cache.read(since.digest, at, cache.clock.now(), cache.me().id)
    assert all(found.counts[group] == len(entries) for group, entries in found.groups.items())
    return {group.value: [entry.contact for entry in entries] for group, entries in found.groups.items()}


def test_digest_groups_what_came_to_pass(tmp_path: Path) -> None:
    clock = FrozenClock()
    with Cache.open(tmp_path, clock=clock) as cache:
        old = {name: a_conversation(cache, contact=name).id for name in ("Ann", "Bob", "Cid", "Dee", "Eve", "Fay")}
        operations = Operations(cache)
        operations.snooze([old["Eve"]], clock.now() + MINUTE)
        mika = an_agent(cache, "Mika")
        clock.advance(MINUTE)
        at = clock.now()
        assert named(cache, at) == {}
        clock.advance(HOUR)
        a_message(cache, old["Ann"], "Still waiting", at=clock.now())
        a_conversation(cache, contact="New")
        operations.wake_due()

        def others(tx: Tx) -> None:
            for own, verb, after in (
                (old["Bob"], Verb.ASSIGN, {"assignee_id": cache.me().id}),
                (old["Cid"], Verb.STATUS, {"status": "resolved", "snoozed_until": None}),
            ):
                found = inbox.conversation(tx.db, own)
                assert found is not None
                record(tx, mika.id, tx.ids.new(), Intent(verb, ObjectKind.CONVERSATION, own, after, own))
            arrivals.newest_fields(tx, old["Dee"], ["status"], tx.now())
            inflow.change_conversation(tx, old["Dee"], {"status": "closed"})
            inflow.change_conversation(tx, old["Fay"], {"window_closes_at": tx.now() - 1})

        cache.write(others)
        operations.set_status([old["Ann"]], Status.WAITING)
        found = named(cache, at)
        assert {group: sorted(names) for group, names in found.items()} == {
            "answered": ["Ann"],
            "new": ["New"],
            "assigned": ["Bob"],
            "resolved": ["Cid", "Dee"],
            "woken": ["Eve"],
            "breached": ["Fay"],
        }
        assert named(cache, clock.now()) == {}


def test_what_came_in_a_part_is_told_of_what_it_is_shown_in(tmp_path: Path) -> None:
    clock = FrozenClock()
    with Cache.open(tmp_path, clock=clock) as cache:
        head, part = (a_conversation(cache, contact="Ann").id for _turn in range(2))
        Operations(cache).merge(head, [part])
        at = clock.now()
        clock.advance(MINUTE)
        _first, last = (a_message(cache, own, "Still waiting").received_at for own in (head, part))
        found = cache.read(since.digest, at, clock.now(), cache.me().id)
        (entry,) = found.groups[since.Group.ANSWERED]
        assert (entry.conversation_id, entry.times, entry.at) == (head, 2, last)


def test_reply_that_failed_is_told(tmp_path: Path) -> None:
    clock = FrozenClock()
    with Cache.open(tmp_path, clock=clock) as cache:
        able = snapshot.take(lambda channel: Capabilities(idempotency=Idempotency.DEDUPLICATED), ("email",))
        own = a_conversation(cache, contact="Ann", account=an_account(cache, "Mail", capabilities=able)).id
        op = Operations(cache).reply(own, "Hello", hold=0)
        at = clock.now()
        clock.advance(MINUTE)
        cache.write(lambda tx: outbox.move(tx, op.id, SendState.FAILED, reason="no such mailbox"))
        found = cache.read(since.digest, at, clock.now(), cache.me().id)
        (entry,) = found.groups[since.Group.FAILED]
        assert (entry.contact, entry.words) == ("Ann", "no such mailbox")


def test_last_look_is_the_one_before_the_agent_was_away(tmp_path: Path) -> None:
    home = Profile("default", tmp_path / "config", tmp_path / "data", tmp_path / "state")
    home.make()
    look = LastLook(home)
    assert look.at(0) is None
    assert not look.touch(1 * HOUR)
    assert look.due
    look.flush()
    assert not look.touch(1 * HOUR + 10)
    assert not look.due
    assert look.at(1 * HOUR + 20) == 1 * HOUR
    look.touch(1 * HOUR + 2 * MINUTE)
    look.flush()
    assert LastLook(home).at(5 * HOUR) == 1 * HOUR + 2 * MINUTE
    again = LastLook(home)
    assert again.touch(5 * HOUR)
    again.touch(5 * HOUR + AWAY)
    assert again.at(5 * HOUR + AWAY) == 1 * HOUR + 2 * MINUTE
