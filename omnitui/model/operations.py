"""Operations: the recorded changes that agents make, and their way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.states import ObjectKind, Reach, SendState, Verb
from omnitui.values import dataclass

Fields = Mapping[str, Json]

ANYWAY: Final = "anyway"
"""The field of an outbox payload by which its author lets it leave without asking the hooks that may keep it back."""


@dataclass(frozen=True, slots=True)
class Op:
    """The smallest recorded change. Immutable; its send state lies in the outbox."""

    id: Ulid
    group_id: Ulid
    """Ops of one act share it and are undone together."""
    at: Millis
    author_id: Ulid
    verb: Verb
    kind: ObjectKind
    object_id: Ulid
    account_id: Ulid
    before: Fields
    after: Fields
    base_revision: int
    """The object's revision that its author saw."""
    reach: Reach = Reach.LOCAL
    reason: str = ""
    undoes: Ulid | None = None
    """The op whose inverse this is."""
    redoes: Ulid | None = None
    conversation_id: Ulid | None = None
    digest: str = ""
    """SHA-256 over this op's digest of texts and the digest of the op before: the log's chain."""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """An op that the back end has not confirmed."""

    op_id: Ulid
    account_id: Ulid
    conversation_id: Ulid | None
    verb: Verb
    state: SendState
    idempotency_key: str
    due_at: Millis
    """When it may leave: the end of the hold, or the retry time."""
    attempts: int = 0
    reason: str = ""
    marked: bool = False
    """Committed before the point of no return: from then on a copy may have left."""
    message_id: Ulid | None = None
    external_id: str = ""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    """What the back end said per recipient, in its own words."""
    payload: Fields = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One visible change in the cache, in the order of commits."""

    seq: int
    kind: ObjectKind
    object_id: Ulid
    revision: int
