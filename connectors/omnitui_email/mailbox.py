"""What a mail server says of its folders and of the mails in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of the account, and which of them have a role."""

    names: tuple[str, ...]
    sent: str = ""
    archive: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail as a list shows it. `size` is only what the server claims."""

    uid: int
    size: int
    at: datetime | None
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """What a folder says of itself."""

    uidvalidity: int
    uidnext: int
    modseq: int
    """0 where the server keeps none."""
    exists: int
    unseen: int = -1
    """Tells of read marks where there is no modseq."""
