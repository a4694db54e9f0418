"""The command over a profile of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import Desk, a_desk


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.delenv("OMNITUI_VAULT_PASSPHRASE", raising=False)
    with a_desk(tmp_path / "home", capsys, monkeypatch) as made:
        yield made
