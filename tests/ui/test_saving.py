"""Attachments that are saved and opened: where they go, and what they pretend to be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from omnitui.model.conversations import Attachment
from omnitui.services.session import Session
from omnitui.store.arriving import arrivals
from omnitui.ui.outside.saving import saved
from omnitui.ui.screens import preview
from tests.support.console import Person, a_console, a_session
from tests.support.desk import a_conversation, a_message

PDF, EXE = b"%PDF-1.7\nhello", b"MZ\x90\x00\x03program"


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    monkeypatch.setenv("XDG_DOWNLOAD_DIR", str(downloads))
    with a_session(tmp_path / "desk") as opened:
        yield opened


def with_files(session: Session, **files: bytes) -> Attachment:
    """A message with fetched files of these names ("_" for ".") and bytes; gives the last."""
    cache = session.cache
    found = a_conversation(cache, contact="Ann")
    message = a_message(cache, found.id, text="see the files", files=[name.replace("_", ".") for name in files])
    kept: list[Attachment] = []
    for one, data in zip(message.attachments, files.values(), strict=True):
        sha256 = cache.blobs.put(data)
        cache.write(partial(arrivals.keep_fetched, attachment_id=one.id, sha256=sha256, size=len(data)))
        kept.append(replace(one, sha256=sha256))
    return kept[-1]


async def in_the_history(person: Person) -> None:
    await person.sees("see the files")
    await person.press("enter")
    await person.until(lambda: person.app.main.history.has_focus, "the history in focus")


async def test_saved_files_lie_in_the_downloads_folder_for_nobody_else(session: Session, tmp_path: Path) -> None:
    with_files(session, invoice_pdf=PDF)
    async with a_console(session) as person:
        await in_the_history(person)
        await person.press("S")
        await person.sees("1 file saved")
        await person.press("S")
        await person.until(lambda: len(list((tmp_path / "downloads").iterdir())) == 2, "a second copy")
    first, second = sorted((tmp_path / "downloads").iterdir(), key=lambda path: len(path.name))
    assert (first.name, second.name) == ("invoice.pdf", "invoice-1.pdf")
    assert first.read_bytes() == PDF
    assert first.stat().st_mode & 0o777 == 0o600


async def test_a_program_that_is_named_like_a_document_is_said_and_not_opened(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    async def open_outside(what: str) -> None:
        opened.append(what)

    monkeypatch.setattr(preview, "opener", lambda: ("true",))
    monkeypatch.setattr(preview, "open_outside", open_outside)
    with_files(session, invoice_pdf=EXE)
    async with a_console(session) as person:
        await in_the_history(person)
        await person.press("S")
        await person.sees("invoice.pdf is a program inside")
        await person.press("O")
        await person.sees("open: invoice.pdf")
        await person.type("open")
        await person.misses("save: invoice.pdf")
        await person.press("enter")
        await person.sees("it is not opened")
    assert not opened


def test_nothing_is_written_through_a_link_that_lies_in_the_way(session: Session, tmp_path: Path) -> None:
    message = with_files(session, invoice_pdf=PDF)
    folder, victim = tmp_path / "downloads", tmp_path / "victim"
    victim.write_text("mine")
    os.symlink(victim, folder / "invoice.pdf")
    os.symlink(tmp_path / "nowhere", folder / "invoice-1.pdf")
    path = saved(message, session.cache.blobs, folder)
    assert (path.name, path.read_bytes(), path.is_symlink()) == ("invoice-2.pdf", PDF, False)
    assert victim.read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()
