"""Events of direct messages → SDK events. Pure. https://docs.x.com/x-api/direct-messages/lookup/introduction"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from omnitui.sdk import (
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
from omnitui_x.settings import CHANNEL

Json = dict[str, Any]
TEXT = 20_000
"""Characters of a message that are shown; X's own limit is 10,000."""
NAME = 200
HOSTS = ("ton.twitter.com", "ton.x.com")
"""Where photos of direct messages lie: given only to requests that are signed for the account."""
PAIR = re.compile(r"(\d{1,19})-(\d{1,19})", re.ASCII)
"""A conversation of two."""


@dataclass(frozen=True, slots=True)
class Page:
    """What came with the events of one answer."""

    me: str
    inbox: str
    at: Millis
    users: Mapping[str, Json] = field(default_factory=dict)
    media: Mapping[str, Json] = field(default_factory=dict)

    def person(self, who: str) -> Person:
        user = self.users.get(who, {})
        return Person(who, str(user.get("name") or user.get("username") or "")[:NAME], agent=who == self.me)


def page_of(said: Mapping[str, Any], *, me: str, inbox: str, at: Millis) -> Page:
    """What an answer includes, by its ids."""
    included = said.get("includes")
    known = included if isinstance(included, dict) else {}
    return Page(me, inbox, at, _by(known.get("users"), "id"), _by(known.get("media"), "media_key"))


def items(said: Mapping[str, Any]) -> list[Any]:
    """The events of an answer, the newest first."""
    found = said.get("data")
    return found if isinstance(found, list) else []


def number_of(item: Any) -> int:
    """An event's id, which grows with time; 0 where it has none."""
    found = item.get("id") if isinstance(item, dict) else None
    return int(found) if isinstance(found, str) and found.isdecimal() and len(found) < 20 else 0


def event(item: Any, page: Page) -> Event:
    """What an event reports; what is not understood is kept raw."""
    try:
        if (found := _known(item, page)) is not None:
            return found
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        pass
    told = item if isinstance(item, dict) else {}
    return Unsupported(
        f"x.{str(told.get('event_type') or 'event')[:50]}",
        json.dumps(item, ensure_ascii=False).encode(errors="replace"),
        _time(told, page.at),
        external_id=str(told.get("id") or "")[:NAME],
        conversation=str(told.get("dm_conversation_id") or "")[:NAME],
        channel=CHANNEL,
        inbox=page.inbox,
    )


def cards(found: list[Event], page: Page) -> tuple[ContactChanged, ...]:
    """What is known of those whom events are with."""
    people = {event.contact.address for event in found if isinstance(event, MessageReceived)}
    return tuple(_card(page.users[who]) for who in sorted(people) if who in page.users)


def _card(user: Json) -> ContactChanged:
    called, picture = user.get("username"), user.get("profile_image_url")
    return ContactChanged(
        CHANNEL,
        str(user["id"]),
        picture=picture[:2_000] if isinstance(picture, str) else None,
        fields=((CHANNEL, f"@{called}"[:NAME]),) if isinstance(called, str) else (),
    )


def _known(item: Json, page: Page) -> Event | None:
    words, kind, author = "", MessageKind.PUBLIC, ""
    files: tuple[RemoteFile, ...] = ()
    match item["event_type"]:
        case "MessageCreate":
            words = "\n".join(part for part in (_text(item), _posts(item)) if part)
            files = _files(item, page)
            author = str(item["sender_id"])
        case "ParticipantsJoin" | "ParticipantsLeave":
            who = [page.person(str(one)) for one in item["participant_ids"]]
            names = ", ".join(one.name or one.address for one in who)
            words = f"[{'joined' if item['event_type'] == 'ParticipantsJoin' else 'left'}] {names}"
            author, kind = str(item.get("sender_id") or item["participant_ids"][0]), MessageKind.ACTIVITY
    if not words and not files:
        return None
    conversation, external_id = str(item["dm_conversation_id"]), str(item["id"])
    if not conversation or not external_id:
        return None
    pair = PAIR.fullmatch(conversation)
    other = next((one for one in pair.groups() if one != page.me), page.me) if pair else ""
    return MessageReceived(
        inbox=page.inbox,
        channel=CHANNEL,
        conversation=conversation,
        external_id=external_id,
        # In a group it is the group that is written to.
        contact=page.person(other) if other else Person(conversation, "group"),
        author=page.person(author),
        direction=Direction.OUTGOING if author == page.me else Direction.INCOMING,
        sent_at=_time(item, page.at),
        text=words[:TEXT],
        kind=kind,
        files=files,
    )


def _text(item: Json) -> str:
    """What was written, with the addresses that X shortened as they were."""
    text = str(item.get("text") or "")[:TEXT]
    links = (item.get("entities") or {}).get("urls") or ()
    for link in links[:50]:
        if isinstance(link.get("url"), str) and isinstance(link.get("expanded_url"), str):
            text = text.replace(link["url"], link["expanded_url"])
    return text


def _posts(item: Json) -> str:
    return "\n".join(f"[post] https://x.com/i/status/{post['id']}" for post in item.get("referenced_posts") or ())


def _files(item: Json, page: Page) -> tuple[RemoteFile, ...]:
    keys = (item.get("attachments") or {}).get("media_keys") or ()
    found = (_file(page.media.get(str(key))) for key in keys)
    return tuple(file for file in found if file is not None)


def _file(media: Json | None) -> RemoteFile | None:
    """A photo, or the best form of a video."""
    if media is None:
        return None
    if media["type"] == "photo":
        return RemoteFile("photo.jpg", "image/jpeg", 0, remote=_remote(str(media["url"])))
    forms = [
        form for form in media.get("variants") or () if form.get("content_type") == "video/mp4" and form.get("url")
    ]
    best = max(forms, key=lambda form: int(form.get("bit_rate") or 0), default=None)
    url = best["url"] if best is not None else media.get("url") or media.get("preview_image_url")
    if not url:
        return None
    name, media_type = ("video.mp4", "video/mp4") if best is not None else ("picture.jpg", "image/jpeg")
    return RemoteFile(name, media_type, 0, remote=_remote(str(url)))


def _remote(url: str) -> Json:
    parts = urlsplit(url)
    return {"path": parts.path} if parts.hostname in HOSTS else {"url": url}


def _by(found: Any, name: str) -> dict[str, Json]:
    known = found if isinstance(found, list) else []
    return {one[name]: one for one in known if isinstance(one, dict) and isinstance(one.get(name), str)}


def _time(item: Mapping[str, Any], otherwise: Millis) -> Millis:
    try:
        return int(datetime.fromisoformat(str(item["created_at"])).timestamp() * 1000)
    except (KeyError, ValueError, OverflowError):
        return otherwise
