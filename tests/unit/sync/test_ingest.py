"""What comes in is shown once, in the right place, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from omnitui.desk.belonging.tokens import reply_address
from omnitui.errors import Refused
from omnitui.model.accounts import GAP
from omnitui.model.states import Direction, MessageKind, Priority, SendState, Status
from omnitui.sdk import (
    Batch,
    ContactChanged,
    ConversationChanged,
    Event,
    Extent,
    FolderReset,
    MailFlags,
    MailLocation,
    MailReceived,
    MailVanished,
    MessageDeleted,
    Rated,
    ReadUpTo,
    Receipt,
    RemoteFile,
    Unsupported,
)
from omnitui.store.arriving import inflow
from omnitui.store.arriving.arrivals import locations, reply_key
from omnitui.store.blobs import Blobs
from omnitui.store.cache import Cache
from tests.support.connector import a_message
from tests.support.sync_desk import ANN, NOW, US, SyncDesk, a_mail


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SyncDesk]:
    made = SyncDesk(tmp_path)
    yield made
    made.close()


async def test_message_is_shown_once_when_it_comes_twice(desk: SyncDesk) -> None:
    await desk.take(a_message(1), a_message(1))
    await desk.take(a_message(1))
    [conversation] = desk.conversations()
    assert (conversation.contact, conversation.unread, conversation.status) == ("Ann", 1, Status.OPEN)
    assert [message.text for message in desk.messages()] == ["message 1"]


async def test_cursor_is_stored_with_the_rows_it_covers(desk: SyncDesk) -> None:
    await desk.take(a_message(1), cursor={"at": 1})
    assert desk.cache.read(inflow.cursor, desk.account.id, "") == {"at": 1}
    await desk.take(a_message(2))
    assert desk.cache.read(inflow.cursor, desk.account.id, "") == {"at": 1}


@pytest.mark.parametrize("once", [False, True])
async def test_what_comes_only_once_is_on_the_disk_before_more_is_asked_for(
    desk: SyncDesk, once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    commit, put = Cache.awrite, Blobs.put

    async def awrite(cache: Cache, work: Any, *, durable: bool = True) -> Any:
        asked.append(durable)
        return await commit(cache, work, durable=durable)

    def keep(blobs: Blobs, data: bytes, *, durable: bool = True) -> str:
        asked.append(durable)
        return put(blobs, data, durable=durable)

    monkeypatch.setattr(Cache, "awrite", awrite)
    monkeypatch.setattr(Blobs, "put", keep)
    files = (RemoteFile("a.txt", "text/plain", 1, data=b"a"),)
    await desk.ingest.commit(Batch((a_message(1, files=files), Unsupported("dance", b"!", NOW)), once=once))
    assert asked == [once] * 3


async def test_edit_replaces_the_text_when_its_revision_is_newer(desk: SyncDesk) -> None:
    await desk.take(a_message(1, "new", revision=2))
    await desk.take(a_message(1, "old", revision=1))
    assert [(message.text, message.edited) for message in desk.messages()] == [("new", True)]


@pytest.mark.parametrize("late", [False, True])
async def test_deletion_holds_whether_it_comes_before_or_after_its_message(desk: SyncDesk, late: bool) -> None:
    events: list[Event] = [MessageDeleted("m1", NOW), a_message(1), a_message(2)]
    for event in reversed(events) if late else events:
        await desk.take(event)
    await desk.take(a_message(1))
    assert [message.external_id for message in desk.messages()] == ["m2"]


@pytest.mark.parametrize("late", [False, True])
async def test_change_of_a_conversation_holds_whether_it_comes_before_or_after(desk: SyncDesk, late: bool) -> None:
    change = ConversationChanged("c1", 5, status=Status.RESOLVED, priority=Priority.HIGH, labels=("vip",))
    older = ConversationChanged("c1", 4, status=Status.WAITING, subject="About")
    for event in (a_message(1), change, older) if late else (change, older, a_message(1)):
        await desk.take(event)
    [conversation] = desk.conversations()
    assert conversation.priority is Priority.HIGH
    assert conversation.labels == ("vip",)
    assert conversation.subject == "About"


async def test_older_report_does_not_take_back_what_an_agent_changed_since(desk: SyncDesk) -> None:
    await desk.take(a_message(1))
    [conversation] = desk.conversations()
    desk.operations.set_status([conversation.id], Status.RESOLVED)
    await desk.take(ConversationChanged("c1", NOW - 1, status=Status.WAITING, priority=Priority.HIGH))
    assert [(one.status, one.priority) for one in desk.conversations()] == [(Status.RESOLVED, Priority.HIGH)]
    await desk.take(ConversationChanged("c1", NOW + 1, status=Status.CLOSED))
    assert desk.conversations()[0].status is Status.CLOSED


async def test_read_mark_of_ours_clears_unread_and_holds_for_what_comes_late(desk: SyncDesk) -> None:
    await desk.take(a_message(1), a_message(3))
    await desk.take(ReadUpTo("c1", a_message(2).sent_at, by_us=True))
    assert desk.conversations()[0].unread == 1
    await desk.take(a_message(2))
    assert desk.conversations()[0].unread == 1


async def test_read_mark_of_the_customer_marks_what_we_sent(desk: SyncDesk) -> None:
    await desk.take(
        a_message(1), a_message(2, direction=Direction.OUTGOING), a_message(4, direction=Direction.OUTGOING)
    )
    await desk.take(ReadUpTo("c1", a_message(3).sent_at))
    states = {message.external_id: message.state for message in desk.messages()}
    assert states == {"m1": None, "m2": SendState.READ, "m4": SendState.ACCEPTED}


async def test_receipt_waits_for_its_message(desk: SyncDesk) -> None:
    await desk.take(Receipt(SendState.DELIVERED, NOW, external_id="m1"))
    await desk.take(a_message(1, direction=Direction.OUTGOING))
    assert desk.messages()[0].state is SendState.DELIVERED


async def test_rating_and_contact_facts_are_kept(desk: SyncDesk) -> None:
    await desk.take(Rated("c1", 5, "good", at=2), Rated("c1", 1, "bad", at=1), a_message(1))
    await desk.take(ContactChanged("chat", "ann", organization="Acme", segment="vip", language="ja"))
    assert desk.conversations()[0].csat == 5


async def test_unknown_event_is_kept_raw_shown_and_counted(desk: SyncDesk) -> None:
    event = Unsupported("poll", b'{"poll": 1}', NOW, conversation="c1", channel="chat", inbox="desk")
    await desk.take(event, event)
    await desk.take(event, a_message(1))
    assert [(message.kind, message.author) for message in desk.messages()][-1] == (MessageKind.RAW, "poll")
    raw = next(message for message in desk.messages() if message.kind is MessageKind.RAW)
    assert desk.cache.blobs.get(raw.raw) == b'{"poll": 1}'
    [conversation] = desk.conversations()
    assert conversation.contact == "Ann"
    ledger = desk.ledger()
    assert ledger is not None
    assert ledger.unparsed == 1


async def test_what_nobody_can_place_is_answered_to_nobody(desk: SyncDesk) -> None:
    await desk.take(Unsupported("poll", b'{"poll": 1}', NOW, channel="chat", inbox="desk"))
    [conversation] = desk.conversations()
    with pytest.raises(Refused, match="reach no one"):
        desk.operations.reply(conversation.id, "Thank you")


async def test_files_that_came_along_are_blobs_and_others_stay_remote(desk: SyncDesk) -> None:
    files = (RemoteFile("a.txt", "text/plain", 5, b"hello"), RemoteFile("b.bin", "x/y", 9, remote={"id": 7}))
    await desk.take(a_message(1, "<p>Hi <b>you</b></p>", html=True, files=files))
    [message] = desk.messages()
    assert message.text.strip() == "Hi you"
    first, second = message.attachments
    assert desk.cache.blobs.get(first.sha256) == b"hello"
    assert (second.sha256, second.remote) == ("", {"id": 7})


async def test_message_in_a_conversation_closed_here_starts_a_new_one(desk: SyncDesk) -> None:
    await desk.take(a_message(1))
    [first] = desk.conversations()
    desk.operations.set_status([first.id], Status.CLOSED)
    await desk.take(a_message(1), a_message(2))
    old, new = desk.conversations()
    assert (old.status, new.status, new.may_belong_to) == (Status.CLOSED, Status.OPEN, old.id)
    assert [message.external_id for message in desk.messages(new.id)] == ["m2"]


async def test_ledger_tells_how_far_a_scope_is(desk: SyncDesk) -> None:
    await desk.ingest.commit(Batch((a_message(1),), 1, (Extent("room", 9, 500),), gap="two hours may be missing"))
    await desk.ingest.commit(Batch((), 2, (Extent("room", complete_since=400),)))
    room, whole = desk.ledger("room"), desk.ledger()
    assert room is not None
    assert whole is not None
    assert (room.remote_count, room.complete_since) == (9, 400)
    assert (whole.health, whole.cached_count) == ("ok", 1)


async def test_gap_stays_said_when_all_is_in_step_again(desk: SyncDesk) -> None:
    await desk.ingest.commit(Batch((), 1, gap="two hours may be missing"))
    await desk.ingest.commit(Batch((a_message(1),), 2))
    gap, whole = desk.ledger(GAP), desk.ledger()
    assert gap is not None
    assert whole is not None
    assert (gap.error, whole.error) == ("two hours may be missing", "")


# Mail


async def test_mail_is_one_message_wherever_it_lies(desk: SyncDesk) -> None:
    mail = a_mail(1)
    await desk.take(mail)
    await desk.take(replace(mail, location=MailLocation("Archive", 3, 7)), MailVanished(mail.location))
    await desk.take(FolderReset("Archive", 4), replace(mail, location=MailLocation("Archive", 4, 1)))
    [message] = desk.messages()
    assert message.subject == "Order 7"
    assert desk.cache.read(locations, [message.id]) == [("Archive", 4, 1)]


async def test_mail_with_a_reused_message_id_is_another_message(desk: SyncDesk) -> None:
    await desk.take(a_mail(1, text="one"), a_mail(1, text="two", uid=2))
    assert sorted(message.text.strip() for message in desk.messages()) == ["one", "two"]


async def test_reply_joins_in_whatever_order_a_thread_arrives(desk: SyncDesk) -> None:
    thread = [
        a_mail(1),
        a_mail(2, sender=US, to=[ANN], subject="Re: Order 7", answers=[1], direction=Direction.OUTGOING, folder="Sent"),
        a_mail(3, subject="Re: Order 7", answers=[1, 2]),
    ]
    for mail in reversed(thread):
        await desk.take(mail, history=True)
    [conversation] = desk.conversations()
    assert (conversation.subject, conversation.contact) == ("Order 7", ANN)
    assert len(desk.messages(conversation.id)) == 3


async def test_conversations_become_one_when_a_late_mail_proves_it(desk: SyncDesk) -> None:
    boss = "boss@customer.example"
    question = a_mail(1, sender=US, to=[ANN, boss], direction=Direction.OUTGOING)
    await desk.take(a_mail(2, answers=[1], subject="Re: Order 7"))
    await desk.take(a_mail(3, answers=[1], sender=boss, subject="Re: Order 7"))
    assert len(desk.conversations()) == 2
    await desk.take(question, history=True)
    [conversation] = desk.conversations()
    assert (len(desk.messages(conversation.id)), conversation.unread) == (3, 2)


async def test_conversations_that_agents_worked_in_stay_apart(desk: SyncDesk) -> None:
    boss = "boss@customer.example"
    await desk.take(a_mail(2, answers=[1], subject="Re: Order 7"))
    await desk.take(a_mail(3, answers=[1], sender=boss, subject="Re: Order 7"))
    for conversation in desk.conversations():
        desk.operations.label([conversation.id], add=["seen"])
    await desk.take(a_mail(1, sender=US, to=[ANN, boss], direction=Direction.OUTGOING))
    assert len(desk.conversations()) == 2


async def test_reply_to_our_token_joins_and_a_new_subject_does_not(desk: SyncDesk) -> None:
    await desk.take(a_mail(1))
    [first] = desk.conversations()
    address = reply_address(desk.cache.write(reply_key), US, first.id)
    await desk.take(a_mail(2, to=[address], subject="Re: Order 7", sender="other@customer.example"))
    await desk.take(a_mail(3, to=[address], subject="Invoice"))
    _first, second = desk.conversations()
    assert len(desk.messages(first.id)) == 2
    assert second.may_belong_to == first.id
    assert desk.messages(second.id)[0].placement.startswith("new_subject")


async def test_stranger_with_an_old_message_id_starts_a_conversation_of_its_own(desk: SyncDesk) -> None:
    await desk.take(a_mail(1), a_mail(2, sender="eve@evil.example", answers=[1], subject="Re: Order 7"))
    first, second = desk.conversations()
    assert (second.may_belong_to, len(desk.messages(first.id))) == (first.id, 1)


async def test_stranger_who_quotes_a_number_only_gets_a_hint(desk: SyncDesk) -> None:
    await desk.take(a_mail(1))
    [first] = desk.conversations()
    await desk.take(a_mail(2, sender="eve@evil.example", subject=f"About #{first.id[-8:]}"))
    assert desk.conversations()[1].may_belong_to == first.id


async def test_own_reply_found_in_sent_is_not_shown_twice(desk: SyncDesk) -> None:
    await desk.take(a_mail(1))
    [conversation] = desk.conversations()
    op = desk.operations.reply(conversation.id, "We are on it.")
    line = desk.entry(op.id).payload["mail"]
    copy = a_mail(
        9, sender=US, to=[ANN], subject="Re: Order 7", text="We are on it.", rfc_id=line["message_id"],
        direction=Direction.OUTGOING, folder="Sent",
    )  # fmt: skip
    await desk.take(copy)
    assert len(desk.messages(conversation.id)) == 2
    own = desk.messages(conversation.id)[-1]
    assert own.state is SendState.ACCEPTED
    assert desk.cache.read(locations, [own.id]) == [("Sent", 1, 9)]


async def test_answer_to_our_own_reply_joins_by_its_message_id(desk: SyncDesk) -> None:
    await desk.take(a_mail(1))
    [conversation] = desk.conversations()
    op = desk.operations.reply(conversation.id, "We are on it.")
    line = desk.entry(op.id).payload["mail"]
    await desk.take(a_mail(2, subject="Re: Order 7", answers=[line["message_id"]]))
    assert len(desk.conversations()) == 1


async def test_flags_travel_in_and_only_changes_of_them_count(desk: SyncDesk) -> None:
    mail = a_mail(1)
    await desk.take(mail)
    [conversation] = desk.conversations()
    desk.operations.mark_read([conversation.id])
    await desk.take(MailFlags(mail.location, seen=False, flagged=True))
    assert desk.conversations()[0].unread == 0
    await desk.take(MailFlags(mail.location, seen=True, flagged=True, keywords=("vip",)))
    await desk.take(MailFlags(mail.location, seen=False, flagged=True, keywords=("vip", "late")))
    assert (desk.conversations()[0].unread, desk.conversations()[0].labels) == (1, ("late", "vip"))


def a_bounce(number: int, original: str, recipient: str) -> MailReceived:
    raw = (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {US}\r\nSubject: Undelivered Mail\r\nMessage-ID: <d{number}@mx>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\n\r\nYour mail could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {original}\r\nSubject: Re\r\n\r\n--b--\r\n"
    )
    return replace(a_mail(number), raw=raw.encode())


async def test_bounce_marks_our_mail_failed_with_the_servers_words(desk: SyncDesk) -> None:
    await desk.take(a_mail(1))
    sent = a_mail(2, sender=US, to=[ANN], subject="Re: Order 7", answers=[1], direction=Direction.OUTGOING)
    bounce = a_bounce(3, "<m2@customer.example>", ANN)
    await desk.take(bounce)
    await desk.take(sent)
    failed = next(message for message in desk.messages() if message.state is not None)
    assert failed.state is SendState.FAILED
    assert "no such user" in failed.reason
    assert next(message for message in desk.messages() if "Undelivered" in message.subject).auto


async def test_bounce_about_somebody_we_did_not_write_to_changes_nothing(desk: SyncDesk) -> None:
    await desk.take(a_mail(2, sender=US, to=[ANN], direction=Direction.OUTGOING))
    await desk.take(a_bounce(3, "<m2@customer.example>", "eve@evil.example"))
    assert [message.state for message in desk.messages() if message.state] == [SendState.ACCEPTED]


async def test_automatic_reply_is_flagged_and_opens_nothing_again(desk: SyncDesk) -> None:
    await desk.take(a_mail(1))
    [conversation] = desk.conversations()
    desk.operations.set_status([conversation.id], Status.RESOLVED)
    await desk.take(a_mail(2, answers=[1], subject="Re: Order 7", extra=[("Auto-Submitted", "auto-replied")]))
    assert desk.conversations()[0].status is Status.RESOLVED
    await desk.take(a_mail(3, answers=[1], subject="Re: Order 7"))
    assert desk.conversations()[0].status is Status.OPEN


async def test_large_file_of_a_mail_stays_in_it_and_a_small_one_is_a_blob(desk: SyncDesk) -> None:
    from email import message_from_bytes
    from email.message import EmailMessage
    from email.policy import default

    mail = a_mail(1)
    parsed = message_from_bytes(mail.raw, policy=default)
    assert isinstance(parsed, EmailMessage)
    parsed.add_attachment(b"x" * 2_000_000, maintype="application", subtype="zip", filename="big.zip")
    parsed.add_attachment(b"small", maintype="application", subtype="zip", filename="small.zip")
    await desk.take(replace(mail, raw=parsed.as_bytes()))
    big, small = desk.messages()[0].attachments
    assert (big.sha256, big.size) == ("", 2_000_000)
    assert desk.cache.blobs.get(small.sha256) == b"small"
