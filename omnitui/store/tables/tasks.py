"""Tasks: what is to be done for the contact of a conversation until a time; and the calls that promise or keep it."""

# SQLModel declares __tablename__ as a declared_attr, which pyright does not let a plain name override.
# pyright: reportAssignmentType=false

from __future__ import annotations

from sqlalchemy import Computed, Integer, Text
from sqlmodel import Field

from omnitui.store.tables.base import Base, Row, computed, given, index, maybe, number, to, words


class Task(Row, table=True):
    """`tail` is the end of the ULID that a short ref is looked up by."""

    __tablename__ = "task"
    __table_args__ = (
        index("ix_task_conversation", "conversation_pk", "due_at"),
        index("ix_task_open", "due_at", "id", where="is_open = 1"),
        index("ix_task_assignee", "assignee_pk", "due_at", "id", where="is_open = 1"),
        index("ix_task_tail", "tail"),
    )
    conversation_pk: int = to("conversation")
    kind: str = given(Text)
    text: str = words()
    due_at: int = number()
    assignee_pk: int | None = to("agent", optional=True)
    done_at: int | None = maybe(Integer)
    created_at: int = number()
    tail: str | None = Field(default=None, sa_type=Text, sa_column_args=[Computed("substr(id, -6)", persisted=False)])
    is_open: int | None = computed("done_at IS NULL AND deleted_at IS NULL")


class CallEnd(Base, table=True):
    """What became of the call that a message tells of."""

    __tablename__ = "call_end"
    message_pk: int = Field(sa_type=Integer, primary_key=True, foreign_key="message.pk")
    outcome: str = given(Text)
