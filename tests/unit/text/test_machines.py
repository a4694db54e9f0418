"""Which mails no machine may answer, by their headers and by who sent them."""

from __future__ import annotations

import pytest

from omnitui.text.mail.headers import split_headers
from omnitui.text.mail.reports import is_no_person, wants_no_answer

PLAIN = b"From: Ann <ann@example.com>\r\nSubject: Order 7\r\nMessage-ID: <a@b>\r\n"


@pytest.mark.parametrize(
    "header",
    [
        b"Auto-Submitted: auto-generated",
        b"Auto-Submitted: auto-replied (vacation)",
        b"Precedence: bulk",
        b"Precedence: List",
        b"Precedence: junk",
        b"List-Id: <talk.example.com>",
        b"List-Unsubscribe: <mailto:out@example.com>",
        b"Return-Path: <>",
        b"X-Auto-Response-Suppress: All",
        b"Feedback-ID: 1:2:3",
        b"X-Autoreply: yes",
    ],
)
def test_a_mail_of_a_machine_or_to_many_wants_no_answer(header: bytes) -> None:
    assert wants_no_answer(split_headers(PLAIN + header + b"\r\n\r\nhi")[0])


@pytest.mark.parametrize(
    "header", [b"", b"Auto-Submitted: no\r\n", b"Precedence: first-class\r\n", b"List: of things\r\n"]
)
def test_a_mail_of_a_person_may_be_answered(header: bytes) -> None:
    assert not wants_no_answer(split_headers(PLAIN + header + b"\r\nhi")[0])


@pytest.mark.parametrize(
    ("address", "nobody"),
    [
        ("no-reply@example.com", True),
        ("DoNotReply@example.com", True),
        ("MAILER-DAEMON@mx.example.com", True),
        ("bounces+ann=example.com@list.example.com", True),
        ("talk-request@example.com", True),
        ("ann@example.com", False),
        ("noreen@example.com", False),
        ("reply@example.com", False),
    ],
)
def test_an_address_behind_which_nobody_reads_is_known(address: str, nobody: bool) -> None:
    assert is_no_person(address) is nobody
