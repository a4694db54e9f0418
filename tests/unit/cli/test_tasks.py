"""The verbs about tasks."""

from __future__ import annotations

from omnitui.clock import HOUR
from tests.support.command import Desk
from tests.support.desk import a_conversation, conversation


def test_a_task_is_promised_listed_changed_and_done(desk: Desk) -> None:
    found = a_conversation(desk.cache, "please call", contact="Ann Stone")
    ran = desk.run("task", "add", found.id[-6:], "call", "back", "2h", "about", "the", "form", "--json")
    assert (ran.object["type"], ran.object["kind"], ran.object["text"]) == ("task", "call_back", "about the form")
    assert "due" in ran.err
    task = ran.object["id"]
    other = desk.run("task", "add", found.id, "tomorrow 9", "--to", "none").out.strip()
    listed = desk.run("task", "list", "--jsonl").objects
    assert [one["id"] for one in listed] == [task, other]
    assert [one["id"] for one in desk.run("task", "list", "-n", "1", "--jsonl").objects] == [task]
    assert "call back" in desk.run("task", "list").out
    assert desk.run("task", "list", "--due", "--jsonl").objects == []
    assert desk.run("task", "set", task, "--due", "3h", "--to", "none", "--text", "about the invoice").code == 0
    (changed,) = [one for one in desk.run("task", "list", "--jsonl").objects if one["id"] == task]
    assert (changed["text"], changed["assignee"]) == ("about the invoice", None)
    due = conversation(desk.cache, found.id).task_due_at
    assert due is not None
    assert due - desk.cache.clock.now() > 2 * HOUR
    assert desk.run("task", "done", task[-6:].lower(), other).code == 0
    assert desk.run("task", "list", "--jsonl").objects == []
    assert [one["done_at"] is None for one in desk.run("task", "list", found.id, "--jsonl").objects] == [False, False]
    assert desk.run("task", "done", task).err.strip() == "nothing to change"
    assert desk.run("task", "done", task, "--not").code == 0
    assert desk.run("undo").code == 0
    assert desk.run("task", "list", "--jsonl").objects == []


def test_tasks_that_make_no_sense_are_refused(desk: Desk) -> None:
    found = a_conversation(desk.cache, "please call")
    assert desk.run("task", "add", found.id, "call", "back", "sometime").code == 2
    assert desk.run("task", "add", "NOSUCH", "call", "back", "2h").code == 1
    assert desk.run("task", "done", "NOSUCH").code == 1
    task = desk.run("task", "add", found.id, "2h").out.strip()
    assert desk.run("task", "set", task).code == 2
    assert desk.run("task", "set", task, "--due", "never").code == 2
