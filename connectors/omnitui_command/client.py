"""Runs a program and speaks JSON lines with it: what it answers goes to who asked, all else is news."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import signal
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from omnitui.sdk import NotReady
from omnitui_command.lines import Lines

Line = dict[str, Any]

ANSWERS = ("accepted", "rejected", "later", "found", "absent", "unknown", "offline", "refused", "wait")
"""What answers a line that has a key; a message that carries one too is news."""
CONTROL = ("stored", "cursor", "caught_up", "gap", "offline", "refused", "wait")
"""Lines about the connection, which are no events."""
READY_SECONDS = 30.0
END_SECONDS = 0.6
"""How long a program may take to end when its standard input closes, again when it is told to, and when it is made to:
the host waits two seconds for all of it."""
LAST_WORDS_SECONDS = 2.0
"""How long a program that closed its output may take until it has ended."""
WAITING = 1_000
"""Lines that are read ahead of what is being stored; then the program has to wait."""
WAITING_BYTES = 16 * 1024 * 1024
"""The same in bytes."""
PASSED_ON = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER")
"""The only variables a program gets: no secret of the console's environment."""


class Gone(Exception):
    """The program ended; the text says how, in its own last words."""


class Said(NamedTuple):
    """A line of the program."""

    raw: bytes
    line: Line
    """Empty where it is no object of JSON."""


class Running:
    """One run of the program."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._answers: dict[str, asyncio.Future[Line | None]] = {}
        self._last_words = b""
        self._news: deque[Said] = deque()
        """What is no answer and was not stored yet."""
        self._held = 0
        """Bytes in it."""
        self._more, self._room = asyncio.Event(), asyncio.Event()
        self._silent = self._closing = False
        self._urgent = 0
        """How many wait until the program reads or answers."""
        self.listening = False
        """Whether it was told to listen."""
        self._tasks = (asyncio.create_task(self._hear()), asyncio.create_task(self._overhear()))

    @property
    def ended(self) -> bool:
        """Whether nobody is there to speak with; what it started may still hold its output open."""
        assert self._process.stdin is not None
        return self._silent or self._process.returncode is not None or self._process.stdin.is_closing()

    @property
    def waiting(self) -> int:
        """How many lines were said and not stored yet."""
        return len(self._news)

    def note(self, line: Mapping[str, Any]) -> None:
        """Write one line whenever the program reads it: one that only writes now must not wait for us to read."""
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():
            self._process.stdin.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    async def tell(self, line: Mapping[str, Any]) -> None:
        """Write one line; raises `Gone`, and then some of it may have been read."""
        assert self._process.stdin is not None
        self.note(line)
        try:
            with self._reading_on():
                await self._process.stdin.drain()
        except (ConnectionError, RuntimeError) as error:
            raise Gone(await self.obituary()) from error

    async def ask(self, key: str, line: Mapping[str, Any], seconds: float) -> Line:
        """Write one line and give the answer with this key. Raises `Gone`, `TimeoutError`."""
        answer: asyncio.Future[Line | None] = asyncio.get_running_loop().create_future()
        self._answers[key] = answer
        try:
            async with asyncio.timeout(seconds):
                if not self.ended:
                    await self.tell(line)
                    with self._reading_on():
                        said = await answer
                    if said is not None:
                        return said
        finally:
            del self._answers[key]
        raise Gone(await self.obituary())

    async def hear(self, most: int) -> list[Said]:
        """The next lines that are no answers, up to one about the connection: the same again until `forget`.

        Nothing when the program has ended.
        """
        while not self._news and not self._silent:
            self._more.clear()
            await self._more.wait()
        heard = []
        for said in self._news:
            heard.append(said)
            if len(heard) == most or said.line.get("type") in CONTROL:
                break
        return heard

    def forget(self, heard: Sequence[Said]) -> None:
        """What `hear` gave last is stored."""
        for _said in heard:
            self._held -= len(self._news.popleft().raw)
        self._room.set()

    async def obituary(self) -> str:
        """How it ended, and the last line of its standard error."""
        await self._exited(LAST_WORDS_SECONDS)
        if self._process.returncode is not None:
            await asyncio.wait(self._tasks, timeout=LAST_WORDS_SECONDS)
        code = self._process.returncode
        how = "closed its output" if code is None else f"ended with {code}"
        words = self._last_words.decode(errors="replace").strip()
        return f"the program {how}: {words}" if words else f"the program {how}"

    async def close(self) -> None:
        """End it: its standard input closes, then it is asked, then it is made to, at once where we are cancelled."""
        assert self._process.stdin is not None
        self._closing = True
        self._room.set()
        self._process.stdin.close()
        try:
            for number in (signal.SIGTERM, signal.SIGKILL):
                await self._exited(END_SECONDS)
                self._signal(number)
            await asyncio.wait(self._tasks, timeout=END_SECONDS)
        finally:
            self._signal(signal.SIGKILL)
            for task in self._tasks:
                task.cancel()
        await asyncio.wait(self._tasks)

    @contextlib.contextmanager
    def _reading_on(self) -> Iterator[None]:
        """Take all that the program says within it: what is waited for may stand behind news that nobody takes now."""
        self._urgent += 1
        self._room.set()
        try:
            yield
        finally:
            self._urgent -= 1

    def _signal(self, number: signal.Signals) -> None:
        # To its whole group: what a script started must not outlive it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    async def _exited(self, seconds: float) -> None:
        """Until it has ended, or so long. `Process.wait` waits for all who hold its output as well."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._process.returncode is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)

    async def _hear(self) -> None:
        assert self._process.stdout is not None
        lines = Lines()
        try:
            while data := await self._process.stdout.read(1 << 16):
                for line in () if self._closing else lines.feed(data):
                    self._place(line)
                while self._is_full() and not self._urgent and not self._closing:
                    self._room.clear()
                    await self._room.wait()
        finally:
            self._silent = True
            self._more.set()
            for asked in self._answers.values():
                if not asked.done():
                    asked.set_result(None)

    def _is_full(self) -> bool:
        return len(self._news) >= WAITING or self._held >= WAITING_BYTES

    def _place(self, raw: bytes) -> None:
        line = parsed(raw) or {}
        asked = self._answers.get(str(line.get("key", ""))) if line.get("type") in ANSWERS else None
        if asked is None:
            self._news.append(Said(raw, line))
            self._held += len(raw)
            self._more.set()
        elif not asked.done():
            asked.set_result(line)

    async def _overhear(self) -> None:
        assert self._process.stderr is not None
        held = b""
        while data := await self._process.stderr.read(1 << 12):
            held = (held + data)[-2_000:]
            self._last_words = held.strip().rpartition(b"\n")[2][:300]


