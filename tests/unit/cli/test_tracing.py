"""blame, diff, revert, since, and the list as it was."""

from __future__ import annotations

from datetime import UTC, datetime

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
