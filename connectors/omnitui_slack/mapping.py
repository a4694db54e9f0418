"""Events of Slack → SDK events; pure. https://docs.slack.dev/reference/events/message"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from omnitui.sdk import (
    Direction,
    Event,
    MessageDeleted,
    MessageReceived,
    Millis,
    Person,
    Reacted,
    RemoteFile,
    Unsupported,
)
from omnitui_slack.markup import mentioned, readable, sign

CHANNEL = "slack"
KEY = "omnitui"
Json = dict[str, Any]
SAID = frozenset((None, "file_share", "me_message", "thread_broadcast", "bot_message"))
SILENT_SUBTYPES = (
    "channel_",
    "group_",
    "pinned_",
    "unpinned_",
    "bot_add",
    "bot_remove",
    "reminder_add",
    "message_replied",
)
SILENT = frozenset(
    (
        *(
            "app_home_opened",
            "app_mention",
            "app_requested",
            "channel_history_changed",
            "dnd_updated",
            "dnd_updated_user",
        ),
        *("email_domain_changed", "emoji_changed", "file_change", "file_created", "file_deleted", "file_public"),
        *(
            "file_shared",
            "file_unshared",
            "goodbye",
            "im_close",
            "im_created",
            "im_open",
            "im_history_changed",
            "hello",
        ),
        *("link_shared", "member_joined_channel", "member_left_channel", "pin_added", "pin_removed", "star_added"),
        *("star_removed", "team_join", "team_rename", "team_domain_change", "user_change", "user_huddle_changed"),
        *(
            "user_profile_changed",
            "user_status_changed",
            "subteam_created",
            "subteam_updated",
            "subteam_members_changed",
        ),
        *("subteam_self_added", "subteam_self_removed", "channel_archive", "channel_created", "channel_deleted"),
        *("channel_id_changed", "channel_left", "channel_rename", "channel_shared", "channel_unarchive"),
        *("channel_unshared", "group_archive", "group_close", "group_deleted", "group_history_changed", "group_left"),
        *("group_open", "group_rename", "group_unarchive"),
    )
)
"""What happens beside messages; `app_mention` is told once more, as a message."""


class Desk(NamedTuple):
    """Who we are in a workspace."""

    user: str
    bot: str
    team: str


def events(event: Json, desk: Desk, names: Mapping[str, str], now: Millis) -> tuple[Event, ...]:
    """What an event reports; what is not understood is kept raw."""
    kind = str(event.get("type", ""))
    try:
        if kind == "message":
            return _message(event, desk, names, now)
        if kind in ("reaction_added", "reaction_removed"):
            return (_reaction(event, names, now),)
    except (KeyError, TypeError, ValueError, AttributeError):
        return (unsupported(kind, event, desk, now),)
    return () if kind in SILENT else (unsupported(kind, event, desk, now),)


def _message(event: Json, desk: Desk, names: Mapping[str, str], now: Millis) -> tuple[Event, ...]:
    subtype, channel = event.get("subtype"), str(event["channel"])
    if subtype == "message_changed":
        changed = event["message"]
        if changed.get("subtype") == "tombstone":
            return (MessageDeleted(f"{channel}:{changed['ts']}", instant(event, now)),)
        before = event.get("previous_message") or {}
        if changed.get("text") == before.get("text") and changed.get("files") == before.get("files"):
            # A link unfolded, or an answer counted.
            return ()
        return (_said({**changed, "channel": channel, "channel_type": event.get("channel_type")}, desk, names, now),)
    if subtype == "message_deleted":
        return (MessageDeleted(f"{channel}:{event['deleted_ts']}", instant(event, now)),)
    if subtype in SAID:
        return (_said(event, desk, names, now),)
    if str(subtype).startswith(SILENT_SUBTYPES):
        return ()
    return (unsupported(f"message.{subtype}", event, desk, now),)


def _said(message: Json, desk: Desk, names: Mapping[str, str], now: Millis) -> Event:
    channel, ts = str(message["channel"]), str(message["ts"])
    writer = str(message.get("user") or message.get("bot_id") or "")
    ours = writer == desk.user or message.get("bot_id") == desk.bot
    text, files = readable(str(message.get("text") or ""), names), tuple(_files(message.get("files") or ()))
    if not text and not files:
        return unsupported("message", message, desk, now)
    who = Person(writer, names.get(writer, "") or str(message.get("username") or ""), agent=ours)
    asked = str(message.get("parent_user_id") or writer)
    contact = who if not ours and asked == writer else Person(asked, names.get(asked, ""))
    edited = message.get("edited") or {}
    return MessageReceived(
        inbox=desk.team,
        channel=CHANNEL,
        conversation=conversation_of(message),
        external_id=f"{channel}:{ts}",
        contact=contact,
        author=who,
        direction=Direction.OUTGOING if ours else Direction.INCOMING,
        sent_at=_millis(ts, now),
        text=f"* {who.name} {text}" if message.get("subtype") == "me_message" else text,
        revision=_millis(str(edited["ts"]), now) if edited.get("ts") else 1,
        files=files,
        idempotency_key=_key(message) if ours else "",
    )


def conversation_of(message: Json) -> str:
    """A thread, which its first message names; a direct conversation is one as a whole. The same from `place_of`."""
    channel = str(message["channel"])
    if message.get("channel_type") == "im" or channel.startswith("D"):
        return channel
    return f"{channel}:{message.get('thread_ts') or message['ts']}"


def place_of(conversation: str) -> tuple[str, str]:
    """Channel and thread of a conversation; no thread in a direct one."""
    channel, _colon, thread = conversation.partition(":")
    return channel, thread


def message_of(external_id: str) -> tuple[str, str]:
    """Channel and ts of an `external_id`."""
    channel, _colon, ts = external_id.partition(":")
    return channel, ts


def _files(files: Iterable[Json]) -> Iterable[RemoteFile]:
    for file in files:
        size = file.get("size")
        yield RemoteFile(
            str(file.get("name") or file.get("title") or "file"),
            str(file.get("mimetype") or "application/octet-stream"),
            size if isinstance(size, int) and size >= 0 else 0,
            remote={"url": str(file.get("url_private_download") or file.get("url_private") or "")},
        )


def _reaction(event: Json, names: Mapping[str, str], now: Millis) -> Reacted:
    item, user = event["item"], str(event["user"])
    about, by = f"{item['channel']}:{item['ts']}", Person(user, names.get(user, ""))
    return Reacted(about, by, sign(str(event["reaction"])), instant(event, now), event["type"] == "reaction_removed")


def people_of(event: Json) -> set[str]:
    """The ids of all whom an event names: what they are called is asked for before it is mapped."""
    found: set[str] = set()
    for part in (event, event.get("message")):
        if isinstance(part, dict):
            found |= {str(part[name]) for name in ("user", "parent_user_id") if isinstance(part.get(name), str)}
            found |= set(mentioned(str(part.get("text") or "")))
    return {user for user in found if user[:1] in ("U", "W")}


def _key(message: Json) -> str:
    metadata = message.get("metadata") or {}
    return str(metadata["event_payload"]["key"]) if metadata.get("event_type") == KEY else ""


def instant(event: Json, now: Millis) -> Millis:
    return _millis(str(event.get("event_ts") or event.get("ts") or ""), now)


def _millis(ts: str, now: Millis) -> Millis:
    try:
        return int(float(ts) * 1000) if 0 < float(ts) < 1e11 else now
    except ValueError:
        return now


def unsupported(kind: str, event: Json, desk: Desk, now: Millis) -> Unsupported:
    """What is not understood, raw."""
    raw = json.dumps(event, ensure_ascii=False).encode(errors="replace")
    own = f"{event.get('channel', '')}:{event.get('ts') or event.get('event_ts') or ''}"
    return Unsupported(f"slack.{kind[:60]}", raw, instant(event, now), own, "", CHANNEL, desk.team)
