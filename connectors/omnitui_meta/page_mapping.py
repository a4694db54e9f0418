"""What Meta calls with about a page or an Instagram account → SDK events. Pure, and nothing in it makes it raise.

https://developers.facebook.com/docs/messenger-platform/reference/webhook-events
https://developers.facebook.com/docs/messenger-platform/instagram/features/webhook
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from omnitui.sdk import (
    HOUR,
    ConversationChanged,
    Direction,
    Event,
    MessageDeleted,
    MessageKind,
    MessageReceived,
    Millis,
    Person,
    Reacted,
    ReadUpTo,
    Receipt,
    SendState,
    Unsupported,
)
from omnitui_meta.page_words import came_from, files, words
from omnitui_meta.payload import ODD, Json, dumped, entries

WINDOW: Millis = 24 * HOUR
SAMPLE = "0"
"""Of what the button *Test* at Meta's page sends."""
APPS = {"263902037430900": "Meta Business Suite", "1217981644879628": "Instagram"}
"""Tools of Meta's own that write for the page."""
_REACTIONS = {"love": "❤️", "smile": "😆", "wow": "😮", "sad": "😢", "angry": "😠", "like": "👍", "dislike": "👎"}


@dataclass(frozen=True, slots=True)
class Ours:
    """Who we are at Meta."""

    channel: str
    """messenger or instagram."""
    account: str
    """The page's id, or the Instagram account's."""
    inbox: str
    app: str = ""
    """Our app's id: what it sends is ours, what another sends is another tool's."""
    page: str = ""
    """The page's id."""


def events(body: bytes, received_at: Millis, ours: Ours) -> tuple[Event, ...]:
    """What a call reports, but for what is about another page."""
    parts = entries(body)
    if parts is None:
        return (_raw(ours, "call", body, received_at),)
    found: list[Event] = []
    for name, entry in parts:
        if not ours.account or name in (ours.account, SAMPLE):
            found += _entry(entry, received_at, ours)
    return tuple(found)


def _entry(entry: Json, received_at: Millis, ours: Ours) -> Iterable[Event]:
    try:
        told = [("", item) for item in entry.get("messaging") or ()]
        told += [("standby", item) for item in entry.get("standby") or ()]
        changes = [(str(change["field"]), change["value"]) for change in entry.get("changes") or ()]
    except ODD:
        return [_raw(ours, "entry", dumped(entry), received_at)]
    # The button *Test* sends as a change what otherwise comes as messaging.
    told += [("", value) for field, value in changes if field == "messages"]
    found: list[Event] = [
        _raw(ours, field, dumped(value), received_at) for field, value in changes if field != "messages"
    ]
    for standby, item in told:
        try:
            made: list[Event] | None = list(_happened(item, received_at, ours, standby=bool(standby)))
        except ODD:
            made = None
        found += [_unsupported(item, received_at, ours)] if made is None else made
    return found if told or changes else [_raw(ours, "entry", dumped(entry), received_at)]


def moment(told: Any) -> Millis:
    """A time in milliseconds; some of Meta's come in seconds, some as words."""
    at = int(told)
    return at * 1000 if abs(at) < 100_000_000_000 else at


def _customer(item: Json, ours: Ours, *, echo: bool) -> str:
    sender, recipient = str(item["sender"]["id"]), str((item.get("recipient") or {}).get("id", ""))
    return recipient if recipient and (sender == ours.account or (echo and recipient != ours.account)) else sender


