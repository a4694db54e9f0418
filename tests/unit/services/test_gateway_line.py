"""What comes over the line to a gateway elsewhere, whatever happens to the line."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
import trustme

from omnitui.clock import HOUR, SECOND, SystemClock
from omnitui.sdk import AuthFailed, Deliveries, Fault, NotReady, RateLimited, Unreachable
from omnitui.services.channels import gateway_line
from omnitui.services.channels.gateway_line import Events, GatewayLine
from tests.support.gateway_server import TOKEN, GatewayServer


@pytest.fixture
def gateway() -> Iterator[GatewayServer]:
    with GatewayServer() as server:
        yield server


def line(url: str, *, token: str = TOKEN, hook: str = "shop") -> GatewayLine:
    return GatewayLine(url, hook, token, SystemClock())


class Reader:
    """Reads in the background, as an account does."""

    def __init__(self) -> None:
        self.pages: list[Deliveries] = []
        self._news = asyncio.Event()

    @property
    def bodies(self) -> list[bytes]:
        return [item.body for page in self.pages for item in page.items]

    async def read(self, url: str, cursor: int) -> None:
        async with aclosing(line(url).deliveries(cursor)) as pages:
            async for page in pages:
                self.pages.append(page)
                self._news.set()

    async def has(self, *bodies: bytes) -> None:
        async with asyncio.timeout(30):
            while self.bodies != list(bodies):
                assert len(self.bodies) <= len(bodies), self.bodies
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def reading(gateway: GatewayServer, cursor: int = 0) -> AsyncIterator[Reader]:
    reader = Reader()
    task = asyncio.create_task(reader.read(gateway.url, cursor))
    try:
        yield reader
    finally:
        task.cancel()
        await asyncio.wait([task])


async def streams(gateway: GatewayServer, count: int) -> None:
    async with asyncio.timeout(30):
        while gateway.streams < count:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)


async def fault(url: str, **named: str) -> Fault:
    with pytest.raises(Fault) as raised:
        await anext(line(url, **named).deliveries(0))
    return raised.value


async def test_what_was_kept_comes_in_pages_and_then_what_comes_in(gateway: GatewayServer) -> None:
    gateway.page, gateway.gap = 2, "the gateway has dropped something"
    gateway.push(b"1", b"2", b"3")
    async with reading(gateway) as reader:
        await reader.has(b"1", b"2", b"3")
        await streams(gateway, 1)
        gateway.push(b"4", "五".encode())
        await reader.has(b"1", b"2", b"3", b"4", "五".encode())
    first, second = reader.pages[:2]
    assert (first.cursor, first.caught_up, first.gap) == (2, False, "the gateway has dropped something")
    assert (second.cursor, second.caught_up, second.gap) == (3, True, "")
    assert reader.pages[-1].cursor == 5
    assert reader.pages[0].items[0].query == (("a", "1"),)


async def test_a_gap_that_opens_meanwhile_is_told(gateway: GatewayServer) -> None:
    gateway.push(b"1")
    async with reading(gateway) as reader:
        await streams(gateway, 1)
        gateway.gap_now = "another spool"
        gateway.push(b"2")
        await reader.has(b"1", b"2")
    assert [page.gap for page in reader.pages if page.gap] == ["another spool"]
    assert all(page.cursor for page in reader.pages)


async def test_a_cut_stream_goes_on_where_it_was_cut(gateway: GatewayServer) -> None:
    gateway.push(b"1")
    async with reading(gateway) as reader:
        await streams(gateway, 1)
        gateway.push(b"2")
        await reader.has(b"1", b"2")
        gateway.cut()
        gateway.push(b"3")
        await reader.has(b"1", b"2", b"3")
        await streams(gateway, 2)
    assert [asked for asked in gateway.asked if "deliveries" in asked][-1].endswith("after=2&limit=100")


async def test_a_silent_line_counts_as_dead(gateway: GatewayServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_line, "SILENCE", 0.5)
    async with reading(gateway) as reader:
        await streams(gateway, 1)
        gateway.push(b"1")
        await reader.has(b"1")
        gateway.silent = True
        await streams(gateway, 2)
        gateway.silent = False
        gateway.push(b"2")
        await reader.has(b"1", b"2")


async def test_a_stream_that_ends_at_once_each_time_is_not_begun_in_a_circle(
    gateway: GatewayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_line, "SOON", HOUR)
    stream = line(gateway.url).deliveries(0)
    await anext(stream)
    ended = asyncio.create_task(anext(stream))
    await streams(gateway, 1)
    gateway.cut()
    with pytest.raises(NotReady, match="ends at once"):
        await asyncio.wait_for(ended, 30)


async def test_a_token_that_is_not_known_is_named(gateway: GatewayServer) -> None:
    refused = await fault(gateway.url, token="another")
    # It is asked again: the gateway may take up a new token a little later.
    assert type(refused) is NotReady
    assert "token" in refused.message
    assert "another" not in refused.message + refused.hint


async def test_without_a_token_nothing_is_asked(gateway: GatewayServer) -> None:
    with pytest.raises(AuthFailed, match="wants a token"):
        line(gateway.url, token="")
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (403, NotReady, "not for the hook “shop”"),
        (429, RateLimited, "rest"),
        (503, NotReady, "answers 503"),
    ],
)
async def test_what_the_gateway_refuses_is_said(
    gateway: GatewayServer, status: int, kind: type[Fault], words: str
) -> None:
    gateway.status, gateway.headers = status, {"Retry-After": "7"}
    refused = await fault(gateway.url)
    assert type(refused) is kind
    assert words in refused.message
    assert not isinstance(refused, RateLimited) or refused.after == 7 * SECOND


async def test_an_unknown_hook_is_named(gateway: GatewayServer) -> None:
    refused = await fault(gateway.url, hook="other shop")
    assert type(refused) is NotReady
    assert "“other shop”" in refused.message


async def test_no_proxy_gets_the_token_in_clear(gateway: GatewayServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with GatewayServer() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        gateway.push(b"1")
        async with reading(gateway) as reader:
            await reader.has(b"1")
        assert proxy.asked == []


async def test_a_redirect_does_not_get_the_token(gateway: GatewayServer) -> None:
    with GatewayServer() as elsewhere:
        gateway.status, gateway.headers = 302, {"Location": elsewhere.url}
        assert type(await fault(gateway.url)) is NotReady
        assert elsewhere.asked == []


@pytest.mark.parametrize("nonsense", [b"<html>", b"[]", b'{"items": [1], "cursor": 1, "caught_up": true}', b"[" * 9999])
async def test_what_is_no_gateway_is_said_to_be_none(gateway: GatewayServer, nonsense: bytes) -> None:
    gateway.nonsense = nonsense
    assert "no gateway of omnitui" in (await fault(gateway.url)).message


async def test_nobody_there_is_asked_again_soon() -> None:
    with GatewayServer() as gone:
        url = gone.url
    assert isinstance(await fault(url), Unreachable)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com",
        "ftp://hooks.example.com",
        "https://",
        "hooks",
        "https://a:b@c",
        "http://[",
        "http://127.evil.example",
    ],
)
async def test_the_token_goes_over_no_plain_line_and_to_no_odd_address(url: str) -> None:
    with pytest.raises(AuthFailed):
        line(url)


async def test_a_gateway_is_believed_by_its_certificate_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    with GatewayServer(tls=tls) as gateway:
        refused = await fault(gateway.url)
        assert isinstance(refused, Unreachable)
        assert "certificate" in refused.message
        assert gateway.asked == []
        gateway.push(b"1")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        async with reading(gateway) as reader:
            await streams(gateway, 1)
            gateway.push(b"2")
            await reader.has(b"1", b"2")


def test_events_come_whole_however_they_are_cut() -> None:
    said = b': beat\r\n\r\nid: 1\ndata: {"a":\ndata: 1}\n\nevent: x\ndata:2\r\n\r\ndata: 3'
    for size in range(1, len(said)):
        events = Events()
        whole = [one for at in range(0, len(said), size) for one in events.feed(said[at : at + size])]
        assert whole == [b'{"a":\n1}', b"2"], size


def test_an_event_without_end_is_not_read_for_ever() -> None:
    events = Events(most=100)
    assert events.feed(b"data: 1234567890\n" * 5) == []
    with pytest.raises(ValueError, match="without end"):
        events.feed(b"data: 1234567890\n" * 5)
