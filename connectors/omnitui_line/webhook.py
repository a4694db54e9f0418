"""How LINE's calls are proved. https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from omnitui.sdk import Forged, Genuine, Millis, OmniError, Verdict, WebhookAnswer, WebhookRequest

HEADER = "x-line-signature"


class LineWebhook:
    """The hook of one channel: base64 of HMAC-SHA256 over the raw body, under the channel secret."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        """All secrets that count. Raises `OmniError` where there is none."""
        self._secrets = tuple(secret.encode() for secret in secrets if secret)
        if not self._secrets:
            raise OmniError(
                "a LINE channel has no webhook without its channel secret",
                hint="LINE Developers console, Basic settings, Channel secret",
            )

    def verify(self, request: WebhookRequest, now: Millis) -> Verdict:
        given = request.headers.get(HEADER, "").encode("utf-8", "replace")
        if not given:
            return Forged(f"no {HEADER}")
        # All are compared, whichever fits: the time tells nothing.
        fits = [hmac.compare_digest(given, signature(secret, request.body)) for secret in self._secrets]
        if not any(fits):
            return Forged("the signature is of another secret or another body")
        events = _events(request.body)
        if events == []:
            # What the console's Verify button sends.
            return Genuine(keep=False)
        keys = [str(event.get("webhookEventId") or "") for event in events or ()]
        return Genuine(tuple(keys) if all(keys) else ())

    def handshake(self, request: WebhookRequest, now: Millis) -> WebhookAnswer | None:
        return None


def signature(secret: bytes, body: bytes) -> bytes:
    """What LINE sends with a body."""
    return base64.b64encode(hmac.digest(secret, body, hashlib.sha256))


def _events(body: bytes) -> list[dict[str, object]] | None:
    try:
        found = json.loads(body)["events"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(event, dict) for event in found) else None
