"""Accounts, inboxes and agents."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Account, Inbox, Json
from omnitui.model.people import Agent
from omnitui.model.states import ObjectKind, SendState
from omnitui.store import outbox
from omnitui.store.cache import GIVEN
from omnitui.store.rows import pk_of, written
from omnitui.store.writer import Tx

_PUT: Final = """
    INSERT INTO account(id, kind, name, settings, secret_ref, hold, paused, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT(id) DO UPDATE SET kind = excluded.kind, name = excluded.name, settings = excluded.settings,
        secret_ref = excluded.secret_ref, hold = excluded.hold, paused = excluded.paused, deleted_at = NULL,
        revision = revision + 1
    RETURNING revision"""


def put_account(tx: Tx, account: Account) -> None:
    """Add an account, change one, or take a removed one up again.

    Raises:
        Refused: Another one has that name.
    """
    try:
        row = tx.db.execute(
            _PUT,
            (
                account.id,
                account.kind,
                account.name,
                written(dict(account.settings)),
                account.secret_ref,
                account.hold,
                account.paused,
                account.created_at or tx.now(),
            ),
        ).fetchone()
    except sqlite3.IntegrityError as error:
        raise Refused(
            _("There is already an account named {name}.").format(name=account.name),
            hint=_("Choose another name."),
        ) from error
    tx.changed(ObjectKind.ACCOUNT, account.id, row[0])


def remove_account(tx: Tx, account_id: Ulid) -> None:
    """Let go of an account: its history stays, nothing more is fetched, and what has not left yet is canceled."""
    pk = pk_of(tx, "account", account_id)
    waiting = tx.db.execute(
        "SELECT op.id FROM outbox o JOIN op ON op.pk = o.op_pk WHERE o.account_pk = ? AND o.ahead = 1"
        " AND o.state IN ('held', 'queued', 'deferred', 'blocked')",
        (pk,),
    ).fetchall()
    for (op_id,) in waiting:
        outbox.move(tx, op_id, SendState.CANCELED, reason=_("the account was removed"))
    for table in ("cursor", "ledger", "parked"):
        tx.db.execute(f"DELETE FROM {table} WHERE account_pk = ?", (pk,))
    _change(tx, account_id, "deleted_at", tx.now())


def set_paused(tx: Tx, account_id: Ulid, paused: bool) -> None:
    """Stop or resume fetching and sending on an account."""
    _change(tx, account_id, "paused", paused)


def set_capabilities(tx: Tx, account_id: Ulid, capabilities: Json) -> None:
    """Keep what the account's connector says that its back end can do."""
    text = written(capabilities)
    known = tx.db.execute("SELECT capabilities FROM account WHERE id = ?", (account_id,)).fetchone()
    if known is None or known[0] != text:
        _change(tx, account_id, "capabilities", text)


def set_templates(tx: Tx, account_id: Ulid, templates: Json) -> None:
    """Keep which approved templates the account's connector offers."""
    text = written(templates)
    known = tx.db.execute("SELECT templates FROM account WHERE id = ?", (account_id,)).fetchone()
    if known is None or known[0] != text:
        _change(tx, account_id, "templates", text)


def _change(tx: Tx, account_id: Ulid, column: str, value: object) -> None:
    revision = tx.db.execute(
        f"UPDATE account SET {column} = ?, revision = revision + 1 WHERE pk = ? RETURNING revision",
        (value, pk_of(tx, "account", account_id)),
    ).fetchone()[0]
    tx.changed(ObjectKind.ACCOUNT, account_id, revision)


def put_inbox(tx: Tx, account_id: Ulid, channel: str, address: str, name: str = "") -> Inbox:
    """The inbox of one of our addresses, made where it is new; a `name` replaces the one it has."""
    row = tx.beside.execute(
        "INSERT INTO inbox(id, account_pk, channel, address, name) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT(account_pk, channel, address) DO UPDATE SET"
        " name = CASE excluded.name WHEN '' THEN name ELSE excluded.name END RETURNING id, pk, name",
        (tx.ids.new(), pk_of(tx, "account", account_id), channel, address, name),
    ).fetchone()
    tx.pks["inbox", row[0]] = row[1]
    return Inbox(row[0], account_id, channel, address, row[2])


def note_given(tx: Tx, name: str, addresses: Sequence[str]) -> None:
    """Remember which name and addresses of this profile's agent settings give, to know what goes with them."""
    tx.db.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (GIVEN, written([name, [*addresses]])))


def put_agent(tx: Tx, agent: Agent) -> None:
    """Add an agent, or change one's name and addresses."""
    tx.db.execute(
        "INSERT INTO agent(id, name, addresses, me) VALUES (?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET"
        " name = excluded.name, addresses = excluded.addresses, revision = revision + 1",
        (agent.id, agent.name, written(list(agent.addresses)), agent.me),
    )
    tx.changed(ObjectKind.ACCOUNT, agent.id)
