"""Conversations shown as one, by keys."""

from __future__ import annotations

import asyncio
from pathlib import Path

from omnitui.store.reads import history, merging, outbox
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


async def test_reply_goes_to_nobody_but_whom_the_composer_names(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        cache = session.cache
        own = a_conversation(cache, "Where is it?", contact="Ann", address="ann@example.com").id
        part = a_conversation(cache, "My card was charged", contact="Bo", address="bo@example.com").id
        session.operations.merge(own, [part])
        async with a_console(session, 100, 30) as person:
            composer = person.app.main.composer
            await person.until(lambda: person.app.main.desk.shown == own)
            await person.press("r")
            await person.sees("to bo@example.com")
            await person.type("Dear Bo")
            await asyncio.to_thread(session.operations.split, [own])
            await person.press("ctrl+s")
            await person.sees("it would go to ann@example.com now, not to bo@example.com")
            assert cache.read(outbox.entries) == []
            assert composer.text == "Dear Bo"
            await person.sees("to ann@example.com by")
            await person.press("ctrl+s")
            await person.until(lambda: len(cache.read(outbox.entries)) == 1)
            assert cache.read(history.page, own)[-1].text == "Dear Bo"


async def test_answer_to_a_message_names_its_author(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        cache = session.cache
        own = a_conversation(cache, "Where is it?", contact="Ann", address="ann@example.com").id
        part = a_conversation(cache, "My card was charged", contact="Bo", address="bo@example.com").id
        session.operations.merge(own, [part])
        async with a_console(session, 100, 30) as person:
            await person.until(lambda: person.app.main.desk.shown == own)
            await person.press("tab", "g", "g", "Q")
            await person.sees("to ann@example.com by")
            await person.type("Soon")
            await person.press("ctrl+s")
            await person.until(lambda: [one.conversation_id for one in cache.read(outbox.entries)] == [own])


async def test_composer_names_the_channel_by_which_the_reply_goes(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        own = a_conversation(session.cache, "Where is it?", contact="Ann").id
        part = a_conversation(session.cache, "Hello?", contact="Ann", address="U-ann", channel="line").id
        session.operations.merge(own, [part])
        async with a_console(session, 100, 30) as person:
            await person.until(lambda: person.app.main.desk.shown == own)
            await person.press("r")
            await person.sees("to U-ann by line")
