"""The engine, the cache and an agent's operations over a real mailbox: what comes in, goes out and travels back."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Iterator

import pytest

from omnitui.model.states import SendState
from omnitui.store.reads import history, ledger, outbox
from tests.support.mail_desk import MailDesk
from tests.support.mail_servers import MailServers, a_mail
from tests.support.sync_desk import until

pytestmark = pytest.mark.server


@pytest.fixture
def desk(servers: MailServers, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailDesk]:
    made = MailDesk(servers, monkeypatch)
    yield made
    made.session.close()


async def test_conversation_goes_back_and_forth_and_everything_is_shown_once(desk: MailDesk) -> None:
    desk.write("Where is my parcel?")
    async with desk.running():
        await until(lambda: len(desk.conversations()) == 1)
        [conversation] = desk.conversations()
        op = desk.session.operations.reply(conversation.id, "It left yesterday.")
        await until(lambda: desk.state(op) is SendState.ACCEPTED)
        await until(lambda: desk.servers.messages(desk.customer))
        [received] = desk.servers.messages(desk.customer)
        desk.answer(received, "Thank you!")
        await until(lambda: len(desk.texts(conversation)) == 3)
        desk.answer(received, "And my invoice?", subject="Invoice")
        await until(lambda: len(desk.conversations()) == 2)
    assert desk.texts(conversation) == ["Where is my parcel?", "It left yesterday.", "Thank you!"]
    hinted = next(one for one in desk.conversations() if one.id != conversation.id)
    assert hinted.may_belong_to == conversation.id
    assert len(desk.servers.messages(desk.address, "Sent")) == 1
    await desk.engine().once()
    assert len(desk.texts(conversation)) == 3


async def test_read_marks_travel_both_ways(desk: MailDesk) -> None:
    desk.write("one")
    async with desk.running():
        await until(lambda: len(desk.conversations()) == 1)
        [conversation] = desk.conversations()
        assert conversation.unread == 1
        desk.session.operations.mark_read([conversation.id])
        await until(lambda: "\\Seen" in desk.servers.flags(desk.address)[1])
        assert desk.conversations()[0].unread == 0
        await asyncio.sleep(1.5)
        with desk.servers.mailbox(desk.address) as client:
            client.uid("STORE", "1", "-FLAGS", "(\\Seen)")
        await until(lambda: desk.conversations()[0].unread == 1)


async def test_label_is_mirrored_as_a_keyword(desk: MailDesk) -> None:
    desk.write("one")
    async with desk.running():
        await until(lambda: len(desk.conversations()) == 1)
        desk.session.operations.label([desk.conversations()[0].id], add=["vip"])
        await until(lambda: any("vip" in flag for flag in desk.servers.flags(desk.address)[1]))


async def test_bounce_marks_the_reply_failed_with_the_servers_words(desk: MailDesk) -> None:
    desk.write("Where is my parcel?")
    await desk.engine().once()
    [conversation] = desk.conversations()
    op = desk.session.operations.reply(conversation.id, "It left yesterday.")
    await desk.engine().once()
    [received] = desk.servers.messages(desk.customer)
    message_id = email.message_from_bytes(received)["Message-ID"]
    bounce = (
        f"From: MAILER-DAEMON@mx.test\r\nTo: {desk.address}\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n"
        f"Final-Recipient: rfc822; {desk.customer}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 user unknown\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    )
    desk.servers.deliver(desk.address, bounce.encode(), "")
    await desk.engine().once()
    entry = desk.session.cache.read(outbox.entry, op.id)
    assert entry is not None
    assert entry.state is SendState.FAILED
    assert "user unknown" in entry.reason
    assert len(desk.conversations()) == 1


async def test_old_mail_is_loaded_behind_the_new_and_threads_as_if_it_had_come_in_order(
    servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = MailDesk(servers, monkeypatch, initial="10")

    def threads() -> Iterator[tuple[int, bytes]]:
        for number in range(120):
            matter = f"Matter {number % 30}"
            mail = a_mail(
                f"Re: {matter}" if number >= 30 else matter,
                f"text {number}",
                sender=desk.customer,
                to=desk.address,
                message_id=f"<{number}@customer.test>",
            )
            if number >= 30:
                mail["References"] = f"<{number - 30}@customer.test>"
            yield 1_700_000_000 + number, mail.as_bytes()

    servers.fill(desk.address, threads())
    await desk.engine().once()
    assert len(desk.conversations()) == 30
    assert all(len(desk.texts(one)) == 4 for one in desk.conversations())
    entry = desk.session.cache.read(ledger.entry, desk.account.id, "INBOX")
    assert entry is not None
    assert entry.complete_since == 0
    desk.session.close()


async def test_without_idle_the_server_is_asked_before_a_reply_leaves(
    plain_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = MailDesk(plain_servers, monkeypatch, poll_seconds="600")
    desk.write("Where is it?", "<first@customer.test>")
    async with desk.running():
        await until(lambda: desk.conversations())
        (talk,) = desk.conversations()
        more = a_mail("Re: A question", "Never mind, it has come.", sender=desk.customer, to=desk.address)
        more["In-Reply-To"] = "<first@customer.test>"
        plain_servers.deliver(desk.address, more, desk.customer)
        op = desk.session.operations.reply(talk.id, "It is on its way.")
        await until(lambda: desk.state(op) is SendState.BLOCKED)
    assert len(desk.session.cache.read(history.page, talk.id)) == 3
    assert plain_servers.messages(desk.customer) == []
    desk.session.close()
