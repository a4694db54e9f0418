"""Users' own commands and pipes in the console, with real programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.services.programs.commands import take_in
from omnitui.services.session import Session
from omnitui.ui.watch import watching
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation, a_message


@pytest.fixture(autouse=True)
def _none_left() -> Iterator[None]:
    yield
    take_in([])


def program(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(0o755)
    return path


def commands(session: Session, text: str) -> None:
    session.profile.commands_file.write_text(text, "utf-8")


async def test_command_is_in_the_palette_and_its_last_line_in_the_status(tmp_path: Path) -> None:
    crm = program(tmp_path, "crm", 'echo first; printf "%s|%s\\n" "$1" "$2"')
    with a_session(tmp_path) as session:
        a_conversation(session.cache, contact="Ann", subject="Broken; $(lamp)")
        commands(session, f'[crm]\ntitle = "Open in CRM"\nkey = "Z"\nargv = ["{crm}", "{{contact}}", "{{subject}}"]\n')
        async with a_console(session) as person:
            await person.press("ctrl+p")
            await person.type("open in crm")
            await person.sees("Open in CRM")
            await person.press("escape")
            await person.press("Z")
            await person.sees("Open in CRM: Ann|Broken; $(lamp)")


async def test_command_asks_first_and_gets_the_conversation_as_the_shell_prints_it(tmp_path: Path) -> None:
    got = tmp_path / "got"
    keep = program(tmp_path, "keep", f"cat > {got}")
    with a_session(tmp_path) as session:
        own = a_conversation(session.cache, contact="Ann").id
        a_message(session.cache, own, text="It does not shine.")
        commands(
            session,
            f'[keep]\nkey = "Z"\nconfirm = true\noutput = "ignore"\ninput = "conversation-json"\nargv = ["{keep}"]\n',
        )
        async with a_console(session) as person:
            await person.press("Z")
            await person.sees("Run ")
            await person.press("escape")
            await person.press("Z")
            await person.sees("Run ")
            assert not got.exists()
            await person.press("down", "enter")
            await person.until(lambda: got.exists() and got.read_text("utf-8").endswith("\n"), "the file")
    found = json.loads(got.read_text("utf-8"))
    assert (found["v"], found["type"], found["id"]) == (1, "conversation", own)
    assert "It does not shine." in [message["text"] for message in found["messages"]]


async def test_output_becomes_a_note_or_goes_where_one_writes_or_on_a_page(tmp_path: Path) -> None:
    upper = program(tmp_path, "upper", "tr a-z A-Z; printf '\\033[31mred'")
    with a_session(tmp_path) as session:
        own = a_conversation(session.cache, contact="Ann").id
        a_message(session.cache, own, text="shines not")
        commands(
            session,
            "".join(
                f'[{name}]\nkey = "{key}"\ninput = "message"\noutput = "{name}"\nargv = ["{upper}"]\n'
                for name, key in (("page", "Z"), ("note", "Y"), ("insert", "D"))
            ),
        )
        async with a_console(session) as person:
            await person.press("Z")
            await person.sees("SHINES NOT")
            assert "\x1b" not in person.screen
            await person.press("escape")
            await person.misses("SHINES NOT")
            await person.press("D")
            await person.until(lambda: "SHINES NOT" in person.app.main.composer.text, "the text in the composer")
            await person.press("escape")
            await person.until(lambda: person.app.focused is not person.app.main.composer.sheet)
            await person.press("Y")
            await person.sees("note kept")


async def test_failing_command_says_why(tmp_path: Path) -> None:
    bad = program(tmp_path, "bad", "echo no such customer >&2; exit 4")
    with a_session(tmp_path) as session:
        a_conversation(session.cache, contact="Ann")
        commands(session, f'[bad]\nkey = "Z"\nargv = ["{bad}"]\n')
        async with a_console(session) as person:
            await person.press("Z")
            await person.sees("bad ended with 4: no such customer")


async def test_faulty_commands_are_named_and_good_ones_taken_while_the_console_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.05)
    with a_session(tmp_path) as session:
        a_conversation(session.cache, contact="Ann")
        commands(session, '[one]\ntitle = "Command one"\nargv = ["true", "x{ref}"]\n')
        async with a_console(session) as person:
            await person.sees("commands.toml: one: {ref} has to be a word of its own")
            commands(session, '[two]\ntitle = "Command two"\nkey = "#"\nargv = ["echo", "hello two"]\n')
            await person.sees("read again")
            await person.press("#")
            await person.sees("Command two: hello two")
            commands(session, "[two]\nargv = 3\n")
            await person.sees("“argv” has to be")
            await person.press("#")
            await person.sees("Command two: hello two")


async def test_pipe_shows_what_a_program_makes_of_it_and_remembers_the_line(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        own = a_conversation(session.cache, contact="Ann").id
        a_message(session.cache, own, text="one two three")
        async with a_console(session) as person:
            await person.press("|")
            await person.sees("Pipe the conversation, as JSON to")
            await person.type("head -c 24")
            await person.press("enter")
            await person.sees('{"v":1,"type":"conversat')
            await person.press("escape")
            await person.press("tab")
            await person.until(lambda: person.app.focused is person.app.main.history)
            await person.press("|")
            await person.sees("Pipe the message to")
            await person.sees("head -c 24")
            await person.type("sed 's/two/2 $HOME/'")
            await person.press("enter")
            await person.sees("one 2 $HOME three")
            await person.press("escape")
            await person.press("|")
            await person.sees("Pipe the message to")
            await person.type("'open")
            await person.press("enter")
            await person.sees("the line does not make sense")
