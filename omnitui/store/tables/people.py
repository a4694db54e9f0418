"""Where conversations come from and who takes part."""

# SQLModel declares __tablename__ as a declared_attr, which pyright does not let a plain name override.
# pyright: reportAssignmentType=false

from __future__ import annotations

from sqlalchemy import Integer, Text, UniqueConstraint
from sqlmodel import Field

from omnitui.store.tables.base import Row, given, index, maybe, number, to, words


class Agent(Row, table=True):
    __tablename__ = "agent"
    name: str = words()
    addresses: str = words("[]")
    me: int = number()
    away_until: int | None = maybe(Integer)


class Account(Row, table=True):
    """`capabilities` and `templates` are what its connector said last, as JSON; {} and [] until it has run."""

    __tablename__ = "account"
    __table_args__ = (index("uq_account_name_live", "name", where="deleted_at IS NULL", unique=True),)
    kind: str = given(Text)
    name: str = given(Text)
    settings: str = words("{}")
    secret_ref: str = words()
    hold: int = number(8000)
    paused: int = number()
    created_at: int = number()
    capabilities: str = words("{}")
    templates: str = words("[]")


class Inbox(Row, table=True):
    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("account_pk", "channel", "address"),)
    account_pk: int = to("account")
    channel: str = given(Text)
    address: str = given(Text)
    name: str = words()


class Organization(Row, table=True):
    __tablename__ = "organization"
    __table_args__ = (index("ix_organization_name", "name"),)
    name: str = given(Text)
    domain: str = words()


class Contact(Row, table=True):
    __tablename__ = "contact"
    __table_args__ = (index("ix_contact_organization", "organization_pk", where="organization_pk IS NOT NULL"),)
    name: str = words()
    organization_pk: int | None = to("organization", optional=True)
    segment: str = words()
    language: str = words()
    time_zone: str = words()
    about: str = words()
    fields_: str = Field(default="{}", sa_type=Text, sa_column_kwargs={"name": "fields", "server_default": "{}"})
    created_at: int = number()
    sought: str = words()
    """Name and addresses as they are looked for: folded, a line each."""


class Identity(Row, table=True):
    """`scope` is empty where an address means the same everywhere (email, telephone), else the account's ULID."""

    __tablename__ = "identity"
    __table_args__ = (
        UniqueConstraint("channel", "address", "scope"),
        index("ix_identity_contact", "contact_pk"),
    )
    contact_pk: int = to("contact")
    channel: str = given(Text)
    address: str = given(Text)
    scope: str = words()
    name: str = words()
    verified: int = number()


class Link(Row, table=True):
    __tablename__ = "link"
    __table_args__ = (
        index("ix_link_contact", "contact_pk", where="deleted_at IS NULL"),
        index("ix_link_other", "other_pk", where="deleted_at IS NULL"),
    )
    contact_pk: int = to("contact")
    other_pk: int = to("contact")
    reason: str = words()
    author_pk: int = to("agent")
    created_at: int = number()
