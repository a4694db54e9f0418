"""Spelling, by a command of the agent's own: it gets the text and prints the words that it does not know."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from omnitui.environment import inherited

SECONDS = 5.0
LONGEST = 100_000
"""Characters that are looked at."""
MOST = 200


async def misspelt(argv: Sequence[str], text: str) -> tuple[str, ...] | None:
    """The words of `text` that the command printed, each once; None where it could not be run or took too long."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=inherited(),
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(SECONDS):
            said, _errors = await process.communicate(text[:LONGEST].encode("utf-8", "replace"))
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    words = said.decode("utf-8", "replace").split()
    return tuple(dict.fromkeys(word for word in words if word in text))[:MOST]
