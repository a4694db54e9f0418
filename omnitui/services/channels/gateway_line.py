"""The line to a gateway on another machine: pages of what it kept, then what comes in, as it comes in."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, urlsplit

from omnitui import __version__
from omnitui.clock import SECOND, Clock, Millis, steady_of
from omnitui.i18n import _
from omnitui.sdk import AuthFailed, Deliveries, Delivery, NotReady, RateLimited, Unreachable, retry_after

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

SILENCE: Final = 40.0
"""Seconds without a word after which a line counts as dead; the gateway says something every fifteen."""
_CONNECT: Final = 10.0
_ANSWER: Final = 30.0
PAGE: Final = 100
LARGEST: Final = 32 * 1024 * 1024
"""Bytes of an answer or an event; no gateway hands out as much at once."""
SOON: Final[Millis] = 2 * SECOND
"""A stream that ends so soon and brought nothing is not begun anew at once."""
_AT_ONCE: Final = 16 * 1024
"""Bytes that are understood on the loop; more in a thread."""


def fault_of(url: str) -> str:
    """Why a gateway's address may not be used; "" where it may."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return _("the gateway's address is none: {url}").format(url=url)
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        return _("the gateway's address is none: {url}").format(url=url)
    if parts.scheme == "http" and not _is_here(host):
        return _("what customers write comes over https:// only, or from this machine")
    return ""


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class GatewayLine:
    """Pulls what one hook got, with a token. Its lines are its own: who closes the stream closes them."""

    def __init__(self, url: str, hook: str, token: str, clock: Clock) -> None:
        """Raises `AuthFailed`: nothing can be asked of that address, or with that token."""
        if why := fault_of(url):
            raise AuthFailed(why, hint="https://hooks.example.com")
        if not token:
            raise AuthFailed(
                _("the gateway wants a token, and this account has none"),
                hint=_("on the gateway: omnitui gateway token NAME --hooks {hook}").format(hook=hook),
            )
        if not (token.isascii() and token.isprintable()):
            raise AuthFailed(_("the gateway's token holds what none has: copy it anew"))
        self._host = urlsplit(url).hostname or ""
        self._hook = hook
        self._base = f"{url.strip().rstrip('/')}/v1/hooks/{quote(hook, safe='')}"
        self._headers = {
            "Authorization": f"Bearer {token}",
            "User-Agent": f"omnitui/{__version__}",
            # Packed, a heartbeat waits in somebody's buffer.
            "Accept-Encoding": "identity",
        }
        self._clock = clock

    async def deliveries(self, cursor: int) -> AsyncGenerator[Deliveries, None]:
        """What follows a cursor, then live. Raises `Fault`."""
        import httpx

        limits = httpx.Limits(max_connections=2, max_keepalive_connections=1)
        timeout = httpx.Timeout(_ANSWER, connect=_CONNECT)
        async with httpx.AsyncClient(
            headers=self._headers,
            timeout=timeout,
            limits=limits,
            follow_redirects=False,
            # No proxy of the surroundings may read what goes to this machine in clear.
            trust_env=self._base.startswith("https:"),
        ) as http:
            steady = steady_of(self._clock)
            while True:
                async for page in self._pages(http, cursor):
                    cursor = page.cursor
                    yield page
                since, fruitful = steady(), False
                async for page in self._live(http, cursor):
                    cursor, fruitful = page.cursor, True
                    yield page
                # It ended, or was cut: the next page tells whether the gateway is there.
                if not fruitful and steady() - since < SOON:
                    raise NotReady(_("the line to the gateway ends at once"))

    async def _pages(self, http: httpx.AsyncClient, cursor: int) -> AsyncGenerator[Deliveries, None]:
        while True:
            page = await self._page(http, cursor)
            yield page
            if page.caught_up:
                return
            if not page.items:
                raise self._nonsense()
            cursor = page.cursor

    async def _page(self, http: httpx.AsyncClient, cursor: int) -> Deliveries:
        import httpx

        url = f"{self._base}/deliveries"
        try:
            async with http.stream("GET", url, params={"after": cursor, "limit": PAGE}) as answer:
                self._look_at(answer)
                held = bytearray()
                async for part in answer.aiter_raw():
                    held += part
                    if len(held) > LARGEST:
                        raise self._nonsense()
        except httpx.HTTPError as error:
            raise self._fault(error) from None
        return await self._understood(_page, bytes(held), len(held))

    async def _live(self, http: httpx.AsyncClient, cursor: int) -> AsyncGenerator[Deliveries, None]:
        """What comes in, until the stream ends, however it does."""
        import httpx

        events = Events()
        timeout = httpx.Timeout(SILENCE, connect=_CONNECT)
        try:
            async with http.stream("GET", f"{self._base}/stream", params={"after": cursor}, timeout=timeout) as answer:
                self._look_at(answer)
                async for part in answer.aiter_raw():
                    try:
                        whole = events.feed(part)
                    except ValueError:
                        raise self._nonsense() from None
                    if whole:
                        page = await self._understood(partial(_news, cursor), whole, sum(map(len, whole)))
                        cursor = page.cursor
                        yield page
        except (httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError):
            return
        except httpx.HTTPError as error:
            raise self._fault(error) from None

    async def _understood(self, read: Callable[[T], Deliveries], said: T, size: int) -> Deliveries:
        try:
            return read(said) if size < _AT_ONCE else await asyncio.to_thread(read, said)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self._nonsense() from None

    def _look_at(self, answer: httpx.Response) -> None:
        """Raises what an answer that is none means."""
        status = answer.status_code
        if status == 200:
            return
        # A gateway takes a new token up a little later, and locks nobody out who asks again.
        if status == 401:
            raise NotReady(
                _("the gateway does not know this account's token"),
                hint=_("on the gateway: omnitui gateway token NAME --hooks {hook}").format(hook=self._hook),
            )
        if status == 403:
            raise NotReady(_("this account's token is not for the hook “{hook}”").format(hook=self._hook))
        if status == 404:
            raise NotReady(
                _("the gateway has no hook “{hook}” for this token").format(hook=self._hook),
                hint=_("the account's setting “hook” names it"),
            )
        if status == 429:
            asked = retry_after(answer.headers, self._clock.now())
            raise RateLimited(_("the gateway asks for a rest"), after=30 * SECOND if asked is None else asked)
        if 300 <= status < 400:
            raise NotReady(
                _("{host} leads elsewhere, where no token is taken").format(host=self._host),
                hint=_("name the gateway's own address"),
            )
        raise NotReady(_("the gateway at {host} answers {status}").format(host=self._host, status=status))

    def _fault(self, error: httpx.HTTPError) -> NotReady:
        import httpx

        why = str(error) or type(error).__name__
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
            return Unreachable(_("the gateway at {host} cannot be reached: {why}").format(host=self._host, why=why))
        return NotReady(_("the line to the gateway at {host} broke: {why}").format(host=self._host, why=why))

    def _nonsense(self) -> NotReady:
        return NotReady(
            _("what answers at {host} is no gateway of omnitui").format(host=self._host),
            hint=_("name the gateway's own address"),
        )


