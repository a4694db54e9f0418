"""An outgoing mail as bytes: the same op always gives the same bytes, and no value can smuggle in a header."""

from __future__ import annotations

import hashlib
import html
import re
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from omnitui.sdk import MailLine, OmniError, Outbound, OutboundFile
from omnitui_email.mapping import as_datetime

MOST_REFERENCES = 20
"""The first and the newest are kept (RFC 5322 sets no limit; servers refuse lines and headers that grow forever)."""
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,240}>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")
_NAMED = re.compile(r"([^<>]*)<([^<>]*)>")
_MEDIA_TYPE = re.compile(r"(?!multipart/|message/)[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]}、。）」]")


class Unsendable(OmniError):
    """The mail cannot be sent as it is."""


def compose(op: Outbound, line: MailLine, *, display_name: str = "", with_html: bool = True) -> bytes:
    """The mail of an op, with CRLF line ends and 7-bit throughout, except where an address itself is not ASCII.

    Raises:
        Unsendable: A value that goes into a header holds a line break or control character, or is no address.
    """
    sender_name, sender = address(line.sender, "sender")
    headers = [
        ("From", _mailbox(sender_name or display_name, sender)),
        ("To", _mailboxes(line.to, "recipient")),
        ("Cc", _mailboxes(line.cc, "Cc")),
        ("Reply-To", _mailboxes((line.reply_to,) if line.reply_to else (), "Reply-To")),
        ("Subject", _text(_checked(op.subject.replace("\t", " "), "subject"), "Subject")),
        ("Date", format_datetime(as_datetime(line.date))),
        ("Message-ID", _message_id(line.message_id)),
        ("In-Reply-To", " ".join(_known_ids((line.in_reply_to,))[:1])),
        ("References", "\r\n ".join(_references(line))),
        ("Auto-Submitted", "auto-replied" if line.auto else ""),
        ("MIME-Version", "1.0"),
    ]
    body = _body(op, with_html=with_html)
    lines = [f"{name}: {value}\r\n" for name, value in headers if value]
    return "".join(lines).encode("utf-8") + body.as_bytes(policy=SMTP)


def recipients(line: MailLine) -> tuple[str, ...]:
    """Every address of the envelope once, Bcc included."""
    found = [address(value, "recipient")[1] for value in (*line.to, *line.cc, *line.bcc)]
    return tuple(dict.fromkeys(found))


def address(value: str, what: str) -> tuple[str, str]:
    """Name and address of "Ann <ann@example.com>"; the host as IDNA.

    Raises:
        Unsendable: It is no address.
    """
    _checked(value, what)
    named = _NAMED.fullmatch(value.strip())
    name, found = (named[1].strip(), named[2].strip()) if named else ("", value.strip())
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    local, at, host = found.rpartition("@")
    if not at or not local or not host or any(char.isspace() or char in '<>,;"' for char in found):
        raise Unsendable(f"{what} {value!r} is not an address", hint="write it as name@example.com")
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise Unsendable(f"{what} {value!r}: the host's name cannot be used") from error
    return name, f"{local}@{host}"


def _checked(value: str, what: str) -> str:
    if bad := _CONTROL.search(value):
        raise Unsendable(
            f"the {what} holds a line break or control character (U+{ord(bad[0]):04X})", hint="remove it, send again"
        )
    return value


def _text(value: str, name: str) -> str:
    if not value:
        return ""
    if value.isascii() and "=?" not in value and max(map(len, value.split(" "))) < 70:
        return Header(value, "us-ascii", header_name=name).encode(linesep="\r\n")
    return Header(value.encode("utf-8", "replace").decode("utf-8"), "utf-8", header_name=name).encode(linesep="\r\n")


def _mailbox(name: str, found: str) -> str:
    if not name:
        return found
    if re.fullmatch(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]{1,60}", name) and "=?" not in name:
        return f"{name} <{found}>"
    if name.isascii() and len(name) <= 60 and "=?" not in name:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{found}>'
    return f"{Header(name, 'utf-8', header_name='Reply-To').encode(linesep=chr(13) + chr(10))} <{found}>"


def _mailboxes(values: tuple[str, ...], what: str) -> str:
    return ",\r\n ".join(_mailbox(*address(value, what)) for value in values)


def _message_id(value: str) -> str:
    if not _MESSAGE_ID.fullmatch(value):
        raise Unsendable(f"{value!r} cannot be a Message-ID")
    return value


def _known_ids(values: tuple[str, ...]) -> list[str]:
    """Those that are well-formed; a stranger's broken Message-ID is not repeated."""
    return [value for value in values if _MESSAGE_ID.fullmatch(value)]


def _references(line: MailLine) -> list[str]:
    found = list(dict.fromkeys(_known_ids((*line.references, line.in_reply_to))))
    return found if len(found) <= MOST_REFERENCES else [found[0], *found[1 - MOST_REFERENCES :]]


def _body(op: Outbound, *, with_html: bool) -> EmailMessage:
    boundary = "=_" + hashlib.sha256(op.idempotency_key.encode() + op.op_id.encode()).hexdigest()[:32]
    body = EmailMessage(policy=SMTP)
    text = op.text.encode("utf-8", "replace").decode("utf-8")
    text = re.sub(r"\r\n?|[\x85\u2028\u2029]", "\n", text).rstrip("\n") + "\n"
    body.set_content(text, cte=_encoding(text))
    if with_html:
        page = as_html(text)
        body.add_alternative(page, subtype="html", cte=_encoding(page))
        body.set_boundary(boundary + "a")
    for file in op.files:
        _attach(body, file)
    if op.files:
        body.set_boundary(boundary + "m")
    # The alternative part has its own MIME-Version when it becomes the root; the header block has it already.
    for part in body.walk():
        del part["MIME-Version"]
    return body


def _encoding(text: str) -> str:
    """quoted-printable for text that is mostly ASCII, base64 for the rest: both pass through any server unchanged."""
    return "quoted-printable" if sum(not char.isascii() for char in text) * 6 <= len(text) else "base64"


def _attach(body: EmailMessage, file: OutboundFile) -> None:
    name = _checked(file.name, "file name").replace("/", "_").replace("\\", "_") or "file"
    media_type = file.media_type.lower()
    if not _MEDIA_TYPE.fullmatch(media_type):
        media_type = "application/octet-stream"
    kind, _, subtype = media_type.partition("/")
    body.add_attachment(file.data, maintype=kind, subtype=subtype, filename=name)
    if kind == "text" and _is_utf8(file.data):
        [*_others, part] = body.iter_attachments()
        part.set_param("charset", "utf-8")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def as_html(text: str) -> str:
    """Plain text as simple HTML: paragraphs, line breaks, links with their own address as text."""

    def linked(line: str) -> str:
        parts, last = [], 0
        for match in _LINK.finditer(line):
            url = html.escape(match[0])
            parts += [html.escape(line[last : match.start()]), f'<a href="{url}">{url}</a>']
            last = match.end()
        return "".join([*parts, html.escape(line[last:])])

    paragraphs = [
        "<br>\n".join(linked(line) for line in paragraph.split("\n"))
        for paragraph in re.split(r"\n{2,}", text.strip("\n"))
    ]
    inner = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f'<!DOCTYPE html>\n<html>\n<head><meta charset="utf-8"></head>\n<body>\n{inner}\n</body>\n</html>\n'
