"""What the gateway answers to whom, without a network."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from omnitui.clock import DAY, HOUR, MINUTE, FrozenClock
from omnitui.config.gateway import GatewayFile
from omnitui.gateway import limits, reception
from omnitui.gateway.service import application
from omnitui.gateway.state import State
from omnitui.store.connection import reader
from omnitui.store.reads import spool as reads
from tests.support.gateway_calls import NEW, OLD, PUBLIC, client, get, kept, post
from tests.support.hooked import signed
from tests.support.travel import TravelClock


def count(state: State, what: str, hook: str = "shop") -> int:
    return state.counts.total[hook, what]


async def test_genuine_call_is_kept_and_answered_as_the_vendor_wants(state: State) -> None:
    answer = await post(state, b"\x00\xff raw")
    assert (answer.status_code, answer.content) == (200, b"taken")
    assert await kept(state) == [b"\x00\xff raw"]
    assert (await post(state, b"old", OLD)).status_code == 200
    assert (count(state, "received"), count(state, "kept"), count(state, "bytes")) == (2, 2, 9)


async def test_any_changed_byte_is_refused_with_the_same_words(state: State) -> None:
    body = b'{"text": "hello"}'
    for at in range(len(body)):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        async with client(state, "127.0.0.1") as caller:
            answer = await caller.post("/hooks/shop", content=changed, headers=signed(NEW, body))
        assert (answer.status_code, answer.text) == (401, "no\n")
    assert await kept(state) == []
    assert count(state, "refused: the signature does not fit") == len(body)


async def test_unknown_hook_is_refused_with_the_same_words(state: State) -> None:
    unknown, forged = await post(state, b"x", hook="none"), await post(state, b"x", "wrong")
    assert (unknown.status_code, forged.status_code) == (404, 401)
    assert unknown.text == forged.text
    assert count(state, "refused: no such hook", "") == 1


async def test_other_addresses_are_not_there(state: State) -> None:
    for path in ("/", "/hooks", "/hooks/", "/hooks/shop/x", "/hooks/..%2Fshop", "/v1/hooks/shop", "/docs"):
        answer = await get(state, path)
        assert (answer.status_code, answer.text) == (404, "no\n"), path


async def test_other_methods_are_not_allowed(state: State) -> None:
    async with client(state) as caller:
        answer = await caller.put("/hooks/shop", content=b"x")
    assert (answer.status_code, answer.text) == (405, "no\n")


async def test_question_is_answered_with_the_public_address_and_not_kept(state: State) -> None:
    answer = await get(state, "/hooks/shop?challenge=17&x=%20%C3%A9")
    assert answer.text == f"17 at {PUBLIC}/hooks/shop?challenge=17&x=%20%C3%A9"
    assert (await post(state, b"ping")).text == "taken"
    assert (count(state, "answered"), await kept(state)) == (2, [])


async def test_address_is_the_callers_own_where_no_public_one_is_known(state: State) -> None:
    state.change(GatewayFile(), state.hooks)
    answer = await get(state, "/hooks/shop?challenge=1", Host="tunnel.example.net")
    assert answer.text == "1 at https://tunnel.example.net/hooks/shop?challenge=1"


async def test_what_comes_again_is_kept_once_and_answered_the_same(state: State) -> None:
    first, again = await post(state, b"one", key="e1"), await post(state, b"one, redelivered", key="e1")
    assert (first.text, again.text) == ("taken", "taken")
    assert await kept(state) == [b"one"]
    assert (count(state, "kept"), count(state, "duplicate")) == (1, 1)


async def test_many_at_once_are_all_kept(state: State) -> None:
    answers = await asyncio.gather(*(post(state, b"%d" % number) for number in range(60)))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(await kept(state)) == sorted(b"%d" % number for number in range(60))


@pytest.mark.parametrize("said", [True, False], ids=["said", "unsaid"])
async def test_body_that_is_too_large_is_refused_unread(state: State, said: bool) -> None:
    parts = 0

    async def content() -> AsyncIterator[bytes]:
        nonlocal parts
        for _number in range(40):
            parts += 1
            yield bytes(65_536)

    headers = {"Content-Length": str(40 * 65_536)} if said else {}
    async with client(state) as caller:
        answer = await caller.post("/hooks/shop", content=content(), headers=headers)
    assert (answer.status_code, answer.text) == (413, "no\n")
    assert parts < 20
    exactly = bytes(reception.MOST_BYTES)
    assert (await post(state, exactly)).status_code == 200


async def test_many_large_bodies_at_once_do_not_fill_the_memory(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reception, "MOST_HELD", 250_000)
    answers = await asyncio.gather(*(post(state, b"%d" % number + bytes(100_000)) for number in range(8)))
    statuses = sorted(answer.status_code for answer in answers)
    assert (statuses[0], statuses[-1]) == (200, 503)
    assert len(await kept(state)) == statuses.count(200)
    assert not state.held
    assert (await post(state, bytes(200_000))).status_code == 200


async def test_caller_with_many_large_bodies_keeps_no_other_out(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reception, "MOST_OF_ONE", 150_000)
    state.held["203.0.113.9"] = 140_000
    async with client(state, "203.0.113.9") as caller:
        body = bytes(100_000)
        assert (await caller.post("/hooks/shop", content=body, headers=signed(NEW, body))).status_code == 503
    assert (await post(state, bytes(100_000))).status_code == 200
    assert state.held == {"203.0.113.9": 140_000}


async def test_body_that_does_not_come_is_refused(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reception, "BODY_SECONDS", 0.01)

    async def content() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(60)

    async with client(state) as caller:
        answer = await caller.post("/hooks/shop", content=content())
    assert answer.status_code == 408


async def test_packed_body_is_kept_as_it_was_signed(state: State) -> None:
    packed = gzip.compress(bytes(50_000_000))
    async with client(state) as caller:
        headers = {**signed(NEW, packed), "Content-Encoding": "gzip"}
        assert (await caller.post("/hooks/shop", content=packed, headers=headers)).status_code == 200
    assert await kept(state) == [packed]


async def test_fault_of_a_connector_has_the_vendor_come_again(state: State) -> None:
    answer = await post(state, b"fault")
    assert (answer.status_code, answer.text) == (500, "no\n")
    assert count(state, "refused: fault: KeyError") == 1


async def test_caller_that_calls_too_often_is_told_to_wait(state: State, clock: FrozenClock) -> None:
    state.change(replace(state.file, settings=replace(state.file.settings, calls_per_address=1)), state.hooks)
    statuses = [(await post(state, b"%d" % number)).status_code for number in range(12)]
    assert statuses == [200] * 10 + [429] * 2
    assert count(state, "refused: too many calls from one address") == 2
    # Others are not meant, nor is who comes from this machine: a tunnel brings everybody from here.
    assert (await get(state, "/hooks/shop?challenge=1", address="203.0.113.8")).status_code == 200
    for _number in range(20):
        assert (await get(state, "/hooks/shop?challenge=1", address="127.0.0.1")).status_code == 200
    clock.advance(3_000)
    assert [(await post(state, b"x")).status_code for _number in range(4)] == [200, 200, 200, 429]


async def test_refused_calls_count_as_several(state: State) -> None:
    state.change(replace(state.file, settings=replace(state.file.settings, calls_per_address=3)), state.hooks)
    statuses = [(await post(state, b"x", "wrong")).status_code for _number in range(5)]
    assert statuses == [401, 401, 401, 429, 429]


async def test_forged_calls_leave_a_hook_its_own_calls(state: State) -> None:
    state.change(replace(state.file, settings=replace(state.file.settings, calls_per_hook=1)), state.hooks)
    for _number in range(30):
        await get(state, "/hooks/shop", address="127.0.0.1")
    statuses = [(await post(state, b"%d" % number)).status_code for number in range(12)]
    assert statuses == [200] * 10 + [429] * 2
    assert (await post(state, b"x", hook="second")).status_code == 200


async def test_disk_that_takes_nothing_has_the_vendor_come_again(state: State) -> None:
    assert (await get(state, "/healthz")).status_code == 200
    with closing(reader(state._path)) as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    state.spool._writer.submit(lambda tx: tx.db.execute(f"PRAGMA max_page_count = {pages}").fetchall()).result()
    answer = await post(state, bytes(500_000))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert count(state, "refused: it could not be kept") == 1
    assert await kept(state) == []


async def test_disk_that_fails_is_logged_once_and_once_when_it_works(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(reception.LOG, "error", lambda line, *_words: lines.append(line))
    monkeypatch.setattr(reception.LOG, "info", lambda line, *_words: lines.append(line))
    await post(state, b"before")
    monkeypatch.setattr(reception, "PATIENCE", 0.0)
    for number in range(3):
        assert (await post(state, b"%d" % number)).status_code == 503
    monkeypatch.setattr(reception, "PATIENCE", 60.0)
    for number in range(3):
        assert (await post(state, b"again %d" % number)).status_code == 200
    assert [line.partition(":")[0] for line in lines] == ["deliveries cannot be kept", "deliveries are kept again"]


async def test_disk_that_hangs_has_the_vendor_come_again_and_keeps_in_the_end(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "PATIENCE", 0.01)
    monkeypatch.setattr(reception, "MOST_HELD", 10)
    hangs = threading.Event()
    state.spool._writer.submit(lambda _tx: hangs.wait(60))
    assert (await post(state, b"x")).status_code == 503
    # What waits must not fill the memory either.
    state.spool.keep("second", b"key", bytes(10))
    assert (await post(state, b"y")).status_code == 503
    hangs.set()
    await asyncio.wrap_future(state.spool.probe())
    assert await kept(state) == [b"x"]


async def test_health_is_looked_at_once_a_second_at_most(
    state: State, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, well = application(state), True

    async def healthy() -> bool:
        return well

    monkeypatch.setattr(state, "healthy", healthy)

    async def status() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as caller:
            return (await caller.get("/healthz")).status_code

    assert await status() == 200
    well = False
    assert await status() == 200
    clock.advance(1_000)
    assert await status() == 503
    clock.advance(1_000)
    well = True
    assert await status() == 200
    state.stop()
    assert await status() == 503


async def test_each_token_reads_its_own_hooks(state: State, tokens: dict[str, str]) -> None:
    await post(state, b"for the shop")
    await post(state, b"for the second", hook="second")
    for token, hook, body in (("desk", "shop", b"for the shop"), ("other", "second", b"for the second")):
        page = (await get(state, f"/v1/hooks/{hook}/deliveries", tokens[token])).json()
        assert [base64.b64decode(item["body"]) for item in page["items"]] == [body]
    refused = {
        (await get(state, f"/v1/hooks/{hook}/{kind}", tokens["desk"])).status_code
        for hook in ("second", "none")
        for kind in ("deliveries", "stream")
    }
    assert refused == {403}


async def test_whoever_has_no_token_reads_nothing(state: State, tokens: dict[str, str]) -> None:
    desk = tokens["desk"]
    for given in ("", "Bearer", "Bearer ", "Bearer wrong", f"Basic {desk}", f"Bearer {desk}x", "Bearer \xff"):
        async with client(state) as caller:
            for path in ("/v1/hooks/shop/deliveries", "/v1/hooks/shop/stream", "/metrics"):
                answer = await caller.get(path, headers=[(b"Authorization", given.encode("latin-1"))])
                assert (answer.status_code, answer.text) == (401, "no\n"), given


async def test_pages_follow_the_cursor_and_say_what_they_are(
    state: State, tokens: dict[str, str], clock: FrozenClock
) -> None:
    for number in range(5):
        body = b"%d" % number
        async with client(state) as caller:
            await caller.post("/hooks/shop?a=1&a=%20", content=body, headers=signed(NEW, body))
    first = (await get(state, "/v1/hooks/shop/deliveries?limit=2", tokens["desk"])).json()
    assert (first["v"], first["caught_up"], first["gap"], len(first["items"])) == (1, False, "", 2)
    assert first["items"][0] == {
        "number": first["items"][0]["number"],
        "received_at": clock.now(),
        "body": base64.b64encode(b"0").decode(),
        "query": [["a", "1"], ["a", " "]],
        "content_type": "application/json",
    }
    rest = (await get(state, f"/v1/hooks/shop/deliveries?after={first['cursor']}&limit=9999", tokens["desk"])).json()
    assert (len(rest["items"]), rest["caught_up"]) == (3, True)


async def test_cursor_that_is_none_is_refused(state: State, tokens: dict[str, str]) -> None:
    for query in ("after=-1", "after=x", "after=1.5", "after=99999999999999999999", "limit=x", "after=١"):
        answer = await get(state, f"/v1/hooks/shop/deliveries?{query}", tokens["desk"])
        assert answer.status_code == 400, query


async def test_figures_are_those_of_the_tokens_own_hooks(
    state: State, tokens: dict[str, str], clock: FrozenClock
) -> None:
    await post(state, b"x")
    await post(state, b"x")
    await post(state, b"y", 'wr"ong')
    await post(state, b"x", hook="second")
    await get(state, "/v1/hooks/shop/deliveries", tokens["desk"])
    clock.advance(2_500)
    answer = await get(state, "/metrics", tokens["desk"])
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert 'omnitui_gateway_kept_total{hook="shop"} 1' in lines
    assert 'omnitui_gateway_duplicate_total{hook="shop"} 1' in lines
    assert 'omnitui_gateway_refused_total{hook="shop",why="the signature does not fit"} 1' in lines
    assert 'omnitui_gateway_spool_deliveries{hook="shop"} 1' in lines
    assert 'omnitui_gateway_unread{token="desk",hook="shop"} 1' in lines
    assert 'omnitui_gateway_lag_seconds{token="desk",hook="shop"} 2.5' in lines
    assert 'hook="second"' not in answer.text


async def test_figures_name_no_token_that_is_gone(state: State, tokens: dict[str, str]) -> None:
    await get(state, "/v1/hooks/shop/deliveries", tokens["desk"])
    state.read_up_to["gone", "shop"] = 0
    text = (await get(state, "/metrics", tokens["desk"])).text
    assert ('token="desk"' in text, 'token="gone"' in text) == (True, False)


async def test_figures_need_a_token_even_from_this_machine(state: State) -> None:
    assert (await get(state, "/metrics", address="127.0.0.1")).status_code == 401


async def test_shapes_of_refused_calls_are_kept_only_while_somebody_observes(
    state: State, clock: FrozenClock, tmp_path: Path
) -> None:
    await post(state, b"before", "wrong")
    state.observed = {"shop": clock.now() + 60_000}
    await post(state, b"meanwhile", "wrong")
    await post(state, b"x" * (reception.MOST_BYTES + 1), "wrong")
    clock.advance(60_000)
    await post(state, b"after", "wrong")
    await asyncio.wrap_future(state.spool.probe())
    found = await state.ask(lambda db: reads.refusals(db, "shop", 0))
    assert [one.shape["bytes"] for one in found] == [len(b"meanwhile"), None]
    assert found[0].shape["headers"]["x-signature"] == 64
    assert "meanwhile" not in json.dumps([one.shape for one in found])


def test_age_is_not_known_for_a_day_after_the_clock_was_set() -> None:
    clock = TravelClock()
    age = limits.Age(clock)
    clock.slept += 30 * DAY
    assert age.is_known()
    for step in (366 * DAY, -366 * DAY):
        clock.set_by += step
        assert not age.is_known()
        clock.slept += DAY - HOUR
        assert not age.is_known()
        clock.slept += HOUR
        assert age.is_known()
    clock.set_by += 59 * MINUTE
    assert age.is_known()


def test_reasons_beyond_many_become_one(state: State) -> None:
    for number in range(100):
        state.counts.refuse("shop", f"why {number}")
    reasons = [what for _hook, what in state.counts.total]
    assert (len(reasons), state.counts.total["shop", "refused: other"]) == (51, 50)


def test_callers_that_are_remembered_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_KNOWN", 3)
    rate = limits.Rate(1)
    for number in range(10):
        assert rate.admits(f"caller {number}", 0)
    assert len(rate._left) == 3
