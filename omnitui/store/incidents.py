"""Incidents begun and changed; the rows of conversations say which one each is linked to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.incidents import Severity
from omnitui.model.states import ObjectKind
from omnitui.store.rows import find, pk_of
from omnitui.store.writer import Tx

_SETS: Final[Mapping[str, Callable[[Json], Json]]] = {
    "title": lambda value: str(value or ""),
    "severity": lambda value: Severity(value).value,
    "standing": lambda value: str(value or ""),
    "began_at": lambda value: int(value or 0),
    "ended_at": lambda value: value,
    "told": lambda value: str(value or ""),
    "told_at": lambda value: value,
}
FIELDS: Final = tuple(_SETS)
"""What ops may set of an incident."""


def set_incident(tx: Tx, incident_id: Ulid, fields: Mapping[str, Json]) -> None:
    """Set fields of an incident; `exists` makes it, brings it back or takes it away. Those not named stay.

    Raises:
        Refused: There is no such field, or conversations are linked to what is to go.
        NotFound: There is no such incident.
    """
    if fields.get("exists") and find(tx, "incident", incident_id) is None:
        tx.db.execute("INSERT INTO incident(id, created_at) VALUES (?, ?)", (incident_id, tx.now()))
    pk = pk_of(tx, "incident", incident_id)
    values: dict[str, Json] = {}
    for name, value in fields.items():
        if name == "exists":
            if not value and tx.db.execute("SELECT 1 FROM conversation WHERE incident_pk = ?", (pk,)).fetchone():
                raise Refused(_("conversations are linked to this incident"), hint=_("unlink them first, or end it"))
            values["deleted_at"] = None if value else tx.now()
        elif name not in _SETS:
            raise Refused(_("An incident has no field {name}.").format(name=name))
        elif value is not None or name in ("ended_at", "told_at"):
            values[name] = _SETS[name](value)
    sets = "".join(f"{name} = ?, " for name in values)
    (revision,) = tx.db.execute(
        f"UPDATE incident SET {sets}revision = revision + 1 WHERE pk = ? RETURNING revision", (*values.values(), pk)
    ).fetchone()
    tx.changed(ObjectKind.INCIDENT, incident_id, revision)
