"""Who takes part: contacts with their identities and links, organizations, agents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """One address of a contact on one channel: an email address, an E.164 number, a LINE userId."""

    id: Ulid
    contact_id: Ulid
    channel: str
    address: str
    """Normalised: lower case for email, E.164 for telephone numbers, as given elsewhere."""
    name: str = ""
    """What they call themselves there."""
    verified: bool = False


PREFERRED = "preferred"
"""The field of a contact that names its preferred address, as channel:address."""
PICTURE = "picture"
"""The field of a contact with the address of a picture of it."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person who writes to us."""

    id: Ulid
    name: str
    organization_id: Ulid | None = None
    segment: str = ""
    language: str = ""
    time_zone: str = ""
    """IANA name; empty where unknown."""
    about: str = ""
    """What agents noted about the person."""
    fields: Mapping[str, str] = field(default_factory=dict)
    created_at: Millis = 0
    revision: int = 1

    @property
    def custom(self) -> dict[str, str]:
        """The fields that nothing here gives a meaning to."""
        return {name: value for name, value in self.fields.items() if name != PREFERRED}


@dataclass(frozen=True, slots=True)
class Link:
    """A reversible statement that two contacts are the same person."""

    id: Ulid
    contact_id: Ulid
    other_id: Ulid
    reason: str
    author_id: Ulid
    created_at: Millis


@dataclass(frozen=True, slots=True)
class Organization:
    """The firm a contact belongs to."""

    id: Ulid
    name: str
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """A person who answers; `me` is the profile's own."""

    id: Ulid
    name: str
    addresses: tuple[str, ...] = ()
    me: bool = False