async def start(argv: Sequence[str], folder: str, hello: Line) -> tuple[Running, Line]:
    """Start the program in `folder` and greet it: the run, and the first line it said. Raises `NotReady`."""
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=folder, env=environment, start_new_session=True
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise NotReady(
            f"{argv[0]} cannot be started: {reason}", hint="omnitui account list shows the command"
        ) from error
    running = Running(process)
    try:
        await running.tell(hello)
        async with asyncio.timeout(READY_SECONDS):
            first = await running.hear(1)
        if not first:
            raise Gone(await running.obituary())
        running.forget(first)
    except (Gone, TimeoutError) as error:
        message = str(error) or f"the program said nothing for {READY_SECONDS:.0f} seconds"
        await running.close()
        raise NotReady(message, hint="docs/command-channel.md says what it has to answer") from error
    except asyncio.CancelledError:
        await running.close()
        raise
    return running, first[0].line


def arguments(command: str) -> list[str]:
    """A command as its words, without a shell; "~" is the person's own folder. Raises `ValueError`."""
    words = shlex.split(command)
    if not words:
        raise ValueError("no command is set")
    return [os.path.expanduser(words[0]), *words[1:]]


def parsed(line: bytes) -> Line | None:
    """The object in a line; None where there is none, or where half of a character stands in it."""
    try:
        found = json.loads(line)
        if b"\\u" in line:
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
