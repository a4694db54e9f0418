"""How X's calls are proved, and how X proves that we are here.

https://docs.x.com/x-api/webhooks/quickstart
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from omnitui.sdk import Forged, Genuine, Millis, OmniError, Verdict, WebhookAnswer, WebhookRequest

HEADER = "x-twitter-webhooks-signature"


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
        return Genuine() if any(fits) else Forged("the signature is of another secret or another body")

    def handshake(self, request: WebhookRequest, now: Millis) -> WebhookAnswer | None:
        asked = dict(request.query).get("crc_token")
        if request.method != "GET" or asked is None:
            return None
        told = {"response_token": signature(self._secrets[0], asked.encode()).decode()}
        return WebhookAnswer(json.dumps(told).encode(), content_type="application/json")


def signature(secret: bytes, body: bytes) -> bytes:
    """What X sends with a body, and wants to hear of its token."""
    return b"sha256=" + base64.b64encode(hmac.digest(secret, body, hashlib.sha256))
