"""What the console says of a damaged cache: that it is one, at once and for good; and what was done, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.bus import Stuck
from omnitui.errors import OmniError
from omnitui.store.faults import CacheDamaged
from omnitui.store.recovery.mending import Mended
from omnitui.store.recovery.salvage import Tally
from omnitui.ui.watch.trouble import Trouble
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation


async def test_damage_is_said_for_good_and_mending_is_told_on_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[OmniError | None] = []
    show = Trouble._show

    def shown(trouble: Trouble, error: OmniError | None) -> None:
        show(trouble, error)
        told.append(error)

    monkeypatch.setattr(Trouble, "_show", shown)
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
            # That a write goes through does not make it whole.
            session.bus.publish(Stuck(None))
            await person.until(lambda: told[-1] is None, "the news taken in")
            await person.pilot.pause()
            assert "the cache is damaged: leave omnitui" in person.screen
            assert "can be written again" not in person.screen
