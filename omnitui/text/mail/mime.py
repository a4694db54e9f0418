"""The parts of a MIME message: a tree flattened in order, within limits, without recursion (RFC 2045, 2046)."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from typing import Final

from omnitui.text.mail.headers import Headers, base64_bytes, parameters, split_headers

MAX_PARTS: Final = 200
MAX_DEPTH: Final = 20

_DELIMITER_TAIL = re.compile(rb"(--)?[ \t]*(?=\r|\n|\Z)")
# A delimiter line that its header does not name (or not rightly): the line above a part's own header.
_LIKELY = re.compile(
    rb"^--([!-~]{1,70})[ \t]*\r?\n(?=Content-(?:Type|Transfer|Disposition|ID|Description)[A-Za-z-]{0,20}:)", re.I | re.M
)
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")


@dataclass(frozen=True, slots=True)
class Part:
    """One node of the tree; `body` is still transfer-encoded."""

    headers: Headers
    body: bytes = field(repr=False)
    media_type: str
    params: dict[str, str]
    disposition: str
    disposition_params: dict[str, str]
    path: tuple[int, ...]
    """Where it stands: (0,) is the message, (0, 1) the second part in it."""
    parents: tuple[str, ...]
    """Media types of what it is in, from the outside."""

    @property
    def is_multipart(self) -> bool:
        return self.media_type.startswith("multipart/")

    def content(self) -> tuple[bytes, tuple[str, ...]]:
        """The decoded bytes, and defects of the transfer encoding."""
        return transfer_decoded(self.body, self.headers.text("content-transfer-encoding"))


def parse_parts(raw: bytes, defects: list[str]) -> list[Part]:
    """All parts of `raw`, the message itself first, children after their parent. Defects are appended."""
    parts: list[Part] = []
    # A stack of (bytes, path, media types of parents, default type); the last one is next.
    waiting: list[tuple[bytes, tuple[int, ...], tuple[str, ...], str]] = [(raw, (0,), (), "text/plain")]
    while waiting:
        chunk, path, parents, default = waiting.pop()
        if len(parts) >= MAX_PARTS:
            defects.append("too-many-parts")
            break
        part = _part(chunk, path, parents, default)
        defects.extend(part.headers.defects)
        if not part.is_multipart:
            parts.append(part)
            continue
        if len(path) >= MAX_DEPTH:
            defects.append("nested-too-deep")
            parts.append(_leaf(part))
            continue
        boundary = part.params.get("boundary", "").rstrip()
        pieces = _split(part.body, boundary, MAX_PARTS - len(parts) + 1) if boundary else None
        if not pieces:
            defects.append("boundary-missing" if not boundary else "boundary-not-found")
            guessed = _LIKELY.search(part.body[:65_536])
            pieces = _split(part.body, guessed[1].decode("latin-1"), MAX_PARTS - len(parts) + 1) if guessed else None
        if not pieces:
            parts.append(_leaf(part))
            continue
        parts.append(part)
        inner = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
        types = (*parents, part.media_type)
        waiting.extend((piece, (*path, number), types, inner) for number, piece in reversed(list(enumerate(pieces))))
    return parts


def _part(chunk: bytes, path: tuple[int, ...], parents: tuple[str, ...], default: str) -> Part:
    headers, body = split_headers(chunk)
    media_type, params = parameters(headers.raw("content-type"), headers.charset)
    match = _TYPE.match(media_type)
    media_type = ("text/html" if media_type in ("html", "text/html") else default) if match is None else match[0]
    disposition, disposition_params = parameters(headers.raw("content-disposition"), headers.charset)
    return Part(headers, chunk[body:], media_type, params, disposition.split(" ")[0], disposition_params, path, parents)


def _leaf(part: Part) -> Part:
    """A multipart that cannot be split, kept as the text that it is."""
    return Part(
        part.headers,
        part.body,
        "text/plain",
        part.params,
        part.disposition,
        part.disposition_params,
        part.path,
        part.parents,
    )


def _split(body: bytes, boundary: str, limit: int) -> list[bytes] | None:
    """What lies between the delimiter lines; None if there are none."""
    marker = b"--" + boundary.encode("utf-8", "replace")
    pieces: list[bytes] = []
    start = -1
    at = body.find(marker)
    while at >= 0:
        after = at + len(marker)
        at_line_start = at == 0 or body[at - 1] in b"\r\n"
        tail = _DELIMITER_TAIL.match(body, after) if at_line_start else None
        if tail is not None:
            if start >= 0:
                pieces.append(_before(body, start, at))
                if len(pieces) >= limit:
                    return pieces
            if tail[1]:
                return pieces
            start = tail.end()
            start += 2 if body[start : start + 2] == b"\r\n" else 1
            after = max(start - 1, after)
        at = body.find(marker, after)
    if start >= 0:
        pieces.append(body[start:])
    return pieces or None


def _before(body: bytes, start: int, delimiter: int) -> bytes:
    """A part's bytes without the line end that belongs to the delimiter after it."""
    end = delimiter
    if end > start and body[end - 1 : end] == b"\n":
        end -= 1
    if end > start and body[end - 1 : end] == b"\r":
        end -= 1
    return body[start:end] if end > start else b""


def transfer_decoded(body: bytes, encoding: str) -> tuple[bytes, tuple[str, ...]]:
    """Undo a Content-Transfer-Encoding as far as it can be undone."""
    name = encoding.split(";")[0].strip().strip("\"'").lower()
    if name == "base64":
        return base64_bytes(body), ()
    if name == "quoted-printable":
        return _quoted_printable(body), ()
    if name in ("x-uuencode", "uuencode", "x-uue", "uue"):
        found = uudecoded(body)
        return (found, ()) if found is not None else (body, ("transfer-encoding-broken",))
    if name in ("", "7bit", "8bit", "binary", "7-bit", "8-bit", "none"):
        return body, ()
    return body, ("transfer-encoding-unknown",)


def _quoted_printable(body: bytes) -> bytes:
    try:
        return binascii.a2b_qp(body)
    except (binascii.Error, ValueError):
        return body


_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,200})\r?$", re.M)


def uudecoded(body: bytes) -> bytes | None:
    """The bytes between "begin" and "end", or None if there is no such thing."""
    begin = _BEGIN.search(body)
    if begin is None:
        return None
    found: list[bytes] = []
    for line in body[begin.end() :].splitlines():
        if line.strip() == b"end":
            break
        if not line.strip() or line.strip() == b"`":
            continue
        try:
            found.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Programs that pad wrongly: the length in the first byte says how much counts.
            try:
                found.append(binascii.a2b_uu(line[: (((line[0] - 32) & 63) * 4 + 5) // 3]))
            except binascii.Error:
                continue
    return b"".join(found)
