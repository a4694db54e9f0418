"""The rule verbs: what there is, what it did and why, on and off."""

from __future__ import annotations

import asyncio

from omnitui.services.rules import reading as rules
from omnitui.services.rules.watch import RuleWatch
from omnitui.services.session import Session
from omnitui.store import rules as kept
from omnitui.store.reads import rules as reads
from tests.support.command import Desk
from tests.support.desk import a_conversation

FILE = """# mine
[vip]
on = "message"     # each
when = "is:open"
[[vip.do]]
label = ["+vip"]

[odd]
on = "mesage"
do = [{label = "x"}]
"""


def put(desk: Desk, text: str) -> None:
    desk.profile.config.mkdir(parents=True, exist_ok=True)
    desk.profile.rules_file.write_text(text, "utf-8")


def test_a_rule_is_switched_on_fires_says_why_and_is_switched_off(desk: Desk) -> None:
    put(desk, FILE)
    listed = desk.run("rule", "list")
    assert listed.code == 1
    assert "rules.toml:9: [odd]" in listed.err
    assert listed.out.split()[:2] == ["vip", "off"]
    assert desk.run("rule", "enable", "vip", "--untried").code == 0
    text = desk.profile.rules_file.read_text("utf-8")
    assert text == FILE.replace('when = "is:open"\n', 'when = "is:open"\nenabled = true\n')
    with Session.open(desk.profile) as session:
        here = a_conversation(session.cache, "hello")
        assert [one.happened.conversation_id for one in session.cache.read(reads.events, 10)] == [here.id]
        asyncio.run(RuleWatch(session).settle())
    shown = desk.run("rule", "show", "vip", "--json").object
    assert (shown["state"], shown["fired"], shown["on"]) == ("on", 1, ["message"])
    (firing,) = shown["firings"]
    assert firing["conversation_id"] == here.id
    assert firing["why"] == "a message came and is:open"
    said = desk.run("rule", "show", "vip").out
    assert "a message came and is:open" in said
    assert "does: label +vip\n" in said
    assert "rule vip: a message came" in desk.run("log", here.id, "--json").out
    assert "rule vip" in desk.run("blame", here.id).out
    assert desk.run("undo", firing["group_id"]).code == 0
    assert desk.run("rule", "show", "vip", "--json").object["firings"][0]["undone"]
    desk.run("rule", "disable", "vip")
    assert "enabled = false" in desk.profile.rules_file.read_text("utf-8")
    with Session.open(desk.profile) as session:
        a_conversation(session.cache, "hello", contact="Bo")
        assert session.cache.read(reads.events, 10) == []


def test_enabling_says_what_a_rule_would_have_done(desk: Desk) -> None:
    a_conversation(desk.cache, "hello")
    put(desk, rules.EXAMPLE.replace("channel:line segment:vip ", ""))
    ran = desk.run("rule", "enable", "vip")
    assert ran.code == 0, ran.err
    assert "in all that has happened" in ran.err
    assert "in all that has happened" not in desk.run("rule", "enable", "vip").err
    assert desk.run("rule", "enable", "none").code == 1


def test_a_rule_that_was_cut_is_told_of_until_it_is_switched_on_again(desk: Desk) -> None:
    put(desk, FILE.partition("[odd]")[0].replace("is:open", "is:all"))
    desk.run("rule", "enable", "vip", "--untried")
    with Session.open(desk.profile) as session:
        session.cache.write(lambda tx: kept.cut(tx, "vip", "too often"))
    assert desk.run("rule", "list", "--jsonl").objects[0]["state"] == "cut"
    assert "too often" in desk.run("doctor").out
    assert "too often" in desk.run("rule", "list").err
    desk.run("rule", "enable", "vip")
    assert desk.run("rule", "list", "--jsonl").objects[0]["state"] == "on"
