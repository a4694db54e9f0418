"""What `[interface]` of config.toml changes on the screen."""

from __future__ import annotations

from pathlib import Path

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
