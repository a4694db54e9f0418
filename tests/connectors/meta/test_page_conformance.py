"""Messenger and Instagram hold the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.sdk.conformance import Check, checks_for
from tests.support.page_rig import InstagramRig, MessengerRig, PageRig, a_page_rig


@pytest.fixture(params=[MessengerRig, InstagramRig], ids=["messenger", "instagram"])
def rig(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[PageRig]:
    made = a_page_rig(request.param, tmp_path)
    with made.server:
        yield made


@pytest.mark.parametrize("check", checks_for(PageRig), ids=lambda check: check.name)
async def test_page_conforms(check: Check, rig: PageRig) -> None:
    await check.run(rig)
