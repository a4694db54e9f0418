"""Fetching what a stranger's message names: only from public addresses, within a size and a time.

A name is looked up once, the address is checked, and that very address is connected to, for every redirect anew: a name
server that answers differently the second time has no second time. Nothing of the user's goes along: no cookies, no
credentials, no proxy.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from ssl import SSLContext
from typing import Any, Final, cast
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import httpcore

from omnitui import __version__
from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.sdk import NotReady, Sink, Unreachable

LIMIT: Final = 25 * 1024 * 1024
"""Bytes that are taken unless the caller says fewer."""
SECONDS: Final = 30.0
"""How long a fetch may take with all its redirects."""
CONNECT_SECONDS: Final = 10.0
REDIRECTS: Final = 5

_PORTS: Final = {"http": 80, "https": 443}
_TIMEOUT: Final = {"connect": CONNECT_SECONDS, "read": SECONDS, "write": CONNECT_SECONDS, "pool": CONNECT_SECONDS}
_AS_WRITTEN: Final = "/?:@!$&'()*+,;=%-._~[]"
_MOVED: Final = frozenset((301, 302, 303, 307, 308))
_NAT64: Final = IPv6Network("64:ff9b::/96")
_SPECIAL: Final = (IPv4Network("192.0.0.0/24"), IPv6Network("64:ff9b:1::/48"))
"""Special by IANA's registries; Pythons before 3.12.4 take them, or most of them, for global."""

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Iterable[str]]]
"""The addresses of a host, for a port."""


async def fetch(
    url: str,
    sink: Sink,
    limit: int = LIMIT,
    *,
    private: Iterable[str] = (),
    resolve: Resolve | None = None,
    tls: SSLContext | None = None,
) -> str:
    """Write what lies at `url` to `sink`; gives its content type, "" where the server names none.

    Args:
        limit: Bytes at most; counted, whatever the server says.
        private: Hosts that may have private addresses, because the account's owner named them.
        resolve: Looks names up; the system does by default.
        tls: Whom to trust; the system's authorities by default.

    Raises:
        Refused: The address, a redirect or the size is not allowed, or the server does not hand it out.
        NotReady: It cannot be had now.
    """
    network = _CheckedNetwork(frozenset(host.lower() for host in private), resolve or _system)
    try:
        async with asyncio.timeout(SECONDS), httpcore.AsyncConnectionPool(tls, network_backend=network) as pool:
            for _hop in range(REDIRECTS + 1):
                found = await _get(pool, _checked(url), sink, limit)
                if not isinstance(found, _Moved):
                    return found
                if url.lower().startswith("https:") and not found.to.lower().startswith("https:"):
                    raise Refused(_("{url} leads from an encrypted line to a plain one").format(url=url))
                url = found.to
    except TimeoutError:
        raise NotReady(_("{url} took longer than {n} s").format(url=url, n=round(SECONDS))) from None
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise NotReady(_("{url} cannot be fetched: {error}").format(url=url, error=error)) from None
    raise Refused(_("{url} is redirected too often").format(url=url))


def is_public(address: Address) -> bool:
    """Whether an address is one of the public network, whatever it is wrapped in."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if int(address) >> 32 == 0 or address.is_site_local:
            return False
    if any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class _Moved:
    """A redirect."""

    def __init__(self, to: str) -> None:
        self.to = to


def _checked(url: str) -> SplitResult:
    """The parts of an address that may be asked at all."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise Refused(_("{url} is no address").format(url=url)) from None
    if parts.scheme not in _PORTS or not host:
        raise Refused(_("{url} is no address of the web").format(url=url))
    if parts.username is not None or parts.password is not None:
        raise Refused(_("{url} carries a login").format(url=url))
    return parts


async def _get(pool: httpcore.AsyncConnectionPool, parts: SplitResult, sink: Sink, limit: int) -> str | _Moved:
    url = parts.geturl()
    async with pool.stream("GET", _target(parts), headers=_headers(parts), extensions={"timeout": _TIMEOUT}) as answer:
        said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
        if answer.status in _MOVED and said.get("location"):
            return _Moved(urljoin(url, said["location"]))
        if answer.status != 200:
            raise Refused(_("{url}: the server answers {status}").format(url=url, status=answer.status))
        if said.get("content-encoding", "identity").lower() != "identity":
            raise Refused(_("{url} comes packed").format(url=url))
        over = Refused(_("{url} is larger than {limit:,} bytes").format(url=url, limit=limit))
        if (length := said.get("content-length", "")).isdecimal() and int(length) > limit:
            raise over
        size = 0
        async for data in answer.aiter_stream():
            size += len(data)
            if size > limit:
                raise over
            sink.write(data)
        return said.get("content-type", "")


def _target(parts: SplitResult) -> httpcore.URL:
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_AS_WRITTEN)
    return httpcore.URL(scheme=parts.scheme, host=_host(parts), port=parts.port, target=path)


def _headers(parts: SplitResult) -> list[tuple[bytes | str, bytes | str]]:
    host = _host(parts)
    shown = f"[{host}]" if ":" in host else host
    return [
        ("Host", f"{shown}:{parts.port}" if parts.port else shown),
        ("User-Agent", f"omnitui/{__version__}"),
        ("Accept", "*/*"),
        # What is counted is what is kept: nothing small grows large here.
        ("Accept-Encoding", "identity"),
    ]


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise Refused(_("{url} is no address").format(url=host)) from None


async def _system(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class _CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to the address that was checked, never to a name."""

    def __init__(self, private: frozenset[str], resolve: Resolve) -> None:
        self._private = private
        self._resolve = resolve
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = [ip_address(text.partition("%")[0]) for text in await self._resolve(host, port)]
        except (OSError, ValueError, UnicodeError) as error:
            raise Unreachable(_("{host} is not known: {error}").format(host=host, error=error)) from None
        if host.lower() not in self._private:
            found = [address for address in found if is_public(address)]
        if not found:
            raise Refused(
                _("{host} is not on the public network").format(host=host),
                hint=_("an account may name hosts of its own network"),
            )
        for address in found[:-1]:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
        return await self._inner.connect_tcp(str(found[-1]), port, timeout, local_address, socket_options)
