"""blame, diff, revert, since, and the list as it was."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from omnitui.clock import HOUR, FrozenClock
from omnitui.model.states import Priority, Status
from omnitui.services.acting.operations import Operations
from tests.support.command import Desk
from tests.support.desk import a_conversation, a_message, conversation


def rfc(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


def test_blame_says_who_set_a_field_and_revert_takes_just_that_back(desk: Desk) -> None:
    own = a_conversation(desk.cache, labels=["vip"]).id
    op = desk.run("priority", own, "--set", "urgent").out.strip()
    desk.run("resolve", own, "--reason", "sent anew")
    (found,) = desk.run("blame", own, "priority", "--jsonl").objects
    assert (found["type"], found["value"], found["before"], found["cause"]) == ("blame", "urgent", "normal", "op")
    assert found["op_id"] == op
    said = desk.run("blame", own).out
    assert "sent anew" in said
    assert "resolved" in said
    assert desk.run("blame", own, "colour").code == 2
    seen = desk.run("revert", op, "--dry-run", "--json").object
    assert (seen["sets"], seen["later"]) == ({"priority": "normal"}, [])
    assert desk.run("revert", op).code == 0
    assert conversation(desk.cache, own).priority is Priority.NORMAL
    assert conversation(desk.cache, own).status is Status.RESOLVED


def test_revert_that_is_overtaken_fails_and_names_what_stands_on_it(desk: Desk) -> None:
    own = a_conversation(desk.cache).id
    op = desk.run("priority", own, "--set", "urgent").out.strip()
    later = desk.run("priority", own, "--set", "low").out.strip()
    ran = desk.run("revert", op)
    assert ran.code == 1
    assert later in ran.err
    assert "left alone: priority is low" in ran.err


def test_log_blame_and_diff_name_agents_conversations_contacts_and_incidents(desk: Desk) -> None:
    head = a_conversation(desk.cache, contact="Ann", subject="返金のご相談").id
    part = a_conversation(desk.cache, contact="Bob").id
    ann, bob = (desk.run("contact", "show", own, "--json").object["id"] for own in (head, part))
    me = desk.cache.me().name
    desk.run("assign", part, "--to", "me")
    desk.run("merge", head, part)
    desk.run("contact", "link", ann, bob)
    desk.run("incident", "open", "Mail down", head)
    desk.run("task", "add", head, "call", "back", "2030-05-01T14:30")
    said = desk.run("log").out
    for words in (
        f"assignee: nobody → {me}",
        "part of: – → 返金のご相談",
        "link: Ann = Bob",
        "incident: none → Mail down",
        "incident: Mail down",
        "task: call back: due 2030-05-01 14:30",
    ):
        assert words in said
    assert "返金のご相談" in desk.run("blame", part, "merged_into").out
    changed = desk.run("diff", part, "--from", "2h").out
    assert f"assignee: nobody → {me}" in changed
    assert "part of: – → 返金のご相談" in changed
    assert not re.search(f"{head}|{ann}|{bob}|{desk.cache.me().id}", said + changed)
    split = desk.run("split", part).out.strip()
    seen = desk.run("revert", split, "--dry-run").err
    assert "taken back: part of: 返金のご相談 → –" in seen
    assert "  part of → 返金のご相談" in seen


def test_times_in_the_log_are_those_of_the_reader(desk: Desk) -> None:
    own = a_conversation(desk.cache).id
    desk.run("away", "until", "2030-05-01T09:00")
    taken = desk.run("undo").err.splitlines()[0]
    assert taken == "taken back: away until: – → 2030-05-01 09:00"
    desk.run("away")
    assert desk.run("undo").err.splitlines()[0] == "taken back: away until: – → they are back"
    desk.run("snooze", own, "--until", "2030-05-01T09:00")
    assert "snoozed until: – → 2030-05-01 09:00, status: open → snoozed" in desk.run("log", own).out
    assert "2030-05-01 09:00" in desk.run("blame", own, "snooze").out
    assert "snoozed until: – → 2030-05-01 09:00" in desk.run("diff", own, "--from", "2h").out
    incident = desk.run("incident", "open", "Down").out.split()[0]
    desk.run("incident", "end", "down")
    assert "Z" not in desk.run("log").out.replace(incident, "").partition("ended: ")[2].partition("  ")[0]


def test_log_is_in_the_language_of_the_reader(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    own = a_conversation(desk.cache).id
    desk.run("priority", own, "--set", "urgent")
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert "優先度: 通常 → 緊急" in desk.run("log").out
    assert "取り消し" in desk.run("undo").err


def test_id_that_is_not_there_is_no_word_of_a_query(desk: Desk) -> None:
    desk.cache.me()
    gone = "01KJNZ7BT0AQN5PWGQ05XCSYG0"
    assert desk.run("diff", gone, "--from", "2h").code == 1
    ran = desk.run("blame", gone)
    assert ran.code == 1
    assert f"there is no conversation, contact or agent “{gone}”" in ran.err
    assert desk.run("diff", "返品", "--from", "2h").code == 0


def test_list_and_diff_show_the_queue_as_it_was(desk: Desk) -> None:
    clock = desk.cache.clock
    assert isinstance(clock, FrozenClock)
    one, two = (a_conversation(desk.cache, contact=name).id for name in ("Ann", "Bob"))
    at = clock.now()
    clock.advance(HOUR)
    Operations(desk.cache).set_status([one], Status.RESOLVED)
    three = a_conversation(desk.cache, contact="Cid").id
    found = desk.run("ls", "--at", rfc(at), "--jsonl").objects
    assert {row["id"] for row in found} == {one, two}
    assert all(row["unsure"] == [] for row in found)
    assert "as it was at" in desk.run("ls", "--at", rfc(at), "is:open").err
    assert desk.run("ls", "--at", rfc(at), "has:draft").code == 2
    changed = desk.run("diff", "--from", rfc(at), "--json").object
    assert (changed["came"], changed["went"]) == ([three], [one])
    (change,) = desk.run("diff", one, "--from", rfc(at), "--json").object["changes"]
    assert (change["field"], change["from"], change["to"], change["sure"]) == ("status", "open", "resolved", True)
    assert "status: open → resolved" in desk.run("diff", one, "--from", rfc(at)).out


def test_since_tells_what_changed_and_wants_a_time_where_nobody_has_looked(desk: Desk) -> None:
    clock = desk.cache.clock
    assert isinstance(clock, FrozenClock)
    own = a_conversation(desk.cache, contact="Ann", subject="返金").id
    clock.advance(HOUR)
    at = clock.now() - 1
    a_message(desk.cache, own, "まだですか", at=clock.now())
    (group,) = desk.run("since", rfc(at), "--json").object["groups"]
    assert (group["group"], group["count"], group["conversations"][0]["id"]) == ("answered", 1, own)
    assert "まだですか" in desk.run("since", rfc(at)).out
    ran = desk.run("since")
    assert ran.code == 2
    assert "looked" in ran.err


def test_log_takes_an_agent_a_kind_and_times(desk: Desk) -> None:
    own = a_conversation(desk.cache).id
    desk.run("priority", own, "--set", "urgent")
    desk.run("label", own, "--add", "vip")
    assert [op["verb"] for op in desk.run("log", "--kind", "label", "--by", "me", "--jsonl").objects] == ["label"]
    assert desk.run("log", "--until", "2h", "--jsonl").objects == []
    assert len(desk.run("log", "--since", "2h", "--jsonl").objects) == 2
