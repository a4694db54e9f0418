"""LINE's free answers and pushes: reply tokens, and sends whose answer was lost."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from omnitui.clock import DAY, SECOND, FrozenClock
from omnitui.sdk import (
    QUOTA,
    Accepted,
    Found,
    NotFound,
    NotReady,
    Rejected,
    Unknowable,
    Unknown,
)
from tests.support.http_fake import hangs
from tests.support.line_rig import LineRig, first_batch
from tests.support.line_server import LineServer, refused
from tests.support.promises import Promise


def on_disk(rig: LineRig) -> str:
    """All that lies in the drawer of replies."""
    return "".join(path.read_text("utf-8") for path in sorted((rig.folder / "line-replies").glob("*")))


def ways(server: LineServer) -> list[str]:
    return [sent.by for sent in server.sent]


async def test_answer_within_a_minute_is_free_and_the_next_is_pushed(rig: LineRig, server: LineServer) -> None:
    rig.customer_writes_now("返金はまだですか")
    await first_batch(rig.connector())
    # As after a restart.
    connector = rig.connector()
    for text in ("はい", "本日です"):
        assert isinstance(await connector.perform(rig.outbound(text)), Accepted)
    assert ways(server) == ["reply", "push"]


async def test_two_answers_at_once_do_not_share_a_token(rig: LineRig, server: LineServer) -> None:
    rig.customer_writes_now("返金はまだですか")
    await first_batch(rig.connector())
    connector = rig.connector()
    outcomes = await asyncio.gather(*(connector.perform(rig.outbound(text)) for text in ("a", "b", "c")))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert sorted(ways(server)) == ["push", "push", "reply"]
    assert [path for path, _said in server.calls].count("message/reply") == 1


async def test_each_message_brings_a_token(rig: LineRig, server: LineServer) -> None:
    for text in ("一", "二"):
        rig.customer_writes_now(text)
    await first_batch(rig.connector())
    connector = rig.connector()
    for text in ("a", "b", "c"):
        await connector.perform(rig.outbound(text))
    assert ways(server) == ["reply", "reply", "push"]


async def test_token_is_not_tried_nor_kept_when_its_minute_is_over(rig: LineRig, server: LineServer) -> None:
    rig.customer_writes_now("返金はまだですか", ago=58)
    await first_batch(rig.connector())
    assert "reply-" not in on_disk(rig)
    await rig.connector().perform(rig.outbound("はい"))
    assert [path for path, _said in server.calls if path.startswith("message/")] == [
        "message/quota",
        "message/quota/consumption",
        "message/push",
    ]


async def test_dead_token_is_gone_from_the_disk_after_the_next_start(rig: LineRig) -> None:
    clock = FrozenClock(int(time.time() * 1000))
    rig.customer_writes_now("返金はまだですか")
    cursor = (await first_batch(rig.connector(clock=clock))).cursor
    assert "reply-1" in on_disk(rig)
    clock.advance(61 * SECOND)
    await first_batch(rig.connector(clock=clock), cursor)
    assert on_disk(rig) == ""


async def test_token_that_line_refuses_costs_a_push(rig: LineRig, server: LineServer) -> None:
    rig.customer_writes_now("返金はまだですか")
    await first_batch(rig.connector())
    # Another program has answered with it.
    server.reply_tokens.clear()
    assert isinstance(await rig.connector().perform(rig.outbound("はい")), Accepted)
    assert ways(server) == ["push"]


async def test_free_answer_of_which_the_line_broke_is_found_by_its_token(rig: LineRig, server: LineServer) -> None:
    rig.customer_writes_now("返金はまだですか")
    await first_batch(rig.connector())
    op = rig.outbound("はい")
    server.hang_after = True
    assert isinstance(await rig.connector().perform(op), Unknown)
    assert await rig.connector().reconcile(op) == Found()
    assert ways(server) == ["reply"]


async def test_token_that_a_colleague_may_have_used_proves_nothing(rig: LineRig, server: LineServer) -> None:
    shared = "https://hooks.example.com"
    rig.customer_writes_now("返金はまだですか")
    await first_batch(rig.connector(gateway=shared))
    op = rig.outbound("はい")
    server.next_sends.append(hangs)
    assert isinstance(await rig.connector(gateway=shared).perform(op), Unknown)
    # Another console at the same gateway has answered with it.
    server.reply_tokens.clear()
    assert isinstance(await rig.connector(gateway=shared).reconcile(op), Unknowable)
    assert ways(server) == []


async def test_free_answer_that_never_came_goes_when_it_is_asked_for(rig: LineRig, server: LineServer) -> None:
    rig.customer_writes_now("返金はまだですか")
    await first_batch(rig.connector())
    op = rig.outbound("はい")
    server.next_sends.append(hangs)
    assert isinstance(await rig.connector().perform(op), Unknown)
    assert isinstance(await rig.connector().reconcile(op), Found)
    assert ways(server) == ["reply"]


@pytest.mark.parametrize("arrived", [True, False])
async def test_free_answer_is_not_guessed_at_when_its_minute_is_over(
    rig: LineRig, server: LineServer, arrived: bool
) -> None:
    rig.customer_writes_now("返金はまだですか", ago=30)
    await first_batch(rig.connector())
    op = rig.outbound("はい")
    if arrived:
        server.hang_after = True
    else:
        server.next_sends.append(hangs)
    assert isinstance(await rig.connector().perform(op), Unknown)
    # Our own clock stands still: it is LINE's that counts.
    server.ahead = 60
    assert isinstance(await rig.connector().reconcile(op), Unknowable)
    assert await rig.copies(op) == (1 if arrived else 0)


async def test_answer_whose_answer_was_lost_comes_once(rig: LineRig, server: LineServer, promise: Promise) -> None:
    ops = []
    for number in range(8):
        free, arrived = number % 2 == 0, number % 4 < 2
        if free:
            rig.customer_writes_now(f"({number})")
            await batches_to_the_end(rig)
        op = rig.outbound(f"answer {number}")
        if arrived:
            server.hang_after = True
        else:
            server.next_sends.append(hangs)
        assert isinstance(await rig.connector().perform(op), Unknown)
        assert isinstance(await rig.connector().reconcile(op), Found)
        ops.append(op)
    copies = [await rig.copies(op) for op in ops]
    assert copies == [1] * 8
    assert ways(server) == ["reply", "push"] * 4
    promise(
        "A reply on LINE whose answer was lost comes to the customer once, free or pushed.",
        "8 broken lines, before and after the send: 0 lost, 0 doubled.",
    )


async def batches_to_the_end(rig: LineRig) -> None:
    """Let the connector read all that the gateway kept."""
    connector = rig.connector()
    async with asyncio.timeout(60):
        async for batch in connector.inbound({"gateway": max(0, len(rig.gateway.items) - 1)}):
            if batch.caught_up:
                await connector.close()


async def test_token_of_a_free_answer_in_doubt_is_given_to_no_other(rig: LineRig, server: LineServer) -> None:
    rig.customer_writes_now("返金はまだですか")
    await first_batch(rig.connector())
    op = rig.outbound("はい")
    server.next_sends.append(hangs)
    await rig.connector().perform(op)
    # The batch was not committed, and comes again.
    await first_batch(rig.connector())
    await rig.connector().perform(rig.outbound("別件"))
    assert ways(server) == ["push"]
    assert isinstance(await rig.connector().reconcile(op), Found)
    assert ways(server) == ["push", "reply"]


async def test_what_line_took_is_known_after_a_crash_without_asking(rig: LineRig, server: LineServer) -> None:
    op = rig.outbound("はい")
    outcome = await rig.connector().perform(op)
    assert isinstance(outcome, Accepted)
    calls = len(server.calls)
    assert await rig.connector().reconcile(op) == Found(outcome.external_id)
    assert len(server.calls) == calls


async def test_push_of_which_the_line_broke_is_found_by_its_key(rig: LineRig, server: LineServer) -> None:
    op = rig.outbound("はい")
    server.hang_after = True
    assert isinstance(await rig.connector().perform(op), Unknown)
    found = await rig.connector().reconcile(op)
    assert isinstance(found, Found)
    assert found.external_id
    assert ways(server) == ["push"]
    assert server.pushed == 201


async def test_push_is_not_repeated_when_line_has_forgotten_its_key(rig: LineRig, server: LineServer) -> None:
    clock = FrozenClock(int(time.time() * 1000))
    op = rig.outbound("はい")
    server.hang_after = True
    await rig.connector(clock=clock).perform(op)
    clock.advance(DAY)
    server.ahead = 24 * 3_600 + 1
    assert isinstance(await rig.connector(clock=clock).reconcile(op), Unknowable)
    assert ways(server) == ["push"]


async def test_op_of_which_nothing_is_noted_is_not_guessed_at(rig: LineRig) -> None:
    assert isinstance(await rig.connector().reconcile(rig.outbound("はい")), Unknowable)


async def test_push_that_line_refuses_when_asked_again_never_came(rig: LineRig, server: LineServer) -> None:
    op = replace(rig.outbound("はい"), conversation="nobody")
    server.next_sends.append(hangs)
    assert isinstance(await rig.connector().perform(op), Unknown)
    assert await rig.connector().reconcile(op) == NotFound()


async def test_link_that_stays_broken_is_asked_again_later(rig: LineRig, server: LineServer) -> None:
    op = rig.outbound("はい")
    server.next_sends.extend([hangs, refused(500, "Internal server error")])
    assert isinstance(await rig.connector().perform(op), Unknown)
    with pytest.raises(NotReady, match="Internal server error"):
        await rig.connector().reconcile(op)


async def test_month_that_is_used_up_is_refused_in_line_s_words(rig: LineRig, server: LineServer) -> None:
    server.pushed = 1_000
    assert await rig.connector().perform(rig.outbound("はい")) == Rejected("You have reached your monthly limit.")
    await rig.customer_writes("返金はまだですか")
    (extent,) = (await first_batch(rig.connector())).extents
    assert (extent.scope, extent.budget) == (QUOTA, "0 of 1,000 messages left this month")
