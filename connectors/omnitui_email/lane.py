"""A session with a thread of its own: the async face of everything that IMAP does."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, TypeVar

from omnitui.sdk import AuthFailed, NotReady
from omnitui_email.client_imap import ImapSession
from omnitui_email.settings import Credentials, Server
from omnitui_email.worker import URGENT, Stopped, Worker

P = ParamSpec("P")
T = TypeVar("T")


class Lane:
    """One line to IMAP, opened when it is first needed."""

    def __init__(
        self,
        name: str,
        server: Server,
        timeout: float,
        context: Callable[[], ssl.SSLContext],
        credentials: Callable[[], Awaitable[Credentials]],
        spoil: Callable[[Credentials], None],
        *,
        again: bool,
    ) -> None:
        self.session = ImapSession(server, timeout, context)
        self._worker = Worker(name)
        self._credentials = credentials
        self._spoil = spoil
        self._again = again
        """Whether a call is repeated where its line proves to be dead."""
        self._closed = False

    async def run(
        self, call: Callable[Concatenate[ImapSession, P], T], urgency: int = URGENT, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `call` says, over a line that stands.

        Raises:
            Fault: The server cannot be reached, refuses, or the lane has been closed.
        """
        for attempt in (1, 2):
            if self._closed:
                raise NotReady("closed")
            credentials = await self._credentials()
            idle_line = self.session.connected
            try:
                return await self._worker.run(
                    urgency, functools.partial(self._connected, credentials, call, *args, **kwargs)
                )
            except Stopped:
                raise NotReady("closed") from None
            except AuthFailed:
                self._spoil(credentials)
                if attempt == 2 or not credentials.token:
                    raise
            except NotReady:
                # Servers close lines that were quiet for long; a line that was made just now is another matter.
                if attempt == 2 or not self._again or not idle_line or self.session.connected:
                    raise
        raise AssertionError("the loop returns or raises")

    def _connected(
        self,
        credentials: Credentials,
        call: Callable[Concatenate[ImapSession, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        self.session.connect(credentials)
        return call(self.session, *args, **kwargs)

    def close(self) -> None:
        """Break the line and end the thread; whoever waits for an answer gets a fault."""
        if not self._closed:
            self._closed = True
            self.session.cut()
            self._worker.stop(self.session.close)

    def join(self, seconds: float) -> None:
        """Wait for the thread's end; blocks."""
        self._worker.join(seconds)
