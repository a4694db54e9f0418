"""Mail when things go wrong: servers that die, lines that break, mailboxes made anew."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from omnitui_email import uids as uidset

from omnitui.sdk import (
    Accepted,
    AuthFailed,
    Fault,
    FolderReset,
    MailReceived,
    NotReady,
    RateLimited,
    Unknown,
    Unreachable,
)
from tests.support.mail_account import Listening, MailAccount
from tests.support.mail_servers import MailServers, a_mail
from tests.support.promises import Promise
from tests.support.proxy import FaultyProxy
from tests.support.scripted import scripted

pytestmark = pytest.mark.server


@pytest.fixture
def account(servers: MailServers, tmp_path: Path) -> MailAccount:
    return MailAccount(servers, servers.user(), tmp_path)


async def test_check_says_what_was_learnt(account: MailAccount) -> None:
    async with account.running() as connector:
        health = await connector.check()
    assert health.ok
    assert account.address in health.message
    assert health.learnt is not None
    assert health.learnt["sent_filed_by_server"] == "no"
    assert health.learnt["sent_folder"] == "Sent"
    assert (health.learnt["push"], health.learnt["resync"]) == ("idle", "qresync")


@pytest.mark.parametrize(
    ("changed", "words", "hint"),
    [
        ({"imap_port": "1"}, "refuses connections", "port"),
        ({"imap_host": "no-such-host.invalid", "smtp_host": "127.0.0.1"}, "not known to the name service", "name"),
        ({"folders": "INBOX, Nowhere"}, "no folder Nowhere", "there are: Archive"),
        ({"smtp_port": "1"}, "SMTP: 127.0.0.1:1 refuses connections", "port"),
        ({"imap_security": "tls", "imap_host": "localhost"}, "TLS failed", "starttls"),
        ({"ca_file": "/no/such/file.pem"}, "ca_file", ""),
    ],
)
async def test_check_says_plainly_what_is_wrong(
    account: MailAccount, changed: dict[str, str], words: str, hint: str
) -> None:
    async with account.running(**changed) as connector:
        health = await connector.check()
    assert not health.ok
    assert words in health.message
    assert hint in health.hint


async def test_a_refused_login_asks_the_person_with_the_servers_words(account: MailAccount) -> None:
    account.secrets = {"password": "wrong"}
    async with account.running() as connector:
        health = await connector.check()
        assert not health.ok
        assert "Authentication failed" in health.message
        assert health.hint == "check username and password"
        async with Listening(connector) as heard:
            assert isinstance(await heard.failed(), AuthFailed)
        with pytest.raises(AuthFailed, match="535"):
            await connector.perform(account.reply("customer@example.test"))


def a_mailbox(bodies: dict[int, bytes]) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]:
    """A poor IMAP server with an INBOX: what it answers to a request for each mail's body."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")
        count = len(bodies)
        answers = {
            b"LIST": b'* LIST () "/" INBOX\r\n',
            b"SELECT": b"* %d EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT %d] ok\r\n" % (count, count + 1),
            b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
        }
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                tag, command, *rest = line.split()
                if command == b"AUTHENTICATE":
                    writer.write(b"+ \r\n")
                    await reader.readline()
                said = answers.get(command, b"")
                verdict = b" OK done\r\n"
                if rest[:1] == [b"SEARCH"]:
                    said = b"* SEARCH " + b" ".join(b"%d" % uid for uid in bodies) + b"\r\n"
                elif b"BODY.PEEK[]" in line:
                    wanted = [
                        uid for uid in bodies if uid in set(uidset.newest_first(uidset.parse(rest[1].decode()), 99))
                    ]
                    if any(bodies[uid].startswith(b"NO") for uid in wanted):
                        verdict = b" NO [SERVERBUG] it is damaged\r\n"
                    else:
                        said = b"".join(b"* %d FETCH (UID %d BODY[] %s)\r\n" % (u, u, bodies[u]) for u in wanted)
                elif rest[:1] == [b"FETCH"]:
                    row = b'* %d FETCH (UID %d RFC822.SIZE 100 INTERNALDATE "05-May-2025 09:00:00 +0000" FLAGS ())\r\n'
                    said = b"".join(row % (uid, uid) for uid in bodies)
                writer.write(said + tag + verdict)

    return serve


