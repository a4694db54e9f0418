"""The checks. Each plays one scene on a rig and raises `Nonconformity` where the contract is broken."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from omnitui.sdk.capabilities import SDK_VERSION, Idempotency, TextUnit
from omnitui.sdk.conformance.rig import Nonconformity, Rig
from omnitui.sdk.conformance.view import shown
from omnitui.sdk.contract import Backfills, Connector, Fetches, Lists
from omnitui.sdk.events import Batch, Unsupported
from omnitui.sdk.faults import AuthFailed, Fault, NotReady, RateLimited
from omnitui.sdk.outbound import Accepted, Found, NotFound, Rejected, Unknown

SEGMENT = 160
"""Letters that fit into one text message, at most."""
PATIENCE_SECONDS = 20.0
"""How long a back end on this machine may take for anything."""

HOSTILE = "\u202eevil\u202c [@click=app.quit]x[/] \x1b]0;title\x07 返金 👩\u200d💻 ﾊﾝｶｸ"


@dataclass(frozen=True, slots=True)
class Check:
    """One rule of the contract and the scene that tries it."""

    name: str
    rule: str
    scene: Callable[[Rig], Awaitable[None]]

    async def run(self, rig: Rig) -> None:
        """Play the scene; raises `Nonconformity` where the rule is broken, also by silence."""
        try:
            await self.scene(rig)
        except TimeoutError as error:
            raise Nonconformity(f"{self.name}: nothing came for {PATIENCE_SECONDS:.0f} s") from error


def _hold(condition: bool, message: str) -> None:
    if not condition:
        raise Nonconformity(message)


async def _until_caught_up(connector: Connector, cursor: object = None) -> list[Batch]:
    """All batches up to the first that says it has caught up."""
    batches: list[Batch] = []
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(connector.inbound(cursor)) as stream:  # type: ignore[type-var]
        async for batch in stream:
            batches.append(batch)
            if batch.caught_up:
                return batches
    raise Nonconformity("inbound ended although the connector was not closed")


async def _settled(rig: Rig, cursor: object = None) -> list[Batch]:
    connector = rig.connector()
    try:
        return await _until_caught_up(connector, cursor)
    finally:
        await connector.close()


def _last_cursor(batches: list[Batch]) -> object:
    return next((batch.cursor for batch in reversed(batches) if batch.cursor is not None), None)


async def manifest(rig: Rig) -> None:
    connector = rig.connector()
    told = connector.manifest
    _hold(told.sdk_version == SDK_VERSION, f"made for SDK {told.sdk_version}, this is {SDK_VERSION}")
    _hold(bool(told.kind and told.title and told.channels), "kind, title and channels must be given")
    names = [setting.name for setting in told.settings] + [secret.name for secret in told.secrets]
    _hold(len(names) == len(set(names)), "a setting or secret is declared twice")
    for channel in told.channels:
        limit = connector.capabilities(channel).text_limit
        _hold(limit is None or limit > 0, f"{channel}: a text limit must be positive, or None")
    for optional, methods in ((Backfills, ("backfill", "scopes")), (Fetches, ("fetch",)), (Lists, ("directory",))):
        present = [name for name in methods if hasattr(connector, name)]
        _hold(not present or isinstance(connector, optional), f"{optional.__name__} is only half there: {present}")
    _hold(inspect.iscoroutinefunction(type(connector).perform), "perform must be a coroutine function")
    await connector.close()


async def arrival(rig: Rig) -> None:
    await rig.customer_writes("conformance: before")
    connector = rig.connector()
    seen = ""
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(connector.inbound(None)) as stream:  # type: ignore[type-var]
        asked = False
        async for batch in stream:
            seen += rig.text_of(batch)
            if batch.caught_up and not asked:
                _hold("conformance: before" in seen, "caught up without what was there before")
                await rig.customer_writes("conformance: live")
                asked = True
            if "conformance: live" in seen:
                break
    await connector.close()
    _hold("conformance: live" in seen, "what arrives while connected does not come through")


async def cursor_replay(rig: Rig) -> None:
    for number in range(3):
        await rig.customer_writes(f"conformance: {number}")
    whole = await _settled(rig)
    want = shown(whole)
    for index, batch in enumerate(whole):
        _hold(
            batch.cursor is None or json.loads(json.dumps(batch.cursor)) == batch.cursor, "a cursor must be plain JSON"
        )
        if batch.cursor is None:
            continue
        # The process died after this batch was committed; then, after it was not.
        rest = await _settled(rig, batch.cursor)
        _hold(shown([*whole[: index + 1], *rest]) == want, f"going on after batch {index} loses or repeats something")
        again = await _settled(rig, whole[index - 1].cursor if index else None)
        _hold(shown([*whole[: index + 1], *again]) == want, f"batch {index} handed out again is not the same messages")


async def duplicates(rig: Rig) -> None:
    await rig.customer_writes("conformance: twice")
    first = await _settled(rig)
    await rig.redeliver()
    second = await _settled(rig, _last_cursor(first))
    _hold(shown([*first, *second]) == shown(first), "a message handed out twice would be shown twice")


async def disorder(rig: Rig) -> None:
    for number in range(3):
        await rig.customer_writes(f"conformance: order {number}")
    batches = await _settled(rig)
    backwards = [replace(batch, events=tuple(reversed(batch.events))) for batch in reversed(batches)]
    _hold(shown(backwards) == shown(batches), "the order of events changes what is shown: revisions are missing")


async def unknown_event(rig: Rig) -> None:
    before = await _settled(rig)
    await rig.unknown_event()
    after = await _settled(rig, _last_cursor(before))
    kept = [event for batch in after for event in batch.events if isinstance(event, Unsupported)]
    _hold(bool(kept), "an event of an unknown kind was dropped, or ended the stream")
    _hold(all(event.raw for event in kept), "an unsupported event must carry its raw form")


async def send(rig: Rig) -> None:
    connector = rig.connector()
    op = rig.outbound(f"conformance: reply {HOSTILE}")
    outcome = await connector.perform(op)
    _hold(isinstance(outcome, Accepted), f"a plain reply was not accepted: {outcome}")
    _hold(await rig.copies(op) == 1, "accepted, but the customer does not have exactly one copy of this very text")
    await connector.close()


async def oversize_text(rig: Rig) -> None:
    connector = rig.connector()
    op = rig.outbound("")
    able = connector.capabilities(op.channel)
    if (limit := able.text_limit) is None:
        return
    each = SEGMENT if able.text_unit is TextUnit.SEGMENTS else 1
    op = replace(op, text="x" * (limit + 1) * each)
    outcome = await connector.perform(op)
    _hold(isinstance(outcome, Rejected) and bool(outcome.reason), f"text over the limit must be rejected: {outcome}")
    _hold(await rig.copies(op) == 0, "rejected, yet the customer got it")
    await connector.close()


async def cut_before_send(rig: Rig) -> None:
    connector = rig.connector()
    op = rig.outbound("conformance: cut before")
    await rig.cut(after_send=False)
    try:
        outcome = await connector.perform(op)
    except NotReady:
        outcome = None
    _hold(outcome is None or isinstance(outcome, Unknown), f"nothing left, so it cannot be {outcome}")
    _hold(await rig.copies(op) == 0, "the link was cut before the send, yet the customer got it")
    again = await connector.perform(op)
    _hold(isinstance(again, Accepted), f"once the link is back the reply must go: {again}")
    _hold(await rig.copies(op) == 1, "the retry must arrive exactly once")
    await connector.close()


async def cut_after_send(rig: Rig) -> None:
    connector = rig.connector()
    op = rig.outbound("conformance: cut after")
    await rig.cut(after_send=True)
    try:
        outcome = await connector.perform(op)
    except Fault as fault:
        raise Nonconformity(f"raised {fault!r}: after the send began it must return Unknown") from fault
    _hold(isinstance(outcome, Unknown), f"no answer came, so it must be Unknown, not {outcome}")
    _hold(await rig.copies(op) == 1, "the rig did not let the reply through before it cut the link")
    answer = await connector.reconcile(op)
    _hold(not isinstance(answer, NotFound), "reconcile says it never arrived, but it did: it would be sent twice")
    if connector.capabilities(op.channel).idempotency is Idempotency.DEDUPLICATED:
        _hold(isinstance(await connector.perform(op), Accepted), "the retry with the same key must be accepted")
    elif connector.capabilities(op.channel).idempotency is Idempotency.FINDABLE:
        again = await connector.reconcile(op)
        _hold(type(again) is type(answer), "reconcile must answer the same when asked twice")
        _hold(not isinstance(again, Found) or await rig.copies(op) == 1, "found, but not exactly once")
    _hold(await rig.copies(op) == 1, "the customer has it twice")
    await connector.close()


async def rate_limit(rig: Rig) -> None:
    connector = rig.connector()
    op = rig.outbound("conformance: too many")
    # Longer than the slowest machine takes to ask.
    await rig.limit(30_000)
    try:
        outcome = await connector.perform(op)
    except RateLimited as fault:
        _hold(fault.after > 0, "RateLimited must say when to come back")
    except NotReady:
        pass
    else:
        raise Nonconformity(f"too many requests must raise RateLimited or NotReady, not return {outcome}")
    _hold(await rig.copies(op) == 0, "refused as too much, yet the customer got it")
    await connector.close()


async def signed_out(rig: Rig) -> None:
    await rig.sign_out()
    connector = rig.connector()
    health = await connector.check()
    _hold(not health.ok and bool(health.message), "check must say that the login is refused")
    for what, attempt in (
        ("inbound", _until_caught_up(connector)),
        ("perform", connector.perform(rig.outbound("conformance: 401"))),
    ):
        try:
            await attempt
        except AuthFailed:
            continue
        except Fault as fault:
            raise Nonconformity(f"{what} with refused credentials raised {fault!r}, not AuthFailed") from fault
        raise Nonconformity(f"{what} with refused credentials must raise AuthFailed")
    await connector.close()


async def closing(rig: Rig) -> None:
    connector = rig.connector()
    caught_up = asyncio.Event()

    async def listen() -> None:
        async for batch in connector.inbound(None):
            if batch.caught_up:
                caught_up.set()

    listening = asyncio.create_task(listen())
    async with asyncio.timeout(PATIENCE_SECONDS):
        await caught_up.wait()
    await connector.close()
    await connector.close()
    done, _ = await asyncio.wait([listening], timeout=5)
    listening.cancel()
    _hold(bool(done), "inbound goes on five seconds after close")
    _hold(listening.exception() is None, f"inbound ended with {listening.exception()!r} instead of just ending")


async def backfill(rig: Rig) -> None:
    for number in range(5):
        await rig.customer_writes(f"conformance: old {number}")
    batches = await _settled(rig)
    connector = rig.connector()
    if isinstance(connector, Backfills):
        for scope in connector.scopes(_last_cursor(batches)):
            before: object = None
            for _ in range(1_000):
                batch = await connector.backfill(scope, before)
                batches.append(batch)
                before = batch.cursor
                if batch.caught_up:
                    break
            else:
                raise Nonconformity(f"backfill of {scope} never ends")
            _hold(any(extent.scope == scope for extent in batch.extents), f"{scope}: the ledger is not told the extent")
    await connector.close()
    seen = "".join(rig.text_of(batch) for batch in batches)
    for number in range(5):
        _hold(f"conformance: old {number}" in seen, f"message {number} came neither by inbound nor by backfill")


CHECKS: tuple[Check, ...] = (
    Check("manifest", "says who it is, once", manifest),
    Check("arrival", "brings what was there and what arrives", arrival),
    Check("cursor_replay", "goes on from any cursor after any crash", cursor_replay),
    Check("duplicates", "gives a message that comes twice the same identity", duplicates),
    Check("disorder", "does not depend on the order of events", disorder),
    Check("unknown_event", "keeps what it does not understand", unknown_event),
    Check("send", "sends a reply once and unchanged", send),
    Check("oversize_text", "rejects text over its limit", oversize_text),
    Check("cut_before_send", "knows that nothing left", cut_before_send),
    Check("cut_after_send", "does not pretend to know, and never sends twice", cut_after_send),
    Check("rate_limit", "says when to come back", rate_limit),
    Check("signed_out", "asks the person when the login is refused", signed_out),
    Check("closing", "ends when it is told to", closing),
    Check("backfill", "brings the whole history", backfill),
)


def checks_for(rig: type[Rig]) -> tuple[Check, ...]:
    """The checks this rig can run; raises where it excuses itself from one that does not exist."""
    strangers = set(rig.lacks) - {check.name for check in CHECKS}
    if strangers:
        raise Nonconformity(f"no such checks: {sorted(strangers)}")
    return tuple(check for check in CHECKS if check.name not in rig.lacks)
