"""Accounts, their inboxes and capabilities; agents; links between contacts."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, Final

from omnitui.desk.belonging.tokens import plain_address
from omnitui.ids import Ulid
from omnitui.model.accounts import Account, Inbox, Json
from omnitui.model.people import Agent, Link

_ACCOUNT: Final = "SELECT id, kind, name, settings, secret_ref, hold, paused, created_at, revision FROM account"
_AGENT: Final = "SELECT id, name, addresses, me FROM agent"
_INBOX: Final = (
    "SELECT i.id, a.id, i.channel, i.address, i.name FROM inbox i CROSS JOIN account a ON a.pk = i.account_pk"
)


def accounts(db: sqlite3.Connection) -> list[Account]:
    """All accounts that have not been removed, by name."""
    return [_account(row) for row in db.execute(f"{_ACCOUNT} WHERE deleted_at IS NULL ORDER BY name, id")]


def removed(db: sqlite3.Connection) -> list[Account]:
    """The accounts that have been removed, the last one first."""
    return [_account(row) for row in db.execute(f"{_ACCOUNT} WHERE deleted_at IS NOT NULL ORDER BY deleted_at DESC")]


def account(db: sqlite3.Connection, name: Ulid | str) -> Account | None:
    """The account of that id (a removed one too), else the one of that name."""
    row = db.execute(
        f"{_ACCOUNT} WHERE id = ?1 OR (name = ?1 AND deleted_at IS NULL) ORDER BY id = ?1 DESC LIMIT 1", (name,)
    ).fetchone()
    return _account(row) if row else None


def capabilities(db: sqlite3.Connection, account_id: Ulid) -> Json:
    """What the account's connector said it can do; {} until it has run."""
    row = db.execute("SELECT capabilities FROM account WHERE id = ?", (account_id,)).fetchone()
    return json.loads(row[0]) if row else {}


def templates(db: sqlite3.Connection, account_id: Ulid) -> Json:
    """The approved templates that the account's connector offered last, as it named them."""
    row = db.execute("SELECT templates FROM account WHERE id = ?", (account_id,)).fetchone()
    return json.loads(row[0]) if row else []


def inboxes(db: sqlite3.Connection, account_id: Ulid | None = None) -> list[Inbox]:
    """The inboxes of one account, or of all that have not been removed."""
    rows = db.execute(
        f"{_INBOX} WHERE i.deleted_at IS NULL AND (a.id = ?1 OR (?1 IS NULL AND a.deleted_at IS NULL))"
        " ORDER BY a.name, i.channel, i.address",
        (account_id,),
    )
    return [Inbox(*row) for row in rows]


def inbox(db: sqlite3.Connection, inbox_id: Ulid) -> Inbox | None:
    """One inbox."""
    row = db.execute(f"{_INBOX} WHERE i.id = ?", (inbox_id,)).fetchone()
    return Inbox(*row) if row else None


def agents(db: sqlite3.Connection) -> list[Agent]:
    """All agents, the profile's own first, then by name."""
    return [_agent(row) for row in db.execute(f"{_AGENT} WHERE deleted_at IS NULL ORDER BY me DESC, name, id")]


def own_addresses(db: sqlite3.Connection, account_id: Ulid | None = None) -> frozenset[str]:
    """Our mail addresses on one account, or on all: of its inboxes, their aliases, and the agents."""
    found = [box.address for box in inboxes(db, account_id)]
    found += [address for one in agents(db) for address in one.addresses]
    for one in accounts(db):
        if account_id in (None, one.id):
            found += str(one.settings.get("aliases", "")).split(",")
    return frozenset(plain_address(address) for address in found if address.strip())


def links(db: sqlite3.Connection, contact_id: Ulid) -> list[Link]:
    """The links that name a contact, the oldest first."""
    rows = db.execute(
        "SELECT l.id, x.id, y.id, l.reason, g.id, l.created_at FROM link l"
        " CROSS JOIN contact x ON x.pk = l.contact_pk CROSS JOIN contact y ON y.pk = l.other_pk"
        " CROSS JOIN agent g ON g.pk = l.author_pk WHERE l.deleted_at IS NULL AND l.pk IN ("
        " SELECT pk FROM link WHERE deleted_at IS NULL AND contact_pk = (SELECT pk FROM contact WHERE id = ?1)"
        " UNION SELECT pk FROM link WHERE deleted_at IS NULL AND other_pk = (SELECT pk FROM contact WHERE id = ?1))"
        " ORDER BY l.created_at, l.id",
        (contact_id,),
    )
    return [Link(*row) for row in rows]


def _account(row: tuple[Any, ...]) -> Account:
    own, kind, name, settings, secret_ref, hold, paused, created_at, revision = row
    return Account(own, kind, name, json.loads(settings), secret_ref, hold, paused == 1, created_at, revision)


def _agent(row: tuple[Any, ...]) -> Agent:
    return Agent(row[0], row[1], tuple(json.loads(row[2])), row[3] == 1)
