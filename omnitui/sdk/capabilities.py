"""What a connector says of itself: its manifest, and what its back end can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Literal

from omnitui.clock import Millis
from omnitui.model.states import Reach, Verb
from omnitui.values import dataclass

SDK_VERSION = 1
"""Grows when the contract breaks; a connector made for another version is refused at load, with both numbers."""


class Idempotency(StrEnum):
    """What the back end does with the same op sent twice (CONNECTORS: classes A, B, C)."""

    DEDUPLICATED = "A"
    """The server knows the key: a retry is safe."""
    FINDABLE = "B"
    """It can be looked for afterwards: reconcile before any retry."""
    UNKNOWABLE = "C"
    """Neither: an interrupted send is `unknown`, and the agent decides."""


class TextUnit(StrEnum):
    CHARACTERS = "characters"
    UTF16 = "utf16"
    BYTES = "bytes"
    SEGMENTS = "segments"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a connector: the shell's option, the form's field and the docs' row are made from it."""

    name: str
    """`imap_host`: the option is --imap-host."""
    help: str
    default: str | None = None
    """None: must be given."""
    choices: tuple[str, ...] = ()
    kind: Literal["text", "int", "bool", "address"] = "text"
    """`bool` is yes or no; `address` is one mail address, bare."""


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret of a connector; the values never lie in settings."""

    name: str
    help: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Manifest:
    """Who the connector is; read before anything of it runs."""

    kind: str
    title: str
    channels: tuple[str, ...]
    settings: tuple[Setting, ...] = ()
    secrets: tuple[Secret, ...] = ()
    sdk_version: int = SDK_VERSION
    experimental: bool = False
    docs: str = ""


@dataclass(frozen=True, slots=True)
class Allow:
    """A free message may be sent now."""

    until: Millis | None = None


@dataclass(frozen=True, slots=True)
class NeedTemplate:
    """Outside the window: only an approved template."""

    why: str


@dataclass(frozen=True, slots=True)
class Barred:
    """Nothing may be sent now."""

    why: str
    until: Millis | None = None


Policy = Allow | NeedTemplate | Barred


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the back end can do; the composer, the outbox and the palette obey it."""

    idempotency: Idempotency
    inbound: tuple[str, ...] = ("stream",)
    text_limit: int | None = None
    text_unit: TextUnit = TextUnit.CHARACTERS
    subject: bool = False
    cc: bool = False
    attachments: bool = False
    attachment_limit: int | None = None
    """Bytes a file."""
    delivery_receipts: bool = False
    read_receipts: bool = False
    can_start: bool = False
    """Whether we may write first."""
    writes: bool = True
    """Whether a written reply can be sent at all; a call takes none."""
    quotes: bool = False
    """Whether a reply can point at the message that it answers, so that the channel shows it as a quote."""
    mail: bool = False
    """Whether conversations are threads of RFC 5322 mail: the core parses, threads and addresses them."""
    window: Millis | None = None
    """The reply window counted from the customer's last message; None: none."""
    reach: Mapping[Verb, Reach] = field(default_factory=dict)
    """How far each verb travels; what is not named is local."""

    def policy(self, now: Millis, last_incoming_at: Millis | None) -> Policy:
        """Whether a free message may be sent at `now`, given when the customer last wrote."""
        if not self.writes:
            return Barred("this channel takes no written replies")
        if last_incoming_at is None:
            return Allow() if self.can_start or self.window is None else Barred("the customer has to write first")
        if self.window is None:
            return Allow()
        closes_at = last_incoming_at + self.window
        return Allow(until=closes_at) if now < closes_at else Barred("the reply window has closed")
