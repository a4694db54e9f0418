"""Mail over encrypted lines: certificates that lie, and servers that would rather not encrypt."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
import ssl
from pathlib import Path

import pytest

from omnitui.sdk import Accepted, Fault, NotReady
from tests.support.mail_account import Listening, MailAccount
from tests.support.mail_servers import MailServers, a_mail
from tests.support.promises import Promise
from tests.support.proxy import FaultyProxy
from tests.support.scripted import scripted

pytestmark = pytest.mark.server


@pytest.fixture
def account(servers: MailServers, tmp_path: Path) -> MailAccount:
    return MailAccount(servers, servers.user(), tmp_path)


def tls_settings(servers: MailServers, **more: str) -> dict[str, str]:
    return {
        "imap_host": "localhost",
        "imap_port": str(servers.dovecot.imaps_port),
        "imap_security": "tls",
        "smtp_port": str(servers.smtp.tls_port),
        "smtp_security": "tls",
        "ca_file": str(servers.certificates.ca_file),
        **more,
    }


def _came(heard: Listening, subject: str) -> bool:
    return subject in heard.subjects()


async def test_everything_works_over_tls_and_over_starttls(account: MailAccount) -> None:
    servers = account.servers
    starttls = {
        "imap_port": str(servers.dovecot.imap_port),
        "imap_security": "starttls",
        "smtp_port": str(servers.smtp.starttls_port),
        "smtp_security": "starttls",
    }
    for settings in (tls_settings(servers), tls_settings(servers, **starttls)):
        customer = servers.user("customer")
        async with account.running(**settings) as connector, Listening(connector) as heard:
            assert (await connector.check()).ok
            await heard.caught_up()
            assert isinstance(await connector.perform(account.reply(customer)), Accepted)
            servers.deliver(account.address, a_mail(f"answer of {customer}", to=account.address))
            wanted = f"answer of {customer}"
            await heard.until(functools.partial(_came, heard, wanted))
        assert len(servers.messages(customer)) == 1


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        ("wrong_host", ["Hostname mismatch", "mail.somewhere-else.test", "Example Test CA"]),
        ("expired", ["certificate has expired", "Feb  1 00:00:00 2020"]),
        ("stranger", ["unable to get local issuer", "Unknown CA"]),
    ],
)
async def test_a_bad_certificate_is_refused_and_described(
    account: MailAccount, certificate: str, words: list[str]
) -> None:
    servers = account.servers
    context: ssl.SSLContext = getattr(servers.certificates, certificate)()
    async with (
        FaultyProxy(servers.dovecot.imap_port, tls=context) as imap,
        FaultyProxy(servers.smtp.port, tls=context) as smtp,
    ):
        async with account.running(**tls_settings(servers, imap_port=str(imap.port))) as connector:
            health = await connector.check()
        assert not health.ok
        for word in words:
            assert word in health.message
        async with account.running(**tls_settings(servers, smtp_port=str(smtp.port))) as connector:
            with pytest.raises(NotReady, match=words[0]):
                await connector.perform(account.reply("customer@example.test"))
            health = await connector.check()
            assert words[-1] in health.message


async def test_a_pinned_certificate_is_trusted_whoever_signed_it_and_no_other_is(account: MailAccount) -> None:
    servers = account.servers
    context = servers.certificates.stranger()
    async with (
        FaultyProxy(servers.dovecot.imap_port, tls=context) as imap,
        FaultyProxy(servers.smtp.port, tls=context) as smtp,
    ):
        unknown = tls_settings(servers, imap_port=str(imap.port), smtp_port=str(smtp.port), ca_file="")
        async with account.running(**unknown) as connector:
            said = re.search(r"SHA-256 ([0-9a-f]{64})", (await connector.check()).message)
            assert said
        colons = ":".join(re.findall("..", said[1].upper()))
        async with account.running(**unknown, tls_fingerprints=f"{'0' * 64}, {colons}") as connector:
            health = await connector.check()
            assert health.ok, health
            assert isinstance(await connector.perform(account.reply(servers.user("customer"))), Accepted)
        # The servers' own certificate is signed by the authority that the account knows: still not the pinned one.
        async with account.running(**tls_settings(servers), tls_fingerprints=said[1]) as connector:
            health = await connector.check()
            assert "not the one that tls_fingerprints names" in health.message
            with pytest.raises(NotReady, match="tls_fingerprints"):
                await connector.perform(account.reply("customer@example.test"))


async def test_a_line_without_starttls_is_not_used_in_plain_text(account: MailAccount, tmp_path: Path) -> None:
    said: list[bytes] = []

    async def imap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")
        while line := await reader.readline():
            said.append(line)
            writer.write(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" + line.split()[0] + b" OK done\r\n")

    async def smtp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ready\r\n")
        while line := await reader.readline():
            said.append(line)
            writer.write(b"250-mail\r\n250 AUTH PLAIN LOGIN\r\n")

    async with scripted(imap) as imap_port, scripted(smtp) as smtp_port:
        settings = tls_settings(
            account.servers,
            imap_port=str(imap_port),
            imap_security="starttls",
            smtp_port=str(smtp_port),
            smtp_security="starttls",
        )
        async with account.running(**settings) as connector:
            health = await connector.check()
            assert "does not offer STARTTLS" in health.message
            with pytest.raises(NotReady, match="does not offer STARTTLS"):
                await connector.perform(account.reply("customer@example.test"))
    heard = b"".join(said)
    assert b"AUTH" not in heard.replace(b"AUTHENTICATIONFAILED", b"")
    assert b"LOGIN" not in heard
    assert b"MAIL" not in heard


async def test_a_server_that_claims_a_login_before_starttls_is_not_believed(account: MailAccount) -> None:
    async def imap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome\r\n")
        while line := await reader.readline():
            writer.write(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n" + line.split()[0] + b" OK done\r\n")

    async with scripted(imap) as port:
        settings = tls_settings(account.servers, imap_port=str(port), imap_security="starttls")
        async with account.running(**settings) as connector:
            health = await connector.check()
    assert not health.ok
    assert "cannot be encrypted" in health.message


async def test_plain_text_injected_behind_starttls_is_not_taken_for_the_servers_word(account: MailAccount) -> None:
    context = account.servers.certificates.server()
    seen: list[bytes] = []

    async def smtp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ready\r\n")
        await reader.readline()
        writer.write(b"250-mail\r\n250 STARTTLS\r\n")
        await reader.readline()
        # The injected answers pretend that EHLO offers nothing and that the mail was taken.
        writer.write(b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n235 in\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n")
        with contextlib.suppress(Exception):
            await writer.start_tls(context)
            seen.append(await reader.readline())
        writer.close()

    async with scripted(smtp) as port:
        settings = tls_settings(account.servers, smtp_port=str(port), smtp_security="starttls")
        async with account.running(**settings) as connector:
            with pytest.raises(Fault):
                await connector.perform(account.reply("customer@example.test"))
    assert account.marks == []
    assert all(not line or line.startswith(b"EHLO") for line in seen)


EVIL = b"* CAPABILITY IMAP4rev1 LOGINDISABLED X-EVIL\r\n* 7 EXISTS\r\n"
"""What a man in the middle would have us believe."""
INJECTED = {
    "an untagged answer behind": (b"", b"* CAPABILITY IMAP4rev1 X-EVIL\r\n"),
    "a login behind": (b"", b"%(next)s OK [CAPABILITY IMAP4rev1 X-EVIL] logged in\r\n"),
    "half a line behind": (b"", b"* OK"),
    "a login before": (b"%(next)s OK [CAPABILITY IMAP4rev1 X-EVIL] logged in\r\n", b""),
    "a goodbye before": (b"* BYE too busy\r\n", b""),
    "untagged answers before": (EVIL, b""),
}
"""What stands in plain text before and behind the answer to STARTTLS."""


@pytest.mark.parametrize("case", INJECTED)
async def test_plain_text_around_imaps_starttls_is_never_believed(
    account: MailAccount, case: str, promise: Promise
) -> None:
    context = account.servers.certificates.server()
    before, behind = INJECTED[case]
    plain: list[bytes] = []
    encrypted: list[bytes] = []

    async def imap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED X-EVIL] ready\r\n")
        said = plain
        with contextlib.suppress(Exception):
            while line := await reader.readline():
                said.append(line)
                tag, command, *_rest = line.split()
                if command == b"STARTTLS":
                    tags = {b"next": tag[:-1] + b"%d" % (int(tag[-1:]) + 1)}
                    writer.write(before % tags + tag + b" OK go\r\n" + behind % tags)
                    await writer.start_tls(context)
                    said = encrypted
                    continue
                if command == b"AUTHENTICATE":
                    writer.write(b"+ \r\n")
                    said.append(await reader.readline())
                known = b"STARTTLS LOGINDISABLED X-EVIL" if said is plain else b"AUTH=PLAIN"
                told = b"* CAPABILITY IMAP4rev1 " + known + b"\r\n" if command == b"CAPABILITY" else b""
                writer.write(told + tag + b" OK done\r\n")
        writer.close()

    async with scripted(imap) as port:
        settings = tls_settings(account.servers, imap_port=str(port), imap_security="starttls", timeout="5")
        async with account.running(**settings) as connector:
            health = await connector.check()
            session = connector._errands.session
            believed = session.capabilities, session.count() if session.connected else 0
    if case == "untagged answers before":
        assert b"AUTHENTICATE" in b"".join(encrypted)
        assert believed == (frozenset({"IMAP4REV1", "AUTH=PLAIN"}), 0)
    else:
        assert not health.ok
        assert encrypted == []
        assert believed == (frozenset(), 0)
    assert not any(word in line for line in plain for word in (b"AUTH", b"LOGIN", b"secret"))
    promise(
        "Plain text that somebody puts around STARTTLS is never taken for the mail server's word.",
        f"{case}: 0 words believed, 0 secrets said",
    )
