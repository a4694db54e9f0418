"""One mail over one SMTP connection, with the point of no return known exactly: just before the final dot of DATA."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException, SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol

from omnitui.sdk import (
    MINUTE,
    Accepted,
    AuthFailed,
    Deferred,
    Fault,
    NotReady,
    Outcome,
    RateLimited,
    Rejected,
    Unknown,
)
from omnitui_email.refusals import clean, login_fault, network_fault
from omnitui_email.settings import Credentials, Server

CONNECT_SECONDS = 20
ANSWER_SECONDS = 600
"""How long a server may take after the final dot (RFC 5321, 4.5.3.2.6): giving up earlier makes sent mail unknown."""
LEAVE_SECONDS = 5
"""How long a server may take to say goodbye."""
_PIECE = 64 * 1024
_BUFFER = 1024 * 1024
_HELO = "[127.0.0.1]"
"""An address literal, as mail programs send: the machine's own name is nobody's business."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail ready to leave."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    """With CRLF line ends."""
    needed: frozenset[str] = frozenset()
    """Recipients without whom it shall not be sent at all: those of the To field."""

    @property
    def utf8(self) -> bool:
        return not all(address.isascii() for address in (self.sender, *self.recipients))


@dataclass(slots=True)
class SmtpSender:
    """Sends over connections of its own, one a mail."""

    server: Server
    timeout: float
    context: Callable[[], ssl.SSLContext]
    answer_seconds: float = ANSWER_SECONDS
    _tls: ssl.SSLContext | None = field(default=None)
    _leaving: set[asyncio.Task[None]] = field(default_factory=set)

    async def probe(self, credentials: Credentials) -> dict[str, str]:
        """Connect, log in, leave. The extensions that the server offers; raises `Fault`."""
        client = await self._connect(credentials)
        extensions = dict(client.esmtp_extensions)
        await self._leave(client)
        return extensions

    async def send(self, credentials: Credentials, mail: Envelope, mark: Callable[[], Awaitable[None]]) -> Outcome:
        """Send one mail. `mark` is awaited when all but the final dot has been written.

        Raises `Fault` only where the mail cannot have arrived: before the mark, or when the server said 4xx.
        """
        content = await asyncio.to_thread(_stuffed, mail.content)
        client = await self._connect(credentials)
        try:
            with self._faults():
                refused = await self._envelope(client, mail)
            outcome = refused if isinstance(refused, Rejected) else await self._data(client, content, mark)
        except BaseException:
            client.close()
            raise
        if isinstance(outcome, Unknown):
            client.close()
            return outcome
        # What was accepted is written down at once, whether or not the server has a farewell.
        leaving = asyncio.ensure_future(self._leave(client))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)
        if isinstance(outcome, Accepted) and isinstance(refused, dict):
            accepted = {address: outcome.external_id for address in mail.recipients if address not in refused}
            return Accepted(outcomes={**accepted, **refused})
        return outcome

    async def close(self) -> None:
        """Let lines end that are just being left."""
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=LEAVE_SECONDS)

    async def _connect(self, credentials: Credentials) -> aiosmtplib.SMTP:
        if self._tls is None:
            self._tls = await asyncio.to_thread(self.context)
        client = aiosmtplib.SMTP(
            hostname=self.server.host,
            port=self.server.port,
            use_tls=self.server.security == "tls",
            start_tls=False,
            tls_context=self._tls,
            timeout=min(CONNECT_SECONDS, self.timeout),
            local_hostname=_HELO,
        )
        try:
            await client.connect()
            client.timeout = self.timeout
            await client.ehlo()
            if self.server.security == "starttls":
                if not client.supports_extension("starttls"):
                    raise NotReady(
                        f"{self.server.host} does not offer STARTTLS, and the account requires it",
                        hint="nothing was sent; somebody on the way may have removed it",
                    )
                await client.starttls()
                await client.ehlo()
            with self._faults():
                await self._login(client, credentials)
        except BaseException as error:
            client.close()
            if isinstance(error, SMTPResponseException):
                raise _later(self.server, error.code, error.message) from error
            if isinstance(error, OSError):
                cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
                raise await asyncio.to_thread(network_fault, cause, self.server, "smtp") from error
            if isinstance(error, SMTPException):
                raise NotReady(f"{self.server.host}: {clean(str(error))}") from error
            raise
        return client

    async def _login(self, client: aiosmtplib.SMTP, credentials: Credentials) -> None:
        if not credentials.password and not credentials.token:
            return
        if not client.supports_extension("auth"):
            if self.server.security == "none":
                return
            raise AuthFailed(f"{self.server.host} offers no login", hint="check smtp_port: 465 and 587 are for sending")
        try:
            if credentials.token:
                await client.auth_xoauth2(credentials.username, credentials.token)
            else:
                await client.login(credentials.username, credentials.password)
        except SMTPResponseException as error:
            if error.code in (421, 454) or 400 <= error.code < 500:
                raise _later(self.server, error.code, error.message) from error
            oauth = bool(credentials.token)
            words = f"{error.code} {error.message}"
            raise login_fault(words, self.server, credentials.username, oauth=oauth) from error

    async def _envelope(self, client: aiosmtplib.SMTP, mail: Envelope) -> Rejected | dict[str, str]:
        """MAIL and RCPT. Who was refused for good, or why all is."""
        size = len(mail.content)
        limit = client.esmtp_extensions.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < size:
            return Rejected(f"the mail has {size:,} bytes; {self.server.host} takes at most {int(limit):,}")
        options = [f"SIZE={size}"] if client.supports_extension("size") else []
        encoding = "ascii"
        if mail.utf8:
            if not client.supports_extension("smtputf8"):
                return Rejected(f"{self.server.host} cannot send to addresses that are not ASCII (no SMTPUTF8)")
            options += ["SMTPUTF8", "BODY=8BITMIME"]
            encoding = "utf-8"
        try:
            await client.mail(mail.sender, options=options, encoding=encoding)
        except SMTPResponseException as error:
            if error.code >= 500:
                return Rejected(_words(error.code, error.message))
            raise
        refused: dict[str, str] = {}
        for address in mail.recipients:
            try:
                await client.rcpt(address, encoding=encoding)
            except SMTPResponseException as error:
                # One that shall be asked again later holds back all: else it would never get its copy.
                if error.code == 421:
                    raise
                if error.code < 500:
                    raise Deferred(f"{self.server.host}: {address}: {_words(error.code, error.message)}") from error
                refused[address] = _words(error.code, error.message)
        left = [address for address in mail.recipients if address not in refused]
        if not left or (mail.needed and not mail.needed & set(left)):
            first = next(iter(refused.values()), "no recipients")
            return Rejected(first, outcomes=refused)
        return refused

    async def _data(
        self, client: aiosmtplib.SMTP, content: bytes, mark: Callable[[], Awaitable[None]]
    ) -> Accepted | Rejected | Unknown:
        """DATA. `external_id` of the answer carries the server's words."""
        protocol = client.protocol
        with self._faults():
            if protocol is None:
                raise SMTPServerDisconnected("connection lost")
            start = await client.execute_command(b"DATA")
            if start.code != 354:
                if start.code >= 500:
                    return Rejected(_words(start.code, start.message))
                raise SMTPResponseException(start.code, start.message)
        # Armed before the body: a server may say no in the middle, and aiosmtplib drops what nobody waits for.
        answer = asyncio.ensure_future(protocol.read_response(None))
        try:
            with self._faults():
                await self._write(protocol, content, answer)
            early = answer.done()
            if not early:
                await mark()
                try:
                    protocol.write(b".\r\n")
                    async with asyncio.timeout(self.answer_seconds):
                        await asyncio.shield(answer)
                except (OSError, SMTPException) as error:
                    if not isinstance(error, SMTPResponseException):
                        words = clean(str(error)) or "silence"
                        return Unknown(f"the line broke before {self.server.host} answered: {words}")
                    return Unknown(f"{self.server.host} answered what cannot be understood: {clean(error.message)}")
            with self._faults():
                code, words = await answer
                if code >= 500:
                    return Rejected(_words(code, words))
                if not 200 <= code < 300 or early:
                    if 400 <= code < 500 and code != 421:
                        raise Deferred(f"{self.server.host}: {_words(code, words)}")
                    raise SMTPResponseException(code, words)
                return Accepted(external_id=_words(code, words))
        finally:
            if not answer.done():
                answer.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await answer

    async def _write(
        self, protocol: SMTPProtocol, content: bytes, answer: asyncio.Future[aiosmtplib.SMTPResponse]
    ) -> None:
        """The body in pieces, no faster than the line takes it; stops when the server has answered already."""
        patience = 0.0
        for start in range(0, len(content), _PIECE):
            protocol.write(content[start : start + _PIECE])
            while (waiting := _waiting(protocol)) > _BUFFER and not answer.done():
                await asyncio.sleep(0.02)
                patience = patience + 0.02 if _waiting(protocol) >= waiting else 0.0
                if patience > self.timeout:
                    raise TimeoutError("the server takes nothing more")
            await asyncio.sleep(0)
            if answer.done():
                return

    async def _leave(self, client: aiosmtplib.SMTP) -> None:
        if client.is_connected:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await client.quit()
        client.close()

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except SMTPResponseException as error:
            raise _later(self.server, error.code, error.message) from error
        except OSError as error:
            raise NotReady(f"{self.server.host}: the line broke: {clean(str(error)) or 'silence'}") from error
        except SMTPException as error:
            raise NotReady(f"{self.server.host}: {clean(str(error))}") from error


def _words(code: int, message: str) -> str:
    return f"{code} {clean(message)}"


def _later(server: Server, code: int, message: str) -> Fault:
    """The fault of an answer that is not for good; servers that throttle say 421, or 4.7.x (RFC 3463)."""
    words = f"{server.host}: {_words(code, message)}"
    if code == 421 or (400 <= code < 500 and re.match(r"4\.7\.", message)):
        return RateLimited(words, after=MINUTE)
    return NotReady(words)


def _stuffed(content: bytes) -> bytes:
    """The body of DATA without its final dot (RFC 5321, 4.5.2). A large one takes long: not on the loop."""
    content = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", content)


def _waiting(protocol: SMTPProtocol) -> int:
    """Bytes that were written and have not left."""
    transport = protocol.transport
    if not isinstance(transport, asyncio.WriteTransport) or transport.is_closing():
        raise SMTPServerDisconnected("connection lost")
    return transport.get_write_buffer_size()
