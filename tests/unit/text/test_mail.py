"""Mails of every kind, well and badly made, are read whole."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

import pytest

from omnitui.text.mail.parsing import Address, ParsedMail, parse_date, parse_mail, unparsed


def a_mail(*headers: str, body: str | bytes = "Hello\r\n") -> bytes:
    """A mail with a From and a Date, `headers` and `body`."""
    lines = ["From: Anna <anna@example.com>", "Date: Mon, 03 Jun 2024 10:15:00 +0900", *headers]
    raw = "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n"
    return raw + (body if isinstance(body, bytes) else body.replace("\n", "\r\n").replace("\r\r", "\r").encode())


def a_multipart(kind: str, parts: Iterable[str], *headers: str) -> bytes:
    """A multipart mail; each part is its headers, a blank line and its body."""
    body = "".join(f"--BB\n{part}\n" for part in parts) + "--BB--\n"
    return a_mail(f'Content-Type: multipart/{kind}; boundary="BB"', *headers, body=body)


def test_plain_mail_is_read() -> None:
    mail = parse_mail(
        a_mail(
            "Message-ID: <1@x>",
            "In-Reply-To: <0@x>",
            "References: <a@x>\r\n <0@x>",
            "Subject: =?ISO-2022-JP?B?GyRCQ21KOCRON28bKEI=?=",
            "To: =?utf-8?B?5bGx55Sw?= <y@x.jp>, b@c.d",
            "Reply-To: r@x.y",
            "List-Id: News <news.example.com>",
        ),
        received_at=5,
    )
    assert mail.message_id == "<1@x>"
    assert mail.in_reply_to == ("<0@x>",)
    assert mail.references == ("<a@x>", "<0@x>")
    assert mail.subject == "注文の件"
    assert mail.from_ == (Address("Anna", "anna@example.com"),)
    assert mail.to == (Address("山田", "y@x.jp"), Address("", "b@c.d"))
    assert mail.reply_to == (Address("", "r@x.y"),)
    assert (mail.date, mail.received_at) == (1_717_377_300_000, 5)
    assert (mail.text, mail.reply_text) == ("Hello", "Hello")
    assert (mail.attachments, mail.auto_reply, mail.bounce, mail.defects) == ((), False, None, ())


def test_alternative_gives_the_plain_text_and_keeps_the_html() -> None:
    mail = parse_mail(
        a_multipart("alternative", ["Content-Type: text/plain\n\nplain", "Content-Type: text/html\n\n<b>rich</b>"])
    )
    assert (mail.text, mail.html, mail.attachments) == ("plain", "<b>rich</b>", ())


def test_alternative_with_a_stub_gives_the_html() -> None:
    rich = "<p>" + "The order has been shipped today. " * 10 + "</p>"
    stub = "Please view this mail in an HTML capable program."
    mail = parse_mail(a_multipart("alternative", [f"\n{stub}", f"Content-Type: text/html\n\n{rich}"]))
    assert mail.text.startswith("The order has been shipped")


def test_attachments_are_listed_with_decoded_size_and_digest() -> None:
    data = bytes(range(256)) * 10
    encoded = base64.encodebytes(data).decode()
    part = (
        "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n"
        "Content-Disposition: attachment; filename*=utf-8''%E8%AB%8B%E6%B1%82%E6%9B%B8.pdf\n\n" + encoded
    )
    mail = parse_mail(a_multipart("mixed", ["Content-Type: text/plain\n\nsee", part]), with_content=True)
    (found,) = mail.attachments
    assert (found.name, found.media_type, found.size) == ("請求書.pdf", "application/pdf", 2560)
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert found.content == data
    assert mail.text == "see"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="a.txt"', "a.txt"),
        ("attachment; filename=two words.txt", "two words.txt"),
        ('attachment; filename="=?ISO-2022-JP?B?GyRCQ21KOBsoQi50eHQ=?="', "注文.txt"),
        ("attachment; filename*0*=utf-8''%E6%B3%A8; filename*1*=%E6%96%87; filename*2=.txt", "注文.txt"),
        ("attachment; filename*0=long; filename*1=name.txt", "longname.txt"),
        ("attachment; filename*=%E6%B3%A8.txt", "注.txt"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\dir\\\\evil.exe"', "evil.exe"),
        ('attachment; filename="a\u202egnp.exe"', "agnp.exe"),
        ('attachment; filename="con.txt"', "_con.txt"),
        ('attachment; filename="..."', "attachment.bin"),
        ('attachment; filename="注文.txt"', "注文.txt"),
    ],
)
def test_file_names_are_decoded_and_harmless(header: str, name: str) -> None:
    mail = parse_mail(a_multipart("mixed", [f"Content-Disposition: {header}\n\nx"]))
    assert [part.name for part in mail.attachments] == [name]


def test_embedded_picture_is_marked_inline() -> None:
    html = "Content-Type: text/html\n\n<p>hi<img src=cid:p1 alt=Logo></p>"
    picture = "Content-Type: image/png\nContent-ID: <p1>\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo="
    (found,) = parse_mail(a_multipart("related", [html, picture])).attachments
    assert (found.name, found.content_id, found.inline) == ("attachment-1.png", "p1", True)


def test_enclosed_mail_is_an_attachment_and_not_merged() -> None:
    inner = "Content-Type: message/rfc822\n\nSubject: inner matter\n\ninner text"
    mail = parse_mail(a_multipart("mixed", ["\nouter text", inner]))
    assert mail.text == "outer text"
    assert [(part.name, part.media_type) for part in mail.attachments] == [("inner matter.eml", "message/rfc822")]


def test_signed_and_encrypted_mails_are_told() -> None:
    signed = parse_mail(a_multipart("signed", ["\nsigned text", "Content-Type: application/pgp-signature\n\nxx"]))
    assert (signed.text, signed.defects) == ("signed text", ("signed",))
    assert [part.name for part in signed.attachments] == ["signature.asc"] or signed.attachments[0].name.endswith(
        ".asc"
    )
    secret = "Content-Type: application/octet-stream\n\nxx"
    assert (
        "encrypted"
        in parse_mail(a_multipart("encrypted", ["Content-Type: application/pgp-encrypted\n\nv", secret])).defects
    )


def test_flowed_text_is_joined_and_quotes_kept_apart() -> None:
    body = "One line that \nflows on.\n> quoted that \n> flows too\n-- \nAnna\n"
    mail = parse_mail(a_mail("Content-Type: text/plain; format=flowed", body=body))
    assert mail.text.split("\n")[:2] == ["One line that flows on.", "> quoted that flows too"]
    assert mail.signature == "--\nAnna"


def test_flowed_japanese_with_delsp_has_no_spaces_between() -> None:
    mail = parse_mail(
        a_mail("Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes", body="注文の \n件です\n")
    )
    assert mail.text == "注文の件です"


def test_uuencoded_file_in_the_text_is_an_attachment() -> None:
    body = "See below\n\nbegin 644 cat.txt\n#0V%T\n`\nend\n\nBye\n"
    mail = parse_mail(a_mail(body=body), with_content=True)
    assert [(part.name, part.content) for part in mail.attachments] == [("cat.txt", b"Cat")]
    assert mail.text.split() == ["See", "below", "Bye"]


def test_iso2022jp_body_with_vendor_characters_is_read() -> None:
    mail = parse_mail(a_mail("Content-Type: text/plain; charset=ISO-2022-JP", body=b"\x1b$B-!-j\x1b(B\r\n"))
    assert (mail.text, mail.defects) == ("①㈱", ())


def test_boundary_that_the_header_lacks_is_found() -> None:
    raw = a_mail("Content-Type: multipart/mixed", body="--XX\nContent-Type: text/plain\n\nhere\n--XX--\n")
    mail = parse_mail(raw)
    assert mail.text == "here"
    assert mail.defects == ("boundary-missing",)


def test_body_without_separator_is_not_lost() -> None:
    mail = parse_mail(b"Subject: x\nno separator here\nand more")
    assert mail.subject == "x"
    assert mail.text == "no separator here\nand more"
    assert "header-body-separator" in mail.defects


def test_garbage_is_shown_raw() -> None:
    assert parse_mail(b"").text == ""
    assert "no header at all" in parse_mail(b"no header at all").text
    assert unparsed(b"raw\r\ntext", defect="timeout") == ParsedMail(
        text="raw\ntext", reply_text="raw\ntext", defects=("timeout",)
    )


@pytest.mark.parametrize(
    ("value", "millis"),
    [
        ("Mon, 03 Jun 2024 10:15:00 +0900", 1_717_377_300_000),
        ("3 Jun 2024 01:15:00 GMT", 1_717_377_300_000),
        ("Mon, 3 Jun 2024 01:15 +0000 (UTC)", 1_717_377_300_000),
        ("2024-06-03T10:15:00+09:00", 1_717_377_300_000),
        ("Mon, 03 Jun 2024 10:15:60 +0900", 1_717_377_359_000),
        ("Mon, 99 Foo 2024", None),
        ("yesterday", None),
        ("", None),
        ("Mon, 03 Jun 99999 10:15:00 +0900", None),
        ("Sat, 01 Jan 1900 00:00:00 +0000", None),
    ],
)
def test_dates_are_utc_milliseconds_or_none(value: str, millis: int | None) -> None:
    assert parse_date(value) == millis
