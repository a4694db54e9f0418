"""The demo's folder as its first start leaves it, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from omnitui.services.demo.profile import open_demo


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, to be copied."""
    home = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMNITUI_HOME", str(home))
        open_demo(speed=0).close()
    return home


@pytest.fixture
def home(world: Path, tmp_path: Path) -> Path:
    """A copy of a test's own."""
    return Path(shutil.copytree(world, tmp_path / "home"))
