"""Trying an account out: what is wrong in words a person can act on, or what was learnt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from omnitui.sdk import AuthFailed, Fault, Health
from omnitui_email.client_imap import ImapSession
from omnitui_email.client_smtp import SmtpSender
from omnitui_email.lane import Lane
from omnitui_email.mailbox import Folders
from omnitui_email.sent import SentFolder
from omnitui_email.settings import Credentials, EmailSettings
from omnitui_email.watch import followed
from omnitui_email.worker import URGENT


async def checkup(
    settings: EmailSettings,
    errands: Lane,
    smtp: SmtpSender,
    sent: SentFolder,
    credentials: Callable[[], Awaitable[Credentials]],
) -> Health:
    """Log in at both servers, and look whether the folders are there."""

    def look(session: ImapSession) -> tuple[Folders, dict[str, str]]:
        folders = session.folders()
        session.open("INBOX")
        resync = "qresync" if session.qresync else "condstore" if session.condstore else "uid"
        return folders, {
            "sent_filed_by_server": "yes" if sent.by_server(session) else "no",
            "sent_folder": folders.sent,
            "archive_folder": folders.archive,
            "push": "idle" if "IDLE" in session.capabilities else "poll",
            "resync": resync,
            "keywords": "yes" if session.keywords else "no",
        }

    try:
        folders, learnt = await errands.run(look, URGENT)
    except Fault as fault:
        return _failed("IMAP", fault)
    missing = [name for name in followed(settings, folders) if name not in folders.names and name != "INBOX"]
    if missing:
        there = ", ".join(sorted(folders.names)[:20])
        return Health(ok=False, message=f"IMAP: no folder {', '.join(missing)}", hint=f"there are: {there}")
    try:
        extensions = await smtp.probe(await credentials())
    except Fault as fault:
        return _failed("SMTP", fault)
    if (size := extensions.get("size", "")).isdecimal() and int(size):
        learnt["smtp_size"] = size
    how = "news at once" if learnt["push"] == "idle" else f"a look every {settings.poll_seconds} s"
    filed = "filed by the server" if learnt["sent_filed_by_server"] == "yes" else "filed by omnitui"
    return Health(
        ok=True,
        message=f"{settings.address}: {len(folders.names)} folders, {how}; sent mail is {filed}",
        learnt=learnt,
    )


def _failed(which: str, fault: Fault) -> Health:
    return Health(False, f"{which}: {fault.message}", fault.hint, refused=isinstance(fault, AuthFailed))
