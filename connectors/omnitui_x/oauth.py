"""Requests signed in the name of a user: OAuth 1.0a with HMAC-SHA1 (RFC 5849, 3.4)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Keys:
    """Who asks, and for whom."""

    consumer_key: str
    consumer_secret: str
    token: str
    token_secret: str

    def __repr__(self) -> str:
        return "Keys(…)"


def escaped(text: str) -> str:
    """RFC 5849, 3.6."""
    return quote(text, safe="-._~")


def query(parameters: Mapping[str, str]) -> str:
    """The parameters of an address, as they are signed."""
    return "&".join(f"{escaped(name)}={escaped(value)}" for name, value in parameters.items())


def authorization(keys: Keys, method: str, url: str, parameters: Mapping[str, str], *, nonce: str, seconds: int) -> str:
    """The Authorization header of a request.

    Args:
        keys: The four of them.
        method: GET, POST …
        url: Without a query.
        parameters: Of the address; what stands in a body that is no form is not signed.
        nonce: Never used before.
        seconds: The time, since 1970.
    """
    told = {
        "oauth_consumer_key": keys.consumer_key,
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(seconds),
        "oauth_token": keys.token,
        "oauth_version": "1.0",
    }
    signed = {**told, "oauth_signature": signature(keys, method, url, {**parameters, **told})}
    return "OAuth " + ", ".join(f'{escaped(name)}="{escaped(value)}"' for name, value in sorted(signed.items()))


def signature(keys: Keys, method: str, url: str, parameters: Mapping[str, str]) -> str:
    """RFC 5849, 3.4.1 and 3.4.2."""
    pairs = sorted((escaped(name), escaped(value)) for name, value in parameters.items())
    base = "&".join((method.upper(), escaped(url), escaped("&".join(f"{name}={value}" for name, value in pairs))))
    key = f"{escaped(keys.consumer_secret)}&{escaped(keys.token_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), base.encode(), hashlib.sha1)).decode()
