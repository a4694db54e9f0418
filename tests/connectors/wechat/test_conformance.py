"""WeChat holds the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.wechat_rig import WeChatRig
from tests.support.wechat_server import WeChatServer


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[WeChatRig]:
    with WeChatServer() as server:
        yield WeChatRig(tmp_path, server)


@pytest.mark.parametrize("check", checks_for(WeChatRig), ids=lambda check: check.name)
async def test_wechat_conforms(check: Check, rig: WeChatRig) -> None:
    await check.run(rig)
