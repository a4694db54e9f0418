"""Header fields of a mail: split within limits, decoded whatever they are written in (RFC 5322, 2047, 2231).

Everything here is linear in its input and never raises; what is broken is read as the sender most likely meant it.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from omnitui.text.mail.charsets import codec_of, decode

MAX_FIELD: Final = 64 * 1024
MAX_BLOCK: Final = 256 * 1024
MAX_FIELDS: Final = 2_000
MAX_PARAMS: Final = 100
MAX_PARAM_TEXT: Final = 8 * 1024

_BLANK = re.compile(rb"\r?\n(?=\r?\n)|\r(?=\r(?!\n))")
_LINE = re.compile(rb"\r\n|\n|\r")
_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_FOLD = re.compile(rb"(?:\r\n|\n|\r)(?=[ \t])")
_SPACES = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of one part, in order, names in lower case, values raw and unfolded."""

    fields: tuple[tuple[str, bytes], ...] = ()
    charset: str = ""
    """What raw eight-bit values are most likely in: the charset of the part's own text."""
    defects: tuple[str, ...] = field(default=(), compare=False)

    def raw(self, name: str) -> bytes:
        """The first value of `name`, or nothing."""
        return next((value for key, value in self.fields if key == name), b"")

    def every(self, name: str) -> list[bytes]:
        return [value for key, value in self.fields if key == name]

    def text(self, name: str) -> str:
        """The first value of `name` decoded for people: encoded words resolved, white space single."""
        return decoded(self.raw(name), self.charset)


def split_headers(raw: bytes) -> tuple[Headers, int]:
    """The header block at the start of `raw`, and where the body begins."""
    start = _skip_envelope(raw)
    if raw[start : start + 2] == b"\r\n" or raw[start : start + 1] in (b"\n", b"\r"):
        end, body = start, start + (2 if raw[start : start + 2] == b"\r\n" else 1)
    elif match := _BLANK.search(raw, start):
        end, body = match.start(), match.end()
        body += 2 if raw[body : body + 2] == b"\r\n" else 1
    else:
        end = body = len(raw)
    defects: list[str] = []
    block = raw[start : min(end, start + MAX_BLOCK)]
    if end - start > MAX_BLOCK:
        defects.append("headers-too-large")
    fields, rest = _fields(block, defects)
    if rest is not None and end - start <= MAX_BLOCK:
        defects.append("header-body-separator")
        body = start + rest
    found = Headers(tuple(fields))
    charset = parameters(found.raw("content-type"))[1].get("charset", "")
    return Headers(found.fields, charset, tuple(defects)), body


def _skip_envelope(raw: bytes) -> int:
    at = 0
    for _ in range(20):
        if raw[at : at + 5] not in (b"From ", b">From"):
            # Blank lines before the first field are no empty header.
            if raw[at : at + 1] in (b"\n", b"\r") and _NAME.match(raw.lstrip(b"\r\n"[:2])[:300] if at == 0 else b""):
                at += 1
                continue
            break
        end = _LINE.search(raw, at)
        if end is None:
            return at
        at = end.end()
    return at


def _fields(block: bytes, defects: list[str]) -> tuple[list[tuple[str, bytes]], int | None]:
    """The fields, and the offset of the first line that is none (it begins the body then)."""
    fields: list[tuple[str, bytes]] = []
    at = 0
    size = len(block)
    while at < size:
        if len(fields) >= MAX_FIELDS:
            defects.append("too-many-headers")
            break
        end = at
        while True:
            line = _LINE.search(block, end)
            if line is None:
                end = next_at = size
                break
            end, next_at = line.start(), line.end()
            if block[next_at : next_at + 1] not in (b" ", b"\t"):
                break
            end = next_at
        name = _NAME.match(block, at)
        if name is None or name.end() > end:
            if fields and block[at : at + 1] in (b" ", b"\t"):
                at = next_at
                continue
            if not block[at:end].strip():
                at = next_at
                continue
            if block[at : at + 5] in (b"From ", b">From"):
                at = next_at
                continue
            return fields, at
        value = block[name.end() : end]
        if len(value) > MAX_FIELD:
            value = value[:MAX_FIELD]
            defects.append("header-too-large")
        fields.append((name[1].decode("ascii").lower(), _FOLD.sub(b"", value).strip()))
        at = next_at
    return fields, None


