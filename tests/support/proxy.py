"""A TCP proxy that is slow, slices, goes deaf or cuts the line, on the loop of the test that uses it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field


@dataclass
class FaultyProxy:
    """Forwards to 127.0.0.1:`target`; change the faults at any time.

    Attributes:
        latency: Seconds that each piece waits, either way.
        slice_size: Bytes a piece; 0 leaves them as they come.
        cut_after: Bytes from the server after which the line is reset; None: never.
        deaf: Swallow all that comes, answer nothing, keep the line open.
        refuse: Reset new lines at once.
        inject: Bytes sent to the client before anything of the server.
        cut_at: Bytes of both sides together, `passed`, at which every line is reset, once; None: never.
    """

    target: int
    latency: float = 0
    slice_size: int = 0
    cut_after: int | None = None
    deaf: bool = False
    refuse: bool = False
    inject: bytes = b""
    cut_at: int | None = None
    cut_behind: bytes = b""
    """What a client says next, after which its line is reset: the server still gets it, and nobody hears the answer."""
    passed: int = 0
    tls: ssl.SSLContext | None = None
    """With one, the proxy speaks TLS to the client and plain text to the server."""
    port: int = 0
    connections: int = 0
    _stranded: int = 0
    _server: asyncio.AbstractServer | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> FaultyProxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Reset every line that is open now."""
        for writer in list(self._writers):
            writer.transport.abort()

    def strand(self) -> None:
        """Let every line that is open now go dead without a word; new ones work."""
        self._stranded += 1

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            if self.refuse:
                writer.transport.abort()
                return
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers |= {writer, there_writer}
            if self.inject:
                writer.write(self.inject)
            await asyncio.gather(
                self._pump(reader, there_writer, counted=False), self._pump(there_reader, writer, counted=True)
            )
        except (OSError, asyncio.CancelledError):
            # The streams of Python 3.11 complain of a callback that was cancelled.
            pass
        finally:
            self._tasks.discard(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool) -> None:
        made = self._stranded
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                size = self.slice_size or len(data)
                for start in range(0, len(data), size):
                    piece = data[start : start + size]
                    if self.latency:
                        await asyncio.sleep(self.latency)
                    if self.deaf or made != self._stranded:
                        continue
                    if counted and self.cut_after is not None:
                        self.cut_after -= len(piece)
                        if self.cut_after < 0:
                            self.cut()
                            return
                    if self.cut_at is not None and self.passed + len(piece) > self.cut_at:
                        # What came before the cut arrives.
                        writer.write(piece[: self.cut_at - self.passed])
                        await writer.drain()
                        self.cut_at = None
                        self.cut()
                        return
                    self.passed += len(piece)
                    writer.write(piece)
                    await writer.drain()
                    if not counted and self.cut_behind and self.cut_behind in piece:
                        self.cut_behind = b""
                        for other in self._writers - {writer}:
                            other.transport.abort()
                        return
        self._writers.discard(writer)
        writer.close()
