"""What was written before, as the Conversations API tells it → SDK events. Pure.

https://developers.facebook.com/docs/messenger-platform/conversations
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from omnitui.sdk import Direction, Event, MessageReceived, Millis, Person, RemoteFile
from omnitui_meta.page_mapping import Ours
from omnitui_meta.payload import ODD, Json

MESSAGES = 20
"""Of older ones of a conversation Meta tells no more than that they are."""
CONVERSATIONS = 10
FIELDS = (
    f"id,participants,messages.limit({MESSAGES})"
    "{id,created_time,from,message,sticker,attachments{mime_type,name,size,file_url,image_data,video_data}}"
)


def history(answer: Json, ours: Ours) -> tuple[Event, ...]:
    """The messages of a page of conversations; what is odd in one takes no other with it."""
    found: list[Event] = []
    threads = answer.get("data")
    for thread in threads if isinstance(threads, list) else ():
        try:
            people = thread["participants"]["data"]
            customer = next(one for one in people if str(one["id"]) not in (ours.account, ours.page))
            messages = list(thread["messages"]["data"])
        except (*ODD, StopIteration):
            continue
        for message in messages:
            try:
                found += _message(message, customer, ours)
            except ODD:
                continue
    return tuple(found)


def following(answer: Json) -> str:
    """Where the next page begins; empty after the last."""
    try:
        paging = answer["paging"]
        return str(paging["cursors"]["after"]) if paging.get("next") else ""
    except ODD:
        return ""


def _message(message: Json, customer: Json, ours: Ours) -> list[Event]:
    who, at = str(customer["id"]), _moment(str(message["created_time"]))
    text = str(message.get("message") or ("[sticker]" if message.get("sticker") else ""))
    files = tuple(_file(one) for one in (message.get("attachments") or {}).get("data") or ())
    if not text and not files:
        # A deleted one, or one that the API does not tell.
        return []
    contact = Person(who, str(customer.get("name") or customer.get("username") or ""))
    theirs = str((message.get("from") or {}).get("id", "")) == who
    return [
        MessageReceived(
            inbox=ours.inbox,
            channel=ours.channel,
            conversation=who,
            external_id=str(message["id"]),
            contact=contact,
            author=contact if theirs else Person(ours.inbox, agent=True),
            direction=Direction.INCOMING if theirs else Direction.OUTGOING,
            sent_at=at,
            text=text,
            files=files,
            seen=True,
        )
    ]


def _moment(text: str) -> Millis:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _file(one: Json) -> RemoteFile:
    shown: Any = one.get("image_data") or one.get("video_data") or {}
    media_type = str(one.get("mime_type") or ("image/jpeg" if one.get("image_data") else "application/octet-stream"))
    name = str(one.get("name") or media_type.partition("/")[0])
    return RemoteFile(name, media_type, int(one.get("size") or 0), remote={"url": one.get("file_url") or shown["url"]})
