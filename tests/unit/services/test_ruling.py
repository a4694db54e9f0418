"""Rules at work: fired once for what they listen to, marked and undone as one act; loops cut, machines not answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.clock import DAY, HOUR, MINUTE, FrozenClock
from omnitui.model.states import Priority, SendState, Status, Verb
from omnitui.services import rules
from omnitui.services.ruling import Ruling
from omnitui.services.session import Session
from omnitui.store import rules as kept
from omnitui.store.reads import history, inbox, oplog, outbox
from omnitui.store.reads import rules as reads
from tests.support.console import a_session
from tests.support.desk import a_conversation, a_message


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


def ruled(session: Session, text: str) -> Ruling:
    """Put the rules of a file in force."""
    session.profile.rules_file.write_text(text, "utf-8")
    found = rules.read(session.profile, session.settings)
    assert not found.problems, found.problems
    ruling = Ruling(session)
    ruling.put_in_force(found.rules)
    return ruling


def a_rule(name: str, on: str, do: str, **more: object) -> str:
    """A table of rules.toml that is switched on."""
    said = {"on": on, **more}
    lines = [f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}" for key, value in said.items()]
    return "\n".join([f"[{name}]", "enabled = true", *lines, f"do = [{{{do}}}]", ""])


def clock(session: Session) -> FrozenClock:
    found = session.cache.clock
    assert isinstance(found, FrozenClock)
    return found


def fired(session: Session) -> list[str]:
    return [one.name for one in reversed(session.cache.read(reads.firings))]


def row(session: Session, own: str):  # type: ignore[no-untyped-def]
    found = session.cache.read(inbox.conversation, own)
    assert found is not None
    return found


VIP = a_rule("vip", "message", 'label = ["+vip"]', when="channel:email is:open")


def test_a_rule_fires_once_for_what_happens_and_says_why(session: Session) -> None:
    ruling = ruled(session, VIP)
    here = a_conversation(session.cache, "help")
    assert ruling.work() > 0
    assert row(session, here.id).labels == ("vip",)
    assert ruling.work() == 0
    (firing,) = session.cache.read(reads.firings)
    assert (firing.name, firing.why) == ("vip", "a message came and channel:email is:open")
    ops = session.cache.read(oplog.group, firing.id)
    assert [one.verb for one in ops] == [Verb.RULE, Verb.LABEL]
    assert {one.reason for one in ops} == {"rule vip: a message came and channel:email is:open"}
    assert {one.author_id for one in ops} == {session.cache.me().id}
    (line,) = [one for one in session.cache.read(history.page, here.id) if one.kind == "activity"]
    assert line.text == "rule “vip”: a message came and channel:email is:open"
