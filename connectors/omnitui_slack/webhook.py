"""How Slack's calls are proved. https://docs.slack.dev/authentication/verifying-requests-from-slack"""

from __future__ import annotations

import hashlib
import hmac
import json

from omnitui.sdk import MINUTE, SECOND, Forged, Genuine, Millis, OmniError, Verdict, WebhookAnswer, WebhookRequest

SIGNATURE, STAMP = "x-slack-signature", "x-slack-request-timestamp"
SKEW: Millis = 5 * MINUTE


class SlackWebhook:
    """The hook of one app: hex of HMAC-SHA256 over `v0:timestamp:body`."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        """All secrets that count. Raises `OmniError` where there is none."""
        self._secrets = tuple(secret.encode() for secret in secrets if secret)
        if not self._secrets:
            raise OmniError(
                "an app has no webhook without its signing secret", hint="Basic Information, App Credentials"
            )

    def verify(self, request: WebhookRequest, now: Millis) -> Verdict:
        stamp, given = request.headers.get(STAMP, ""), request.headers.get(SIGNATURE, "").encode("utf-8", "replace")
        if not given or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
            return Forged(f"no {SIGNATURE} or no {STAMP}")
        fits = [hmac.compare_digest(given, signature(secret, stamp, request.body)) for secret in self._secrets]
        if not any(fits):
            return Forged("the signature is of another secret or another body")
        if abs(now - int(stamp) * SECOND) > SKEW:
            return Forged("it is older than five minutes, or the clock is wrong")
        told = _json(request.body)
        if told.get("type") == "url_verification":
            # Slack asks, signed as everything else, whether we are here.
            return Genuine(answer=WebhookAnswer(str(told.get("challenge", "")).encode()), keep=False)
        event = told.get("event_id")
        return Genuine((event,) if isinstance(event, str) else ())

    def handshake(self, request: WebhookRequest, now: Millis) -> WebhookAnswer | None:
        return None


def signature(secret: bytes, stamp: str, body: bytes) -> bytes:
    """What Slack sends with a body."""
    return b"v0=" + hmac.new(secret, f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest().encode()


def _json(body: bytes) -> dict[str, object]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
