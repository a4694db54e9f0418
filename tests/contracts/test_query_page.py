"""docs/query.md: every query in it means something, and it leaves out no filter, word or view."""

from __future__ import annotations

import re
from datetime import UTC
from pathlib import Path

import pytest

from omnitui.clock import DAY
from omnitui.desk.querying.parsing import KEYS, parse
from omnitui.desk.querying.terms import Gap, State, Thing
from omnitui.desk.times.spans import WORDS, span
from omnitui.desk.views import VIEWS
from omnitui.model.states import Priority

PAGE = (Path(__file__).parents[2] / "docs/query.md").read_text("utf-8")
NOW = 20_000 * DAY


def examples() -> list[str]:
    """What stands as code in the first column of the tables."""
    return re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("text", examples())
def test_example_finds_something_particular(text: str) -> None:
    places = {"teams": {"billing": ["Mia"], "mine": ["Mia"]}, "views": {view.id: view.text for view in VIEWS}}
    query = parse(text, now=NOW, me="01J00000000000000000000ME0", zone=UTC, **places)  # type: ignore[arg-type]
    assert query.node is not None or query.hidden


def test_page_has_examples_in_both_languages() -> None:
    assert len(examples()) > 60
    assert sum(not text.isascii() for text in examples()) > 10


def test_page_names_every_filter_and_its_words() -> None:
    assert [key for key in KEYS if f"`{key}:" not in PAGE] == []
    words = [f"is:{state}" for state in State] + [f"has:{thing}" for thing in Thing] + [*Gap]
    assert [word for word in (*words, *Priority) if f"`{word}`" not in PAGE and f"`{word[3:]}`" not in PAGE] == []


def test_page_names_every_span_that_is_a_word() -> None:
    days = WORDS[:-7]
    assert [word for word in days if f"`{word}`" not in PAGE and f":{word}`" not in PAGE] == []
    (line,) = (line for line in PAGE.splitlines() if "`during:昨日`" in line)
    japanese = re.findall(r"[^\x00-\x7f]{2}", line)
    assert len(japanese) > 6
    assert all(span(word, now=NOW, zone=UTC) for word in japanese)


def test_page_has_the_query_of_every_view() -> None:
    rows = dict(re.findall(r"^\| (\w[\w ]*) \| (.+) \|$", PAGE, re.MULTILINE))
    assert [view.title for view in VIEWS if view.text and rows[view.title] != f"`{view.text}`"] == []
    assert set(rows) - {"View", "Query"} == {view.title for view in VIEWS}
