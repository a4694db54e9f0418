"""What the gateway on this machine kept, read from its spool while it goes on writing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from omnitui.clock import FrozenClock, SystemClock
from omnitui.model.accounts import Account
from omnitui.paths import Profile
from omnitui.sdk import AuthFailed, Deliveries, NotReady, Unreachable
from omnitui.services.channels.deliveries import here, hook_name, of_account
from omnitui.store.spooling.attendance import attend, attended
from omnitui.store.spooling.spool import Spool, delivery_key

KEY = b"k" * 32


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite3"


@pytest.fixture
def gateway(file: Path) -> Iterator[None]:
    """One runs, and takes nothing in."""
    with attend(file):
        yield


@pytest.fixture
def spool(file: Path, gateway: None) -> Iterator[Spool]:
    spool = Spool(file, SystemClock())
    yield spool
    spool.close()


def keep(spool: Spool, *bodies: bytes, hook: str = "shop") -> None:
    for body in bodies:
        assert spool.keep(hook, delivery_key((), body, ()), body, (("q", "1"),), "text/plain").result()


def put_away(file: Path) -> None:
    file.rename(file.with_name("old"))
    for path in file.parent.glob("spool.sqlite3-*"):
        path.unlink()


async def read(stream: AsyncIterator[Deliveries], count: int) -> list[Deliveries]:
    """Pages until so many deliveries came."""
    pages: list[Deliveries] = []
    async with asyncio.timeout(30):
        while sum(len(page.items) for page in pages) < count:
            pages.append(await anext(stream))
    return pages


def bodies(pages: list[Deliveries]) -> list[bytes]:
    return [item.body for page in pages for item in page.items]


async def test_all_of_a_hook_comes_first_and_then_what_is_received(file: Path, spool: Spool) -> None:
    keep(spool, *[b"%d" % number for number in range(250)])
    keep(spool, b"of another", hook="other")
    async with aclosing(here(file, "shop", 0)) as stream:
        pages = await read(stream, 250)
        assert bodies(pages) == [b"%d" % number for number in range(250)]
        assert [page.caught_up for page in pages] == [False, False, True]
        assert (pages[0].items[0].query, pages[0].items[0].content_type) == ((("q", "1"),), "text/plain")
        keep(spool, b"other again", hook="other")
        keep(spool, b"live")
        news = await read(stream, 1)
    assert bodies(news) == [b"live"]
    async with aclosing(here(file, "shop", pages[-1].cursor)) as stream:
        assert bodies(await read(stream, 1)) == [b"live"]


async def test_an_empty_hook_is_caught_up_once(file: Path, spool: Spool) -> None:
    async with aclosing(here(file, "shop", 0)) as stream:
        assert await anext(stream) == Deliveries((), 0, caught_up=True)
        keep(spool, b"1", hook="other")
        spool.count({("shop", "refused"): 1})
        keep(spool, b"2")
        assert bodies([await anext(stream)]) == [b"2"]


async def test_what_comes_is_read_when_the_file_is_another_one(file: Path, spool: Spool) -> None:
    keep(spool, b"1")
    async with aclosing(here(file, "shop", 0)) as stream:
        await read(stream, 1)
        spool.close()
        put_away(file)
        again = Spool(file, SystemClock())
        keep(again, b"2")
        again.close()
        assert bodies(await read(stream, 1)) == [b"2"]


async def test_what_was_cut_is_told(file: Path) -> None:
    clock = FrozenClock()
    spool = Spool(file, clock)
    keep(spool, b"1", b"2")
    clock.advance(1000)
    keep(spool, b"3")
    spool.cut(clock.now(), 1 << 30).result()
    async with aclosing(here(file, "shop", 0)) as stream:
        pages = await read(stream, 1)
    spool.close()
    assert bodies(pages) == [b"3"]
    assert "2 deliveries" in pages[0].gap


async def test_an_enciphered_spool_is_read_with_the_key(file: Path) -> None:
    spool = Spool(file, SystemClock(), key=KEY)
    keep(spool, b"words of a customer")
    spool.close()
    async with aclosing(here(file, "shop", 0, key=KEY)) as stream:
        assert bodies(await read(stream, 1)) == [b"words of a customer"]


async def test_a_gateway_that_has_ended_is_said_once_all_is_read(file: Path) -> None:
    with attend(file):
        spool = Spool(file, SystemClock())
        keep(spool, *[b"%d" % number for number in range(150)])
        async with aclosing(here(file, "shop", 0)) as stream:
            pages = await read(stream, 100)
            keep(spool, b"the last")
            spool.close()
            assert attended(file)
    assert not attended(file)
    async with aclosing(here(file, "shop", pages[-1].cursor)) as stream:
        rest = await read(stream, 51)
        assert bodies(rest)[-1] == b"the last"
        assert not rest[-1].caught_up
        with pytest.raises(Unreachable, match="does not run"):
            await anext(stream)
    with attend(file), attend(file):
        assert attended(file)
        async with aclosing(here(file, "shop", rest[-1].cursor)) as stream:
            assert (await anext(stream)).caught_up


async def test_a_gateway_that_ends_meanwhile_is_said(file: Path) -> None:
    with attend(file):
        Spool(file, SystemClock()).close()
        stream = here(file, "shop", 0)
        assert (await anext(stream)).caught_up
    with pytest.raises(Unreachable, match="does not run"):
        await asyncio.wait_for(anext(stream), 30)


async def test_no_gateway_yet_is_asked_for_again_soon(file: Path) -> None:
    with pytest.raises(Unreachable, match="no gateway has run"):
        await anext(here(file, "shop", 0))


async def test_a_damaged_spool_is_said(file: Path) -> None:
    with file.open("wb") as damaged:
        damaged.write(b"no database at all, and long enough to be one" * 100)
    with pytest.raises(NotReady):
        await anext(here(file, "shop", 0))


@pytest.mark.parametrize(
    ("hook", "name", "expected"),
    [
        ("line-shop", "whatever", "line-shop"),
        ("", "My Shop (new)", "my-shop-new"),
        ("", "Ｓｈｏｐ é", "shop-e"),
        ("", "お店", "0000000x"),
    ],
)
def test_a_hook_is_named_by_the_setting_or_after_the_account(hook: str, name: str, expected: str) -> None:
    assert hook_name(hook, name, "01JTESTACC0VNT0000000000X") == expected


async def test_an_account_that_names_no_gateway_reads_the_spool_of_its_profile(tmp_path: Path) -> None:
    profile = Profile("test", tmp_path / "config", tmp_path / "data", tmp_path / "state")
    profile.make()
    spool = Spool(profile.spool_file, SystemClock())
    keep(spool, b"1", hook="my-shop")
    spool.close()
    account = Account("01JTESTACC0VNT0000000000X", "webhook", "My shop")
    async with aclosing(of_account(profile, account, {}, SystemClock(), 0)) as stream:
        assert bodies(await read(stream, 1)) == [b"1"]


async def test_an_account_that_names_a_gateway_needs_its_token(tmp_path: Path) -> None:
    profile = Profile("test", tmp_path / "config", tmp_path / "data", tmp_path / "state")
    account = Account(
        "01JTESTACC0VNT0000000000X", "webhook", "My shop", settings={"gateway": "https://hooks.example.com"}
    )
    with pytest.raises(AuthFailed, match="wants a token"):
        await anext(of_account(profile, account, {"gateway_token": ""}, SystemClock(), 0))
