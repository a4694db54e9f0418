"""What leaves, leaves once; what is said of it is true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from omnitui.clock import FrozenClock
from omnitui.model.operations import Op
from omnitui.model.states import Direction, SendState, Status
from omnitui.sdk import (
    Accepted,
    AuthFailed,
    ConversationChanged,
    Deferred,
    Fault,
    Found,
    Idempotency,
    NotFound,
    NotReady,
    Outbound,
    Outcome,
    Person,
    RateLimited,
    Receipt,
    Rejected,
    Unknowable,
    Unknown,
    Unreachable,
)
from omnitui.store import outbox
from omnitui.sync.outbox import MOST_DEFECTS, OutboxRunner, Pass
from omnitui.ui.panes.status import outbox_pieces
from omnitui.ui.picture import standing
from tests.support.connector import FakeConnector, a_message
from tests.support.sync_desk import ANN, SyncDesk, a_mail

Make = Callable[..., SyncDesk]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[SyncDesk] = []

    def one(**fake: Any) -> SyncDesk:
        made.append(SyncDesk(tmp_path / str(len(made)), FrozenClock(), **fake))
        return made[-1]

    yield one
    for desk in made:
        desk.close()


class Sending:
    """A desk with one conversation, its connector and its runner."""

    def __init__(self, desk: SyncDesk) -> None:
        self.desk = desk
        assert isinstance(desk.clock, FrozenClock)
        self.clock = desk.clock
        self.connector: FakeConnector = desk.connect(desk.account)
        self.runner = OutboxRunner(desk.cache, desk.account, self.connector)

    async def begin(self) -> Sending:
        await self.desk.take(a_message(1))
        self.conversation_id = self.desk.conversations()[0].id
        return self

    def reply(self, text: str = "We are on it.", **options: Any) -> Op:
        return self.desk.operations.reply(self.conversation_id, text, **options)

    async def run(self) -> Pass:
        return await self.runner.run()

    def state(self, op: Op) -> SendState:
        return self.desk.entry(op.id).state

    @property
    def sent(self) -> list[str]:
        return [item["text"] for item in self.desk.back_end.sent()]


async def test_tries_while_nobody_answers_do_not_count_against_an_op(make: Make) -> None:
    one = await Sending(make()).begin()
    op = one.reply()
    one.connector.script = [*(Unreachable("no route") for _ in range(MOST_DEFECTS + 1)), ValueError("odd")]
    for _ in range(MOST_DEFECTS + 1):
        assert isinstance((await one.run()).fault, Unreachable)
    assert (one.state(op), one.desk.entry(op.id).attempts) == (SendState.QUEUED, 0)
    await one.run()
    assert (one.state(op), one.desk.entry(op.id).attempts) == (SendState.DEFERRED, 1)


async def test_reply_leaves_and_is_accepted(make: Make) -> None:
    one = await Sending(make()).begin()
    op = one.reply()
    await one.run()
    entry = one.desk.entry(op.id)
    assert (entry.state, entry.attempts, one.sent) == (SendState.ACCEPTED, 1, ["We are on it."])
    message = one.desk.messages()[-1]
    assert (message.state, message.external_id) == (SendState.ACCEPTED, f"sent-{op.id}")
    assert (one.connector.performed[0].conversation, one.connector.performed[0].contact) == ("c1", "ann")


async def test_held_reply_waits_for_the_end_of_its_hold(make: Make) -> None:
    one = await Sending(make()).begin()
    op = one.reply(hold=8_000)
    found = await one.run()
    assert (one.state(op), found.next_at) == (SendState.HELD, one.clock.now() + 8_000)
    one.clock.advance(8_000)
    await one.run()
    assert one.state(op) is SendState.ACCEPTED


async def test_canceled_reply_never_leaves(make: Make) -> None:
    one = await Sending(make()).begin()
    op = one.reply(hold=8_000)
    one.desk.operations.cancel(op.id)
    one.clock.advance(9_000)
    await one.run()
    assert (one.state(op), one.sent) == (SendState.CANCELED, [])


async def test_replies_of_a_conversation_leave_in_order_when_the_first_has_to_wait(make: Make) -> None:
    one = await Sending(make(script=[NotReady("down")])).begin()
    first, second = one.reply("one"), one.reply("two")
    await one.run()
    assert (one.state(first), one.state(second), one.sent) == (SendState.DEFERRED, SendState.QUEUED, [])
    one.clock.advance(10_000)
    await one.run()
    assert one.sent == ["one", "two"]


async def test_other_conversations_go_on_when_one_is_deferred(make: Make) -> None:
    one = await Sending(make(script=[NotReady("down")])).begin()
    await one.desk.take(a_message(5, conversation="c2"))
    other = one.desk.conversations()[1]
    one.reply("one")
    one.desk.operations.reply(other.id, "two")
    await one.run()
    await one.run()
    assert one.sent == ["two"]


async def test_other_ops_leave_in_the_same_pass_when_the_back_end_wants_one_of_them_later(make: Make) -> None:
    one = await Sending(make(script=[Deferred("451 greylisted")])).begin()
    await one.desk.take(a_message(5, conversation="c2"))
    first = one.reply("one")
    one.desk.operations.reply(one.desk.conversations()[1].id, "two")
    found = await one.run()
    assert (found.fault, one.state(first), one.sent) == (None, SendState.DEFERRED, ["two"])


@pytest.mark.parametrize(
    ("step", "state", "reason"),
    [
        (NotReady("no route"), SendState.DEFERRED, "no route"),
        (Deferred("451 greylisted"), SendState.DEFERRED, "451 greylisted"),
        (RateLimited("slow down", after=60_000), SendState.DEFERRED, "slow down"),
        (AuthFailed("bad password"), SendState.QUEUED, "bad password"),
        (Rejected("550 no such user"), SendState.FAILED, "550 no such user"),
        (ValueError("bug"), SendState.DEFERRED, "error in the connector"),
    ],
    ids=["not ready", "not this one", "rate limited", "signed out", "rejected", "defect"],
)
async def test_fault_gives_the_op_its_state_and_reason(
    make: Make, step: Exception | Outcome, state: SendState, reason: str
) -> None:
    one = await Sending(make(script=[step])).begin()
    op = one.reply()
    found = await one.run()
    assert found.fault is (step if isinstance(step, Fault) and not isinstance(step, Deferred) else None)
    entry = one.desk.entry(op.id)
    assert entry.state is state
    assert reason in entry.reason
    assert one.sent == []


async def test_rate_limit_keeps_every_op_back_until_its_time(make: Make) -> None:
    one = await Sending(make(script=[RateLimited("slow down", after=60_000)])).begin()
    await one.desk.take(a_message(5, conversation="c2"))
    one.reply("one")
    one.desk.operations.reply(one.desk.conversations()[1].id, "two")
    found = await one.run()
    assert found.next_at is not None
    assert found.next_at >= one.clock.now() + 60_000
    one.clock.advance(59_000)
    await one.run()
    assert one.sent == []
    one.clock.advance(11_000)
    await one.run()
    assert sorted(one.sent) == ["one", "two"]


async def test_back_off_grows_with_each_try(make: Make) -> None:
    one = await Sending(make(script=[NotReady("down")] * 6)).begin()
    op = one.reply()
    waits = []
    for _ in range(6):
        await one.run()
        waits.append(one.desk.entry(op.id).due_at - one.clock.now())
        one.clock.advance(waits[-1])
    assert waits[5] > 4 * waits[0] > 0


# What is unknown


async def cut(connector: FakeConnector, op: Outbound) -> Outcome:
    await connector.deliver(op)
    return Unknown("the link broke")


@pytest.mark.parametrize(
    ("idempotency", "state", "copies"),
    [
        (Idempotency.DEDUPLICATED, SendState.ACCEPTED, 1),
        (Idempotency.FINDABLE, SendState.ACCEPTED, 1),
        (Idempotency.UNKNOWABLE, SendState.UNKNOWN, 1),
    ],
)
async def test_cut_after_send_ends_as_its_class_says(
    make: Make, idempotency: Idempotency, state: SendState, copies: int
) -> None:
    one = await Sending(make(idempotency=idempotency)).begin()
    one.connector.script.append(lambda op: cut(one.connector, op))
    op = one.reply()
    for _ in range(3):
        await one.run()
        one.clock.advance(60_000)
    assert (one.state(op), len(one.sent)) == (state, copies)


@pytest.mark.parametrize(
    ("answer", "state"),
    [(Found("x"), SendState.ACCEPTED), (NotFound(), SendState.ACCEPTED), (Unknowable("no Sent"), SendState.UNKNOWN)],
)
async def test_unknown_outcome_is_asked_about_and_sent_again_only_when_it_is_not_there(
    make: Make, answer: Any, state: SendState
) -> None:
    one = await Sending(make(idempotency=Idempotency.FINDABLE)).begin()
    one.connector.script.append(Unknown("the link broke"))
    one.connector.reconcile_script.append(answer)
    op = one.reply()
    for _ in range(2):
        await one.run()
        one.clock.advance(60_000)
    assert one.state(op) is state
    assert len(one.sent) == (1 if isinstance(answer, NotFound) else 0)


async def test_interrupted_send_is_asked_about_again_while_the_back_end_is_away_and_says_so(make: Make) -> None:
    one = await Sending(make(idempotency=Idempotency.FINDABLE)).begin()
    one.connector.script.append(Unknown("the link broke"))
    one.connector.reconcile_script += [NotReady("away"), NotReady("away"), Found("x")]
    op = one.reply()
    for _ in range(2):
        found = await one.run()
        assert isinstance(found.fault, NotReady)
        assert one.state(op) is SendState.SENDING
        said = one.desk.cache.read(standing)
        status = "".join(text for text, _role in outbox_pieces(said, one.clock.now(), "u"))
        assert "1 in doubt" in status
        assert "sending" not in status
        (message,) = [message for message in one.desk.messages() if message.op_id == op.id]
        assert message.reason == one.desk.entry(op.id).reason == "it may have arrived, and nobody can tell now: away"
    await one.run()
    assert one.state(op) is SendState.ACCEPTED
    assert one.desk.entry(op.id).reason == ""


@pytest.mark.parametrize(
    ("marked", "idempotency", "state"),
    [
        (False, Idempotency.UNKNOWABLE, SendState.ACCEPTED),
        (True, Idempotency.DEDUPLICATED, SendState.ACCEPTED),
        (True, Idempotency.FINDABLE, SendState.ACCEPTED),
        (True, Idempotency.UNKNOWABLE, SendState.UNKNOWN),
    ],
)
async def test_send_left_by_a_dead_process_is_settled_by_its_mark_and_class(
    make: Make, marked: bool, idempotency: Idempotency, state: SendState
) -> None:
    one = await Sending(make(idempotency=idempotency)).begin()
    op = one.reply()
    one.desk.cache.write(lambda tx: outbox.move(tx, op.id, SendState.SENDING, attempt=True))
    if marked:
        one.desk.cache.write(lambda tx: outbox.mark(tx, op.id))
    await one.run()
    one.clock.advance(60_000)
    await one.run()
    assert one.state(op) is state
    assert len(one.sent) == (state is SendState.ACCEPTED)


async def test_unknown_op_is_settled_by_its_echo(make: Make) -> None:
    one = await Sending(make(idempotency=Idempotency.UNKNOWABLE, script=[Unknown("the link broke")])).begin()
    op = one.reply()
    await one.run()
    assert one.state(op) is SendState.UNKNOWN
    us = Person("me@desk.example", agent=True)
    await one.desk.take(
        a_message(7, "We are on it.", external_id="s7", idempotency_key=op.id, author=us, direction=Direction.OUTGOING)
    )
    assert one.state(op) is SendState.ACCEPTED
    assert [message.external_id for message in one.desk.messages()] == ["m1", "s7"]


async def test_echo_that_came_before_the_answer_is_the_same_message(make: Make) -> None:
    one = await Sending(make()).begin()

    async def echo_first(op: Outbound) -> Outcome:
        outcome = await one.connector.deliver(op)
        await one.desk.take(
            Receipt(SendState.DELIVERED, 1, external_id=f"sent-{op.idempotency_key}"),
            a_message(7, op.text, external_id=f"sent-{op.idempotency_key}", direction=Direction.OUTGOING),
        )
        return outcome

    one.connector.script.append(echo_first)
    op = one.reply()
    await one.run()
    assert one.state(op) is SendState.ACCEPTED
    assert [message.text for message in one.desk.messages()] == ["message 1", "We are on it."]


async def test_receipt_that_came_before_the_answer_is_kept_for_it(make: Make) -> None:
    one = await Sending(make()).begin()

    async def receipt_first(op: Outbound) -> Outcome:
        outcome = await one.connector.deliver(op)
        await one.desk.take(Receipt(SendState.READ, 1, external_id=f"sent-{op.idempotency_key}"))
        return outcome

    one.connector.script.append(receipt_first)
    op = one.reply()
    await one.run()
    assert one.state(op) is SendState.READ


async def test_first_message_gives_the_conversation_its_id(make: Make) -> None:
    one = Sending(make())
    op = one.desk.operations.new(one.desk.account.id, "bob", "Hello", "First words")

    async def begin(outbound: Outbound) -> Outcome:
        await one.connector.deliver(outbound)
        await one.desk.take(a_message(3, "Hi!", conversation="c9"))
        return Accepted("s1", conversation="c9")

    one.connector.script.append(begin)
    await one.run()
    assert one.state(op) is SendState.ACCEPTED
    [conversation] = one.desk.conversations()
    assert conversation.external_id == "c9"
    assert {message.text for message in one.desk.messages()} == {"First words", "Hi!"}


# The last look


async def test_reply_is_blocked_when_the_customer_wrote_meanwhile_and_goes_when_the_agent_says_so(make: Make) -> None:
    one = await Sending(make()).begin()
    op = one.reply(hold=8_000)
    await one.desk.take(a_message(2, at=one.clock.now() + 1_000))
    one.clock.advance(9_000)
    await one.desk.take(a_message(3, at=one.clock.now() - 1_000))
    await one.run()
    entry = one.desk.entry(op.id)
    assert (entry.state, one.sent) == (SendState.BLOCKED, [])
    assert "Ann" in entry.reason
    one.desk.operations.retry(op.id)
    await one.run()
    assert one.state(op) is SendState.ACCEPTED


async def test_reply_is_not_blocked_by_own_messages_labels_and_read_marks(make: Make) -> None:
    one = await Sending(make()).begin()
    op = one.reply(hold=8_000)
    one.desk.operations.note(one.conversation_id, "mine")
    one.desk.operations.label([one.conversation_id], add=["vip"])
    one.desk.operations.mark_read([one.conversation_id])
    one.desk.operations.set_status([one.conversation_id], Status.RESOLVED)
    one.clock.advance(9_000)
    await one.run()
    assert one.state(op) is SendState.ACCEPTED


async def test_reply_is_blocked_when_a_colleague_answered_from_elsewhere(make: Make) -> None:
    one = await Sending(make()).begin()
    op = one.reply(hold=8_000)
    one.clock.advance(9_000)
    colleague = Person("kim@desk.example", "Kim", agent=True)
    await one.desk.take(a_message(2, at=one.clock.now() - 500, author=colleague, direction=Direction.OUTGOING))
    await one.run()
    assert "Kim" in one.desk.entry(op.id).reason


async def test_reply_is_blocked_when_the_back_end_resolved_the_conversation(make: Make) -> None:
    one = await Sending(make()).begin()
    op = one.reply(hold=8_000)
    await one.desk.take(ConversationChanged("c1", one.clock.now(), status=Status.RESOLVED))
    one.clock.advance(9_000)
    await one.run()
    assert (one.state(op), "resolved" in one.desk.entry(op.id).reason) == (SendState.BLOCKED, True)


async def test_reply_is_blocked_when_its_window_closed(make: Make) -> None:
    one = await Sending(make(window=3_600_000)).begin()
    await one.desk.take(a_message(2, at=one.clock.now() - 3_595_000))
    op = one.reply(hold=8_000)
    one.clock.advance(9_000)
    await one.run()
    assert (one.state(op), "window" in one.desk.entry(op.id).reason) == (SendState.BLOCKED, True)


async def test_blocked_reply_holds_up_later_words_but_not_a_label(make: Make) -> None:
    one = await Sending(make()).begin()
    one.reply("one", hold=8_000)
    one.clock.advance(9_000)
    await one.desk.take(a_message(2, at=one.clock.now() - 500))
    [label] = one.desk.operations.label([one.conversation_id], add=["vip"])
    later = one.reply("two")
    await one.run()
    assert (one.state(later), one.state(label)) == (SendState.QUEUED, SendState.ACCEPTED)


# Other verbs


async def test_read_mark_leaves_with_the_places_of_the_mails(make: Make) -> None:
    one = Sending(make())
    await one.desk.take(a_mail(1, uid=41))
    [conversation] = one.desk.conversations()
    one.desk.operations.mark_read([conversation.id])
    await one.run()
    [op] = one.connector.performed
    assert op.fields["read"] is True
    assert op.locations == (["INBOX", 1, 41],)


async def test_status_is_blocked_when_somebody_else_changed_it_and_shows_to_what(make: Make) -> None:
    one = await Sending(make(script=[NotReady("down")])).begin()
    [op] = one.desk.operations.set_status([one.conversation_id], Status.RESOLVED)
    await one.run()
    await one.desk.take(ConversationChanged("c1", one.clock.now() + 1, status=Status.CLOSED))
    one.clock.advance(60_000)
    await one.run()
    assert (one.state(op), "closed" in one.desk.entry(op.id).reason) == (SendState.BLOCKED, True)
    one.desk.operations.retry(op.id)
    await one.run()
    assert one.state(op) is SendState.ACCEPTED


async def test_own_changes_in_a_row_leave_in_a_row(make: Make) -> None:
    one = await Sending(make()).begin()
    one.desk.operations.set_status([one.conversation_id], Status.RESOLVED)
    one.desk.operations.set_status([one.conversation_id], Status.OPEN)
    await one.run()
    assert [op.fields["status"] for op in one.connector.performed] == ["resolved", "open"]


async def test_files_leave_with_their_bytes_as_they_were(make: Make, tmp_path: Path) -> None:
    one = await Sending(make()).begin()
    path = tmp_path / "a.txt"
    path.write_text("before")
    one.reply(files=[path])
    path.write_text("after")
    await one.run()
    assert [file.data for file in one.connector.performed[0].files] == [b"before"]


async def test_mail_reply_carries_the_line_that_was_stored(make: Make) -> None:
    one = Sending(make())
    await one.desk.take(a_mail(1))
    [conversation] = one.desk.conversations()
    op = one.desk.operations.reply(conversation.id, "We are on it.")
    stored = one.desk.entry(op.id).payload["mail"]
    await one.run()
    line = one.connector.performed[0].mail
    assert line is not None
    assert (line.message_id, line.to, line.in_reply_to) == (stored["message_id"], (ANN,), "<m1@customer.example>")
