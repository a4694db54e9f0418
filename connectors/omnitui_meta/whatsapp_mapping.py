"""What Meta calls with about WhatsApp → SDK events. Pure, and nothing in it makes it raise.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from omnitui.sdk import (
    HOUR,
    ContactChanged,
    ConversationChanged,
    Direction,
    Event,
    MessageDeleted,
    MessageKind,
    MessageReceived,
    Millis,
    Person,
    Reacted,
    Receipt,
    SendState,
    Unsupported,
)
from omnitui_meta.client import told
from omnitui_meta.payload import ODD, Json, dumped, entries
from omnitui_meta.whatsapp_words import files, words

CHANNEL = "whatsapp"
WINDOW: Millis = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Line:
    """One of our numbers, and what a call says beside its messages."""

    number_id: str
    inbox: str
    names: Mapping[str, str]
    received_at: Millis

    def conversation(self, customer: str) -> str:
        """A customer at one of our numbers; the same again from `place_of`."""
        return f"{self.number_id}/{customer}"

    def person(self, customer: str) -> Person:
        return Person(address(customer), self.names.get(customer, ""))


def place_of(conversation: str) -> tuple[str, str]:
    """Our number's id and the customer's."""
    number_id, _slash, customer = conversation.partition("/")
    return number_id, customer


def address(customer: str) -> str:
    """A customer's address: a phone number as E.164 has it; an id or a group's as it is."""
    return f"+{customer}" if customer.isdecimal() else customer


def events(body: bytes, received_at: Millis, business: str = "", inbox: str = "") -> tuple[Event, ...]:
    """What a call reports.

    Args:
        body: As it came.
        received_at: When it came.
        business: Our WhatsApp Business Account; what is about another one is not ours. Empty: all.
        inbox: Where what is about none of our numbers is shown.
    """
    parts = entries(body)
    if parts is None:
        return (Unsupported("whatsapp", body, received_at, channel=CHANNEL, inbox=inbox),)
    found: list[Event] = []
    for name, entry in parts:
        if business and name != business:
            continue
        try:
            changes = [(str(change["field"]), change["value"]) for change in entry["changes"]]
        except ODD:
            found.append(_raw("entry", entry, received_at, inbox))
            continue
        for field, value in changes:
            found += _change(field, value, received_at, inbox)
    return tuple(found)


def _change(field: str, value: Any, received_at: Millis, inbox: str) -> Iterable[Event]:
    lists = _LISTS.get(field, {})
    try:
        line = _line(value, received_at, inbox)
        known = [(name, list(value[name])) for name in lists if value.get(name)]
    except ODD:
        return [_raw(field, value, received_at, inbox)]
    found: list[Event] = []
    for name, items in known:
        for item in items:
            try:
                made = list(lists[name](item, line))
            except ODD:
                made = []
            named = str(item.get("id") or "") if name == "messages" and isinstance(item, dict) else ""
            found += made or [_unsupported(f"{name}.{_kind(item)}", item, line, external_id=named)]
    return found or [_raw(field, value, received_at, line.inbox)]


def _line(value: Json, received_at: Millis, inbox: str) -> Line:
    meta = value.get("metadata") or {}
    names: dict[str, str] = {}
    for contact in value.get("contacts") or ():
        profile = contact.get("profile") or {}
        name = str(profile.get("name") or profile.get("username") or "")
        names |= {str(contact[key]): name for key in ("wa_id", "user_id") if contact.get(key)}
    shown = str(meta.get("display_phone_number") or "")
    return Line(str(meta.get("phone_number_id") or ""), number(shown) or inbox, names, received_at)


def number(shown: str) -> str:
    """One of our numbers as E.164 has it, however Meta shows it: "+1 631-555-5555"."""
    digits = "".join(char for char in shown if char.isdecimal())
    return f"+{digits}" if digits else shown


def _kind(item: Any) -> str:
    return str(item.get("type") or item.get("event") or item.get("status") or "") if isinstance(item, dict) else ""


def _at(item: Json) -> Millis:
    return int(item["timestamp"]) * 1000


def _message(message: Json, line: Line) -> Iterator[Event]:
    sender = str(message.get("from") or message["from_user_id"])
    group = str(message.get("group_id") or "")
    yield from _said(message, line, Direction.INCOMING, group or sender, line.person(sender))


def _echo(message: Json, line: Line) -> Iterator[Event]:
    """What was written on the phone, in the WhatsApp Business app."""
    customer = str(message.get("to") or message["to_user_id"])
    yield from _said(message, line, Direction.OUTGOING, customer, Person(line.inbox, "WhatsApp Business", agent=True))


def _said(message: Json, line: Line, direction: Direction, customer: str, author: Person) -> Iterator[Event]:
    external_id, at, kind = str(message["id"]), _at(message), str(message["type"])
    incoming = direction is Direction.INCOMING
    conversation = line.conversation(customer)
    match kind:
        case "reaction":
            reaction = message["reaction"]
            emoji = str(reaction.get("emoji") or "")
            yield Reacted(str(reaction["message_id"]), author, emoji, at, withdrawn=not emoji, replaces=True)
            return
        case "revoke":
            yield MessageDeleted(str(message["revoke"]["original_message_id"]), at)
            return
        case "system":
            yield from _system(message, line, customer, at)
            return
        case "unsupported":
            yield _unsupported(_kind_of_unsupported(message), message, line, conversation, external_id)
            if incoming:
                yield ConversationChanged(conversation, at, window_closes_at=at + WINDOW)
            return
    revision = 1
    if kind == "edit":
        edit = message["edit"]
        external_id, revision = str(edit["original_message_id"]), at // 1000
        message = edit["message"]
    text = words(message)
    if text is None:
        return
    yield MessageReceived(
        inbox=line.inbox,
        channel=CHANNEL,
        conversation=conversation,
        external_id=external_id,
        contact=line.person(customer),
        author=author,
        direction=direction,
        sent_at=at,
        received_at=line.received_at if incoming and line.received_at else None,
        text=text,
        revision=revision,
        kind=MessageKind.ACTIVITY if kind == "request_welcome" else MessageKind.PUBLIC,
        files=files(message),
        # What was written before the number came here was read there.
        seen=not incoming or not line.received_at,
        window_closes_at=at + WINDOW if incoming else None,
        answers=_answered(message),
    )


def _answered(message: Json) -> str:
    return str((message.get("context") or {}).get("id") or "")


def _kind_of_unsupported(message: Json) -> str:
    kind = (message.get("unsupported") or {}).get("type") or "message"
    return f"{kind}: " + "; ".join(told(error) for error in message.get("errors") or ())


def _system(message: Json, line: Line, customer: str, at: Millis) -> Iterator[Event]:
    """A customer has another number now, or another phone."""
    system = message["system"]
    new = str(system.get("wa_id") or system.get("new_wa_id") or "")
    yield MessageReceived(
        inbox=line.inbox,
        channel=CHANNEL,
        conversation=line.conversation(customer),
        external_id=str(message["id"]),
        contact=line.person(customer),
        author=line.person(customer),
        direction=Direction.INCOMING,
        sent_at=at,
        text=str(system.get("body") or system["type"]),
        kind=MessageKind.ACTIVITY,
        seen=True,
    )
    if new and new != customer:
        yield ContactChanged(CHANNEL, address(new), fields=(("whatsapp", f"wrote from {address(customer)} before"),))
        yield ContactChanged(CHANNEL, address(customer), fields=(("whatsapp", f"writes from {address(new)} now"),))


_STATES: Mapping[str, SendState] = {
    "sent": SendState.ACCEPTED,
    "delivered": SendState.DELIVERED,
    "read": SendState.READ,
    "played": SendState.READ,
    "failed": SendState.FAILED,
}


def _status(status: Json, line: Line) -> Iterator[Event]:
    """How far one of ours got. What we gave along tells which, also where the answer to it never came."""
    state = _STATES.get(str(status["status"]))
    if state is None or status.get("type") == "call":
        return
    yield Receipt(
        state,
        _at(status),
        external_id=str(status["id"]),
        idempotency_key=str(status.get("biz_opaque_callback_data") or ""),
        reason="; ".join(told(error) for error in status.get("errors") or ()),
    )


def _call(call: Json, line: Line) -> Iterator[Event]:
    """That it rings is a line; how it ended is a message, which can be answered."""
    ended, incoming = call["event"] == "terminate", call.get("direction") == "USER_INITIATED"
    if not ended and call["event"] != "connect":
        return
    others = [who for who in (call.get("from"), call.get("to")) if who and number(str(who)) != line.inbox]
    known = [who for who in line.names if who.isdecimal()]
    customer = str(known[0] if known else others[0])
    at = _at(call)
    seconds = call.get("duration")
    parts = ["[call] from the customer" if incoming else "[call] from us"]
    parts += [f"{int(seconds) // 60}:{int(seconds) % 60:02d}"] if seconds is not None else []
    parts += [str(call.get("status") or "ended").lower() if ended else "rings"]
    yield MessageReceived(
        inbox=line.inbox,
        channel=CHANNEL,
        conversation=line.conversation(customer),
        external_id=str(call["id"]) if ended else f"{call['id']} rings",
        contact=line.person(customer),
        author=line.person(customer) if incoming else Person(line.inbox, agent=True),
        direction=Direction.INCOMING if incoming else Direction.OUTGOING,
        sent_at=at,
        received_at=line.received_at if incoming and line.received_at else None,
        text=", ".join(parts),
        kind=MessageKind.PUBLIC if incoming and ended else MessageKind.ACTIVITY,
        seen=not incoming,
        window_closes_at=at + WINDOW if incoming else None,
    )


def _preference(preference: Json, line: Line) -> Iterator[Event]:
    who = str(preference.get("wa_id") or preference["user_id"])
    about = str(preference.get("category", "marketing_messages")).replace("_", " ")
    yield ContactChanged(CHANNEL, address(who), fields=((about, str(preference["value"])),))


def _synchronised(state: Json, line: Line) -> Iterator[Event]:
    """A name in the phone's own address book."""
    contact = state["contact"]
    if state.get("action") == "add" and contact.get("phone_number"):
        who = number(str(contact["phone_number"]))
        yield ContactChanged(CHANNEL, who, name=str(contact.get("full_name") or contact.get("first_name") or ""))


