"""Years of old mail: what is new at once, the rest in the background."""

from __future__ import annotations

from pathlib import Path

import pytest
from omnitui_email import EmailConnector

from omnitui.sdk import Batch, Json, MailReceived
from tests.support.mail_account import Listening, MailAccount
from tests.support.mail_servers import MailServers, a_mail

pytestmark = pytest.mark.server

START = 1_500_000_000
HOUR = 3_600


@pytest.fixture
def account(servers: MailServers, tmp_path: Path) -> MailAccount:
    return MailAccount(servers, servers.user(), tmp_path)


def fill(account: MailAccount, count: int, text: str = "Where is my parcel?") -> None:
    raw = a_mail("mail NUMBER", text, to=account.address, message_id="<NUMBER@old.test>").as_bytes()
    account.servers.fill(
        account.address, ((START + n * HOUR, raw.replace(b"NUMBER", b"%06d" % n)) for n in range(count))
    )


async def rest_of(connector: EmailConnector, scope: str, before: Json = None) -> list[Batch]:
    batches = []
    while True:
        batch = await connector.backfill(scope, before)
        batches.append(batch)
        before = batch.cursor
        if batch.caught_up:
            return batches


def mails(batches: list[Batch]) -> list[MailReceived]:
    return [event for batch in batches for event in batch.events if isinstance(event, MailReceived)]


async def test_thousands_of_mails_come_newest_first_while_new_mail_still_arrives(account: MailAccount) -> None:
    fill(account, 2_000)
    async with account.running(folders="INBOX", poll_seconds="600") as connector, Listening(connector) as heard:
        await heard.caught_up()
        # The desk is usable with the newest two hundred, of which the first batch is a screenful.
        assert len(heard.of(MailReceived)) == 200
        assert heard.subjects()[0] == "mail 001999"
        assert len(mails([next(batch for batch in heard.batches if batch.events)])) <= 25
        extent = heard.batches[-1].extents[-1]
        assert (extent.scope, extent.remote_count) == ("INBOX", 2_000)
        assert extent.complete_since == (START + 1_800 * HOUR) * 1000
        assert connector.scopes(heard.cursor) == ("INBOX",)
        first = await connector.backfill("INBOX", None)
        account.servers.deliver(account.address, a_mail("live", to=account.address))
        await heard.until(lambda: "live" in heard.subjects())
        batches = [first, *await rest_of(connector, "INBOX", first.cursor)]
    old = mails(batches)
    assert len(old) == 1_800
    assert [event.location.uid for event in old] == list(range(1_800, 0, -1))
    since = [extent.complete_since for batch in batches for extent in batch.extents]
    assert since == sorted(since, key=lambda at: -(at or 0))
    assert since[-1] == 0


async def test_backfill_goes_on_after_a_restart_from_the_stored_cursors(account: MailAccount) -> None:
    fill(account, 700)
    settings = {"folders": "INBOX", "initial": "100"}
    async with account.running(**settings) as connector, Listening(connector) as heard:
        await heard.caught_up()
        connector.scopes(heard.cursor)
        first = await connector.backfill("INBOX", None)
    async with account.running(**settings) as connector:
        assert connector.scopes(heard.cursor) == ("INBOX",)
        rest = await rest_of(connector, "INBOX", first.cursor)
    uids = [event.location.uid for event in [*heard.of(MailReceived), *mails([first, *rest])]]
    assert sorted(uids) == list(range(1, 701))


async def test_a_small_folder_has_no_history_to_load(account: MailAccount) -> None:
    fill(account, 5)
    async with account.running() as connector, Listening(connector) as heard:
        await heard.caught_up()
        assert connector.scopes(heard.cursor) == ()


async def test_uids_far_apart_are_all_found(account: MailAccount) -> None:
    fill(account, 400)
    with account.servers.mailbox(account.address) as other:
        other.uid("STORE", "2:390", "+FLAGS.SILENT", "(\\Deleted)")
        other.expunge()
    settings = {"folders": "INBOX", "initial": "3"}
    async with account.running(**settings) as connector, Listening(connector) as heard:
        await heard.caught_up()
        connector.scopes(heard.cursor)
        rest = await rest_of(connector, "INBOX")
    assert [event.location.uid for event in heard.of(MailReceived)] == [400, 399, 398]
    assert [event.location.uid for event in mails(rest)] == [397, 396, 395, 394, 393, 392, 391, 1]


async def test_a_mail_over_the_limit_comes_in_part_and_can_be_fetched_whole(account: MailAccount) -> None:
    data = b"0123456789abcdef" * 150_000
    mail = a_mail("large", to=account.address)
    mail.add_attachment(data, maintype="application", subtype="octet-stream", filename="data.bin")
    account.servers.deliver(account.address, mail)
    async with account.running(mail_limit="1") as connector, Listening(connector) as heard:
        await heard.caught_up()
        (event,) = heard.of(MailReceived)
        assert len(event.raw) == 1024 * 1024
        assert event.size > len(data)
        whole = bytearray()

        class Into:
            def write(self, piece: bytes, /) -> object:
                whole.extend(piece)
                return None

        place = event.location
        remote = {"folder": place.folder, "uidvalidity": place.uidvalidity, "uid": place.uid}
        await connector.fetch(remote, Into(), 10_000_000)
        assert len(whole) == event.size
        assert bytes(whole).startswith(event.raw)
        whole.clear()
        await connector.fetch({**remote, "section": "2"}, Into(), 5_000)
        assert len(whole) == 5_000
