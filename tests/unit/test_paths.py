"""Where a profile keeps its things."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.errors import UsageError
from omnitui.paths import profile


def test_profile_lies_below_home_when_it_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    monkeypatch.delenv("OMNITUI_PROFILE", raising=False)
    found = profile()
    assert found.name == "default"
    assert found.config == tmp_path / "default" / "config"
    assert found.data == tmp_path / "default" / "data"
    assert found.state == tmp_path / "default" / "state"


def test_profile_follows_xdg_and_ignores_relative_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMNITUI_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", "/somewhere/config")
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    found = profile("night")
    assert found.config == Path("/somewhere/config/omnitui/night")
    assert found.data == tmp_path / ".local/share/omnitui/night"
    assert found.state == tmp_path / ".local/state/omnitui/night"


def test_profile_name_given_is_stronger_than_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    monkeypatch.setenv("OMNITUI_PROFILE", "night")
    assert profile().name == "night"
    assert profile("day").name == "day"


@pytest.mark.parametrize("name", ["../x", "a/b", ".", "..", ".hidden", "-x", "a b", "x\x1b", "x" * 65])
def test_profile_refuses_names_that_could_leave_the_folder(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        profile(name)
    assert "\x1b" not in caught.value.message


def test_make_creates_folders_that_only_we_can_enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path / "new"))
    made = profile("desk")
    made.make()
    assert made.data.stat().st_mode & 0o777 == 0o700
    assert made.state.stat().st_mode & 0o777 == 0o700
