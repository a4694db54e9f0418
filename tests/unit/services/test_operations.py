"""What agents do, and that all of it can be taken back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.clock import HOUR
from omnitui.errors import NotFound, OmniError, Refused
from omnitui.ids import Ulid
from omnitui.model.conversations import Draft
from omnitui.model.people import Agent
from omnitui.model.states import MessageKind, Priority, Reach, SendState, Status, Verb
from omnitui.sdk import Capabilities, Idempotency
from omnitui.services.acting.operations import Operations
from omnitui.services.acting.undoing import Departed
from omnitui.store import accounts as account_writes
from omnitui.store import drafts as draft_writes
from omnitui.store import outbox
from omnitui.store.arriving import inflow
from omnitui.store.reads import drafts, history, inbox, oplog
from omnitui.store.reads import outbox as outbox_reads
from tests.support.acting import Desk, a_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = a_desk(tmp_path)
    yield made
    made.cache.close()


def state_of(desk: Desk, op_id: Ulid) -> SendState | None:
    entry = desk.cache.read(outbox_reads.entry, op_id)
    return entry.state if entry else None


def step(desk: Desk, op_id: Ulid, *states: SendState) -> None:
    """Take an op through states, as the outbox would."""
    for state in states:
        desk.cache.write(partial(outbox.move, op_id=op_id, to=state))


def test_reply_is_shown_held_before_anything_leaves(desk: Desk) -> None:
    op = desk.operations.reply(desk.conversations[0], "On its way")
    (_, reply) = desk.cache.read(history.page, desk.conversations[0])
    assert (reply.text, reply.state, reply.author) == ("On its way", SendState.HELD, desk.cache.me().name)
    entry = desk.cache.read(outbox_reads.entry, op.id)
    assert entry is not None
    assert entry.due_at == desk.clock.now() + 8_000
    assert entry.payload["mail"]["message_id"].endswith("@example.com>")
    assert entry.payload["mail"]["to"] == ["emma@example.org"]


def test_reply_without_hold_is_queued_at_once(desk: Desk) -> None:
    op = desk.operations.reply(desk.conversations[0], "On its way", hold=0)
    assert state_of(desk, op.id) is SendState.QUEUED


def test_hold_by_channel_is_stronger_than_the_accounts(desk: Desk) -> None:
    operations = Operations(desk.cache, {"email": 3_000})
    op = operations.reply(desk.conversations[0], "On its way")
    entry = desk.cache.read(outbox_reads.entry, op.id)
    assert entry is not None
    assert entry.due_at == desk.clock.now() + 3_000


def test_undone_reply_is_canceled_and_its_text_is_back_in_the_draft(desk: Desk) -> None:
    before = desk.state()
    op = desk.operations.reply(desk.conversations[0], "Too hasty")
    desk.operations.undo()
    assert state_of(desk, op.id) is SendState.CANCELED
    assert desk.state() == before
    (draft,) = desk.cache.read(drafts.drafts, desk.conversations[0])
    assert draft.text == "Too hasty"


def test_redone_reply_is_held_again_and_leaves_no_draft(desk: Desk) -> None:
    desk.operations.reply(desk.conversations[0], "After all")
    desk.operations.undo()
    done = desk.operations.redo()
    assert state_of(desk, done.ops[0].id) is SendState.HELD
    assert desk.cache.read(drafts.drafts, desk.conversations[0]) == []
    texts = [message.text for message in desk.cache.read(history.page, desk.conversations[0]) if not message.deleted]
    assert texts[-1] == "After all"


def test_text_in_the_composer_is_kept_when_a_reply_comes_back(desk: Desk) -> None:

    op = desk.operations.reply(desk.conversations[0], "First")
    draft = Draft(desk.cache.ids.new(), desk.conversations[0], MessageKind.PUBLIC, "Second")
    desk.cache.write(lambda tx: draft_writes.save(tx, draft))
    desk.operations.undo(op.id)
    (kept,) = desk.cache.read(drafts.drafts, desk.conversations[0])
    assert kept.text == "First\n\nSecond"


@pytest.mark.parametrize("state", [SendState.SENDING, SendState.ACCEPTED])
def test_reply_that_left_cannot_be_undone(desk: Desk, state: SendState) -> None:
    op = desk.operations.reply(desk.conversations[0], "Gone", hold=0)
    step(desk, op.id, *dict.fromkeys((SendState.SENDING, state)))
    with pytest.raises(Refused, match="cannot be taken back"):
        desk.operations.undo(op.id)


def test_files_are_copied_when_the_reply_is_made(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "見積.txt"
    file.write_text("80 boxes")
    op = desk.operations.reply(desk.conversations[0], "", files=[file])
    file.write_text("changed later")
    entry = desk.cache.read(outbox_reads.entry, op.id)
    assert entry is not None
    (kept,) = entry.payload["files"]
    assert desk.cache.blobs.get(kept["sha256"]) == b"80 boxes"
    assert kept["name"] == "見積.txt"


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        (lambda desk: desk.operations.reply(desk.conversations[0], "  \n"), Refused),
        (lambda desk: desk.operations.reply("01JN0SVCH0000000000000000X", "x"), NotFound),
        (lambda desk: desk.operations.reply(desk.conversations[0], "x", cc=["no address"]), Refused),
        (lambda desk: desk.operations.reply(desk.conversations[0], "x", bcc=["a@b.c\nTo: x@y.z"]), Refused),
        (lambda desk: desk.operations.reply(desk.conversations[0], "x", files=["/no/such/file"]), NotFound),
        (lambda desk: desk.operations.reply(desk.conversations[0], "x", hold=-1), Refused),
        (lambda desk: desk.operations.snooze(desk.conversations, desk.clock.now()), Refused),
        (lambda desk: desk.operations.label(desk.conversations, add=["  "]), Refused),
        (lambda desk: desk.operations.set_contact(desk.contacts[0], {"shoe_size": "44"}), Refused),
        (lambda desk: desk.operations.link(desk.contacts[0], desk.contacts[0]), Refused),
        (lambda desk: desk.operations.unlink(*desk.contacts), NotFound),
        (lambda desk: desk.operations.undo(), Refused),
        (lambda desk: desk.operations.redo(), Refused),
        (lambda desk: desk.operations.retry("01JN0SVCH0000000000000000X"), NotFound),
        (lambda desk: desk.operations.assign(["01JN0SVCH0000000000000000X"], None), NotFound),
        (lambda desk: desk.operations.assign(desk.conversations, "01JN0SVCH0000000000000000X"), NotFound),
        (lambda desk: desk.operations.new(desk.account_id, "nobody", "s", "t"), Refused),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    desk: Desk, attempt: Callable[[Desk], object], error: type[OmniError]
) -> None:
    before = desk.state()
    with pytest.raises(error) as caught:
        attempt(desk)
    assert caught.value.message
    assert desk.state() == before
    assert desk.cache.read(oplog.log) == []


def test_channel_that_takes_no_writing_is_refused(tmp_path: Path) -> None:
    desk = a_desk(tmp_path, Capabilities(idempotency=Idempotency.UNKNOWABLE, writes=False))
    with pytest.raises(Refused, match="no written replies"):
        desk.operations.reply(desk.conversations[0], "x")
    desk.cache.close()


def test_reply_window_that_closed_is_refused(tmp_path: Path) -> None:
    desk = a_desk(tmp_path, Capabilities(idempotency=Idempotency.UNKNOWABLE, window=HOUR))
    desk.clock.advance(HOUR)
    with pytest.raises(Refused, match="window"):
        desk.operations.reply(desk.conversations[0], "x")
    desk.cache.close()


def test_bulk_change_is_one_act_and_undone_as_one(desk: Desk) -> None:
    before = desk.state()
    ops = desk.operations.set_status(desk.conversations, Status.RESOLVED)
    assert len(ops) == 3
    assert len({op.group_id for op in ops}) == 1
    undone = desk.operations.undo()
    assert len(undone.ops) == 3
    assert desk.state() == before


def test_change_that_changes_nothing_is_no_op(desk: Desk) -> None:
    assert desk.operations.set_priority(desk.conversations, Priority.NORMAL) == []


def test_local_verbs_never_enter_the_outbox_and_mirrored_ones_do(desk: Desk) -> None:
    (status,) = desk.operations.set_status(desk.conversations[:1], Status.RESOLVED)
    (label,) = desk.operations.label(desk.conversations[:1], add=["Refund Now"])
    assert status.reach is Reach.LOCAL
    assert state_of(desk, status.id) is None
    assert label.reach is Reach.MIRRORED
    entry = desk.cache.read(outbox_reads.entry, label.id)
    assert entry is not None
    assert entry.payload["fields"] == {"labels": ["refund-now"], "add": ["refund-now"], "remove": []}


def test_undoing_what_still_waits_sends_nothing_at_all(desk: Desk) -> None:
    (label,) = desk.operations.label(desk.conversations[:1], add=["vip"])
    (inverse,) = desk.operations.undo().ops
    assert state_of(desk, label.id) is SendState.CANCELED
    assert state_of(desk, inverse.id) is None


def test_undoing_what_was_confirmed_sends_the_inverse(desk: Desk) -> None:
    (label,) = desk.operations.label(desk.conversations[:1], add=["vip"])
    step(desk, label.id, SendState.SENDING, SendState.ACCEPTED)
    (inverse,) = desk.operations.undo().ops
    entry = desk.cache.read(outbox_reads.entry, inverse.id)
    assert entry is not None
    assert entry.payload["fields"]["remove"] == ["vip"]


def test_undo_shows_a_conflict_and_forces_nothing(desk: Desk) -> None:
    chosen = desk.conversations[0]
    (mine,) = desk.operations.set_priority([chosen], Priority.HIGH)
    desk.cache.write(lambda tx: inflow.change_conversation(tx, chosen, {"priority": "urgent"}))
    undone = desk.operations.undo(mine.id)
    assert undone.ops == ()
    assert [(c.field, c.left, c.found) for c in undone.conflicts] == [("priority", "high", "urgent")]
    conversation = desk.cache.read(inbox.conversation, chosen)
    assert conversation is not None
    assert conversation.priority is Priority.URGENT


def test_undo_goes_on_before_an_act_of_which_no_more_can_be_taken_back(desk: Desk) -> None:
    first, second, third = desk.conversations
    desk.operations.set_priority([first], Priority.LOW)
    sent = desk.operations.reply(second, "Gone", hold=0)
    step(desk, sent.id, SendState.SENDING, SendState.ACCEPTED)
    desk.operations.set_priority([third], Priority.HIGH)
    desk.cache.write(lambda tx: inflow.change_conversation(tx, third, {"priority": "urgent"}))
    changed = desk.operations.undo().left
    assert changed is not None
    with pytest.raises(Departed) as refused:
        desk.operations.undo(left=(changed,))
    undone = desk.operations.undo(left=(changed, refused.value.group_id))
    assert [op.object_id for op in undone.originals] == [first]
    with pytest.raises(Refused, match="nothing to undo"):
        desk.operations.undo(left=(changed, refused.value.group_id))
    desk.operations.set_priority([first], Priority.URGENT)
    assert desk.operations.undo(left=(changed, refused.value.group_id)).ops


def test_acts_of_others_are_not_undone_without_asking(desk: Desk) -> None:
    (mine,) = desk.operations.set_priority(desk.conversations[:1], Priority.HIGH)
    other = Agent(desk.cache.ids.new(), "Ken")
    desk.cache.write(lambda tx: account_writes.put_agent(tx, other))
    stranger = Operations(desk.cache)
    stranger._me = other
    with pytest.raises(Refused, match="somebody else"):
        stranger.undo(mine.id)
    with pytest.raises(Refused, match="nothing to undo"):
        stranger.undo()


def test_reading_is_recorded_but_not_what_undo_takes_back_first(desk: Desk) -> None:
    desk.operations.set_priority(desk.conversations[:1], Priority.HIGH)
    (read,) = desk.operations.mark_read(desk.conversations[:1])
    assert desk.operations.undo().originals[0].verb is Verb.PRIORITY
    desk.operations.undo(read.id)
    conversation = desk.cache.read(inbox.conversation, desk.conversations[0])
    assert conversation is not None
    assert conversation.unread == 1


def test_due_snooze_is_woken_by_an_op(desk: Desk) -> None:
    chosen = desk.conversations[0]
    desk.operations.snooze([chosen], desk.clock.now() + HOUR)
    assert desk.operations.wake_due() == []
    desk.clock.advance(HOUR)
    (op,) = desk.operations.wake_due()
    assert op.reason
    conversation = desk.cache.read(inbox.conversation, chosen)
    assert conversation is not None
    assert conversation.status is Status.OPEN


def test_undo_after_a_snooze_ended_is_about_what_the_agent_did(desk: Desk) -> None:
    chosen, other = desk.conversations[:2]
    desk.operations.snooze([chosen], desk.clock.now() + HOUR)
    desk.operations.set_priority([other], Priority.HIGH)
    desk.clock.advance(HOUR)
    desk.operations.wake_due()
    assert desk.operations.undo().originals[0].verb is Verb.PRIORITY
    assert desk.operations.redo().ops[0].verb is Verb.PRIORITY
    conversation = desk.cache.read(inbox.conversation, chosen)
    assert conversation is not None
    assert conversation.status is Status.OPEN


def test_first_message_makes_a_conversation_and_undo_takes_it_out_of_the_list(desk: Desk) -> None:
    op = desk.operations.new(desk.account_id, "Liam@example.ie", "Your order", "It is ready")
    assert op.conversation_id is not None
    conversation = desk.cache.read(inbox.conversation, op.conversation_id)
    assert conversation is not None
    assert conversation.subject == "Your order"
    entry = desk.cache.read(outbox_reads.entry, op.id)
    assert entry is not None
    assert entry.payload["mail"]["to"] == ["Liam@example.ie"]
    desk.operations.undo()
    assert [m for m in desk.cache.read(history.page, op.conversation_id) if not m.deleted] == []


def test_blocked_reply_goes_after_its_author_has_seen_why(desk: Desk) -> None:
    op = desk.operations.reply(desk.conversations[0], "On its way", hold=0)
    newest = desk.customer_writes(desk.conversations[0], "Wait, something else")
    desk.cache.write(lambda tx: outbox.move(tx, op.id, SendState.BLOCKED, reason="Emma wrote"))
    desk.operations.retry(op.id)
    entry = desk.cache.read(outbox_reads.entry, op.id)
    assert entry is not None
    assert entry.state is SendState.QUEUED
    assert entry.payload["seen"] == newest


def test_unknown_reply_is_settled_by_the_agent(desk: Desk) -> None:
    ops = [desk.operations.reply(id_, "Did it arrive?", hold=0) for id_ in desk.conversations[:2]]
    for op in ops:
        step(desk, op.id, SendState.SENDING, SendState.UNKNOWN)
    desk.operations.settle(ops[0].id, sent=True)
    desk.operations.settle(ops[1].id, sent=False)
    assert [state_of(desk, op.id) for op in ops] == [SendState.ACCEPTED, SendState.QUEUED]


ACTS: list[Callable[[Desk, int], object]] = [
    lambda d, n: d.operations.set_status(d.conversations[: 1 + n % 3], list(Status)[n % 6]),
    lambda d, n: d.operations.assign([d.conversations[n % 3]], d.cache.me().id if n % 2 else None),
    lambda d, n: d.operations.label(d.conversations, add=[f"l{n % 4}"], remove=[f"l{(n + 1) % 4}"]),
    lambda d, n: d.operations.set_priority([d.conversations[n % 3]], list(Priority)[n % 4]),
    lambda d, n: d.operations.snooze([d.conversations[n % 3]], d.clock.now() + HOUR + n),
    lambda d, n: d.operations.reply(d.conversations[n % 3], f"reply {n}"),
    lambda d, n: d.operations.note(d.conversations[n % 3], f"note {n}"),
    lambda d, n: d.operations.set_contact(d.contacts[n % 2], {"segment": f"s{n % 3}", "about": f"メモ {n % 5}"}),
    lambda d, n: d.operations.set_contact(d.contacts[n % 2], {"fields": {"plan": str(n % 3)}}),
    lambda d, n: d.operations.link(d.contacts[0], d.contacts[1], f"r{n}"),
    lambda d, n: d.operations.move(d.state()[d.conversations[0]]["messages"][0][0], d.conversations[1 + n % 2]),
]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, len(ACTS) - 1), st.integers(0, 40)), max_size=12))
def test_any_acts_undone_in_reverse_give_the_first_state_and_redone_the_last(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[int, int]]
) -> None:
    desk = a_desk(tmp_path_factory.mktemp("desk"))
    try:
        states = [json.dumps(desk.state(), default=str)]
        for act, number in acts:
            try:
                made = ACTS[act](desk, number)
            except (OmniError, IndexError):
                continue
            if made:
                states.append(json.dumps(desk.state(), default=str))
        last = states[-1]
        for expected in reversed(states[:-1]):
            assert desk.operations.undo().conflicts == ()
            assert json.dumps(desk.state(), default=str) == expected
        with pytest.raises(Refused):
            desk.operations.undo()
        for _ in states[1:]:
            assert desk.operations.redo().conflicts == ()
        assert json.dumps(desk.state(), default=str) == last
        assert desk.cache.read(oplog.verify_chain)
    finally:
        desk.cache.close()
