"""Labels as IMAP keywords and back: keywords are ASCII atoms, labels are words of any script."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode

_FORBIDDEN = re.compile(r"[^!#$\'+,\-./0-9:;<=>?@A-Z\[\^_`a-z|}~]+")
"""Runs of what an atom cannot hold (RFC 3501: controls, space, ( ) { % * " \\ ]), of 8-bit characters, and of &."""
_ENCODED = re.compile(r"&([A-Za-z0-9+,]*)-")
_SYSTEM = frozenset({"junk", "nonjunk", "notjunk", "forwarded", "redirected", "mdnsent", "xntmailsent"})
"""Keywords that mail programs set for themselves; so is everything that begins with $."""


def keyword(label: str) -> str:
    """The keyword that stands for a label; what an atom cannot hold is written as in modified UTF-7."""

    def encode(match: re.Match[str]) -> str:
        return "&" + b64encode(match[0].encode("utf-16-be")).decode("ascii").rstrip("=").replace("/", ",") + "-"

    return _FORBIDDEN.sub(encode, label)


def label(name: str) -> str:
    """The label that a keyword stands for."""

    def decode(match: re.Match[str]) -> str:
        text = match[1].replace(",", "/")
        try:
            return b64decode(text + "=" * (-len(text) % 4)).decode("utf-16-be") or "&"
        except ValueError:
            return match[0]

    return _ENCODED.sub(decode, name)


def labels(flags: tuple[str, ...]) -> tuple[str, ...]:
    """The labels among a mail's flags, sorted."""
    return tuple(
        sorted(label(name) for name in flags if name[:1] not in ("\\", "$") and name.lower() not in _SYSTEM and name)
    )
