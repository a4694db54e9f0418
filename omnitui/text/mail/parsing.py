"""A raw mail (RFC 5322) as everything the product wants to know about it.

`parse_mail` never raises and loses nothing: what it cannot read is given as raw text with a defect. It may be slow on
hostile input all the same, so callers run it in the worker (`omnitui.text.mail.worker`).
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_tz
from typing import Final

from omnitui.text.filenames import safe_name
from omnitui.text.mail.addresses import Address, parse_addresses
from omnitui.text.mail.body import Content, read_content
from omnitui.text.mail.headers import Headers, decoded
from omnitui.text.mail.mime import Part, parse_parts
from omnitui.text.mail.reports import Bounce, find_bounce, is_auto_reply
from omnitui.text.quoting.quotes import split_reply

MAX_MESSAGE: Final = 64 * 1024 * 1024
MAX_REFERENCES: Final = 200
MAX_RAW_TEXT: Final = 256 * 1024

__all__ = ["Address", "Bounce", "ParsedMail", "PartInfo", "parse_mail", "unparsed"]

_KEPT_HEADERS: Final = frozenset(
    (
        "auto-submitted",
        "content-language",
        "delivered-to",
        "disposition-notification-to",
        "envelope-to",
        "importance",
        "list-unsubscribe",
        "precedence",
        "return-path",
        "x-mailer",
        "user-agent",
        "x-original-to",
        "x-priority",
        "x-auto-response-suppress",
        "authentication-results",
    )
)


@dataclass(frozen=True, slots=True)
class PartInfo:
    """An attachment as it lies in a mail."""

    name: str
    """A safe base name."""
    media_type: str
    size: int
    """Bytes after decoding."""
    sha256: str
    content_id: str = ""
    inline: bool = False
    """Shown in the HTML body (an embedded picture)."""
    content: bytes | None = field(default=None, repr=False, compare=False)
    """The bytes, when they were asked for."""


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """What a mail says. Text is decoded but not yet safe for a terminal: that is `SafeText`."""

    message_id: str = ""
    """With its angle brackets; "" when the mail has none."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    subject: str = ""
    from_: tuple[Address, ...] = ()
    sender: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    date: int | None = None
    """When it says it was sent, UTC milliseconds; None when it does not say."""
    received_at: int | None = None
    """When we were told it arrived, UTC milliseconds."""
    text: str = ""
    html: str = ""
    """The HTML form, raw; never shown as it is."""
    reply_text: str = ""
    quoted: str = ""
    signature: str = ""
    attachments: tuple[PartInfo, ...] = ()
    auto_reply: bool = False
    bounce: Bounce | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """Further fields worth keeping, names in lower case."""
    defects: tuple[str, ...] = ()
    """Names of what was wrong or cut, each once, sorted."""


def parse_mail(raw: bytes, *, received_at: int | None = None, with_content: bool = False) -> ParsedMail:
    """Parse a mail.

    Args:
        raw: RFC 5322 bytes, in any state.
        received_at: UTC milliseconds, handed through.
        with_content: Keep the attachments' bytes.
    """
    try:
        return _parse(raw, received_at, with_content)
    except Exception as fault:  # no mail may be lost, whatever is wrong with it or with us
        return unparsed(raw, received_at=received_at, defect=f"parser-{type(fault).__name__}")


def unparsed(raw: bytes, *, received_at: int | None = None, defect: str = "unparsable") -> ParsedMail:
    """A mail that could not be parsed, shown raw: its first bytes as text, and `defect`."""
    text = raw[:MAX_RAW_TEXT].decode("utf-8", "replace").replace("\r\n", "\n")
    return ParsedMail(received_at=received_at, text=text, reply_text=text, defects=(defect,))


def _parse(raw: bytes, received_at: int | None, with_content: bool) -> ParsedMail:
    defects: list[str] = []
    if len(raw) > MAX_MESSAGE:
        raw = raw[:MAX_MESSAGE]
        defects.append("message-too-large")
    parts = parse_parts(raw, defects)
    headers = parts[0].headers
    content = read_content(parts)
    defects.extend(content.defects)
    subject = headers.text("subject")
    people = {name: _people(headers, name, defects) for name in ("from", "sender", "reply-to", "to", "cc", "bcc")}
    if not headers.fields:
        defects.append("no-headers")
    date = parse_date(headers.text("date"))
    if date is None:
        defects.append("date-missing" if not headers.raw("date") else "date-invalid")
    sender = people["from"][0].address if people["from"] else ""
    body = split_reply(content.text)
    return ParsedMail(
        message_id=_first_id(headers.text("message-id")),
        in_reply_to=_ids(headers.text("in-reply-to")),
        references=_ids(" ".join(decoded(value) for value in headers.every("references")[:3])),
        subject=subject,
        from_=people["from"],
        sender=people["sender"],
        reply_to=people["reply-to"],
        to=people["to"],
        cc=people["cc"],
        bcc=people["bcc"],
        date=date,
        received_at=received_at,
        text=content.text,
        html=content.html,
        reply_text=body.reply,
        quoted=body.quoted,
        signature=body.signature,
        attachments=_attachments(parts, content, defects, with_content),
        auto_reply=is_auto_reply(headers, subject),
        bounce=find_bounce(headers, parts, sender, subject, content.text),
        headers=tuple((name, decoded(value)) for name, value in headers.fields[:500] if name in _KEPT_HEADERS),
        defects=tuple(sorted(set(defects))),
    )


