"""Letters to type for things on the screen."""

from __future__ import annotations

import pytest

from omnitui.desk.lettering import codes, lettered


@pytest.mark.parametrize("count", [0, 1, 26, 27, 60, 200])
def test_codes_are_different_and_none_begins_another(count: int) -> None:
    found = codes(count)
    assert len(found) == len(set(found)) == count
    assert not [one for one in found for other in found if one != other and other.startswith(one)]


def test_few_targets_have_single_letters() -> None:
    assert {len(code) for code in codes(26)} == {1}


def test_words_get_one_of_their_own_letters_as_long_as_one_is_free() -> None:
    assert lettered(["reply", "resolve", "reopen", "e"]) == ["r", "e", "o", "E"]
    many = lettered(["word"] * 52)
    assert len(set(many)) == 52
    assert lettered(["word"] * 53)[-1] == ""
