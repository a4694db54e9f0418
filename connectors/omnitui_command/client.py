"""Runs a program and speaks JSON lines with it: what it answers goes to who asked, all else is news."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from typing import Any

from omnitui.sdk import NotReady
from omnitui_command.lines import Lines

Line = dict[str, Any]

ANSWERS = ("accepted", "rejected", "later", "found", "absent", "unknown", "offline", "refused", "wait")
"""What answers a line that has a key; a message that carries one too is news."""
READY_SECONDS = 30.0
END_SECONDS = 2.0
"""How long a program may take to end when its standard input closes, and again when it is told to."""
WAITING = 1_000
"""Lines that are read ahead of what is being stored; then the program has to wait."""
PASSED_ON = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER")
"""The only variables a program gets: no secret of the console's environment."""


class Gone(Exception):
    """The program ended; the text says how, in its own last words."""


class Running:
    """One run of the program."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._answers: dict[str, asyncio.Future[Line]] = {}
        self._last_words = b""
        self.news: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING)
        """Lines as they came; None when the program has ended."""
        self.ended = False
        self._tasks = (asyncio.create_task(self._hear()), asyncio.create_task(self._overhear()))

    async def tell(self, line: Mapping[str, Any]) -> None:
        """Write one line; raises `Gone`, and then some of it may have been read."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            await self._process.stdin.drain()
        except (ConnectionError, RuntimeError) as error:
            raise Gone(await self.obituary()) from error

    async def ask(self, key: str, line: Mapping[str, Any], seconds: float) -> Line:
        """Write one line and give the answer with this key. Raises `Gone`, `TimeoutError`."""
        answer = self._answers[key] = asyncio.get_running_loop().create_future()
        try:
            if self.ended:
                raise Gone(await self.obituary())
            await self.tell(line)
            return await asyncio.wait_for(answer, seconds)
        finally:
            del self._answers[key]

    async def obituary(self) -> str:
        """How it ended, and the last line of its standard error."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), END_SECONDS)
            await asyncio.wait(self._tasks, timeout=END_SECONDS)
        code = self._process.returncode
        how = "closed its output" if code is None else f"ended with {code}"
        words = self._last_words.decode(errors="replace").strip()
        return f"the program {how}: {words}" if words else f"the program {how}"

    async def close(self) -> None:
        """End it: its standard input closes, then it is asked, then it is made to."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), END_SECONDS)
            # To its whole group: what a script started must not outlive it.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
        await self._process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    async def _hear(self) -> None:
        assert self._process.stdout is not None
        lines = Lines()
        try:
            while data := await self._process.stdout.read(1 << 16):
                for line in lines.feed(data):
                    await self._place(line)
        finally:
            self.ended = True
            await self._end()

    async def _place(self, line: bytes) -> None:
        said = parsed(line)
        asked = self._answers.get(str(said.get("key", ""))) if said and said.get("type") in ANSWERS else None
        if said is None or asked is None:
            await self.news.put(line)
        elif not asked.done():
            asked.set_result(said)

    async def _end(self) -> None:
        for asked in self._answers.values():
            if not asked.done():
                asked.set_exception(Gone("the program ended before it answered"))
        while True:
            with contextlib.suppress(asyncio.QueueFull):
                self.news.put_nowait(None)
                return
            await asyncio.sleep(0.05)

    async def _overhear(self) -> None:
        assert self._process.stderr is not None
        held = b""
        while data := await self._process.stderr.read(1 << 12):
            held = (held + data)[-2_000:]
            self._last_words = held.strip().rpartition(b"\n")[2][:300]


async def start(argv: Sequence[str], folder: str, hello: Line) -> tuple[Running, bytes]:
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
        first = await asyncio.wait_for(running.news.get(), READY_SECONDS)
        if first is None:
            raise Gone(await running.obituary())
    except (Gone, TimeoutError) as error:
        message = str(error) or f"the program said nothing for {READY_SECONDS:.0f} seconds"
        await running.close()
        raise NotReady(message, hint="docs/command-channel.md says what it has to answer") from error
    except asyncio.CancelledError:
        await running.close()
        raise
    return running, first


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
