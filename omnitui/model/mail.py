"""What only mail has beside a message's own fields."""

from __future__ import annotations

from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class MailHeader:
    """Header facts of a mail: how answers find it, and where they go. Message-IDs keep their brackets."""

    rfc_id: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    participants: frozenset[str] = frozenset()
    """Addresses in From, To and Cc, in lower case and without our tokens."""
    sender: str = ""
    """The address in From, in lower case."""
    reply_to: tuple[str, ...] = ()
    """Where the author wants answers, if elsewhere."""
