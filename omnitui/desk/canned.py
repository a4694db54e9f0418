"""Canned responses: texts with a short code, and names in braces that stand for what is known of a conversation.

A name is looked up and nothing else: there is no code in a text, so one from anywhere may be filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from omnitui.values import dataclass

NAMES: Final = (
    "contact.name",
    "contact.first_name",
    "contact.segment",
    "contact.language",
    "contact.organization",
    "agent.name",
    "conversation.ref",
    "conversation.subject",
    "conversation.channel",
    "conversation.account",
    "today",
)
"""What a text may name. `{contact.fields.NAME}` gives a field of the contact's own."""

_NAME: Final = re.compile(r"\{([a-z_]+(?:\.[a-z0-9_-]+)*)(?:\|([^{}\n]*))?\}")
_HEAD: Final = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_CODE: Final = re.compile(r";([\w-]*)\Z")


@dataclass(frozen=True, slots=True)
class Canned:
    """A canned response."""

    code: str
    """What is typed after `;`."""
    title: str
    text: str
    channels: tuple[str, ...] = ()
    """Where it is offered; empty: everywhere."""
    language: str = ""
    """`en`, `ja`; empty: any."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its names filled in."""

    text: str
    missing: tuple[str, ...] = ()
    """Names of which nothing is known, and that have no fall-back; they stand in the text as they were."""


def parsed(stem: str, content: str) -> Canned:
    """A file of a canned response: perhaps a head between two lines of `---`, then the text.

    The head's lines are `title:`, `shortcut:`, `channel:` (several with commas) and `language:`; others are passed
    over. Without them the file's name is code and title.
    """
    content = content.removeprefix("\ufeff").replace("\r\n", "\n")
    head: dict[str, str] = {}
    if found := _HEAD.match(content):
        content = content[found.end() :]
        for line in found[1].splitlines():
            name, colon, value = line.partition(":")
            if colon:
                head[name.strip().lower()] = value.strip().strip("\"'")
    code = "-".join(head.get("shortcut", stem).removeprefix(";").split())
    channels = head.get("channel", "").strip("[]").split(",")
    return Canned(
        code=code,
        title=head.get("title") or stem.replace("-", " ").replace("_", " "),
        text=content.strip("\n"),
        channels=tuple(name.strip().lower() for name in channels if name.strip()),
        language=head.get("language", "").lower(),
    )


def filled(text: str, facts: Mapping[str, str]) -> Filled:
    """`text` with `{name}` replaced by what is known, else by the words after `|`: `{contact.name|customer}`.

    What is in braces and is no name of ours stays as it is, and what was filled in is not looked at again.
    """
    missing: list[str] = []

    def value(found: re.Match[str]) -> str:
        name, fallback = found[1], found[2]
        known = facts.get(name, "")
        if known:
            return known
        if fallback is not None:
            return fallback
        if name in NAMES or name.startswith("contact.fields."):
            missing.append(name)
        return found[0]

    result = _NAME.sub(value, text)
    return Filled(result, tuple(dict.fromkeys(missing)))


def unfilled(text: str) -> tuple[str, ...]:
    """The names of ours that still stand in braces in `text`."""
    return tuple(dict.fromkeys(found[1] for found in _NAME.finditer(text) if found[1] in NAMES))


def fitting(every: Iterable[Canned], channel: str, language: str) -> list[Canned]:
    """What is offered on a channel, those in the customer's language first, then by code."""
    found = [one for one in every if not one.channels or channel in one.channels]
    return sorted(found, key=lambda one: (bool(language) and one.language not in (language, ""), one.code.casefold()))


def code_before(line: str) -> str | None:
    """The code that a line ends with, as it is being typed: `refund` of "Dear Ann ;refund"; None without a `;`."""
    found = _CODE.search(line)
    before = line[found.start() - 1] if found and found.start() else " "
    return found[1] if found and not (before.isalnum() and before.isascii()) else None
