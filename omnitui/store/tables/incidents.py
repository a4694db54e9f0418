"""Incidents: named causes to which conversations are linked."""

# SQLModel declares __tablename__ as a declared_attr, which pyright does not let a plain name override.
# pyright: reportAssignmentType=false

from __future__ import annotations

from sqlalchemy import Computed, Integer, Text
from sqlmodel import Field

from omnitui.store.tables.base import Row, computed, index, maybe, number, words


class Incident(Row, table=True):
    """`tail` is the end of the ULID that a short ref is looked up by; `conversation.incident_pk` is what is linked."""

    __tablename__ = "incident"
    __table_args__ = (
        index("ix_incident_begun", "began_at", "id"),
        index("ix_incident_on", "severity", "began_at", where="goes_on = 1"),
        index("ix_incident_tail", "tail"),
    )
    title: str = words()
    severity: str = words("sev3")
    standing: str = words()
    began_at: int = number()
    ended_at: int | None = maybe(Integer)
    told: str = words()
    told_at: int | None = maybe(Integer)
    created_at: int = number()
    tail: str | None = Field(default=None, sa_type=Text, sa_column_args=[Computed("substr(id, -6)", persisted=False)])
    goes_on: int | None = computed("ended_at IS NULL AND deleted_at IS NULL")
