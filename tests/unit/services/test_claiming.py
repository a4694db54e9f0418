"""The next conversation: the most urgent that nobody has, and never the same for two."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.clock import HOUR, MINUTE, FrozenClock
from omnitui.errors import ConfigError, Refused
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.states import Direction, MessageKind, Priority, SendState, Status
from omnitui.paths import Profile
from omnitui.services.session import Session
from omnitui.services.triage.claiming import claim
from omnitui.store.arriving import inflow
from tests.support.desk import a_contact, a_conversation, a_message, an_agent, conversation


def opened(folder: Path) -> Session:
    return Session.open(
        Profile("default", folder / "config", folder / "data", folder / "state"), clock=FrozenClock(1_750_000_000_000)
    )


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with opened(tmp_path) as made:
        yield made


def settle(session: Session, **agent: object) -> None:
    session.settings = replace(session.settings, agent=replace(session.settings.agent, **agent))  # type: ignore[arg-type]


def closing(session: Session, one: Conversation, left: int) -> None:
    closes = session.cache.clock.now() + left
    session.cache.write(lambda tx: inflow.change_conversation(tx, one.id, {"window_closes_at": closes}))


def claimed(session: Session) -> Ulid:
    return claim(session).conversation.id


def test_what_falls_due_first_is_given_before_what_waits_longest(session: Session) -> None:
    longest = a_conversation(session.cache, contact="Ann")
    later, soon = (a_conversation(session.cache, contact=name) for name in ("Bo", "Cy"))
    a_conversation(session.cache, contact="Di", assignee="Mia Wong")
    a_conversation(session.cache, contact="Ed", status=Status.RESOLVED)
    closing(session, later, 30 * MINUTE)
    closing(session, soon, 20 * MINUTE)
    assert [claimed(session) for _ in range(3)] == [soon.id, later.id, longest.id]
    with pytest.raises(Refused, match="nothing waits"):
        claim(session)
    assert conversation(session.cache, soon.id).assignee_id == session.cache.me().id


def test_claim_is_one_op_and_undone_as_one(session: Session) -> None:
    one = a_conversation(session.cache)
    op = claim(session).op
    assert (op.verb.value, op.after) == ("assign", {"assignee_id": session.cache.me().id})
    session.operations.undo(op.id)
    assert conversation(session.cache, one.id).assignee_id is None


def test_contact_whom_one_served_last_comes_first_unless_another_presses(session: Session) -> None:
    me, colleague = session.cache.me(), an_agent(session.cache, "Mia Wong")
    theirs, nobodys, mine = (a_conversation(session.cache, contact=name) for name in ("Ann", "Bo", "Cy"))
    for one, agent in ((theirs, colleague), (mine, me)):
        a_conversation(session.cache, contact=one.contact, assignee=agent.name, status=Status.RESOLVED)
    assert [claimed(session) for _ in range(3)] == [mine.id, nobodys.id, theirs.id]
    again = a_conversation(session.cache, contact="Ann")
    a_conversation(session.cache, contact="Cy")
    closing(session, again, 10 * MINUTE)
    assert claimed(session) == again.id


def test_who_answered_here_served_the_contact_last(session: Session) -> None:
    first, second = (a_conversation(session.cache, contact=name) for name in ("Ann", "Bo"))
    answer = replace(
        a_message(session.cache, second.id, "Hello"),
        id=session.cache.ids.new(),
        direction=Direction.OUTGOING,
        kind=MessageKind.PUBLIC,
        state=SendState.ACCEPTED,
        author_id=session.cache.me().id,
        external_id="",
    )
    session.cache.write(lambda tx: inflow.put_message(tx, answer))
    a_message(session.cache, second.id, "And?")
    assert [claimed(session), claimed(session)] == [second.id, first.id]


def test_agent_gets_only_what_skills_and_languages_allow(session: Session) -> None:
    plain = a_conversation(session.cache, contact="Ann")
    billing = a_conversation(session.cache, contact="Bo", labels=["billing"])
    urgent = a_conversation(session.cache, contact="Cy", priority=Priority.URGENT)
    a_contact(session.cache, "Cy", language="de")
    settle(session, skills=("label:billing", "priority:urgent"), languages=("ja", "en"))
    assert claimed(session) == billing.id
    with pytest.raises(Refused):
        claim(session)
    settle(session, languages=("de-AT", "de"))
    assert claimed(session) == urgent.id
    settle(session, skills=(), languages=())
    assert claimed(session) == plain.id


def test_skill_that_is_no_query_is_named(session: Session) -> None:
    settle(session, skills=("is:billing",))
    with pytest.raises(ConfigError, match="is:billing"):
        claim(session)


def test_agent_who_has_enough_gets_no_more(session: Session) -> None:
    for name in ("Ann", "Bo", "Cy"):
        a_conversation(session.cache, contact=name)
    settle(session, most_open=2)
    done = claimed(session)
    claim(session)
    with pytest.raises(Refused, match="2 open conversations"):
        claim(session)
    session.operations.set_status([done], Status.RESOLVED)
    claim(session)


def test_two_who_ask_at_once_never_get_the_same(tmp_path: Path) -> None:
    with opened(tmp_path) as one, opened(tmp_path) as other:
        made = {a_conversation(one.cache, contact=f"Contact {number}").id for number in range(20)}
        got: list[list[Ulid]] = [[], []]

        def work(session: Session, mine: list[Ulid]) -> None:
            for _ in range(10):
                mine.append(claimed(session))

        threads = [threading.Thread(target=work, args=pair) for pair in zip((one, other), got, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted([*got[0], *got[1]]) == sorted(made)
        assert one.cache.clock.now() < 1_750_000_000_000 + 24 * HOUR
