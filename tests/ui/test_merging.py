"""Conversations shown as one, by keys."""

from __future__ import annotations

from pathlib import Path

from omnitui.store.reads import merging
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation


async def test_conversations_are_shown_as_one_and_cut_apart_by_keys(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        cache = session.cache
        a_conversation(cache, "And my refund?", contact="Ann", channel="line")
        own = a_conversation(cache, "Where is it?", contact="Ann").id
        async with a_console(session, 100, 30) as person:
            await person.until(lambda: person.app.main.desk.shown == own, "the newest conversation")
            await person.press("g", "j")
            await person.sees("the same address")
            await person.press("enter")
            await person.sees("shown as one")
            await person.until(lambda: "And my refund?" in person.screen and "Where is it?" in person.screen)
            assert len(cache.read(merging.parts, own)) == 1
            await person.press("g", "J")
            await person.until(lambda: cache.read(merging.parts, own) == [], "cut apart")
