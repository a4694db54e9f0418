"""How Telegram's calls are proved. https://core.telegram.org/bots/api#setwebhook"""

from __future__ import annotations

import hmac
import json

from omnitui.sdk import Forged, Genuine, Millis, OmniError, Verdict, WebhookAnswer, WebhookRequest

HEADER = "x-telegram-bot-api-secret-token"
LEAST = 32
"""Letters of a secret; the header is all that proves a call."""


class TelegramWebhook:
    """The hook of one bot: Telegram repeats the secret that it was told in a header."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        """All secrets that count. Raises `OmniError` where there is none."""
        self._secrets = tuple(secret.encode() for secret in secrets if len(secret) >= LEAST)
        if not self._secrets:
            raise OmniError(
                f"a bot has no webhook without a secret of at least {LEAST} letters",
                hint="make one: openssl rand -hex 32",
            )

    def verify(self, request: WebhookRequest, now: Millis) -> Verdict:
        given = request.headers.get(HEADER, "").encode("utf-8", "replace")
        fits = [hmac.compare_digest(given, secret) for secret in self._secrets]
        if not any(fits):
            return Forged(f"{HEADER} is another" if given else f"no {HEADER}")
        try:
            return Genuine((str(int(json.loads(request.body)["update_id"])),))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return Genuine()

    def handshake(self, request: WebhookRequest, now: Millis) -> WebhookAnswer | None:
        return None
