"""Questions to a message archive, and its answers (XEP-0313, with XEP-0059 for its pages); pure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

from omnitui.sdk import Millis, rfc3339
from omnitui_xmpp.mapping import CLIENT

MAM = "{urn:xmpp:mam:2}"
FORWARDED = "{urn:xmpp:forward:0}forwarded"
DELAY = "{urn:xmpp:delay}delay"
_FORM = "{jabber:x:data}"
_RSM = "{http://jabber.org/protocol/rsm}"


class Heard(NamedTuple):
    """A message, when the server had it, and its id in our archive."""

    message: Element
    at: Millis
    archived: str


def keeps_all(answer: Element | None) -> bool:
    """Whether our archive has every message (XEP-0441), by the preferences it tells; not, if it tells none."""
    told = answer.find(f"{MAM}prefs") if answer is not None else None
    return told is not None and told.get("default") == "always" and told.find(f"{MAM}never/{MAM}jid") is None


class Page(NamedTuple):
    """A part of our archive, oldest first."""

    messages: list[Heard]
    first: str
    last: str
    complete: bool
    total: int | None
    """How many answer the question, where the server says so."""


def question(number: str, *, after: str | None, before: str | None, start: Millis, most: int) -> Element:
    """What asks for a page; `number` comes back with each of its messages."""
    query = Element(f"{MAM}query", queryid=number)
    if start:
        form = SubElement(query, f"{_FORM}x", type="submit")
        for name, value in (("FORM_TYPE", MAM[1:-1]), ("start", rfc3339(start))):
            SubElement(SubElement(form, f"{_FORM}field", var=name), f"{_FORM}value").text = value
    paging = SubElement(query, f"{_RSM}set")
    SubElement(paging, f"{_RSM}max").text = str(most)
    if after:
        SubElement(paging, f"{_RSM}after").text = after
    if before is not None:
        SubElement(paging, f"{_RSM}before").text = before or None
    return query


def page(found: list[Heard], answer: Element) -> Page:
    """A page of these messages, with what its last stanza says of it. Raises `ValueError`."""
    end = answer.find(f"{MAM}fin")
    told = end.find(f"{_RSM}set") if end is not None else None
    if end is None or told is None:
        raise ValueError("the server does not say what it keeps")
    first, last, count = (told.findtext(f"{_RSM}{name}") or "" for name in ("first", "last", "count"))
    complete = end.get("complete") in ("true", "1")
    return Page(found, first, last, complete, int(count) if count.isdecimal() else None)


def in_result(result: Element, now: Millis) -> Heard | None:
    """The message of one result."""
    inner = result.find(f"{FORWARDED}/{CLIENT}message")
    return (
        None if inner is None else Heard(inner, stamp(result.find(f"{FORWARDED}/{DELAY}"), now), result.get("id", ""))
    )


def stamp(delay: Element | None, now: Millis) -> Millis:
    """When the server had it (XEP-0203); `now` where it does not say."""
    try:
        return int(datetime.fromisoformat(delay.get("stamp", "")).timestamp() * 1000) if delay is not None else now
    except (ValueError, OverflowError):
        return now
