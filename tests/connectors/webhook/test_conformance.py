"""Webhooks hold the contract, whether or not what takes the replies drops those that come twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.webhook_rig import WebhookRig
from tests.support.webhook_server import WebhookServer


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[WebhookRig]:
    with WebhookServer() as server:
        yield WebhookRig(tmp_path, server)
        assert server.broken == []


@pytest.mark.parametrize("check", checks_for(WebhookRig), ids=lambda check: check.name)
async def test_webhooks_conform(check: Check, rig: WebhookRig) -> None:
    await check.run(rig)


@pytest.mark.parametrize(
    "check",
    [check for check in checks_for(WebhookRig) if check.name in ("send", "cut_before_send", "cut_after_send")],
    ids=lambda check: check.name,
)
async def test_webhooks_conform_where_replies_are_taken_twice(check: Check, rig: WebhookRig) -> None:
    rig.server.once = False
    await check.run(rig)
