"""A channel that is a program holds the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.command_rig import CommandRig


@pytest.mark.parametrize("check", checks_for(CommandRig), ids=lambda check: check.name)
async def test_channel_that_is_a_program_conforms(check: Check, tmp_path: Path) -> None:
    await check.run(CommandRig(tmp_path))
