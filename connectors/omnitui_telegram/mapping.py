"""Updates of the Bot API → SDK events. Pure. https://core.telegram.org/bots/api#update"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from omnitui.sdk import (
    ContactChanged,
    Direction,
    Event,
    MessageReceived,
    Millis,
    Person,
    Reacted,
    RemoteFile,
    Unsupported,
)

CHANNEL = "telegram"
WANTED = ("message", "edited_message", "my_chat_member", "message_reaction")
"""The kinds of update that are asked for."""
Json = dict[str, Any]


def events(update: Json, *, bot: str, now: Millis) -> tuple[Event, ...]:
    """What an update reports; what is not understood is kept raw."""
    try:
        for kind in ("message", "edited_message"):
            if kind in update:
                return (_message(update[kind], bot) or _unsupported(update, kind, bot, now),)
        if "my_chat_member" in update:
            return (_standing(update["my_chat_member"]),)
        if "message_reaction" in update:
            return _reactions(update["message_reaction"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        pass
    return (_unsupported(update, next((key for key in update if key != "update_id"), "update"), bot, now),)


def conversation_of(message: Json) -> str:
    """A chat, or a topic of one; the same again from `place_of`."""
    chat = str(message["chat"]["id"])
    topic = message.get("message_thread_id") if message.get("is_topic_message") else None
    return chat if topic is None else f"{chat}/{topic}"


def place_of(conversation: str) -> Json:
    """Where a conversation takes messages: the parameters of each method that sends."""
    chat, _slash, topic = conversation.partition("/")
    return {"chat_id": int(chat)} | ({"message_thread_id": int(topic)} if topic else {})


def id_of(message: Json, *others: Json) -> str:
    """A message's id, which is unique in its chat only; of an album those of all its messages."""
    return f"{message['chat']['id']}:" + ",".join(str(one["message_id"]) for one in (message, *others))


def message_of(external_id: str) -> tuple[int, tuple[int, ...]] | None:
    """The chat and the messages of an `id_of`; None where it is the id of something else."""
    if not _ID.fullmatch(external_id):
        return None
    chat, _colon, numbers = external_id.partition(":")
    return int(chat), tuple(int(number) for number in numbers.split(","))


_ID = re.compile(r"-?\d+:\d+(,\d+)*", re.ASCII)


def _message(message: Json, bot: str) -> MessageReceived | None:
    chat, sender = message["chat"], message.get("from") or message.get("sender_chat") or message["chat"]
    text, files = _text(message), _files(message)
    words = "\n".join(part for part in (_origin(message), _quote(message), text, _shown(message)) if part)
    if not words and not files:
        return None
    author = Person(str(sender["id"]), _name(sender), str(sender.get("language_code", "")))
    return MessageReceived(
        inbox=bot,
        channel=CHANNEL,
        conversation=conversation_of(message),
        external_id=id_of(message),
        # In a group it is the group that is written to.
        contact=author if chat["type"] == "private" else Person(str(chat["id"]), _name(chat)),
        author=author,
        direction=Direction.INCOMING,
        sent_at=int(message["date"]) * 1000,
        text=words,
        revision=int(message.get("edit_date", 1)),
        subject=_name(chat) if chat["type"] != "private" else "",
        files=files,
        answers=_answered(message),
    )


def _text(message: Json) -> str:
    """Text or caption; beside words that hide an address, the address."""
    text = message.get("text") or message.get("caption") or ""
    entities = message.get("entities") or message.get("caption_entities") or ()
    links = [entity for entity in entities if entity.get("type") == "text_link"]
    if not links:
        return str(text)
    # Telegram counts in UTF-16 units.
    units = text.encode("utf-16-le", "surrogatepass")
    for entity in sorted(links, key=lambda entity: -int(entity["offset"])):
        start = 2 * int(entity["offset"])
        end = start + 2 * int(entity["length"])
        if units[start:end].decode("utf-16-le", "replace") != entity["url"]:
            units = units[:end] + f" ({entity['url']})".encode("utf-16-le", "surrogatepass") + units[end:]
    return units.decode("utf-16-le", "replace")


def _quote(message: Json) -> str:
    """The part of another message that this one answers, where the writer chose one."""
    quoted = (message.get("quote") or {}).get("text", "")
    return "\n".join(f"> {line}" for line in quoted.splitlines())


def _answered(message: Json) -> str:
    """The id of the message that this one answers; in a topic every message seems to answer the first one."""
    answered = message.get("reply_to_message") or {}
    return id_of(answered) if answered and "forum_topic_created" not in answered else ""


