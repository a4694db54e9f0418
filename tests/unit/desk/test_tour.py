"""What the tour asks for, and how it is seen to be done."""

from __future__ import annotations

import pytest

from omnitui.desk.tour import STEPS, Facts, step_of
from omnitui.services.actions import ACTIONS

BEFORE = Facts(selected="A", searched="返金", searches=1)
DONE = {
    "move": Facts(selected="B"),
    "open": Facts(reading=True),
    "reply": Facts(deeds={"reply": 1}),
    "undo": Facts(deeds={"undone": 1}),
    "note": Facts(deeds={"note": 1}),
    "search": Facts(searched="返金", searches=2),
    "resolve": Facts(deeds={"resolved": 1}),
    "palette": Facts(latest=("contact bo", "action app.palette")),
}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_each_act_is_noticed_by_what_it_changed_and_by_nothing_else(step) -> None:  # type: ignore[no-untyped-def]
    assert not step.done(BEFORE, BEFORE)
    assert [name for name, facts in DONE.items() if step.done(BEFORE, facts)] == [step.id]


def test_search_in_latin_letters_is_no_search_in_japanese() -> None:
    step = STEPS[step_of("search")]
    assert not step.done(BEFORE, Facts(searched="refund", searches=2))


def test_keys_of_every_step_are_those_of_actions() -> None:
    for step in STEPS:
        assert set(step.keys.values()) <= set(ACTIONS)
        assert step.ask.format(**dict.fromkeys(step.keys, "key"))


def test_unknown_step_begins_anew() -> None:
    assert step_of("done") == 0
    assert step_of("note") == 4
