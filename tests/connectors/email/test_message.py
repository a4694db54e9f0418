"""Outgoing mail as bytes."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omnitui_email.message import MOST_REFERENCES, Unsendable, as_html, compose, recipients

from omnitui.sdk import MailLine, Outbound, OutboundFile, Verb

LINE = MailLine("<1@x.test>", "Support <us@x.test>", ("Kim <kim@y.test>",), date=1_750_000_000_000)
OP = Outbound("01J", Verb.REPLY, "key", "", "us@x.test", "email", "kim@y.test", "Hello.", "Re: Hi", mail=LINE)


def parsed(op: Outbound, line: MailLine) -> EmailMessage:
    return email.message_from_bytes(compose(op, line), policy=email.policy.default)


def test_the_same_op_always_gives_the_same_bytes() -> None:
    op = replace(OP, files=(OutboundFile("a.txt", "text/plain", b"x"),))
    assert compose(op, LINE) == compose(op, LINE)


@pytest.mark.parametrize(
    "op",
    [
        replace(OP, subject="Hi\r\nBcc: all@y.test"),
        replace(OP, subject="Hi\nthere"),
        replace(OP, subject="Hi\x00"),
        replace(OP, files=(OutboundFile('a"\r\nX-Evil: 1', "text/plain", b""),)),
    ],
)
def test_a_line_break_in_a_header_value_is_refused(op: Outbound) -> None:
    with pytest.raises(Unsendable, match="line break or control character"):
        compose(op, LINE)


@pytest.mark.parametrize(
    "changed",
    [
        {"to": ("kim@y.test\r\nBcc: all@y.test",)},
        {"to": ("kim",)},
        {"to": ("kim@y.test, lee@y.test",)},
        {"cc": ("<>",)},
        {"sender": "Evil\n <us@x.test>"},
        {"message_id": "<1@x.test>\r\nX: 1"},
        {"message_id": "no brackets"},
        {"reply_to": "a b@x.test"},
    ],
)
def test_what_is_no_address_or_id_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(Unsendable):
        compose(OP, replace(LINE, **changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(("auto", "said"), [(True, "auto-replied"), (False, None)])
def test_mail_that_no_person_wrote_says_so(auto: bool, said: str | None) -> None:
    assert parsed(OP, replace(LINE, auto=auto))["Auto-Submitted"] == said


def test_a_strangers_broken_message_id_is_not_repeated() -> None:
    line = replace(LINE, in_reply_to="<a b>\r\nX: 1", references=("<ok@y.test>", "junk", "<" + "x" * 999 + "@y>"))
    mail = parsed(OP, line)
    assert mail["In-Reply-To"] is None
    assert mail["References"] == "<ok@y.test>"
    assert mail["X"] is None


def test_references_keep_the_first_and_the_newest() -> None:
    ids = tuple(f"<{number}@y.test>" for number in range(50))
    kept = parsed(OP, replace(LINE, references=ids, in_reply_to="<49@y.test>"))["References"].split()
    assert len(kept) == MOST_REFERENCES
    assert (kept[0], kept[-1]) == ("<0@y.test>", "<49@y.test>")


def test_names_in_any_script_come_back_as_they_were() -> None:
    line = replace(LINE, sender="山田 太郎 <us@x.test>", to=('"Lee, \\"Kim\\"" <kim@y.test>', "用户@例え.test"))
    raw = compose(OP, line)
    assert b"Bcc" not in raw
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["From"].addresses[0].display_name == "山田 太郎"
    assert mail["To"].addresses[0].display_name == 'Lee, "Kim"'
    assert "xn--r8jz45g.test" in str(mail["To"])


def test_files_keep_their_names_and_bytes() -> None:
    files = (
        OutboundFile("請求書 2025年5月.pdf", "application/pdf", bytes(range(256))),
        OutboundFile("log.txt", "text/plain", b"a\nb\r\nc\x80"),
        OutboundFile("mail.eml", "message/rfc822", b"From: x\n\n.\n"),
        OutboundFile("../../etc/passwd", "nonsense", b"x"),
    )
    found = [
        (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
        for part in parsed(replace(OP, files=files), LINE).iter_attachments()
    ]
    assert found == [
        (files[0].name, "application/pdf", files[0].data),
        ("log.txt", "text/plain", files[1].data),
        ("mail.eml", "application/octet-stream", files[2].data),
        (".._.._etc_passwd", "application/octet-stream", b"x"),
    ]


def test_nothing_in_a_mail_says_that_it_is_automatic_and_hidden_recipients_stay_hidden() -> None:
    line = replace(LINE, bcc=("hidden@y.test",))
    raw = compose(OP, line)
    assert b"hidden" not in raw
    assert b"auto-submitted" not in raw.lower()
    assert recipients(line) == ("kim@y.test", "hidden@y.test")


def test_html_is_escaped_and_links_lead_where_they_say() -> None:
    page = as_html("<b>5 < 6</b> & more\n\nsee https://example.com/?a=1&b=2, or https://例え.test/道。")
    assert "<p>&lt;b&gt;5 &lt; 6&lt;/b&gt; &amp; more</p>" in page
    assert '<a href="https://example.com/?a=1&amp;b=2">https://example.com/?a=1&amp;b=2</a>,' in page
    assert ">https://例え.test/道</a>。" in page


@given(
    subject=st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200),
    text=st.text(st.characters(blacklist_categories=["Cs"]), max_size=500),
)
def test_any_text_arrives_and_no_line_is_too_long(subject: str, text: str) -> None:
    raw = compose(replace(OP, subject=subject, text=text), LINE)
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    head = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    names = [line.partition(b":")[0] for line in head if line[:1] not in (b" ", b"\t")]
    assert len(names) == len(set(names))
    body = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain",))
    assert body is not None
    payload = body.get_payload(decode=True)
    assert isinstance(payload, bytes)
    got = payload.decode().replace("\r\n", "\n")
    want = text.replace("\r\n", "\n").replace("\r", "\n")
    for end in "\x85\u2028\u2029":
        want = want.replace(end, "\n")
    assert got.rstrip("\n") == want.rstrip("\n")
