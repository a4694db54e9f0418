"""Twilio holds the contract, and what it says to the API is in the specification."""

from __future__ import annotations

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.twilio_rig import TwilioRig


@pytest.mark.parametrize("check", checks_for(TwilioRig), ids=lambda check: check.name)
async def test_twilio_conforms(check: Check, rig: TwilioRig) -> None:
    await check.run(rig)
