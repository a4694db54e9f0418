"""Fetching what strangers name: who is connected to, and how much is taken."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address

import pytest
import trustme

from omnitui.errors import OmniError, Refused
from omnitui.sdk import NotReady
from omnitui.services.channels import fetching
from omnitui.services.channels.fetching import fetch, is_public
from omnitui.sync.files import Bounded
from tests.support.promises import Promise

OURS = {"media.example"}
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 5\r\n\r\nhello"
PRIVATE = [
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:db8::1",
]


class Asked:
    """A name server that says what the test wants, in turns, and counts."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.names: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.names.append(host)
        return [self.answers[min(len(self.names), len(self.answers)) - 1]]


@asynccontextmanager
async def served(
    answer: Callable[[str, asyncio.StreamWriter], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """A web server on this machine; `answer` gets the head of a request. Gives the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer((await reader.readuntil(b"\r\n\r\n")).decode(), writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def always(data: bytes) -> Callable[[str, asyncio.StreamWriter], Awaitable[None]]:
    async def answer(_head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return answer


def sink(limit: int = 1_000) -> Bounded:
    return Bounded(limit, "file")


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_that_leads_to_no_public_address_is_not_connected_to(address: str, promise: Promise) -> None:
    asked = Asked(address)
    with pytest.raises(Refused, match="not on the public network"):
        await fetch("https://media.example/a.png", sink(), resolve=asked)
    assert asked.names == ["media.example"]
    promise(
        "Nothing that a message names is fetched from this machine or from a private network.",
        "1 kind of address that is not public: 0 connections",
    )


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://127.1/",
        "http://①②⑦.⓪.⓪.①/",
    ],
)
async def test_no_spelling_of_this_machine_is_reached(url: str, promise: Promise) -> None:
    reached = False

    async def answer(_head: str, writer: asyncio.StreamWriter) -> None:
        nonlocal reached
        reached = True

    async with served(answer) as port:
        host = url.removeprefix("http://").rstrip("/")
        with pytest.raises((Refused, NotReady)):
            await fetch(f"http://{host}:{port}/", sink())
    assert not reached
    promise(
        "Nothing that a message names is fetched from this machine or from a private network.",
        "1 spelling of this machine: 0 connections",
    )


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://media.example/", "gopher://x/", "http:///a", "javascript:1", "http://[::1", ""]
)
async def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        await fetch(url, sink(), resolve=Asked("93.184.216.34"))


async def test_a_login_in_an_address_is_refused() -> None:
    with pytest.raises(Refused, match="login"):
        await fetch("https://user:secret@media.example/", sink(), resolve=Asked("93.184.216.34"))


async def test_a_host_that_the_account_names_may_be_private_and_is_asked_by_its_name() -> None:
    heads: list[str] = []

    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        writer.write(ANSWER)

    asked, into = Asked("127.0.0.1"), sink()
    async with served(answer) as port:
        kind = await fetch(f"http://media.example:{port}/a b.png?x=é", into, private=OURS, resolve=asked)
    assert (bytes(into.data), kind, asked.names) == (b"hello", "image/png", ["media.example"])
    assert heads[0].startswith("GET /a%20b.png?x=%C3%A9 HTTP/1.1\r\n")
    assert f"\r\nHost: media.example:{port}\r\n" in heads[0]
    assert not {"cookie", "authorization", "referer"} & {
        line.partition(":")[0].lower() for line in heads[0].split("\r\n")
    }


async def test_the_certificate_is_that_of_the_name_though_the_address_is_connected_to() -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.issue_cert("media.example").configure_cert(server)
    authority.configure_trust(client)
    into = sink()
    async with served(always(ANSWER), server) as port:
        url = f"https://media.example:{port}/"
        await fetch(url, into, private=OURS, resolve=Asked("127.0.0.1"), tls=client)
        with pytest.raises(NotReady, match="certificate"):
            await fetch(
                url.replace("media", "other"), sink(), private={"other.example"}, resolve=Asked("127.0.0.1"), tls=client
            )
    assert bytes(into.data) == b"hello"


async def test_each_redirect_is_looked_up_and_checked_anew() -> None:
    """A name that answers with an allowed address first and with a private one afterwards gains nothing."""
    asked = Asked("127.0.0.1", "10.0.0.1")
    async with served(
        always(b"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n")
    ) as port:
        with pytest.raises(Refused, match=r"evil\.example is not on the public network"):
            await fetch(f"http://media.example:{port}/", sink(), private=OURS, resolve=asked)
    assert asked.names == ["media.example", "evil.example"]


async def test_a_circle_of_redirects_ends() -> None:
    async with served(always(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")) as port:
        with pytest.raises(Refused, match="too often"):
            await fetch(f"http://media.example:{port}/", sink(), private=OURS, resolve=Asked("127.0.0.1"))


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" + b"x" * 5_000 + b"\r\n0\r\n\r\n",
    ],
)
async def test_no_more_bytes_than_the_limit_are_taken_whatever_the_server_says(answer: bytes) -> None:
    into = sink(10_000)
    async with served(always(answer)) as port:
        with pytest.raises(Refused, match="larger"):
            await fetch(f"http://media.example:{port}/", into, 1_000, private=OURS, resolve=Asked("127.0.0.1"))
    assert len(into.data) <= 1_000


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
        b"\x00garbage\r\n\r\n",
        b"",
    ],
)
async def test_an_answer_that_is_no_whole_file_is_an_error(answer: bytes) -> None:
    async with served(always(answer)) as port:
        with pytest.raises(OmniError):
            await fetch(f"http://media.example:{port}/", sink(), private=OURS, resolve=Asked("127.0.0.1"))


async def test_a_server_that_drips_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "SECONDS", 0.5)

    async def drip(_head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with served(drip) as port:
        with pytest.raises(NotReady, match="took longer"):
            await fetch(f"http://media.example:{port}/", sink(), private=OURS, resolve=Asked("127.0.0.1"))
