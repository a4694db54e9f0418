"""views.toml: what it adds to the standing views and changes, its faults by their lines, and queries kept in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.config.settings import Settings
from omnitui.desk.views import VIEWS
from omnitui.errors import ConfigError, Refused
from omnitui.paths import Profile
from omnitui.services.actions import ACTIONS
from omnitui.services.keys.keymap import read_keymap
from omnitui.services.triage.views import Names, Views, check_view, offer, read_views, save_view

OWN = """
# of mine
[vip]
name = "Key customers"
query = "is:open label:vip sort:newest"
sort = "unanswered"
columns = ["labels"]
key = "1"
icon = "★"

[henpin]
name = "返品"
query = "label:返品 view:vip"

[spam]
hidden = true

[mine]
query = "is:mine"
key = "f11"
"""


@pytest.fixture
def profile(tmp_path: Path) -> Iterator[Profile]:
    yield Profile("test", tmp_path, tmp_path / "data", tmp_path / "state")
    offer(Views())


def read(profile: Profile, text: str, settings: Settings | None = None) -> Views:
    profile.views_file.write_text(text, "utf-8")
    profile.views_file.chmod(0o600)
    return read_views(profile, settings or Settings())


def test_file_adds_views_and_changes_standing_ones(profile: Profile) -> None:
    views = read(profile, OWN)
    assert views.problems == ()
    vip, mine = views.find("VIP"), views.find("mine")
    assert vip is not None
    assert (vip.title, vip.icon, vip.columns, vip.own) == ("Key customers", "★", ("labels",), True)
    assert vip.text == "is:open label:vip sort:unanswered"
    assert mine is not None
    assert (mine.text, mine.kept, mine.own) == ("is:mine", False, False)
    assert views.find("返品") is views.every[-1]
    assert "spam" not in [one.id for one in views.shown]
    assert views.find("spam") is not None
    assert views.keys == {"view.vip": ("g 1",), "go.mine": ("f11",)}
    assert Names(views)["key customers"] == Names(views)["vip"] == vip.text


def test_team_is_there_once_settings_name_one(profile: Profile) -> None:
    assert read(profile, "").find("team") is None
    assert read(profile, "", Settings(teams={"billing": ("me",)})).find("team") is not None


def test_order_of_a_standing_view_leaves_its_count_kept(profile: Profile) -> None:
    inbox = read(profile, '[inbox]\nsort = "priority"').find("inbox")
    assert inbox is not None
    assert inbox.kept
    assert inbox.text == "is:open sort:priority"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[a]\nquery = "is:open"\n\n[b]\nquery = "x"\ncolour = "red"', 6, "colour"),
        ('[a]\nquery = "is:open"\nsort = "best"', 3, "sort"),
        ('[a]\nname = "A"\nquery = "is:opne"', 3, "opne"),
        ('[a]\nname = "A"', 1, "query"),
        ('[a]\nquery = "view:a"', 2, "itself"),
        ('[a]\nquery = "x"\nkey = "ctrl+m"', 1, "enter"),
        ('[a]\nquery = "x"\nicon = "abc"', 1, "sign"),
        ('[a]\nquery = "team:nobody"', 2, "nobody"),
        ('\n["Ä"]\nquery = "x"', 0, "letters"),
        ('[query]\nquery = "x"', 1, "letters"),
        ("mine = 3", 0, "table"),
    ],
)
def test_fault_is_named_with_its_line_and_the_rest_holds(profile: Profile, text: str, line: int, words: str) -> None:
    views = read(profile, f'{text}\n[good]\nquery = "is:open"\n')
    (problem,) = views.problems
    assert words in problem.message
    assert not line or f"line {line}: " in problem.message
    assert views.find("good") is not None or text.startswith("mine")
    assert {one.id for one in VIEWS} - {"team"} <= {one.id for one in views.every}


def test_faulty_query_of_a_standing_view_leaves_that_as_it_was(profile: Profile) -> None:
    views = read(profile, '[mine]\nquery = "is:opne"')
    assert views.problems
    assert views.find("mine") in VIEWS


def test_file_that_is_no_toml_or_open_to_others_leaves_the_standing_views(profile: Profile) -> None:
    views = read(profile, "[a\n")
    assert "line 1" in views.problems[0].message
    assert len(views.every) == len(VIEWS) - 1
    profile.views_file.chmod(0o666)
    assert "0666" in read_views(profile, Settings()).problems[0].message


def test_own_views_are_actions_with_the_keys_of_both_files(profile: Profile) -> None:
    views = read(profile, OWN)
    offer(views)
    keymap = read_keymap(profile.keys_file, "vim", views.keys)
    assert (keymap.key_of("view.vip"), keymap.key_of("go.mine"), keymap.problems) == ("g1", "f11", ())
    profile.keys_file.write_text('"view.vip" = "f8"')
    profile.keys_file.chmod(0o600)
    assert read_keymap(profile.keys_file, "vim", views.keys).key_of("view.vip") == "f8"
    offer(Views())
    assert "view.vip" not in ACTIONS


def test_query_is_kept_as_a_view_behind_what_the_file_holds(profile: Profile) -> None:
    views = read(profile, OWN)
    made = save_view(profile, views, '大口 "A"', "label:返品 sort:priority", "2")
    again = read_views(profile, Settings())
    found = again.find('大口 "A"')
    assert found is not None
    assert (found.id, found.text, found.title) == (made.id, made.text, made.title)
    assert again.keys[f"view.{made.id}"] == ("g 2",)
    assert profile.views_file.read_text("utf-8").startswith(OWN.rstrip())
    assert again.every[:-1] == views.every


def test_view_that_cannot_be_kept_is_refused_and_the_file_stays(profile: Profile) -> None:
    views = read(profile, OWN)
    keymap = read_keymap(profile.keys_file)
    for title, query, key in (("", "x", ""), ("a", " ", ""), ("Mine", "x", ""), ("返品", "x", ""), ("a", "x", "i")):
        with pytest.raises(Refused):
            check_view(views, title, query, key, keymap)
    check_view(views, "a", "x", "9", keymap)
    with pytest.raises(ConfigError):
        save_view(profile, views, "a", "x", "ctrl+i")
    profile.views_file.write_text("[a\n")
    with pytest.raises(ConfigError):
        save_view(profile, views, "a", "x")
    assert profile.views_file.read_text() == "[a\n"
