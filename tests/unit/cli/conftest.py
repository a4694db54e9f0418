from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.paths import profile
from tests.support.command import Desk


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name in ("OMNITUI_PROFILE", "OMNITUI_VAULT_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    made = Desk(profile(), capsys, monkeypatch)
    yield made
    made.close()
