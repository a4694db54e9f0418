"""Long texts as pages: what is cut is said at the end, and covering does not hold the screen up."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from omnitui.model.conversations import Attachment
from omnitui.text.safe import MAX_LINES
from omnitui.ui.screens import preview, raw
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation


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
