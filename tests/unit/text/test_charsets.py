"""Charsets as they are in the wild, right and wrong labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.text.mail.charsets import decode
from omnitui.text.mail.jis import decode_iso2022jp

JAPANESE = "お世話になっております。注文の件です。"


@pytest.mark.parametrize(
    ("raw", "label", "text", "defects"),
    [
        (b"\x1b$B-!-j\x1b(B", "iso-2022-jp", "①㈱", ()),
        (b"\x1b(IC8@]\x1b(B!", "ISO-2022-JP", "ﾃｸﾀﾝ!", ()),
        (b"\x1b$B$3$s\r\nok", "iso-2022-jp", "こん\r\nok", ()),
        (JAPANESE.encode("iso-2022-jp"), "", JAPANESE, ("charset-mismatch",)),
        ("①㈱髙﨑～".encode("cp932"), "Shift_JIS", "①㈱髙﨑～", ()),
        (b"\xad\xa1\xad\xea", "euc-jp", "①㈱", ()),
        (JAPANESE.encode("euc_jp"), "x-euc-jp", JAPANESE, ()),
        ("镕".encode("gbk"), "gb2312", "镕", ()),
        ("똠방각하".encode("cp949"), "ks_c_5601-1987", "똠방각하", ()),
        (b"\x93quoted\x94", "iso-8859-1", "“quoted”", ()),
        (JAPANESE.encode(), "us-ascii", JAPANESE, ("charset-mismatch",)),
        (JAPANESE.encode(), "shift_jis", JAPANESE, ("charset-mismatch",)),
        ("naïve café".encode(), "iso-8859-1", "naïve café", ("charset-mismatch",)),
        (JAPANESE.encode("cp932"), "utf-8", JAPANESE, ("charset-mismatch",)),
        (JAPANESE.encode("cp932"), "iso-8859-1", JAPANESE, ("charset-mismatch",)),
        (JAPANESE.encode("cp932"), "iso-2022-jp", JAPANESE, ("charset-mismatch",)),
        (JAPANESE.encode("euc_jp"), "", JAPANESE, ("charset-undeclared",)),
        ("您好，请问有什么可以帮您".encode("gbk"), "unknown-8bit", "您好，请问有什么可以帮您", ("charset-undeclared",)),
        ("안녕하세요 문의드립니다".encode("cp949"), "", "안녕하세요 문의드립니다", ("charset-undeclared",)),
        ("Größe und Übermut".encode("latin-1"), "", "Größe und Übermut", ("charset-undeclared",)),
        (b"plain", "x-no-such-charset", "plain", ("charset-unknown",)),
        (b"plain", "idna", "plain", ("charset-unknown",)),
        (b"\xef\xbb\xbfbom", "utf-8", "bom", ()),
        ("пример".encode("koi8-r"), "koi8-r", "пример", ()),
    ],
)
def test_decode_reads_what_was_meant(raw: bytes, label: str, text: str, defects: tuple[str, ...]) -> None:
    assert decode(raw, label) == (text, defects)


def test_decode_keeps_what_is_readable_of_broken_bytes() -> None:
    text, defects = decode("日本語".encode() * 40 + b"\xff", "utf-8")
    assert text.startswith("日本語")
    assert defects == ("charset-undecodable",)


@given(
    st.binary(max_size=200), st.sampled_from(["", "utf-8", "iso-2022-jp", "euc-jp", "utf-7", "hz", "utf-16", "\udc80"])
)
def test_decode_never_raises(raw: bytes, label: str) -> None:
    assert isinstance(decode(raw, label)[0], str)


@given(st.binary(max_size=100))
def test_iso2022jp_never_raises(raw: bytes) -> None:
    assert isinstance(decode_iso2022jp(b"\x1b$B" + raw), str)


@given(st.text(alphabet="お世話になっております。注文の件abcｱ ", max_size=60).map(lambda text: text.replace("ｱ", "ア")))
def test_iso2022jp_reads_what_python_writes(text: str) -> None:
    assert decode_iso2022jp(text.encode("iso-2022-jp")) == text
