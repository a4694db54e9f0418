"""ISO-2022-JP as mail programs write it: NEC and IBM characters (①㈱髙), half-width kana, lost escapes.

Each double-byte character is moved into code page 932, whose table has the vendors' rows that the standard lacks;
JIS X 0212 and 0213 go through Python's own codecs.
"""

from __future__ import annotations

import re
from typing import Final

_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\([@BDOPQ]|\([BJIH]|\$A|\.[AF])|(\x0e|\x0f)")
_LINE_END = re.compile(rb"[\r\n]")

_ASCII: Final = 0
_KANJI: Final = 1
_KANA: Final = 2
_SUPPLEMENT: Final = 3
_PLANE: Final = 4
_MODES: Final = {b"(B": _ASCII, b"(J": _ASCII, b"(H": _ASCII, b"(I": _KANA, b"$@": _KANJI, b"$B": _KANJI}


def decode_iso2022jp(raw: bytes) -> str:
    """Decode; what cannot be decoded becomes U+FFFD. Never raises."""
    parts: list[str] = []
    mode = _ASCII
    escape = b""
    at = 0
    for match in _ESCAPE.finditer(raw):
        _append(parts, raw[at : match.start()], mode, escape)
        at = match.end()
        if match[2]:
            mode = _KANA if match[2] == b"\x0e" else _ASCII
            continue
        escape = match[1]
        if escape in _MODES:
            mode = _MODES[escape]
        elif escape in (b"$(@", b"$(B"):
            mode = _KANJI
        else:
            mode = _SUPPLEMENT if escape == b"$(D" else _PLANE
    _append(parts, raw[at:], mode, escape)
    return "".join(parts)


def _append(parts: list[str], chunk: bytes, mode: int, escape: bytes) -> None:
    if not chunk:
        return
    if mode != _ASCII and (end := _LINE_END.search(chunk)):
        # RFC 1468: a line ends in ASCII; programs that forget the escape mean it.
        _append(parts, chunk[: end.start()], mode, escape)
        parts.append(_eight_bit(chunk[end.start() :]))
    elif mode == _ASCII:
        parts.append(_eight_bit(chunk))
    elif mode == _KANA:
        parts.append(bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in chunk).decode("cp932", "replace"))
    elif mode == _KANJI:
        parts.append(_kanji(chunk))
    elif mode == _SUPPLEMENT:
        parts.append(_pairs(chunk, b"\x8f", "euc_jp"))
    else:
        parts.append((b"\x1b" + escape + chunk + b"\x1b(B").decode("iso2022_jp_3", "replace"))


def _eight_bit(chunk: bytes) -> str:
    if chunk.isascii():
        return chunk.decode("ascii")
    try:
        return chunk.decode("utf-8")
    except UnicodeError:
        return chunk.decode("cp932", "replace")


def _kanji(chunk: bytes) -> str:
    moved = bytearray()
    at = 0
    size = len(chunk)
    while at < size:
        first = chunk[at]
        if not 0x21 <= first <= 0x7E:
            moved.append(first if first < 0x80 else 0x3F)
            at += 1
            continue
        if at + 1 >= size or not 0x21 <= chunk[at + 1] <= 0x7E:
            moved += b"\x81\xac" if at + 1 >= size else b""
            at += 1
            continue
        row, cell = first - 0x20, chunk[at + 1] - 0x20
        lead = (row - 1) // 2 + 0x81
        trail = cell + (0x9E if row % 2 == 0 else 0x3F if cell <= 63 else 0x40)
        moved.append(lead + 0x40 if lead > 0x9F else lead)
        moved.append(trail)
        at += 2
    return moved.decode("cp932", "replace")


def _pairs(chunk: bytes, prefix: bytes, codec: str) -> str:
    moved = b"".join(prefix + bytes(byte | 0x80 for byte in chunk[at : at + 2]) for at in range(0, len(chunk) - 1, 2))
    return moved.decode(codec, "replace")
