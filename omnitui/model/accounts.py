"""Where conversations come from: accounts and inboxes, and what is known about their state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.values import dataclass

Json = Any
"""What `json` can write; opaque to whoever only carries it."""


@dataclass(frozen=True, slots=True)
class Account:
    """One login at one back end. Secrets are not here: `secret_ref` names where they lie."""

    id: Ulid
    kind: str
    """The connector's kind: email, demo, …"""
    name: str
    settings: Mapping[str, Json] = field(default_factory=dict)
    secret_ref: str = ""
    hold: Millis = 8_000
    """The undo time of replies on this account, in milliseconds; 0 sends at once."""
    paused: bool = False
    created_at: Millis = 0
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Inbox:
    """One address of ours on one channel in one account."""

    id: Ulid
    account_id: Ulid
    channel: str
    address: str
    name: str = ""


RETENTION = "retention"
"""The scope that tells since when an account keeps its messages."""
GAP = "gap"
"""The scope that tells what may have been missed for good, the last time that this was said, and when."""
KEPT_ASIDE = "kept aside"
"""The scope that tells of what could not be taken in: how many, and why the last one could not."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """How far one scope of one account is in step, and what is *not* in the cache."""

    account_id: Ulid
    scope: str
    """A folder, a room; empty for the account as a whole."""
    health: str = "new"
    """new, ok, offline, limited, auth, faulted, paused."""
    last_sync_at: Millis | None = None
    retry_at: Millis | None = None
    error: str = ""
    remote_count: int | None = None
    """How many messages the back end says it holds; None where it does not say."""
    cached_count: int = 0
    complete_since: Millis | None = None
    """Everything received at or after this time is in the cache; 0 means all of it."""
    unparsed: int = 0
    """Messages kept and shown raw because they could not be parsed."""
    budget: str = ""
    """What is left of a rate budget, in the back end's own words."""
