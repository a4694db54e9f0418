"""Telegram holds the contract, and what it says to the Bot API is in the specification."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.telegram_rig import TelegramRig
from tests.support.telegram_server import TelegramServer


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[TelegramRig]:
    with TelegramServer() as server:
        yield TelegramRig(tmp_path, server)
        assert server.broken == []


@pytest.mark.parametrize("check", checks_for(TelegramRig), ids=lambda check: check.name)
async def test_telegram_conforms(check: Check, rig: TelegramRig) -> None:
    await check.run(rig)
