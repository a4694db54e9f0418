"""What `[interface]` of config.toml changes on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.errors import OmniError
from omnitui.ui.watch import watching
from tests.support.console import a_console, a_profile, a_session
from tests.support.desk import a_conversation


def configure(folder: Path, text: str) -> None:
    file = a_profile(folder).settings_file
    file.write_text(f"[interface]\n{text}\n")
    file.chmod(0o600)


async def rows(folder: Path) -> list[str]:
    """The lines of the screen that name one of two customers."""
    with a_session(folder) as session:
        for name in ("Ann", "Bob"):
            a_conversation(session.cache, "Where is my tea?", contact=name, subject="Order")
        async with a_console(session, 100, 24) as person:
            await person.sees("Ann")
            lines = person.screen.splitlines()
    return [lines[number] for number in range(1, 5)]


async def test_conversation_takes_two_lines_with_a_round_mark(tmp_path: Path) -> None:
    found = await rows(tmp_path)
    assert "Bob" in found[0]
    assert "Ann" in found[2]
    assert "•" in found[2]


async def test_conversation_takes_one_line_where_settings_say_so(tmp_path: Path) -> None:
    configure(tmp_path, 'rows = "one"')
    found = await rows(tmp_path)
    assert "Bob" in found[0]
    assert "Ann" in found[1]


async def test_rows_are_ascii_where_settings_say_so(tmp_path: Path) -> None:
    configure(tmp_path, 'signs = "ascii"')
    found = await rows(tmp_path)
    assert "•" not in found[2]
    assert "*" in found[2]


async def test_settings_count_as_soon_as_their_file_is_saved_and_a_faulty_one_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.05)
    with a_session(tmp_path) as session:
        a_conversation(session.cache, "Where is my tea?", contact="Ann", subject="Order")
        async with a_console(session, 100, 24) as person:
            assert "Where is my tea?" in person.screen.splitlines()[2][:36]
            configure(tmp_path, 'rows = "one"\ntheme = "paper"\nkeys = "emacs"\nsigns = "ascii"')
            await person.sees("config.toml read again; interface.signs: from the next start on")
            assert "Where is my tea?" not in person.screen.splitlines()[2][:36]
            assert person.app.theme == "paper"
            assert person.app.main.keyboard.keymap.preset == "emacs"
            configure(tmp_path, 'rows = "three"')
            await person.sees("config.toml: “interface.rows” has to be one of two, one, not 'three'")
            assert person.app.theme == "paper"
            session.profile.settings_file.write_text("[replies.hold_by_channel]\nemail = 42\n")
            await person.sees("config.toml read again")
            await person.until(lambda: person.app.theme != "paper")
            await person.press("r")
            await person.sees("held 42 s for undo")
            await person.press("escape", "ctrl+p")
            await person.type("hold_by_channel")
            await person.sees("email = 42")


async def test_settings_of_which_one_cannot_be_put_in_force_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.05)
    with a_session(tmp_path) as session:
        a_conversation(session.cache, "Where is my tea?", contact="Ann", subject="Order")
        async with a_console(session, 100, 24) as person:
            before, holds = session.settings, session.operations
            real = person.app.dressing.configure

            def configure_once() -> None:
                monkeypatch.setattr(person.app.dressing, "configure", real)
                raise OmniError("the theme is gone")

            monkeypatch.setattr(person.app.dressing, "configure", configure_once)
            text = 'rows = "one"\ntheme = "paper"\n[agent]\nname = "Bea"\n[replies.hold_by_channel]\nemail = 42'
            configure(tmp_path, text)
            await person.sees("the settings before stay in force: the theme is gone")
            assert session.settings == before
            assert session.operations is not holds
            assert person.app.theme != "paper"
            configure(tmp_path, f"{text}\n")
            await person.sees("config.toml read again")
            assert session.settings.replies.hold_by_channel == {"email": 42}
            assert person.app.theme == "paper"


async def test_setting_is_changed_from_the_palette_and_counts_at_once(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        a_conversation(session.cache, "Where is my tea?", contact="Ann", subject="Order")
        async with a_console(session, 100, 24) as person:
            await person.press("ctrl+p")
            await person.type("interface.rows")
            await person.sees("> interface.rows")
            await person.press("enter")
            await person.until(lambda: person.app.screen is not person.app.main and person.app.screen.id != "palette")
            await person.sees("Lines of a conversation in the list")
            await person.sees('rows = "two"')
            await person.type("one")
            await person.sees('> rows = "one"')
            await person.press("enter")
            await person.sees("config.toml read again")
            assert session.profile.settings_file.read_text("utf-8") == '[interface]\nrows = "one"\n'
            assert "Where is my tea?" not in person.screen.splitlines()[2][:36]
            await person.press("ctrl+p")
            await person.type("replies.hold")
            await person.sees("> replies.hold ")
            await person.press("enter")
            await person.misses("> replies.hold ")
            await person.sees("Seconds in which a reply")
            await person.type("soon")
            await person.sees("> hold = soon")
            await person.press("enter")
            await person.sees("soon does not make sense for “replies.hold”")
