"""Runs programs of the user's: without a shell, terminal or secrets, for a limited time, with limited output."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from omnitui.environment import scrubbed
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.text.safe import SafeText, safe
from omnitui.values import dataclass

MOST: Final = 1_000_000
"""Bytes of an output that are read; what follows is thrown away."""
DRAIN_SECONDS: Final = 0.3
"""How long the output is still read once the program has ended: what it left running may keep the pipe."""
POLL_SECONDS: Final = 0.02
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a program."""

    code: int
    """Its exit code; negative where a signal ended it."""
    out: str
    err: str

    @property
    def words(self) -> SafeText:
        """The first line that it wrote to its standard error, for a status line."""
        return _line(_lines(self.err)[:1])

    @property
    def last_words(self) -> SafeText:
        """Why it ended, for a status line: the last line of its standard error, else the last two of its output."""
        return _line(_lines(self.err)[-1:] or _lines(self.out)[-2:])


def _lines(text: str) -> list[str]:
    return [line.strip() for line in _COLOURS.sub("", text).splitlines() if line.strip()]


def _line(lines: Sequence[str]) -> SafeText:
    return safe("; ".join(lines), multiline=False, max_chars=300)


async def run(
    argv: Sequence[str],
    given: str = "",
    *,
    seconds: float,
    profile: str,
    more: Mapping[str, str] | None = None,
    patience: float = 0.0,
) -> Ran:
    """Run a program on a text and wait for its end; its whole process group is ended with it when the time is up.

    Args:
        argv: The program and its arguments; no shell sees them.
        given: Its standard input.
        seconds: How long it may take.
        profile: Passed as OMNITUI_PROFILE, so that `omnitui` in it means the same desk.
        more: Other variables.
        patience: Seconds that it has to end by itself, once it is asked to: a softphone hangs up first.

    Raises:
        OmniError: It cannot be started, or took too long.
    """
    name = safe(Path(argv[0]).name, multiline=False)
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=Path.home(),
            env={**scrubbed(), "OMNITUI_PROFILE": profile, **(more or {})},
            start_new_session=True,
            umask=0o077,
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise OmniError(_("{name} could not be started: {why}").format(name=name, why=why)) from None
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = bytearray(), bytearray()
    pipes = [
        asyncio.create_task(_feed(process.stdin, given)),
        asyncio.create_task(_read(process.stdout, out)),
        asyncio.create_task(_read(process.stderr, err)),
    ]
    try:
        async with asyncio.timeout(seconds):
            code = await _ended(process)
        await asyncio.wait(pipes, timeout=DRAIN_SECONDS)
    except TimeoutError:
        raise OmniError(_("{name} took longer than {n:g} seconds").format(name=name, n=seconds)) from None
    finally:
        if process.returncode is None and patience:
            with suppress(ProcessLookupError, TimeoutError):
                os.killpg(process.pid, signal.SIGTERM)
                async with asyncio.timeout(patience):
                    await _ended(process)
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await _ended(process)
        for task in pipes:
            task.cancel()
        await asyncio.gather(*pipes, return_exceptions=True)
        process._transport.close()  # type: ignore[attr-defined]  # else what it left running keeps our pipes open
    return Ran(code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


async def _ended(process: asyncio.subprocess.Process) -> int:
    # asyncio's own wait lasts until the pipes are closed as well, which what the program left running may keep open.
    while process.returncode is None:  # noqa: ASYNC110
        await asyncio.sleep(POLL_SECONDS)
    return process.returncode


async def _feed(pipe: asyncio.StreamWriter, text: str) -> None:
    with suppress(OSError):
        pipe.write(text.encode("utf-8", "replace"))
        await pipe.drain()
    pipe.close()


async def _read(pipe: asyncio.StreamReader, into: bytearray) -> None:
    while data := await pipe.read(65_536):
        into += data[: max(MOST - len(into), 0)]
