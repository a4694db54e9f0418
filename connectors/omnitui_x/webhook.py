"""How X's calls are proved, and how X proves that we are here.

https://docs.x.com/x-api/webhooks/quickstart
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re

from omnitui.sdk import Forged, Genuine, Millis, OmniError, Verdict, WebhookAnswer, WebhookRequest

HEADER = "x-twitter-webhooks-signature"
_TOKEN = re.compile(r"[A-Za-z0-9_+/=.~:-]{1,512}")
"""What X asks to have signed. The answer signs as a call is signed: it must never be given for what could be a call."""


class XWebhook:
    """The hook of one app: `sha256=` and base64 of HMAC-SHA256 over the raw body, under the API Key Secret."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        """All secrets that count. Raises `OmniError` where there is none."""
        self._secrets = tuple(secret.encode() for secret in secrets if secret)
        if not self._secrets:
            raise OmniError("an X app has no webhook without its API Key Secret", hint="X developer console, Keys")

    def verify(self, request: WebhookRequest, now: Millis) -> Verdict:
        given = request.headers.get(HEADER, "").encode("utf-8", "replace")
        if not given:
            return Forged(f"no {HEADER}")
        # All are compared, whichever fits: the time tells nothing.
        fits = [hmac.compare_digest(given, signature(secret, request.body)) for secret in self._secrets]
        if not any(fits):
            return Forged("the signature is of another secret or another body")
        return Genuine() if request.body[:1] == b"{" else Forged("it is no call, but may be an answer of ours")

    def handshake(self, request: WebhookRequest, now: Millis) -> WebhookAnswer | None:
        asked = dict(request.query).get("crc_token")
        if request.method != "GET" or asked is None or not _TOKEN.fullmatch(asked):
            return None
        told = {"response_token": signature(self._secrets[0], asked.encode()).decode()}
        return WebhookAnswer(json.dumps(told).encode(), content_type="application/json")


def signature(secret: bytes, body: bytes) -> bytes:
    """What X sends with a body, and wants to hear of its token."""
    return b"sha256=" + base64.b64encode(hmac.digest(secret, body, hashlib.sha256))
