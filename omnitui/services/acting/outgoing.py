"""What an agent writes, made ready: the message for the history and the payload for the outbox."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from email.utils import formataddr
from pathlib import Path

from omnitui.clock import Millis
from omnitui.desk.belonging.tokens import reply_address
from omnitui.errors import NotFound, Refused
from omnitui.i18n import _, ngettext
from omnitui.ids import Ids, Ulid
from omnitui.model.accounts import Json
from omnitui.model.conversations import Attachment, Conversation, Message
from omnitui.model.operations import Fields
from omnitui.model.people import Agent
from omnitui.model.states import Direction, MessageKind, SendState
from omnitui.sdk import snapshot
from omnitui.sdk.capabilities import Capabilities
from omnitui.sdk.measure import UNITS, measured
from omnitui.store.blobs import Blobs
from omnitui.store.reads.replying import ReplyTarget
from omnitui.values import dataclass

FILE_LIMIT = 25 * 1024 * 1024
"""Bytes a file may have where the back end does not say."""
_PREFIX = re.compile(r"^\s*(re|aw|sv|返信)\s*[:：]", re.IGNORECASE)
_ADDRESS = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it will be kept, and as it will leave."""

    message: Message
    mail: Fields | None
    """The header facts by which answers find it."""
    payload: Fields


def read_files(paths: Iterable[Path | str], blobs: Blobs, capabilities: Capabilities) -> list[dict[str, object]]:
    """Keep copies of files to send, so that later changes to the originals do not matter.

    Raises:
        Refused: The channel takes no files, or a file is over its limit.
        NotFound: A file cannot be read.
    """
    kept: list[dict[str, object]] = []
    limit = capabilities.attachment_limit or FILE_LIMIT
    for path in map(Path, paths):
        if not capabilities.attachments:
            raise Refused(_("this channel takes no files"))
        try:
            if path.stat().st_size > limit:
                size = f"{limit / 1024 / 1024:.0f} MB"
                raise Refused(_("{name} is larger than this channel takes ({size})").format(name=path.name, size=size))
            data = path.read_bytes()
        except OSError as error:
            raise NotFound(_("cannot read {path}: {why}").format(path=path, why=error.strerror)) from error
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        kept.append({"name": path.name, "media_type": media_type, "size": len(data), "sha256": blobs.put(data)})
    return kept


def checked_length(text: str, capabilities: Capabilities, files: int = 0) -> str:
    """`text`, as long as the channel takes it beside so many files.

    Raises:
        Refused: It is longer, or the files are too many.
    """
    if capabilities.most_files is not None and files > capabilities.most_files:
        raise Refused(
            ngettext(
                "this channel takes {n} file in a message",
                "this channel takes {n} files in a message",
                capabilities.most_files,
            ).format(n=capabilities.most_files),
            hint=_("send the others by themselves"),
        )
    limit, used = capabilities.limit_beside(files), measured(text, capabilities.text_unit)
    if limit == 0 and files and used:
        raise Refused(_("on this channel no text stands beside a file"), hint=_("send the file, and the text after it"))
    if limit is not None and used > limit:
        raise Refused(
            _("the text is too long for this channel: {used} of {limit} {unit}").format(
                used=used, limit=limit, unit=_(UNITS[capabilities.text_unit])
            ),
            hint=_("shorten it, or send it in parts"),
        )
    return text


def checked_address(text: str) -> str:
    """`text` as one mail address, bare.

    Raises:
        Refused: It is none.
    """
    found = _ADDRESS.fullmatch(text.strip()) or _ADDRESS.search(text if text.rstrip().endswith(">") else "")
    if found is None or "\n" in text or "\r" in text:
        raise Refused(_("{text!r} is no mail address").format(text=text))
    return found.group()


def reply_subject(subject: str) -> str:
    """The subject of an answer: one Re: in front, whatever the language of the one before."""
    return subject if _PREFIX.match(subject) or not subject else f"Re: {subject}"


