"""From ULIDs to the integers inside."""

from __future__ import annotations

import json
from typing import Final

from omnitui.errors import NotFound
from omnitui.i18n import N_, _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.store.writer import Tx

_MISSING: Final = {
    "account": N_("There is no account {id}."),
    "agent": N_("There is no agent {id}."),
    "contact": N_("There is no contact {id}."),
    "conversation": N_("There is no conversation {id}."),
    "inbox": N_("There is no inbox {id}."),
    "incident": N_("There is no incident {id}."),
    "message": N_("There is no message {id}."),
    "op": N_("There is no operation {id}."),
    "task": N_("There is no task {id}."),
}
_FIND: Final = {table: f"SELECT pk FROM {table} WHERE id = ?" for table in (*_MISSING, "link", "organization")}


def find(tx: Tx, table: str, object_id: Ulid) -> int | None:
    """The row number of an object, looked up once a work; None where there is none."""
    key = (table, object_id)
    pk = tx.pks.get(key)
    if pk is None:
        # Rows that wait to be written have their numbers in `pks`.
        row = tx.beside.execute(_FIND[table], (object_id,)).fetchone()
        if row is None:
            return None
        pk = tx.pks[key] = int(row[0])
    return pk


def pk_of(tx: Tx, table: str, object_id: Ulid) -> int:
    """The row number of an object.

    Raises:
        NotFound: There is no such object.
    """
    pk = find(tx, table, object_id)
    if pk is None:
        raise NotFound(_(_MISSING[table]).format(id=object_id))
    return pk


def written(value: Json) -> str:
    """JSON as the cache holds it: equal values have equal texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
