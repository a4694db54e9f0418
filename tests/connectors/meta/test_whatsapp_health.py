"""What a check of a WhatsApp account tells, and what it names that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.sdk import (
    AuthFailed,
)
from tests.support.meta_server import TOKEN
from tests.support.whatsapp_rig import WhatsAppRig, a_rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[WhatsAppRig]:
    made = a_rig(tmp_path)
    with made.server:
        yield made
        assert made.server.broken == []


async def test_health_tells_number_quality_and_tier(rig: WhatsAppRig) -> None:
    health = await rig.connector().check()
    assert health.ok
    assert health.message == "+1 555-078-3881 (Hinode Tea, quality green, up to 1k new customers a day)"
    rig.world.status = "BANNED"
    assert "banned" in (await rig.connector().check()).message


async def test_missing_permission_is_named(rig: WhatsAppRig) -> None:
    rig.server.scopes.remove("whatsapp_business_messaging")
    health = await rig.connector().check()
    assert (health.ok, health.refused) == (False, True)
    assert health.message == "the token lacks whatsapp_business_messaging"


async def test_webhook_that_is_not_set_or_not_subscribed_is_named(rig: WhatsAppRig) -> None:
    rig.server.subscriptions[0]["fields"] = [{"name": "account_update"}]
    health = await rig.connector().check()
    assert (health.ok, health.message) == (False, "the app's webhook is not subscribed to messages")
    rig.server.subscriptions[0]["active"] = False
    assert "no webhook" in (await rig.connector().check()).message


async def test_app_secret_of_another_app_is_named_and_not_asked_where_the_gateway_is_elsewhere(
    rig: WhatsAppRig,
) -> None:
    connector = rig.connector()
    context = connector._account.context
    connector._account.context = replace(context, secrets={**context.secrets, "app_secret": "another"})
    health = await connector.check()
    assert not health.ok
    assert "app secret is not the app's" in health.message
    settings = {**context.settings, "gateway": "https://hooks.example.com"}
    connector._account.context = replace(connector._account.context, settings=settings)
    assert (await connector.check()).ok


async def test_account_that_tells_no_app_is_named(rig: WhatsAppRig) -> None:
    rig.world.apps = []
    health = await rig.connector().check()
    assert not health.ok
    assert "no app is subscribed" in health.message


async def test_token_stands_in_no_error(rig: WhatsAppRig) -> None:
    rig.server.token = "another"
    health = await rig.connector().check()
    assert (health.ok, health.refused) == (False, True)
    with pytest.raises(AuthFailed) as caught:
        await rig.connector().perform(rig.outbound("x"))
    assert TOKEN not in health.message + health.hint + caught.value.message + caught.value.hint
