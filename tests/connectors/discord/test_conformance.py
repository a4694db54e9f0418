"""Discord holds the contract, and what it says to the REST API is in the specification."""

from __future__ import annotations

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.discord_rig import DiscordRig


@pytest.mark.parametrize("check", checks_for(DiscordRig), ids=lambda check: check.name)
async def test_discord_conforms(check: Check, rig: DiscordRig) -> None:
    await check.run(rig)
