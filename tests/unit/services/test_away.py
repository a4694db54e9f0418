"""Being away: for whom, until when, and what one is not given meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
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
