"""A rule that does what a macro says: with its steps, in its channels, as it is now; never round in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.errors import ConfigError
from omnitui.model.states import Verb
from omnitui.services.rules import reading as rules
from omnitui.services.rules import trials
from omnitui.services.rules import writing as rule_writing
from omnitui.services.rules.watch import RuleWatch
from omnitui.services.session import Session
from omnitui.store.reads import oplog
from omnitui.store.reads import rules as reads
from tests.support.console import a_session
from tests.support.desk import a_conversation

RULE = """
[vip]
on = "message"
when = "is:open"
enabled = true

[[vip.do]]
priority = "high"

[[vip.do]]
macro = "Care"
"""
CARE = 'do = [{label = ["+care"]}, {note = "for {{ contact.name }}"}]\n'


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = a_session(tmp_path)
    write(made, RULE, CARE)
    yield made
    made.close()


def write(session: Session, rule: str, care: str, channel: str = "") -> None:
    folder = session.profile.config / "macros"
    folder.mkdir(exist_ok=True)
    (folder / "care.toml").write_text(f"{channel}\n{care}", "utf-8")
    session.profile.rules_file.write_text(rule, "utf-8")


async def test_rule_does_the_steps_of_a_macro_as_the_file_of_it_says_now(session: Session) -> None:
    watch = RuleWatch(session)
    await watch.settle()
    here = a_conversation(session.cache, "hello")
    await watch.settle()
    (firing,) = session.cache.read(reads.firings)
    ops = session.cache.read(oplog.group, firing.id)
    assert {one.verb for one in ops} == {Verb.RULE, Verb.NOTE, Verb.PRIORITY, Verb.LABEL}
    assert firing.conversation_id == here.id
    write(session, RULE, 'do = [{label = ["+quite-other"]}]\n')
    await watch.settle()
    await watch.settle()
    there = a_conversation(session.cache, "once more", subject="Another matter")
    await watch.settle()
    labels = {one.after["labels"][0] for one in session.cache.read(oplog.log, there.id) if "labels" in one.after}
    assert labels == {"quite-other"}


def test_trial_and_words_of_a_rule_have_the_steps_of_its_macro(session: Session) -> None:
    a_conversation(session.cache, "hello")
    found = rules.read(session.profile, session.settings)
    (rule,) = found.rules
    assert [step.words for step in rule.steps] == [
        "priority high",
        "label +care (macro care)",
        "note for {{ contact.name }} (macro care)",
    ]
    assert found.macros == {"care"}
    (example,) = trials.attempt(session, rule).examples
    assert {one.field for one in example.foreseen.changes} == {"priority", "labels", "note"}


def test_macro_for_some_channels_makes_a_rule_for_these(session: Session) -> None:
    write(session, RULE, CARE, 'channel = ["line", "email"]')
    (rule,) = rules.read(session.profile, session.settings).rules
    assert rule.when == '(is:open) (channel:"line" OR channel:"email")'
    a_conversation(session.cache, "hello")
    assert len(trials.attempt(session, rule).examples) == 1
    write(session, RULE.replace('when = "is:open"\n', ""), CARE, 'channel = "line"')
    (rule,) = rules.read(session.profile, session.settings).rules
    assert trials.attempt(session, rule).examples == ()


@pytest.mark.parametrize(
    ("care", "said"),
    [
        ('do = [{macro = "care"}]\n', "rules.toml:11: [vip] there is no macro “Care”, or it has a fault"),
        ('do = [{label = "x"}', "rules.toml:11: [vip] there is no macro “Care”, or it has a fault"),
    ],
)
def test_macro_that_names_one_or_has_a_fault_leaves_the_rule_out(session: Session, care: str, said: str) -> None:
    write(session, RULE, care)
    found = rules.read(session.profile, session.settings)
    assert (found.rules, [one.message for one in found.problems]) == ((), [said])
    with pytest.raises(ConfigError, match="no macro"):
        rule_writing.check(session, "vip", rule_writing.table_of(session, "vip"))
