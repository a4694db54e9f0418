"""What is known of rooms: asked for once, and kept in step by what the homeserver tells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omnitui_matrix.client import Homeserver, Refusal, part
from omnitui_matrix.mapping import Room

Json = dict[str, Any]


class Rooms:
    """The rooms of one user."""

    def __init__(self, server: Homeserver) -> None:
        self._server = server
        self._known: dict[str, Room] = {}
        self._stale: set[str] = set()

    async def of(self, room_id: str) -> Room:
        """A room, with the names of who is in it. Raises as `Homeserver.call`, but for `Refusal`."""
        if (known := self._known.get(room_id)) is not None and room_id not in self._stale:
            return known
        where = f"/rooms/{part(room_id)}"
        try:
            joined = (await self._server.call("GET", f"{where}/joined_members")).get("joined", {})
        except Refusal:
            # We were put out of it: it stays what it was.
            if known is not None:
                return known
            joined = {}
        members = {str(user): str((told or {}).get("display_name") or "") for user, told in joined.items()}
        name = str((await self._state(where, "m.room.name")).get("name") or "")
        encrypted = bool(await self._state(where, "m.room.encryption"))
        room = self._known[room_id] = Room(
            room_id, name or ", ".join(filter(None, members.values())), members, encrypted
        )
        self._stale.discard(room_id)
        return room

    async def _state(self, where: str, kind: str) -> Json:
        try:
            return await self._server.call("GET", f"{where}/state/{kind}/")
        except Refusal:
            return {}

    def changed(self, room_id: str, events: Iterable[Json]) -> None:
        """Who came, went, or took another name: the room is asked for anew when it is needed next."""
        kinds = {event.get("type") for event in events if isinstance(event, dict) and "state_key" in event}
        if kinds & {"m.room.member", "m.room.name", "m.room.encryption"}:
            self._stale.add(room_id)
