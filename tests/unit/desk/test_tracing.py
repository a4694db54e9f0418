"""How a field came to be as it is, from ops, customers' words and reports."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from omnitui.desk.tracing import Cause, last_set, steps, value_at
from omnitui.model.accounts import Json
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Verb

NOW = 1_000


def an_op(at: int, before: Json, after: Json, field: str = "status") -> Op:
    return Op(
        id=f"OP{at}",
        group_id=f"OP{at}",
        at=at,
        author_id="ME",
        verb=Verb.STATUS,
        kind=ObjectKind.CONVERSATION,
        object_id="C",
        account_id="A",
        before={field: before},
        after={field: after},
        base_revision=1,
    )


def test_ops_alone_say_every_value() -> None:
    found = steps("status", "open", [an_op(100, "open", "resolved"), an_op(200, "resolved", "open")], began=1, now=NOW)
    assert [value_at(found, at).value for at in (50, 100, 150, 200, 900)] == [
        "open",
        "resolved",
        "resolved",
        "open",
        "open",
    ]
    assert all(value_at(found, at).sure for at in range(0, NOW, 10))
    assert last_set(found).op is not None


def test_message_that_opened_it_again_is_the_cause() -> None:
    found = steps("status", "open", [an_op(100, "open", "resolved")], began=1, now=NOW, wrote=[1, 50, 300, 400])
    assert (last_set(found).cause, last_set(found).at) == (Cause.WROTE, 300)
    assert value_at(found, 299).value == "resolved"
    assert value_at(found, 300).value == "open"


def test_report_is_the_cause_where_its_time_is_known() -> None:
    found = steps("priority", "high", [], began=1, now=NOW, reported=500)
    assert (last_set(found).cause, last_set(found).at) == (Cause.REPORTED, 500)
    assert (value_at(found, 499).value, value_at(found, 500).value) == ("normal", "high")


def test_change_that_nothing_explains_is_unsure_in_between() -> None:
    ops = [an_op(100, "normal", "high", "priority"), an_op(600, "low", "urgent", "priority")]
    found = steps("priority", "urgent", ops, began=1, now=NOW, reported=700)
    assert [one.cause for one in found] == [Cause.BEGAN, Cause.OP, Cause.UNSEEN, Cause.OP]
    assert not value_at(found, 300).sure
    assert value_at(found, 99).sure
    assert (value_at(found, 600).value, value_at(found, 600).sure) == ("urgent", True)


def test_report_before_a_message_is_not_taken_for_what_the_message_did() -> None:
    found = steps("status", "open", [an_op(100, "open", "waiting")], began=1, now=NOW, wrote=[300], reported=200)
    assert last_set(found).cause is Cause.WROTE


@given(st.lists(st.sampled_from(["low", "normal", "high", "urgent"]), max_size=8), st.data())
def test_value_of_every_time_is_what_was_set_before_it(values: list[str], data: st.DataObject) -> None:
    ops, now = list[Op](), "normal"
    for number, value in enumerate(values, 1):
        ops.append(an_op(number * 10, now, value, "priority"))
        now = value
    found = steps("priority", now, ops, began=0, now=NOW)
    at = data.draw(st.integers(0, 100))
    done = [op for op in ops if op.at <= at]
    past = value_at(found, at)
    assert past.sure
    assert past.value == (done[-1].after["priority"] if done else "normal")