def _happened(item: Json, received_at: Millis, ours: Ours, *, standby: bool) -> Iterator[Event]:
    at = moment(item["timestamp"])
    message = item.get("message") or {}
    customer = _customer(item, ours, echo=bool(message.get("is_echo")))
    if message:
        yield from _message(message, customer, at, received_at, ours)
    elif "message_edit" in item:
        edit = item["message_edit"]
        revision = 1 + int(edit.get("num_edit") or 1)
        whole = {"mid": edit["mid"], "text": str(edit["text"])}
        yield from _message(whole, customer, at, received_at, ours, revision=revision)
    elif "postback" in item:
        postback = item["postback"]
        mid = postback.get("mid") or f"postback:{customer}:{at}"
        whole = {"mid": mid, "text": str(postback.get("title") or postback["payload"])}
        whole |= {"referral": postback["referral"]} if postback.get("referral") else {}
        yield from _message(whole, customer, at, received_at, ours)
    elif "reaction" in item:
        yield _reaction(item["reaction"], str(item["sender"]["id"]), customer, at, ours)
    elif "read" in item:
        read = item["read"]
        yield ReadUpTo(customer, moment(read.get("watermark") or at))
        if read.get("mid"):
            yield Receipt(SendState.READ, at, str(read["mid"]))
    elif "delivery" in item:
        # Where it names no messages there is nothing that could be said of one.
        for mid in item["delivery"].get("mids") or ():
            yield Receipt(SendState.DELIVERED, moment(item["delivery"].get("watermark") or at), str(mid))
    elif "referral" in item:
        whole = {"mid": f"referral:{customer}:{at}", "text": came_from(item["referral"])}
        yield from _message(whole, customer, at, received_at, ours, kind=MessageKind.ACTIVITY)
    else:
        yield _unsupported(item, received_at, ours, customer)
        if "pass_thread_control" in item or "take_thread_control" in item:
            yield ConversationChanged(customer, at, vendor_status=_held(item, ours))
    if standby:
        yield ConversationChanged(customer, at, vendor_status="standby: another app has it")


def _held(item: Json, ours: Ours) -> str:
    """Who has the conversation now: we, or another app."""
    passed = item.get("pass_thread_control") or {}
    owner = str(passed.get("new_owner_app_id") or "")
    return "" if owner and owner == ours.app else "standby: another app has it"


def _message(
    message: Json,
    customer: str,
    at: Millis,
    received_at: Millis,
    ours: Ours,
    *,
    revision: int = 1,
    kind: MessageKind = MessageKind.PUBLIC,
) -> Iterator[Event]:
    mid, echo = str(message["mid"]), bool(message.get("is_echo"))
    if message.get("is_deleted"):
        yield MessageDeleted(mid, at)
        return
    closes_at = None if echo or kind is MessageKind.ACTIVITY else at + WINDOW
    text = None if message.get("is_unsupported") else words(message)
    if text is None:
        raw = dumped(message)
        yield Unsupported(f"{ours.channel}.message", raw, at, mid, customer, ours.channel, ours.inbox)
        if closes_at is not None:
            yield ConversationChanged(customer, at, window_closes_at=closes_at)
        return
    yield MessageReceived(
        inbox=ours.inbox,
        channel=ours.channel,
        conversation=customer,
        external_id=mid,
        contact=Person(customer),
        author=_writer(message, ours) if echo else Person(customer),
        direction=Direction.OUTGOING if echo else Direction.INCOMING,
        sent_at=at,
        received_at=None if echo else received_at,
        text=text,
        revision=revision,
        kind=kind,
        files=files(message),
        seen=echo,
        idempotency_key=str(message.get("metadata") or "") if echo else "",
        window_closes_at=closes_at,
        answers=str((message.get("reply_to") or {}).get("mid") or ""),
    )


def _writer(message: Json, ours: Ours) -> Person:
    """Who wrote for us: an agent here, or another tool."""
    app = str(message.get("app_id") or "")
    if not app or app == ours.app:
        return Person(ours.inbox, agent=True)
    return Person(f"app {app}", APPS.get(app, f"app {app}"), agent=True)


def _reaction(reaction: Json, sender: str, customer: str, at: Millis, ours: Ours) -> Event:
    named = str(reaction.get("reaction") or "")
    emoji = str(reaction.get("emoji") or _REACTIONS.get(named) or named)
    by = Person(customer) if sender == customer else Person(ours.inbox, agent=True)
    withdrawn = reaction["action"] == "unreact"
    return Reacted(str(reaction["mid"]), by, "" if withdrawn else emoji, at, withdrawn=withdrawn, replaces=True)


def _unsupported(item: Any, received_at: Millis, ours: Ours, customer: str = "") -> Unsupported:
    named = (
        [name for name in item if name not in ("sender", "recipient", "timestamp")] if isinstance(item, dict) else []
    )
    kind = ".".join([ours.channel, *(str(name) for name in named[:1])])[:200]
    try:
        at, known = moment(item["timestamp"]), customer or _customer(item, ours, echo=False)
    except ODD:
        at, known = received_at, customer
    return Unsupported(kind, dumped(item), at, "", known, ours.channel, ours.inbox)


def _raw(ours: Ours, kind: str, raw: bytes, received_at: Millis) -> Unsupported:
    return Unsupported(f"{ours.channel}.{kind}"[:200], raw, received_at, channel=ours.channel, inbox=ours.inbox)
