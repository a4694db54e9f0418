"""Rules that answer a score: as a message it wants no answer, away messages neither, but no machine wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.model.states import Direction, Status
from omnitui.store.arriving import inflow
from omnitui.store.reads import history
from tests.support.console import a_session, able
from tests.support.desk import a_conversation, a_message
from tests.support.ruled import a_rule, ruled


@pytest.mark.parametrize("rated", [True, False])
def test_rule_answers_a_message_that_is_only_a_score_and_no_machine(tmp_path: Path, rated: bool) -> None:
    with a_session(tmp_path) as session:
        here = a_conversation(session.cache, "help").id
        able(session.cache)
        ruling = ruled(session, a_rule("sorry", ["rated:1", "message"], '{reply = "What went wrong?"}'))
        session.operations.set_status([here], Status.RESOLVED)
        score = a_message(session.cache, here, "1", auto=True)
        if rated:
            session.cache.write(lambda tx: inflow.rate(tx, here, 1, "1", "", score.received_at))
        ruling.work()
        said = [one.text for one in session.cache.read(history.page, here) if one.direction is Direction.OUTGOING]
        assert said.count("What went wrong?") == rated
