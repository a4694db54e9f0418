"""Matrix holds the contract, and what it says to a homeserver is in the specification."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.matrix_rig import MatrixRig, Someone
from tests.support.matrix_server import MatrixServer
from tests.support.proxy import FaultyProxy


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[MatrixRig]:
    with MatrixServer() as server:
        url = f"http://127.0.0.1:{server.port}"
        mei = Someone(url, server.user("mei"), "@mei:tea.test")
        desk = Someone(url, server.user("desk"), "@desk:tea.test")
        async with FaultyProxy(server.port) as proxy:
            yield MatrixRig(tmp_path, proxy, mei, desk, server)
        assert server.broken == []


@pytest.mark.parametrize("check", checks_for(MatrixRig), ids=lambda check: check.name)
async def test_matrix_conforms(check: Check, rig: MatrixRig) -> None:
    await check.run(rig)
