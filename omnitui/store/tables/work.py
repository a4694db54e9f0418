"""What agents did and what is on its way; how far sync is; and what the cache keeps about itself."""

# SQLModel declares __tablename__ as a declared_attr, which pyright does not let a plain name override.
# pyright: reportAssignmentType=false

from __future__ import annotations

from sqlalchemy import Computed, Integer, PrimaryKeyConstraint, Text, UniqueConstraint
from sqlmodel import Field

from omnitui.store.tables.base import WITHOUT_ROWID, Base, Row, computed, given, index, maybe, number, one_of, to, words


class Op(Row, table=True):
    """The op log: immutable (a trigger says so) and chained by `digest`; the texts lie in `op_payload`."""

    __tablename__ = "op"
    __table_args__ = (
        index("ix_op_tail", "tail"),
        index("ix_op_group", "group_id"),
        index("ix_op_conversation", "conversation_pk", "pk", where="conversation_pk IS NOT NULL"),
        index("ix_op_object", "object_id"),
        index("ix_op_undoes", "undoes", where="undoes IS NOT NULL"),
        index("ix_op_redoes", "redoes", where="redoes IS NOT NULL"),
        index("ix_op_incident", "verb", "pk", where="verb IN ('incident', 'cause')"),
    )
    group_id: str = given(Text)
    at: int = number()
    author_pk: int = to("agent")
    verb: str = given(Text)
    kind: str = given(Text)
    object_id: str = given(Text)
    account_pk: int | None = to("account", optional=True)
    conversation_pk: int | None = to("conversation", optional=True)
    base_revision: int = number()
    reach: str = words("local")
    undoes: str | None = maybe(Text)
    redoes: str | None = maybe(Text)
    payload_digest: str = words()
    digest: str = words()
    tail: str | None = Field(default=None, sa_type=Text, sa_column_args=[Computed("substr(id, -6)", persisted=False)])


class OpPayload(Base, table=True):
    """The texts of an op; erasing them leaves the chain whole."""

    __tablename__ = "op_payload"
    op_pk: int = Field(sa_type=Integer, primary_key=True, foreign_key="op.pk")
    before: str = words("{}")
    after: str = words("{}")
    reason: str = words()
    erased_at: int | None = maybe(Integer)


class OpSeal(Base, table=True):
    """A MAC over an op's digest, by a key that lies in the secret store."""

    __tablename__ = "op_seal"
    op_pk: int = Field(sa_type=Integer, primary_key=True, foreign_key="op.pk")
    mac: str = given(Text)


class Outbox(Base, table=True):
    """Ops on their way out. `waiting`: 1 where time alone lets it leave; `ahead`: 1 while it holds up later ones."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("idempotency_key"),
        index("ix_outbox_due", "due_at", where="waiting = 1"),
        index("ix_outbox_line", "conversation_pk", "op_pk", where="ahead = 1"),
        index("ix_outbox_state", "state", "op_pk", where="ahead = 1"),
        index("ix_outbox_failed", "op_pk", where="state = 'failed'"),
        index("ix_outbox_message", "message_pk", where="message_pk IS NOT NULL"),
    )
    op_pk: int = Field(sa_type=Integer, primary_key=True, foreign_key="op.pk")
    account_pk: int = to("account")
    conversation_pk: int | None = to("conversation", optional=True)
    verb: str = given(Text)
    state: str = given(Text)
    state_at: int = number()
    idempotency_key: str = given(Text)
    due_at: int = number()
    attempts: int = number()
    reason: str = words()
    marked: int = number()
    message_pk: int | None = to("message", optional=True)
    external_id: str = words()
    outcomes: str = words("{}")
    payload: str = words("{}")
    waiting: int | None = computed(one_of("state", "held", "queued", "deferred"))
    ahead: int | None = computed(one_of("state", "held", "queued", "deferred", "sending", "blocked", "unknown"))


class Draft(Row, table=True):
    """What is being written; with `deleted_at`, what was sent or thrown away. A first message has no conversation."""

    __tablename__ = "draft"
    __table_args__ = (
        index("uq_draft_live", "conversation_pk", "kind", where="deleted_at IS NULL", unique=True),
        index("ix_draft_past", "conversation_pk", "kind", "deleted_at", where="deleted_at IS NOT NULL AND text <> ''"),
    )
    conversation_pk: int | None = to("conversation", optional=True)
    kind: str = given(Text)
    text: str = words()
    attachments: str = words("[]")
    seen_message_id: str | None = maybe(Text)
    updated_at: int = number()
    extra: str = words("{}")


class Cursor(Base, table=True):
    __tablename__ = "cursor"
    __table_args__ = (PrimaryKeyConstraint("account_pk", "scope"), WITHOUT_ROWID)
    account_pk: int = to("account")
    scope: str = given(Text)
    value: str = words("null")


class Ledger(Base, table=True):
    __tablename__ = "ledger"
    __table_args__ = (PrimaryKeyConstraint("account_pk", "scope"), WITHOUT_ROWID)
    account_pk: int = to("account")
    scope: str = given(Text)
    health: str = words("new")
    last_sync_at: int | None = maybe(Integer)
    retry_at: int | None = maybe(Integer)
    error: str = words()
    remote_count: int | None = maybe(Integer)
    cached_count: int = number()
    complete_since: int | None = maybe(Integer)
    unparsed: int = number()
    budget: str = words()


class Meta(Base, table=True):
    """Facts about the cache itself, by name."""

    __tablename__ = "meta"
    __table_args__ = (PrimaryKeyConstraint("name"), WITHOUT_ROWID)
    name: str = given(Text)
    value: str = words()


class Replica(Base, table=True):
    """Profiles whose rows lie here; `pk` 1 is this one."""

    __tablename__ = "replica"
    pk: int | None = Field(default=None, sa_type=Integer, primary_key=True)
    id: str = Field(sa_type=Text, unique=True)
    created_at: int = number()


class Change(Base, table=True):
    """What changed, in the order of commits; old rows are dropped, so a gap means: read everything anew."""

    __tablename__ = "change"
    __table_args__ = ({"sqlite_autoincrement": True},)
    seq: int | None = Field(default=None, sa_type=Integer, primary_key=True)
    kind: str = given(Text)
    object_id: str = given(Text)
    revision: int = number()


class Counter(Base, table=True):
    """How many conversations a standing view holds; kept by triggers. `assignee:<ULID>` counts open ones."""

    __tablename__ = "counter"
    __table_args__ = (PrimaryKeyConstraint("view"), WITHOUT_ROWID)
    view: str = given(Text)
    n: int = number()


class Unindexed(Base, table=True):
    """Messages whose text is not in the full-text index yet."""

    __tablename__ = "unindexed"
    message_pk: int = Field(sa_type=Integer, primary_key=True, foreign_key="message.pk")


class MessageBlock(Base, table=True):
    """The newest received time among 1,024 neighbouring rows of `message`; kept by `put_message`.

    Rows come in the order of arrival, not of time: search walks the blocks to find the newest first.
    """

    __tablename__ = "message_block"
    __table_args__ = (index("ix_message_block_newest", "newest", "block"),)
    block: int | None = Field(default=None, sa_type=Integer, primary_key=True)
    newest: int = number()
