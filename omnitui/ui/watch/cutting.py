"""Rules that were switched off while the console runs, since they fired too often: said once each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from omnitui.i18n import _

if TYPE_CHECKING:
    import sqlite3

    from omnitui.ui.desk import Desk

_SECONDS: Final = 20.0


class Cuts:
    """Tells of rules that were cut."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._told = desk.clock.now()
        """Until when it was looked."""

    async def look(self) -> None:
        """How a rule stands is another now: tell of what was cut."""
        since, self._told = self._told, self._desk.clock.now()
        for name, why in await self._desk.cache.aread(_cut, since):
            said = _("rule {name} is switched off: {why}").format(name=name, why=why)
            self._desk.say(f"! {said}", "bad", _SECONDS)


def _cut(db: sqlite3.Connection, since: int) -> list[tuple[str, str]]:
    from omnitui.store.reads.rules import states

    return [(one.name, one.cut_why) for one in states(db).values() if one.cut_at is not None and one.cut_at >= since]
