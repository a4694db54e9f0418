"""A workspace for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.proxy import FaultyProxy
from tests.support.slack_rig import SlackRig
from tests.support.slack_server import SlackServer


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[SlackRig]:
    async with SlackServer() as server, FaultyProxy(server.port) as proxy:
        yield SlackRig(tmp_path, server, proxy)
        assert server.broken == []