async def test_a_literal_larger_than_agreed_is_refused_before_it_is_read(account: MailAccount) -> None:
    async with (
        scripted(a_mailbox({1: b"{99999999999}\r\nfirst of many"})) as port,
        account.running(imap_port=str(port), folders="INBOX") as connector,
        Listening(connector) as heard,
    ):
        error = await heard.failed()
    assert isinstance(error, NotReady)
    assert "99999999999" in error.message


async def test_a_mail_that_the_server_refuses_to_give_is_named_and_keeps_back_no_other(account: MailAccount) -> None:
    good = b"{15}\r\nSubject: fine\r\n"
    async with (
        scripted(a_mailbox({1: good, 2: b"NO", 3: b"NIL", 4: good})) as port,
        account.running(imap_port=str(port), folders="INBOX") as connector,
        Listening(connector) as heard,
    ):
        await heard.caught_up()
    assert [event.location.uid for event in heard.of(MailReceived)] == [4, 3, 1]
    assert heard.subjects() == ["fine", "", "fine"]
    (gap,) = (batch.gap for batch in heard.batches if batch.gap)
    assert "INBOX: the server refuses to give mail 2" in gap
    assert "it is damaged" in gap


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"NO [LIMIT] Too many simultaneous connections", RateLimited),
        (b"NO [UNAVAILABLE] backend down", NotReady),
        (b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", AuthFailed),
    ],
)
async def test_a_refused_login_is_told_apart_from_a_busy_server(
    account: MailAccount, answer: bytes, fault: type[Exception]
) -> None:
    async def imap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        while line := await reader.readline():
            known = b"* CAPABILITY IMAP4rev1\r\n" if b"CAPABILITY" in line else b""
            writer.write(known + line.split()[0] + b" " + (b"OK done" if known else answer) + b"\r\n")

    async with (
        scripted(imap) as port,
        account.running(imap_port=str(port)) as connector,
        Listening(connector) as heard,
    ):
        assert type(await heard.failed()) is fault


async def test_a_line_cut_in_the_middle_of_a_login_is_no_refused_login(account: MailAccount) -> None:
    async def imap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        while (line := await reader.readline()) and b"LOGIN" not in line and b"AUTHENTICATE" not in line:
            writer.write(b"* CAPABILITY IMAP4rev1\r\n" + line.split()[0] + b" OK done\r\n")
        writer.close()

    async with (
        scripted(imap) as port,
        account.running(imap_port=str(port)) as connector,
        Listening(connector) as heard,
    ):
        assert type(await heard.failed()) is Unreachable


async def test_a_mailbox_made_anew_is_handed_over_again_without_its_old_places(account: MailAccount) -> None:
    mails = [a_mail(f"mail {number}", to=account.address) for number in range(3)]
    with account.servers.mailbox(account.address) as other:
        other.create("Desk")
        for mail in mails:
            other.append("Desk", "", "", mail.as_bytes())
    settings = {"folders": "Desk", "initial": "2"}
    async with account.running(**settings) as connector, Listening(connector) as heard:
        await heard.caught_up()
        old = heard.of(MailReceived)
    with account.servers.mailbox(account.address) as other:
        other.delete("Desk")
        # UIDVALIDITY is a time in seconds.
        await asyncio.sleep(1.1)
        other.create("Desk")
        for mail in mails:
            other.append("Desk", "", "", mail.as_bytes())
    async with account.running(**settings) as connector, Listening(connector, heard.cursor) as again:
        await again.caught_up()
    (reset,) = again.of(FolderReset)
    assert again.events[0] == reset
    new = again.of(MailReceived)
    assert reset.uidvalidity == new[0].location.uidvalidity != old[0].location.uidvalidity
    assert len(old) == 2
    assert {event.raw for event in old} < {event.raw for event in new}
    assert len(new) == 3


async def test_a_server_that_is_killed_is_a_fault_and_nothing_is_lost_when_it_is_back(
    own_servers: MailServers, tmp_path: Path
) -> None:
    account = MailAccount(own_servers, own_servers.user(), tmp_path)
    own_servers.deliver(account.address, a_mail("before", to=account.address))
    async with account.running() as connector:
        async with Listening(connector) as heard:
            await heard.caught_up()
            own_servers.dovecot.kill()
            assert isinstance(await heard.failed(), NotReady)
        async with Listening(connector, heard.cursor) as down:
            assert isinstance(await down.failed(), NotReady)
        own_servers.dovecot.start()
        own_servers.deliver(account.address, a_mail("after", to=account.address))
        async with Listening(connector, heard.cursor) as again:
            await again.until(lambda: "after" in again.subjects())
            assert again.subjects() == ["after"]
            assert isinstance(await connector.perform(account.reply(own_servers.user())), Accepted)


