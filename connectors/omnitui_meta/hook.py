"""What Meta calls: its signature, and its question whether we are here.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from omnitui.sdk import Forged, Genuine, Millis, OmniError, Verdict, WebhookAnswer, WebhookRequest

SCHEME = "sha256="


class MetaHook:
    """One hook. A call carries no time: what comes twice, however late, is known by its messages' ids."""

    def __init__(self, app_secrets: tuple[str, ...], verify_tokens: tuple[str, ...]) -> None:
        self._app_secrets = tuple(secret.encode() for secret in app_secrets if secret)
        self._verify_tokens = tuple(token.encode() for token in verify_tokens if token)
        if not self._app_secrets or not self._verify_tokens:
            raise OmniError(
                "without the app secret and the verify token nobody can tell Meta's calls from a stranger's",
                hint="the app's page has the secret under App settings, Basic; the verify token is yours to choose",
            )

    def verify(self, request: WebhookRequest, now: Millis) -> Verdict:
        """By the HMAC-SHA256 of the raw body; each secret is tried."""
        given = request.headers.get("x-hub-signature-256", "").encode(errors="replace")
        if not given:
            return Forged("no X-Hub-Signature-256")
        wants = [SCHEME.encode() + _digest(secret, request.body) for secret in self._app_secrets]
        # All are compared, so that the time tells nothing of which one it was.
        if True in [hmac.compare_digest(given, want) for want in wants]:
            return Genuine()
        return Forged("the signature does not fit: another app's secret?")

    def handshake(self, request: WebhookRequest, now: Millis) -> WebhookAnswer | None:
        """The challenge back, to whoever knows the verify token."""
        asked = dict(request.query)
        if request.method != "GET" or asked.get("hub.mode") != "subscribe":
            return None
        given = asked.get("hub.verify_token", "").encode(errors="replace")
        known = True in [hmac.compare_digest(given, token) for token in self._verify_tokens]
        return WebhookAnswer(asked.get("hub.challenge", "")[:512].encode(errors="replace")) if known else None


def hook(secrets: Mapping[str, tuple[str, ...]]) -> MetaHook:
    """The hook of an account. Raises `OmniError` without a secret."""
    return MetaHook(secrets.get("app_secret", ()), secrets.get("verify_token", ()))


def _digest(secret: bytes, body: bytes) -> bytes:
    return hmac.new(secret, body, hashlib.sha256).hexdigest().encode()
