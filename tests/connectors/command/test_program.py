"""What programs do that they should not, and what becomes of it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from omnitui_command import CommandConnector
from omnitui_command.lines import KEPT, Lines
from omnitui_command.mapping import event

from omnitui.sdk import (
    Accepted,
    AuthFailed,
    Batch,
    MessageReceived,
    NotReady,
    Outbound,
    Receipt,
    Rejected,
    SendState,
    Unknown,
    Unsupported,
    Verb,
)
from tests.support.sdk import a_context

READY = 'print(\'{"type": "ready", "v": 1, "idempotency": "C"}\', flush=True)\n'


def a_program(folder: Path, body: str) -> CommandConnector:
    """A connector to a program of these lines, which has read `hello` already."""
    file = folder / "program.py"
    file.write_text(f"import os, sys, time\nhello = sys.stdin.readline()\n{body}", "utf-8")
    settings = {"command": f"{sys.executable} {file}"}
    return CommandConnector(a_context(folder, settings=settings, secrets={"token": "kirschkern-88"}))


def is_alive(pid: str) -> bool:
    state = Path("/proc", pid, "stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def first_batch(connector: CommandConnector) -> Batch:
    try:
        async with asyncio.timeout(60):
            async for batch in connector.inbound(None):
                return batch
    finally:
        await connector.close()
    raise AssertionError("inbound ended by itself")


async def test_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    connector = CommandConnector(a_context(tmp_path, settings={"command": "/nowhere/guestbook"}))
    health = await connector.check()
    assert not health.ok
    assert "/nowhere/guestbook" in health.message


@pytest.mark.parametrize("first", ["hallo", '{"type": "ready"}', '{"type": "ready", "v": 1, "text_limit": -1}'])
async def test_program_that_greets_wrongly_stops_the_account(tmp_path: Path, first: str) -> None:
    connector = a_program(tmp_path, f"print({first!r}, flush=True)\nsys.stdin.read()\n")
    with pytest.raises(AuthFailed):
        await first_batch(connector)


async def test_text_over_the_limit_that_a_program_named_is_refused_before_it_leaves(tmp_path: Path) -> None:
    ready = READY.replace('"v": 1', '"v": 1, "text_limit": 4')
    connector = a_program(tmp_path, f"{ready}assert not sys.stdin.read()\n")
    outcome = await connector.perform(Outbound("op", Verb.REPLY, "key", "mei", "", "command", "mei", text="12345"))
    assert isinstance(outcome, Rejected)
    assert "takes 4" in outcome.reason
    await connector.close()


async def test_program_that_ends_is_told_of_in_its_last_words(tmp_path: Path) -> None:
    connector = a_program(tmp_path, READY + 'sys.exit("no paper left")\n')
    with pytest.raises(NotReady, match="ended with 1: no paper left"):
        await first_batch(connector)


async def test_line_that_is_no_json_is_kept_as_it_came(tmp_path: Path) -> None:
    connector = a_program(tmp_path, READY + 'print("Traceback: 返金", flush=True)\nsys.stdin.read()\n')
    batch = await first_batch(connector)
    assert [event.raw for event in batch.events if isinstance(event, Unsupported)] == ["Traceback: 返金".encode()]


async def test_message_that_carries_the_key_of_a_send_is_no_answer_to_it(tmp_path: Path) -> None:
    body = """
asked = __import__("json").loads(sys.stdin.readline())
echo = {"type": "message", "id": "1", "key": asked["key"], "contact": {"address": "mei"}, "text": asked["text"]}
print(__import__("json").dumps(echo), flush=True)
sys.exit(0)
"""
    connector = a_program(tmp_path, READY + body)
    outcome = await connector.perform(Outbound("op", Verb.REPLY, "key", "mei", "", "command", "mei", text="はい"))
    assert isinstance(outcome, Unknown)
    await connector.close()


async def test_program_sees_no_variable_of_the_console_and_its_token_on_its_input_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "apfelkern-77")
    body = READY + f'open({str(tmp_path / "seen")!r}, "w").write(repr((sorted(os.environ), sys.argv, hello)))\n'
    connector = a_program(tmp_path, body + 'print(\'{"type": "caught_up"}\', flush=True)\nsys.stdin.read()\n')
    await first_batch(connector)
    names, argv, hello = eval((tmp_path / "seen").read_text("utf-8"))
    assert "SHOP_PASSWORD" not in names
    assert not any("kirschkern" in word for word in argv)
    assert "kirschkern-88" in hello


async def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    body = 'import subprocess\nchild = subprocess.Popen(["sleep", "600"])\n'
    body += f'open({str(tmp_path / "child")!r}, "w").write(str(child.pid))\n' + READY
    connector = a_program(tmp_path, body + "while True: sys.stdin.read()\n")
    assert (await connector.check()).ok
    await connector.close()
    assert not is_alive((tmp_path / "child").read_text())


async def test_program_that_says_everything_before_it_reads_on_is_heard_to_the_end(tmp_path: Path) -> None:
    body = """
sys.stdin.readline()
for number in range(6_000):
    print('{"type": "message", "id": "%050d", "contact": {"address": "mei"}, "cursor": %d}' % (number, number))
