"""The guard against mail loops: what answers by itself never answers what answers by itself."""

from __future__ import annotations

from omnitui.model.conversations import Message
from omnitui.model.states import Direction, MessageKind


def may_answer_by_itself(message: Message) -> bool:
    """Whether anything automatic (an acknowledgement, a rule, a bot) may answer `message`.

    Never to auto-replies and bounces, to what we wrote, to notes and activities, or to what could not be read.
    RFC 3834, 2.
    """
    return (
        message.direction is Direction.INCOMING
        and message.kind is MessageKind.PUBLIC
        and not message.auto
        and not message.deleted
        and bool(message.author.strip())
    )
