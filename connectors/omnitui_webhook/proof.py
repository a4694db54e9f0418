"""What proves that a call is genuine: a signature or a token that only the caller has."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

from omnitui.sdk import (
    SECOND,
    Forged,
    Genuine,
    Millis,
    OmniError,
    Verdict,
    Webhook,
    WebhookAnswer,
    WebhookRequest,
)
from omnitui_webhook.form import Form
from omnitui_webhook.signing import key_of, signature

TOLERANCE: Millis = 300 * SECOND
"""How far a call's timestamp may lie from now."""
_STANDARD = ("webhook", "svix")
"""How the three headers begin; senders from before the standard name them after the library that it came from."""


def hook(settings: Mapping[str, str], secrets: Mapping[str, tuple[str, ...]]) -> Webhook:
    """The hook that an account's settings describe. Raises `OmniError`."""
    proof = settings.get("proof", "standard")
    if proof == "form":
        return Form(settings)
    counting = tuple(secret for secret in secrets.get("secret", ()) if secret)
    if not counting:
        raise OmniError("no secret is given, so nothing could prove a call", hint="--secret-stdin, or --secret-env")
    header, prefix = settings.get("header", "").strip().lower(), settings.get("prefix", "")
    if proof == "hmac":
        if not header:
            header, prefix = "x-hub-signature-256", "sha256="
        return Hmac(header, prefix, settings.get("encoding", "hex"), settings.get("digest", "sha256"), counting)
    if proof == "token":
        if not header:
            header, prefix = "authorization", "Bearer "
        return Token(header, prefix, counting)
    return Standard(counting)


class _Hook:
    """A hook whose caller asks nothing beforehand."""

    def handshake(self, request: WebhookRequest, now: Millis) -> WebhookAnswer | None:
        return None


class Standard(_Hook):
    """Standard Webhooks: base64 HMAC-SHA256 over id, timestamp and body."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._keys = [key_of(secret) for secret in secrets]

    def verify(self, request: WebhookRequest, now: Millis) -> Verdict:
        for name in _STANDARD:
            call_id = request.headers.get(f"{name}-id", "")
            timestamp = request.headers.get(f"{name}-timestamp", "")
            given = request.headers.get(f"{name}-signature", "")
            if call_id and timestamp and given:
                break
        else:
            return Forged("webhook-id, webhook-timestamp or webhook-signature is missing")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
            return Forged("webhook-timestamp is no time")
        wanted = [signature(key, call_id, timestamp, request.body).encode() for key in self._keys]
        signatures = [one.encode(errors="replace") for one in given.split(" ")]
        if not any(hmac.compare_digest(one, other) for one in wanted for other in signatures):
            return Forged("the signature is another one")
        if abs(now - int(timestamp) * SECOND) > TOLERANCE:
            return Forged("its timestamp is more than five minutes away: a replay, or a clock that is wrong")
        return Genuine((call_id,))


class Hmac(_Hook):
    """The body's HMAC in a header, as GitHub and many others do it."""

    def __init__(self, header: str, prefix: str, encoding: str, digest: str, secrets: tuple[str, ...]) -> None:
        self._header, self._prefix = header, prefix
        self._encoding, self._digest = encoding, digest
        self._keys = [secret.encode() for secret in secrets]

    def verify(self, request: WebhookRequest, now: Millis) -> Verdict:
        given = request.headers.get(self._header)
        if given is None:
            return Forged(f"{self._header} is missing")
        wanted = [self._signature(key, request.body) for key in self._keys]
        if not any(hmac.compare_digest(given.encode(errors="replace"), one) for one in wanted):
            return Forged("the signature is another one")
        return Genuine()

    def _signature(self, key: bytes, body: bytes) -> bytes:
        signed = hmac.digest(key, body, self._digest)
        written = base64.b64encode(signed).decode() if self._encoding == "base64" else signed.hex()
        return (self._prefix + written).encode()


class Token(_Hook):
    """A token in a header: it proves who calls, and nothing of what is said."""

    def __init__(self, header: str, prefix: str, secrets: tuple[str, ...]) -> None:
        self._header = header
        # Digests are of one length, whatever is given.
        self._wanted = [hashlib.sha256((prefix + secret).encode()).digest() for secret in secrets]

    def verify(self, request: WebhookRequest, now: Millis) -> Verdict:
        given = request.headers.get(self._header)
        if given is None:
            return Forged(f"{self._header} is missing")
        digest = hashlib.sha256(given.encode(errors="replace")).digest()
        if not any(hmac.compare_digest(digest, one) for one in self._wanted):
            return Forged("the token is another one")
        return Genuine()
