"""Asked how it was: whom, how often, and what the answer makes of the conversation. No word of it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from omnitui.clock import DAY, MINUTE, FrozenClock, Millis
from omnitui.config.settings import Csat, Settings
from omnitui.desk.acting.macros import parsed
from omnitui.desk.querying.matching import Facts, matches
from omnitui.desk.querying.parsing import parse
from omnitui.model.conversations import Conversation
from omnitui.model.operations import Op
from omnitui.model.states import SendState, Status
from omnitui.sdk import Person
from omnitui.services.acting.undoing import undo
from omnitui.services.texts import macros
from omnitui.services.triage import csat
from omnitui.store import outbox
from omnitui.store.arriving import inflow
from omnitui.store.reads import card, inbox
from omnitui.store.reads import past as past_reads
from omnitui.store.writer import Tx
from tests.support.connector import a_message
from tests.support.sync_desk import NOW, SyncDesk, a_mail


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SyncDesk]:
    made = SyncDesk(tmp_path, FrozenClock(NOW))
    yield made
    made.close()


def session(desk: SyncDesk, **said: Any) -> Any:
    """As much of a session as asking needs."""
    settings = replace(Settings(), csat=Csat(**said))
    return SimpleNamespace(cache=desk.cache, operations=desk.operations, settings=settings)


def leave(desk: SyncDesk, op: Op, name: str = "q1") -> None:
    """The back end takes it."""

    def work(tx: Tx) -> None:
        for step in (SendState.QUEUED, SendState.SENDING, SendState.ACCEPTED):
            entry = outbox.entry(tx.db, op.id)
            if entry is not None and entry.state is not step:
                outbox.move(tx, op.id, step, external_id=name if step is SendState.ACCEPTED else "")

    desk.cache.write(work)


async def asked(desk: SyncDesk, **said: Any) -> Conversation:
    """A resolved conversation whose customer was asked."""
    await desk.take(a_message(1))
    [one] = desk.conversations()
    desk.operations.set_status([one.id], Status.RESOLVED)
    (op,) = csat.ask(session(desk, **said), [one.id]).ops
    leave(desk, op)
    return desk.conversations()[0]


async def say(desk: SyncDesk, number: int, text: str, after: Millis = MINUTE) -> None:
    """The customer writes, so long after what was before."""
    desk.clock.advance(after)  # type: ignore[attr-defined]
    await desk.take(a_message(number, text, at=desk.clock.now()))


async def test_score_is_kept_and_leaves_the_conversation_resolved_and_answered(desk: SyncDesk) -> None:
    one = await asked(desk)
    await say(desk, 2, "５ thanks!")
    await say(desk, 2, "５ thanks!", after=0)
    [now] = desk.conversations()
    assert (now.csat, now.status, now.unread) == (5, Status.RESOLVED, 2)
    assert [message.text for message in desk.messages()][-1] == "５ thanks!"
    shown = desk.cache.read(card.card, one.contact_id)
    assert shown is not None
    assert [rating.score for rating in shown.ratings] == [5]
    row = desk.cache.read(lambda db: db.execute("SELECT csat_raw, csat_comment FROM conversation").fetchone())
    assert tuple(row) == ("5", "thanks")


async def test_question_is_no_answer_to_what_waits_and_carries_the_words_of_the_language(desk: SyncDesk) -> None:
    await desk.take(a_message(1))
    [one] = desk.conversations()
    desk.cache.write(lambda tx: inflow.change_contact(tx, one.contact_id, {"language": "de"}))
    (op,) = csat.ask(session(desk, text={"de": "Wie war es, 1 bis 5?"}), [one.id]).ops
    leave(desk, op)
    assert desk.messages()[-1].text == "Wie war es, 1 bis 5?"
    assert desk.conversations()[0].unanswered_since == one.unanswered_since is not None


async def test_question_to_a_card_without_a_language_is_in_that_of_the_letters(desk: SyncDesk) -> None:
    await desk.take(a_message(1, "返金をお願いします。"))
    csat.ask(session(desk), [desk.conversations()[0].id])
    assert desk.messages()[-1].text.startswith("今回の対応")


@pytest.mark.parametrize("settings", [{}, {"reopen": True}])
async def test_words_beside_the_score_open_it_again_and_a_bare_score_where_settings_say_so(
    desk: SyncDesk, settings: dict[str, bool]
) -> None:
    await asked(desk, **settings)
    text = "2" if settings else "2\nand it is broken again"
    await say(desk, 2, text)
    [now] = desk.conversations()
    assert (now.csat, now.status) == (2, Status.OPEN)
    assert now.unanswered_since is not None


@pytest.mark.parametrize("case", ["not left", "too late", "not the next", "not asked", "no score", "answered"])
async def test_number_is_no_score_where_none_was_asked_for(desk: SyncDesk, case: str) -> None:
    if case in ("not left", "not asked"):
        await desk.take(a_message(1))
        if case == "not left":
            csat.ask(session(desk), [desk.conversations()[0].id])
    else:
        await asked(desk)
    if case in ("not the next", "answered"):
        await say(desk, 2, "4" if case == "answered" else "hello?")
    late = 8 * DAY if case == "too late" else MINUTE
    await say(desk, 3, "5 parcels" if case == "no score" else "3", late)
    assert desk.conversations()[0].csat == (4 if case == "answered" else None)


async def test_history_that_is_loaded_later_gives_no_score(desk: SyncDesk) -> None:
    await asked(desk)
    desk.clock.advance(MINUTE)  # type: ignore[attr-defined]
    await desk.take(a_message(2, "1", at=desk.clock.now()), history=True)
    assert desk.conversations()[0].csat is None


async def test_answer_that_begins_a_new_conversation_counts_where_it_was_asked_for(desk: SyncDesk) -> None:
    one = await asked(desk)
    desk.operations.set_status([one.id], Status.CLOSED)
    await say(desk, 2, "★★★★")
    assert {found.id == one.id: found.csat for found in desk.conversations()} == {True: 4, False: None}


async def test_mail_gives_its_score_without_what_it_quotes(desk: SyncDesk) -> None:
    await desk.take(a_mail(1))
    [one] = desk.conversations()
    (op,) = csat.ask(session(desk), [one.id]).ops
    leave(desk, op)
    header = desk.cache.read(lambda db: db.execute("SELECT rfc_id FROM mail ORDER BY message_pk DESC").fetchone())[0]
    desk.clock.advance(MINUTE)  # type: ignore[attr-defined]
    text = "4\n\nOn Monday Support wrote:\n> How satisfied are you, from 1 to 5?\n"
    await desk.take(a_mail(2, text=text, answers=[header], at=desk.clock.now()))
    assert [found.csat for found in desk.conversations()] == [4]
    payload = desk.cache.read(outbox.entry, op.id).payload  # type: ignore[union-attr]
    assert payload["mail"]["auto"] is True


async def test_nobody_is_asked_twice_in_a_conversation_nor_too_soon_in_another(desk: SyncDesk) -> None:
    one = await asked(desk)
    assert "asked here already" in csat.ask(session(desk), [one.id]).left[0].why_not
    await desk.take(a_message(5, conversation="c2"))
    other = next(found for found in desk.conversations() if found.id != one.id)
    assert csat.ask(session(desk), [other.id]).left[0].why_not == "this customer was asked not long ago"
    assert csat.ask(session(desk, again=0), [other.id]).ops
    ann_too = Person("bo", "Bo")
    await desk.take(a_message(6, conversation="c3", contact=ann_too, author=ann_too))
    third = next(found for found in desk.conversations() if found.contact == "Bo")
    assert csat.ask(session(desk), [third.id]).ops


async def test_question_that_is_taken_back_was_never_asked_and_leaves_no_draft(desk: SyncDesk) -> None:
    await desk.take(a_message(1))
    [one] = desk.conversations()
    done = csat.ask(session(desk), [one.id])
    desk.cache.write(lambda tx: undo(tx, desk.cache.me(), done.ops[0].group_id))
    assert not desk.conversations()[0].has_draft
    assert csat.ask(session(desk), [one.id]).ops


async def test_macro_asks_where_it_may_and_does_the_rest_where_not(desk: SyncDesk) -> None:
    await desk.take(a_message(1), a_message(5, conversation="c2"))
    first, second = desk.conversations()
    macro, faults = parsed("done", {"do": [{"csat": "ask"}, {"status": "resolved"}]})
    assert faults == []
    place = session(desk)
    place.profile = SimpleNamespace(config=Path("/nowhere"))
    place.zone = None
    for one, verbs in ((first, ["reply", "status"]), (second, ["status"])):
        performed = desk.operations.perform(macros.plan(place, macro, [one.id]), macros.reason_of(macro))
        assert [op.verb for op in performed.ops] == verbs
    assert {one.status for one in desk.conversations()} == {Status.RESOLVED}
    assert parsed("x", {"do": [{"csat": "always"}]})[1][0].key == "csat"


async def test_scores_are_asked_for_in_queries_as_the_evaluator_finds_them(desk: SyncDesk) -> None:
    await asked(desk)
    await say(desk, 2, "2")
    await desk.take(a_message(5, conversation="c2"))
    rows = desk.conversations()
    for text, found in (("csat:<3", 1), ("csat:2", 1), ("csat:>=3", 0), ("csat:none", 1), ("-csat:>=1", 1)):
        query = parse(text, now=NOW, me=desk.cache.me().id, zone=UTC)
        assert desk.cache.read(inbox.count, query) == found, text
        assert sum(matches(query, Facts(one)) for one in rows) == found, text


@pytest.mark.parametrize(("text", "counts"), [("3", None), ("3/5", 3)])
async def test_number_that_another_question_may_have_asked_for_is_no_score(
    desk: SyncDesk, text: str, counts: int | None
) -> None:
    one = await asked(desk)
    desk.clock.advance(MINUTE)  # type: ignore[attr-defined]
    leave(desk, desk.operations.reply(one.id, "How many parcels have arrived?"), "r1")
    await say(desk, 2, text)
    assert desk.conversations()[0].csat == counts


async def test_number_that_names_the_question_is_its_answer_whatever_was_said_since(desk: SyncDesk) -> None:
    one = await asked(desk)
    desk.clock.advance(MINUTE)  # type: ignore[attr-defined]
    leave(desk, desk.operations.reply(one.id, "Goodbye!"), "r1")
    desk.clock.advance(MINUTE)  # type: ignore[attr-defined]
    await desk.take(a_message(2, "3", at=desk.clock.now(), answers="q1"))
    assert desk.conversations()[0].csat == 3


async def test_number_in_another_conversation_that_goes_on_is_no_score(desk: SyncDesk) -> None:
    await asked(desk)
    await say(desk, 4, "I have sent parcels back")
    other = a_message(5, "My lamp is broken", conversation="c2", at=desk.clock.now() - 2 * MINUTE)
    await desk.take(other)
    desk.clock.advance(MINUTE)  # type: ignore[attr-defined]
    await desk.take(a_message(6, "2", conversation="c2", at=desk.clock.now()))
    assert [one.csat for one in desk.conversations()] == [None, None]


async def test_score_given_in_a_part_counts_for_the_whole_and_nobody_is_asked_there_twice(desk: SyncDesk) -> None:
    one = await asked(desk)
    await desk.take(a_message(5, conversation="c2"))
    head = next(found for found in desk.conversations() if found.id != one.id)
    desk.operations.merge(head.id, [one.id])
    assert "asked here already" in csat.ask(session(desk, again=0), [head.id]).left[0].why_not
    await say(desk, 2, "4")
    found = desk.cache.read(inbox.conversation, head.id)
    assert found is not None
    assert (found.csat, found.status) == (4, Status.OPEN)


async def test_score_of_what_became_a_part_later_is_that_of_the_whole_until_it_is_cut(desk: SyncDesk) -> None:
    one = await asked(desk)
    await say(desk, 2, "2")
    await desk.take(a_message(5, conversation="c2"))
    head = next(found for found in desk.conversations() if found.id != one.id)
    me = desk.cache.me().id

    def found(text: str) -> set[str]:
        return {row.id for row in desk.cache.read(inbox.page, parse(text, now=NOW, me=me, zone=UTC))}

    desk.operations.merge(head.id, [one.id])
    whole = desk.cache.read(inbox.conversation, head.id)
    assert whole is not None
    assert whole.csat == 2
    assert (found("csat:<3"), found("csat:none")) == ({head.id}, set())
    past = desk.cache.read(past_reads.conversation_at, head.id, desk.clock.now(), desk.clock.now())
    assert past is not None
    assert past.conversation.csat == 2
    desk.operations.split([head.id])
    assert (found("csat:<3"), found("csat:none")) == ({one.id}, {head.id})
