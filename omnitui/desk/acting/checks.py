"""What may keep an op from leaving: the last look before a reply goes out, as pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from omnitui.clock import Millis
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.conversations import Message
from omnitui.model.states import Direction, Flag, MessageKind, Status, Verb

SELDOM_WRONG = frozenset({Verb.LABEL, Verb.READ})
"""Verbs that never conflict: labels add up, and a read mark is the same whoever sets it."""

_DONE = frozenset({Status.RESOLVED, Status.CLOSED})


@dataclass(frozen=True, slots=True)
class Seen:
    """What the author of a reply knew when it was written."""

    message_id: Ulid | None
    """The newest message that was on screen."""
    received_at: Millis
    """When that one was received, else when the author looked."""
    status: Status | None = None
    """The conversation's status then; None where it was not recorded."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The conversation as it is when the reply is about to leave."""

    status: Status
    flags: frozenset[Flag]
    status_by: Ulid | None
    """The agent who last changed the status after the reply was written; None: the back end, or nobody."""
    status_changed: bool
    """Whether anybody changed the status after the reply was written."""


def first_unseen(messages: Iterable[Message], seen: Seen, author_id: Ulid) -> Message | None:
    """The oldest message that somebody else wrote after what the author had seen.

    Automatic mail, activities, deleted messages and what the author wrote do not count.
    """
    for message in sorted(messages, key=lambda message: (message.received_at, message.id)):
        after = (message.received_at, message.id) > (seen.received_at, seen.message_id or "")
        own = message.author_id == author_id and message.direction is Direction.OUTGOING
        silent = message.auto or message.deleted or message.kind is MessageKind.ACTIVITY
        if after and not own and not silent and message.id != seen.message_id:
            return message
    return None


def why_message_blocks(message: Message) -> str:
    """The sentence for a message that its author had not seen."""
    name = message.author or _("somebody")
    if message.direction is Direction.INCOMING:
        return _("{name} wrote after the last message you had seen").format(name=name)
    if message.kind is MessageKind.NOTE:
        return _("{name} left a note after the last message you had seen").format(name=name)
    return _("{name} answered after the last message you had seen").format(name=name)


def why_standing_blocks(standing: Situation, seen: Seen, author_id: Ulid) -> str:
    """Why the conversation's own state keeps a reply back; empty where it does not."""
    if Flag.MERGED in standing.flags:
        return _("the conversation was merged meanwhile")
    if Flag.DELETED in standing.flags:
        return _("the conversation was deleted meanwhile")
    if standing.status not in _DONE or standing.status == seen.status:
        return ""
    if standing.status_by == author_id or not (standing.status_changed or seen.status is not None):
        return ""
    if standing.status is Status.CLOSED:
        return _("the conversation was closed meanwhile")
    return _("the conversation was resolved meanwhile")


def conflicting_field(
    verb: Verb, after: Mapping[str, Json], current: Mapping[str, Json], changed_again: Iterable[str]
) -> str:
    """The field that somebody else changed since an op set it; empty where none.

    Args:
        verb: The op's verb.
        after: What the op set.
        current: What the cache holds now.
        changed_again: Fields that a later op of our own set: that op follows in the outbox.
    """
    if verb in SELDOM_WRONG:
        return ""
    again = set(changed_again)
    for name in sorted(after):
        if name not in again and name in current and current[name] != after[name]:
            return name
    return ""


def why_field_blocks(name: str, value: Json) -> str:
    """The sentence for a field that was changed at the back end meanwhile."""
    return _("{field} was changed meanwhile to {value}").format(field=name, value=value if value else "–")
