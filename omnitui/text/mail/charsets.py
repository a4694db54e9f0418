"""Bytes to text with the charsets of real mail, where the label is often wrong.

Labels are mapped to the codec that the sending programs mean (Shift_JIS is code page 932, GB2312 is GB 18030, Latin-1
is Windows-1252); only names in our table are ever looked up. Nothing here raises.
"""

from __future__ import annotations

import re
from typing import Final

from omnitui.text.mail.jis import decode_iso2022jp

_CODECS: Final = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "cp819": "cp1252",
    "ansi": "cp1252",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "cesu-8": "utf-8",
    "utf8mb4": "utf-8",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "unicode": "utf-16",
    "utf-7": "utf-7",
    "unicode-1-1-utf-7": "utf-7",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "shiftjis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "ms_kanji": "cp932",
    "ms932": "cp932",
    "cp932": "cp932",
    "windows-31j": "cp932",
    "csshiftjis": "cp932",
    "shift_jis-2004": "shift_jis_2004",
    "euc-jp": "euc_jp",
    "eucjp": "euc_jp",
    "euc_jp": "euc_jp",
    "x-euc-jp": "euc_jp",
    "ujis": "euc_jp",
    "cp51932": "euc_jp",
    "eucjp-ms": "euc_jp",
    "iso-2022-jp": "iso-2022-jp",
    "iso2022jp": "iso-2022-jp",
    "iso2022-jp": "iso-2022-jp",
    "iso_2022_jp": "iso-2022-jp",
    "iso-2022-jp-1": "iso-2022-jp",
    "iso-2022-jp-2": "iso-2022-jp",
    "iso-2022-jp-3": "iso-2022-jp",
    "iso-2022-jp-2004": "iso-2022-jp",
    "iso-2022-jp-ext": "iso-2022-jp",
    "iso-2022-jp-ms": "iso-2022-jp",
    "cp50220": "iso-2022-jp",
    "cp50221": "iso-2022-jp",
    "cp50222": "iso-2022-jp",
    "csiso2022jp": "iso-2022-jp",
    "jis": "iso-2022-jp",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gb2312": "gb18030",
    "euc-cn": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "gb18030": "gb18030",
    "hz-gb-2312": "hz",
    "hz": "hz",
    "big5": "cp950",
    "big-5": "cp950",
    "cp950": "cp950",
    "x-big5": "cp950",
    "big5-hkscs": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "ksc_5601": "cp949",
    "euc-kr": "cp949",
    "euckr": "cp949",
    "cp949": "cp949",
    "uhc": "cp949",
    "iso-2022-kr": "iso2022_kr",
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
    "koi8": "koi8_r",
    "tis-620": "cp874",
    "iso-8859-11": "cp874",
    "cp874": "cp874",
    "macintosh": "mac_roman",
    "mac": "mac_roman",
    "x-mac-roman": "mac_roman",
    "x-mac-japanese": "cp932",
    "cp437": "cp437",
    "cp850": "cp850",
    "cp852": "cp852",
    "cp866": "cp866",
    "ibm437": "cp437",
    "ibm850": "cp850",
    "ibm866": "cp866",
    "cp858": "cp858",
}
_CODECS.update({f"iso-8859-{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)})
_CODECS.update({f"iso8859-{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)})
_CODECS.update(
    {"iso-8859-9": "cp1254", "iso8859-9": "cp1254", "iso-8859-8-i": "iso8859_8", "iso-8859-6-i": "iso8859_6"}
)
_CODECS.update(
    {f"{prefix}{n}": f"cp{n}" for n in range(1250, 1259) for prefix in ("windows-", "cp", "cp-", "x-cp", "win-")}
)

_UNDECLARED: Final = frozenset(
    (
        "",
        "unknown-8bit",
        "unknown",
        "x-unknown",
        "x-user-defined",
        "8bit",
        "7bit",
        "binary",
        "default",
        "none",
        "_iso-2022-jp$esc",
    )
)
_SINGLE_BYTE: Final = re.compile(r"cp12|iso8859|cp4|cp8|koi8|mac_")
_ESCAPES = re.compile(rb"\x1b(?:\$[@B]|\$\([@BDOPQ]|\([BJI])")
_CP1252_HOLES = re.compile(b"[\x81\x8d\x8f\x90\x9d]")


def codec_of(label: str) -> str | None:
    """The codec that programs mean by `label`, or None if it is not in our table."""
    name = label.strip(" \t\r\n\"'").lower().replace(" ", "")
    return _CODECS.get(name) or _CODECS.get(name.replace("_", "-"))


def decode(raw: bytes, declared: str = "") -> tuple[str, tuple[str, ...]]:
    """Decode a body or header.

    Args:
        raw: The bytes.
        declared: The charset label of the part; "" when there is none.

    Returns:
        The text, and defects: of "charset-unknown", "charset-undeclared", "charset-mismatch", "charset-undecodable".
    """
    label = declared.strip(" \t\r\n\"'").lower()
    codec = codec_of(label)
    if _ESCAPES.search(raw) and (codec is None or codec in ("iso-2022-jp", "cp1252", "utf-8", "cp932", "euc_jp")):
        text = decode_iso2022jp(raw)
        clean = codec == "iso-2022-jp" or not raw.strip()
        return text, () if clean and "\ufffd" not in text else ("charset-mismatch",) if not clean else (
            "charset-undecodable",
        )
    if raw.isascii() and codec not in ("utf-7", "utf-16", "utf-16-le", "utf-16-be", "hz", "iso2022_kr"):
        unknown = codec is None and label not in _UNDECLARED
        return raw.decode("ascii"), ("charset-unknown",) if unknown else ()
    if (marked := _by_mark(raw, codec)) is not None:
        return marked, ()
    if codec is None:
        defect = "charset-undeclared" if label in _UNDECLARED else "charset-unknown"
        return guess(raw), (defect,)
    if codec == "utf-7":
        return _utf7(raw)
    if codec == "iso-2022-jp":  # eight-bit bytes under a seven-bit label
        return guess(raw, japanese=True), ("charset-mismatch",)
    if codec != "utf-8" and not codec.startswith("utf-16") and (utf8 := _utf8_by_evidence(raw, codec)) is not None:
        return utf8, ("charset-mismatch",)
    if (strict := _strict(raw, codec)) is not None:
        mislabelled = label in ("ascii", "us-ascii", "ansi_x3.4-1968")
        if mislabelled:
            return guess(raw), ("charset-mismatch",)
        return strict, ()
    if codec == "euc_jp":
        text = _eucjp(raw)
        if "\ufffd" not in text:
            return text, ()
    if codec == "cp1252":
        return guess(raw), ("charset-mismatch",)
    return _best_effort(raw, codec)


def _by_mark(raw: bytes, codec: str | None) -> str | None:
    """The text if it begins with a byte order mark that its label does not contradict."""
    if raw.startswith(b"\xef\xbb\xbf"):
        return _strict(raw, "utf-8-sig")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) and (codec is None or codec.startswith("utf-")):
        return _strict(raw, "utf-16")
    return None


def _best_effort(raw: bytes, codec: str) -> tuple[str, tuple[str, ...]]:
    lenient = _eucjp(raw) if codec == "euc_jp" else _lenient(raw, codec)
    broken = lenient.count("\ufffd")
    if broken * 50 < len(lenient):  # a few bad bytes in a text that otherwise fits its label
        return lenient, ("charset-undecodable",)
    other = guess(raw, japanese=codec in ("cp932", "euc_jp"))
    if other.count("\ufffd") * 2 < broken:
        return other, ("charset-mismatch",)
    return lenient, ("charset-undecodable",)


def _strict(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None


def _lenient(raw: bytes, codec: str) -> str:
    try:
        return raw.decode(codec, "replace")
    except (UnicodeError, LookupError, ValueError):
        return raw.decode("latin-1")


def _utf8_by_evidence(raw: bytes, codec: str) -> str | None:
    """UTF-8 under another label: only when the bytes are valid and would be very unlikely text in that charset."""
    text = _strict(raw, "utf-8")
    if text is None:
        return None
    if _SINGLE_BYTE.match(codec):
        return text
    own = _strict(raw, codec)
    if own is None:
        return text
    # Short runs of a double-byte charset can be valid UTF-8 by chance; three-byte sequences hardly ever are.
    wide = sum(1 for char in text if char > "\u07ff")
    return text if wide >= 2 and _plausible(text, "utf-8") > _plausible(own, codec) else None


def _utf7(raw: bytes) -> tuple[str, tuple[str, ...]]:
    text = _strict(raw, "utf-7")
    if text is None:
        return raw.decode("latin-1"), ("charset-undecodable",)
    return text, ("charset-utf7",)


_CJK = re.compile("[\u3000-\u30ff\u4e00-\u9fff\uff00-\uff60]")
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_RARE = re.compile("[\u0080-\u009f\ue000-\uf8ff\ufffd\u2500-\u257f]")
_KANA = re.compile("[\u3041-\u3093\u30a1-\u30f6]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_HAN = re.compile("[\u4e00-\u9fff]")
# Lead bytes of the rows that hold a charset's everyday characters.
_EVERYDAY: Final = {"cp932": (0x88, 0x98), "euc_jp": (0xB0, 0xCF), "gb18030": (0xB0, 0xD7), "cp950": (0xA4, 0xC6)}
_SAMPLE: Final = 2_000


def _plausible(text: str, codec: str) -> float:
    """How much `text` looks like written language; only for comparing decodings of the same bytes."""
    sample = text[:_SAMPLE]
    han = _HAN.findall(sample)
    # Extended syllables (code page 949 beyond KS X 1001) are hardly ever written.
    hangul = sum(1 if len(char.encode("euc_kr", "replace")) == 2 else -2 for char in _HANGUL.findall(sample))
    good = len(_CJK.findall(sample)) - len(han) + 2 * len(_KANA.findall(sample)) + 2 * hangul
    if (rows := _EVERYDAY.get(codec)) is None:
        good += len(han) if hangul <= 0 else -3 * len(han)
    else:
        everyday = sum(rows[0] <= char.encode(codec, "replace")[0] <= rows[1] for char in han)
        good += everyday - 2 * (len(han) - everyday)
    bad = 3 * len(_RARE.findall(sample)) + 2 * len(_HALF_KANA.findall(sample))
    if codec == "gb18030" or codec == "cp950":
        bad += 3 * abs(hangul)
    return (good - bad) / max(len(sample), 1)


def guess(raw: bytes, *, japanese: bool = False) -> str:
    """Decode bytes without a usable label: UTF-8 if valid, else what reads best of the East Asian sets, else Latin.

    Args:
        raw: The bytes.
        japanese: A label says at least the language.
    """
    if _ESCAPES.search(raw):
        return decode_iso2022jp(raw)
    if (text := _strict(raw, "utf-8")) is not None:
        return text
    high = sum(byte > 0x7F for byte in raw[:_SAMPLE])
    best, score = "", 0.0 if japanese else 0.3
    if high >= 4 or japanese:
        for codec in ("cp932", "euc_jp") if japanese else ("cp932", "euc_jp", "gb18030", "cp949", "cp950"):
            candidate = _eucjp_strict(raw) if codec == "euc_jp" else _strict(raw, codec)
            if candidate is None:
                continue
            value = _plausible(candidate, codec) * len(candidate[:_SAMPLE]) / max(high, 1)
            if codec in ("cp932", "euc_jp") and not japanese and not _KANA.search(candidate):
                value *= 0.75
            if value > score:
                best, score = candidate, value
    if best:
        return best
    if (valid := raw.decode("utf-8", "replace")).count("\ufffd") * 20 < high:
        return valid  # UTF-8 with a few broken bytes
    return raw.decode("latin-1") if _CP1252_HOLES.search(raw) else raw.decode("cp1252")


# What code page 51932 adds to EUC-JP, by way of the same rows in code page 932.
_EUC_PAIR = re.compile(rb"\x8f[\xa1-\xfe]{2}|[\xad\xf9-\xfc][\xa1-\xfe]")


def _euc_extra(match: re.Match[bytes]) -> bytes:
    pair = match[0]
    if len(pair) == 3:
        return pair
    row, cell = pair[0] - 0xA0, pair[1] - 0xA0
    lead = (row - 1) // 2 + 0x81
    lead = lead + 0x40 if lead > 0x9F else lead
    trail = cell + (0x9E if row % 2 == 0 else 0x3F if cell <= 63 else 0x40)
    return b"\x00S" + bytes((lead, trail))


def _eucjp_strict(raw: bytes) -> str | None:
    text = _eucjp(raw)
    return None if "\ufffd" in text else text


def _eucjp(raw: bytes) -> str:
    strict = _strict(raw, "euc_jp")
    if strict is not None:
        return strict
    parts: list[str] = []
    at = 0
    size = len(raw)
    begin = 0
    while at < size:
        byte = raw[at]
        step = 1 if byte < 0x80 else 3 if byte == 0x8F else 2
        if byte in (0xAD, 0xF9, 0xFA, 0xFB, 0xFC) and at + 1 < size and 0xA1 <= raw[at + 1] <= 0xFE:
            parts.append(raw[begin:at].decode("euc_jp", "replace"))
            parts.append(_euc_extra_text(raw[at : at + 2]))
            at += 2
            begin = at
            continue
        at += step
    parts.append(raw[begin:].decode("euc_jp", "replace"))
    return "".join(parts)


def _euc_extra_text(pair: bytes) -> str:
    match = _EUC_PAIR.match(pair)
    return _euc_extra(match)[2:].decode("cp932", "replace") if match else "\ufffd"
