"""Conversations written out: JSON lines without loss, mbox for mail programs, CSV for spreadsheets, Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import IO, TYPE_CHECKING, Final, Literal

from omnitui.desk.querying.orders import place
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.conversations import Conversation, Message
from omnitui.model.states import Direction, MessageKind
from omnitui.services.exchange import records, spreadsheet
from omnitui.store.reads import accounts, history, inbox, people
from omnitui.text.safe import safe
from omnitui.text.secrets.redaction import redacted

if TYPE_CHECKING:
    from email.message import EmailMessage

    from omnitui.desk.querying.parsing import Query
    from omnitui.services.session import Session
    from omnitui.store.cache import Cache

Format = Literal["jsonl", "mbox", "csv", "md"]
_PAGE: Final = 200
_FROM = re.compile(rb"^(>*From )", re.MULTILINE)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~])")


def export(session: Session, query: Query, form: Format, out: IO[bytes], cover: Sequence[str] = ()) -> int:
    """Write every conversation that `query` finds to `out`; returns how many. Never more than a page in memory.

    Args:
        session: The opened profile.
        query: Which conversations.
        form: How they are written.
        out: Where to.
        cover: What is covered in their texts, of `redaction.KINDS`. Mail is then made anew from its text, without
            files: what came cannot be looked through as a whole.
    """
    write: Callable[[Session, Conversation, IO[bytes], Sequence[str]], None]
    write = {"jsonl": _jsonl, "mbox": _mbox, "csv": _csv, "md": _markdown}[form]
    if form == "csv":
        out.write(spreadsheet.head())
    count = 0
    for conversation in conversations(session.cache, query):
        subject, snippet = redacted(conversation.subject, cover), redacted(conversation.snippet, cover, cut=True)
        write(session, replace(conversation, subject=subject, snippet=snippet), out, cover)
        count += 1
    return count


def conversations(cache: Cache, query: Query) -> Iterator[Conversation]:
    """What a query finds, in its order, page by page."""
    after: inbox.Key | None = None
    while page := cache.read(inbox.page, query, after=after, limit=_PAGE):
        yield from page
        after = place(query.order, page[-1])


def messages(cache: Cache, conversation: Conversation, cover: Sequence[str] = ()) -> Iterator[Message]:
    """All messages of a conversation, oldest first; `cover` as in `export`."""
    after: inbox.Key = (-(2**62), "")
    while page := cache.read(history.page, conversation.id, after=after, limit=_PAGE):
        yield from (_covered(message, cover) for message in page) if cover else page
        after = (page[-1].received_at, page[-1].id)


def _covered(message: Message, cover: Sequence[str]) -> Message:
    return replace(
        message,
        subject=redacted(message.subject, cover),
        text=redacted(message.text, cover),
        quoted=redacted(message.quoted, cover),
        signature=redacted(message.signature, cover),
        reason=redacted(message.reason, cover),
    )


def _jsonl(session: Session, conversation: Conversation, out: IO[bytes], cover: Sequence[str]) -> None:
    ref = session.cache.read(inbox.ref, conversation.id)
    fields = records.transcript(conversation, ref, messages(session.cache, conversation, cover))
    if cover:
        fields["redacted"] = list(cover)
    out.write(records.to_json("conversation", fields).encode() + b"\n")


def _mbox(session: Session, conversation: Conversation, out: IO[bytes], cover: Sequence[str]) -> None:
    for message in messages(session.cache, conversation, cover):
        if message.kind is MessageKind.ACTIVITY:
            continue
        if cover:
            raw = made(session.cache, conversation, replace(message, attachments=())).as_bytes()
        else:
            raw = raw_mail(session.cache, conversation, message)
        at = datetime.fromtimestamp(message.received_at / 1000, UTC).strftime("%a %b %d %H:%M:%S %Y")
        # mboxrd: every line that could be taken for a separator gets one more ">".
        body = _FROM.sub(rb">\1", raw.replace(b"\r\n", b"\n"))
        out.write(b"From omnitui " + at.encode() + b"\n" + body.rstrip(b"\n") + b"\n\n")


def _csv(session: Session, conversation: Conversation, out: IO[bytes], cover: Sequence[str]) -> None:
    out.write(spreadsheet.rows(conversation, messages(session.cache, conversation, cover)))


def raw_mail(cache: Cache, conversation: Conversation, message: Message) -> bytes:
    """The mail as it came, where it is kept; else one made from what is known."""
    if message.raw:
        try:
            return cache.blobs.get(message.raw)
        except (OSError, OmniError):
            pass
    return made(cache, conversation, message).as_bytes()


def made(cache: Cache, conversation: Conversation, message: Message) -> EmailMessage:
    """A mail made from what is known of a message."""
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import format_datetime

    mail = EmailMessage(policy=SMTP.clone(linesep="\n", max_line_length=200))
    customer, ours = _addresses(cache, conversation)
    author = message.author
    if message.direction is Direction.INCOMING:
        mail["From"], mail["To"] = _person(author, customer), ours
    else:
        mail["From"], mail["To"] = _person(author, ours), _person(conversation.contact, customer)
    if message.to:
        mail["X-Omnitui-To"] = _line(", ".join(message.to))
    if message.cc:
        mail["X-Omnitui-Cc"] = _line(", ".join(message.cc))
    mail["Subject"] = _line(message.subject or conversation.subject)
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.sent_at / 1000, UTC))
    mail["Message-ID"] = f"<{message.id.lower()}@omnitui.invalid>"
    mail["X-Omnitui-Conversation"] = conversation.id
    mail["X-Omnitui-Channel"] = _line(conversation.channel)
    mail["X-Omnitui-Kind"] = message.kind.value
    text = "\n".join(part for part in (message.text, message.quoted, message.signature) if part)
    mail.set_content(text.encode("utf-8", "replace").decode("utf-8"), cte="base64" if "\x00" in text else None)
    for file in message.attachments:
        if not file.sha256:
            continue
        main, _slash, sub = file.media_type.partition("/")
        try:
            data = cache.blobs.get(file.sha256)
        except (OSError, OmniError):
            continue
        mail.add_attachment(
            data, maintype=main or "application", subtype=sub or "octet-stream", filename=_line(file.name)
        )
    return mail


def _addresses(cache: Cache, conversation: Conversation) -> tuple[str, str]:
    """The customer's address and ours; what is no mail address becomes one that leads nowhere (RFC 6761)."""
    identities = cache.read(people.identities, conversation.contact_id)
    customer = next((item.address for item in identities if item.channel == conversation.channel), "unknown")
    box = cache.read(accounts.inbox, conversation.inbox_id)
    return _mailbox(customer, conversation.channel), _mailbox(box.address if box else "unknown", conversation.channel)


