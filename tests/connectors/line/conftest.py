"""LINE as its tests meet it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.line_rig import LineRig
from tests.support.line_server import LineServer


@pytest.fixture
def server() -> Iterator[LineServer]:
    """A fake that has seen nothing it could not read."""
    with LineServer() as server:
        yield server
        assert server.broken == []


@pytest.fixture
def rig(tmp_path: Path, server: LineServer) -> LineRig:
    """One channel on it."""
    return LineRig(tmp_path, server)
