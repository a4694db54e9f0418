"""The one definition of the cache's schema.

The SQLite DDL under `migrations/` is generated from it (`python -m omnitui.store.tables`) and held in step by a test.
It serves notebooks and, later, a live PostgreSQL; nothing on a hot path imports it.

Rows point at each other by `pk`, the integer inside; `id` is the ULID that may leave this machine. Times are UTC
milliseconds, JSON is text, closed sets hold the words of `omnitui.model.states`. `origin` is the `pk` of the replica
that made the row; a row with `deleted_at` is a tombstone.
"""

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from omnitui.store.tables.arrivals import MailReference, Parked, RemoteChange
from omnitui.store.tables.base import metadata
from omnitui.store.tables.conversations import (
    Attachment,
    Conversation,
    LabelUse,
    Mail,
    MailPlace,
    Message,
    MessageRevision,
    StatusChange,
)
from omnitui.store.tables.incidents import Incident
from omnitui.store.tables.people import Account, Agent, Contact, Identity, Inbox, Link, Organization
from omnitui.store.tables.rules import RuleEvent, RuleFiring, RuleState, RuleTimer
from omnitui.store.tables.tasks import CallEnd, Task
from omnitui.store.tables.work import (
    Change,
    Counter,
    Cursor,
    Draft,
    Ledger,
    MessageBlock,
    Meta,
    Op,
    OpPayload,
    OpSeal,
    Outbox,
    Replica,
    Unindexed,
)

__all__ = [
    "Account",
    "Agent",
    "Attachment",
    "CallEnd",
    "Change",
    "Contact",
    "Conversation",
    "Counter",
    "Cursor",
    "Draft",
    "Identity",
    "Inbox",
    "Incident",
    "LabelUse",
    "Ledger",
    "Link",
    "Mail",
    "MailPlace",
    "MailReference",
    "Message",
    "MessageBlock",
    "MessageRevision",
    "Meta",
    "Op",
    "OpPayload",
    "OpSeal",
    "Organization",
    "Outbox",
    "Parked",
    "RemoteChange",
    "Replica",
    "RuleEvent",
    "RuleFiring",
    "RuleState",
    "RuleTimer",
    "StatusChange",
    "Task",
    "Unindexed",
    "ddl",
    "metadata",
]


def ddl() -> str:
    """The SQLite statements that make all tables and indexes."""
    dialect = sqlite.dialect()
    statements: list[str] = []
    for table in metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)).strip())
        ordered = sorted(table.indexes, key=lambda index: str(index.name))
        statements += [str(CreateIndex(index).compile(dialect=dialect)).strip() for index in ordered]
    return "".join(f"{statement};\n\n" for statement in statements).replace("\t", "    ").replace(" \n", "\n")
