"""A conversation as programs of the user's get it: the object that `omnitui show --json` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from omnitui.errors import NotFound
from omnitui.i18n import _
from omnitui.services.exchange import records
from omnitui.store.reads import history, inbox

if TYPE_CHECKING:
    import sqlite3

    from omnitui.ids import Ulid
    from omnitui.model.conversations import Message

_PAGE: Final = 200


def transcript_json(db: sqlite3.Connection, conversation_id: Ulid) -> str:
    """A conversation with all its messages, oldest first, on one line.

    Raises:
        NotFound: It has gone.
    """
    found = inbox.conversation(db, conversation_id)
    if found is None:
        raise NotFound(_("there is no conversation {id}").format(id=conversation_id))
    fields = records.transcript(found, inbox.ref(db, conversation_id), _messages(db, conversation_id))
    return records.to_json("conversation", fields) + "\n"


def _messages(db: sqlite3.Connection, conversation_id: Ulid) -> Iterator[Message]:
    after: tuple[int, str] | None = (-1, "")
    while after is not None:
        page = history.page(db, conversation_id, after=after, limit=_PAGE)
        yield from page
        after = (page[-1].received_at, page[-1].id) if len(page) == _PAGE else None
