"""IRC holds the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.irc_rig import IrcRig
from tests.support.irc_server import IrcServer


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[IrcRig]:
    async with IrcServer() as server:
        yield IrcRig(tmp_path, server)


@pytest.mark.parametrize("check", checks_for(IrcRig), ids=lambda check: check.name)
async def test_irc_conforms(check: Check, rig: IrcRig) -> None:
    await check.run(rig)
