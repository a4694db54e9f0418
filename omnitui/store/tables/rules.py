"""What rules go by: what happened and was not looked at yet, what waits for a time, what fired, how each stands."""

# SQLModel declares __tablename__ as a declared_attr, which pyright does not let a plain name override.
# pyright: reportAssignmentType=false

from __future__ import annotations

from sqlalchemy import Integer, PrimaryKeyConstraint, Text, UniqueConstraint
from sqlmodel import Field

from omnitui.store.tables.base import WITHOUT_ROWID, Base, given, index, maybe, number, to, words


class RuleEvent(Base, table=True):
    """Something that happened (`omnitui.desk.rules.rule.What`), in the order of commits; gone when rules were asked.

    `asked` is the last rule that was, where there are more to ask; `firing_pk` the firing that led to it.
    """

    __tablename__ = "rule_event"
    __table_args__ = ({"sqlite_autoincrement": True},)
    pk: int | None = Field(default=None, sa_type=Integer, primary_key=True)
    at: int = number()
    what: str = given(Text)
    conversation_pk: int = to("conversation")
    subject: str = words()
    was: str = words()
    message_pk: int | None = maybe(Integer)
    firing_pk: int | None = maybe(Integer)
    asked: str = words()


class RuleTimer(Base, table=True):
    """What is to be looked at at a time: a rule's "30m after message" (`clock`); an agreement, where `name` is empty.

    The rest is of the event that it runs from.
    """

    __tablename__ = "rule_timer"
    __table_args__ = (
        PrimaryKeyConstraint("name", "clock", "conversation_pk"),
        index("ix_rule_timer_due", "due_at"),
        index("ix_rule_timer_conversation", "conversation_pk"),
        WITHOUT_ROWID,
    )
    name: str = given(Text)
    clock: str = given(Text)
    conversation_pk: int = to("conversation")
    due_at: int = number()
    at: int = number()
    what: str = given(Text)
    subject: str = words()
    was: str = words()
    message_pk: int | None = maybe(Integer)
    firing_pk: int | None = maybe(Integer)


class RuleFiring(Base, table=True):
    """A rule that fired: `id` is the group of its ops, `at` the time of what set it off, `firing_pk` what led to it."""

    __tablename__ = "rule_firing"
    __table_args__ = (
        UniqueConstraint("id"),
        index("ix_rule_firing_conversation", "conversation_pk", "name", "at"),
        index("ix_rule_firing_name", "name", "pk"),
    )
    pk: int | None = Field(default=None, sa_type=Integer, primary_key=True)
    id: str = given(Text)
    name: str = given(Text)
    conversation_pk: int = to("conversation")
    at: int = number()
    fired_at: int = number()
    why: str = words()
    replied: int = number()
    firing_pk: int | None = maybe(Integer)


class RuleState(Base, table=True):
    """How a rule stands. In force since `since_at`: what happened before is not its concern.

    `cut_at`: it was switched off since it fired too often; `failed_at`: it could not do what it says the last time;
    `next_at`: when its time comes, as long as it says `times`, and `reached` the last conversation of one that has
    come; `tried_at`: when it was tried, as it was by `tried_digest`.
    """

    __tablename__ = "rule_state"
    __table_args__ = (PrimaryKeyConstraint("name"), WITHOUT_ROWID)
    name: str = given(Text)
    since_at: int | None = maybe(Integer)
    since_pk: int = number()
    cut_at: int | None = maybe(Integer)
    cut_why: str = words()
    failed_at: int | None = maybe(Integer)
    failed_why: str = words()
    times: str = words()
    next_at: int | None = maybe(Integer)
    reached: int = number()
    tried_at: int | None = maybe(Integer)
    tried_digest: str = words()
