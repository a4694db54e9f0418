"""Remapped keys beside text fields: Textual drops a binding by its default key, whatever it was remapped to."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.ui.app import ConsoleApp
from omnitui.ui.panes.fields import Sheet
from omnitui.ui.watch import watching
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation


def text_of(app: ConsoleApp) -> str:
    return app.main.composer.text


async def test_action_whose_default_a_text_field_takes_works_there_on_another_key(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        session.profile.keys_file.write_text('"app.search" = "f6"\n"app.palette" = ["alt+x"]\n', "utf-8")
        a_conversation(session.cache, contact="Ann")
        async with a_console(session) as person:
            await person.press("r")
            await person.until(lambda: isinstance(person.app.focused, Sheet), "the composer")
            await person.press("slash")
            assert text_of(person.app) == "/"
            await person.press("f6")
            await person.until(lambda: len(person.app.screen_stack) == 2, "the search")
            await person.press("escape")
            await person.until(lambda: len(person.app.screen_stack) == 1)
            await person.press("alt+x")
            await person.until(lambda: len(person.app.screen_stack) == 2, "the palette")
            assert text_of(person.app) == "/"


async def test_action_remapped_to_a_letter_leaves_the_letter_to_the_text(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        session.profile.keys_file.write_text('"app.palette" = "Z"\n"app.undo" = "backspace"\n', "utf-8")
        a_conversation(session.cache, contact="Ann")
        async with a_console(session) as person:
            await person.press("r")
            await person.until(lambda: isinstance(person.app.focused, Sheet), "the composer")
            await person.press("Z", "a", "backspace")
            assert text_of(person.app) == "Z"
            assert len(person.app.screen_stack) == 1
            await person.press("escape")
            await person.until(lambda: person.app.focused is not person.app.main.composer.sheet)
            await person.press("Z")
            await person.until(lambda: len(person.app.screen_stack) == 2, "the palette")


async def test_key_that_a_text_field_binds_is_taken_by_the_action_that_has_it(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        session.profile.keys_file.write_text('preset = "emacs"\n', "utf-8")
        a_conversation(session.cache, contact="Ann")
        async with a_console(session) as person:
            await person.press("r")
            await person.until(lambda: isinstance(person.app.focused, Sheet), "the composer")
            await person.type("Hello")
            await person.press("ctrl+c", "ctrl+c")
            await person.sees("held for undo")


async def test_keys_are_read_again_when_their_file_is_saved_and_a_faulty_file_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.05)
    with a_session(tmp_path) as session:
        a_conversation(session.cache, contact="Ann")
        async with a_console(session) as person:
            await person.sees("r reply")
            session.profile.keys_file.write_text('"conversation.reply" = "W"\n', "utf-8")
            await person.sees("W means both conversation.reply and message.links")
            await person.sees("W reply")
            session.profile.keys_file.write_text('conversation.reply = "W"\nmessage.links = []\n', "utf-8")
            await person.sees("keys, commands and views read again")
            session.profile.keys_file.write_text('"conversation.repl" = "J"\n', "utf-8")
            await person.sees("there is no action called conversation.repl (did you mean conversation.reply?)")
            await person.sees("W reply")
            session.profile.keys_file.write_text("nonsense", "utf-8")
            await person.sees("is no TOML")
            await person.press("W")
            await person.until(lambda: isinstance(person.app.focused, Sheet), "the composer")
            session.profile.keys_file.unlink()
            await person.press("escape")
            await person.sees("r reply")
