"""Raw mails made ready for the cache: who they are, what they say, and what placement has to know. No database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from omnitui.desk.belonging.threading import Mail
from omnitui.desk.belonging.tokens import plain_address
from omnitui.model.states import Direction
from omnitui.sdk.events import MailReceived
from omnitui.text.mail.headers import split_headers
from omnitui.text.mail.parsing import Address, ParsedMail

_IDENTIFYING: Final = ("from", "to", "cc", "subject", "date")
"""Headers that are the same in every copy of a mail; trace fields differ between Inbox, Sent and a list."""

_DELIVERY: Final = frozenset(("delivered-to", "envelope-to", "x-original-to"))
_UNREADABLE: Final = ("parser-", "unparsable", "worker-", "time-out", "timeout")
"""Defects after which the text is only the raw bytes."""

UNKNOWN_SENDER: Final = "unknown@invalid"
"""Stands for the sender of a mail that names none (RFC 6761 keeps .invalid free)."""


@dataclass(frozen=True, slots=True)
class ReadyMail:
    """A received mail, parsed, with its raw form already in the blob store."""

    event: MailReceived
    parsed: ParsedMail
    raw: str
    """SHA-256 of the raw form."""
    digest: str
    """`content_digest` of the raw form: what tells two mails apart that bear the same Message-ID."""
    files: tuple[tuple[str, bool], ...] = ()
    """For each attachment its SHA-256, and whether its bytes are in the blob store of their own."""

    @property
    def external_id(self) -> str:
        """The identity of this mail, wherever it lies."""
        return f"{self.parsed.message_id} {self.digest}".strip()

    @property
    def unreadable(self) -> bool:
        """Whether the mail could not be parsed and is shown raw."""
        return any(defect.startswith(_UNREADABLE) for defect in self.parsed.defects)

    @property
    def sender(self) -> Address:
        """Who wrote it."""
        for people in (self.parsed.from_, self.parsed.sender, self.parsed.reply_to):
            for one in people:
                if one.address:
                    return one
        return Address("", UNKNOWN_SENDER)

    @property
    def references(self) -> tuple[str, ...]:
        """The Message-IDs it names: In-Reply-To first, then References from the nearest to the farthest."""
        named = (*self.parsed.in_reply_to, *reversed(self.parsed.references))
        return tuple(rfc_id for rfc_id in dict.fromkeys(named) if rfc_id != self.parsed.message_id)

    def recipients(self) -> list[str]:
        """Every address that it was sent or delivered to, as written."""
        people = (*self.parsed.to, *self.parsed.cc, *self.parsed.bcc)
        delivered = [value for name, value in self.parsed.headers if name in _DELIVERY]
        return [*(one.address for one in people), *delivered]

    def participants(self) -> frozenset[str]:
        """From, To and Cc, in lower case and without our tokens."""
        people = (self.sender, *self.parsed.to, *self.parsed.cc)
        return frozenset(plain_address(one.address) for one in people if one.address)

    def customer(self, ours: frozenset[str]) -> Address:
        """The contact whose conversation this is: the sender, or whom we wrote to."""
        if self.event.direction is Direction.INCOMING:
            return self.sender
        people = (*self.parsed.to, *self.parsed.cc, *self.parsed.bcc)
        return next((one for one in people if one.address and plain_address(one.address) not in ours), self.sender)

    def for_placement(self) -> Mail:
        """What the threading rules look at."""
        bounce = self.parsed.bounce
        return Mail(
            rfc_id=self.parsed.message_id,
            sender=plain_address(self.sender.address),
            participants=self.participants(),
            subject=self.parsed.subject,
            references=self.references,
            bounce_of=bounce.original_message_id if bounce is not None else "",
            bounced=_addresses([bounce.recipient]) if bounce is not None else frozenset(),
        )


def content_digest(raw: bytes) -> str:
    """A digest of what a mail says, the same for every copy of it."""
    headers, body = split_headers(raw)
    digest = hashlib.sha256()
    for name in _IDENTIFYING:
        for value in headers.every(name):
            digest.update(name.encode() + b":" + b" ".join(value.split()) + b"\n")
    text = raw[body:].replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")
    digest.update(b"\n" + text)
    return digest.hexdigest()[:32]


def _addresses(some: Iterable[str]) -> frozenset[str]:
    return frozenset(plain_address(address) for address in some if address)
