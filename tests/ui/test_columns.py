"""What the rows of a view show, as one chooses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from omnitui.config.settings import Column, Columns
from omnitui.desk.views import VIEWS
from omnitui.services.session import Session
from omnitui.text.listing.rows import COLUMNS
from omnitui.ui.screens.columns import NAMES
from tests.support.console import a_console, a_profile, a_session
from tests.support.desk import a_conversation


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        a_conversation(opened.cache, "the words", contact="Ann", subject="About Ann")
        yield opened


def test_every_view_and_every_column_can_be_chosen() -> None:
    assert [one.name for one in fields(Columns)] == [*(view.id for view in VIEWS), "query"]
    assert {*NAMES} == {*get_args(Column)}
    assert Columns().inbox == COLUMNS


async def test_columns_are_turned_while_the_list_shows_it_and_kept_for_the_next_start(
    session: Session, tmp_path: Path
) -> None:
    async with a_console(session, 80, 24) as person:
        await person.sees("About Ann – the words")
        await person.press("I")
        await person.sees("What the rows show: Inbox")
        await person.type("snippet")
        await person.press("enter")
        await person.until(lambda: "snippet" not in person.app.main.queue.strips.columns)
        await person.press(*["backspace"] * 7)
        await person.type("labels")
        await person.press("enter", "escape")
        await person.misses("– the words")
        await person.until(lambda: session.settings.columns.inbox == ("status", "unanswered", "assignee"))
        await person.press("g", "a")
        await person.sees("About Ann – the words")
        await person.press("g", "i")
        await person.misses("– the words")
    assert 'inbox = ["status", "unanswered", "assignee"]' in session.profile.settings_file.read_text("utf-8")
    session.close()
    with Session.open(a_profile(tmp_path), clock=session.cache.clock) as again:
        async with a_console(again, 80, 24) as person:
            await person.sees("About Ann")
            await person.misses("– the words")
            await person.press("I")
            await person.type("as it was")
            await person.press("enter", "escape")
            await person.sees("About Ann – the words")
            await person.until(lambda: again.settings.columns == Columns())


async def test_columns_count_as_soon_as_the_file_says_so(session: Session) -> None:
    file = session.profile.settings_file
    file.touch(mode=0o600)
    async with a_console(session, 80, 24) as person:
        await person.sees("About Ann – the words")
        file.write_text('[columns]\ninbox = ["labels"]\n', "utf-8")
        await person.misses("– the words")
        file.write_text('[columns]\ninbox = ["snipet"]\n', "utf-8")
        await person.sees("knows no “snipet”")
        await person.misses("– the words")
