"""Apps that are driven without a terminal."""

from __future__ import annotations

import pytest

from tests.support import idle


@pytest.fixture(autouse=True, scope="session")
def _pilots_wait_for_rest() -> None:
    idle.install()