_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,60})?\?([BbQq])\?([^?]*+)\?=")


def decoded(value: bytes | str, charset: str = "") -> str:
    """A header value as people read it."""
    text = value if isinstance(value, str) else eight_bit(value, charset)
    return _SPACES.sub(" ", words(text)).strip()


def eight_bit(value: bytes, charset: str = "") -> str:
    """Bytes of a header as text: ASCII, or raw UTF-8 or whatever else an old program put there."""
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    return decode(value, "" if codec_of(charset) in (None, "cp1252") else charset)[0]


def words(text: str) -> str:
    """Resolve encoded words (RFC 2047). Neighbours in one charset are joined before decoding: many programs cut
    between the bytes of one character."""
    if "=?" not in text:
        return text
    parts: list[str] = []
    joined = b""
    joined_charset = ""
    at = 0
    for match in _WORD.finditer(text):
        between = text[at : match.start()]
        payload = _payload(match[2], match[3])
        charset = match[1].lower()
        if joined and (between.strip() or charset != joined_charset):
            parts.append(decode(joined, joined_charset)[0])
            joined = b""
        if between.strip() or (between and at == 0):
            parts.append(between)
        joined = joined + payload if joined else payload
        joined_charset = charset
        at = match.end()
    if joined:
        parts.append(decode(joined, joined_charset)[0])
    parts.append(text[at:])
    return "".join(parts)


def _payload(encoding: str, encoded: str) -> bytes:
    raw = encoded.encode("utf-8", "replace")
    if encoding in "Bb":
        return base64_bytes(raw)
    try:
        return binascii.a2b_qp(raw.replace(b"_", b" "), header=False)
    except (binascii.Error, ValueError):
        return raw


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")


def base64_bytes(raw: bytes) -> bytes:
    """Decode base64 as far as it goes: foreign characters skipped, padding anywhere or missing."""
    text = _NOT_BASE64.sub(b"", raw)
    pieces = [piece for piece in text.split(b"=") if piece] if b"=" in text.rstrip(b"=") else [text.rstrip(b"=")]
    found: list[bytes] = []
    for piece in pieces:
        if len(piece) % 4 == 1:
            piece = piece[:-1]
        try:
            found.append(binascii.a2b_base64(piece + b"=" * (-len(piece) % 4)))
        except (binascii.Error, ValueError):
            continue
    return b"".join(found)


_PARAM = re.compile(
    r"""[;\s]*([^\s=;"*]{1,100})(\*[^\s=;]{0,20})?\s*=\s*(?:"((?:[^"\\]|\\.)*+)"|'([^';]*+)'(?=\s*(?:;|$))|([^;]*+))""",
    re.S,
)
_ESCAPED = re.compile(r"\\(.)", re.S)


def parameters(value: bytes, charset: str = "") -> tuple[str, dict[str, str]]:
    """A Content-Type or Content-Disposition: its main value in lower case, and its parameters decoded.

    RFC 2231 continuations and charsets, and what programs write instead: encoded words, raw bytes, bare spaces.
    """
    text = eight_bit(value[:MAX_PARAM_TEXT], charset)
    main, _, rest = text.partition(";")
    plain: dict[str, str] = {}
    split: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, match in enumerate(_PARAM.finditer(rest)):
        if count >= MAX_PARAMS:
            break
        name = match[1].lower()
        star = match[2] or ""
        if match[3] is not None:
            item = _ESCAPED.sub(r"\1", match[3])
        else:
            item = (match[4] if match[4] is not None else match[5] or "").strip().strip('"')
        if star:
            number, coded = star.strip("*"), star.endswith("*")
            if number.isdecimal() and number.isascii() and len(number) < 4:
                split.setdefault(name, {})[int(number)] = (item, coded)
            elif not number:
                split.setdefault(name, {})[0] = (item, True)
        else:
            plain.setdefault(name, _SPACES.sub(" ", words(item)).strip())
    for name, pieces in split.items():
        if joined := _joined(pieces):
            plain[name] = joined
    return main.strip().lower(), plain


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    charset = ""
    raw = b""
    for number in sorted(pieces):
        item, coded = pieces[number]
        if coded and number == min(pieces) and item.count("'") >= 2:
            charset, _, item = item.split("'", 2)
        raw += unquote_to_bytes(item) if coded else item.encode("utf-8", "surrogateescape")
    text = decode(raw, charset)[0]
    return words(text)
