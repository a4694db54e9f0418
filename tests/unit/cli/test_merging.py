"""merge and split."""

from __future__ import annotations

from tests.support.command import Desk
from tests.support.desk import a_conversation


def test_conversations_are_shown_as_one_until_they_are_cut(desk: Desk) -> None:
    one, two = (a_conversation(desk.cache, text, contact="Ann").id for text in ("Where is it?", "And my refund?"))
    (like,) = desk.run("merge", one, "--like", "--jsonl").objects
    assert (like["other_id"], like["score"]) == (two, 40)
    assert desk.run("merge", one).code == 2
    assert desk.run("merge", one, two).code == 0
    assert [row["id"] for row in desk.run("ls", "--jsonl").objects] == [one]
    assert "And my refund?" in desk.run("show", one).out
    assert desk.run("split", one).code == 0
    assert {row["id"] for row in desk.run("ls", "--jsonl").objects} == {one, two}
    assert desk.run("split", one).code == 1
