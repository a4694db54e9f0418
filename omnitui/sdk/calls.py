"""Calls of a back end's API over HTTP, with each way in which they fail said as the contract wants it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from omnitui.errors import OmniError
from omnitui.sdk.contract import Sink
from omnitui.sdk.faults import AuthFailed, NotReady, Unreachable

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS: Final = 10.0


class Broken(Exception):
    """The link broke, or the server failed, after the request may have arrived: nobody knows what was done."""


async def called(
    http: Callable[[], httpx.AsyncClient], title: str, method: str, url: str, *, seconds: float, **content: Any
) -> httpx.Response:
    """The answer of a server, whatever its status.

    Args:
        http: The context's.
        title: What the back end is called in errors. The address stands in none: it may hold a secret.
        method: GET, POST …
        url: Where.
        seconds: For how long it may be silent.
        content: What httpx takes beside: headers, params, json …

    Raises:
        Unreachable: Nothing has left.
        AuthFailed: The address is none, or not encrypted; nothing has left.
        Broken: It may have arrived.
    """
    import httpx

    encrypted_or_here(url, title)
    timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
    try:
        return await http().request(method, url, timeout=timeout, **content)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
        raise Unreachable(f"{title} cannot be reached: {_words(error)}") from None
    except (httpx.UnsupportedProtocol, httpx.InvalidURL):
        raise AuthFailed(f"the address of {title} is none of a server", hint="it begins with https://") from None
    except httpx.RequestError as error:
        # Of the answer too: one that cannot be unpacked is none.
        raise Broken(f"the line to {title} broke: {_words(error)}") from None


@asynccontextmanager
async def streamed(
    http: Callable[[], httpx.AsyncClient], title: str, url: str, **content: Any
) -> AsyncIterator[httpx.Response]:
    """The answer to a GET, read as it comes. Raises `NotReady` where the line breaks, before or within; `AuthFailed` as
    `called`."""
    import httpx

    encrypted_or_here(url, title)
    try:
        async with http().stream("GET", url, **content) as answer:
            yield answer
    except httpx.RequestError as error:
        raise NotReady(f"the line to {title} broke: {_words(error)}") from None


def encrypted_or_here(url: str, title: str) -> None:
    """Customers' words and tokens go over https, or to this very machine. Raises `AuthFailed`."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        here = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        here = False
    if url.lower().startswith("http://") and not here:
        raise AuthFailed(f"the line to {title} would not be encrypted", hint="give its address with https://")


async def pour(answer: httpx.Response, sink: Sink, limit: int) -> None:
    """Write what comes to a sink, at most `limit` bytes; raises `OmniError` where there is more."""
    left = limit
    async for part in answer.aiter_bytes():
        left -= len(part)
        if left < 0:
            raise OmniError(f"the file is larger than {limit:,} bytes")
        sink.write(part)


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
