"""Webhook events of LINE → SDK events. Pure. https://developers.line.biz/en/reference/messaging-api/#webhook-event-objects"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from omnitui.sdk import (
    ContactChanged,
    Direction,
    Event,
    MessageDeleted,
    MessageKind,
    MessageReceived,
    Millis,
    Person,
    RemoteFile,
    Unsupported,
)
from omnitui_line.settings import CHANNEL

Json = dict[str, Any]
TEXT = 20_000
"""Characters of a message that are shown; LINE's own limit is 5,000."""
NAME = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event comes from: a chat with one person, a group, or a chat of several without a name."""

    kind: str
    """user, group or room."""
    conversation: str
    user: str
    """Who did it; LINE does not always say in groups."""

    @property
    def one(self) -> bool:
        return self.kind == "user"


Persons = Callable[[Place], tuple[Person, Person]]
"""Who is written to at a place, which is the group where it is one, and who wrote."""


def items(body: bytes) -> list[Any] | None:
    """The events of a delivery; None where it is no delivery."""
    try:
        found = json.loads(body)["events"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def place_of(item: Any) -> Place | None:
    """Where an event comes from; None where it does not say."""
    source = item.get("source") if isinstance(item, dict) else None
    if not isinstance(source, dict):
        return None
    kind, user = source.get("type"), source.get("userId")
    named = source.get({"user": "userId", "group": "groupId", "room": "roomId"}.get(str(kind), ""))
    if not isinstance(named, str) or not named:
        return None
    return Place(str(kind), named, user if isinstance(user, str) else "")


def events(body: bytes, *, inbox: str, persons: Persons, at: Millis) -> tuple[Event, ...]:
    """What a delivery that came in at `at` reports; what is not understood is kept raw."""
    found = items(body)
    if found is None:
        return (Unsupported("line.delivery", body, at, channel=CHANNEL, inbox=inbox),)
    return tuple(_event(item, inbox, persons, at) for item in found)


def _event(item: Any, inbox: str, persons: Persons, at: Millis) -> Event:
    place = place_of(item)
    try:
        if place is not None and (event := _known(item, place, inbox, persons)) is not None:
            return event
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        pass
    kind = item.get("type") if isinstance(item, dict) else None
    return Unsupported(
        f"line.{str(kind or 'event')[:50]}",
        json.dumps(item, ensure_ascii=False).encode(errors="replace"),
        _time(item, at),
        external_id=_id(item),
        conversation=place.conversation if place is not None else "",
        channel=CHANNEL,
        inbox=inbox,
    )


def _known(item: Json, place: Place, inbox: str, persons: Persons) -> Event | None:
    kind = item["type"]
    if kind == "unsend":
        return MessageDeleted(_said(item["unsend"]["messageId"]), int(item["timestamp"]))
    if kind in _STANDING:
        return ContactChanged(CHANNEL, place.conversation, fields=((CHANNEL, _STANDING[kind]),))
    if kind in ("message", "messageEdited"):
        return _message(item, place, inbox, persons)
    words, shown = _happened(item), MessageKind.PUBLIC if kind == "postback" else MessageKind.ACTIVITY
    if not words:
        return None
    named = _said(item["webhookEventId"])
    return _received(item, place, inbox, persons, external_id=named, text=words, kind=shown)


_STANDING: Mapping[str, str] = {
    "follow": "",
    "unfollow": "has blocked us",
    "join": "",
    "leave": "has removed us",
}
"""What stands on the card."""


def _message(item: Json, place: Place, inbox: str, persons: Persons) -> MessageReceived | None:
    message = item["message"]
    text, files = _words(message), _files(message)
    if not text and not files:
        return None
    return _received(
        item,
        place,
        inbox,
        persons,
        external_id=_said(message["id"]),
        text=text,
        files=files,
        # LINE counts no revisions; a later edit has a later time.
        revision=int(item["timestamp"]) if item["type"] == "messageEdited" else 1,
        answers=str(message.get("quotedMessageId") or ""),
    )


def _received(item: Json, place: Place, inbox: str, persons: Persons, **fields: Any) -> MessageReceived:
    contact, author = persons(place)
    return MessageReceived(
        inbox=inbox,
        channel=CHANNEL,
        conversation=place.conversation,
        contact=contact,
        author=author,
        direction=Direction.INCOMING,
        sent_at=int(item["timestamp"]),
        subject="" if place.one else contact.name,
        **fields,
    )


def _words(message: Json) -> str:
    """The text of a message, or what it shows in words."""
    match message["type"]:
        case "text":
            return str(message["text"])[:TEXT]
        case "sticker":
            keywords = ", ".join(str(word) for word in message.get("keywords") or ())
            said = " ".join(
                part for part in (str(message.get("text") or ""), f"({keywords})" if keywords else "") if part
            )
            return f"[sticker] {said}".rstrip()[:TEXT]
        case "location":
            named = ", ".join(str(message[part]) for part in ("title", "address") if message.get(part))
            place = f"{message['latitude']}, {message['longitude']}"
            return (f"[place] {named} ({place})" if named else f"[place] {place}")[:TEXT]
    return ""


def _files(message: Json) -> tuple[RemoteFile, ...]:
    kind = message["type"]
    if kind not in _KINDS:
        return ()
    name, media_type = _KINDS[kind]
    if kind == "file":
        name = str(message.get("fileName") or name)[:NAME]
        media_type = mimetypes.guess_type(name)[0] or media_type
    remote: Json = {"message": _said(message["id"]), "kind": kind}
    provider = message.get("contentProvider") or {}
    if provider.get("type") == "external":
        remote = {"url": str(provider["originalContentUrl"])}
    return (RemoteFile(name, media_type, int(message.get("fileSize") or 0), remote=remote),)


_KINDS: Mapping[str, tuple[str, str]] = {
    "image": ("photo.jpg", "image/jpeg"),
    "video": ("video.mp4", "video/mp4"),
    "audio": ("audio.m4a", "audio/mp4"),
    "file": ("file", "application/octet-stream"),
}


def _happened(item: Json) -> str:
    """What is no message, in words."""
    match item["type"]:
        case "postback":
            asked = item["postback"]
            chosen = ", ".join(f"{name}: {value}" for name, value in (asked.get("params") or {}).items())
            return f"[button] {asked['data']}{f' ({chosen})' if chosen else ''}"[:TEXT]
        case "memberJoined":
            return f"[joined] {_members(item['joined'])}"
        case "memberLeft":
            return f"[left] {_members(item['left'])}"
        case "videoPlayComplete":
            return "[saw a video to its end]"
        case "beacon":
            return f"[beacon] {item['beacon']['type']}"[:NAME]
        case "accountLink":
            return f"[linked an account] {item['link']['result']}"[:NAME]
        case "membership":
            return f"[membership] {item['membership']['type']}"[:NAME]
    return ""


def _members(change: Json) -> str:
    return ", ".join(_said(member["userId"]) for member in change["members"])[:TEXT]


def _said(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("an id is missing")
    return value[:NAME]


def _id(item: Any) -> str:
    found = item.get("webhookEventId") if isinstance(item, dict) else None
    return found[:NAME] if isinstance(found, str) else ""


def _time(item: Any, otherwise: Millis) -> Millis:
    found = item.get("timestamp") if isinstance(item, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else otherwise
