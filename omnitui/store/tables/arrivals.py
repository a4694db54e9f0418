"""What ingest needs so that the order in which a back end reports things does not matter."""

# SQLModel declares __tablename__ as a declared_attr, which pyright does not let a plain name override.
# pyright: reportAssignmentType=false

from __future__ import annotations

from sqlalchemy import Integer, PrimaryKeyConstraint, Text

from omnitui.store.tables.base import WITHOUT_ROWID, Base, given, maybe, number, to, words


class MailReference(Base, table=True):
    """The Message-IDs that a mail names, one a row: an answer may be known before what it answers."""

    __tablename__ = "mail_reference"
    __table_args__ = (PrimaryKeyConstraint("rfc_id", "message_pk"), WITHOUT_ROWID)
    rfc_id: str = given(Text)
    message_pk: int = to("message")


class Parked(Base, table=True):
    """Events about what is not here yet, as JSON, kept until `awaits` arrives."""

    __tablename__ = "parked"
    __table_args__ = (PrimaryKeyConstraint("account_pk", "awaits", "digest"), WITHOUT_ROWID)
    account_pk: int = to("account")
    awaits: str = given(Text)
    digest: str = given(Text)
    event: str = words()
    parked_at: int = number()


class RemoteChange(Base, table=True):
    """When the back end last changed a field of a conversation: an older report never overwrites a newer one.

    `withheld` is the value of the newest report that was no echo of ours, as JSON, and `withheld_at` its time, where
    changes made here hide it or did.
    """

    __tablename__ = "remote_change"
    __table_args__ = (PrimaryKeyConstraint("conversation_pk", "field"), WITHOUT_ROWID)
    conversation_pk: int = to("conversation")
    field: str = given(Text)
    at: int = number()
    withheld: str | None = maybe(Text)
    withheld_at: int | None = maybe(Integer)
