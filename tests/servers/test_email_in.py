"""Mail in, over a real Dovecot."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from omnitui_email import watch

from omnitui.sdk import Direction, MailFlags, MailReceived, MailVanished
from tests.support.mail_account import Listening, MailAccount
from tests.support.mail_servers import MailServers, a_mail
from tests.support.proxy import FaultyProxy

pytestmark = pytest.mark.server


@pytest.fixture
def account(servers: MailServers, tmp_path: Path) -> MailAccount:
    return MailAccount(servers, servers.user(), tmp_path)


async def test_first_sync_brings_what_is_there_newest_first(account: MailAccount) -> None:
    for number in range(3):
        account.servers.deliver(account.address, a_mail(f"mail {number}", to=account.address))
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
    assert heard.subjects() == ["mail 2", "mail 1", "mail 0"]
    mail = heard.of(MailReceived)[0]
    assert mail.inbox == account.address
    assert mail.direction is Direction.INCOMING
    assert not mail.seen
    inbox = [extent for batch in heard.batches for extent in batch.extents if extent.scope == "INBOX"]
    assert inbox[-1].remote_count == 3
    assert inbox[-1].complete_since == 0


async def test_a_new_mail_arrives_by_idle(account: MailAccount) -> None:
    async with account.running(poll_seconds="600") as connector, Listening(connector) as heard:
        await heard.caught_up()
        account.servers.deliver(account.address, a_mail("live", to=account.address))
        await heard.until(lambda: "live" in heard.subjects())


async def test_a_new_mail_arrives_by_polling_where_nothing_better_is_offered(
    plain_servers: MailServers, tmp_path: Path
) -> None:
    account = MailAccount(plain_servers, plain_servers.user(), tmp_path)
    plain_servers.deliver(account.address, a_mail("first", to=account.address))
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
        plain_servers.deliver(account.address, a_mail("second", to=account.address))
        await heard.until(lambda: "second" in heard.subjects())
        with plain_servers.mailbox(account.address) as other:
            other.uid("STORE", "1", "+FLAGS.SILENT", "(\\Seen)")
            await heard.until(lambda: any(flags.location.uid == 1 and flags.seen for flags in heard.of(MailFlags)))
            other.uid("STORE", "1", "+FLAGS.SILENT", "(\\Deleted)")
            other.expunge()
        await heard.until(lambda: [gone.location.uid for gone in heard.of(MailVanished)] == [1])
    assert heard.subjects() == ["first", "second"]


async def test_what_vanished_while_away_is_told_where_the_server_keeps_no_record(
    plain_servers: MailServers, tmp_path: Path
) -> None:
    account = MailAccount(plain_servers, plain_servers.user(), tmp_path)
    for number in range(4):
        plain_servers.deliver(account.address, a_mail(f"mail {number}", to=account.address))
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
    with plain_servers.mailbox(account.address) as other:
        other.uid("STORE", "2:3", "+FLAGS.SILENT", "(\\Deleted)")
        other.expunge()
    async with account.running() as connector, Listening(connector, heard.cursor) as again:
        await again.caught_up()
    assert sorted(gone.location.uid for gone in again.of(MailVanished)) == [2, 3]
    assert again.subjects() == []


async def test_a_restart_with_qresync_tells_only_what_changed(account: MailAccount) -> None:
    for number in range(4):
        account.servers.deliver(account.address, a_mail(f"mail {number}", to=account.address))
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
    with account.servers.mailbox(account.address) as other:
        other.uid("STORE", "1", "+FLAGS.SILENT", "(\\Seen \\Flagged)")
        other.uid("STORE", "2", "+FLAGS.SILENT", "(\\Deleted)")
        other.expunge()
    account.servers.deliver(account.address, a_mail("mail 4", to=account.address))
    async with account.running() as connector, Listening(connector, heard.cursor) as again:
        await again.caught_up()
    assert again.subjects() == ["mail 4"]
    assert [(flags.location.uid, flags.seen, flags.flagged) for flags in again.of(MailFlags)] == [(1, True, True)]
    assert [gone.location.uid for gone in again.of(MailVanished)] == [2]


async def test_vanished_and_flags_are_told_while_idling(account: MailAccount) -> None:
    for number in range(3):
        account.servers.deliver(account.address, a_mail(f"mail {number}", to=account.address))
    async with account.running(poll_seconds="600") as connector, Listening(connector) as heard:
        await heard.caught_up()
        with account.servers.mailbox(account.address) as other:
            other.uid("STORE", "1", "+FLAGS.SILENT", "(\\Seen vip &j9SR0Q-)")
            await heard.until(lambda: heard.of(MailFlags))
            other.uid("STORE", "3", "+FLAGS.SILENT", "(\\Deleted)")
            other.expunge()
        await heard.until(lambda: heard.of(MailVanished))
    assert heard.of(MailFlags)[0].seen
    assert heard.of(MailFlags)[0].keywords == ("vip", "返金")
    assert [gone.location.uid for gone in heard.of(MailVanished)] == [3]


@pytest.mark.parametrize("server", ["servers", "condstore_servers", "plain_servers"])
async def test_changes_made_while_away_and_while_connected_are_told_once_whatever_the_server_offers(
    server: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    servers: MailServers = request.getfixturevalue(server)
    account = MailAccount(servers, servers.user(), tmp_path, {"folders": "INBOX"})
    for number in range(6):
        servers.deliver(account.address, a_mail(f"mail {number}", to=account.address))
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
    with servers.mailbox(account.address) as other:
        other.uid("STORE", "1", "+FLAGS.SILENT", "(\\Seen)")
        other.uid("STORE", "2", "+FLAGS.SILENT", "(\\Deleted)")
        other.expunge()
    async with account.running() as connector, Listening(connector, heard.cursor) as again:
        await again.caught_up()
        with servers.mailbox(account.address) as other:
            other.uid("STORE", "3", "+FLAGS.SILENT", "(\\Flagged)")
            other.uid("STORE", "4", "+FLAGS.SILENT", "(\\Deleted)")
            other.expunge()
        servers.deliver(account.address, a_mail("mail 6", to=account.address))
        await again.until(lambda: again.subjects() == ["mail 6"])
        await again.until(lambda: len(again.of(MailVanished)) == 2)
        await again.until(lambda: any(flags.flagged for flags in again.of(MailFlags)))
    told = {flags.location.uid: (flags.seen, flags.flagged) for flags in again.of(MailFlags)}
    assert (told[1], told[3]) == ((True, False), (False, True))
    assert [gone.location.uid for gone in again.of(MailVanished)] == [2, 4]


async def test_idle_is_renewed_and_still_heard_afterwards(
    account: MailAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "IDLE_SECONDS", 0.1)
    async with account.running(poll_seconds="600") as connector, Listening(connector) as heard:
        await heard.caught_up()
        await asyncio.sleep(1)
        account.servers.deliver(account.address, a_mail("after renewals", to=account.address))
        await heard.until(lambda: "after renewals" in heard.subjects())
    assert len([batch for batch in heard.batches if batch.caught_up and not batch.events]) <= 2


async def test_a_move_to_another_followed_folder_is_vanished_here_and_received_there(account: MailAccount) -> None:
    account.servers.deliver(account.address, a_mail("wanders", to=account.address))
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
        with account.servers.mailbox(account.address) as other:
            other._simple_command("UID", "MOVE", "1", "Archive")
        await heard.until(lambda: len(heard.of(MailReceived)) == 2 and heard.of(MailVanished))
    first, second = heard.of(MailReceived)
    assert (first.location.folder, second.location.folder) == ("INBOX", "Archive")
    assert first.raw == second.raw


async def test_mail_in_sent_is_outgoing_and_so_is_mail_from_our_own_address(account: MailAccount) -> None:
    account.servers.deliver(account.address, a_mail("colleague", sender=f"Us <{account.address}>", to="x@y.test"))
    account.servers.deliver(account.address, a_mail("customer", to=account.address))
    with account.servers.mailbox(account.address) as other:
        other.append("Sent", "(\\Seen)", "", a_mail("sent", sender="alias@example.test").as_bytes())
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
    told = {
        subject: event.direction.value for subject, event in zip(heard.subjects(), heard.of(MailReceived), strict=True)
    }
    assert told == {"colleague": "outgoing", "customer": "incoming", "sent": "outgoing"}


async def test_a_long_absence_is_made_up_newest_first_and_survives_a_crash_in_between(account: MailAccount) -> None:
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
    start = heard.cursor
    account.servers.fill(
        account.address,
        ((1_700_000_000 + number, a_mail(f"m{number}", to=account.address).as_bytes()) for number in range(250)),
    )
    async with account.running() as connector, Listening(connector, start) as one:
        await one.until(lambda: one.of(MailReceived))
    first = next(batch for batch in one.batches if batch.events)
    assert "m249" in one.subjects()[:100]
    async with account.running() as connector, Listening(connector, first.cursor) as two:
        await two.caught_up()
    taken = len([event for event in first.events if isinstance(event, MailReceived)])
    assert taken + len(two.of(MailReceived)) == 250
    assert len({event.location for event in [*first.events, *two.of(MailReceived)]}) == 250


async def test_the_loop_is_never_held_up(account: MailAccount) -> None:
    account.servers.fill(
        account.address,
        ((1_700_000_000 + n, a_mail(f"m{n}", "x" * 20_000, to=account.address).as_bytes()) for n in range(200)),
    )
    worked: list[float] = []

    async def beat() -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0.005)
            worked.append(time.thread_time() - last)
            last = time.thread_time()

    beating = asyncio.create_task(beat())
    # The loop serves the line itself: a call that waited for the server on this thread would wait in vain.
    async with (
        FaultyProxy(account.servers.dovecot.imap_port) as line,
        account.running(imap_port=str(line.port)) as connector,
        Listening(connector) as heard,
    ):
        await heard.caught_up()
    beating.cancel()
    assert len(worked) > 1
    # Work of the loop's own at once, whatever else the machine does: generous for a slow one.
    assert max(worked) < 0.25
