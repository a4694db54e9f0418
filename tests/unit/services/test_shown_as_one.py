"""What conversations that are shown as one do together: clocks, promises, replies; what becomes of the rest of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from omnitui.clock import DAY, HOUR, MINUTE, FrozenClock
from omnitui.desk.acting import steps
from omnitui.desk.promises.agreements import dump
from omnitui.desk.promises.sla import Policy
from omnitui.desk.querying.parsing import parse
from omnitui.errors import Refused
from omnitui.ids import Ulid
from omnitui.model.states import Direction
from omnitui.model.tasks import TaskKind
from omnitui.sdk import Capabilities, Idempotency, snapshot
from omnitui.services.acting.operations import Operations
from omnitui.services.acting.performing import jobs
from omnitui.services.privacy import dossier
from omnitui.services.triage import agreements
from omnitui.store import sla
from omnitui.store.arriving import threads
from omnitui.store.cache import Cache
from omnitui.store.forgetting import erasure
from omnitui.store.reads import belongings, inbox, tasks
from omnitui.store.reads.belongings import Doomed
from tests.support.desk import a_conversation, a_message, an_account, conversation

ABLE = Capabilities(idempotency=Idempotency.DEDUPLICATED)
SHUT = Capabilities(idempotency=Idempotency.DEDUPLICATED, writes=False)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with Cache.open(tmp_path, clock=FrozenClock()) as opened:
        yield opened


def listed(cache: Cache, text: str = "is:open") -> list[Ulid]:
    query = parse(text, now=cache.clock.now(), me=cache.me().id, zone=UTC)
    return [one.id for one in cache.read(inbox.page, query)]


def test_conversation_with_parts_is_not_joined_into_another_one_by_a_late_mail(cache: Cache) -> None:
    one, two = (a_conversation(cache, contact="Ann").id for _number in range(2))
    assert cache.read(threads.untouched, one)
    Operations(cache).merge(one, [two])
    assert not cache.read(threads.untouched, one)


def test_part_is_shown_by_itself_when_what_it_is_a_part_of_is_erased(cache: Cache) -> None:
    one, two = (a_conversation(cache, contact=name).id for name in ("Ann", "Bob"))
    Operations(cache).merge(one, [two])
    doomed = cache.read(belongings.rows_of, [conversation(cache, one).contact_id])
    cache.write(lambda tx: erasure.erase_all(tx, doomed, until=tx.now()))
    assert listed(cache) == [two]
    assert (conversation(cache, two).flags, conversation(cache, two).unread) == (frozenset(), 1)
    assert cache.read(inbox.counts)["inbox"] == 1


def test_nothing_becomes_a_part_of_what_was_erased(cache: Cache) -> None:
    one, two = (a_conversation(cache, contact=name).id for name in ("Ann", "Bob"))
    operations = Operations(cache)
    operations.merge(one, [two])
    operations.undo()
    doomed = cache.read(belongings.rows_of, [conversation(cache, one).contact_id])
    cache.write(lambda tx: erasure.erase_all(tx, doomed, until=tx.now()))
    for again in (operations.redo, lambda: operations.merge(one, [two])):
        with pytest.raises(Refused, match="deleted"):
            again()
    assert listed(cache) == [two]


def test_promise_of_an_erased_part_is_due_nowhere(cache: Cache) -> None:
    one, two = (a_conversation(cache, contact=name).id for name in ("Ann", "Bob"))
    operations = Operations(cache)
    operations.add_task(two, TaskKind.FOLLOW_UP, cache.clock.now() + HOUR)
    operations.merge(one, [two])
    doomed = cache.read(belongings.rows_of, [conversation(cache, two).contact_id])
    cache.write(lambda tx: erasure.erase_all(tx, doomed, until=tx.now()))
    shown = conversation(cache, one)
    assert (shown.task_due_at, shown.snippet, shown.unread) == (None, "Hello", 1)


def test_conversation_whose_messages_are_no_longer_kept_stays_for_its_parts(cache: Cache) -> None:
    one = a_conversation(cache, contact="Ann")
    cache.clock.advance(10 * DAY)  # type: ignore[attr-defined]
    before, two = cache.clock.now(), a_conversation(cache, contact="Ann").id
    Operations(cache).merge(one.id, [two])
    old = cache.read(belongings.outdated, one.account_id, before, 100)
    cache.write(lambda tx: erasure.erase_all(tx, Doomed(messages=old), until=before, come_back=True))
    assert cache.read(belongings.emptied, one.account_id, before) == ()
    Operations(cache).split([two])
    assert len(cache.read(belongings.emptied, one.account_id, before)) == 1


@pytest.mark.parametrize("answered_first", [True, False])
def test_clock_that_is_explained_is_the_one_that_counts(cache: Cache, answered_first: bool) -> None:
    cache.write(lambda tx: sla.put_in_force(tx, dump((Policy("all", "", HOUR, 2 * HOUR, DAY),))))
    first = a_conversation(cache, "broken", contact="Ann").id
    a_message(cache, first, "We look", direction=Direction.OUTGOING)
    second = a_conversation(cache, "again", contact="Ann").id
    head, part = (first, second) if answered_first else (second, first)
    Operations(cache).merge(head, [part])
    row = conversation(cache, head)
    found = cache.read(agreements.explain, head, cache.clock.now())
    assert row.sla_target == "next"
    assert row.sla_due_at in [clock.due_at for clock in found.clocks if clock.active]


def test_promise_in_a_part_makes_the_whole_urgent_until_they_are_cut(cache: Cache) -> None:
    one, two = (a_conversation(cache, contact="Ann").id for _number in range(2))
    operations, due = Operations(cache), cache.clock.now() + HOUR
    operations.add_task(two, TaskKind.CALL_BACK, due)
    operations.merge(one, [two])
    assert conversation(cache, one).task_due_at == due
    operations.undo()
    assert conversation(cache, one).task_due_at is None
    operations.redo()
    task = operations.add_task(two, TaskKind.CALL_BACK, due - MINUTE).object_id
    assert conversation(cache, one).task_due_at == due - MINUTE
    assert listed(cache, "has:task") == [one]
    assert [one.due_at for one in cache.read(tasks.of_conversation, one)] == [due - MINUTE, due]
    operations.complete_tasks([task])
    assert conversation(cache, one).task_due_at == due


def test_reply_of_a_macro_asks_the_channel_by_which_it_goes(cache: Cache) -> None:
    mail = an_account(cache, "Mail", capabilities=snapshot.take(lambda channel: ABLE, ("email",)))
    reviews = an_account(cache, "Reviews", capabilities=snapshot.take(lambda channel: SHUT, ("email",)))
    by_review = a_conversation(cache, contact="Ann", account=mail).id
    part = a_conversation(cache, contact="Ann", account=reviews).id
    by_mail = a_conversation(cache, contact="Bob", account=reviews).id
    other = a_conversation(cache, contact="Bob", account=mail).id
    operations = Operations(cache)
    operations.merge(by_review, [part])
    operations.merge(by_mail, [other])
    wanted = jobs([by_review, by_mail], [steps.reply("Thank you")])
    assert [one.conversation.id for one in operations.foresee(wanted) if one.why_not] == [by_review]
    done = operations.perform(wanted)
    assert ([op.conversation_id for op in done.ops], len(done.left)) == ([other], 1)


def test_reply_of_a_macro_whose_time_has_passed_hinders_no_other(cache: Cache) -> None:
    mail = an_account(cache, "Mail", capabilities=snapshot.take(lambda channel: ABLE, ("email",)))
    one, two = (a_conversation(cache, contact="Ann", account=mail).id for _number in range(2))
    late, soon = (steps.reply("Hello", cache.clock.now() + wait) for wait in (-1, HOUR))
    done = Operations(cache).perform([*jobs([one], [late]), *jobs([two], [soon])])
    assert ([op.conversation_id for op in done.ops], len(done.left)) == ([two], 1)


def test_dossier_of_a_person_tells_nothing_of_another_whose_conversation_is_shown_with_theirs(
    cache: Cache, tmp_path: Path
) -> None:
    one, two = (a_conversation(cache, f"words of {name}", contact=name).id for name in ("Ann", "Bob"))
    operations = Operations(cache)
    operations.add_task(two, TaskKind.CALL_BACK, cache.clock.now() + HOUR, "ring Bob")
    operations.merge(one, [two])
    written = dossier.write(cache, [conversation(cache, one).contact_id], tmp_path / "out")
    text = (tmp_path / "out" / dossier.NAME).read_text("utf-8")
    assert written.messages == 1
    assert "words of Ann" in text
    assert not [words for words in ("words of Bob", "ring Bob") if words in text]
