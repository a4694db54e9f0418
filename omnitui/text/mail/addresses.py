"""Address lists of mail headers, read in one pass.

The standard library's reader is quadratic in the number of addresses and can raise; this one is neither, and takes
what senders write in place of RFC 5322: missing quotes, semicolons, addresses inside encoded words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from omnitui.text.mail.headers import eight_bit, words

MAX_ADDRESSES: Final = 500


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox: the display name as people read it ("" when there is none), and the address."""

    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


_SPECIAL = re.compile(r'[",;:<>()\\]')
_SPACES = re.compile(r"\s+")
_BARE = re.compile(r"[^\s<>\"'(),:;@]{1,200}@[^\s<>\"'(),:;@]{1,253}")


def parse_addresses(value: bytes | str, charset: str = "") -> tuple[list[Address], bool]:
    """The mailboxes of a From, To, Cc … value.

    Args:
        value: The raw value.
        charset: What raw eight-bit names are most likely in.

    Returns:
        The mailboxes in order (group names are left out), and whether there were more than `MAX_ADDRESSES`.
    """
    text = value if isinstance(value, str) else eight_bit(value, charset)
    found: list[Address] = []
    reader = _Reader()
    at = 0
    size = len(text)
    while at < size:
        match = _SPECIAL.search(text, at)
        if match is None:
            reader.words.append(text[at:])
            break
        start = match.start()
        if start > at:
            reader.words.append(text[at:start])
        char = match[0]
        at = start + 1
        if char == '"':
            at = reader.quoted(text, at)
        elif char == "<":
            at = reader.angle(text, at)
        elif char == "(":
            at = reader.comment(text, at)
        elif char in ",;":
            reader.flush(found)
            if len(found) >= MAX_ADDRESSES:
                return found[:MAX_ADDRESSES], True
        elif char == ":":
            if reader.is_group():
                reader.reset()
            else:
                reader.words.append(char)
        elif char == "\\" and at < size:
            reader.words.append(text[at])
            at += 1
    reader.flush(found)
    return found[:MAX_ADDRESSES], len(found) > MAX_ADDRESSES


class _Reader:
    """What is known so far of the mailbox being read."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.comments: list[str] = []
        self.address: str | None = None
        self.closed = True

    def reset(self) -> None:
        self.words = []
        self.comments = []
        self.address = None

    def quoted(self, text: str, at: int) -> int:
        kept: list[str] = []
        size = len(text)
        while at < size:
            end = at
            while end < size and text[end] not in '"\\':
                end = _next(text, end)
            kept.append(text[at:end])
            if end >= size:
                # The quote is never closed: an address in what follows still counts.
                rest = "".join(kept)
                name, sign, address = rest.partition("<")
                self.words.append(name)
                if sign:
                    self.address = address.partition(">")[0].strip()
                return size
            if text[end] == '"':
                self.words.append("".join(kept))
                return end + 1
            if end + 1 < size:
                kept.append(text[end + 1])
            at = end + 2
        self.words.append("".join(kept))
        return size

    def angle(self, text: str, at: int) -> int:
        end = text.find(">", at)
        comma = text.find("<", at)
        if end < 0 or 0 <= comma < end:
            stop = comma if comma >= 0 else len(text)
            inner = text[at:stop]
            if end < 0 and "," in inner:
                stop = at + inner.index(",")
                inner = text[at:stop]
            if comma >= 0 and "@" not in inner:  # "<<a@b>>" and "name <x> <a@b>"
                if inner.strip():
                    self.words.append(inner)
                return stop
            self._take(inner)
            return stop
        self._take(text[at:end])
        return end + 1

    def _take(self, inner: str) -> None:
        inner = inner.strip().strip('"')
        if inner.startswith("@") and ":" in inner:  # a source route
            inner = inner.rpartition(":")[2]
        if inner.lower().startswith("mailto:"):
            inner = inner[7:]
        if self.address and "@" not in inner:
            return
        self.address = _SPACES.sub("", inner)

    def comment(self, text: str, at: int) -> int:
        depth = 1
        start = at
        size = len(text)
        while at < size and depth:
            match = _COMMENT.search(text, at)
            if match is None:
                at = size
                break
            at = match.end()
            if match[0] == "(":
                depth += 1
            elif match[0] == ")":
                depth -= 1
            else:
                at += 1
        self.comments.append(text[start : at - 1 if depth == 0 else at])
        return at

    def is_group(self) -> bool:
        return self.address is None and not any("@" in word for word in self.words)

    def flush(self, found: list[Address]) -> None:
        raw = "".join(self.words)
        address = self.address
        if address is None:
            resolved = words(raw)
            if resolved != raw and "@" in resolved and len(found) < MAX_ADDRESSES:
                self.reset()
                found.extend(_from_encoded(resolved))
                return
            bare = _BARE.search(raw)
            if bare:
                address = bare[0]
                raw = raw[: bare.start()] + raw[bare.end() :]
            elif raw.strip():
                address, raw = "", raw
            else:
                self.reset()
                return
            if not raw.strip() and self.comments:
                raw = self.comments[0]
        name = _SPACES.sub(" ", words(raw)).strip().strip("'\"").strip()
        if not name and self.comments and address:
            name = _SPACES.sub(" ", words(self.comments[0])).strip()
        address = words(address) if "=?" in address else address
        if name or address:
            found.append(Address("" if name == address else name, address))
        self.reset()


_COMMENT = re.compile(r"[()\\]")
_QUOTE_END = re.compile(r'["\\]')


def _next(text: str, at: int) -> int:
    match = _QUOTE_END.search(text, at)
    return match.start() if match else len(text)


def _from_encoded(resolved: str) -> list[Address]:
    """A whole "Name <address>" that was put inside an encoded word."""
    bare = _BARE.search(resolved)
    if bare is None:
        return []
    name = resolved[: bare.start()].strip(" <\"'\t")
    return [Address(_SPACES.sub(" ", name), bare[0])]
