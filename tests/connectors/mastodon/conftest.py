"""One server for all tests of a worker, emptied before each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from mastodon_mock.testing import MockServer, mock_mastodon

from tests.support.mastodon_rig import MastodonRig
from tests.support.proxy import FaultyProxy


@pytest.fixture(scope="package")
def server() -> Iterator[MockServer]:
    with mock_mastodon() as server:
        yield server


@pytest.fixture
def emptied(server: MockServer) -> MockServer:
    httpx.post(f"{server.base_url}/api/v1/_mock/reset").raise_for_status()
    return server


@pytest.fixture
async def rig(tmp_path: Path, emptied: MockServer) -> AsyncIterator[MastodonRig]:
    async with FaultyProxy(emptied.port) as proxy:
        yield MastodonRig(tmp_path, emptied, proxy)
