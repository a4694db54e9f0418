"""A relay between mail programs and their servers that counts what is said, and strikes at one word of it.

What it counts are steps: each line that is made, each line of the protocol in either direction, and behind STARTTLS
each record of TLS. So every call that a real client makes of its network is one, whatever the client names it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

_TLS = frozenset(b"\x14\x15\x16\x17")
"""How records of TLS begin; no word of IMAP or SMTP does."""
_HEAD = 5
PATIENCE = 5.0
"""Seconds that a server may take to hang up when its client has."""


@dataclass
class Relay:
    """Listens on a port for each target, on a thread of its own.

    Attributes:
        targets: A name for each server, and its port.
        strikes: Whether it strikes at a step, by its number and what is said: before that passes, and once.
        strike: Called there, on the relay's thread; afterwards the line is reset on which it was said.
        struck: At what it struck; empty until then.
        steps: What was said since `begin`, and by whom: by the client "imap > b…", by the server
            "imap < b…"; behind STARTTLS "imap > TLS".
    """

    targets: dict[str, int]
    strikes: Callable[[int, str], bool] = lambda _number, _what: False
    struck: str = ""
    strike: Callable[[], object] = lambda: None
    steps: list[str] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _open: int = 0

    def __enter__(self) -> Relay:
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_exc: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def begin(
        self,
        strikes: Callable[[int, str], bool] = lambda _number, _what: False,
        strike: Callable[[], object] = lambda: None,
    ) -> None:
        """Count anew, once every line is gone and what was said on it has arrived."""
        asyncio.run_coroutine_threadsafe(self._begin(strikes, strike), self._loop).result(30)

    async def _begin(self, strikes: Callable[[int, str], bool], strike: Callable[[], object]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._quiet()
        self._reset()
        await self._quiet()
        self.strikes, self.strike, self.struck = strikes, strike, ""
        self.steps.clear()

    async def _listen(self) -> None:
        self._servers = []
        for name, target in self.targets.items():

            async def serve(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str = name, target: int = target
            ) -> None:
                await self._serve(name, target, reader, writer)

            server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**20)
            self._servers.append(server)
            self.ports[name] = server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        self._reset()
        await self._quiet()

    async def _quiet(self) -> None:
        while self._open:  # noqa: ASYNC110
            await asyncio.sleep(0.002)

    def _reset(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, name: str, target: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        there: asyncio.StreamWriter | None = None
        self._writers.add(writer)
        try:
            self._step(f"{name} connects")
            from_there, there = await asyncio.open_connection("127.0.0.1", target, limit=2**20)
            self._writers.add(there)
            ways = [
                asyncio.ensure_future(self._pass(f"{name} >", reader, there)),
                asyncio.ensure_future(self._pass(f"{name} <", from_there, writer)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, _Struck):
            pass
        finally:
            for one in (writer, there):
                if one is not None:
                    one.transport.abort()
                    self._writers.discard(one)
            self._open -= 1

    async def _pass(self, way: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while said := await _word(reader):
                self._step(f"{way} TLS" if said[0] in _TLS else f"{way} {said[:60]!r}")
                writer.write(said)
                await writer.drain()
            writer.close()

    def _step(self, what: str) -> None:
        self.steps.append(what)
        if not self.struck and self.strikes(len(self.steps), what):
            self.struck = what
            self.strike()
            raise _Struck


class _Struck(Exception):
    """The line ends here."""


async def _word(reader: asyncio.StreamReader) -> bytes:
    """The next line or record; what is left where the line ends before its end."""
    said = await reader.read(1)
    try:
        if not said or said == b"\n":
            return said
        if said[0] not in _TLS:
            return said + await reader.readuntil(b"\n")
        said += await reader.readexactly(_HEAD - 1)
        return said + await reader.readexactly(int.from_bytes(said[3:], "big"))
    except asyncio.IncompleteReadError as error:
        return said + error.partial
