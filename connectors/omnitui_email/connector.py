"""The email connector: the contract of omnitui.sdk over IMAP and SMTP."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import ClassVar

from omnitui.sdk import (
    Accepted,
    AuthFailed,
    Batch,
    Capabilities,
    Context,
    Directory,
    Fault,
    Health,
    Idempotency,
    Json,
    Manifest,
    OmniError,
    Outbound,
    Outcome,
    Reach,
    Reconciled,
    Rejected,
    Sink,
    Unknowable,
    Verb,
)
from omnitui_email.changes import apply
from omnitui_email.checkup import checkup
from omnitui_email.client_imap import ImapSession
from omnitui_email.client_smtp import Envelope, SmtpSender
from omnitui_email.folder import FolderState
from omnitui_email.history import History, older
from omnitui_email.lane import Lane
from omnitui_email.message import Unsendable, address, compose, recipients
from omnitui_email.oauth import Tokens
from omnitui_email.sent import SentFolder
from omnitui_email.settings import MANIFEST, MIB, Credentials, read_settings
from omnitui_email.tls import client_context
from omnitui_email.watch import Watch, read_cursor
from omnitui_email.worker import PATIENT, URGENT

JOIN_SECONDS = 0.8
"""How long `close` waits for a thread; one that sits in a name look-up cannot be hurried."""
FETCH_BYTES = MIB
"""One piece of a file that is fetched."""


class EmailConnector:
    """One mailbox."""

    manifest: ClassVar[Manifest] = MANIFEST

    def __init__(self, context: Context) -> None:
        self._context = context
        self._settings = settings = read_settings(context.settings)
        self._tokens = Tokens(context, settings) if settings.auth == "xoauth2" else None
        self._tls: ssl.SSLContext | None = None
        self._first = self._lane("first", again=False)
        self._errands = self._lane("errands", again=True)
        self._smtp = SmtpSender(settings.smtp, settings.timeout, self._tls_context)
        self._sent = SentFolder(settings, self._errands, context)
        self._states: dict[str, FolderState] = {}
        self._watch: Watch | None = None
        self._closed = False

    def _lane(self, name: str, *, again: bool) -> Lane:
        return Lane(
            f"imap-{name}-{self._context.account_name}",
            self._settings.imap,
            self._settings.timeout,
            self._tls_context,
            self._credentials,
            self._spoil,
            again=again,
        )

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = client_context(self._settings.ca_file, self._settings.tls_fingerprints)
        return self._tls

    async def _credentials(self) -> Credentials:
        username = self._settings.username
        if self._tokens is not None:
            return Credentials(username, token=await self._tokens.get())
        return Credentials(username, password=self._context.secrets.get("password", ""))

    def _spoil(self, credentials: Credentials) -> None:
        if self._tokens is not None:
            self._tokens.spoil(credentials.token)

    def capabilities(self, channel: str = "") -> Capabilities:
        reach = {
            Verb.REPLY: Reach.REMOTE,
            Verb.NEW: Reach.REMOTE,
            Verb.READ: Reach.REMOTE,
            Verb.LABEL: Reach.LOCAL if self._context.settings.get("keywords") == "no" else Reach.MIRRORED,
        }
        if self._settings.archive:
            reach[Verb.STATUS] = Reach.MIRRORED
        return Capabilities(
            idempotency=Idempotency.FINDABLE,
            inbound=("stream", "poll"),
            subject=True,
            cc=True,
            attachments=True,
            attachment_limit=self._settings.attachment_limit,
            can_start=True,
            mail=True,
            reach=reach,
        )

    async def check(self) -> Health:
        return await checkup(self._settings, self._errands, self._smtp, self._sent, self._credentials)

    async def directory(self) -> Directory:
        return Directory(inboxes=(("email", self._settings.address),))

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        if self._closed:
            return
        self._sent.file()
        self._watch = watch = Watch(
            self._settings,
            self._context.clock,
            self._first,
            self._errands,
            self._context.log,
            self._sent.filed,
            read_cursor(cursor),
        )
        try:
            async with aclosing(watch.batches()) as batches:  # type: ignore[type-var]
                async for batch in batches:
                    self._states = dict(watch.states)
                    yield batch
        except Fault:
            if not self._closed:
                raise
        finally:
            self._watch = None

    async def look(self) -> None:
        """Where the server tells no news by itself: ask for them now."""
        if self._watch is not None and "IDLE" not in self._first.session.capabilities:
            await self._watch.look()

    async def renew(self) -> None:
        """IMAP lines are held for long; SMTP has one for each mail."""
        for lane in (self._first, self._errands):
            lane.session.renew()

    def scopes(self, cursor: Json) -> tuple[str, ...]:
        self._states = {**read_cursor(cursor), **self._states}
        return tuple(name for name, state in self._states.items() if state.floor > 1)

    async def backfill(self, scope: str, before: Json) -> Batch:
        at = History.read(before, self._states.get(scope))
        now = self._context.clock.now()

        def step(session: ImapSession) -> Batch:
            return older(session, scope, at, self._settings, sent=scope == session.folders().sent, now=now)

        return await self._errands.run(step, PATIENT)

    async def perform(self, op: Outbound) -> Outcome:
        if op.verb in (Verb.REPLY, Verb.NEW):
            return await self._send(op)
        if op.verb in (Verb.READ, Verb.LABEL) or (op.verb is Verb.STATUS and self._settings.archive):
            await self._errands.run(apply, URGENT, op)
            self._sent.filed.set()
            return Accepted()
        return Rejected(f"a mailbox has no place for “{op.verb}”")

    async def _send(self, op: Outbound) -> Outcome:
        line = op.mail
        if line is None:
            return Rejected("the mail has no addressing")
        for file in op.files:
            if len(file.data) > self._settings.attachment_limit:
                return Rejected(f"{file.name} is larger than {self._settings.attachment_limit // MIB} MiB")
        try:
            content = await asyncio.to_thread(
                compose, op, line, display_name=self._settings.display_name, with_html=self._settings.html
            )
            needed = frozenset(address(value, "recipient")[1] for value in line.to)
            envelope = Envelope(address(line.sender, "sender")[1], recipients(line), content, needed)
        except Unsendable as error:
            return Rejected(error.message)
        outcome = await self._over_smtp(op, envelope)
        self._sent.attempted()
        if isinstance(outcome, Accepted):
            try:
                await self._sent.keep(line.message_id, content)
            except OSError as error:
                # It has left: what became of our copy must not make it look as if it had not.
                self._context.log(f"a sent mail could not be kept for Sent: {error.strerror}")
            return Accepted(line.message_id, outcome.outcomes)
        return outcome

    async def _over_smtp(self, op: Outbound, envelope: Envelope) -> Outcome:
        async def mark() -> None:
            await self._sent.note_attempt()
            await self._context.mark(op.op_id)

        credentials = await self._credentials()
        try:
            return await self._smtp.send(credentials, envelope, mark)
        except AuthFailed:
            if not credentials.token:
                raise
            self._spoil(credentials)
            return await self._smtp.send(await self._credentials(), envelope, mark)

    async def reconcile(self, op: Outbound) -> Reconciled:
        if op.mail is None:
            return Unknowable("it has no Message-ID")
        return await self._sent.reconcile(op.mail.message_id)

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        """The bytes of a mail, or of its body section: `remote` is {"folder", "uidvalidity", "uid", "section"}."""
        place = (str(remote["folder"]), int(remote["uidvalidity"]), int(remote["uid"]))
        start = 0
        while start < limit:
            size = min(FETCH_BYTES, limit - start)

            def piece(session: ImapSession, start: int = start, size: int = size) -> bytes:
                if not session.reopen(place[0], place[1]):
                    raise OmniError(f"the folder {place[0]} was made anew", hint="sync first")
                return session.part(place[2], str(remote.get("section", "")), start, size)

            data = await self._errands.run(piece, URGENT)
            sink.write(data)
            start += len(data)
            if len(data) < size:
                return

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self._smtp.close()
        await self._sent.close()
        for lane in (self._first, self._errands):
            lane.close()
        for lane in (self._first, self._errands):
            await asyncio.to_thread(lane.join, JOIN_SECONDS)
