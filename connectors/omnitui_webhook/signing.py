"""Signatures by Standard Webhooks. https://www.standardwebhooks.com"""

from __future__ import annotations

import base64
import binascii
import hmac

from omnitui.sdk import OmniError


def key_of(secret: str) -> bytes:
    """The bytes of a secret, with or without `whsec_` before it. Raises `OmniError`: it is none."""
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise OmniError(
            "the secret is none of Standard Webhooks",
            hint="it is base64, most often with whsec_ before it; another scheme is chosen by --proof",
        )
    return key


def signature(key: bytes, call_id: str, timestamp: str, body: bytes) -> str:
    """What stands in `webhook-signature`; `timestamp` is seconds since 1970, as it stands in its header."""
    signed = hmac.digest(key, f"{call_id}.{timestamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(signed).decode()
