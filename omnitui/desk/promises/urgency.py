"""How urgent a conversation is: the first moment at which something that was promised falls due, and why."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from omnitui.clock import Millis
from omnitui.model.conversations import Conversation
from omnitui.model.states import ENDS
from omnitui.values import dataclass


class Cause(StrEnum):
    """What makes a conversation urgent."""

    FIRST = "first"
    """The first reply is due."""
    NEXT = "next"
    """The next reply is due."""
    RESOLUTION = "resolution"
    WINDOW = "window"
    """The customer waits, and the channel soon takes no answer any more; once it does not, nothing can be done."""
    TASK = "task"
    """A call-back or follow-up was promised."""
    SNOOZE = "snooze"
    """It wakes up."""


class Standing(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    AT_RISK = "at_risk"
    MET = "met"
    BREACHED = "breached"


@dataclass(frozen=True, slots=True)
class Reason:
    """One clock of a conversation."""

    cause: Cause
    at: Millis


_TARGETS: Final = {"first": Cause.FIRST, "next": Cause.NEXT, "resolution": Cause.RESOLUTION}


def target_of(conversation: Conversation) -> Cause:
    """What the clock of a conversation's agreement that counts is for."""
    return _TARGETS.get(conversation.sla_target, Cause.NEXT)


def reasons(conversation: Conversation) -> tuple[Reason, ...]:
    """Every clock of a conversation, the one that counts first."""
    found = [
        (target_of(conversation), conversation.sla_due_at),
        (Cause.WINDOW, _window(conversation)),
        (Cause.TASK, conversation.task_due_at),
        (Cause.SNOOZE, conversation.snoozed_until),
    ]
    return tuple(
        sorted(
            (Reason(cause, at) for cause, at in found if at is not None and at != ENDS), key=lambda reason: reason.at
        )
    )


def _window(conversation: Conversation) -> Millis | None:
    """When the channel takes no answer any more, while the customer waits for one and that was not noticed yet."""
    closes, passed = conversation.window_closes_at, conversation.window_passed
    over = closes is None or (passed is not None and passed >= closes)
    return None if over or conversation.unanswered_since is None else closes


def urgent_at(conversation: Conversation) -> Millis | None:
    """When a conversation is due, whatever it is that is due; None where nothing is."""
    found = reasons(conversation)
    return found[0].at if found else None
