"""Who else gets an answer to a mail. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.utils import parseaddr

from omnitui.desk.belonging.tokens import plain_address

MOST = 100
"""Addressees of one answer; a mail to more is a list's, and lists have an address of their own."""
_ADDRESS = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+")


def others(addressees: Iterable[str], answered: Iterable[str], ours: Iterable[str]) -> tuple[str, ...]:
    """The bare addresses that an answer to all goes to beside those that it answers.

    Args:
        addressees: To and Cc of the mail, as written there: with names or without.
        answered: Who gets the answer anyway.
        ours: Our own addresses; our reply tokens and other parts behind a plus make them no others.
    """
    own = {_untagged(plain_address(address)) for address in ours}
    taken = {_bare(address).lower() for address in answered}
    found: dict[str, str] = {}
    for text in addressees:
        address = _bare(text)
        key = address.lower()
        if address and key not in taken and _untagged(key) not in own:
            found.setdefault(key, address)
    return tuple(found.values())[:MOST]


def _bare(text: str) -> str:
    """The address of one addressee; empty where there is none."""
    address = parseaddr(text)[1].strip()
    return address if _ADDRESS.fullmatch(address) else ""


def _untagged(address: str) -> str:
    local, _at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
