"""Posts → SDK events; pure. https://docs.joinmastodon.org/entities/Status/"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from omnitui.sdk import Direction, Event, MessageReceived, Millis, Person, RemoteFile, Unsupported

CHANNEL = "mastodon"
PRIVATE = "direct"
Json = dict[str, Any]
_TYPES = {"image": "image/png", "gifv": "video/mp4", "video": "video/mp4", "audio": "audio/mpeg"}
_ADDRESS = re.compile(r"https?://\S+")
_MENTION = re.compile(r"(?<![\w/])@([\w.]+)@[\w.-]+[\w]")
LINK_LENGTH = 23
"""What any address counts, however long it is."""


def message(status: Json, *, root: str, us: Json, now: Millis, answers: bool = True) -> Event:
    """A post that mentions us, or one of ours; what is not understood is kept raw.

    Args:
        status: The post.
        root: The id of the first post of its thread, which names the conversation.
        us: Our account.
        now: The time where the post has none.
        answers: Whether what it answers is one of the conversation's messages.
    """
    try:
        return _message(status, root, us, now, answers)
    except (KeyError, TypeError, ValueError, AttributeError):
        return unsupported("post", status, us=us, now=now)


def _message(status: Json, root: str, us: Json, now: Millis, answers: bool) -> MessageReceived:
    account, ours = status["account"], status["account"]["id"] == us["id"]
    author = Person(str(account["acct"]), str(account.get("display_name") or account["username"]), agent=ours)
    others = [one for one in status.get("mentions") or () if one["id"] != us["id"]]
    contact = author if not ours else Person(str(others[0]["acct"])) if others else author
    warning = str(status.get("spoiler_text") or "")
    at = instant(status.get("created_at"), now)
    return MessageReceived(
        inbox=address(us),
        channel=CHANNEL,
        conversation=root,
        external_id=str(status["id"]),
        contact=contact,
        author=author,
        direction=Direction.OUTGOING if ours else Direction.INCOMING,
        sent_at=at,
        text=(f"<p>[{html.escape(warning)}]</p>" if warning else "") + str(status["content"]),
        html=True,
        revision=instant(status["edited_at"], now) if status.get("edited_at") else 1,
        # Whoever answers has to know who reads along.
        subject="" if status.get("visibility") == PRIVATE else str(status.get("visibility", "")),
        files=tuple(_files(status.get("media_attachments") or ())),
        answers=str(status.get("in_reply_to_id") or "") if answers else "",
    )


def _files(attachments: Any) -> Iterator[RemoteFile]:
    for attachment in attachments:
        where = str(attachment.get("url") or attachment.get("remote_url") or "")
        if where:
            name = unquote(urlsplit(where).path.rpartition("/")[2]) or "file"
            kind = _TYPES.get(str(attachment.get("type")), "application/octet-stream")
            yield RemoteFile(name, kind, 0, remote={"url": where})


def unsupported(kind: str, what: Any, *, us: Json, now: Millis) -> Unsupported:
    """What is not understood, raw."""
    raw = json.dumps(what, ensure_ascii=False).encode(errors="replace")
    own = str(what.get("id", "")) if isinstance(what, dict) else ""
    return Unsupported(f"mastodon.{kind[:40]}", raw, now, own, "", CHANNEL, address(us))


def address(us: Json) -> str:
    return f"@{us.get('acct', '')}"


def length(text: str) -> int:
    """How long an instance takes a text to be: addresses count 23, and people's names without their instance."""
    return len(_MENTION.sub(r"@\1", _ADDRESS.sub("x" * LINK_LENGTH, text)))


def same(content: str, text: str) -> bool:
    """Whether a post's HTML says a text; people stand in it with or without their instance."""
    lines = re.sub(r"<(?:br|/p)\b[^>]*>", "\n", content)
    one, other = (_MENTION.sub(r"@\1", said) for said in (html.unescape(re.sub(r"<[^>]*>", "", lines)), text))
    return "".join(one.split()) == "".join(other.split())


def plain(content: str) -> str:
    """The words of a post's HTML, to tell whether two say the same."""
    return "".join(html.unescape(re.sub(r"<[^>]*>", "", content)).split())


def instant(stamp: Any, now: Millis) -> Millis:
    try:
        return int(datetime.fromisoformat(str(stamp)).timestamp() * 1000)
    except ValueError:
        return now
