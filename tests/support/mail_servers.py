"""Mail servers for tests: Dovecot and SMTP together, certificates, and mailboxes filled from outside."""

from __future__ import annotations

import imaplib
import os
import shutil
import smtplib
import ssl
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import trustme

from tests.support.dovecot import Dovecot
from tests.support.smtp_server import SmtpServer


class Certificates:
    """A private authority, and certificates of it: good, for another host, and expired."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA(organization_name="Example Test CA")
        self.folder = folder
        self.ca_file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.ca_file))
        good = self._ca.issue_cert("localhost", "127.0.0.1")
        self.certificate, self.key = folder / "cert.pem", folder / "key.pem"
        self.certificate.write_bytes(b"".join(blob.bytes() for blob in good.cert_chain_pems))
        good.private_key_pem.write_to_path(str(self.key))

    def server(self) -> ssl.SSLContext:
        """What a server that is in order presents."""
        return self._context(self._ca.issue_cert("localhost", "127.0.0.1"))

    def wrong_host(self) -> ssl.SSLContext:
        return self._context(self._ca.issue_cert("mail.somewhere-else.test"))

    def expired(self) -> ssl.SSLContext:
        return self._context(
            self._ca.issue_cert(
                "localhost", not_before=datetime(2020, 1, 1, tzinfo=UTC), not_after=datetime(2020, 2, 1, tzinfo=UTC)
            )
        )

    def stranger(self) -> ssl.SSLContext:
        """A certificate of an authority that nobody trusts."""
        return self._context(trustme.CA(organization_name="Unknown CA").issue_cert("localhost"))

    def _context(self, leaf: trustme.LeafCert) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        return context


@dataclass
class MailServers:
    """What a test of mail needs; every address at example.test exists, with the password `secret`."""

    dovecot: Dovecot
    smtp: SmtpServer
    certificates: Certificates

    def user(self, name: str = "agent") -> str:
        """An address nobody used before."""
        return f"{name}-{uuid.uuid4().hex[:10]}@example.test"

    def deliver(self, to: str, mail: EmailMessage | bytes, sender: str = "customer@example.test") -> None:
        """Put a mail into the INBOX of `to`, as the customer's provider would."""
        raw = mail if isinstance(mail, bytes) else mail.as_bytes()
        with smtplib.LMTP("127.0.0.1", self.dovecot.lmtp_port) as lmtp:
            lmtp.sendmail(sender, [to], raw)

    @contextmanager
    def mailbox(self, user: str, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """The user's folder in another mail program."""
        client = imaplib.IMAP4("127.0.0.1", self.dovecot.imap_port)
        client.login(user, "secret")
        client.select(folder)
        try:
            yield client
        finally:
            client.logout()

    def messages(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """Every mail in a folder, oldest first, raw."""
        with self.mailbox(user, folder) as client:
            _, found = client.uid("SEARCH", "ALL")
            uids = found[0].split()
            raws = []
            for uid in uids:
                _, data = client.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
                raws += [part[1] for part in data if isinstance(part, tuple)]
            return raws

    def flags(self, user: str, folder: str = "INBOX") -> dict[int, set[str]]:
        """UID → flags."""
        with self.mailbox(user, folder) as client:
            _, data = client.uid("FETCH", "1:*", "(FLAGS)")
            found = {}
            for line in data:
                if isinstance(line, bytes):
                    uid = int(line.split(b"UID ")[1].split()[0].rstrip(b")"))
                    found[uid] = {flag.decode() for flag in imaplib.ParseFlags(line)}
            return found

    def fill(self, user: str, raws: Iterator[tuple[int, bytes]], folder: str = "INBOX") -> int:
        """Put files into a Maildir directly: (seconds since 1970, raw mail), oldest first. Returns how many."""
        with self.mailbox(user):
            pass
        target = self.dovecot.mailbox(user, folder) / "cur"
        for place in (target, target.parent / "new", target.parent / "tmp"):
            place.mkdir(parents=True, exist_ok=True)
        uid, gid = self.dovecot.owner()
        count = 0
        for count, (at, raw) in enumerate(raws, 1):
            path = target / f"{at}.M{count:06d}.test:2,S"
            path.write_bytes(raw)
            os.utime(path, (at, at))
            if os.getuid() == 0:
                os.chown(path, uid, gid)
        if os.getuid() == 0:
            for place in (target, target.parent / "new", target.parent / "tmp", target.parent):
                os.chown(place, uid, gid)
        return count


@contextmanager
def mail_servers(*, capability: str = "", tokeninfo: str = "", token: str = "") -> Iterator[MailServers]:
    """Start both servers in a new folder, and end them with it."""
    folder = Path(tempfile.mkdtemp(prefix="omnimail-", dir="/tmp"))
    folder.chmod(0o755)
    certificates = Certificates(folder)
    dovecot = Dovecot(
        folder / "d", certificates.certificate, certificates.key, capability=capability, tokeninfo=tokeninfo
    )
    smtp = SmtpServer(dovecot.lmtp_port, certificates.server(), token=token)
    try:
        dovecot.start()
        smtp.start()
        yield MailServers(dovecot, smtp, certificates)
    finally:
        dovecot.stop()
        if smtp.started:
            smtp.stop()
        for _ in range(20):
            # Dovecot's children may still write for a moment after their master has gone.
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.05)


def a_mail(
    subject: str = "A question",
    text: str = "Where is my parcel?",
    *,
    sender: str = "Kim Customer <customer@example.test>",
    to: str = "agent@example.test",
    message_id: str = "",
) -> EmailMessage:
    """A simple mail of a customer."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = "Mon, 05 May 2025 09:00:00 +0000"
    mail["Message-ID"] = message_id or f"<{uuid.uuid4().hex}@customer.test>"
    mail.set_content(text)
    return mail
