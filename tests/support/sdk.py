"""What a connector is given in tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from omnitui.clock import Clock, SystemClock
from omnitui.sdk import Context, Deliveries, Sink, Ulid
from omnitui.store.drawers import Drawer

if TYPE_CHECKING:
    import httpx


async def unmarked(_op_id: Ulid) -> None:
    """For tests that do not look at marks."""


async def _unkept(_name: str, _secret: str) -> bool:
    return False


async def no_fetch(url: str, _sink: Sink, _limit: int) -> str:
    """For tests whose messages name no address that is fetched."""
    raise AssertionError(f"this test has no network, and fetches {url}")


def _no_network() -> httpx.AsyncClient:
    raise AssertionError("this test has no network")


async def no_deliveries(_cursor: int) -> AsyncIterator[Deliveries]:
    """For connectors that no gateway feeds."""
    raise AssertionError("this test has no gateway")
    yield


def a_context(
    folder: Path,
    *,
    settings: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    mark: Callable[[Ulid], Awaitable[None]] = unmarked,
    http: Callable[[], httpx.AsyncClient] = _no_network,
    keep_secret: Callable[[str, str], Awaitable[bool]] = _unkept,
    deliveries: Callable[[int], AsyncIterator[Deliveries]] = no_deliveries,
) -> Context:
    """A context with a folder of its own; no network, no secrets unless given."""
    return Context(
        account_id="01JTESTACC0VNT000000000000",
        account_name="test",
        settings=settings or {},
        secrets=secrets or {},
        clock=clock or SystemClock(),
        http=http,
        fetch=no_fetch,
        mark=mark,
        log=lambda line: None,
        keep_secret=keep_secret,
        drawer=lambda name: Drawer(folder / name),
        deliveries=deliveries,
        state_dir=str(folder),
    )
