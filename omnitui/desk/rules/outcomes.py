"""What steps come to in a conversation as it was: whether all is so already, and it by the names that steps ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from omnitui.desk.acting.steps import Step
from omnitui.desk.querying.asof import Test, Then, all_of
from omnitui.model.conversations import Conversation
from omnitui.model.states import Priority, Verb


def settled(wanted: Sequence[Step]) -> Test | None:
    """Whether all that steps set is so already; None where that cannot be seen at a glance."""
    tests = [_is_so(step) for step in wanted]
    known = [test for test in tests if test is not None]
    return all_of(known) if len(known) == len(tests) > 0 else None


def _is_so(step: Step) -> Test | None:
    values = step.values
    match step.verb:
        case Verb.LABEL:
            off = frozenset(values["remove"])
            on = frozenset(values["add"]) - off
            return lambda then: on.issubset(then.labels) and off.isdisjoint(then.labels)
        case Verb.PRIORITY:
            priority = Priority(values["priority"])
            return lambda then: then.priority is priority
        case Verb.ASSIGN:
            agent_id = values["assignee_id"]
            return lambda then: bool(then.assignee_id == agent_id)
    return None


def conversation(then: Then) -> Conversation:
    """It by the names that steps ask for."""
    return cast(Conversation, then)
