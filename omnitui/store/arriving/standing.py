"""What messages that come in have to know of their conversations, asked once for a whole batch."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.states import Status
from omnitui.store.arriving.rollup import rollups
from omnitui.store.rows import pk_of
from omnitui.store.writer import Tx
from omnitui.values import dataclass

READ_BY_US: Final = "read_by_us"
READ_BY_CONTACT: Final = "read_by_contact"
"""Names under which the newest read marks are kept beside the fields of a conversation."""


@dataclass(frozen=True, slots=True)
class KnownConversation:
    """How a conversation of a back end stands here."""

    id: Ulid
    address: str = ""
    """Its contact's, on its channel."""
    contact_id: Ulid = ""
    """Its contact, where that address has a name as well; empty where it has none."""
    closed_here: bool = False
    """Whether it was closed by an agent, and not by its back end."""
    ended_at: Millis = 0
    """When the back end last set its status; 0 where it never did, as below."""
    read_by_us_at: Millis = 0
    """Up to when we have read it, the back end says."""
    read_by_contact_at: Millis = 0


_AT: Final = "coalesce((SELECT at FROM remote_change WHERE conversation_pk = c.pk AND field = '{}'), 0)"
_STANDING: Final = f"""
    SELECT c.pk, c.contact_pk, c.external_id, c.id, c.status = '{Status.CLOSED}', {_AT.format("status")},
        {_AT.format(READ_BY_US)}, {_AT.format(READ_BY_CONTACT)}, i.address, CASE WHEN i.name <> '' THEN p.id END
    FROM conversation c CROSS JOIN contact p ON p.pk = c.contact_pk LEFT JOIN identity i ON i.pk = (
        SELECT pk FROM identity WHERE contact_pk = c.contact_pk AND channel = c.channel AND scope IN ('', ?)
        AND deleted_at IS NULL ORDER BY pk LIMIT 1)
    WHERE c.account_pk = ? AND c.external_id <> '' AND c.external_id IN"""
_MOST: Final = 500
"""Conversations of one statement."""


def standings(tx: Tx, account_id: Ulid, external_ids: Collection[str]) -> dict[str, KnownConversation]:
    """Those of an account's conversations that are here, by the back end's ids of them."""
    account_pk, names = pk_of(tx, "account", account_id), list(external_ids)
    found: dict[str, KnownConversation] = {}
    for at in range(0, len(names), _MOST):
        some = names[at : at + _MOST]
        # Not by json_each, which ends a text at its first NUL.
        rows = tx.db.execute(f"{_STANDING} ({', '.join('?' * len(some))})", (account_id, account_pk, *some)).fetchall()
        rollups(tx).load([row[0] for row in rows])
        for _pk, contact_pk, external_id, own_id, closed, ended_at, *read_at, address, contact_id in rows:
            if contact_id:
                tx.pks["contact", contact_id] = contact_pk
            closed_here = bool(closed and not ended_at)
            found[external_id] = KnownConversation(
                own_id, address or "", contact_id or "", closed_here, ended_at, *read_at
            )
    return found
