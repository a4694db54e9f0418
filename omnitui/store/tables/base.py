"""What all tables share: names of constraints, kinds of columns, and what every row that may leave has."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Computed, Index, Integer, MetaData, Text, text
from sqlmodel import Field, SQLModel

NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
metadata = MetaData(naming_convention=NAMES)


def words(default: str = "") -> Any:
    return Field(default=default, sa_type=Text, sa_column_kwargs={"server_default": default})


def number(default: int = 0) -> Any:
    return Field(default=default, sa_type=Integer, sa_column_kwargs={"server_default": text(str(default))})


def given(of: Any) -> Any:
    return Field(sa_type=of)


def maybe(of: Any) -> Any:
    return Field(default=None, sa_type=of)


def to(table: str, *, optional: bool = False) -> Any:
    if optional:
        return Field(default=None, sa_type=Integer, foreign_key=f"{table}.pk")
    return Field(sa_type=Integer, foreign_key=f"{table}.pk")


def computed(expression: str) -> Any:
    return Field(default=None, sa_type=Integer, sa_column_args=[Computed(expression, persisted=False)])


def one_of(column: str, *words: str) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def index(name: str, *columns: str, where: str = "", unique: bool = False) -> Index:
    condition: dict[str, Any] = {"sqlite_where": text(where), "postgresql_where": text(where)} if where else {}
    return Index(name, *columns, unique=unique, **condition)


WITHOUT_ROWID = {"sqlite_with_rowid": False}


class Base(SQLModel):
    """What all tables share: this metadata, with a name for every constraint."""

    metadata: ClassVar[MetaData] = metadata  # pyright: ignore[reportIncompatibleVariableOverride]


class Row(Base):
    """A row that leaves this machine or may one day."""

    pk: int | None = Field(default=None, sa_type=Integer, primary_key=True)
    id: str = Field(sa_type=Text, unique=True)
    origin: int = number(1)
    revision: int = number(1)
    deleted_at: int | None = maybe(Integer)
