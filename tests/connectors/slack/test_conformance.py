"""Slack holds the contract, and what it says to the Web API is in the specification."""

from __future__ import annotations

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.slack_rig import SlackRig


@pytest.mark.parametrize("check", checks_for(SlackRig), ids=lambda check: check.name)
async def test_slack_conforms(check: Check, rig: SlackRig) -> None:
    await check.run(rig)
