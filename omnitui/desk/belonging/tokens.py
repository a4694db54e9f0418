"""Reply tokens: what a Reply-To address carries, so that an answer finds its conversation whatever the mailer drops.

`support@example.com` becomes `support+ot.<token>@example.com`. The token is the conversation's ULID with a cut
HMAC-SHA256 over it, in lower-case base 32, since local parts are not reliably case-sensitive. It cannot be made
without the profile's key, and a changed character anywhere voids it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final

from omnitui.ids import Ulid, encode

MARK: Final = "+ot."
MAC_BYTES: Final = 9
"""72 bits: forging one takes 2^71 mails. With the ULID's 128 they fill base 32, so each token has one spelling."""
LOCAL_PART_LIMIT: Final = 64
"""Octets before the @ (RFC 5321, 4.5.3.1.1)."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TOKENED = re.compile(r"^(?P<local>[^@\s]*?)\+ot\.(?P<token>[a-z2-7]{40})@(?P<domain>[^@\s]+)$")


def make_token(key: bytes, conversation_id: Ulid) -> str:
    """The token of a conversation: 40 characters, the same every time."""
    body = _number(conversation_id).to_bytes(16)
    return base64.b32encode(body + _mac(key, body)).decode("ascii").lower()


def read_token(key: bytes, token: str) -> Ulid | None:
    """The conversation that `token` names; None where the token is not ours."""
    try:
        data = base64.b32decode(token.upper())
    except (binascii.Error, ValueError):
        return None
    if len(data) != 16 + MAC_BYTES:
        return None
    body = data[:16]
    if not hmac.compare_digest(data[16:], _mac(key, body)):
        return None
    number = int.from_bytes(body)
    return encode(number >> 80, number)


def reply_address(key: bytes, address: str, conversation_id: Ulid) -> str:
    """`address` with the conversation's token; empty where the local part would become too long for SMTP."""
    local, at, domain = address.rpartition("@")
    tokened = f"{local}{MARK}{make_token(key, conversation_id)}"
    if not at or not local or len(tokened.encode()) > LOCAL_PART_LIMIT:
        return ""
    return f"{tokened}@{domain}"


def plain_address(address: str) -> str:
    """`address` in lower case and without a token of our form."""
    lowered = address.strip().lower()
    found = _TOKENED.match(lowered)
    return f"{found['local']}@{found['domain']}" if found else lowered


def token_among(key: bytes, addresses: Iterable[str], ours: Iterable[str]) -> Ulid | None:
    """The conversation named by the first of `addresses` that is one of `ours` with a valid token."""
    known = {address.lower() for address in ours}
    for address in addresses:
        found = _TOKENED.match(address.strip().lower())
        if found is None or (known and f"{found['local']}@{found['domain']}" not in known):
            continue
        conversation_id = read_token(key, found["token"])
        if conversation_id is not None:
            return conversation_id
    return None


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, b"omnitui reply token\0" + body, hashlib.sha256).digest()[:MAC_BYTES]


def _number(ulid: Ulid) -> int:
    number = 0
    for char in ulid:
        number = number << 5 | _ALPHABET.index(char)
    return number
