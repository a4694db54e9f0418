"""A real SMTP server (aiosmtpd) that hands mail to Dovecot's LMTP, and fails on cue by the recipient's name.

The name before the @ decides: `bounce…` 550 at RCPT, `defer…` 451 at RCPT, `busy…` 421 at RCPT, `full…` 552 after
DATA, `later…` 451 after DATA, `cut…` delivered and then the line is cut without an answer, `lost…` cut without
delivery, `slow…` delivered and answered two seconds late, `returned…` accepted, then bounced with an RFC 3464 report.
"""

from __future__ import annotations

import asyncio
import base64
import email
import functools
import smtplib
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import make_msgid
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.support.dovecot import free_port, wait_for

_AT_RCPT = {
    "bounce": "550 5.1.1 no such user here",
    "defer": "451 4.7.1 greylisted, come back later",
    "busy": "421 4.3.2 too many connections",
}
_AFTER_DATA = {"full": "552 5.2.2 mailbox is full", "later": "451 4.3.0 try again later"}


def _kind(address: str, table: dict[str, str]) -> str:
    return next((answer for prefix, answer in table.items() if address.startswith(prefix)), "")


def _abort(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


def _raw(envelope: Envelope) -> bytes:
    assert isinstance(envelope.content, bytes)
    return envelope.content


@dataclass
class SmtpServer:
    """Listens on three ports: plain (AUTH without TLS allowed), STARTTLS required, implicit TLS."""

    lmtp_port: int
    tls: ssl.SSLContext | None = None
    password: str = "secret"
    token: str = ""
    """The access token that XOAUTH2 must bring; empty: XOAUTH2 is refused."""
    size_limit: int = 30_000_000
    smtputf8: bool = True
    cut_next: bool = False
    """Deliver the next mail, and cut the line instead of answering."""
    file: Callable[[str, bytes], object] | None = None
    """Files what is delivered for its sender, before the answer."""
    busy: threading.Lock = field(default_factory=threading.Lock)
    """Held while a mail is delivered."""
    limited: bool = False
    """Answer 421 to every recipient."""
    port: int = field(default_factory=free_port)
    starttls_port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    accepted: list[Envelope] = field(default_factory=list)
    """What was taken over, in order."""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _servers: list[asyncio.AbstractServer] = field(default_factory=list)

    @property
    def started(self) -> bool:
        return self._thread is not None

    def start(self) -> None:
        """Listen; returns when the ports are open."""
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp-server", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        wait_for(self.port)

    def stop(self) -> None:
        """Close the ports and end the thread."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread:
            self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> None:
        ports: list[tuple[int, bool, ssl.SSLContext | None]] = [(self.port, False, None)]
        if self.tls:
            ports += [(self.starttls_port, True, None), (self.tls_port, False, self.tls)]
        for port, starttls, context in ports:
            self._servers.append(
                await self._loop.create_server(
                    functools.partial(self._protocol, starttls), "127.0.0.1", port, ssl=context
                )
            )

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for task in asyncio.all_tasks(self._loop):
            if task is not asyncio.current_task():
                task.cancel()
        await asyncio.sleep(0)

    def _protocol(self, starttls: bool) -> SMTP:
        return SMTP(
            self,
            hostname="mail.example.test",
            data_size_limit=self.size_limit,
            enable_SMTPUTF8=self.smtputf8,
            tls_context=self.tls if starttls else None,
            require_starttls=starttls,
            auth_required=True,
            auth_require_tls=False,
            authenticator=self._authenticate,
            loop=self._loop,
        )

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == self.password.encode(), handled=False)

    async def auth_XOAUTH2(self, _server: SMTP, args: list[str]) -> AuthResult:
        """The mechanism of Gmail and Microsoft 365: user and bearer token in one base64 line."""
        fields = base64.b64decode(args[1]).split(b"\x01")
        right = bool(self.token) and f"auth=Bearer {self.token}".encode() in fields
        return AuthResult(success=right, handled=False, auth_data=fields[0])

    async def handle_RCPT(
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = _AT_RCPT["busy"] if self.limited else _kind(address, _AT_RCPT)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        first = envelope.rcpt_tos[0]
        answer = _kind(first, _AFTER_DATA)
        if answer:
            return answer
        if first.startswith("lost"):
            _abort(server)
            return "421 gone"
        self.accepted.append(envelope)
        if first.startswith("returned"):
            await asyncio.to_thread(self._bounce, envelope, first)
            return "250 2.0.0 accepted"
        if not first.isascii():
            # Dovecot's LMTP has no SMTPUTF8.
            return "250 2.0.0 accepted"
        await asyncio.to_thread(self._deliver, str(envelope.mail_from), envelope.rcpt_tos, _raw(envelope))
        if first.startswith("slow"):
            await asyncio.sleep(60)
        if first.startswith("cut") or self.cut_next:
            self.cut_next = False
            _abort(server)
        return "250 2.0.0 accepted"

    def _deliver(self, sender: str, recipients: list[str], content: bytes) -> None:
        with self.busy, smtplib.LMTP("127.0.0.1", self.lmtp_port) as lmtp:
            # LMTP answers for each recipient, of which smtplib reads the first answer only.
            for recipient in recipients:
                lmtp.sendmail(sender, [recipient], content)
            if self.file is not None:
                self.file(sender, content)

    def _bounce(self, envelope: Envelope, recipient: str) -> None:
        report = MIMEMultipart("report")
        report.set_param("report-type", "delivery-status")
        report["From"] = "Mail Delivery System <MAILER-DAEMON@mail.example.test>"
        report["To"] = str(envelope.mail_from)
        report["Subject"] = "Undelivered Mail Returned to Sender"
        report["Message-ID"] = make_msgid(domain="mail.example.test")
        report["Auto-Submitted"] = "auto-replied"
        report.attach(MIMEText(f"{recipient}: user unknown"))
        status = EmailMessage()
        status["Reporting-MTA"] = "dns; mail.example.test"
        about = EmailMessage()
        about["Final-Recipient"] = f"rfc822; {recipient}"
        about["Action"] = "failed"
        about["Status"] = "5.1.1"
        about["Diagnostic-Code"] = "smtp; 550 5.1.1 user unknown"
        delivery = MIMEMultipart("delivery-status")
        delivery.set_type("message/delivery-status")
        delivery.set_payload([status, about])
        report.attach(delivery)
        report.attach(MIMEMessage(email.message_from_bytes(_raw(envelope))))
        self._deliver("", [str(envelope.mail_from)], report.as_bytes())
