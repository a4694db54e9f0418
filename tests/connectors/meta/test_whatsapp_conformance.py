"""WhatsApp holds the contract, and what it says to the Graph API is in the specification."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.whatsapp_rig import WhatsAppRig, a_rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[WhatsAppRig]:
    made = a_rig(tmp_path)
    with made.server:
        yield made
        assert made.server.broken == []


@pytest.mark.parametrize("check", checks_for(WhatsAppRig), ids=lambda check: check.name)
async def test_whatsapp_conforms(check: Check, rig: WhatsAppRig) -> None:
    await check.run(rig)
