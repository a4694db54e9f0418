"""What a connector says of itself: its manifest, and what its back end can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Literal

from omnitui.clock import Millis
from omnitui.i18n import _
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
    """When the reply window closes."""
    free_until: Millis | None = None
    """Up to when it costs nothing, where later ones are paid for."""


@dataclass(frozen=True, slots=True)
class PaidPush:
    """A free message may be sent now, but it uses up a quota that is paid for."""

    left: str = ""
    """What is left of it, in the back end's own words; empty where it has not said."""
    until: Millis | None = None


@dataclass(frozen=True, slots=True)
class NeedTag:
    """Outside the window: only under a tag, with a reason that is kept."""

    why: str
    tag: str
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


Policy = Allow | PaidPush | NeedTag | NeedTemplate | Barred

QUOTA = "quota"
"""The scope of an `Extent` whose budget tells what is left of the messages that are paid for."""


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
    most_files: int | None = None
    """How many files one message takes; None: any number."""
    beside_files: int | None = None
    """How long the text beside files may be, in `text_unit`; None: as long as without them, 0: none stands there."""
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
    window_told: bool = False
    """Whether each message of a customer says when the window closes: that counts then, also for one that came late."""
    templates: bool = False
    """Whether approved templates may be sent, also outside the window; the connector `Offers` them."""
    tag: str = ""
    """The tag under which a person may still answer after the window: "HUMAN_AGENT"."""
    tag_window: Millis | None = None
    """How long after the customer's last message that is; None with a tag: for ever."""
    free_for: Millis | None = None
    """How long after the customer's last message an answer costs nothing."""
    paid_after: bool = False
    """Whether what goes later than `free_for`, or first, uses up a quota."""
    most_in_window: int | None = None
    """How many messages may be sent after one of the customer's."""
    calls: bool = False
    """Whether it rings the agent's phone and connects it with a customer: `op.fields["call"]` with number and phone."""
    call_back: Millis | None = None
    """Within which time a missed call of a customer is to be returned: a task says so; None: none does."""
    reach: Mapping[Verb, Reach] = field(default_factory=dict)
    """How far each verb travels; what is not named is local."""

    def limit_beside(self, files: int) -> int | None:
        """How long a text may be beside so many files, in `text_unit`."""
        return self.beside_files if files and self.beside_files is not None else self.text_limit

    def policy(
        self,
        now: Millis,
        last_incoming_at: Millis | None,
        *,
        closes_at: Millis | None = None,
        sent: int = 0,
        left: str = "",
    ) -> Policy:
        """What may be sent at `now`.

        Args:
            now: The time.
            last_incoming_at: When the customer last wrote; None: never.
            closes_at: When the reply window closes by the back end's own words, where it said so.
            sent: How many messages we sent since the customer last wrote.
            left: What is left of the quota, in the back end's words.
        """
        if not self.writes:
            return Barred(_("this channel takes no written replies"))
        if self.window_told and self.window is not None and closes_at is not None:
            last_incoming_at = closes_at - self.window
        free_until = None if self.free_for is None or last_incoming_at is None else last_incoming_at + self.free_for
        if self.window is None and closes_at is None:
            return self._unbounded(now, free_until, left)
        if last_incoming_at is None and closes_at is None:
            why = _("the customer has to write first")
            if self.templates:
                return NeedTemplate(why)
            return self._unbounded(now, None, left) if self.can_start else Barred(why)
        counted = 0 if self.window is None or last_incoming_at is None else last_incoming_at + self.window
        ends = max(counted, closes_at or 0)
        if now >= ends:
            return self._late(now, last_incoming_at)
        if self.most_in_window is not None and sent >= self.most_in_window:
            why = _("the most messages that may follow one of the customer's are sent ({n})").format(n=sent)
            return NeedTemplate(why) if self.templates else Barred(why)
        if self.paid_after and (free_until is None or now >= free_until):
            return PaidPush(left, until=ends)
        return Allow(until=ends, free_until=free_until if self.paid_after else None)

    def _unbounded(self, now: Millis, free_until: Millis | None, left: str) -> Policy:
        """What may be sent where there is no window."""
        if not self.paid_after:
            return Allow()
        return Allow(free_until=free_until) if free_until is not None and now < free_until else PaidPush(left)

    def _late(self, now: Millis, last_incoming_at: Millis | None) -> Policy:
        """What may be sent after the window has closed."""
        why = _("the reply window has closed")
        if self.tag:
            if self.tag_window is None:
                return NeedTag(why, self.tag)
            until = (last_incoming_at or 0) + self.tag_window
            if now < until:
                return NeedTag(why, self.tag, until)
        return NeedTemplate(why) if self.templates else Barred(why)


def why_barred(policy: Policy, *, template: bool = False, tag: str = "") -> str:
    """Why what is written may not leave under a policy, as a template or under a tag; empty where it may."""
    match policy:
        case Allow() | PaidPush():
            return ""
        case NeedTag():
            return "" if template or tag == policy.tag else policy.why
        case NeedTemplate():
            return "" if template else policy.why
    return policy.why
