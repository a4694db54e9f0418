"""The embedded world holds the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.demo_rig import DemoRig


@pytest.mark.parametrize("check", checks_for(DemoRig), ids=lambda check: check.name)
async def test_demo_connector_conforms(check: Check, tmp_path: Path) -> None:
    await check.run(DemoRig(tmp_path))
