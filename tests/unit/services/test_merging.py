"""Conversations shown as one, and cut apart again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from omnitui.clock import SECOND, FrozenClock
from omnitui.desk.belonging.likeness import likeness
from omnitui.desk.querying.parsing import parse
from omnitui.errors import Refused
from omnitui.model.conversations import Message
from omnitui.model.states import Direction, Priority, SendState, Status
from omnitui.sdk import Capabilities, Idempotency, snapshot
from omnitui.services.acting.merging import offers
from omnitui.services.acting.operations import Operations
from omnitui.store.cache import Cache
from omnitui.store.reads import drafts, history, inbox, merging, oplog, outbox, search, tracing
from omnitui.store.reads.history import MESSAGE, to_message
from omnitui.sync.checks import why_kept_back
from tests.support.desk import a_conversation, a_message, an_account, conversation

ABLE = snapshot.take(lambda channel: Capabilities(idempotency=Idempotency.DEDUPLICATED), ("email", "line"))


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with Cache.open(tmp_path, clock=FrozenClock()) as opened:
        yield opened


def listed(cache: Cache, text: str = "is:open") -> list[str]:
    query = parse(text, now=cache.clock.now(), me=cache.me().id, zone=UTC)
    return [one.id for one in cache.read(inbox.page, query)]


def looks(cache: Cache, own: str) -> dict[str, object]:
    """All that is shown of a conversation, but for how often its row was written."""
    found = conversation(cache, own)
    row = {name: getattr(found, name) for name in found.__slots__ if name != "revision"}
    return {**row, "messages": [one.id for one in cache.read(history.page, own)]}


def test_merged_conversations_are_one_row_with_one_history_and_are_cut_again(cache: Cache) -> None:
    one = a_conversation(cache, "Where is it?", contact="Ann", subject="Order 66").id
    two = a_conversation(cache, "返金してください", contact="Ann", subject="Re: Order 66").id
    a_message(cache, one, "We look", direction=Direction.OUTGOING)
    before = looks(cache, one), looks(cache, two)
    operations = Operations(cache)
    operations.merge(one, [two])
    assert listed(cache) == [one]
    assert cache.read(inbox.counts)["inbox"] == 1
    shown = conversation(cache, one)
    assert (shown.unread, shown.unanswered_since) == (2, None)
    assert [one.text for one in cache.read(history.page, one)] == ["Where is it?", "返金してください", "We look"]
    assert listed(cache, "返金") == [one]
    query = parse("is:open 返金", now=cache.clock.now(), me="", zone=UTC)
    assert [hit.conversation_id for hit in cache.read(search.search, query)] == [one]
    every = parse("is:open", now=cache.clock.now(), me="", zone=UTC)
    assert {hit.conversation_id for hit in cache.read(search.search, every)} == {one}
    operations.split([one])
    assert (looks(cache, one), looks(cache, two)) == before
    assert sorted(listed(cache)) == sorted([one, two])
    operations.undo()
    assert listed(cache) == [one]
    operations.undo()
    assert (looks(cache, one), looks(cache, two)) == before


def test_what_comes_into_a_part_opens_and_marks_what_it_is_a_part_of(cache: Cache) -> None:
    one, two = (a_conversation(cache, contact="Ann", seen=True).id for _number in range(2))
    operations = Operations(cache)
    operations.merge(one, [two])
    operations.set_status([one], Status.RESOLVED)
    assert listed(cache) == []
    new = a_message(cache, two, "It is still broken").id
    assert listed(cache) == [one]
    shown = conversation(cache, one)
    assert (shown.unread, shown.snippet) == (1, "It is still broken")
    assert cache.read(history.first_unread, one) == new
    operations.mark_read([one])
    assert conversation(cache, one).unread == 0
    operations.mark_read([one], False)
    assert conversation(cache, one).unread == 1
    operations.split([two])
    assert (conversation(cache, one).unread, conversation(cache, two).unread) == (0, 1)


def test_merging_one_that_has_parts_takes_them_along(cache: Cache) -> None:
    one, two, three = (a_conversation(cache, contact="Ann").id for _number in range(3))
    operations = Operations(cache)
    operations.merge(two, [three])
    operations.merge(one, [three])  # it is shown as two, so two is meant
    assert cache.read(merging.parts, one) == sorted([two, three])
    operations.undo()
    assert cache.read(merging.parts, two) == [three]
    with pytest.raises(Refused):
        operations.merge(two, [three])
    with pytest.raises(Refused):
        operations.split([one])


def test_reply_goes_where_the_customer_wrote_last_or_the_chosen_message_lies(cache: Cache) -> None:
    account = an_account(cache, "Mail", capabilities=ABLE)
    one = a_conversation(cache, contact="Ann", account=account).id
    old = cache.read(history.page, one)[0].id
    two = a_conversation(cache, "hello", contact="Ann", account=account, channel="line").id
    operations = Operations(cache)
    operations.merge(one, [two])
    newest = cache.read(history.page, one)[-1].id
    by_newest = operations.reply(one, "to the newest", seen=newest)
    assert by_newest.conversation_id == two
    assert conversation(cache, one).send_state is SendState.HELD
    entry = cache.read(outbox.entry, by_newest.id)
    assert entry is not None
    able = Capabilities(idempotency=Idempotency.DEDUPLICATED)
    assert cache.read(why_kept_back, entry, able, cache.clock.now()) == ""
    a_message(cache, one, "wait!")
    assert "wrote after" in cache.read(why_kept_back, entry, able, cache.clock.now())
    operations.undo(by_newest.id)
    assert [draft.text for draft in cache.read(drafts.drafts, one)] == ["to the newest"]
    assert operations.reply(one, "to the old one", answers=old).conversation_id == one


def test_candidates_say_why(cache: Cache) -> None:
    one = a_conversation(cache, contact="Ann", subject="Order A-1 is late")
    two = a_conversation(cache, contact="Ann", subject="Re: Order A-1 is late")
    a_conversation(cache, contact="Bob", subject="Order A-1 is late")
    found = cache.read(merging.candidates, one.id)
    assert [other.id for other in found] == [two.id]
    alike = likeness(one, found[0])
    assert alike.reasons == ("same person", "same subject", "about the same time")
    assert alike.score == 70


@pytest.mark.parametrize("seed", range(2))
def test_cut_conversations_are_as_if_they_had_never_been_merged(tmp_path: Path, seed: int) -> None:
    """The same day with merges and without; in the end all are cut."""
    ends = []
    for merges in (True, False):
        rng = random.Random(seed)
        clock = FrozenClock()
        with Cache.open(tmp_path / str(merges), clock=clock) as cache:
            operations = Operations(cache)
            own = [a_conversation(cache, contact="Ann", subject=str(number)).id for number in range(4)]
            for number in range(14):
                clock.advance(SECOND)
                one, other = rng.sample(own, 2)
                match rng.randrange(6):
                    case 0:
                        a_message(cache, one, f"text {number}", at=clock.now())
                    case 1:
                        a_message(cache, one, f"answer {number}", direction=Direction.OUTGOING, at=clock.now())
                    case 2:
                        operations.label([one], add=["vip"])
                    case 3 | 4 if merges:
                        if cache.read(merging.head, one) != cache.read(merging.head, other):
                            operations.merge(one, [other])
                            shown = cache.read(merging.head, one)
                            members = cache.read(merging.members, [shown])
                            texts = {row.id for part in members for row in _own(cache, part)}
                            assert {row.id for row in cache.read(history.page, shown)} == texts
                            assert conversation(cache, shown).unread == sum(
                                row.direction is Direction.INCOMING for part in members for row in _own(cache, part)
                            )
                    case 5 if merges and cache.read(merging.parts, one):
                        operations.split([one])
            for one in own:
                if merges and cache.read(merging.parts, one):
                    operations.split([one])
            ends.append(
                [
                    (row.subject, row.status, row.unread, row.labels, row.snippet, row.last_activity_at,
                     row.unanswered_since, row.last_incoming_at, row.flags, row.priority is Priority.NORMAL)
                    for row in (conversation(cache, one) for one in own)
                ]
            )  # fmt: skip
    assert ends[0] == ends[1]


def _own(cache: Cache, conversation_id: str) -> list[Message]:
    return cache.read(
        lambda db: [to_message(row) for row in db.execute(f"{MESSAGE} WHERE c.id = ?", (conversation_id,))]
    )


def test_conversation_of_somebody_with_a_name_like_it_is_offered_after_those_of_the_person(cache: Cache) -> None:
    one = a_conversation(cache, contact="John Smith", subject="Order A-1 is late")
    own = a_conversation(cache, contact="John Smith", subject="A refund")
    alike = a_conversation(cache, contact="Jon Smith", subject="Order A-1 is late")
    a_conversation(cache, contact="Bob", subject="Order A-1 is late")
    found = cache.read(offers, one)
    assert {offer.conversation.id for offer in found} == {own.id, alike.id}
    near = next(offer.like for offer in found if offer.conversation.id == alike.id)
    assert near.reasons == ("a similar name (94 %)", "same subject", "about the same time")


def test_what_was_done_with_parts_is_told_of_what_they_are_shown_in(cache: Cache) -> None:
    head, part = (a_conversation(cache).id for _turn in range(2))
    operations = Operations(cache)
    (op,) = operations.set_priority([part], Priority.HIGH)
    ops = [op, *operations.merge(head, [part])]
    assert cache.read(oplog.log, head) == list(reversed(ops))
    assert list(cache.read(tracing.done_between, head, op.at - 1, None)) == ops
    assert cache.read(oplog.log, part) == list(reversed(ops))
