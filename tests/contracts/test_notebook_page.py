"""docs/notebook.md: its Python runs over a desk, and its tables name the columns of the views."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from omnitui.model.states import Direction
from omnitui.paths import profile
from tests.support.desk import a_cache, a_conversation, a_message

PAGE = (Path(__file__).parents[2] / "docs/notebook.md").read_text("utf-8")


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names that the page's Python leaves behind, over a desk that is open meanwhile."""
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    monkeypatch.delenv("OMNITUI_PROFILE", raising=False)
    with a_cache(profile().data) as cache:
        ann = a_conversation(cache, "Where is my tea?", contact="Ann")
        a_message(cache, ann.id, "On its way.", direction=Direction.OUTGOING)
        a_conversation(cache, "返金をお願いします", contact="佐藤 美咲", channel="line")
        names: dict[str, Any] = {}
        for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
            exec(compile(block, "notebook.md", "exec"), names)
        return names


def test_python_of_the_page_finds_what_is_on_the_desk(notebook: dict[str, Any]) -> None:
    assert dict(notebook["by_channel"]) == {"email": 1, "line": 1}
    ((_id, contact, hours),) = notebook["first_replies"]
    assert contact == "Ann"
    assert hours * 60 == pytest.approx(1, abs=0.01)
    assert sorted(notebook["open_by_contact"]) == [("Ann", 1), ("佐藤 美咲", 1)]


def test_notebook_cannot_write(notebook: dict[str, Any]) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        notebook["db"].execute("DELETE FROM draft")


def test_page_names_the_columns_of_every_view(notebook: dict[str, Any]) -> None:
    db: sqlite3.Connection = notebook["db"]
    views = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
    said = {
        view: re.findall(r"`(\w+)`", columns) for view, columns in re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.M)
    }
    assert said == {view: [row[1] for row in db.execute(f"PRAGMA table_info({view})")] for view in views}
