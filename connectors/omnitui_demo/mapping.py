"""Beats of the world → SDK events. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from omnitui.sdk import (
    HOUR,
    MINUTE,
    SECOND,
    ContactChanged,
    ConversationChanged,
    Direction,
    Event,
    MessageKind,
    MessageReceived,
    Millis,
    Person,
    Priority,
    Rated,
    Receipt,
    RemoteFile,
    SendState,
    Status,
    Template,
    Typing,
    Unsupported,
)
from omnitui_demo.world import Beat, cast

CHANNELS = ("email", "line", "whatsapp", "webchat", "sms", "voice")
WINDOWS: Mapping[str, Millis] = {"whatsapp": 24 * HOUR}
"""Reply windows counted from the customer's last message, in milliseconds."""


FREE: Mapping[str, Millis] = {"line": MINUTE}
"""How long after the customer's last message an answer costs nothing; a later one uses up the quota."""
QUOTA_LEFT = "412 of 500 messages left this month"
WRITES_FOR: Millis = 4 * SECOND
"""How long customers are seen writing before their message comes."""


def inbox_of(channel: str) -> str:
    """Our address on a channel."""
    inboxes: list[dict[str, str]] = cast()["inbox"]
    return next(inbox["address"] for inbox in inboxes if inbox["channel"] == channel)


def events(beat: Beat) -> list[Event]:
    """What a connector would report of this beat."""
    match beat.kind:
        case "person":
            return _person(beat.values)
        case "message":
            return [_message(beat)]
        case "receipt":
            return [Receipt(SendState(beat.values["state"]), beat.at, idempotency_key=beat.values["key"])]
        case "state":
            return [_state(beat)]
        case "poll":
            raw = json.dumps({"type": "poll", "question": beat.values["text"]}, ensure_ascii=False).encode()
            channel = beat.values["channel"]
            return [
                Unsupported(
                    f"{channel}.poll",
                    raw,
                    beat.at,
                    external_id=beat.key,
                    conversation=beat.values["conversation"],
                    channel=channel,
                    inbox=inbox_of(channel),
                )
            ]
        case "rating":
            score = beat.values["score"]
            return [
                Rated(beat.values["conversation"], score, raw=f"{score}/5", comment=beat.values["comment"], at=beat.at)
            ]


def _person(customer: Mapping[str, Any]) -> list[Event]:
    return [
        ContactChanged(
            channel=channel,
            address=customer[channel],
            name=customer["name"],
            organization=customer.get("organization"),
            segment=customer.get("segment"),
            language=customer["language"],
            time_zone=customer.get("time_zone"),
            fields=tuple(customer.get("fields", {}).items()),
        )
        for channel in CHANNELS
        if channel in customer
    ]


def _message(beat: Beat) -> MessageReceived:
    values = beat.values
    channel, customer, agent = values["channel"], values["customer"], values["agent"]
    contact = Person(customer[channel], customer["name"], customer["language"])
    window = WINDOWS.get(channel)
    file = values.get("file")
    return MessageReceived(
        inbox=inbox_of(channel),
        channel=channel,
        conversation=values["conversation"],
        external_id=values.get("external_id", beat.key),
        contact=contact,
        author=Person(agent["address"], agent["name"], agent=True) if agent else contact,
        direction=Direction.OUTGOING if agent else Direction.INCOMING,
        sent_at=beat.at,
        text=values["text"],
        kind=MessageKind.NOTE if values.get("note") else MessageKind.PUBLIC,
        subject=values["subject"],
        files=_files(file) if file else (),
        seen=values.get("seen", False),
        window_closes_at=beat.at + window if window and not agent else None,
    )


def _files(file: Mapping[str, str]) -> tuple[RemoteFile, ...]:
    data = file["text"].encode()
    return (RemoteFile(file["name"], "text/plain", len(data), data=data),)


def _state(beat: Beat) -> ConversationChanged:
    values = beat.values
    status, priority = values.get("status"), values.get("priority")
    return ConversationChanged(
        values["conversation"],
        beat.at,
        status=Status(status) if status else None,
        priority=Priority(priority) if priority else None,
        assignee=values.get("assignee"),
        labels=tuple(values["labels"]),
    )


def templates() -> tuple[Template, ...]:
    """What may be sent on WhatsApp at any time."""
    return tuple(
        Template(
            one["name"],
            one["language"],
            one["text"],
            tuple(one["blanks"]),
            tuple(one["examples"]),
            one["category"],
            "whatsapp",
        )
        for one in cast()["template"]
    )


def writes_now(beats: Iterable[Beat], now: Millis) -> list[Beat]:
    """The customers' messages that are being written."""
    return [
        beat
        for beat in beats
        if beat.kind == "message"
        and now < beat.at <= now + WRITES_FOR
        and not beat.values["agent"]
        and beat.values["channel"] in ("line", "whatsapp", "webchat")
    ]


def typing(beat: Beat) -> Typing:
    """That a customer is writing what this beat says."""
    return Typing(beat.values["conversation"], beat.at, beat.values["customer"]["name"])
