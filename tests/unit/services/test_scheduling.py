"""Replies that leave at a time of the agent's choosing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.clock import HOUR
from omnitui.errors import Refused
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind, SendState
from omnitui.services.session import Session
from omnitui.store import drafts, outbox
from omnitui.store.reads import drafts as draft_reads
from omnitui.store.reads import outbox as reads
from tests.support.console import a_session
from tests.support.desk import a_conversation


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


def test_scheduled_reply_holds_up_nothing_before_its_time(session: Session) -> None:
    conversation = a_conversation(session.cache, "Hello?")
    now = session.cache.clock.now()
    later = session.operations.reply(conversation.id, "tomorrow", at=now + HOUR)
    soon = session.operations.reply(conversation.id, "now", hold=0)
    assert [one.op_id for one in session.cache.read(outbox.due, now)] == [soon.id]
    entry = session.cache.read(reads.entry, later.id)
    assert entry is not None
    assert (entry.state, entry.due_at) == (SendState.HELD, now + HOUR)


def test_time_that_has_passed_is_refused(session: Session) -> None:
    conversation = a_conversation(session.cache, "Hello?")
    with pytest.raises(Refused, match="passed"):
        session.operations.reply(conversation.id, "late", at=session.cache.clock.now())
    assert session.cache.read(reads.entries) == []


def test_taken_back_it_is_a_draft_with_its_files_and_done_again_it_keeps_its_time(
    session: Session, tmp_path: Path
) -> None:
    conversation = a_conversation(session.cache, "Hello?")
    file = tmp_path / "a.txt"
    file.write_text("A")
    written = Draft("", conversation.id, MessageKind.PUBLIC, "Hi", (str(file),), extra={"cc": ["ken@example.com"]})
    session.cache.write(lambda tx: drafts.save(tx, written))
    at = session.cache.clock.now() + HOUR
    session.operations.reply(conversation.id, "Hi", files=[file], cc=["ken@example.com"], at=at)
    assert session.cache.read(draft_reads.drafts, conversation.id) == []
    session.operations.undo()
    (back,) = session.cache.read(draft_reads.drafts, conversation.id)
    assert (back.text, back.attachments, back.extra) == (written.text, written.attachments, written.extra)
    session.operations.redo()
    (entry,) = session.cache.read(reads.entries)
    assert (entry.state, entry.due_at) == (SendState.HELD, at)
