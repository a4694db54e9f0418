"""The names that completion offers: read in the background, because counting them takes a while in a large cache."""

from __future__ import annotations

from dataclasses import replace

from omnitui.desk.querying.completion import Names
from omnitui.store.reads import names
from omnitui.ui.desk import Desk


async def learn(desk: Desk) -> Names:
    """Read the names anew, for this dialog and the next one."""
    session = desk.session
    found = await desk.cache.aread(names.names)
    views = tuple(view.id for view in session.views.every)
    desk.names = replace(found, teams=tuple(session.settings.teams), views=views)
    return desk.names


async def known(desk: Desk) -> Names:
    """The names, as they were read last."""
    return desk.names or await learn(desk)
