"""Events of rooms → SDK events; pure. https://spec.matrix.org/v1.15/client-server-api/#instant-messaging"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
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
    ReadUpTo,
    RemoteFile,
    Typing,
    Unsupported,
)

CHANNEL = "matrix"
Json = dict[str, Any]
MEDIA = ("m.image", "m.file", "m.audio", "m.video")
UNREADABLE = "[encrypted from end to end: this account cannot read it]"
TYPING: Millis = 30 * SECOND


class Room(NamedTuple):
    """What is known of a room."""

    id: str
    name: str
    members: Mapping[str, str]
    """Names by user id, ours among them."""
    encrypted: bool = False

    def contact(self, us: str) -> Person:
        """The other one where there are two; else the room itself."""
        others = [user for user in self.members if user != us]
        if len(others) == 1:
            return Person(others[0], self.members[others[0]] or others[0])
        return Person(self.id, self.name)

    def conversation(self, event: Json) -> str:
        """The room, or one of its threads; the same again from `place_of`."""
        relation = _relation(event)
        return f"{self.id}|{relation['event_id']}" if relation.get("rel_type") == "m.thread" else self.id


def place_of(conversation: str) -> tuple[str, str]:
    """Room and thread of a conversation; the thread is empty where it is the room itself."""
    room, _bar, thread = conversation.partition("|")
    return room, thread


def events(event: Json, room: Room, *, us: str, now: Millis) -> tuple[Event, ...]:
    """What an event of a room's timeline reports; what is not understood is kept raw."""
    try:
        if "state_key" in event:
            # Names, topics, who came and went: a room's furniture.
            return ()
        match event["type"]:
            case "m.room.message" | "m.sticker" | "m.room.encrypted":
                return _message(event, room, us, now)
            case "m.room.redaction":
                gone = event.get("redacts") or event["content"]["redacts"]
                return (MessageDeleted(str(gone), _at(event, now)),)
            case "m.reaction":
                relation, by = event["content"]["m.relates_to"], _person(event, room, us)
                return (Reacted(str(relation["event_id"]), by, str(relation["key"]), _at(event, now)),)
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    return (_unsupported(event, room, us, now),)


def _message(event: Json, room: Room, us: str, now: Millis) -> tuple[Event, ...]:
    content, relation = event["content"], _relation(event)
    if not content:
        # It was redacted before we came.
        return ()
    edited = relation.get("rel_type") == "m.replace"
    said = content["m.new_content"] if edited else content
    text, files = _text(event, said, room, answers := _answered(relation)), tuple(_files(said))
    if not text and not files:
        return (_unsupported(event, room, us, now),)
    author, at = _person(event, room, us), _at(event, now)
    return (
        MessageReceived(
            inbox=us,
            channel=CHANNEL,
            conversation=room.conversation(event),
            external_id=str(relation["event_id"]) if edited else str(event["event_id"]),
            contact=room.contact(us),
            author=author,
            direction=Direction.OUTGOING if author.agent else Direction.INCOMING,
            sent_at=at,
            text=text,
            revision=at if edited else 1,
            subject="" if room.contact(us).address != room.id else room.name,
            files=files,
            idempotency_key=str((event.get("unsigned") or {}).get("transaction_id", "")) if author.agent else "",
            answers="" if edited else answers,
        ),
    )


def _text(event: Json, said: Json, room: Room, answers: str) -> str:
    if event["type"] == "m.room.encrypted" or "file" in said:
        return UNREADABLE
    body, kind = str(said.get("body", "")), said.get("msgtype", "")
    if answers:
        body = _without_fallback(body)
    if event["type"] == "m.sticker":
        return f"[sticker] {body}".rstrip()
    if kind == "m.emote":
        return f"* {room.members.get(event['sender']) or event['sender']} {body}"
    if kind == "m.location":
        return f"[place] {body} {said.get('geo_uri', '')}".rstrip()
    if kind in MEDIA:
        # Beside a file that has a name of its own, the body is what is said to it.
        return body if said.get("filename", body) != body else ""
    return body


def _without_fallback(body: str) -> str:
    """Without the quote that older programs put before an answer."""
    lines = body.split("\n")
    if not lines[0].startswith("> <"):
        return body
    while lines and lines[0].startswith(">"):
        del lines[0]
    return "\n".join(lines).removeprefix("\n")


def _files(said: Json) -> Iterator[RemoteFile]:
    if said.get("msgtype") in MEDIA and str(said.get("url", "")).startswith("mxc://"):
        told = said.get("info")
        info = told if isinstance(told, dict) else {}
        name = str(said.get("filename") or said.get("body") or "file")
        size = info.get("size")
        yield RemoteFile(
            name,
            str(info.get("mimetype") or "application/octet-stream"),
            size if isinstance(size, int) and size >= 0 else 0,
            remote={"mxc": said["url"]},
        )


def _relation(event: Json) -> Json:
    relation = event["content"].get("m.relates_to")
    return relation if isinstance(relation, dict) else {}


def _answered(relation: Json) -> str:
    """The message it answers; in a thread only where that is no way to say "in this thread"."""
    answered = relation.get("m.in_reply_to")
    if not isinstance(answered, dict) or relation.get("is_falling_back") is True:
        return ""
    return str(answered.get("event_id", ""))


def edited_by_another(event: Json, original: Json) -> bool:
    """Whether somebody edits what another has written: no server refuses that, and nobody may believe it."""
    return bool(event.get("sender") != original.get("sender"))


def is_edit(event: Json) -> str:
    """The id of the event that this one replaces; empty where it replaces none."""
    try:
        relation = _relation(event)
        return str(relation["event_id"]) if relation.get("rel_type") == "m.replace" else ""
    except (KeyError, TypeError, AttributeError):
        return ""


def signs(event: Json, room: Room, *, us: str, now: Millis) -> tuple[Event, ...]:
    """What an ephemeral event tells: who writes, and how far was read."""
    try:
        match event["type"]:
            case "m.typing":
                others = [user for user in event["content"]["user_ids"] if user != us]
                name = room.members.get(others[0], "") if others else ""
                return (Typing(room.id, now + TYPING if others else now, name),)
            case "m.receipt":
                return tuple(_read(event["content"], room, us, now))
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    return ()


def _read(content: Json, room: Room, us: str, now: Millis) -> Iterator[ReadUpTo]:
    alone = room.contact(us).address != room.id
    for receipts in content.values():
        for user, receipt in (*receipts.get("m.read", {}).items(), *receipts.get("m.read.private", {}).items()):
            thread = receipt.get("thread_id", "main")
            conversation = room.id if thread == "main" else f"{room.id}|{thread}"
            at = receipt.get("ts")
            # Where many listen, that one has read it says nothing of the others.
            if user == us or alone:
                # A mark in the future would mark what is not written yet.
                yield ReadUpTo(conversation, min(at, now) if isinstance(at, int) else now, by_us=user == us)


def _person(event: Json, room: Room, us: str) -> Person:
    sender = str(event["sender"])
    return Person(sender, room.members.get(sender, ""), agent=sender == us)


def _at(event: Json, now: Millis) -> Millis:
    at = event.get("origin_server_ts")
    return at if isinstance(at, int) and 0 < at < 1 << 53 else now


def _unsupported(event: Json, room: Room, us: str, now: Millis) -> Unsupported:
    raw = json.dumps(event, ensure_ascii=False).encode(errors="replace")
    kind = f"matrix.{str(event.get('type', ''))[:80]}"
    return Unsupported(kind, raw, _at(event, now), str(event.get("event_id", "")), room.id, CHANNEL, us)
