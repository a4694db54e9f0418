"""No mail raises, hangs or is lost: CPython's own nasty files, generated and mutated mails, and known bombs."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.text.mail.parsing import ParsedMail, parse_mail
from omnitui.text.mail.wire import from_wire, to_wire
from tests.support.odd_mails import cpython_mails, generated, mutated

CPYTHON = cpython_mails()
SECONDS = 6.0
"""Processor time; the limit of the product is 2 s, and what is quadratic takes minutes."""


def seeds() -> list[bytes]:
    return [path.read_bytes() for path in CPYTHON]


def mails() -> Iterator[tuple[str, bytes]]:
    """Two thousand mails, the same in every run."""
    rng = random.Random(20_240_603)
    known = seeds()
    for number in range(2_000):
        raw = generated(rng)
        if known and number % 2:
            raw = rng.choice(known)
        if number % 4 != 0:
            raw = mutated(rng, raw)
        yield f"mail {number}", raw


def check(name: str, raw: bytes) -> ParsedMail:
    """Parse, and hold what is promised of any mail."""
    start = time.process_time()
    mail = parse_mail(raw)
    assert time.process_time() - start < SECONDS, name
    assert not any(defect.startswith("parser-") for defect in mail.defects), (name, mail.defects)
    assert from_wire(to_wire(mail)) == mail, name
    return mail


@pytest.mark.skipif(
    not CPYTHON, reason="needs CPython's own mails: apt-get install --no-install-recommends libpython3.11-testsuite"
)
def test_cpythons_own_mails_are_read() -> None:
    assert len(CPYTHON) >= 40
    for path in CPYTHON:
        mail = check(path.name, path.read_bytes())
        assert mail.text or mail.attachments or mail.subject or mail.from_ or path.stat().st_size < 300, path.name


def test_two_thousand_generated_and_mutated_mails_are_read() -> None:
    count = 0
    for name, raw in mails():
        check(name, raw)
        count += 1
    assert count == 2_000


NESTED = (
    b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(10_000)) + b"\ndeep"
)
ENCLOSED = b"Content-Type: message/rfc822\n\n" * 10_000 + b"deep"
BOMBS = {
    "addresses": b"To: " + b", ".join(b"u%d@example.com" % n for n in range(20_000)) + b"\n\ntext",
    "nested": NESTED,
    "enclosed": ENCLOSED,
    "parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 50_000,
    "charset": b"Content-Type: text/plain; charset=no-such\n\ntext \xff",
    "charset-codec": b"Content-Type: text/plain; charset=rot13\n\ntext \xff",
    "quote": b'From: "\n\ntext',
    "backslashes": b'From: "' + b"\\" * 100_000 + b"\n\n" + b"\\" * 100_000,
    "tags": b"Content-Type: text/html\n\n" + b"<div>" * 5_000 + b"text",
    "header": b"Subject: " + b"x" * 5_000_000 + b"\n\ntext",
    "headers": b"X: y\n" * 500_000 + b"\ntext",
    "folds": b"Subject: x\n" + b" y\n" * 300_000 + b"\ntext",
    "encoded-words": b"Subject: " + b"=?utf-8?Q?=E5?= " * 50_000 + b"\n\ntext",
    "parameters": b"Content-Type: text/plain" + b"; a*0*=b" * 50_000 + b"\n\ntext",
    "references": b"References: " + b"<a@b> " * 50_000 + b"\n\ntext",
    "boundaries": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--bb\n" * 500_000,
    "quotes": b"X: y\n\n" + b"> " * 500_000,
    "on": b"X: y\n\n" + b"On 1 May 2024, a <\n" * 100_000,
    "uu": b"X: y\n\n" + b"begin 644 x\n" * 100_000,
    "base64": b"Content-Transfer-Encoding: base64\n\n" + b"=" * 2_000_000,
    "date": b"Date: " + b"1 " * 30_000 + b"\n\ntext",
    "marks": b"Content-Type: text/plain; charset=utf-8\nSubject: x\n\n" + "a\u0316\u0301".encode() * 200_000,
    "newlines": b"X: y\n\n" + b"\n" * 2_000_000,
    "carriage": b"\r" * 1_000_000,
    "from": b"From x\n" * 200_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_takes_no_time(name: str) -> None:
    mail = check(name, BOMBS[name])
    assert mail.text or mail.attachments or mail.defects


def test_limits_are_told() -> None:
    assert "too-many-addresses" in parse_mail(BOMBS["addresses"]).defects
    assert "too-many-parts" in parse_mail(BOMBS["parts"]).defects
    assert "nested-too-deep" in parse_mail(BOMBS["nested"]).defects
    assert "header-too-large" in parse_mail(b"Subject: " + b"x" * 100_000 + b"\n\ntext").defects
    assert "headers-too-large" in parse_mail(BOMBS["header"]).defects
    assert parse_mail(BOMBS["header"]).text == "text"


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400)
    | st.text(max_size=200).map(lambda text: f"Subject: {text}\n\n{text}".encode("utf-8", "replace"))
)
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    check("any", raw)
