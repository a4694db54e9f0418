"""Telegram by webhook: what proves a call, what `check` tells Telegram, and what the gateway kept becomes messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from omnitui_telegram import TelegramConnector

from omnitui.sdk import (
    Deliveries,
    Delivery,
    Forged,
    Genuine,
    MessageReceived,
    OmniError,
    Unsupported,
    WebhookRequest,
)
from omnitui.services.channels.http import SharedClient
from tests.support.sdk import a_context
from tests.support.telegram_rig import MEI, PRIVATE
from tests.support.telegram_server import TOKEN, TelegramServer

SECRET = "5f2c" * 16
UPDATE = {
    "update_id": 7,
    "message": {"message_id": 1, "date": 1_780_000_000, "from": MEI, "chat": PRIVATE, "text": "返品"},
}
HOOK = "https://hooks.example.com/hooks/telegram"


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server
        assert server.broken == []


async def kept(cursor: int) -> AsyncIterator[Deliveries]:
    calls = [Delivery(1, 5, json.dumps(UPDATE).encode()), Delivery(2, 6, b"no json")]
    yield Deliveries(tuple(call for call in calls if call.number > cursor), 2, caught_up=True)
    await asyncio.Event().wait()


def connector(folder: Path, server: TelegramServer, secret: str = SECRET) -> TelegramConnector:
    settings = {"api_url": server.url, "receive": "webhook", "webhook_url": HOOK}
    secrets = {"token": TOKEN, "webhook_secret": secret}
    return TelegramConnector(
        a_context(folder, settings=settings, secrets=secrets, http=SharedClient(), deliveries=kept)
    )


def call(header: str, body: bytes = b"{}") -> WebhookRequest:
    return WebhookRequest("POST", HOOK, (), {"x-telegram-bot-api-secret-token": header} if header else {}, body)


def test_call_with_the_secret_is_genuine_and_named_by_its_update() -> None:
    hook = TelegramConnector.webhook({}, {"webhook_secret": ("new" + SECRET, SECRET)})
    assert hook.verify(call(SECRET, json.dumps(UPDATE).encode()), 0) == Genuine(("7",))
    assert hook.verify(call("new" + SECRET, b"no json"), 0) == Genuine()


@pytest.mark.parametrize("header", ["", SECRET[:-1], SECRET + "0", SECRET.upper(), "\N{SNOWMAN}"])
def test_call_with_another_secret_is_forged(header: str) -> None:
    hook = TelegramConnector.webhook({}, {"webhook_secret": (SECRET,)})
    assert isinstance(hook.verify(call(header), 0), Forged)


def test_number_that_is_none_raises_nothing() -> None:
    hook = TelegramConnector.webhook({}, {"webhook_secret": (SECRET,)})
    assert hook.verify(call(SECRET, b'{"update_id": 1e999}'), 0) == Genuine()


@pytest.mark.parametrize("secrets", [(), ("",), ("short",)])
def test_without_a_secret_worth_its_name_there_is_no_hook(secrets: tuple[str, ...]) -> None:
    with pytest.raises(OmniError, match="secret"):
        TelegramConnector.webhook({}, {"webhook_secret": secrets})


async def test_check_tells_telegram_where_to_call(tmp_path: Path, server: TelegramServer) -> None:
    assert (await connector(tmp_path, server).check()).ok
    assert (server.webhook, server.hook_secret) == (HOOK, SECRET)


async def test_check_tells_no_address_without_a_secret(tmp_path: Path, server: TelegramServer) -> None:
    health = await connector(tmp_path, server, secret="").check()
    assert (health.ok, health.refused, server.webhook) == (False, True, "")


async def test_check_says_why_telegram_cannot_call(tmp_path: Path, server: TelegramServer) -> None:
    server.webhook, server.trouble = HOOK, "Connection timed out"
    health = await connector(tmp_path, server).check()
    assert not health.ok
    assert "Connection timed out" in health.message


async def test_what_the_gateway_kept_becomes_messages(tmp_path: Path, server: TelegramServer) -> None:
    one = connector(tmp_path, server)
    stream = one.inbound(None)
    batch = await anext(stream)
    first, second = batch.events
    assert isinstance(first, MessageReceived)
    assert (first.text, batch.cursor) == ("返品", {"gateway": 2})
    assert isinstance(second, Unsupported)
    await one.close()
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_customer_is_shown_that_somebody_writes(tmp_path: Path, server: TelegramServer) -> None:
    await connector(tmp_path, server).typing("71", "telegram")
    assert server.typed == [71]