def _old(part: Json, line: Line) -> Iterator[Event]:
    """What was written before the number came here: each thread is a customer."""
    past = Line(line.number_id, line.inbox, line.names, 0)
    us = Person(line.inbox, "WhatsApp Business", agent=True)
    for thread in part["threads"]:
        customer = str(thread["id"])
        for message in thread["messages"]:
            ours = number(str(message.get("from", ""))) == line.inbox
            direction = Direction.OUTGOING if ours else Direction.INCOMING
            try:
                made = list(_said(message, past, direction, customer, us if ours else line.person(customer)))
            except ODD:
                made = []
            yield from made or [_unsupported(f"history.{_kind(message)}", message, line)]


Maker = Callable[[Json, Line], Iterator[Event]]
_LISTS: Mapping[str, Mapping[str, Maker]] = {
    "messages": {"messages": _message, "statuses": _status},
    "calls": {"calls": _call, "statuses": _status},
    "smb_message_echoes": {"message_echoes": _echo},
    "smb_app_state_sync": {"state_sync": _synchronised},
    "history": {"history": _old},
    "user_preferences": {"user_preferences": _preference},
}


def _unsupported(kind: str, item: Any, line: Line, conversation: str = "", external_id: str = "") -> Unsupported:
    known = item if isinstance(item, dict) else {}
    sender = str(known.get("from") or known.get("recipient_id") or "")
    try:
        at = _at(known)
    except ODD:
        at = line.received_at
    conversation = conversation or (line.conversation(sender) if sender and line.number_id else "")
    return Unsupported(f"whatsapp.{kind}"[:200], dumped(item), at, external_id, conversation, CHANNEL, line.inbox)


def _raw(field: str, value: Any, received_at: Millis, inbox: str) -> Unsupported:
    return Unsupported(f"whatsapp.{field}"[:200], dumped(value), received_at, channel=CHANNEL, inbox=inbox)
