"""The line of a session at an IMAP server: connect, log in, wait for news, end; blocking, for one thread."""

from __future__ import annotations

import contextlib
import os
import select
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from omnitui.sdk import Fault, NotReady
from omnitui_email.imap_line import ImapLine
from omnitui_email.refusals import imap_fault, login_fault
from omnitui_email.settings import Credentials, Server


class ImapLogin:
    """One line with its login. Only `wake`, `renew` and `cut` may be called from other threads.

    Every method raises `Fault`; after one the line is gone, and the next call connects again.
    """

    def __init__(self, server: Server, timeout: float, context: Callable[[], ssl.SSLContext]) -> None:
        self._server = server
        self._timeout = timeout
        self._context = context
        self._line: ImapLine | None = None
        self._wake_out, self._wake_in = os.pipe()
        os.set_blocking(self._wake_out, False)
        os.set_blocking(self._wake_in, False)
        self._pipe_lock = threading.Lock()
        self._cut = False
        self._worn = False
        """Whether the line is not to be used any more."""
        self.capabilities: frozenset[str] = frozenset()
        self.qresync = False
        self.selected: tuple[str, int] | None = None
        """Folder and uidvalidity."""

    @property
    def connected(self) -> bool:
        return self._line is not None

    @property
    def condstore(self) -> bool:
        return "CONDSTORE" in self.capabilities or self.qresync

    def connect(self, credentials: Credentials) -> None:
        """Connect and log in, unless that has been done."""
        if self._line is not None and not self._worn:
            return
        self._drop()
        self._worn = False
        with self.talking(connecting=True):
            context = self._context()
            line = ImapLine(self._server, context, self._timeout)
            self._line = line
            if self._cut:
                raise IMAPClientAbortError("closed")
            if self._server.security == "starttls":
                line.upgrade(context)
            if line.wire.state == "NONAUTH":
                self._login(line, credentials)
            self.capabilities = frozenset(name.decode("ascii", "replace") for name in line.capabilities())
            if "ID" in self.capabilities:
                # NetEase refuses SELECT to programs that did not introduce themselves.
                with contextlib.suppress(IMAPClientError):
                    line.id_({"name": "omnitui"})
            self.qresync = {"QRESYNC", "ENABLE"} <= self.capabilities and b"QRESYNC" in line.enable("QRESYNC")

    def _login(self, line: ImapLine, credentials: Credentials) -> None:
        try:
            if credentials.token:
                line.oauth2_login(credentials.username, credentials.token)
            elif line.has_capability("AUTH=PLAIN"):
                line.plain_login(credentials.username, credentials.password)
            elif line.has_capability("LOGINDISABLED"):
                raise IMAPClientError("the server takes no passwords on a line that is not encrypted")
            elif not (credentials.username + credentials.password).isascii():
                raise IMAPClientError("this server's LOGIN takes ASCII only, in username and password")
            else:
                line.login(credentials.username, credentials.password)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            raise login_fault(str(error), self._server, credentials.username, oauth=bool(credentials.token)) from error

    def wait(self, seconds: float) -> None:
        """Return when the server has news, `seconds` have passed, or somebody woke us. IDLE where there is one."""
        with self.talking() as line:
            if "IDLE" not in self.capabilities:
                self._sleep(seconds, None)
                return
            line.start_idle()
            if not line.unread_answers():
                self._sleep(seconds, line.socket().fileno())
            line.idle_done()

    def wake(self) -> None:
        """End a `wait` now."""
        with self._pipe_lock, contextlib.suppress(OSError):
            os.write(self._wake_in, b"!")

    def cut(self) -> None:
        """End whatever runs now, and refuse to run again."""
        self._cut = True
        self.wake()
        if line := self._line:
            line.cut()

    def renew(self) -> None:
        """End whatever runs now over a line that may be dead; the next call makes another one."""
        self._worn = True
        if line := self._line:
            line.cut()
        self.wake()

    def close(self) -> None:
        """Say goodbye, where the line still stands, and let go of everything."""
        if self._line is not None and not self._cut:
            with contextlib.suppress(Exception):
                self._line.socket().settimeout(2)
                self._line.logout()
        self._drop()
        with self._pipe_lock, contextlib.suppress(OSError):
            os.close(self._wake_in)
            os.close(self._wake_out)
            self._wake_in = self._wake_out = -1

    def _sleep(self, seconds: float, descriptor: int | None) -> None:
        poller = select.poll()
        poller.register(self._wake_out, select.POLLIN)
        if descriptor is not None:
            poller.register(descriptor, select.POLLIN)
        poller.poll(seconds * 1000)
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_out, 4096)

    def _drop(self) -> None:
        line, self._line, self.selected = self._line, None, None
        if line is not None:
            with contextlib.suppress(Exception):
                line.shutdown()

    def noop(self) -> None:
        """Let the server tell its news."""
        with self.talking() as line:
            line.wire.noop()

    @contextlib.contextmanager
    def talking(self, *, connecting: bool = False) -> Iterator[Any]:
        if self._cut:
            raise NotReady(f"{self._server.host}: closed")
        if self._line is None and not connecting:
            raise NotReady(f"{self._server.host}: not connected")
        try:
            yield self._line
        except Fault:
            if connecting:
                self._drop()
            raise
        except Exception as error:
            refused = isinstance(error, IMAPClientError) and not isinstance(error, IMAPClientAbortError)
            if not refused or connecting:
                self._drop()
            if self._cut:
                raise NotReady(f"{self._server.host}: closed") from error
            raise imap_fault(error, self._server) from error