async def test_a_slow_and_slicing_line_only_takes_longer(account: MailAccount) -> None:
    servers = account.servers
    for number in range(5):
        servers.deliver(account.address, a_mail(f"mail {number}", "x" * 5_000, to=account.address))
    customer = servers.user("customer")
    async with (
        FaultyProxy(servers.dovecot.imap_port, latency=0.002, slice_size=97) as imap,
        FaultyProxy(servers.smtp.port, latency=0.002, slice_size=31) as smtp,
        account.running(imap_port=str(imap.port), smtp_port=str(smtp.port)) as connector,
        Listening(connector) as heard,
    ):
        await heard.caught_up()
        assert isinstance(await connector.perform(account.reply(customer)), Accepted)
    assert sorted(heard.subjects()) == [f"mail {number}" for number in range(5)]
    assert len(servers.messages(customer)) == 1


async def test_an_imap_line_cut_anywhere_loses_nothing_and_repeats_no_committed_batch(
    account: MailAccount, promise: Promise
) -> None:
    servers = account.servers
    servers.fill(
        account.address,
        (
            (1_700_000_000 + number, a_mail(f"m{number:02}", "x" * 3_000, to=account.address).as_bytes())
            for number in range(60)
        ),
    )
    cursor = None
    locations = []
    cut = 200
    async with FaultyProxy(servers.dovecot.imap_port) as proxy:
        while True:
            proxy.cut_after = cut
            async with (
                account.running(imap_port=str(proxy.port), folders="INBOX") as connector,
                Listening(connector, cursor) as heard,
            ):
                with contextlib.suppress(Fault, TimeoutError):
                    await heard.caught_up()
            cursor = heard.cursor
            locations += [event.location.uid for event in heard.of(MailReceived)]
            if heard.batches and heard.batches[-1].caught_up:
                break
            cut = cut * 3
    assert sorted(locations) == list(range(1, 61))
    promise(
        "A line that breaks while mail comes in loses none and brings none twice.",
        f"{len(locations)} mails over a line that was cut until they were there: 0 lost, 0 twice",
    )


async def test_an_smtp_line_cut_anywhere_is_never_called_accepted_or_sent_twice(
    account: MailAccount, promise: Promise
) -> None:
    """What the server says is cut off after ever more bytes: before the mark it is a fault, after it unknown."""
    servers = account.servers
    told = set()
    async with FaultyProxy(servers.smtp.port) as proxy, account.running(smtp_port=str(proxy.port)) as connector:
        for cut in range(0, 400, 40):
            customer = servers.user("customer")
            op = account.reply(customer)
            proxy.cut_after = cut
            try:
                outcome = await connector.perform(op)
            except NotReady:
                told.add("fault")
                assert op.op_id not in account.marks
                assert servers.messages(customer) == []
                continue
            told.add(type(outcome).__name__)
            assert op.op_id in account.marks
            assert isinstance(outcome, Accepted | Unknown)
            if isinstance(outcome, Accepted):
                assert len(servers.messages(customer)) == 1
    assert {"fault", "Accepted"} <= told
    promise(
        "A line that breaks while a reply leaves never makes it be called sent that is not, or be sent twice.",
        f"{len(range(0, 400, 40))} lines cut after ever more bytes: 0 called sent that were not, 0 sent twice",
    )


async def test_a_server_that_goes_deaf_is_a_fault_in_bounded_time(account: MailAccount) -> None:
    servers = account.servers
    async with (
        FaultyProxy(servers.dovecot.imap_port, deaf=True) as imap,
        FaultyProxy(servers.smtp.port, deaf=True) as smtp,
        account.running(imap_port=str(imap.port), smtp_port=str(smtp.port), timeout="2") as connector,
    ):
        async with Listening(connector) as heard:
            assert isinstance(await heard.failed(), NotReady)
        with pytest.raises(NotReady):
            await connector.perform(account.reply("customer@example.test"))


async def test_closing_ends_the_stream_at_once_and_without_an_error(account: MailAccount) -> None:
    connector = account.connector(poll_seconds="600")
    async with Listening(connector) as heard:
        await heard.caught_up()
        await connector.close()
        await connector.close()
        assert heard._task is not None
        await asyncio.wait_for(asyncio.shield(heard._task), 60)
        assert heard.error is None
