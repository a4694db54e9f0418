"""Rules that answer while the desk is closed, give conversations away and ask how it was: as the pages show them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from omnitui.clock import HOUR, FrozenClock
from omnitui.desk.promises.agreements import dump
from omnitui.desk.times.calendar import Calendar
from omnitui.ids import Ulid
from omnitui.model.conversations import Message
from omnitui.model.states import Direction, MessageKind, Status
from omnitui.services.rules import reading as rules
from omnitui.services.rules.ruling import Ruling
from omnitui.services.session import Session
from omnitui.store import sla
from omnitui.store.reads import history
from tests.support.console import a_session
from tests.support.desk import a_conversation, a_message, an_agent, conversation

PAGE = Path(__file__).parents[3] / "docs" / "routing.md"


def blocks() -> dict[str, str]:
    """The examples of the page, by their first key."""
    found = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return {next(iter(tomllib.loads(one))): one for one in found}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        # Open from 9 to 10 of the day of the test's clock, in UTC.
        day = ((9 * 60, 10 * 60),)
        office = Calendar("office", "UTC", (day,) * 7)
        opened.cache.write(lambda tx: sla.put_in_force(tx, dump((), [office])))
        yield opened


def ruled(session: Session, text: str) -> Ruling:
    session.profile.rules_file.write_text(text, "utf-8")
    found = rules.read(session.profile, session.settings)
    assert not found.problems, found.problems
    ruling = Ruling(session)
    ruling.put_in_force(found.rules)
    return ruling


def written(session: Session, own: Ulid) -> list[Message]:
    page = session.cache.read(history.page, own)
    return [one for one in page if one.direction is Direction.OUTGOING and one.kind is MessageKind.PUBLIC]


def go_to(session: Session, hour: int) -> None:
    """The next time that the clock in UTC says so."""
    clock: Any = session.cache.clock
    assert isinstance(clock, FrozenClock)
    clock.advance((hour * HOUR - clock.now()) % (24 * HOUR))


def test_away_message_of_the_page_goes_out_once_while_the_desk_is_closed_and_answers_nothing(session: Session) -> None:
    ruling = ruled(session, blocks()["away"])
    go_to(session, 9)
    by_day = a_conversation(session.cache, "hello")
    ruling.work()
    assert written(session, by_day.id) == []
    go_to(session, 20)
    here = a_conversation(session.cache, "is anybody there?", contact="Bo")
    ruling.work()
    a_message(session.cache, here.id, "hello?")
    ruling.work()
    (one,) = written(session, here.id)
    assert one.text.strip() == "We are closed now and answer on the next business day."
    assert one.auto
    assert conversation(session.cache, here.id).unanswered_since == here.unanswered_since is not None
    go_to(session, 19)
    a_message(session.cache, here.id, "still nobody?")
    ruling.work()
    assert len(written(session, here.id)) == 2


@pytest.mark.parametrize(
    ("came", "closed"),
    [
        # Open from 9 to 17 in Berlin, where 7:30 in UTC is 8:30 in winter and 9:30 in summer.
        ("2026-03-28T07:30+00:00", True),
        ("2026-03-29T07:30+00:00", False),
        ("2026-03-29T15:30+00:00", True),
        ("2026-10-24T07:30+00:00", False),
        ("2026-10-25T07:30+00:00", True),
        ("2026-10-25T15:30+00:00", False),
    ],
)
def test_away_message_goes_by_the_offices_clocks_over_their_change(session: Session, came: str, closed: bool) -> None:
    office = Calendar("office", "Europe/Berlin", (((9 * 60, 17 * 60),),) * 7)
    session.cache.write(lambda tx: sla.put_in_force(tx, dump((), [office])))
    ruling, clock = ruled(session, blocks()["away"]), session.cache.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(round(datetime.fromisoformat(came).timestamp() * 1000) - clock.now())
    here = a_conversation(session.cache, "is anybody there?")
    ruling.work()
    assert bool(written(session, here.id)) is closed


def test_machine_is_told_nothing_while_the_desk_is_closed(session: Session) -> None:
    ruling = ruled(session, blocks()["away"])
    go_to(session, 20)
    here = a_conversation(session.cache, "newsletter", contact="Robot", address="no-reply@example.com")
    ruling.work()
    assert written(session, here.id) == []


def test_rule_gives_by_turn_and_says_in_the_log_who_and_why(session: Session) -> None:
    mia = an_agent(session.cache, "Mia Wong")
    session.settings = replace(session.settings, teams={"one": ("Mia Wong",)})
    step = 'do = [{assign = {by = ["skill", "round_robin"], team = "one"}}]'
    ruling = ruled(session, f'[give]\non = "begun"\nwhen = "is:unassigned"\nenabled = true\n{step}\n')
    here = a_conversation(session.cache, "help")
    ruling.work()
    assert conversation(session.cache, here.id).assignee_id == mia.id
    (reason,) = session.cache.read(
        lambda db: db.execute(
            "SELECT p.reason FROM op JOIN op_payload p ON p.op_pk = op.pk WHERE op.verb = 'assign'"
        ).fetchone()
    )
    assert reason.endswith("; nobody free has a skill that fits; Mia Wong: it is their turn")


def test_rule_asks_how_it_was_when_a_conversation_is_resolved_and_only_once(session: Session) -> None:
    ruling = ruled(session, '[ask]\non = "resolved"\nenabled = true\ndo = [{csat = "ask"}]\n')
    here = a_conversation(session.cache, "help")
    for status in (Status.RESOLVED, Status.OPEN, Status.RESOLVED):
        session.operations.set_status([here.id], status)
        ruling.work()
    (one,) = written(session, here.id)
    assert one.text.startswith("How satisfied are you")
    assert conversation(session.cache, here.id).status is Status.RESOLVED
