"""IMAPClient made safe to leave alone: bounded answers, no secrets in its log, raw commands that it lacks."""

from __future__ import annotations

import socket
import ssl
from typing import Any, cast

from imapclient import IMAPClient, SocketTimeout
from imapclient.imap4 import IMAP4WithTimeout
from imapclient.response_parser import parse_fetch_response
from imapclient.tls import IMAP4_TLS

from omnitui_email.settings import MIB, Server

LINE_LIMIT = 8 * MIB
"""imaplib's own limit of 1 MB breaks a SEARCH in folders of 150,000 mails."""
CONNECT_SECONDS = 20


class _Bounded:
    """Refuses literals and lines larger than what was asked for: the size is only what the server claims."""

    file: Any
    abort: Any
    literal_limit = MIB

    def read(self, size: int) -> bytes:
        if size > self.literal_limit:
            raise self.abort(f"the server announced {size} bytes where at most {self.literal_limit} were expected")
        data = cast(bytes, self.file.read(size))
        if len(data) != size:
            raise self.abort("the line was cut")
        return data

    def readline(self) -> bytes:
        line = cast(bytes, self.file.readline(LINE_LIMIT + 1))
        if len(line) > LINE_LIMIT:
            raise self.abort(f"the server sent a line of more than {LINE_LIMIT} bytes")
        return line


class _BoundedTls(_Bounded, IMAP4_TLS):  # type: ignore[misc]
    pass


class _BoundedPlain(_Bounded, IMAP4WithTimeout):  # type: ignore[misc]
    pass


class ImapLine(IMAPClient):  # type: ignore[misc]
    """One connection."""

    def __init__(self, server: Server, context: ssl.SSLContext, timeout: float) -> None:
        self._connect_seconds = min(CONNECT_SECONDS, timeout)
        self._read_seconds = timeout
        super().__init__(
            server.host,
            server.port,
            ssl=server.security == "tls",
            ssl_context=context,
            timeout=cast(float, SocketTimeout(connect=self._connect_seconds, read=timeout)),
        )
        self.normalise_times = False
        # At IMAPClient's level 5 every literal is turned into text for a log nobody reads, bodies and all.
        self.wire.debug = 0
        raw = self.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 20), ("TCP_KEEPCNT", 4)):
            if hasattr(socket, name):
                raw.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    def _create_IMAP4(self) -> Any:
        if self.ssl:
            return _BoundedTls(self.host, self.port, self.ssl_context, self._connect_seconds)
        return _BoundedPlain(self.host, self.port, self._connect_seconds)

    @property
    def wire(self) -> Any:
        """imaplib's object below, for the commands that IMAPClient lacks."""
        return self._imap

    def upgrade(self, context: ssl.SSLContext) -> None:
        """STARTTLS. What came in plain text before is forgotten (RFC 3501, 6.2.1); behind the answer nothing may come.

        IMAPClient's own would drop what has been read of it, and go on.
        """
        if self.wire.state != "NONAUTH":
            raise self.AbortError("the server says that we are logged in already, so the line cannot be encrypted")
        if not self.has_capability("STARTTLS"):
            raise self.AbortError("the server does not offer STARTTLS, and the account requires it")
        kind, data = self.wire._simple_command("STARTTLS")
        self._checkok("starttls", kind, data)
        if self.unread_answers():
            raise self.AbortError("somebody put plain text behind the answer to STARTTLS: the line is not used")
        self._starttls_done = True
        self.wire.sock = context.wrap_socket(self.wire.sock, server_hostname=self.host)
        self.wire.file = self.wire.sock.makefile("rb")
        self.wire.untagged_responses.clear()
        self._cached_capabilities = None

    def limit(self, size: int) -> None:
        """Accept literals up to `size` bytes from now on."""
        self.wire.literal_limit = max(size, MIB)

    def take(self, name: str) -> list[Any]:
        """The untagged answers of a kind that have gathered, which are gone then."""
        return cast("list[Any]", self.wire.untagged_responses.pop(name, []) or [])

    def number(self, name: str) -> int | None:
        """The newest untagged number of a kind: EXISTS, UIDNEXT, HIGHESTMODSEQ; None where the server sent none."""
        values = [value for value in self.take(name) if isinstance(value, bytes) and value.isdigit()]
        return int(values[-1]) if values else None

    def select(self, folder: str, known: tuple[int, int] | None) -> None:
        """SELECT, with QRESYNC parameters (RFC 7162, 3.2.5) where `known` (uidvalidity, modseq) is given."""
        imap = self.wire
        imap.untagged_responses = {}
        imap.is_readonly = False
        parameters = [f"(QRESYNC ({known[0]} {known[1]}))"] if known else []
        tag = imap._command("SELECT", self._normalise_folder(folder), *parameters)
        kind, data = imap._command_complete("SELECT", tag)
        # imaplib keeps the state itself only in its own select().
        imap.state = "SELECTED" if kind == "OK" else "AUTH"
        self._checkok("select", kind, data)

    def fetch_lines(self, uids: str, items: str, modifiers: str = "") -> None:
        """UID FETCH whose answers stay untagged, for `answers`."""
        kind, data = self.wire._simple_command("UID", "FETCH", uids, items, *([modifiers] if modifiers else []))
        self._checkok("fetch", kind, data)

    def answers(self) -> list[dict[bytes, Any]]:
        """The untagged FETCH answers so far. One without a UID means nothing to us and is left out.

        Each is parsed alone: IMAPClient joins answers by sequence number, which an expunge between them shifts.
        """
        found = []
        for line in self.take("FETCH"):
            if isinstance(line, bytes) and b"UID " in line.upper():
                found += [item for item in parse_fetch_response([line], False, False).values() if b"UID" in item]
        return found

    def start_idle(self) -> None:
        """IDLE; what the server says before it agrees is kept as untagged."""
        imap = self.wire
        self._idle_tag = imap._command("IDLE")
        while imap._get_response() is not None:
            if imap.tagged_commands.get(self._idle_tag):
                raise self.AbortError(f"IDLE refused: {imap.tagged_commands[self._idle_tag]}")

    def unread_answers(self) -> bool:
        """Whether something has been read from the socket that nobody looked at: poll() does not see it."""
        raw = self.socket()
        raw.setblocking(False)
        try:
            return bool(self.wire.file.peek(1))
        except (ssl.SSLWantReadError, BlockingIOError):
            return False
        finally:
            raw.settimeout(self._read_seconds)

    def cut(self) -> None:
        """Break the line from another thread; whoever reads from it gets an error at once."""
        try:
            # SSLSocket.shutdown would drop the TLS object under the reader's feet.
            socket.socket.shutdown(self.socket(), socket.SHUT_RDWR)
        except OSError:
            return
