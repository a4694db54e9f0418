"""A server for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.discord_rig import DiscordRig
from tests.support.discord_server import DiscordServer
from tests.support.proxy import FaultyProxy


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[DiscordRig]:
    async with DiscordServer() as server, FaultyProxy(server.port) as proxy:
        yield DiscordRig(tmp_path, server, proxy)
        assert server.broken == []
