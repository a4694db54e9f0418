"""Whether something may be answered by a machine: two that answer each other would never end (RFC 3834)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnitui.desk.belonging.tokens import plain_address
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.store.reads import rules
from omnitui.store.reads.accounts import own_addresses
from omnitui.text.mail.headers import split_headers
from omnitui.text.mail.reports import is_no_person, wants_no_answer

if TYPE_CHECKING:
    import sqlite3

    from omnitui.ids import Ulid
    from omnitui.store.blobs import Blobs


def why_unanswered(db: sqlite3.Connection, blobs: Blobs, conversation_id: Ulid, message_id: Ulid | None) -> str:
    """Why nothing may be written to a customer without an agent; "" where it may.

    Args:
        db: Where it is looked up.
        blobs: Where the mails lie as they came.
        conversation_id: Where the reply would go.
        message_id: What came and set it off; the newest that came, where it was something else.
    """
    found = rules.answered(db, conversation_id, message_id)
    if found is None:
        return _("there is no conversation {id}").format(id=conversation_id)
    auto, raw, addresses = found
    if auto:
        return _("a machine wrote it")
    senders = {plain_address(one) for one in addresses}
    if senders & own_addresses(db):
        return _("it is our own address")
    if any(is_no_person(one) for one in senders if "@" in one):
        return _("nobody reads what is sent there")
    if raw:
        try:
            headers, _body = split_headers(blobs.get(raw))
        except (OmniError, OSError):
            return _("its headers cannot be read")
        if wants_no_answer(headers):
            return _("a machine wrote it, or it went to many")
    return ""
