"""IRC over a real ngircd: what customers say arrives, what we say reaches them, a restarted server is found again."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from omnitui_irc import IrcConnector
from omnitui_irc.client import Link, Place

from omnitui.sdk import Accepted, Batch, MessageReceived, NotReady, Outbound, Rejected, Verb
from tests.support.dovecot import free_port, wait_for
from tests.support.sdk import a_context

NGIRCD = shutil.which("ngircd") or shutil.which("ngircd", path="/usr/sbin")

pytestmark = pytest.mark.skipif(NGIRCD is None, reason="no ngircd: apt-get install --no-install-recommends ngircd")


class Ngircd:
    """A server on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._file = folder / "ngircd.conf"
        # It drops root by itself.
        whom = "ServerUID = nobody\nServerGID = nogroup\n" if os.getuid() == 0 else ""
        self._file.write_text(
            f"[Global]\nName = irc.tea.test\nInfo = tea\nListen = 127.0.0.1\nPorts = {self.port}\n{whom}"
            "[Limits]\nMaxConnectionsIP = 0\nMaxPenaltyTime = 0\n"
            "[Options]\nIdent = no\nDNS = no\nPAM = no\n[Channel]\nName = #support\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert NGIRCD is not None
        self._process = subprocess.Popen(
            [NGIRCD, "-n", "-f", str(self._file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(self.port)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Ngircd]:
    server = Ngircd(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def desk(server: Ngircd, tmp_path: Path) -> AsyncIterator[IrcConnector]:
    settings = {"host": "127.0.0.1", "port": str(server.port), "security": "none", "nick": "desk", "join": "#support"}
    connector = IrcConnector(a_context(tmp_path, settings=settings))
    yield connector
    await connector.close()


async def customer(server: Ngircd) -> Link:
    return await Link.open(Place("127.0.0.1", server.port, False, "", "Mei", "", ""))


def reply(text: str, to: str = "mei") -> Outbound:
    return Outbound("op", Verb.REPLY, "op", to, "desk@127.0.0.1", "irc", to, text=text)


async def following(stream: AsyncIterator[Batch]) -> list[MessageReceived]:
    """The messages of the next batch that has some."""
    async with asyncio.timeout(30):
        async for batch in stream:
            if found := [event for event in batch.events if isinstance(event, MessageReceived)]:
                return found
    raise AssertionError("inbound ended by itself")


async def test_customer_and_desk_talk_in_private_and_in_a_channel(server: Ngircd, desk: IrcConnector) -> None:
    stream = desk.inbound(None)
    assert (await anext(stream)).caught_up
    mei = await customer(server)
    await mei.say(["PRIVMSG desk :返品したいです", "JOIN #support", "PRIVMSG #support :anyone here?"])
    said = await following(stream)
    while len(said) < 2:
        said += await following(stream)
    assert [(event.conversation, event.author.name, event.text) for event in said] == [
        ("mei", "Mei", "返品したいです"),
        ("#support", "Mei", "anyone here?"),
    ]
    assert await desk.perform(reply("承知しました\n少々お待ちください")) == Accepted()
    assert await desk.perform(reply("yes", to="#support")) == Accepted()
    heard: list[tuple[str, str]] = []
    async with asyncio.timeout(30):
        while len(heard) < 3:
            heard += [(line.parameters[0], line.words) for line in await mei.take(100) if line.command == "PRIVMSG"]
    assert heard == [("Mei", "承知しました"), ("Mei", "少々お待ちください"), ("#support", "yes")]
    await mei.close()


async def test_reply_to_somebody_who_left_fails_with_the_servers_words(desk: IrcConnector) -> None:
    assert await desk.perform(reply("are you there?", to="nobody1")) == Rejected("nobody1 No such nick or channel name")


async def test_server_that_is_killed_and_started_again_is_found_with_a_gap(server: Ngircd, desk: IrcConnector) -> None:
    stream = desk.inbound(None)
    first = await anext(stream)
    server.kill()
    with pytest.raises(NotReady):
        async with asyncio.timeout(30):
            await anext(stream)
    with pytest.raises(NotReady):
        await desk.perform(reply("x"))
    server.start()
    again = await anext(desk.inbound(first.cursor))
    assert "is not here" in again.gap


async def test_check_names_the_channel_that_is_refused(server: Ngircd, tmp_path: Path) -> None:
    settings = {"host": "127.0.0.1", "port": str(server.port), "security": "none", "nick": "desk"}
    good = IrcConnector(a_context(tmp_path, settings=settings))
    assert (await good.check()).ok
    await good.close()
    bad = IrcConnector(a_context(tmp_path, settings={**settings, "nick": "desk2", "join": "no-channel"}))
    health = await bad.check()
    assert not health.ok
    assert "no-channel" in health.message
    await bad.close()
