"""Sent mail gets into the Sent folder once: by the server where it does that itself, else by us."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
from functools import cached_property
from pathlib import Path

from omnitui.sdk import MINUTE, Context, Drawer, Fault, Found, Millis, NotFound, NotReady, Reconciled, Unknowable
from omnitui_email.client_imap import ImapSession
from omnitui_email.lane import Lane
from omnitui_email.mailbox import Folders
from omnitui_email.mapping import as_datetime
from omnitui_email.settings import EmailSettings
from omnitui_email.worker import PATIENT, URGENT

FILING: Millis = MINUTE
"""How long a server may take to file what it accepted; before that, absence proves nothing."""
_FILING_HOSTS = ("smtp.gmail.com", "smtp.office365.com", "smtp-mail.outlook.com")


class SentFolder:
    """The Sent folder of one account. Copies that could not be filed yet wait in a drawer."""

    def __init__(self, settings: EmailSettings, errands: Lane, context: Context) -> None:
        self._settings = settings
        self._errands = errands
        self._clock = context.clock
        self._log = context.log
        self._open_drawer = context.drawer
        self._filing: asyncio.Task[None] | None = None
        self._attempt = Path(context.state_dir) / "attempted"
        self._not_before: Millis = self._last_attempt() + FILING
        self.filed = asyncio.Event()
        """Set when a copy was filed: the folder has news."""

    def by_server(self, session: ImapSession) -> bool:
        """Whether the server files what it sends for us."""
        if self._settings.sent != "auto":
            return self._settings.sent == "server"
        return "X-GM-EXT-1" in session.capabilities or self._settings.smtp.host.lower() in _FILING_HOSTS

    def attempted(self) -> None:
        """A mail leaves now: for a while absence proves nothing."""
        self._not_before = self._clock.now() + FILING

    async def note_attempt(self) -> None:
        """The same, for the next process too. Raises `NotReady` where it cannot be noted: then nothing may leave."""
        self.attempted()
        try:
            await asyncio.to_thread(_write, self._attempt, b"%d" % self._clock.now())
        except OSError as error:
            raise NotReady(f"what leaves cannot be noted: {error.strerror or error}") from error

    async def keep(self, message_id: str, raw: bytes) -> None:
        """Note that this was sent, and begin to file it; returns when the note is on disk."""
        await asyncio.to_thread(self._note, message_id, raw)
        self.file()

    def file(self) -> None:
        """Begin to file what waits."""
        if self._filing is None or self._filing.done():
            self._filing = asyncio.create_task(self._file())

    async def reconcile(self, message_id: str) -> Reconciled:
        """Whether a mail that may have left did so. Raises `Fault` where it cannot be told yet."""
        if await asyncio.to_thread(lambda: _name(message_id) in self._waiting.names()):
            # The note is written when the server has accepted, and lies there until it is filed.
            return Found(message_id)
        found, by_server = await self._errands.run(self._look, URGENT, message_id)
        if found:
            return Found(message_id)
        if not by_server:
            return Unknowable(
                "it is not in Sent, but there this server shows only what was filed after it was accepted"
            )
        if self._clock.now() < self._not_before:
            raise NotReady("it is not in Sent yet; looking again in a minute")
        return NotFound()

    async def close(self) -> None:
        if self._filing is not None:
            self._filing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._filing

    @cached_property
    def _waiting(self) -> Drawer:
        return self._open_drawer("sent")

    def _last_attempt(self) -> Millis:
        """When a mail last began to leave, by an earlier process too; now where nobody can know."""
        now = self._clock.now()
        try:
            return min(now, int(self._attempt.read_bytes()))
        except (OSError, ValueError):
            return now

    def _look(self, session: ImapSession, message_id: str) -> tuple[bool, bool]:
        folder = session.folders().sent
        return bool(folder) and session.find(folder, message_id), self.by_server(session)

    def _note(self, message_id: str, raw: bytes) -> None:
        head = json.dumps({"message_id": message_id, "at": self._clock.now()}).encode() + b"\n"
        self._waiting.write(_name(message_id), head + raw)

    async def _file(self) -> None:
        while waiting := await asyncio.to_thread(lambda: self._waiting.names()):
            for name in waiting:
                try:
                    await self._errands.run(self._put, PATIENT, name)
                except Fault as fault:
                    self._log(f"a sent mail waits to be filed in Sent: {fault.message}")
                    return
                self.filed.set()

    def _put(self, session: ImapSession, name: str) -> None:
        if not self.by_server(session):
            head, _, raw = (self._waiting.read(name) or b"").partition(b"\n")
            try:
                note = json.loads(head)
                message_id, at = str(note["message_id"]), as_datetime(note["at"])
            except (ValueError, KeyError, TypeError, OverflowError):
                # Of one that is damaged nothing is left to file; it must not hold the others up.
                self._log("the copy of a sent mail is damaged: it was sent, but Sent will not have it")
            else:
                folder = sent_folder(session)
                if not session.find(folder, message_id):
                    session.append(folder, raw, at)
        self._waiting.drop(name)


def _name(message_id: str) -> str:
    return f"{hashlib.sha256(message_id.encode()).hexdigest()}.eml"


def _write(path: Path, data: bytes) -> None:
    """Put a file in its place, whole and on disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    # An older time in its place would make a mail look long enough gone.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sent_folder(session: ImapSession) -> str:
    """The Sent folder, made where there is none."""
    folders: Folders = session.folders()
    if not folders.sent:
        session.create("Sent")
    return folders.sent or "Sent"
