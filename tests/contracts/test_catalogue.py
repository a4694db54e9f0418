"""The Japanese catalogue: whole where the console speaks, compiled, and true to its placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from docs.catalogue import LOCALES, compiled, extracted, read, renewed, written
from omnitui import i18n
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation

PO = LOCALES / "ja/LC_MESSAGES/omnitui.po"
SPOKEN = ("omnitui/ui/", "omnitui/services/", "omnitui/text/", "omnitui/desk/")


@pytest.fixture
def japanese() -> Iterator[None]:
    i18n.use_language("ja")
    yield
    i18n.use_language("en")


def test_every_message_of_the_console_is_translated() -> None:
    said = read(PO.read_text("utf-8"))
    missing = [
        entry.one
        for entry in extracted().values()
        if any(place.startswith(SPOKEN) for place in entry.places)
        and not all(getattr(said.get(entry.one), "said", None) or [""])
    ]
    assert missing == []


def test_compiled_catalogue_is_made_from_the_text() -> None:
    entries = sorted(read(PO.read_text("utf-8")).values(), key=lambda entry: entry.one)
    assert PO.with_suffix(".mo").read_bytes() == compiled(entries, "ja")


def test_translations_keep_their_placeholders() -> None:
    def names(text: str) -> set[str]:
        return {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None}

    wrong = [
        entry.one
        for entry in read(PO.read_text("utf-8")).values()
        for said in entry.said
        if said and names(said) != names(entry.many or entry.one)
    ]
    assert wrong == []


def test_catalogue_survives_reading_and_writing() -> None:
    entries = renewed(PO, extracted())
    again = read(written(entries, "ja"))
    assert [(e.one, e.many, e.said or [""]) for e in entries] == [(e.one, e.many, e.said) for e in again.values()]


def test_japanese_is_used_and_english_is_the_rest(japanese: None) -> None:
    assert i18n._("Inbox") == "受信箱"
    assert i18n.ngettext("{n} message", "{n} messages", 3) == "メッセージ {n} 件"
    assert i18n._("a sentence that nobody ever wrote") == "a sentence that nobody ever wrote"


async def test_console_speaks_japanese(japanese: None, tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        a_conversation(session.cache, "返金をお願いします", contact="佐藤美咲")
        async with a_console(session, 100, 24) as person:
            await person.sees("受信箱")
            await person.sees("r 返信")
            await person.press("r")
            await person.sees("取り消しのため8秒保留")
            await person.type("はい")
            await person.press("ctrl+s")
            await person.sees("保留中、8秒後に送信")
            left = re.sub(r"[a-z+]+@?[\w.]*|Shop|email|Esc|ctrl", "", person.screen)
            assert not re.search(r"\b(Reply|Inbox|Customer|held|note|send)\b", left)
