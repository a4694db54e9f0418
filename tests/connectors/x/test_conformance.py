"""X holds the contract, and what is said to its API is in the specification."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.x_rig import XRig
from tests.support.x_server import XServer


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[XRig]:
    # The contract is tried faster than X allows.
    with XServer(most=100_000) as server:
        yield XRig(tmp_path, server)
        assert server.broken == []


@pytest.mark.parametrize("check", checks_for(XRig), ids=lambda check: check.name)
async def test_x_conforms(check: Check, rig: XRig) -> None:
    await check.run(rig)
