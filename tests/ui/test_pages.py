"""Long texts as pages: what is cut is said at the end, and covering does not hold the screen up."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.model.conversations import Attachment
from omnitui.store.arriving import inflow
from omnitui.text.safe import MAX_LINES
from omnitui.ui.screens import preview, raw
from omnitui.ui.timeline import blocks
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation, a_message


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("line\n" * (MAX_LINES + 1), "… cut here, 10 KB in all"),
        ("x" * (raw.MOST + 1), "… cut here, 262 KB in all"),
        ("line\n" * (MAX_LINES - 1), ""),
    ],
    ids=["lines", "bytes", "whole"],
)
async def test_page_of_a_text_says_at_its_end_that_it_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, end: str
) -> None:
    threads: list[threading.Thread] = []

    def shown(said: str, *, cut: bool = False) -> str:
        threads.append(threading.current_thread())
        assert cut is bool(end)
        return said

    monkeypatch.setattr(raw, "shown", shown)
    monkeypatch.setattr(preview, "shown", shown)
    with a_session(tmp_path) as session:
        a_conversation(session.cache, text)
        file = Attachment(session.cache.ids.new(), "", "a.log", "text/plain", 4, session.cache.blobs.put(text.encode()))
        async with a_console(session, 100, 30) as person:
            await person.press("enter", "v")
            await person.sees("As it came")
            await person.press("G")
            if end:
                await person.sees(end)
            assert ("cut here" in person.screen) is bool(end)
            await person.press("escape")
            await person.misses("As it came")
            showing = person.app.run_worker(preview.show_file(person.app.main.desk, file))
            await person.sees("a.log")
            await person.press("G")
            if end:
                await person.sees("… cut here: save it")
            assert ("cut here" in person.screen) is bool(end)
            await person.press("escape")
            await showing.wait()
    assert len(threads) == 2
    assert threading.main_thread() not in threads


async def test_lines_of_a_long_message_are_made_in_a_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, threading.Thread]] = []
    laid = blocks._laid

    def noted(text: str, room: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        made.append((text[:4], threading.current_thread()))
        return laid(text, room)

    monkeypatch.setattr(blocks, "_laid", noted)
    with a_session(tmp_path) as session:
        found = a_conversation(session.cache, "text" * blocks.LONG_TEXT)
        message = a_message(session.cache, found.id, "Hello")
        long = replace(message, id=session.cache.ids.new(), quoted="said" * blocks.LONG_TEXT, text="below")
        session.cache.write(lambda tx: inflow.put_message(tx, long))
        async with a_console(session, 100, 30) as person:
            await person.press("enter", "f", "G")
            await person.sees("│ saidsaid")
            await person.press("/", *"below", "enter")
            await person.until(lambda: person.app.main.history.reel.found == ("below",), "what was found is marked")
    assert {text for text, _thread in made} >= {"text", "said", "belo"}
    assert [text for text, thread in made if text in ("text", "said") and thread is threading.main_thread()] == []
