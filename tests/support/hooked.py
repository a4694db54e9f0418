"""A vendor that calls webhooks, as small as can be, and its connector; installed beside omnitui for a process."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from omnitui.sdk import (
    HOOK_SECRETS,
    HOOK_SETTINGS,
    Forged,
    Genuine,
    Manifest,
    Millis,
    OmniError,
    Secret,
    Setting,
    Verdict,
    WebhookAnswer,
    WebhookRequest,
)

KIND = "hooked"
ROOT = Path(__file__).resolve().parents[2]


def signature(secret: str, body: bytes) -> str:
    """What the vendor puts into X-Signature."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signed(secret: str, body: bytes, key: str = "") -> dict[str, str]:
    """The headers of a genuine call; `key` is how the vendor names what is in it."""
    headers = {"X-Signature": signature(secret, body), "Content-Type": "application/json"}
    return {**headers, "X-Id": key} if key else headers


class Hook:
    """Genuine where the signature fits one of the secrets; asks `?challenge=` first."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._secrets = secrets

    def verify(self, request: WebhookRequest, now: Millis) -> Verdict:
        given = request.headers.get("x-signature", "").encode()
        fits = [hmac.compare_digest(signature(one, request.body).encode(), given) for one in self._secrets]
        if not given:
            return Forged("no signature")
        if not any(fits):
            return Forged("the signature does not fit")
        if request.body == b"fault":
            raise KeyError("a fault of the connector's")
        keys = tuple(request.headers.get("x-id", "").split())
        return Genuine(keys, WebhookAnswer(b"taken"), keep=request.body != b"ping")

    def handshake(self, request: WebhookRequest, now: Millis) -> WebhookAnswer | None:
        challenge = dict(request.query).get("challenge")
        return None if challenge is None else WebhookAnswer(f"{challenge} at {request.url}".encode())


class HookedConnector:
    """As much of a connector as a gateway needs."""

    manifest: ClassVar[Manifest] = Manifest(
        KIND,
        "Hooked",
        ("chat",),
        settings=(*HOOK_SETTINGS, Setting("colour", "Its colour", "red")),
        secrets=(*HOOK_SECRETS, Secret("key", "What it signs with")),
    )

    @staticmethod
    def webhook(settings: Mapping[str, str], secrets: Mapping[str, tuple[str, ...]]) -> Hook:
        if not all(secrets.get("key", ("",))):
            raise OmniError("the secret “key” is missing")
        return Hook(secrets["key"])


def install(folder: Path) -> dict[str, str]:
    """Put the connector beside omnitui; what processes need in their environment to find it."""
    place = folder / "hooked-1.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: hooked\nVersion: 1\n")
    (place / "entry_points.txt").write_text(f"[omnitui.connectors]\n{KIND} = tests.support.hooked:HookedConnector\n")
    return {"PYTHONPATH": f"{folder}:{ROOT}:{ROOT / 'connectors'}"}
