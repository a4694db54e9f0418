"""Card numbers and secrets covered on the screen where the settings say so, and kept whole in the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.errors import Refused
from omnitui.model.conversations import Attachment
from omnitui.store.reads import history
from omnitui.text.secrets.covering import cover
from omnitui.ui.screens.preview import show_file
from tests.support.console import a_console, a_profile, a_session
from tests.support.desk import a_conversation

SAID = "Charge 4111 1111 1111 1111, password: hunter2"
HIDDEN = ("4111 1111", "hunter2")


@pytest.fixture(autouse=True)
def _uncovered() -> Iterator[None]:
    yield
    cover("nothing")


def chosen(folder: Path, what: str) -> None:
    file = a_profile(folder).settings_file
    file.write_text(f'[privacy]\nscreen = "{what}"\n', "utf-8")
    file.chmod(0o600)


async def test_card_numbers_and_secrets_are_covered_in_list_history_search_and_raw(tmp_path: Path) -> None:
    chosen(tmp_path, "both")
    with a_session(tmp_path) as session:
        conversation = a_conversation(session.cache, SAID, contact="Ann Example", subject="Card 4111111111111111")
        async with a_console(session, 140, 40) as person:
            await person.sees("**** **** **** 1111, password: ****")
            await person.sees("Card ************1111")
            assert not [word for word in HIDDEN if word in person.screen]
            await person.press("ctrl+p")
            await person.sees("where to go")
            await person.type("charge")
            await person.sees("Ann Example  Card ************1111")
            assert not [word for word in HIDDEN if word in person.screen]
        (message,) = session.cache.read(history.page, conversation.id)
        assert message.text == SAID


async def test_no_picture_is_shown_under_the_veil(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        a_conversation(session.cache, "see the picture")
        picture = Attachment(session.cache.ids.new(), "", "me.png", "image/png", 4)
        async with a_console(session, 140, 40) as person:
            await person.sees("see the picture")
            await person.press("f12")
            await person.sees("veiled")
            with pytest.raises(Refused, match="veil"):
                await show_file(person.app.main.desk, picture)


async def test_nothing_is_covered_unless_it_is_chosen(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        a_conversation(session.cache, SAID, contact="Ann Example")
        async with a_console(session, 140, 40) as person:
            await person.sees("4111 1111 1111 1111, password: hunter2")
