"""What rules did is kept in bounds, and nothing that has to be known of it is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.clock import DAY, HOUR, MINUTE, Millis
from omnitui.desk.acting.macros import Do
from omnitui.desk.rules.rule import EVER, SPAN, On, Past, Rule, What, barred
from omnitui.store import rules
from omnitui.store.reads import rules as reads
from omnitui.store.reads.rules import Firing
from tests.support.store_desk import Desk, a_desk

STEPS = st.lists(st.tuples(st.integers(0, 3 * HOUR), st.booleans()), min_size=1, max_size=40)
NAMES = count()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with a_desk(tmp_path_factory.mktemp("pruning")) as made:
        yield made


def fire(desk: Desk, name: str, at: Millis, *, replied: bool) -> None:
    firing = Firing(desk.cache.ids.new(), name, desk.conversation_id, desk.clock.now(), "")
    desk.cache.write(lambda tx: rules.begin_firing(tx, firing, at, replied=replied, cause=None))


@settings(deadline=None, max_examples=15)
@given(STEPS, st.sampled_from([0, HOUR, DAY, EVER]), st.integers(0, 2 * DAY), st.sampled_from([12, 20]))
def test_a_rule_fires_or_is_barred_as_if_nothing_had_been_forgotten(
    desk: Desk, steps: list[tuple[int, bool]], once: Millis, later: Millis, kept: int
) -> None:
    name, every = f"r{next(NAMES)}", list[tuple[Millis, bool]]()
    rule = Rule(name, name, (On(What.MESSAGE),), (Do("label", ["+x"]),), once=once)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "KEPT", kept)
        for span, replied in steps:
            desk.clock.advance(span)
            # Something that waited for a while: it happened before it fires.
            at = desk.clock.now() - (span % 7) * MINUTE
            fire(desk, name, at, replied=replied)
            every.append((at, replied))
    now = desk.clock.now() + later
    whole = Past([at for at, _replied in every], [at for at, replied in every if replied])
    found = desk.cache.read(reads.past, name, desk.conversation_id, None)
    assert barred(rule, desk.conversation_id, found, now) == barred(rule, desk.conversation_id, whole, now)
    old = "SELECT count(*) FROM rule_firing WHERE name = ? AND max(at, fired_at) < ?"
    assert desk.rows(old, name, desk.clock.now() - SPAN)[0][0] <= kept


def test_only_the_last_firings_of_a_rule_on_a_conversation_are_kept_but_all_of_the_last_hour(desk: Desk) -> None:
    for _ in range(rules.KEPT + 9):
        desk.clock.advance(2 * HOUR)
        fire(desk, "often", desk.clock.now(), replied=False)
    assert desk.rows("SELECT count(*) FROM rule_firing WHERE name = 'often'") == [(rules.KEPT,)]
    for _ in range(rules.KEPT + 9):
        fire(desk, "storm", desk.clock.now(), replied=False)
    assert desk.rows("SELECT count(*) FROM rule_firing WHERE name = 'storm'") == [(rules.KEPT + 9,)]