def _people(headers: Headers, name: str, defects: list[str]) -> tuple[Address, ...]:
    found: list[Address] = []
    for value in headers.every(name)[:20]:
        some, more = parse_addresses(value, headers.charset)
        found.extend(some)
        if more or len(found) > 500:
            defects.append("too-many-addresses")
            break
    return tuple(found[:500])


_ID = re.compile(r"<[^<>\s]{1,990}>")


def _ids(value: str) -> tuple[str, ...]:
    found = _ID.findall(value)
    if not found and value and " " not in value and "@" in value:
        found = [f"<{value.strip('<>')}>"]
    return tuple(dict.fromkeys(found))[-MAX_REFERENCES:]


def _first_id(value: str) -> str:
    match = _ID.search(value)
    if match:
        return match[0]
    bare = value.strip(" <>")
    return f"<{bare}>" if bare and " " not in bare and len(bare) <= 990 else bare[:990]


_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?(?:\.\d{1,9})?\s*(Z|[+-]\d\d:?\d\d)?")


def parse_date(value: str) -> int | None:
    """A Date header in UTC milliseconds; None when it cannot be one. Without a zone it is taken as UTC."""
    value = value[:200]
    if not value:
        return None
    try:
        if match := _ISO.match(value):
            numbers = [int(item or 0) for item in match.groups()[:6]]
            offset = _offset(match[7] or "Z")
        else:
            parsed = parsedate_tz(value)
            if parsed is None:
                return None
            numbers = list(parsed[:6])
            offset = parsed[9] or 0
        if abs(offset) >= 86_400:
            offset = 0
        year, month, day, hour, minute, second = numbers
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)  # 59: a leap second
        millis = int(moment.timestamp()) * 1000 - offset * 1000
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return millis if 0 <= millis < 253_402_300_800_000 else None


def _offset(zone: str) -> int:
    if zone == "Z":
        return 0
    digits = zone[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone[0] == "-" else seconds


_MACHINE: Final = frozenset(("message/delivery-status", "message/global-delivery-status", "text/rfc822-headers"))
_EXTENSIONS: Final = {
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "application/pgp-signature": ".asc",
    "application/ms-tnef": ".dat",
    "image/jpeg": ".jpg",
    "text/html": ".html",
    "text/plain": ".txt",
    "application/octet-stream": ".bin",
}


def _attachments(parts: list[Part], content: Content, defects: list[str], with_content: bool) -> tuple[PartInfo, ...]:
    found: list[PartInfo] = []
    for part in parts:
        if part.is_multipart:
            if part.media_type == "multipart/encrypted":
                defects.append("encrypted")
            elif part.media_type == "multipart/signed":
                defects.append("signed")
            continue
        if part.path in content.used or (part.media_type in _MACHINE and part.disposition != "attachment"):
            continue
        if part.media_type in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
            defects.append("signed" if "signed" in part.params.get("smime-type", "") else "encrypted")
        data, faults = part.content()
        defects.extend(faults)
        if not data and not _given_name(part):
            continue
        found.append(_info(_name(part, len(found) + 1, data), part.media_type, data, with_content, part))
    found.extend(
        _info(safe_name(name), mimetypes.guess_type(name)[0] or "application/octet-stream", data, with_content)
        for name, data in content.inline_files
    )
    return tuple(found)


def _info(name: str, media_type: str, data: bytes, with_content: bool, part: Part | None = None) -> PartInfo:
    content_id = part.headers.text("content-id").strip(" <>")[:500] if part else ""
    inline = (
        part is not None
        and part.disposition != "attachment"
        and ((bool(content_id) and "multipart/related" in part.parents) or part.disposition == "inline")
    )
    digest = hashlib.sha256(data).hexdigest()
    return PartInfo(name, media_type, len(data), digest, content_id, inline, data if with_content else None)


def _given_name(part: Part) -> str:
    return part.disposition_params.get("filename") or part.params.get("name") or ""


def _name(part: Part, number: int, data: bytes) -> str:
    given = _given_name(part)
    if given:
        return safe_name(given)
    if part.media_type == "message/rfc822":
        inner: list[str] = []
        subject = parse_parts(data[:65_536], inner)[0].headers.text("subject") if data else ""
        return safe_name(f"{subject[:80]}.eml") if subject else "message.eml"
    extension = _EXTENSIONS.get(part.media_type) or mimetypes.guess_extension(part.media_type) or ".bin"
    return f"attachment-{number}{extension}"
