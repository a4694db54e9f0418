"""What is looked at once more before it leaves, and what other verbs take along."""

from __future__ import annotations

from pathlib import Path

from omnitui.clock import HOUR
from omnitui.config.settings import Replies, Settings
from omnitui.model.states import Direction, SendState, Status, Verb
from omnitui.sdk import (
    ConversationChanged,
    NotReady,
    Person,
)
from omnitui.services.session import Session
from omnitui.store.reads import oplog, rules
from tests.support.connector import CHANNEL, a_message
from tests.support.console import a_profile
from tests.support.ruled import a_rule, ruled
from tests.support.sending import Make, Sending
from tests.support.sync_desk import ANN, a_mail


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


async def test_what_a_rule_answers_is_not_blocked_by_a_customer_who_writes_again(make: Make) -> None:
    one = await Sending(make()).begin()
    op = one.reply("We are closed.", hold=8_000, reason="rule away: a message came")
    await one.desk.take(a_message(2, at=one.clock.now() + 1_000))
    one.clock.advance(9_000)
    await one.run()
    assert (one.state(op), one.sent) == (SendState.ACCEPTED, ["We are closed."])


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


async def test_reply_of_a_rule_is_blocked_when_its_window_closes_while_it_is_held(make: Make, tmp_path: Path) -> None:
    one = await Sending(make(window=HOUR)).begin()
    settings = Settings(replies=Replies(hold_by_channel={CHANNEL: 8}))
    session = Session(a_profile(tmp_path / "profile"), settings, one.desk.cache, one.desk.cache.bus)
    ruling = ruled(session, a_rule("away", "message", '{reply = "We are closed."}, {label = "late"}'))
    await one.desk.take(a_message(2, at=one.clock.now() + 1))
    one.clock.advance(HOUR - 5_000)
    ruling.work()
    (firing,) = one.desk.cache.read(rules.firings)
    (op,) = (each for each in one.desk.cache.read(oplog.group, firing.id) if each.verb is Verb.REPLY)
    assert one.state(op) is SendState.HELD
    one.clock.advance(9_000)
    await one.run()
    assert (one.state(op), one.desk.entry(op.id).reason) == (SendState.BLOCKED, "the reply window has closed")
    assert "We are closed." not in one.sent
    assert one.desk.conversations()[0].labels == ("late",)
    session.operations.undo(firing.id)
    assert one.state(op) is SendState.CANCELED
    await one.desk.take(a_message(3, at=one.clock.now()))
    one.clock.advance(2 * HOUR)
    ruling.work()
    assert len(one.desk.cache.read(rules.firings)) == 1, "asked after the window had closed, it does none of its steps"
    assert one.desk.cache.read(rules.states)["away"].failed_why == "the reply window has closed"


async def test_blocked_reply_holds_up_later_words_but_not_a_label(make: Make) -> None:
    one = await Sending(make()).begin()
    one.reply("one", hold=8_000)
    one.clock.advance(9_000)
    await one.desk.take(a_message(2, at=one.clock.now() - 500))
    [label] = one.desk.operations.label([one.conversation_id], add=["vip"])
    later = one.reply("two")
    await one.run()
    assert (one.state(later), one.state(label)) == (SendState.QUEUED, SendState.ACCEPTED)


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
