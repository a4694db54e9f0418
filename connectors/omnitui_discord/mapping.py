"""Discord's events → SDK events; pure. https://docs.discord.com/developers/resources/message"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from omnitui.sdk import (
    SECOND,
    Direction,
    Event,
    MessageDeleted,
    MessageReceived,
    Millis,
    Person,
    Reacted,
    RemoteFile,
    Typing,
    Unsupported,
)

CHANNEL = "discord"
Json = dict[str, Any]
TYPING: Millis = 10 * SECOND
SAID = (0, 19, 20, 23)
"""Kinds of message that somebody has written; the others tell who came, what was pinned, which thread began."""
LAST_KNOWN = 46
_MARK = re.compile(r"<(@[!&]?|#|a?:\w+:)(\d+)>")
_EPOCH = 1_420_070_400_000


class Room(NamedTuple):
    """A channel of a guild, or a thread."""

    name: str
    parent: str = ""


def message(told: Json, us: str, rooms: Mapping[str, Room], now: Millis) -> tuple[Event, ...]:
    """What a message says; what is not understood is kept raw."""
    try:
        kind = told.get("type", 0)
        if kind not in SAID and isinstance(kind, int) and kind <= LAST_KNOWN:
            return ()
        if kind in SAID:
            return (_message(told, us, rooms, now),)
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    return (unsupported("message", told, now),)


def _message(told: Json, us: str, rooms: Mapping[str, Room], now: Millis) -> Event:
    channel, own = str(told["channel_id"]), str(told["id"])
    author = told["author"]
    ours = str(author["id"]) == us
    writer = Person(str(author["id"]), str(author.get("global_name") or author["username"]), agent=ours)
    room = rooms.get(channel)
    direct = room is None and "guild_id" not in told
    text = "\n".join(part for part in (_text(told, rooms), *_stickers(told)) if part)
    files = tuple(_files(told.get("attachments") or ()))
    if not text and not files:
        return unsupported("message", told, now)
    edited = told.get("edited_timestamp")
    place = Person(channel, f"#{room.name}" if room else "")
    return MessageReceived(
        inbox=us,
        channel=CHANNEL,
        conversation=channel,
        external_id=f"{channel}:{own}",
        contact=writer if direct and not ours else place,
        author=writer,
        direction=Direction.OUTGOING if ours else Direction.INCOMING,
        sent_at=said_at(own, now),
        text=text,
        revision=_instant(edited, now) if edited else 1,
        subject=room.name if room else "",
        files=files,
        idempotency_key=str(told.get("nonce") or "") if ours else "",
        answers=_answered(told, channel),
    )


def _text(told: Json, rooms: Mapping[str, Room]) -> str:
    people = {
        str(one["id"]): str(one.get("global_name") or one.get("username", "")) for one in told.get("mentions") or ()
    }

    def shown(mark: re.Match[str]) -> str:
        sign, own = mark.groups()
        if sign.startswith("@"):
            return "@" + (people.get(own) or own)
        if sign == "#":
            return "#" + (rooms[own].name if own in rooms else own)
        return ":" + sign.strip("a").strip(":") + ":" if sign.startswith("a:") else sign

    return _MARK.sub(shown, str(told.get("content") or ""))


def _stickers(told: Json) -> Iterator[str]:
    for sticker in told.get("sticker_items") or ():
        yield f"[sticker] {sticker.get('name', '')}".rstrip()


def _files(attachments: Any) -> Iterator[RemoteFile]:
    for file in attachments:
        size = file.get("size")
        yield RemoteFile(
            str(file.get("filename") or "file"),
            str(file.get("content_type") or "application/octet-stream").partition(";")[0],
            size if isinstance(size, int) and size >= 0 else 0,
            remote={"url": str(file["url"])},
        )


def _answered(told: Json, channel: str) -> str:
    reference = told.get("message_reference") or {}
    # A forwarded message refers to its original, and answers nothing.
    return f"{channel}:{reference['message_id']}" if reference.get("message_id") and not reference.get("type") else ""


def happened(kind: str, told: Any, us: str, now: Millis) -> tuple[Event, ...]:
    """What else an event reports: deletions, reactions, who writes."""
    try:
        match kind:
            case "MESSAGE_DELETE":
                return (MessageDeleted(f"{told['channel_id']}:{told['id']}", now),)
            case "MESSAGE_DELETE_BULK":
                return tuple(MessageDeleted(f"{told['channel_id']}:{own}", now) for own in told["ids"])
            case "MESSAGE_REACTION_ADD" | "MESSAGE_REACTION_REMOVE":
                user, emoji = str(told["user_id"]), told["emoji"]
                member = ((told.get("member") or {}).get("user")) or {}
                by = Person(user, str(member.get("global_name") or member.get("username") or ""), agent=user == us)
                shown = str(emoji["name"]) if not emoji.get("id") else f":{emoji['name']}:"
                about = f"{told['channel_id']}:{told['message_id']}"
                return (Reacted(about, by, shown, now, withdrawn=kind.endswith("REMOVE")),)
            case "TYPING_START" if str(told["user_id"]) != us:
                member = ((told.get("member") or {}).get("user")) or {}
                name = str(member.get("global_name") or member.get("username") or "")
                return (Typing(str(told["channel_id"]), now + TYPING, name),)
    except (KeyError, TypeError, ValueError, AttributeError):
        return (unsupported(kind.lower(), told, now),)
    return ()


def rooms_of(told: Any) -> dict[str, Room]:
    """The channels and threads that an event names, by id."""
    found: dict[str, Room] = {}
    if not isinstance(told, dict):
        return found
    named = [told] if "name" in told and "type" in told else []
    listed = [told[name] for name in ("channels", "threads") if isinstance(told.get(name), list)]
    for one in (*named, *chain.from_iterable(listed)):
        if isinstance(one, dict) and "id" in one:
            found[str(one["id"])] = Room(str(one.get("name") or ""), str(one.get("parent_id") or ""))
    return found


def said_at(own: str, now: Millis) -> Millis:
    """When something was made: its id says so (…/reference#snowflakes)."""
    return (int(own) >> 22) + _EPOCH if own.isascii() and own.isdigit() and len(own) < 20 else now


def first_at(at: Millis) -> str:
    """The least id of what was made at a time, or later."""
    return str(max(at - _EPOCH, 0) << 22)


def _instant(stamp: Any, now: Millis) -> Millis:
    try:
        return int(datetime.fromisoformat(str(stamp)).timestamp() * 1000)
    except ValueError:
        return now


def unsupported(kind: str, told: Any, now: Millis) -> Unsupported:
    """What is not understood, raw."""
    raw = json.dumps(told, ensure_ascii=False).encode(errors="replace")
    place = told if isinstance(told, dict) else {}
    own = f"{place.get('channel_id', '')}:{place.get('id') or place.get('message_id') or ''}"
    return Unsupported(f"discord.{kind[:60]}", raw, now, own, "", CHANNEL, "")
