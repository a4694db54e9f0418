"""Messages as the rows of a spreadsheet, in which no text of a stranger is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

from omnitui.clock import rfc3339
from omnitui.model.conversations import Conversation, Message

COLUMNS: Final = (
    *("conversation", "channel", "account", "contact", "subject", "status", "priority", "assignee", "labels"),
    *("message", "direction", "kind", "state", "author", "sent_at", "text", "attachments"),
)
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")
"""What a cell begins with that a spreadsheet calculates; the wide signs are taken for the narrow ones in Japan."""


def rows(conversation: Conversation, messages: Iterable[Message]) -> bytes:
    """A conversation's messages as lines of CSV (RFC 4180, UTF-8), a message a line, in the order of `COLUMNS`."""
    about = (
        conversation.id,
        conversation.channel,
        conversation.account,
        conversation.contact,
        conversation.subject,
        conversation.status.value,
        conversation.priority.value,
        conversation.assignee or "",
        " ".join(conversation.labels),
    )
    return _lines(
        (
            *about,
            message.id,
            message.direction.value,
            message.kind.value,
            message.state.value if message.state else "",
            message.author,
            rfc3339(message.sent_at),
            message.text,
            ", ".join(file.name for file in message.attachments),
        )
        for message in messages
    )


def head() -> bytes:
    """The first line, with the mark by which spreadsheets know UTF-8."""
    return b"\xef\xbb\xbf" + _lines([COLUMNS])


def guarded(cell: str) -> str:
    """A text that stays a text: an apostrophe before what would be calculated, as OWASP advises on CSV injection."""
    return f"'{cell}" if cell.lstrip(" \u3000\0").startswith(_FORMULA) else cell


def _lines(given: Iterable[Iterable[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(
        [guarded(cell) for cell in row] for row in given
    )
    return out.getvalue().encode("utf-8", "replace")
