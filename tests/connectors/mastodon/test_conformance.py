"""Mastodon holds the contract."""

from __future__ import annotations

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.mastodon_rig import MastodonRig


@pytest.mark.parametrize("check", checks_for(MastodonRig), ids=lambda check: check.name)
async def test_mastodon_conforms(check: Check, rig: MastodonRig) -> None:
    await check.run(rig)
