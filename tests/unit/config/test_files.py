"""Settings and keys from TOML files: what is taken, what is refused, and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.config.files import load_settings
from omnitui.config.settings import Settings
from omnitui.errors import ConfigError
from omnitui.paths import Profile, profile


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    made = profile("desk")
    made.config.mkdir(parents=True)
    return made


def write(path: Path, text: str, mode: int = 0o600) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def test_settings_are_the_defaults_without_a_file(home: Profile) -> None:
    assert load_settings(home) == Settings()


def test_settings_are_read_with_tables_lists_and_maps(home: Profile) -> None:
    write(
        home.settings_file,
        'time_zone = "Asia/Tokyo"\n[agent]\nname = "花子"\naddresses = ["h@example.jp"]\n'
        "[replies]\nhold = 3\nhold_by_channel = { line = 0 }\n",
    )
    settings = load_settings(home)
    assert settings.agent.name == "花子"
    assert settings.agent.addresses == ("h@example.jp",)
    assert settings.replies.hold == 3.0
    assert settings.replies.hold_by_channel == {"line": 0.0}
    assert str(settings.zone()) == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("langauge = 'ja'", ["config.toml", "langauge"], "language"),
        ("[agent]\nnmae = 'x'", ["agent.nmae"], "agent.name"),
        ("[agent]\nname = 3", ["agent.name", "text", "3"], ""),
        ("agent = 3", ["agent", "table"], ""),
        ("[replies]\nhold = -1", ["replies.hold"], ""),
        ("[replies]\nhold = true", ["replies.hold"], ""),
        ("[replies]\nhold = nan", ["replies.hold"], ""),
        ("[replies]\nhold_by_channel = { line = 'x' }", ["replies.hold_by_channel.line"], ""),
        ("[interface]\ntheme = true", ["interface.theme", "a text"], ""),
        ("[log]\nlevel = 'loud'", ["log.level", "warning"], ""),
        ("time_zone = 'Asia/Edo'", ["time_zone", "Asia/Edo"], "IANA"),
        ("time_zone = '../../etc/passwd'", ["time_zone"], "IANA"),
        ("= nothing", ["config.toml", "TOML"], ""),
    ],
)
def test_settings_errors_name_file_and_key(home: Profile, text: str, words: list[str], hint: str) -> None:
    write(home.settings_file, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(home)
    assert caught.value.exit_code == 3
    for word in [str(home.settings_file), *words]:
        assert word in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602, 0o601])
def test_settings_are_refused_when_others_may_touch_the_file(home: Profile, mode: int) -> None:
    write(home.settings_file, "language = 'ja'", mode)
    with pytest.raises(ConfigError) as caught:
        load_settings(home)
    assert f"chmod 600 '{home.settings_file}'" in caught.value.hint


def test_keys_may_be_read_by_others_but_not_written(home: Profile) -> None:
    from omnitui.services.keys.keymap import read_keymap

    write(home.keys_file, '"conversation.note" = "f6"\n', 0o644)
    keymap = read_keymap(home.keys_file)
    assert (keymap.problems, keymap.keys["conversation.note"]) == ((), ("f6",))
    home.keys_file.chmod(0o664)
    keymap = read_keymap(home.keys_file)
    assert "chmod go-w" in keymap.problems[0].hint
    assert keymap.keys["conversation.note"] == ("n",)
