"""A rule tried on a million messages, against SQLite reading the rows that its stories are told from."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC

import pytest

from omnitui.desk.acting import steps
from omnitui.desk.querying.asof import Asked
from omnitui.desk.querying.parsing import parse
from omnitui.desk.rules.backtest import Trial
from omnitui.desk.rules.outcomes import conversation, settled
from omnitui.desk.rules.rule import On, Rule, What
from omnitui.store.cache import Cache
from omnitui.store.reads import replay
from tests.bench import corpus
from tests.bench.figures import Figures
from tests.bench.filling import CONVERSATIONS

pytestmark = pytest.mark.bench

NOW = corpus.end(CONVERSATIONS)
_FLOOR = """SELECT c.id, m.received_at, m.id, m.role, m.direction, m.kind FROM conversation c CROSS JOIN message m
    ON m.conversation_pk = c.pk ORDER BY c.pk, m.received_at, m.id"""


def tried(db: sqlite3.Connection, text: str, me: str) -> tuple[Trial, float]:
    """What a rule on messages would have done, and how many seconds that took: one thread reads, one tells."""
    began = time.perf_counter()
    asked = Asked(lambda at: parse(text, now=at, me=me, zone=UTC), NOW)
    wanted = [steps.label(["seen"])]
    trial = Trial(
        Rule("seen", "Seen", (On(What.MESSAGE),), ()),
        asked,
        lambda then: steps.foresee(conversation(then), wanted, then.at),
        since=0,
        now=NOW,
        names={},
        settled=settled(wanted),
    )
    for story in replay.stories(db, asked, NOW):
        if story is None:
            trial.pass_over()
        else:
            trial.tell(story)
    return trial, time.perf_counter() - began


def test_rule_tried_on_everything(big_cache: Cache, figures: Figures) -> None:
    me = big_cache.me().id

    def measure(db: sqlite3.Connection) -> tuple[float, Trial, float, Trial, float]:
        rows = db.execute(_FLOOR)
        began = time.perf_counter()
        for _row in rows:
            pass
        floor = time.perf_counter() - began
        return (floor, *tried(db, "is:open unanswered:>1m", me), *tried(db, "channel:line is:open", me))

    floor, every, took, line, short = big_cache.read(measure)
    assert every.told == CONVERSATIONS
    assert line.fired
    remark = f"{every.fired:,} firings"
    figures.put("a rule tried on all that happened / raw sqlite3", took / floor, 3, remark=remark)
    figures.put(
        "a rule tried that leaves nothing out", every.told / took, 20_000, "conversations/s", most=False, remark=remark
    )
    figures.put("a rule on one channel tried / raw sqlite3", short / floor, 1.5, remark=f"{line.fired:,} firings")
    remark = f"{line.told:,} of them gone through, {line.fired:,} firings"
    figures.put(
        "a rule on one channel tried", CONVERSATIONS / short, 20_000, "conversations/s", most=False, remark=remark
    )
