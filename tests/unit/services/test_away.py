"""Being away: for whom, until when, and what one is not given meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from omnitui.clock import DAY, HOUR, FrozenClock
from omnitui.errors import Refused, UsageError
from omnitui.model.states import ObjectKind, Reach, Verb
from omnitui.paths import Profile
from omnitui.services.session import Session
from omnitui.services.triage.away import come_back, endless, leave
from omnitui.services.triage.claiming import claim
from omnitui.store.reads import oplog, presence, tracing
from omnitui.ui.panes.status import away_pieces
from omnitui.ui.picture import Standing, standing
from tests.support.desk import a_conversation, an_agent

CLOCK = FrozenClock(1_750_000_000_000)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    profile = Profile("default", tmp_path / "config", tmp_path / "data", tmp_path / "state")
    with Session.open(profile, clock=FrozenClock(CLOCK.now())) as made:
        yield made


def words(session: Session) -> str:
    now = session.cache.clock.now()
    return "".join(text for text, _role in away_pieces(session.cache.read(standing), now)).strip()


def test_who_is_away_is_given_nothing_and_the_status_line_says_so(session: Session) -> None:
    a_conversation(session.cache)
    assert leave(session, "2h") == session.cache.clock.now() + 2 * HOUR
    assert words(session) == "away for 2 h"
    with pytest.raises(Refused, match="you are away"):
        claim(session)
    come_back(session)
    assert words(session) == ""
    assert claim(session).op.after["assignee_id"] == session.cache.me().id
    with pytest.raises(Refused, match="you are not away"):
        come_back(session)


def test_away_ends_by_itself_at_its_time_and_without_one_not_at_all(session: Session) -> None:
    now, me = session.cache.clock.now(), session.cache.me().id
    leave(session, "1h")
    assert session.cache.read(presence.away, now + HOUR - 1) == {me: now + HOUR}
    assert session.cache.read(presence.away, now + HOUR) == {}
    assert endless(leave(session))
    assert list(session.cache.read(presence.away, now + 9_000 * DAY)) == [me]
    assert words(session) == "away"
    assert away_pieces(Standing(away=now), now) == ()


@pytest.mark.parametrize(
    ("left", "said", "back"),
    [
        # The night of 29 March 2026 has no hour from 2 to 3 in Berlin.
        ("2026-03-28T22:00+01:00", "tomorrow 9", "2026-03-29T09:00+02:00"),
        ("2026-03-28T22:00+01:00", "8h", "2026-03-29T07:00+02:00"),
        ("2026-03-29T01:50+01:00", "2:30", "2026-03-29T03:30+02:00"),
        ("2026-03-29T01:50+01:00", "3:10", "2026-03-29T03:10+02:00"),
        # In that of 25 October 2026 it comes twice.
        ("2026-10-24T22:00+02:00", "tomorrow 9", "2026-10-25T09:00+01:00"),
        ("2026-10-24T22:00+02:00", "8h", "2026-10-25T05:00+01:00"),
        ("2026-10-25T02:15+02:00", "2:45", "2026-10-25T02:45+02:00"),
        ("2026-10-25T02:15+01:00", "2:45", "2026-10-25T02:45+01:00"),
        ("2026-10-25T02:50+02:00", "2:45", "2026-10-25T02:45+01:00"),
        ("2026-10-25T02:50+01:00", "2:45", "2026-10-26T02:45+01:00"),
        ("2026-10-25T02:50+02:00", "today 2:45", "2026-10-25T02:45+01:00"),
    ],
)
def test_who_is_away_over_a_change_of_the_clocks_is_back_when_they_said(
    session: Session, left: str, said: str, back: str
) -> None:
    went, comes = (round(datetime.fromisoformat(one).timestamp() * 1000) for one in (left, back))
    session.settings = replace(session.settings, time_zone="Europe/Berlin")
    a_conversation(session.cache)
    clock = session.cache.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(went - clock.now())
    assert leave(session, said) == comes
    clock.advance(comes - went - 1)
    with pytest.raises(Refused, match="you are away"):
        claim(session)
    clock.advance(1)
    assert claim(session).op.after["assignee_id"] == session.cache.me().id


def test_colleague_is_away_beside_oneself(session: Session) -> None:
    now, me, mia = session.cache.clock.now(), session.cache.me().id, an_agent(session.cache, "Mia Wong").id
    leave(session, "1h")
    leave(session, "1d", mia)
    assert session.cache.read(presence.away, now) == {me: now + HOUR, mia: now + DAY}
    come_back(session)
    assert session.cache.read(presence.away, now) == {mia: now + DAY}


def test_being_away_is_an_act_in_the_log_that_is_undone_and_done_again(session: Session) -> None:
    now, me, operations = session.cache.clock.now(), session.cache.me(), session.operations
    leave(session, "1h")
    leave(session, "1h")
    come_back(session)
    [back, away] = session.cache.read(oplog.log, limit=10)
    assert [(op.verb, op.kind, op.object_id, op.reach) for op in (away, back)] == [
        (Verb.AWAY, ObjectKind.AGENT, me.id, Reach.LOCAL)
    ] * 2
    assert (away.before, away.after) == ({"away_until": None}, {"away_until": now + HOUR})
    operations.undo()
    assert session.cache.read(presence.away, now) == {me.id: now + HOUR}
    operations.undo()
    assert session.cache.read(presence.away, now) == {}
    operations.redo()
    assert words(session) == "away for 1 h"
    traced = session.cache.read(tracing.agent_traces, me.id, now)["away_until"]
    assert traced[-1].op is not None
    assert traced[-1].op.redoes == away.id
    assert session.cache.read(oplog.verify_chain)


def test_time_that_is_none_leaves_one_here(session: Session) -> None:
    with pytest.raises(UsageError):
        leave(session, "someday")
    assert session.cache.read(presence.away, session.cache.clock.now()) == {}
