"""Lines of the protocol ⇄ what the SDK knows. Pure; docs/command-channel.md is the protocol."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from omnitui.sdk import (
    HOUR,
    Capabilities,
    ContactChanged,
    ConversationChanged,
    Direction,
    Event,
    Idempotency,
    MessageDeleted,
    MessageKind,
    MessageReceived,
    Millis,
    Outbound,
    Person,
    Reach,
    ReadUpTo,
    Receipt,
    RemoteFile,
    SendState,
    Status,
    TextUnit,
    Unsupported,
    Verb,
    rfc3339,
)
from omnitui_command.client import Line, parsed

PROTOCOL = 1
RECEIPTS = (SendState.DELIVERED, SendState.READ, SendState.FAILED)


def capabilities(ready: Mapping[str, Any]) -> Capabilities:
    """What a program says that it can do. Raises `ValueError` where that makes no sense."""
    window = ready.get("window_hours")
    return Capabilities(
        idempotency=Idempotency(ready.get("idempotency", "C")),
        text_limit=_count(ready.get("text_limit")),
        text_unit=TextUnit(ready.get("text_unit", "characters")),
        subject=ready.get("subject") is True,
        attachments=ready.get("attachments") is True,
        attachment_limit=_count(ready.get("attachment_limit")),
        delivery_receipts=ready.get("delivery_receipts") is True,
        read_receipts=ready.get("read_receipts") is True,
        can_start=ready.get("can_start") is True,
        writes=ready.get("writes") is not False,
        quotes=ready.get("quotes") is True,
        window=None if window is None else int(float(window) * HOUR),
        reach={Verb(verb): Reach.REMOTE for verb in ready.get("verbs", ())},
    )


def request(op: Outbound) -> Line:
    """The line that asks a program to do an op. What an op does not have is left out."""
    line: Line = {
        "type": op.verb.value,
        "key": op.idempotency_key,
        "conversation": op.conversation,
        "to": op.contact,
        "inbox": op.inbox,
        "text": op.text,
        "subject": op.subject,
        "answers": op.reply_to_external_id,
        "files": [
            {"name": file.name, "media_type": file.media_type, "data": base64.b64encode(file.data).decode()}
            for file in op.files
        ],
        "fields": dict(op.fields),
    }
    return {name: value for name, value in line.items() if value}


def event(line: bytes, *, now: Millis, channel: str, inbox: str) -> Event:
    """What a line reports; what is not understood is kept as it came."""
    said = parsed(line) or {}
    kind = str(said.get("type", "?"))
    try:
        match kind:
            case "message":
                return _message(said, now=now, channel=channel, inbox=inbox)
            case "deleted":
                return MessageDeleted(_word(said, "id"), _time(said, now))
            case "receipt":
                return _receipt(said, now)
            case "accepted" | "found":
                # Nobody waits for it any more, and it settles what became of the send all the same.
                return Receipt(SendState.ACCEPTED, now, str(said.get("id", "")), _word(said, "key"))
            case "read":
                return ReadUpTo(_word(said, "conversation"), _time(said, now), by_us=said.get("by_us") is True)
            case "contact":
                return _contact(said, channel)
            case "conversation":
                return _conversation(said, now)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        pass
    return Unsupported(f"command.{kind}", line, now, channel=channel, inbox=inbox)


def _message(said: Line, *, now: Millis, channel: str, inbox: str) -> MessageReceived:
    contact = _person(said["contact"])
    author = _person(said["author"], agent=True) if said.get("author") else contact
    closes = said.get("window_closes_at")
    return MessageReceived(
        inbox=str(said.get("inbox") or inbox),
        channel=channel,
        conversation=str(said.get("conversation") or contact.address),
        external_id=_word(said, "id"),
        contact=contact,
        author=author,
        direction=Direction.OUTGOING if author.agent else Direction.INCOMING,
        sent_at=_time(said, now),
        text=str(said.get("text", "")),
        revision=int(said.get("revision", 1)),
        kind=MessageKind.NOTE if said.get("note") is True else MessageKind.PUBLIC,
        subject=str(said.get("subject", "")),
        html=said.get("html") is True,
        files=tuple(_file(file) for file in said.get("files", ())),
        seen=said.get("seen") is True,
        idempotency_key=str(said.get("key", "")),
        window_closes_at=None if closes is None else _millis(closes),
    )


def _file(said: Line) -> RemoteFile:
    data = base64.b64decode(said["data"], validate=True)
    media_type = str(said.get("media_type") or "application/octet-stream")
    return RemoteFile(_word(said, "name"), media_type, len(data), data=data)


def _receipt(said: Line, now: Millis) -> Receipt:
    state = SendState(said["state"])
    if state not in RECEIPTS:
        raise ValueError(state)
    key, external_id = str(said.get("key", "")), str(said.get("id", ""))
    if not key and not external_id:
        raise ValueError("of which message?")
    return Receipt(state, _time(said, now), external_id, key, str(said.get("reason", "")))


def _contact(said: Line, channel: str) -> ContactChanged:
    return ContactChanged(
        channel,
        _word(said, "address"),
        name=_maybe(said, "name"),
        organization=_maybe(said, "organization"),
        segment=_maybe(said, "segment"),
        language=_maybe(said, "language"),
        time_zone=_maybe(said, "time_zone"),
        fields=tuple((str(name), str(value)) for name, value in said.get("fields", {}).items()),
    )


def _conversation(said: Line, now: Millis) -> ConversationChanged:
    status, labels = said.get("status"), said.get("labels")
    return ConversationChanged(
        _word(said, "conversation"),
        _time(said, now),
        status=None if status is None else Status(status),
        labels=None if labels is None else tuple(str(label) for label in labels),
        subject=_maybe(said, "subject"),
    )


def _person(said: Line, *, agent: bool = False) -> Person:
    return Person(_word(said, "address"), str(said.get("name", "")), str(said.get("language", "")), agent=agent)


def _word(said: Line, name: str) -> str:
    value = said[name]
    if not isinstance(value, str | int) or not str(value):
        raise ValueError(name)
    return str(value)


def _maybe(said: Line, name: str) -> str | None:
    return None if said.get(name) is None else str(said[name])


def _count(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or value < 1:
        raise ValueError(value)
    return value


def _time(said: Line, now: Millis) -> Millis:
    return _millis(said["at"]) if said.get("at") is not None else now


def _millis(value: object) -> Millis:
    """A time of the protocol: RFC 3339 with its zone, or milliseconds since 1970."""
    if isinstance(value, int):
        rfc3339(value)
        return value
    at = datetime.fromisoformat(str(value))
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return round(at.timestamp() * 1000)
