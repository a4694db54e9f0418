"""What a channel takes beside files is refused before anything is written down."""

from __future__ import annotations

import pytest

from omnitui.errors import Refused
from omnitui.sdk import Capabilities, Idempotency
from omnitui.services.acting.outgoing import checked_length

WHATSAPP = Capabilities(Idempotency.UNKNOWABLE, text_limit=20, attachments=True, most_files=1, beside_files=5)
MESSENGER = Capabilities(Idempotency.UNKNOWABLE, text_limit=20, attachments=True, most_files=1, beside_files=0)
MAIL = Capabilities(Idempotency.FINDABLE, attachments=True)


@pytest.mark.parametrize(
    ("able", "text", "files"),
    [(WHATSAPP, "x" * 20, 0), (WHATSAPP, "x" * 5, 1), (MESSENGER, "", 1), (MESSENGER, "hi", 0), (MAIL, "x" * 999, 30)],
)
def test_message_within_the_limits_passes(able: Capabilities, text: str, files: int) -> None:
    assert checked_length(text, able, files) == text


@pytest.mark.parametrize(
    ("able", "text", "files", "words"),
    [
        (WHATSAPP, "x" * 21, 0, "21 of 20"),
        (WHATSAPP, "x" * 6, 1, "6 of 5"),
        (WHATSAPP, "", 2, "takes 1 file in a message"),
        (MESSENGER, "hi", 1, "no text stands beside a file"),
    ],
)
def test_message_over_the_limits_is_refused_and_says_why(able: Capabilities, text: str, files: int, words: str) -> None:
    with pytest.raises(Refused, match=words):
        checked_length(text, able, files)
