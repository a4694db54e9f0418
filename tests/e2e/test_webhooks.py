"""From a vendor's call to the desk: through a gateway that runs, is killed and comes back."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import http.client
import json
import random
import signal
import time
from collections.abc import Iterator
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from omnitui.clock import SystemClock
from omnitui.sdk import NotReady
from omnitui.services.channels.gateway_line import GatewayLine
from tests.support.gateway import HOOK, Gateway, running
from tests.support.promises import Promise

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ...").decode()
ONCE = "What a gateway has answered reaches the console once, though it is killed while both talk."
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://www.example.com"}


@pytest.fixture
def stopped(tmp_path: Path) -> Gateway:
    gateway = Gateway(tmp_path / "home", env={"SHOP_SECRET": SECRET})
    gateway.env["DESK_TOKEN"] = gateway.token("desk", HOOK, "tea-shop")
    return gateway


@pytest.fixture
def gateway(stopped: Gateway) -> Iterator[Gateway]:
    with running(stopped):
        yield stopped


def signed(call_id: str, body: bytes) -> dict[str, str]:
    stamp = str(int(time.time()))
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, f"{call_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    told = {"id": call_id, "timestamp": stamp, "signature": "v1," + base64.b64encode(digest).decode()}
    return {"Content-Type": "application/json", **{f"webhook-{name}": value for name, value in told.items()}}


def done(gateway: Gateway, *words: str) -> str:
    ended = gateway.verb(*words)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_call_and_a_form_are_conversations_here_and_at_another_desk(stopped: Gateway) -> None:
    add = ("account", "add", "webhook", "--name")
    done(stopped, *add, "Tea shop", "--secret-env", "SHOP_SECRET", "--no-check")
    done(stopped, *add, "Contact", "--proof", "form", "--origins", "https://www.example.com", "--no-check")
    with running(stopped) as gateway:
        body = json.dumps({"data": {"id": "m1", "from": "mei", "text": "お茶はどこ？"}}).encode()
        assert gateway.call("POST", "/hooks/tea-shop", body, signed("msg_1", body)).status == 200
        assert gateway.call("POST", "/hooks/tea-shop", body, signed("msg_1", body)).status == 200
        assert gateway.call("POST", "/hooks/tea-shop", body, signed("msg_1", body + b" ")).status == 401
        filled = b"name=Bo&email=bo%40example.com&message=Do+you+open+on+Sundays%3F"
        assert b"Thank you" in gateway.call("POST", "/hooks/contact", filled, FORM).body
        assert gateway.call("POST", "/hooks/contact", filled, {**FORM, "Origin": "https://evil.example"}).status == 401
        done(gateway, "sync", "--once")
        rows = [json.loads(line) for line in done(gateway, "ls", "--jsonl").splitlines()]
        assert sorted((row["channel"], row["contact"]) for row in rows) == [("webform", "Bo"), ("webhook", "mei")]

        gateway.env["OMNITUI_PROFILE"] = "other"
        line = ("--gateway", f"http://127.0.0.1:{gateway.port}", "--hook", "tea-shop")
        added = gateway.verb(*add, "Far", "--secret-env", "SHOP_SECRET", *line, "--gateway-token-env", "DESK_TOKEN")
        assert "calls kept: 1; the newest is conversation mei" in added.stdout + added.stderr


class Console:
    """Reads one hook as an account does: after a fault it comes back, from where it had come to."""

    def __init__(self, gateway: Gateway) -> None:
        self.numbers: list[int] = []
        self.bodies: list[bytes] = []
        self.faults = 0
        self._line = GatewayLine(f"http://127.0.0.1:{gateway.port}", HOOK, gateway.env["DESK_TOKEN"], SystemClock())

    async def run(self) -> None:
        cursor = 0
        while True:
            with suppress(NotReady):
                async with aclosing(self._line.deliveries(cursor)) as pages:
                    async for page in pages:
                        assert not page.gap, page.gap
                        cursor = page.cursor
                        self.numbers += [item.number for item in page.items]
                        self.bodies += [item.body for item in page.items]
            self.faults += 1
            await asyncio.sleep(0.2)


def post(gateway: Gateway, body: bytes) -> bool:
    """Call once; whether it was answered."""
    try:
        return gateway.post(body).status == 200
    except (OSError, http.client.HTTPException):
        return False


async def until_read(console: Console, answered: list[bytes]) -> None:
    async with asyncio.timeout(60):
        while not set(answered) <= set(console.bodies):  # noqa: ASYNC110 - who reads tells nobody
            await asyncio.sleep(0.02)


async def talk(gateway: Gateway, kills: int, chance: random.Random) -> tuple[Console, list[bytes]]:
    console, answered = Console(gateway), list[bytes]()
    reading = asyncio.create_task(console.run())

    async def calls(name: str, count: int) -> None:
        for number in range(count):
            body = f"{name}-{number}".encode()
            if await asyncio.to_thread(post, gateway, body):
                answered.append(body)

    try:
        await calls("first", 3)
        await until_read(console, answered)
        for kill in range(kills):
            calling = asyncio.create_task(calls(f"kill-{kill}", 60))
            await asyncio.sleep(chance.uniform(0.05, 0.3))
            await asyncio.to_thread(gateway.end, signal.SIGKILL)
            await calling
            await asyncio.to_thread(gateway.start)
            await calls(f"back-{kill}", 3)
        await until_read(console, answered)
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
    return console, answered


async def proved(gateway: Gateway, kills: int, promise: Promise) -> None:
    console, answered = await talk(gateway, kills, random.Random(kills))
    assert console.faults >= kills
    assert console.numbers == sorted(set(console.numbers))
    assert len(console.bodies) == len(set(console.bodies))
    promise(ONCE, f"{kills} kills, {len(answered)} answered, 0 lost, 0 twice")


async def test_what_was_answered_is_read_once_though_the_gateway_is_killed(gateway: Gateway, promise: Promise) -> None:
    await proved(gateway, 1, promise)


@pytest.mark.torture
async def test_what_was_answered_is_read_once_through_many_kills(gateway: Gateway, promise: Promise) -> None:
    await proved(gateway, 25, promise)
