"""Desks for the tests of sync."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omnitui.clock import FrozenClock
from tests.support.sending import Make
from tests.support.sync_desk import SyncDesk


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[SyncDesk] = []

    def one(**fake: Any) -> SyncDesk:
        made.append(SyncDesk(tmp_path / str(len(made)), FrozenClock(), **fake))
        return made[-1]

    yield one
    for desk in made:
        desk.close()
