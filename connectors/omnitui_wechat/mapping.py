"""Messages and events of WeChat → SDK events. Pure.

https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html
"""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.sdk import (
    MINUTE,
    SECOND,
    ContactChanged,
    Direction,
    Event,
    MessageKind,
    MessageReceived,
    Millis,
    Person,
    RemoteFile,
    Unsupported,
)
from omnitui_wechat.settings import CHANNEL

Fields = Mapping[str, str]
TEXT = 20_000
NAME = 200


def id_of(told: Fields) -> str:
    """How WeChat names a message; an event by who did what when. Empty where it does neither."""
    if number := told.get("MsgId"):
        return number[:NAME]
    named = (told.get("FromUserName", ""), told.get("CreateTime", ""), told.get("Event", ""))
    return "-".join(named)[:NAME] if all(named) else ""


def who_of(told: Fields) -> str:
    return told.get("FromUserName", "")[:NAME]


def events(told: Fields, raw: bytes, person: Person, *, at: Millis) -> tuple[Event, ...]:
    """What a message reports; what is not understood is kept raw.

    Args:
        told: Its fields.
        raw: The XML they came from.
        person: Who sent it.
        at: When it was called.
    """
    happened = told.get("MsgType") == "event"
    kind = told.get("Event", "").lower() if happened else told.get("MsgType", "")
    sent_at, inbox = _time(told, at), told.get("ToUserName", "")[:NAME]
    standing: tuple[Event, ...] = ()
    if happened and kind in _STANDING and person.address:
        standing = (ContactChanged(CHANNEL, person.address, fields=((CHANNEL, _STANDING[kind]),)),)
    words, files = _happened(told, kind) if happened else _words(told, kind), () if happened else _files(told, kind)
    if person.address and id_of(told) and (words or files):
        received = MessageReceived(
            inbox=inbox,
            channel=CHANNEL,
            conversation=person.address,
            external_id=id_of(told),
            contact=person,
            author=person,
            direction=Direction.INCOMING,
            sent_at=sent_at,
            text=words[:TEXT],
            files=files,
            kind=MessageKind.ACTIVITY if happened else MessageKind.PUBLIC,
            # What is no message opens the window for a minute only, or not at all.
            window_closes_at=sent_at + MINUTE if kind in _OPENING and happened else None,
        )
        return (received, *standing)
    if standing:
        return standing
    return (
        Unsupported(
            f"wechat.{kind[:50] or 'message'}",
            raw,
            sent_at,
            external_id=id_of(told),
            conversation=person.address,
            channel=CHANNEL,
            inbox=inbox,
        ),
    )


_OPENING = frozenset({"subscribe", "scan", "click"})
_STANDING: Mapping[str, str] = {"subscribe": "", "unsubscribe": "has unfollowed us"}
"""What stands on the card."""


def _happened(told: Fields, kind: str) -> str:
    """What is no message, in words."""
    key = told.get("EventKey", "")
    match kind:
        case "subscribe":
            return "[followed us]"
        case "scan":
            return f"[scanned] {key}".rstrip()
        case "click" | "view":
            return f"[menu] {key}".rstrip()
        case "location":
            return f"[place] {told.get('Latitude', '?')}, {told.get('Longitude', '?')}"
    return ""


def _words(told: Fields, kind: str) -> str:
    match kind:
        case "text":
            return told.get("Content", "")
        case "voice":
            return told.get("Recognition", "")
        case "location":
            place = f"{told.get('Location_X', '?')}, {told.get('Location_Y', '?')}"
            return f"[place] {told['Label']} ({place})" if told.get("Label") else f"[place] {place}"
        case "link":
            return "\n".join(
                part for part in (f"[link] {told.get('Title', '')}", told.get("Description"), told.get("Url")) if part
            )
    return ""


def _files(told: Fields, kind: str) -> tuple[RemoteFile, ...]:
    if kind not in _KINDS or not told.get("MediaId"):
        return ()
    name, media_type = _KINDS[kind]
    if kind == "voice" and told.get("Format", "").lower() == "speex":
        name, media_type = "voice.speex", "audio/speex"
    return (RemoteFile(name, media_type, 0, remote={"media_id": told["MediaId"][:500]}),)


_KINDS: Mapping[str, tuple[str, str]] = {
    "image": ("photo.jpg", "image/jpeg"),
    "voice": ("voice.amr", "audio/amr"),
    "video": ("video.mp4", "video/mp4"),
    "shortvideo": ("video.mp4", "video/mp4"),
}


def _time(told: Fields, otherwise: Millis) -> Millis:
    found = told.get("CreateTime", "")
    return int(found) * SECOND if found.isascii() and found.isdecimal() and len(found) < 14 else otherwise
