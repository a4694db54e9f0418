"""Views of one's own on the screen: read as the file is saved, opened by their keys, kept from a query."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.model.states import Priority
from omnitui.services.session import Session
from omnitui.services.triage.views import Views, offer
from omnitui.ui.watch import watching
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation

VIEWS = """
[hot]
name = "お急ぎ"
query = "is:open priority:>=normal"
sort = "priority"
key = "1"
icon = "★"
[spam]
hidden = true
"""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.05)
    with a_session(tmp_path) as opened:
        for name, priority in (("Ann", Priority.URGENT), ("Bob", Priority.HIGH), ("Cy", Priority.LOW)):
            a_conversation(opened.cache, "the words", contact=name, subject=f"About {name}", priority=priority)
        yield opened
    offer(Views())


async def test_views_are_read_as_the_file_is_saved_and_list_by_their_order(session: Session) -> None:
    file = session.profile.views_file
    async with a_console(session, 170, 30) as person:
        await person.sees("Spam")
        file.write_text(VIEWS, "utf-8")
        file.chmod(0o600)
        await person.sees("★ お急ぎ")
        await person.misses("Spam")
        # The views stand there before their keys count.
        await person.sees("views read again")
        await person.press("g", "1")
        await person.until(lambda: person.app.main.desk.view.id == "hot")
        queue = person.app.main.queue
        await person.until(lambda: [row.contact for row in queue.window.rows] == ["Ann", "Bob"])
        await person.until(lambda: person.app.main.desk.counts.of(person.app.main.desk.view) == "2")
        file.write_text(VIEWS.replace(">=normal", "=low"), "utf-8")
        await person.until(lambda: [row.contact for row in queue.window.rows] == ["Cy"])
        file.write_text(f'{VIEWS}\n[bad]\nquery = "labl:x"', "utf-8")
        await person.sees("line 12: [bad]")


async def test_open_query_is_kept_as_a_view_and_a_taken_key_is_said_before(session: Session) -> None:
    async with a_console(session, 170, 30) as person:
        await person.sees("About Ann")
        await person.press("slash")
        await person.type("is:open sort:priority")
        await person.press("ctrl+s")
        await person.sees("Keep as a view")
        await person.type("By weight")
        await person.press("tab", "tab", "i", "ctrl+s")
        await person.sees("g i is taken already")
        await person.press("backspace", "2", "ctrl+s")
        await person.sees("▌ By weight")
        await person.press("g", "i")
        await person.until(lambda: person.app.main.desk.view.id == "inbox")
        await person.press("g", "2")
        await person.until(lambda: person.app.main.desk.view.id == "by_weight")
    assert 'query = "is:open sort:priority"' in session.profile.views_file.read_text("utf-8")
