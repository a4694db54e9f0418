"""Which parts of a mail are what a person wrote, as one readable text; the rest are attachments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from omnitui.text.mail.charsets import decode
from omnitui.text.mail.mime import Part, uudecoded
from omnitui.text.web.html import declared_charset, html_to_text

MAX_TEXT_BYTES: Final = 2 * 1024 * 1024
MAX_TEXT: Final = 1024 * 1024
_TEXT_LIKE: Final = ("text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown", "text/x-amp-html")
_STUB = re.compile(
    r"html|mime|multi-?part|view (?:this|it)|browser|web version|does not support|enable|"
    r"ブラウザ|メールソフト|表示(?:でき|されない)|查看|ansehen",
    re.I,
)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(slots=True)
class Content:
    """What was found to read."""

    text: str = ""
    html: str = ""
    used: set[tuple[int, ...]] = field(default_factory=set)
    """Paths of the parts that were read: no attachments."""
    inline_files: list[tuple[str, bytes]] = field(default_factory=list)
    """Files that stood in the text itself (uuencode)."""
    defects: list[str] = field(default_factory=list)


def read_content(parts: list[Part]) -> Content:
    """Choose and decode the readable text of a mail's parts."""
    content = Content()
    groups: dict[tuple[int, ...], list[Part]] = {}
    order: list[tuple[int, ...]] = []
    for part in parts:
        if part.is_multipart or not _is_readable(part):
            continue
        key = _alternative(part, parts)
        if key not in groups:
            order.append(key)
        groups.setdefault(key, []).append(part)
    texts: list[str] = []
    for key in order:
        chosen = _choose(groups[key], content)
        if chosen.strip():
            texts.append(chosen.strip("\n"))
    content.text = "\n\n".join(texts)[:MAX_TEXT]
    return content


def _is_readable(part: Part) -> bool:
    if part.disposition == "attachment" or part.media_type not in _TEXT_LIKE:
        return False
    named = part.disposition_params.get("filename") or part.params.get("name")
    if named and part.media_type != "text/html" and "multipart/alternative" not in part.parents:
        return part.path in ((0,), (0, 0)) and part.disposition != "attachment" and len(part.path) == 1
    return not (named and part.disposition == "inline")


def _alternative(part: Part, parts: list[Part]) -> tuple[int, ...]:
    """The path of the outermost multipart/alternative that `part` is in, else its own."""
    for depth, media_type in enumerate(part.parents, start=1):
        if media_type == "multipart/alternative":
            return part.path[:depth]
    return part.path


def _choose(group: list[Part], content: Content) -> str:
    """The text of one body that is given in several forms: plain if it says something, else HTML made readable."""
    plain = ""
    rich = ""
    for part in group:
        content.used.add(part.path)
        if part.media_type in ("text/html", "text/x-amp-html"):
            if not rich and part.media_type == "text/html":
                rich = _html(part, content)
                content.html = content.html or rich
        elif part.media_type in ("text/plain", "text/markdown"):
            plain = f"{plain}\n{_plain(part, content)}" if plain else _plain(part, content)
        elif not plain:
            plain = re.sub(r"<<|<[^<>]{0,200}>", "", _plain(part, content))
    if not rich:
        return plain
    if plain.strip() and len(plain) > 400:
        return plain
    readable = html_to_text(rich)
    if not plain.strip():
        return readable
    if len(readable.strip()) > 4 * len(plain.strip()) + 80 and _STUB.search(plain):
        return readable
    return plain


def _html(part: Part, content: Content) -> str:
    raw, defects = part.content()
    content.defects.extend(defects)
    if len(raw) > MAX_TEXT_BYTES:
        raw = raw[:MAX_TEXT_BYTES]
        content.defects.append("text-truncated")
    text, defects = decode(raw, part.params.get("charset", "") or declared_charset(raw))
    content.defects.extend(defects)
    return text


def _plain(part: Part, content: Content) -> str:
    raw, defects = part.content()
    content.defects.extend(defects)
    if len(raw) > MAX_TEXT_BYTES:
        raw = raw[:MAX_TEXT_BYTES]
        content.defects.append("text-truncated")
    if b"begin" in raw:
        raw = _take_files(raw, content)
    text, defects = decode(raw, part.params.get("charset", ""))
    content.defects.extend(defects)
    text = readable_lines(text)
    if part.params.get("format", "").lower() == "flowed":
        text = unflowed(text, part.params.get("delsp", "").lower() == "yes")
    return text


def readable_lines(text: str) -> str:
    """Line ends as newlines, no control characters, no-break spaces plain."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text).replace("\u00a0", " ")


_UU = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n(?=[ -`][ -`]{0,90}\r?\n)", re.M)
_UU_END = re.compile(rb"^(?:`|[ ]?)\r?\nend[ \t]*\r?$", re.M)


def _take_files(raw: bytes, content: Content) -> bytes:
    """Cut uuencoded files out of a plain text."""
    kept: list[bytes] = []
    at = 0
    while match := _UU.search(raw, at):
        end = _UU_END.search(raw, match.end())
        if end is None or len(content.inline_files) >= 50:
            break
        data = uudecoded(raw[match.start() : end.end()])
        if data is None:
            break
        kept.append(raw[at : match.start()])
        content.inline_files.append((decode(match[1])[0], data))
        at = end.end()
    kept.append(raw[at:])
    return b"".join(kept)


_DEPTH = re.compile(r">*")


def unflowed(text: str, delsp: bool = False) -> str:
    """Join the soft line ends of format=flowed (RFC 3676), quotes kept apart by depth."""
    lines: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        match = _DEPTH.match(line)
        depth = match.end() if match else 0
        words = line[depth:]
        if words.startswith(" "):
            words = words[1:]
        if words == "-- ":
            lines.append(f"{'>' * depth} -- " if depth else "-- ")
            open_depth = -1
            continue
        flows = words.endswith(" ")
        piece = words[:-1] if flows and delsp else words
        if open_depth == depth and lines:
            lines[-1] += piece
        else:
            lines.append(f"{'>' * depth} {piece}" if depth else piece)
        open_depth = depth if flows else -1
    return "\n".join(line.rstrip(" ") if line != "-- " else line for line in lines)
