"""Changing one setting in config.toml: its line and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.config.files import load_settings
from omnitui.config.writing import as_toml, choices_of, line_of, write_setting
from omnitui.errors import ConfigError, Refused
from omnitui.paths import Profile
from tests.support.console import a_profile

FILE = """# mine
language = "en"  # for now

[interface]
# rows
rows = "two" # or one
keys = "vim"

[notify]
on = [
  "mine",  # most of all
  "failed",
]
quiet = "22:00-07:00"
"""


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return a_profile(tmp_path)


def saved(profile: Profile, text: str) -> None:
    profile.settings_file.write_text(text, "utf-8")
    profile.settings_file.chmod(0o600)


@pytest.mark.parametrize(
    ("name", "value", "before", "after"),
    [
        ("language", '"ja"', 'language = "en"  # for now', 'language = "ja"  # for now'),
        ("interface.rows", '"one"', 'rows = "two" # or one', 'rows = "one" # or one'),
        ("time_zone", '"Asia/Tokyo"', "# for now\n", '# for now\ntime_zone = "Asia/Tokyo"\n'),
        ("interface.theme", '"ink # 2"', 'keys = "vim"\n', 'keys = "vim"\ntheme = "ink # 2"\n'),
        ("notify.text", "true", 'quiet = "22:00-07:00"\n', 'quiet = "22:00-07:00"\ntext = true\n'),
        ("replies.hold", "3", '-07:00"\n', '-07:00"\n\n[replies]\nhold = 3\n'),
        ("notify.on", "[]", FILE[FILE.index("on =") : FILE.index("quiet")], "on = []\n"),
    ],
)
def test_only_the_settings_own_line_changes(profile: Profile, name: str, value: str, before: str, after: str) -> None:
    saved(profile, FILE)
    settings = write_setting(profile, name, value)
    assert profile.settings_file.read_text("utf-8") == FILE.replace(before, after)
    assert settings == load_settings(profile)
    assert profile.settings_file.stat().st_mode & 0o777 == 0o600


def test_file_is_made_where_there_is_none_and_found_behind_a_link(profile: Profile, tmp_path: Path) -> None:
    profile.settings_file.symlink_to(tmp_path / "dotfiles.toml")
    assert write_setting(profile, "interface.transparent", "true").interface.transparent
    assert (tmp_path / "dotfiles.toml").read_text("utf-8") == "[interface]\ntransparent = true\n"
    assert write_setting(profile, "language", '"ja"').interface.transparent
    assert (tmp_path / "dotfiles.toml").read_text("utf-8").startswith('language = "ja"\n')


@pytest.mark.parametrize(
    ("name", "value"),
    [("interface.rows", '"three"'), ("replies.hold", "soon"), ("notify.on", '["mine"'), ("time_zone", '"Mars/Base"')],
)
def test_value_that_does_not_fit_leaves_the_file_as_it_was(profile: Profile, name: str, value: str) -> None:
    saved(profile, FILE)
    with pytest.raises(ConfigError):
        write_setting(profile, name, value)
    assert profile.settings_file.read_text("utf-8") == FILE
    assert [path.name for path in profile.config.iterdir()] == ["config.toml"]


@pytest.mark.parametrize(
    "text", ['interface = { rows = "two" }\n', 'interface.rows = "two"\n', 'language = """\n[interface]\n"""\n']
)
def test_form_that_only_a_person_can_change_is_refused(profile: Profile, text: str) -> None:
    saved(profile, text)
    with pytest.raises(Refused):
        write_setting(profile, "interface.rows", '"one"')
    assert profile.settings_file.read_text("utf-8") == text


def test_texts_need_no_quotes_and_words_of_a_list_are_known() -> None:
    assert as_toml("agent.name", 'Ann "A" Lee') == r'"Ann \"A\" Lee"'
    assert as_toml("replies.hold", " 3 ") == "3"
    assert choices_of("interface.rows") == ('"two"', '"one"')
    assert choices_of("notify.text") == ("true", "false")
    assert choices_of("agent.name") == ()


def test_line_of_a_setting_is_where_it_stands_or_would(profile: Profile) -> None:
    profile.config.rmdir()
    assert line_of(profile, "interface.theme") == 1
    saved(profile, FILE)
    assert line_of(profile, "notify.quiet") == FILE[: FILE.index("quiet")].count("\n") + 1
    assert line_of(profile, "interface.theme") == FILE[: FILE.index("# rows")].count("\n") + 1