def _reactions(change: Json) -> tuple[Event, ...]:
    """All that somebody has put to a message now, in place of what it was."""
    who = change.get("user") or change["actor_chat"]
    message, by, at = id_of(change), Person(str(who["id"]), _name(who)), int(change["date"]) * 1000
    given = (str(one.get("emoji") or "\N{BLACK STAR}") for one in change["new_reaction"])
    cleared = Reacted(message, by, "", at, withdrawn=True)
    return (cleared, *(Reacted(message, by, emoji, at) for emoji in given))


def _name(who: Mapping[str, Any]) -> str:
    whole = " ".join(str(who[part]) for part in ("first_name", "last_name") if who.get(part))
    return whole or str(who.get("title") or who.get("username") or "")


def _files(message: Json) -> tuple[RemoteFile, ...]:
    found = [_file(kind, message[kind]) for kind in _KINDS if isinstance(message.get(kind), dict)]
    if "animation" in message:
        # Said twice for programs that know no animations.
        found = [file for file in found if not file.remote or file.remote["kind"] != "document"]
    if photos := message.get("photo"):
        found.append(_file("photo", max(photos, key=lambda photo: photo["width"] * photo["height"])))
    return tuple(found)


_KINDS: Mapping[str, tuple[str, str]] = {
    "animation": ("animation.mp4", "video/mp4"),
    "audio": ("audio.mp3", "audio/mpeg"),
    "document": ("document", "application/octet-stream"),
    "video": ("video.mp4", "video/mp4"),
    "video_note": ("video.mp4", "video/mp4"),
    "voice": ("voice.ogg", "audio/ogg"),
}


def _file(kind: str, file: Json) -> RemoteFile:
    name, media_type = _KINDS.get(kind, ("photo.jpg", "image/jpeg"))
    return RemoteFile(
        str(file.get("file_name") or name),
        str(file.get("mime_type") or media_type),
        int(file.get("file_size", 0)),
        remote={"kind": kind, "file_id": file["file_id"]},
    )


def _origin(message: Json) -> str:
    """Who first wrote what was forwarded; `forward_from` is how older servers say it."""
    origin = message.get("forward_origin") or {}
    who = origin.get("sender_user") or origin.get("sender_chat") or origin.get("chat") or message.get("forward_from")
    name = _name(who) if who else str(origin.get("sender_user_name", ""))
    return f"[forwarded from {name}]" if name else ""


def _shown(message: Json) -> str:
    """What has no words of its own, in words."""
    if sticker := message.get("sticker"):
        return f"[sticker] {sticker.get('emoji', '')}".rstrip()
    if venue := message.get("venue"):
        place = venue["location"]
        return f"[place] {venue['title']}, {venue['address']} ({place['latitude']}, {place['longitude']})"
    if place := message.get("location"):
        return f"[place] {place['latitude']}, {place['longitude']}"
    if contact := message.get("contact"):
        return f"[contact] {_name(contact)} {contact['phone_number']}"
    if dice := message.get("dice"):
        return f"{dice['emoji']} {dice['value']}"
    if poll := message.get("poll"):
        return "\n".join([f"[poll] {poll['question']}", *(f"- {option['text']}" for option in poll["options"])])
    if joined := message.get("new_chat_members"):
        return "[joined] " + ", ".join(_name(member) for member in joined)
    if left := message.get("left_chat_member"):
        return f"[left] {_name(left)}"
    return ""


def _standing(change: Json) -> ContactChanged:
    """Whether we may write to this chat."""
    chat, status = change["chat"], change["new_chat_member"]["status"]
    gone = {"kicked": "has blocked us", "left": "has removed us"}.get(status, "")
    return ContactChanged(CHANNEL, str(chat["id"]), name=_name(chat), fields=(("telegram", gone),))


def _unsupported(update: Json, kind: str, bot: str, now: Millis) -> Unsupported:
    raw = json.dumps(update, ensure_ascii=False).encode(errors="replace")
    message = update.get(kind)
    try:
        conversation, at = conversation_of(message), int(message["date"]) * 1000  # type: ignore[arg-type, index]
    except (KeyError, TypeError, ValueError, OverflowError):
        conversation, at = "", now
    update_id = str(update.get("update_id", ""))
    return Unsupported(f"telegram.{kind}", raw, at, update_id, conversation, CHANNEL, bot)