print('{"type": "caught_up"}', flush=True)
sys.stdin.read()
"""
    connector, heard = a_program(tmp_path, READY + body), 0
    async with asyncio.timeout(60), aclosing(connector.inbound(None)) as stream:  # type: ignore[type-var]
        async for batch in stream:
            heard += len(batch.events)
            assert batch.once == bool(batch.events)
            if batch.caught_up:
                break
    await connector.close()
    assert heard == 6_000


async def test_reply_is_answered_while_nobody_takes_what_the_program_says(tmp_path: Path) -> None:
    body = """
for number in range(6_000):
    print('{"type": "message", "id": "%050d", "contact": {"address": "mei"}}' % number)
key = __import__("json").loads(sys.stdin.readline())["key"]
print('{"type": "accepted", "key": "%s", "id": "m-1"}' % key, flush=True)
sys.stdin.read()
"""
    connector = a_program(tmp_path, READY + body)
    reply = Outbound("op", Verb.REPLY, "key", "mei", "", "command", "mei", text="はい")
    assert await connector.perform(reply) == Accepted("m-1")
    await connector.close()


async def test_program_is_gone_even_where_nobody_waits_for_its_end(tmp_path: Path) -> None:
    body = f"""
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
{READY}
while True:
    print('{{"type": "caught_up"}}', flush=True)
"""
    connector = a_program(tmp_path, body)
    assert (await connector.check()).ok
    pid = (tmp_path / "pid").read_text()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(connector.close(), 0.05)
    await until(lambda: not is_alive(pid))


async def test_program_that_ended_is_started_anew_though_what_it_started_holds_its_output(tmp_path: Path) -> None:
    body = (
        f'open({str(tmp_path / "starts")!r}, "a").write("x")\nimport subprocess\nsubprocess.Popen(["sleep", "600"])\n'
    )
    connector = a_program(tmp_path, body + READY)
    async with asyncio.timeout(60):
        while (await connector.check()).ok and (tmp_path / "starts").read_text() == "x":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await connector.close()
    assert (tmp_path / "starts").read_text().startswith("xx")


async def test_what_was_said_before_listen_came_again_is_kept_and_says_nothing_of_now(tmp_path: Path) -> None:
    body = """
def message(number):
    print('{"type": "message", "id": "%d", "contact": {"address": "mei"}}' % number, flush=True)
sys.stdin.readline()
message(0)
message(1)
print('{"type": "offline"}\\n{"type": "caught_up"}', flush=True)
sys.stdin.readline()
message(2)
print('{"type": "caught_up"}', flush=True)
sys.stdin.read()
"""
    connector = a_program(tmp_path, READY + body)
    async with asyncio.timeout(60), aclosing(connector.inbound(None)) as stream:  # type: ignore[type-var]
        # Cut off before it was stored.
        await anext(stream)
    await until(lambda: connector._running is not None and connector._running.waiting == 4)
    batches = []
    async with asyncio.timeout(60), aclosing(connector.inbound(None)) as stream:  # type: ignore[type-var]
        async for batch in stream:
            batches.append(batch)
            if batch.caught_up:
                break
    await connector.close()
    ids = [one.external_id for batch in batches for one in batch.events if isinstance(one, MessageReceived)]
    assert ids == ["0", "1", "2"]


def test_answer_that_comes_too_late_settles_its_send() -> None:
    late = event(b'{"type": "accepted", "key": "op-7", "id": "m-7"}', now=1_000, channel="shop", inbox="counter")
    assert late == Receipt(SendState.ACCEPTED, 1_000, "m-7", "op-7")


@given(some.lists(some.binary(max_size=40).filter(lambda line: b"\n" not in line)), some.data())
def test_lines_do_not_depend_on_how_they_were_cut(lines: list[bytes], data: some.DataObject) -> None:
    whole = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(some.lists(some.integers(0, len(whole)), max_size=8)))
    taker, found = Lines(), []
    for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        found += taker.feed(whole[begin:end])
    assert found == [line.strip() for line in lines if line.strip()]


def test_line_over_the_limit_is_cut_and_the_next_one_is_whole() -> None:
    taker = Lines(most=KEPT * 2)
    long = b"x" * KEPT
    found = [line for part in (long, long, long, b"\nnext\n") for line in taker.feed(part)]
    assert found == [b"x" * KEPT, b"next"]


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "id",
    "contact",
    "text",
    "at",
    "conversation",
    "files",
    "revision",
    "author",
    "state",
    "key",
    "fields",
    "status",
)


@given(
    some.sampled_from(["message", "deleted", "receipt", "read", "contact", "conversation", "?"]),
    some.dictionaries(some.sampled_from(FIELDS), JSON | some.just({"address": "mei"}), max_size=6),
)
def test_any_line_is_an_event_or_kept_raw(kind: str, fields: dict[str, object]) -> None:
    line = json.dumps({"type": kind, **fields}).encode()
    found = event(line, now=1_000, channel="shop", inbox="counter")
    if isinstance(found, Unsupported):
        assert found.raw == line
    elif isinstance(found, MessageReceived):
        assert found.external_id


def test_half_a_character_is_kept_raw() -> None:
    line = rb'{"type": "message", "id": "1", "contact": {"address": "mei"}, "text": "\ud83d"}'
    assert isinstance(event(line, now=1_000, channel="shop", inbox="counter"), Unsupported)
