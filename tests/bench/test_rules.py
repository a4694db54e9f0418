"""A rule tried on a million messages, against SQLite reading the rows that its stories are told from."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC

import pytest

from omnitui.desk import steps
from omnitui.desk.asof import Asked
from omnitui.desk.backtest import Firing, Trial, conversation, settled
from omnitui.desk.query import parse
from omnitui.desk.rules import On, Rule, What
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
    """What a rule on messages would have done, and how many seconds of CPU that took."""
    began = time.process_time()
    asked = Asked(lambda at: parse(text, now=at, me=me, zone=UTC), NOW)
    wanted, fired = [steps.label(["seen"])], list[Firing]()
    trial = Trial(
        Rule("seen", "Seen", (On(What.MESSAGE),), ()),
        asked,
        lambda then: steps.foresee(conversation(then), wanted, then.at),
        since=0,
        now=NOW,
        take=lambda one: fired.append(one) if len(fired) < 50 else None,
        names={},
        settled=settled(wanted),
    )
    for story in replay.stories(db, asked, NOW):
        trial.tell(story)
    return trial, time.process_time() - began


def test_rule_tried_on_everything(big_cache: Cache, figures: Figures) -> None:
    me = big_cache.me().id

    def measure(db: sqlite3.Connection) -> tuple[float, Trial, float, Trial, float]:
        rows = db.execute(_FLOOR)
        began = time.process_time()
        for _row in rows:
            pass
        floor = time.process_time() - began
        return (floor, *tried(db, "is:open unanswered:>1m", me), *tried(db, "channel:line is:open", me))

    floor, every, took, line, short = big_cache.read(measure)
    assert every.told == CONVERSATIONS
    assert line.fired
    rate = f"{every.told / took:,.0f} conversations/s gone through one by one"
    figures.put("a rule tried on all that happened / raw sqlite3", took / floor, 5, remark=rate)
    remark = f"{line.told:,} of them gone through, {line.fired:,} firings"
    figures.put(
        "a rule on one channel tried", CONVERSATIONS / short, 20_000, "conversations/s", most=False, remark=remark
    )
