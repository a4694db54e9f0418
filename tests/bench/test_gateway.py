"""Webhooks as they come in: fifty callers at once, each delivery on the disk before it is answered."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import count
from pathlib import Path

import pytest

from tests.bench.figures import Figures, median
from tests.support.gateway import HOOK, SECRET, Gateway, running
from tests.support.hooked import signed

CALLERS = 50
CALLS = 40
"""Of each caller in a round."""
ROUNDS = 5
_numbers = count()


@pytest.mark.bench
def test_webhooks_of_fifty_callers_at_once(tmp_path: Path, figures: Figures) -> None:
    with running(Gateway(tmp_path / "home", settings="calls_per_hook = 100000")) as gateway:
        # What is verified and answered alone is the floor; in turns, so that neighbours hurt both.
        rounds = [(_round(gateway.port, keep=False), _round(gateway.port, keep=True)) for _round_ in range(ROUNDS)]
    floor, kept = (median([took for took, _slow in column]) for column in zip(*rounds, strict=True))
    slowest = median([slow for _floor, (_took, slow) in rounds])
    calls = CALLERS * CALLS
    remark = f"{calls / kept:.0f}/s, {calls / floor:.0f}/s that are only answered; callers on the same machine"
    figures.put("webhooks kept / only answered, wall, 50 at once", kept / floor, 2.0, remark=remark)
    figures.put("webhook kept and answered, p99, 50 at once", slowest * 1_000, 1_000, "ms")


def _round(port: int, *, keep: bool) -> tuple[float, float]:
    """How long it took in all, and the time of an answer that 99 of 100 keep to."""
    times: list[float] = []

    async def call() -> None:
        read, write = await asyncio.open_connection("127.0.0.1", port)
        for _call in range(CALLS):
            body = json.dumps({"event": next(_numbers), "text": "x" * 500}).encode() if keep else b"ping"
            headers = {"Host": "gateway", "Content-Length": str(len(body)), **signed(SECRET, body)}
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            began = time.perf_counter()
            write.write(f"POST /hooks/{HOOK} HTTP/1.1\r\n{lines}\r\n".encode() + body)
            head = await read.readuntil(b"\r\n\r\n")
            await read.readexactly(len(b"taken"))
            times.append(time.perf_counter() - began)
            assert b" 200 " in head.partition(b"\r\n")[0]
        write.close()
        await write.wait_closed()

    async def all_at_once() -> None:
        await asyncio.gather(*(call() for _caller in range(CALLERS)))

    began = time.perf_counter()
    asyncio.run(all_at_once())
    return time.perf_counter() - began, sorted(times)[len(times) * 99 // 100]
