"""The conformance kit on the email connector, over real servers."""

from __future__ import annotations

import email
import email.policy
import itertools
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from omnitui.clock import Millis
from omnitui.sdk import Batch, Connector, MailReceived, Outbound
from omnitui.sdk.conformance import Check, checks_for
from tests.support.mail_account import MailAccount
from tests.support.mail_servers import MailServers, a_mail
from tests.support.proxy import FaultyProxy

pytestmark = pytest.mark.server


class EmailRig:
    """A mailbox, a customer with another one, and an SMTP line that can be cut."""

    lacks: ClassVar[Mapping[str, str]] = {"unknown_event": "a mailbox holds mail and nothing else"}

    def __init__(self, account: MailAccount, smtp: FaultyProxy) -> None:
        self._account = account
        self._servers = account.servers
        self._smtp = smtp
        self._customer = self._servers.user("customer")
        self._numbers = itertools.count()

    def connector(self) -> Connector:
        return self._account.connector(smtp_port=str(self._smtp.port), initial="3")

    async def customer_writes(self, text: str) -> None:
        mail = a_mail(f"mail {next(self._numbers)}", text, sender=self._customer, to=self._account.address)
        self._servers.deliver(self._account.address, mail, self._customer)

    async def redeliver(self) -> None:
        with self._servers.mailbox(self._account.address) as other:
            other.copy("*", "INBOX")

    async def unknown_event(self) -> None:
        raise AssertionError(self.lacks["unknown_event"])

    def outbound(self, text: str) -> Outbound:
        return self._account.reply(self._customer, text)

    async def copies(self, op: Outbound) -> int:
        self._smtp.refuse = False
        assert op.mail is not None
        found = 0
        for raw in self._servers.messages(self._customer):
            mail = email.message_from_bytes(raw, policy=email.policy.default)
            part = mail.get_body(("plain",))
            text = str(part.get_content()).replace("\r\n", "\n") if part else ""
            found += mail["Message-ID"] == op.mail.message_id and text == op.text + "\n"
        return found

    async def cut(self, *, after_send: bool) -> None:
        self._smtp.refuse = not after_send
        self._servers.smtp.cut_next = after_send

    async def limit(self, after: Millis) -> None:
        self._servers.smtp.limited = True

    async def sign_out(self) -> None:
        self._account.secrets = {"password": "no longer this one"}

    def text_of(self, batch: Batch) -> str:
        return "".join(event.raw.decode() for event in batch.events if isinstance(event, MailReceived))


@pytest.fixture
async def rig(servers: MailServers, tmp_path: Path) -> AsyncIterator[EmailRig]:
    async with FaultyProxy(servers.smtp.port) as smtp:
        yield EmailRig(MailAccount(servers, servers.user(), tmp_path), smtp)
    servers.smtp.limited = servers.smtp.cut_next = False


@pytest.mark.parametrize("check", checks_for(EmailRig), ids=lambda check: check.name)
async def test_conformance(check: Check, rig: EmailRig) -> None:
    await check.run(rig)