class Events:
    """Splits a stream of server-sent events. https://html.spec.whatwg.org/multipage/server-sent-events.html"""

    def __init__(self, most: int = LARGEST) -> None:
        self._rest = bytearray()
        self._data: list[bytes] = []
        self._most = most
        self._size = 0

    def feed(self, part: bytes) -> list[bytes]:
        """The data of each event that is whole now. Raises `ValueError`: one is larger than any may be."""
        self._rest += part
        lines = self._rest.replace(b"\r\n", b"\n").split(b"\n")
        self._rest = lines.pop()
        whole: list[bytes] = []
        for line in lines:
            if not line:
                if self._data:
                    whole.append(b"\n".join(self._data))
                self._data, self._size = [], 0
            elif line.startswith(b"data:"):
                self._data.append(bytes(line[5:].removeprefix(b" ")))
                self._size += len(line)
        if self._size + len(self._rest) > self._most:
            raise ValueError("an event without end")
        return whole


def _page(held: bytes) -> Deliveries:
    said = json.loads(held)
    return Deliveries(
        tuple([_delivery(item) for item in said["items"]]),
        int(said["cursor"]),
        said["caught_up"] is True,
        str(said.get("gap", "")),
    )


def _news(cursor: int, whole: Sequence[bytes]) -> Deliveries:
    """What events say: each is a delivery, or tells of a gap."""
    said = [json.loads(data) for data in whole]
    items = tuple([_delivery(one) for one in said if "number" in one])
    gap = next((str(one["gap"]) for one in said if "gap" in one), "")
    return Deliveries(items, items[-1].number if items else cursor, caught_up=not gap, gap=gap)


def _delivery(said: Mapping[str, Any]) -> Delivery:
    return Delivery(
        int(said["number"]),
        int(said["received_at"]),
        base64.b64decode(said["body"], validate=True),
        tuple((str(name), str(value)) for name, value in said.get("query", ())),
        str(said.get("content_type", "")),
    )