def _mailbox(address: str, channel: str) -> str:
    if _ADDRESS.fullmatch(address):
        return address
    return re.sub(r"[^A-Za-z0-9.+-]+", "-", address).strip(".-") + f"@{re.sub('[^a-z0-9]+', '-', channel)}.invalid"


def _person(name: str, address: str) -> str:
    from email.utils import formataddr

    shown = _line(name)
    return formataddr((shown, address))


def _line(text: str) -> str:
    """A header's value that cannot begin another header."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def _markdown(session: Session, conversation: Conversation, out: IO[bytes], cover: Sequence[str]) -> None:
    lines = [f"# {_plain(conversation.subject or conversation.snippet or conversation.id)}", ""]
    facts = {
        _("Contact"): conversation.contact,
        _("Channel"): f"{conversation.channel} ({conversation.account})",
        _("Status"): conversation.status.value,
        _("Assignee"): conversation.assignee,
        _("Labels"): ", ".join(conversation.labels),
        _("Id"): conversation.id,
    }
    lines += [f"- {name}: {_plain(value)}" for name, value in facts.items() if value]
    for message in messages(session.cache, conversation, cover):
        lines += ["", *_said(message, session.zone)]
    out.write(("\n".join(lines) + "\n\n").encode("utf-8", "replace"))


def _said(message: Message, zone: tzinfo) -> list[str]:
    at = datetime.fromtimestamp(message.received_at / 1000, zone).strftime("%Y-%m-%d %H:%M")
    kind = "" if message.kind is MessageKind.PUBLIC else f" · {message.kind.value}"
    state = f" · {message.state.value}" if message.state else ""
    lines = [f"## {_plain(message.author)} · {at}{kind}{state}", ""]
    # Text of strangers stays a quotation: no heading, link, picture or HTML of theirs takes effect.
    lines += [
        f"> {_plain(line)}  ".rstrip() if not line.strip() else f"> {_plain(line)}  "
        for line in message.text.splitlines()
    ]
    lines += [f"- {_plain(file.name)} ({_plain(file.media_type)}, {file.size} B)" for file in message.attachments]
    return lines


def _plain(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", safe(text, multiline=False))
