"""Messages of XMPP as events; pure. Every id is the writer's own, named with the writer: `anna@example.com/3f2a`."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, tostring

from omnitui.sdk import (
    SECOND,
    Direction,
    Event,
    MessageDeleted,
    MessageReceived,
    Millis,
    Person,
    Reacted,
    Receipt,
    RemoteFile,
    SendState,
    Typing,
    Unsupported,
)

CHANNEL = "xmpp"
CLIENT = "{jabber:client}"
RECEIPTS = "{urn:xmpp:receipts}"
MARKERS = "{urn:xmpp:chat-markers:0}"
STATES = "{http://jabber.org/protocol/chatstates}"
CORRECTION = "{urn:xmpp:message-correct:0}replace"
RETRACTION = "{urn:xmpp:message-retract:1}retract"
FASTENED = "{urn:xmpp:fasten:0}apply-to"
REACTIONS = "{urn:xmpp:reactions:0}"
REPLY = "{urn:xmpp:reply:0}reply"
ORIGIN = "{urn:xmpp:sid:0}origin-id"
STANZA = "{urn:xmpp:sid:0}stanza-id"
OUT_OF_BAND = "{jabber:x:oob}x"
STANZAS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
ENCRYPTED = (
    "{eu.siacs.conversations.axolotl}encrypted",
    "{urn:xmpp:omemo:2}encrypted",
    "{urn:xmpp:openpgp:0}openpgp",
    "{jabber:x:encrypted}x",
)
TYPING: Millis = 30 * SECOND
"""How long somebody who does not say that they stopped is taken to be writing."""
STRONG = 8
"""Letters of an id that no program gives twice."""
UNREADABLE = "[encrypted from end to end: this account cannot read it]"


def bare(address: str) -> str:
    """Without the resource, as addresses are compared."""
    return address.partition("/")[0].lower()


def events(message: Element, *, us: str, names: dict[str, str], at: Millis, archived: str = "") -> tuple[Event, ...]:
    """What a message reports.

    Args:
        message: The stanza.
        us: Our bare address.
        names: What we call people, by bare address.
        at: When the server had it.
        archived: Its id in our archive; for what has no id of its own.
    """
    writer, to = bare(message.get("from", us)), bare(message.get("to", us))
    ours = writer == us
    customer = to if ours else writer
    kind = message.get("type", "normal")
    if kind == "error":
        return _failure(message, us, at)
    if kind in ("groupchat", "headline") or not customer:
        return (_unsupported(message, us, customer, at, archived),)
    return tuple(_said(message, us, names, at, archived, writer, customer)) or (
        () if _is_silent(message) else (_unsupported(message, us, customer, at, archived),)
    )


def _said(
    message: Element, us: str, names: dict[str, str], at: Millis, archived: str, writer: str, customer: str
) -> Iterator[Event]:
    own = _id(writer, _named(message, archived))
    person = Person(customer, names.get(customer, ""))
    if writer != us:
        yield from _signs(message, us, customer, at)
    if taken_back := _retracted(message):
        # What is written beside it is for programs that know no retractions.
        yield MessageDeleted(_id(writer, taken_back), at)
        return
    if (reactions := message.find(f"{REACTIONS}reactions")) is not None:
        # Customers react to what we said; about their own words nobody asks.
        about = _id(us if writer != us else customer, reactions.get("id", ""))
        by = person if writer != us else Person(us, agent=True)
        yield Reacted(about, by, "", at, withdrawn=True)
        for reaction in reactions.iterfind(f"{REACTIONS}reaction"):
            yield Reacted(about, by, reaction.text or "", at)
        return
    text, files = _text(message), tuple(_files(message))
    if not text and not files:
        return
    corrected = message.find(CORRECTION)
    yield MessageReceived(
        inbox=us,
        channel=CHANNEL,
        conversation=customer,
        external_id=own if corrected is None else _id(writer, corrected.get("id", "")),
        contact=person,
        author=person if writer != us else Person(us, agent=True),
        direction=Direction.OUTGOING if writer == us else Direction.INCOMING,
        sent_at=at,
        text=text,
        revision=1 if corrected is None else at,
        files=files,
        idempotency_key=_origin(message) if writer == us else "",
        answers=_answered(message),
    )


def _signs(message: Element, us: str, customer: str, at: Millis) -> Iterator[Event]:
    """Receipts and who is writing (XEP-0184, 0333, 0085)."""
    for name, state in (
        (f"{RECEIPTS}received", SendState.DELIVERED),
        (f"{MARKERS}received", SendState.DELIVERED),
        (f"{MARKERS}displayed", SendState.READ),
    ):
        if (sign := message.find(name)) is not None and sign.get("id"):
            yield Receipt(state, at, _id(us, sign.get("id", "")))
    if message.find(f"{STATES}composing") is not None:
        yield Typing(customer, at + TYPING)
    elif message.find(f"{STATES}paused") is not None or message.find(f"{STATES}active") is not None:
        yield Typing(customer, at)


def _text(message: Element) -> str:
    text = message.findtext(f"{CLIENT}body") or ""
    if any(message.find(name) is not None for name in ENCRYPTED):
        return UNREADABLE
    return "" if text in _addresses(message) else text


def _addresses(message: Element) -> list[str]:
    found = (beside.findtext("{jabber:x:oob}url") for beside in message.iterfind(OUT_OF_BAND))
    return [address for address in found if address]


def _files(message: Element) -> Iterator[RemoteFile]:
    for address in _addresses(message):
        try:
            name = unquote(urlsplit(address).path.rpartition("/")[2]) or "file"
        except ValueError:
            name = "file"
        yield RemoteFile(name, mimetypes.guess_type(name)[0] or "application/octet-stream", 0, remote={"url": address})


def _retracted(message: Element) -> str:
    """The id of a message that is taken back (XEP-0424, and as older programs say it)."""
    if (retraction := message.find(RETRACTION)) is not None:
        return retraction.get("id", "")
    fastened = message.find(FASTENED)
    if fastened is not None and fastened.find("{urn:xmpp:message-retract:0}retract") is not None:
        return fastened.get("id", "")
    return ""


def _answered(message: Element) -> str:
    answered = message.find(REPLY)
    return "" if answered is None else _id(bare(answered.get("to", "")), answered.get("id", ""))


def _origin(message: Element) -> str:
    origin = message.find(ORIGIN)
    return "" if origin is None else origin.get("id", "")


def _failure(message: Element, us: str, at: Millis) -> tuple[Event, ...]:
    """What could not be delivered, in the words of the server that knows."""
    return (Receipt(SendState.FAILED, at, _id(us, message.get("id", "")), reason=refusal(message)),)


def refusal(message: Element) -> str:
    """The words of an error."""
    error = message.find(f"{CLIENT}error")
    said = error.findtext(f"{STANZAS}text") if error is not None else ""
    condition = next((part.tag.partition("}")[2] for part in error or () if part.tag != f"{STANZAS}text"), "error")
    return f"{said} ({condition})" if said else condition.replace("-", " ")


def _is_silent(message: Element) -> bool:
    """Whether it has nothing for people: no words, and only what programs say to each other."""
    return message.find(f"{CLIENT}body") is None


def _unsupported(message: Element, us: str, customer: str, at: Millis, archived: str) -> Unsupported:
    own = _id(customer, message.get("id") or archived)
    kind = f"xmpp.{message.get('type', 'normal')[:40]}"
    return Unsupported(kind, tostring(message), at, own, customer, CHANNEL, us)


def _named(message: Element, archived: str) -> str:
    """What a message is called by its writer; by our archive where they call many the same: "1", anew each day."""
    own = message.get("id", "")
    return own if len(own) >= STRONG or not archived else archived


def _id(writer: str, own: str) -> str:
    return f"{writer}/{own}" if own else ""


def in_archive(message: Element, us: str) -> str:
    """The id that our own server gave it in our archive (XEP-0359); others' word for it counts nothing."""
    return next((sid.get("id", "") for sid in message.iterfind(STANZA) if bare(sid.get("by", "")) == us), "")


def wants_receipt(message: Element) -> bool:
    return message.find(f"{RECEIPTS}request") is not None and bool(message.get("id"))
