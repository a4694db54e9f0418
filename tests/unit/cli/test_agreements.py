"""The verbs about agreements, and claim."""

from __future__ import annotations

from tests.support.command import Desk
from tests.support.desk import a_conversation, conversation

FILE = """
[[policies]]
name = "all"
first = "30h"
resolution = "90h"
pause = ["snoozed"]
"""


def put(desk: Desk, text: str) -> None:
    desk.profile.config.mkdir(parents=True, exist_ok=True)
    desk.profile.sla_file.write_text(text)
    desk.profile.sla_file.chmod(0o600)


def test_clocks_of_a_conversation_are_shown_and_supposed(desk: Desk) -> None:
    found = a_conversation(desk.cache, contact="Ann Stone")
    assert "under no agreement" in desk.run("sla", "show", found.id).err
    put(desk, FILE)
    checked = desk.run("sla", "check", "--json").object
    assert (checked["policies"], checked["running"], checked["late"]) == (1, 1, 0)
    text = desk.run("sla", "show", found.id[-6:].lower()).out
    assert "agreement: all" in text
    assert "first reply" in text
    assert "left" in text
    shown = desk.run("sla", "show", found.id, "--json").object
    assert [clock["target"] for clock in shown["clocks"]] == ["first", "resolution"]
    assert shown["urgency"][0]["cause"] == "first"
    later = desk.run("sla", "show", found.id, "--snooze", "20h", "--json").object
    waited = desk.run("sla", "show", found.id, "--wait", "20h", "--json").object
    assert later["clocks"][0]["standing"] == "running"
    assert waited["clocks"][0]["standing"] == "breached"
    desk.run("resolve", found.id)
    ended = desk.run("sla", "show", found.id, "--json").object
    assert [clock["standing"] for clock in ended["clocks"]] == ["met", "met"]
    desk.run("undo")
    assert [one["id"] for one in desk.run("ls", "sla:<40h", "--jsonl").objects] == [found.id]
    assert desk.run("ls", "sla:breached", "--jsonl").objects == []
    assert desk.run("ls", "sort:urgency", "--jsonl").objects[0]["sla_target"] == "first"


def test_faults_of_the_file_are_named_and_change_nothing(desk: Desk) -> None:
    assert "there is no" in desk.run("sla", "check").err
    put(desk, "[[policies]]\nname = 'a'\nfrist = '1h'")
    ran = desk.run("sla", "check")
    assert ran.code == 3
    assert "frist" in ran.err
    put(desk, "")
    assert desk.run("sla", "check").code == 3


def test_claim_takes_the_most_urgent_and_is_undone(desk: Desk) -> None:
    found = a_conversation(desk.cache, contact="Ann Stone")
    ran = desk.run("claim", "--json")
    assert ran.object["id"] == found.id
    assert conversation(desk.cache, found.id).assignee_id == desk.cache.me().id
    assert desk.run("claim").code == 1
    assert desk.run("undo").code == 0
    assert desk.run("claim").out.startswith(found.id[-6:])
