"""Mail out, over a real SMTP server into real mailboxes."""

from __future__ import annotations

import asyncio
import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage, MIMEPart
from pathlib import Path

import pytest

from omnitui.clock import MINUTE, FrozenClock
from omnitui.sdk import (
    Accepted,
    Deferred,
    Found,
    MailFlags,
    MailReceived,
    NotFound,
    NotReady,
    Outbound,
    OutboundFile,
    RateLimited,
    Rejected,
    Unknowable,
    Unknown,
    Verb,
)
from tests.support.mail_account import Listening, MailAccount
from tests.support.mail_servers import MailServers, a_mail

pytestmark = pytest.mark.server


@pytest.fixture
def account(servers: MailServers, tmp_path: Path) -> MailAccount:
    return MailAccount(servers, servers.user(), tmp_path)


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def text_of(part: MIMEPart) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


async def until(condition: object, seconds: float = 30) -> None:
    """Poll: mailboxes of tests have no events of their own."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(condition):  # type: ignore[arg-type]  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_reply_reaches_the_customer_with_the_right_headers(account: MailAccount) -> None:
    customer = account.servers.user("customer")
    file = OutboundFile("請求書.pdf", "application/pdf", b"%PDF-1.7\r\n\x00\xff")
    op = account.reply(
        customer,
        "発送しました。\nhttps://example.com/t?a=1&b=2",
        files=(file,),
        subject="Re: 返品について",
        in_reply_to="<q@customer.test>",
        references=("<p@customer.test>", "<q@customer.test>"),
        reply_to=f"Support <{account.address.replace('@', '+token@')}>",
    )
    async with account.running() as connector:
        outcome = await connector.perform(op)
    assert isinstance(outcome, Accepted)
    assert op.mail is not None
    assert outcome.external_id == op.mail.message_id
    assert outcome.outcomes[customer].startswith("250")
    assert account.marks == [op.op_id]
    (raw,) = account.servers.messages(customer)
    mail = parsed(raw)
    assert mail["Message-ID"] == op.mail.message_id
    assert mail["In-Reply-To"] == "<q@customer.test>"
    assert mail["References"] == "<p@customer.test> <q@customer.test>"
    assert mail["Subject"] == "Re: 返品について"
    assert mail["From"] == f"Support <{account.address}>"
    assert "+token@" in mail["Reply-To"]
    assert mail["Auto-Submitted"] is None
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert text_of(plain) == "発送しました。\nhttps://example.com/t?a=1&b=2\n"
    assert '<a href="https://example.com/t?a=1&amp;b=2">' in page.get_content()
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("請求書.pdf", file.data)


async def test_blind_copies_are_in_the_envelope_only(account: MailAccount) -> None:
    customer, copy, blind = (account.servers.user(name) for name in ("customer", "copy", "blind"))
    async with account.running() as connector:
        await connector.perform(account.reply(customer, cc=(copy,), bcc=(blind,)))
    for address in (customer, copy, blind):
        (raw,) = account.servers.messages(address)
        assert parsed(raw)["Cc"] == copy
        assert blind.encode() not in raw.partition(b"\r\nFrom:")[2]


async def test_what_was_sent_is_filed_in_sent_once(account: MailAccount) -> None:
    customer = account.servers.user("customer")
    op = account.reply(customer)
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
        await connector.perform(op)
        await heard.until(lambda: heard.of(MailReceived))
        # The same op sent again, as after a crash in which its answer was lost.
        await connector.perform(op)
        await until(lambda: not list(account.folder.glob("sent/*")))
    filed = account.servers.messages(account.address, "Sent")
    assert len(filed) == 1
    assert heard.of(MailReceived)[0].direction.value == "outgoing"
    assert filed[0] in account.servers.messages(customer)[0].replace(b"\r\n", b"\r\n")


async def test_what_could_not_be_filed_in_sent_is_filed_later(account: MailAccount) -> None:
    op = account.reply(account.servers.user("customer"))
    async with account.running(imap_port="1") as connector:
        assert isinstance(await connector.perform(op), Accepted)
        await until(lambda: any("waits to be filed" in line for line in account.lines))
    assert account.servers.messages(account.address, "Sent") == []
    async with account.running() as connector, Listening(connector) as heard:
        await heard.until(lambda: heard.of(MailReceived))
    assert len(account.servers.messages(account.address, "Sent")) == 1


async def test_nothing_is_filed_where_the_server_does_it(account: MailAccount) -> None:
    op = account.reply(account.servers.user("customer"))
    async with account.running(sent="server") as connector:
        await connector.perform(op)
        await until(lambda: not list(account.folder.glob("sent/*")))
    assert account.servers.messages(account.address, "Sent") == []


async def test_a_refused_recipient_is_rejected_in_the_servers_own_words(account: MailAccount) -> None:
    async with account.running() as connector:
        outcome = await connector.perform(account.reply("bounce@example.test"))
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "550 5.1.1 no such user here"
    assert account.marks == []


async def test_a_refused_copy_does_not_keep_the_reply_back_and_is_named(account: MailAccount) -> None:
    customer = account.servers.user("customer")
    async with account.running() as connector:
        outcome = await connector.perform(account.reply(customer, cc=("bounce@example.test",)))
    assert isinstance(outcome, Accepted)
    assert outcome.outcomes["bounce@example.test"].startswith("550")
    assert len(account.servers.messages(customer)) == 1


@pytest.mark.parametrize(
    ("recipient", "fault", "words"),
    [
        ("defer@example.test", Deferred, "451 4.7.1 greylisted"),
        ("busy@example.test", RateLimited, "421 4.3.2 too many connections"),
        ("later@example.test", Deferred, "451 4.3.0 try again later"),
    ],
)
async def test_a_temporary_refusal_is_a_fault_with_the_servers_words(
    account: MailAccount, recipient: str, fault: type[Exception], words: str
) -> None:
    async with account.running() as connector:
        with pytest.raises(fault, match=words):
            await connector.perform(account.reply(recipient))


async def test_a_refusal_after_the_text_is_rejected(account: MailAccount) -> None:
    async with account.running() as connector:
        outcome = await connector.perform(account.reply("full@example.test"))
    assert isinstance(outcome, Rejected)
    assert outcome.reason.startswith("552 5.2.2")


@pytest.mark.parametrize("recipient", ["cut", "lost"])
async def test_a_line_that_breaks_after_the_mark_leaves_it_unknown(account: MailAccount, recipient: str) -> None:
    customer = account.servers.user(recipient)
    op = account.reply(customer)
    async with account.running() as connector:
        outcome = await connector.perform(op)
        assert isinstance(outcome, Unknown)
        assert isinstance(await connector.reconcile(op), Unknowable)
    assert account.marks == [op.op_id]
    assert len(account.servers.messages(customer)) == (1 if recipient == "cut" else 0)


async def test_reconcile_finds_what_lies_in_sent_and_absence_proves_only_where_the_server_files(
    servers: MailServers, tmp_path: Path
) -> None:
    clock = FrozenClock()
    account = MailAccount(servers, servers.user(), tmp_path, clock=clock)
    sent, other = account.reply(servers.user("customer")), account.reply(servers.user("customer"))
    async with account.running(sent="append") as connector:
        await connector.perform(sent)
        await until(lambda: not list(tmp_path.glob("sent/*")))
        assert sent.mail is not None
        assert await connector.reconcile(sent) == Found(sent.mail.message_id)
        assert isinstance(await connector.reconcile(other), Unknowable)
    async with account.running(sent="server") as connector:
        with pytest.raises(NotReady, match="not in Sent yet"):
            await connector.reconcile(other)
        clock.advance(2 * MINUTE)
        assert await connector.reconcile(other) == NotFound()


async def test_process_that_starts_anew_knows_since_when_the_server_had_time_to_file_a_mail(
    servers: MailServers, tmp_path: Path
) -> None:
    """Else one that is begun every minute, and ends soon, could never tell."""
    clock = FrozenClock()
    account = MailAccount(servers, servers.user(), tmp_path, clock=clock)
    op = account.reply(servers.user("lost"))
    async with account.running(sent="server") as connector:
        assert isinstance(await connector.perform(op), Unknown)
    async with account.running(sent="server") as connector:
        with pytest.raises(NotReady, match="not in Sent yet"):
            await connector.reconcile(op)
    clock.advance(2 * MINUTE)
    async with account.running(sent="server") as connector:
        assert await connector.reconcile(op) == NotFound()


async def test_the_mark_is_committed_before_the_server_has_the_mail(account: MailAccount) -> None:
    customer = account.servers.user("customer")
    there: list[int] = []
    account.on_mark = lambda: there.append(
        sum(customer in envelope.rcpt_tos for envelope in account.servers.smtp.accepted)
    )
    async with account.running() as connector:
        await connector.perform(account.reply(customer))
    assert there == [0]
    assert len(account.servers.messages(customer)) == 1


async def test_nothing_leaves_where_the_mark_cannot_be_committed(account: MailAccount) -> None:
    customer = account.servers.user("customer")

    def full_disk() -> None:
        raise OSError("no space left on device")

    account.on_mark = full_disk
    async with account.running() as connector:
        with pytest.raises(OSError, match="no space"):
            await connector.perform(account.reply(customer))
    await asyncio.sleep(0.2)
    assert account.servers.messages(customer) == []


async def test_a_mail_over_the_servers_size_is_rejected_before_it_is_sent(account: MailAccount) -> None:
    files = tuple(OutboundFile(f"{n}.bin", "application/octet-stream", bytes(15_000_000)) for n in range(2))
    async with account.running() as connector:
        outcome = await connector.perform(account.reply(account.servers.user("customer"), files=files))
    assert isinstance(outcome, Rejected)
    assert "takes at most 30,000,000" in outcome.reason


async def test_a_large_mail_with_lines_of_dots_arrives_unchanged(account: MailAccount) -> None:
    customer = account.servers.user("customer")
    data = b".\r\n..\r\n" * 200_000
    op = account.reply(
        customer, ".\n..\n.end", files=(OutboundFile("dots.txt", "text/plain", data),), subject="x" * 200
    )
    async with account.running() as connector:
        assert isinstance(await connector.perform(op), Accepted)
    mail = parsed(account.servers.messages(customer)[0])
    (attached,) = mail.iter_attachments()
    assert attached.get_payload(decode=True) == data
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert text_of(plain) == ".\n..\n.end\n"


async def test_an_address_that_is_not_ascii_is_sent_where_the_server_can(account: MailAccount) -> None:
    async with account.running() as connector:
        assert isinstance(await connector.perform(account.reply("用户@example.test")), Accepted)
        assert account.servers.smtp.accepted[-1].rcpt_tos == ["用户@example.test"]
        account.servers.smtp.smtputf8 = False
        try:
            refused = await connector.perform(account.reply("用户@example.test"))
        finally:
            account.servers.smtp.smtputf8 = True
    assert isinstance(refused, Rejected)
    assert "SMTPUTF8" in refused.reason


async def test_a_mail_accepted_and_then_bounced_comes_back_as_a_report(account: MailAccount) -> None:
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
        op = account.reply("returned@example.test")
        assert isinstance(await connector.perform(op), Accepted)
        await heard.until(lambda: "Undelivered Mail Returned to Sender" in heard.subjects())
    report = next(event for event in heard.of(MailReceived) if b"delivery-status" in event.raw)
    assert op.mail is not None
    assert op.mail.message_id.encode() in report.raw


def an_op(verb: Verb, heard: Listening, **fields: object) -> Outbound:
    mail = heard.of(MailReceived)[0]
    place = [mail.location.folder, mail.location.uidvalidity, mail.location.uid]
    return Outbound("01JOP", verb, "key", "", mail.inbox, "email", "", locations=(place,), fields=fields)


async def test_read_marks_and_labels_go_to_the_mailbox_and_back(account: MailAccount) -> None:
    account.servers.deliver(account.address, a_mail(to=account.address))
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
        assert isinstance(await connector.perform(an_op(Verb.READ, heard, read=True)), Accepted)
        await connector.perform(an_op(Verb.LABEL, heard, add=["vip", "返金"], remove=[]))
        await heard.until(lambda: any("返金" in flags.keywords for flags in heard.of(MailFlags)))
        assert {"\\Seen", "vip", "&j9SR0Q-"} <= account.servers.flags(account.address)[1]
        await connector.perform(an_op(Verb.READ, heard, read=False))
        await connector.perform(an_op(Verb.LABEL, heard, add=[], remove=["vip"]))
        await heard.until(lambda: heard.of(MailFlags)[-1].keywords == ("返金",) and not heard.of(MailFlags)[-1].seen)
    assert account.servers.flags(account.address)[1] & {"\\Seen", "vip"} == set()


async def test_a_mail_that_came_after_an_earlier_change_can_be_changed_too(
    account: MailAccount,
) -> None:
    account.servers.deliver(account.address, a_mail(to=account.address))
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
        await connector.perform(an_op(Verb.READ, heard, read=True))
        account.servers.deliver(account.address, a_mail("A second question", to=account.address))
        await heard.until(lambda: len(heard.of(MailReceived)) == 2)
        first = an_op(Verb.READ, heard, read=True)
        folder, uidvalidity, uid = first.locations[0]
        await connector.perform(replace(first, locations=([folder, uidvalidity, uid + 1],)))
        assert "\\Seen" in account.servers.flags(account.address)[2]


async def test_a_stale_place_is_left_alone(account: MailAccount) -> None:
    account.servers.deliver(account.address, a_mail(to=account.address))
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
        op = an_op(Verb.READ, heard, read=True)
        folder, uidvalidity, uid = op.locations[0]
        await connector.perform(replace(op, locations=([folder, uidvalidity + 1, uid],)))
    assert "\\Seen" not in account.servers.flags(account.address)[1]


@pytest.mark.parametrize("server", ["servers", "plain_servers"])
async def test_resolving_moves_to_archive_where_the_account_says_so_and_reopening_moves_back(
    server: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    servers: MailServers = request.getfixturevalue(server)
    account = MailAccount(servers, servers.user(), tmp_path, {"archive": "yes"})
    servers.deliver(account.address, a_mail(to=account.address))
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
        op = an_op(Verb.STATUS, heard, status="resolved")
        await connector.perform(op)
        await connector.perform(op)
        await heard.until(lambda: heard.of(MailReceived)[-1].location.folder == "Archive")
        assert servers.messages(account.address) == []
        assert len(servers.messages(account.address, "Archive")) == 1
        place = heard.of(MailReceived)[-1].location
        back = replace(op, fields={"status": "open"}, locations=([place.folder, place.uidvalidity, place.uid],))
        await connector.perform(back)
    assert len(servers.messages(account.address)) == 1