def compose(
    target: ReplyTarget,
    author: Agent,
    text: str,
    *,
    ids: Ids,
    now: Millis,
    origin: Ulid,
    token_key: bytes,
    state: SendState,
    op_id: Ulid,
    files: Sequence[dict[str, object]] = (),
    subject: str | None = None,
    cc: Sequence[str] = (),
    bcc: Sequence[str] = (),
    seen: Ulid | None = None,
    seen_at: Millis | None = None,
    fields: Mapping[str, Json] | None = None,
    auto: bool = False,
) -> Outgoing:
    """The message and payload of a reply or of a first message.

    Args:
        target: Where it goes.
        author: Who writes.
        text: What is said.
        ids: Makes the ids.
        now: The time of writing.
        origin: The replica's id; part of the Message-ID.
        token_key: Key of our reply tokens.
        state: Held or queued.
        op_id: The op that sends it.
        files: As `read_files` kept them.
        subject: For a first message; a reply takes the conversation's.
        cc: Further addressees, mail only.
        bcc: Hidden addressees, mail only.
        seen: The newest message its author had on screen; the newest there is, where not said.
        seen_at: When that one was received.
        fields: The values that the connector is told beside: a template, a tag.
        auto: Whether no person wrote it: it answers nothing that waits, and mail says so (RFC 3834).
    """
    capabilities = snapshot.read(target.capabilities, target.channel)
    message_id = ids.new()
    line: dict[str, Json] | None = None
    mail: dict[str, object] | None = None
    shown = reply_subject(target.subject) if subject is None else subject
    if capabilities.mail:
        line = _mail_line(target, author, ids.new(), origin, token_key, now, cc, bcc)
        line["auto"] = auto
        mail = {
            "rfc822_id": line["message_id"],
            "in_reply_to": line["in_reply_to"],
            "references": line["references"],
            "participants": [target.inbox, *_bare(line["to"]), *_bare(line["cc"])],
        }
    message = Message(
        id=message_id,
        conversation_id=target.conversation_id,
        account_id=target.account_id,
        direction=Direction.OUTGOING,
        kind=MessageKind.TEMPLATE if fields and "template" in fields else MessageKind.PUBLIC,
        state=state,
        author=author.name,
        author_id=author.id,
        sent_at=now,
        received_at=now,
        text=text,
        subject=shown if capabilities.subject else "",
        to=tuple(line["to"]) if line else (target.contact,),
        cc=tuple(cc),
        attachments=_attachments(files, message_id, ids),
        op_id=op_id,
        auto=auto,
        answers=target.answers,
    )
    payload: dict[str, object] = {
        "text": text,
        "subject": message.subject,
        "files": list(files),
        "mail": line,
        "channel": target.channel,
        "inbox": target.inbox,
        "conversation": target.conversation,
        "contact": target.contact,
        "reply_to_external_id": target.answers,
        "seen": seen or target.newest_id,
        "seen_at": seen_at if seen_at is not None else target.newest_at or now,
        "status": target.status.value,
    }
    if fields:
        payload["fields"] = dict(fields)
    return Outgoing(message, mail, payload)


def note(
    target: ReplyTarget,
    author: Agent,
    text: str,
    files: Sequence[dict[str, object]],
    ids: Ids,
    now: Millis,
    op_id: Ulid,
) -> Message:
    """A note as it is kept in the history."""
    message_id = ids.new()
    return Message(
        id=message_id,
        conversation_id=target.conversation_id,
        account_id=target.account_id,
        direction=Direction.OUTGOING,
        kind=MessageKind.NOTE,
        state=None,
        author=author.name,
        author_id=author.id,
        sent_at=now,
        received_at=now,
        text=text,
        attachments=_attachments(files, message_id, ids),
        op_id=op_id,
    )


def activity(conversation: Conversation, author: Agent, text: str, ids: Ids, now: Millis, op_id: Ulid) -> Message:
    """A line of the history that says what was done."""
    return Message(
        id=ids.new(),
        conversation_id=conversation.id,
        account_id=conversation.account_id,
        direction=Direction.OUTGOING,
        kind=MessageKind.ACTIVITY,
        state=None,
        author=author.name,
        author_id=author.id,
        sent_at=now,
        received_at=now,
        text=text,
        op_id=op_id,
    )


def as_fields(message: Message, mail: Fields | None = None) -> Fields:
    """A message as the op log keeps it."""
    return {"exists": True, "message": asdict(message), "mail": mail}


def _mail_line(
    target: ReplyTarget,
    author: Agent,
    name: Ulid,
    origin: Ulid,
    token_key: bytes,
    now: Millis,
    cc: Sequence[str],
    bcc: Sequence[str],
) -> dict[str, Json]:
    """The addressing, with the Message-ID that this mail will have however often it is tried."""
    domain = target.inbox.rpartition("@")[2] or "localhost"
    shown = target.inbox_name or author.name
    tokens = str(target.settings.get("reply_token", "no")).lower() in ("yes", "true", "1")
    return {
        "message_id": f"<{name}.{origin[-8:]}@{domain}>".lower(),
        "sender": formataddr((shown, target.inbox)) if shown.isascii() else f"{shown} <{target.inbox}>",
        "to": list(target.reply_to or (target.contact,)),
        "cc": list(cc),
        "bcc": list(bcc),
        "reply_to": reply_address(token_key, target.inbox, target.conversation_id) if tokens else "",
        "in_reply_to": target.mail_id,
        "references": list(target.references),
        "date": now,
    }


def _bare(addresses: Iterable[str]) -> list[str]:
    return [found.group().lower() for text in addresses if (found := _ADDRESS.search(text))]


def _attachments(files: Sequence[dict[str, object]], message_id: Ulid, ids: Ids) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            id=ids.new(),
            message_id=message_id,
            name=str(file["name"]),
            media_type=str(file["media_type"]),
            size=int(str(file["size"])),
            sha256=str(file["sha256"]),
        )
        for file in files
    )
