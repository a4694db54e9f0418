"""Changing and deleting what an agent wrote."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from omnitui.errors import Refused
from omnitui.model.states import Direction, MessageKind, Reach, SendState, Verb
from omnitui.sdk import snapshot
from omnitui.sdk.capabilities import Capabilities, Idempotency
from omnitui.services.acting.operations import Operations
from omnitui.store import accounts
from omnitui.store.cache import Cache
from omnitui.store.reads import history, outbox, search
from tests.support.desk import a_cache, a_conversation, a_message, an_account


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with a_cache(tmp_path) as opened:
        yield opened


def able(cache: Cache, **reach: Reach) -> None:
    verbs = {Verb(name): how for name, how in reach.items()}
    taken = snapshot.take(lambda _channel: Capabilities(Idempotency.DEDUPLICATED, reach=verbs), ("email",))
    cache.write(lambda tx: accounts.set_capabilities(tx, an_account(cache).id, taken))


def test_sent_message_is_changed_where_the_channel_can_and_travels_by_its_external_id(cache: Cache) -> None:
    talk = a_conversation(cache)
    able(cache, edit=Reach.REMOTE)
    sent = a_message(cache, talk.id, "old", direction=Direction.OUTGOING, external_id="X1")
    op = Operations(cache).edit_message(sent.id, "new")
    assert op is not None
    assert op.reach is Reach.REMOTE
    entry = cache.read(outbox.entry, op.id)
    assert entry is not None
    assert entry.payload["fields"] == {"message": "X1", "text": "new"}
    found = cache.read(history.message, sent.id)
    assert found is not None
    assert (found.text, found.edited) == ("new", True)
    with pytest.raises(Refused, match="cannot be changed"):
        Operations(cache).delete_message(sent.id)


def test_sent_message_deleted_at_the_back_end_cannot_come_back(cache: Cache) -> None:
    talk = a_conversation(cache)
    able(cache, delete=Reach.REMOTE)
    sent = a_message(cache, talk.id, "old", direction=Direction.OUTGOING, external_id="X1")
    operations = Operations(cache)
    op = operations.delete_message(sent.id)
    assert op is not None
    cache.write(lambda tx: tx.db.execute("UPDATE outbox SET state = 'accepted'"), durable=False)
    with pytest.raises(Refused, match="deleted at the back end"):
        operations.undo()


def test_note_that_only_we_have_never_travels(cache: Cache) -> None:
    talk = a_conversation(cache)
    able(cache, edit=Reach.REMOTE, delete=Reach.REMOTE)
    operations = Operations(cache)
    note_id = operations.note(talk.id, "zebra words").object_id
    operations.edit_message(note_id, "yak words")
    operations.delete_message(note_id)
    operations.undo()
    operations.undo()
    operations.redo()
    assert cache.read(outbox.entries) == []
    found = cache.read(history.message, note_id)
    assert found is not None
    assert found.text == "yak words"
    assert not found.deleted


def test_changed_words_are_found_and_old_ones_are_not(cache: Cache) -> None:
    from omnitui.desk.querying.parsing import parse

    talk = a_conversation(cache)
    operations = Operations(cache)
    note_id = operations.note(talk.id, "zebra").object_id
    operations.edit_message(note_id, "yak")

    def hits(text: str) -> list[str]:
        query = parse(text, now=cache.clock.now(), me=cache.me().id, zone=UTC)
        return [hit.message_id for hit in cache.read(search.search, query)]

    assert hits("yak") == [note_id]
    assert hits("zebra") == []


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"direction": Direction.INCOMING}, "the customer wrote this"),
        ({"direction": Direction.OUTGOING, "state": SendState.HELD}, "has not left"),
        ({"direction": Direction.OUTGOING, "kind": MessageKind.ACTIVITY}, "says what was done"),
        ({"direction": Direction.OUTGOING}, "cannot be changed or taken back"),
    ],
)
def test_what_cannot_be_changed_is_refused_with_the_reason(cache: Cache, fields: dict[str, object], why: str) -> None:
    talk = a_conversation(cache)
    message = a_message(cache, talk.id, "words", **fields)  # type: ignore[arg-type]
    with pytest.raises(Refused, match=why):
        Operations(cache).edit_message(message.id, "other")


def test_empty_text_is_no_change_but_a_deletion(cache: Cache) -> None:
    talk = a_conversation(cache)
    note_id = Operations(cache).note(talk.id, "zebra").object_id
    with pytest.raises(Refused, match="nothing left"):
        Operations(cache).edit_message(note_id, " \n")
