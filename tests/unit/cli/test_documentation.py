"""docs/cli.md says what is printed, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from omnitui.cli.table import ENTRIES
from omnitui.services.exchange.records import VERSION
from omnitui.services.texts import macros
from omnitui.services.triage import reasons
from tests.support.command import Desk
from tests.support.desk import a_conversation, a_message

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")

ELSEWHERE = {"encryption", "proof", "refusal"}
"""Types that are printed only where SQLCipher is, after looking through every temporary file of the machine, or while a
gateway is observed."""


def documented() -> dict[str, set[str]]:
    """Type → fields, as the page's tables have them."""
    found: dict[str, set[str]] = {}
    for part in PAGE.split("\n### ")[1:]:
        name = re.match(r"`(\w+)`", part)
        assert name is not None
        found[name[1]] = set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE))
    return found


def within(item: Any) -> list[dict[str, Any]]:
    """The objects in a printed object, itself included."""
    if isinstance(item, list):
        return [found for one in item for found in within(one)]
    if not isinstance(item, dict):
        return []
    own = [item] if "type" in item else []
    return own + [found for value in item.values() for found in within(value)]


@pytest.fixture
def printed(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, Any]]]:
    """Objects of every type, as verbs print them."""
    talk = a_conversation(desk.cache, "hello", contact="Ann")
    a_conversation(desk.cache, "hello?", contact="Ann")
    a_message(desk.cache, talk.id, "again", files=["a.pdf"])
    (desk.profile.config / "snippets").mkdir(parents=True)
    (desk.profile.config / "snippets" / "hello.md").write_text("Dear {contact.name},")
    macros.give(desk.profile, "hello", "[[do]]\nread = true\n")
    reasons.give(desk.profile, reasons.EXAMPLE)
    desk.profile.gateway_file.write_text('public_url = "https://x.example"\n[[hook]]\nname = "shop"\nkind = "line"\n')
    desk.profile.gateway_file.chmod(0o600)
    desk.profile.sla_file.write_text("[[policies]]\nname = 'all'\nfirst = '1h'\n")
    desk.profile.rules_file.write_text("[seen]\non = 'message'\n[[seen.do]]\nlabel = '+seen'\n")
    mail = tmp_path / "x.eml"
    mail.write_text("From: a@example.com\nSubject: x\n\nhi\n")
    runs = [
        ["ls", "--json"],
        ["show", talk.id, "--json"],
        ["show", talk.id, "--timeline", "--json"],
        ["search", "hello", "--json"],
        ["resolve", talk.id, "--json"],
        ["log", "--json"],
        ["log", "verify", "--json"],
        ["blame", talk.id, "--json"],
        ["diff", talk.id, "--from", "2h", "--json"],
        ["since", "2h", "--json"],
        ["merge", talk.id, "--like", "--json"],
        ["contact", "show", talk.id, "--json"],
        ["task", "add", talk.id, "call", "back", "2h", "--json"],
        ["incident", "open", "Down", talk.id, "--json"],
        ["incident", "say", "down", "--text", "We work on it.", "--dry-run", "--json"],
        ["incident", "export", "down", "--json"],
        ["sla", "show", talk.id, "--json"],
        ["sla", "check", "--json"],
        ["away", "--json"],
        ["import", str(mail), "--dry-run", "--json"],
        ["backup", str(tmp_path / "b.zip"), "--verify", "--json"],
        ["restore", str(tmp_path / "b.zip"), "--dry-run", "--json"],
        ["doctor", "--json"],
        ["paths", "--json"],
        ["views", "--json"],
        ["keys", "--json"],
        ["themes", "--json"],
        ["canned", "list", "--json"],
        ["macro", "list", "--json"],
        ["macro", "run", "hello", talk.id, "--dry-run", "--json"],
        ["rule", "try", "seen", "--json"],
        ["rule", "list", "--json"],
        ["reasons", "--json"],
        ["connectors", "--json"],
        ["account", "add", "demo", "--name", "World", "--no-check", "--json"],
        ["account", "check", "World", "--json"],
        ["sync", "--once", "World", "--json"],
        ["account", "set", "World", "retention", "forever", "--json"],
        ["gateway", "status", "--json"],
        ["gateway", "url", "shop", "--json"],
        ["gateway", "token", "desk", "--hooks", "shop", "--json"],
        ["contact", "export", talk.id, str(tmp_path / "ann"), "--json"],
        ["contact", "erase", talk.id, "--yes", "--json"],
    ]
    found: dict[str, list[dict[str, Any]]] = {}
    outputs = [desk.run(*words) for words in runs]
    world = desk.run("ls", "account:World", "channel:email", "-n", "1", "--jsonl").objects[0]["id"]
    outputs.append(desk.run("reply", world, "--text", "x", "--json"))
    outputs.append(desk.run("outbox", "--json"))
    done = desk.run("label", world, "--add", "documented").out.strip()
    outputs.append(desk.run("revert", done, "--dry-run", "--json"))
    for ran in outputs:
        for item in within(ran.object):
            found.setdefault(item["type"], []).append(item)
    return found


def test_every_printed_object_has_the_documented_fields(printed: dict[str, list[dict[str, Any]]]) -> None:
    pages = documented()
    assert set(printed) == set(pages) - ELSEWHERE
    for kind, items in printed.items():
        for item in items:
            fields = set(item) - {"v", "type"}
            optional = {"messages"} if kind == "conversation" else set()
            assert fields | optional == pages[kind] | optional, kind
            assert item["v"] == VERSION
    assert any("messages" in item for item in printed["conversation"])


def test_page_says_the_version_and_names_every_verb() -> None:
    assert f"the version of its form: {VERSION}." in PAGE
    verbs = PAGE.partition("## Verbs")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `(\w+(?: (?!ID|OP)[a-z]+)?)", verbs, re.MULTILINE))
    assert named == set(ENTRIES)
