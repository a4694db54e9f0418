"""An agent's profile on one mail account of real servers."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
from collections.abc import AsyncIterator

import pytest

from omnitui.clock import Clock
from omnitui.model.conversations import Conversation
from omnitui.model.operations import Op
from omnitui.model.states import SendState
from omnitui.paths import profile
from omnitui.services.session import Session
from omnitui.store.reads import history, inbox, outbox
from omnitui.sync.engine import Engine
from tests.support.mail_servers import MailServers, a_mail


class MailDesk:
    """An agent's profile on one mail account."""

    def __init__(
        self, servers: MailServers, monkeypatch: pytest.MonkeyPatch, clock: Clock | None = None, **settings: str
    ) -> None:
        self.servers = servers
        self.address = servers.user()
        self.customer = servers.user("customer")
        monkeypatch.setenv("TEST_MAIL_PASSWORD", "secret")
        self.session = Session.open(profile("desk"), clock=clock)
        base = {
            "address": self.address,
            "imap_host": "127.0.0.1",
            "imap_port": str(servers.dovecot.imap_port),
            "imap_security": "none",
            "smtp_port": str(servers.smtp.port),
            "smtp_security": "none",
            "poll_seconds": "1",
        }
        self.account = self.session.accounts.add(
            "email", "mail", {**base, **settings}, secret_ref="env:TEST_MAIL_PASSWORD", hold=0
        )

    def engine(self) -> Engine:
        return self.session.engine()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        engine = self.engine()
        task = asyncio.create_task(engine.run())
        try:
            yield
        finally:
            engine.stop()
            await asyncio.wait_for(task, 20)

    def write(self, text: str, message_id: str = "") -> None:
        """The customer sends a mail."""
        mail = a_mail(text=text, sender=self.customer, to=self.address, message_id=message_id)
        self.servers.deliver(self.address, mail, self.customer)

    def answer(self, raw: bytes, text: str, subject: str = "") -> None:
        """The customer answers a mail of ours."""
        ours = email.message_from_bytes(raw, policy=email.policy.default)
        mail = a_mail(subject or str(ours["Subject"]), text, sender=self.customer, to=self.address)
        mail["In-Reply-To"] = str(ours["Message-ID"])
        mail["References"] = str(ours["Message-ID"])
        self.servers.deliver(self.address, mail, self.customer)

    def conversations(self) -> list[Conversation]:
        return self.session.cache.read(inbox.page, self.session.query(""), limit=100)

    def texts(self, conversation: Conversation) -> list[str]:
        return [one.text.strip() for one in self.session.cache.read(history.page, conversation.id)]

    def state(self, op: Op) -> SendState:
        entry = self.session.cache.read(outbox.entry, op.id)
        assert entry is not None
        return entry.state
