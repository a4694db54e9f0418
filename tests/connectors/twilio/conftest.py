"""A server for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.kept_calls import KeptCalls
from tests.support.proxy import FaultyProxy
from tests.support.twilio_rig import TwilioRig
from tests.support.twilio_server import TwilioServer


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[TwilioRig]:
    with TwilioServer() as server:
        async with FaultyProxy(server.port) as proxy:
            yield TwilioRig(tmp_path, server, proxy, KeptCalls())
        assert server.broken == []
