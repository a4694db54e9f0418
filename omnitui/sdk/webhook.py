"""Webhooks: what a vendor calls at the gateway, how a connector proves it genuine, and how its account reads it later.

The gateway verifies, keeps and answers; it understands nothing. An account's connector pulls what it kept, and maps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from omnitui.clock import Millis
from omnitui.sdk.capabilities import Secret, Setting
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One call as it came in."""

    method: str
    """GET or POST."""
    url: str
    """The public address that was called, with its query: vendors sign it."""
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    """Raw, exactly as it was signed."""


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What the vendor is told."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Genuine:
    """The vendor sent it."""

    keys: tuple[str, ...] = ()
    """How the vendor names what is in it, so that it is kept once however often it comes; empty: by its digest."""
    answer: WebhookAnswer = WebhookAnswer()
    """What the vendor wants to hear once it is kept."""
    keep: bool = True
    """False for what asks nothing but an answer."""


@dataclass(frozen=True, slots=True)
class Forged:
    """It is not proved to come from the vendor. `why` is counted and shown to the operator, never to the caller."""

    why: str


Verdict = Genuine | Forged


class Webhook(Protocol):
    """One hook at the gateway: pure and synchronous. Made from settings and from all secrets that count at present."""

    def verify(self, request: WebhookRequest, now: Millis) -> Verdict:
        """Whether the vendor sent this. Compares in constant time, looks at the raw body, and never raises."""
        ...

    def handshake(self, request: WebhookRequest, now: Millis) -> WebhookAnswer | None:
        """The answer to the vendor's question whether we are here (Meta's hub.challenge, X's CRC); None: none."""
        ...


@runtime_checkable
class Receives(Protocol):
    """A connector's class whose back end calls a webhook."""

    @staticmethod
    def webhook(settings: Mapping[str, str], secrets: Mapping[str, tuple[str, ...]]) -> Webhook:
        """The hook of an account.

        Args:
            settings: As they were given, with the defaults.
            secrets: By name all values that count, the newest first: two while one is being replaced.

        Raises:
            OmniError: A secret without which nothing can be verified is missing: then there is no hook.
        """
        ...


@runtime_checkable
class Chooses(Protocol):
    """One whose back end calls only where the account says so."""

    @staticmethod
    def is_called(settings: Mapping[str, str]) -> bool:
        """Whether an account with these settings has a hook."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """One kept call."""

    number: int
    """Grows; unique at its gateway."""
    received_at: Millis
    body: bytes
    query: tuple[tuple[str, str], ...] = ()
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Calls that follow a cursor, in the order in which they came. Empty pages only tell of `caught_up` or a `gap`."""

    items: tuple[Delivery, ...]
    cursor: int
    """Where to go on; goes into `Batch.cursor` with the events made of `items`."""
    caught_up: bool = False
    gap: str = ""
    """What the gateway no longer has, in words."""


HOOK_SETTINGS = (
    Setting("gateway", "Address of the gateway; empty for the one on this machine", ""),
    Setting("hook", "The account's name at the gateway; empty for the account's own", ""),
)
"""Settings of every account that is fed by a gateway."""
HOOK_SECRETS = (Secret("gateway_token", "The token that the gateway gave for this console", required=False),)
