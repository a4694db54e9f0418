"""What the console says of a damaged cache: that it is one, at once and for good; and what was done, once."""

from __future__ import annotations

from pathlib import Path

from omnitui.bus import Stuck
from omnitui.store.faults import CacheDamaged
from omnitui.store.mending import Mended
from omnitui.store.salvage import Tally
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation


async def test_damage_is_said_for_good_and_mending_is_told_on_a_page(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        a_conversation(session.cache, "my kettle broke", contact="Ann Example", subject="Order 66")
        session.mended = Mended(0, "malformed", "cache.damaged-x.sqlite3", 0, Tally({"op": 7}, ("message",), 1))
        async with a_console(session) as person:
            await person.sees("The cache was mended")
            await person.sees("operations 7")
            await person.sees("cache.damaged-x.sqlite3")
            await person.press("escape")
            await person.misses("The cache was mended")
            session.bus.publish(Stuck(CacheDamaged("The cache is damaged: malformed.")))
            await person.sees("the cache is damaged: leave omnitui")
            session.bus.publish(Stuck(None))
            await person.press("j")
            await person.pilot.pause()
            await person.sees("the cache is damaged: leave omnitui")
