"""Calls → SDK events, as the rules of a mapping say. Pure: whatever a call holds, nothing is raised or lost."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from omnitui.sdk import (
    ContactChanged,
    Delivery,
    Direction,
    Event,
    MessageDeleted,
    MessageReceived,
    Person,
    RemoteFile,
    Unsupported,
)
from omnitui_webhook.body import read
from omnitui_webhook.form import is_address
from omnitui_webhook.paths import Call, found
from omnitui_webhook.rules import Rule
from omnitui_webhook.values import word

MOST_ITEMS = 500
"""Messages of one call, and files of one message."""


def events(delivery: Delivery, rules: Sequence[Rule], *, channel: str, inbox: str) -> list[Event]:
    """What a call reports: what its first fitting rule makes of it; what fits none is kept as it came."""
    body = read(delivery.body, delivery.content_type)
    if body is None:
        return [_unsupported(delivery, "unreadable", channel, inbox)]
    call = Call(body, body)
    rule = next((rule for rule in rules if rule.when(call)), None)
    if rule is None:
        return [_unsupported(delivery, "of no rule", channel, inbox)]
    if rule.act == "ignore":
        return []
    made: list[Event] = []
    for number, item in enumerate(_items(call, rule)):
        if number == MOST_ITEMS:
            made.append(_unsupported(delivery, f"with more than {MOST_ITEMS} messages", channel, inbox, number))
            break
        made.extend(_events(delivery, rule, item, number, channel, inbox))
    return made or [_unsupported(delivery, "without a message", channel, inbox)]


def _items(call: Call, rule: Rule) -> Iterator[Call]:
    if rule.each is None:
        yield call
        return
    listed = found(call, rule.each)
    for item in listed if isinstance(listed, list) else ():
        yield Call(call.whole, item)


def _events(
    delivery: Delivery, rule: Rule, item: Call, number: int, channel: str, inbox: str
) -> Iterator[MessageReceived | MessageDeleted | ContactChanged | Unsupported]:
    said = {name: one(item) for name, one in rule.values.items()}
    external_id = said.get("external_id", "").strip()
    if rule.act == "deleted":
        if external_id:
            yield MessageDeleted(external_id, delivery.received_at)
        return
    address = said.get("address", "").strip()
    files = tuple(_files(item, rule))
    if not address or not (said.get("text", "").strip() or said.get("subject", "").strip() or files):
        lacks = "without words" if address else "without an address"
        yield _unsupported(delivery, lacks, channel, inbox, number)
        return
    contact = Person(address, said.get("name", ""), said.get("language", ""))
    author = contact
    if rule.outgoing or said.get("author_address"):
        author = Person(said.get("author_address") or inbox, said.get("author_name", ""), agent=rule.outgoing)
    yield MessageReceived(
        inbox=inbox,
        channel=channel,
        conversation=said.get("conversation", "").strip() or address,
        external_id=external_id or _name(delivery, number),
        contact=contact,
        author=author,
        direction=Direction.OUTGOING if rule.outgoing else Direction.INCOMING,
        sent_at=rule.read_time(said.get("sent_at", "")) or delivery.received_at,
        text=said.get("text", ""),
        received_at=delivery.received_at,
        revision=_revision(rule, said.get("revision", "")),
        subject=said.get("subject", ""),
        html=rule.html,
        files=files,
        answers=said.get("answers", ""),
    )
    fields = tuple((name, text) for name, one in rule.fields if (text := one(item)))
    email = said.get("email", "").strip()
    also = (("email", email),) if is_address(email) else ()
    if fields or also or said.get("picture"):
        yield ContactChanged(channel, address, fields=fields, picture=said.get("picture") or None, also=also)


def _revision(rule: Rule, said: str) -> int:
    """A number that counts, or a time."""
    if said.isdecimal() and len(said) < 16:
        return max(1, int(said))
    return max(1, rule.read_time(said) or 1)


def _files(item: Call, rule: Rule) -> Iterator[RemoteFile]:
    listed = next((held for place in rule.files if isinstance(held := found(item, place), list)), [])
    for one in listed[:MOST_ITEMS]:
        if rule.file:
            said = {name: value(Call(item.whole, one)).strip() for name, value in rule.file.items()}
        else:
            said = {"url": word(one)}
        url = said["url"]
        if not url:
            continue
        name = said.get("name") or _last_of(url)
        guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
        size = said.get("size", "")
        yield RemoteFile(
            name,
            said.get("type") or guessed,
            int(size) if size.isdecimal() and len(size) < 16 else 0,
            remote={"url": url},
        )


def _last_of(url: str) -> str:
    try:
        name = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    except ValueError:
        name = ""
    return name or "file"


def _name(delivery: Delivery, number: int) -> str:
    """An id for what has none: the same whenever this call is handed out again."""
    digest = hashlib.sha256(delivery.body).hexdigest()[:24]
    return f"{delivery.received_at}-{digest}" + (f"-{number}" if number else "")


def _unsupported(delivery: Delivery, why: str, channel: str, inbox: str, number: int = 0) -> Unsupported:
    return Unsupported(
        f"webhook {why}",
        delivery.body or b"\n",
        delivery.received_at,
        external_id=_name(delivery, number),
        channel=channel,
        inbox=inbox,
    )


def told(made: Sequence[Event]) -> str:
    """What was made of a call, in one line for the person who writes the mapping."""
    for event in made:
        match event:
            case MessageReceived():
                words = " ".join((event.text or event.subject or event.files[0].name).split())
                who = f"{event.contact.name} <{event.contact.address}>" if event.contact.name else event.contact.address
                more = f" (and {len(made) - 1} more)" if len(made) > 1 else ""
                return f"conversation {event.conversation}, {who}: “{words[:80]}”{more}"
            case MessageDeleted():
                return f"message {event.external_id} was deleted"
            case Unsupported():
                return f"no message: {event.kind.removeprefix('webhook ')}"
    return "nothing: [[ignore]]"
