"""What was found in folders, as events; pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.utils import parseaddr

from omnitui.sdk import (
    SECOND,
    Direction,
    Event,
    Extent,
    FolderReset,
    MailFlags,
    MailLocation,
    MailReceived,
    MailVanished,
    Millis,
)
from omnitui_email.folder import Mail, Pull
from omnitui_email.keywords import labels

_HEADER_BYTES = 64 * 1024
"""How much of a mail is looked at to see who wrote it; the core parses the rest, with limits."""
_ADDRESS_CHARS = 1_000


def millis(at: datetime) -> Millis:
    return int(at.timestamp() * 1000)


def arrival(at: datetime, uid: int) -> Millis:
    """When a mail came into its folder. Servers tell the second; within it mails stand in the order of their UIDs."""
    return millis(at) // SECOND * SECOND + uid % SECOND


def events(pull: Pull, inbox: str, ours: frozenset[str], *, sent: bool, now: Millis) -> tuple[Event, ...]:
    """The events of one step; `sent` for the folder that sent mail is filed in."""
    found: list[Event] = []
    validity = pull.state.uidvalidity
    if pull.reset:
        found.append(FolderReset(pull.folder, validity))
    found += [MailVanished(MailLocation(pull.folder, validity, uid)) for uid in pull.vanished]
    found += [received(mail, pull.folder, validity, inbox, ours, sent=sent, now=now) for mail in pull.mails]
    found += [
        MailFlags(MailLocation(pull.folder, validity, uid), "\\Seen" in flags, "\\Flagged" in flags, labels(flags))
        for uid, flags in pull.flags.items()
    ]
    return tuple(found)


def received(
    mail: Mail, folder: str, validity: int, inbox: str, ours: frozenset[str], *, sent: bool, now: Millis
) -> MailReceived:
    """One mail; one whose arrival the server does not date arrived `now`."""
    outgoing = sent or written_by_us(mail.raw, ours)
    return MailReceived(
        inbox=inbox,
        location=MailLocation(folder, validity, mail.uid),
        raw=mail.raw,
        received_at=arrival(mail.row.at, mail.uid) if mail.row.at else now,
        direction=Direction.OUTGOING if outgoing else Direction.INCOMING,
        seen="\\Seen" in mail.row.flags,
        flagged="\\Flagged" in mail.row.flags,
        keywords=labels(mail.row.flags),
        size=max(mail.row.size, len(mail.raw)),
    )


def written_by_us(raw: bytes, ours: frozenset[str]) -> bool:
    """Whether a mail is from one of our addresses.

    A contact form of our own site also writes from our address, but asks for replies to the customer: not by us.
    """
    head = re.split(rb"\r?\n\r?\n", raw[:_HEADER_BYTES], maxsplit=1)[0]
    try:
        headers = BytesHeaderParser().parsebytes(head + b"\n\n")
        author = parseaddr(str(headers.get("From", ""))[:_ADDRESS_CHARS])[1].lower()
        answers = parseaddr(str(headers.get("Reply-To", ""))[:_ADDRESS_CHARS])[1].lower()
    except Exception:
        # The standard library's parser raises many things on a stranger's header; none of them is one of ours.
        return False
    return author in ours and (not answers or without_tag(answers) in ours)


def without_tag(address: str) -> str:
    """An address without its plus-part: name+tag@host is name@host."""
    local, _, host = address.rpartition("@")
    return f"{local.partition('+')[0]}@{host}"


def extent(pull: Pull, *, initial: bool) -> Extent:
    """How far a folder is in step.

    While a new folder is loaded, newest first, it is complete since its oldest mail so far; later steps say nothing
    of it, because backfill knows better.
    """
    since: Millis | None = None
    if initial:
        if not pull.state.todo and pull.state.floor <= 1:
            since = 0
        elif pull.oldest is not None:
            since = millis(pull.oldest)
    return Extent(pull.folder, remote_count=pull.exists, complete_since=since)


def as_datetime(at: Millis) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
