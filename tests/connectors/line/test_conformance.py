"""LINE holds the contract, and what it says to the Messaging API is in the specification."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.line_rig import LineRig
from tests.support.line_server import LineServer


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[LineRig]:
    with LineServer() as server:
        yield LineRig(tmp_path, server)
        assert server.broken == []


@pytest.mark.parametrize("check", checks_for(LineRig), ids=lambda check: check.name)
async def test_line_conforms(check: Check, rig: LineRig) -> None:
    await check.run(rig)
