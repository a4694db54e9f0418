"""Incidents: named causes to which conversations are linked."""

from __future__ import annotations

from enum import StrEnum

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.values import dataclass


class Severity(StrEnum):
    """How bad an incident is, SEV1 the worst, as PagerDuty's guide has it: response.pagerduty.com, severity levels."""

    SEV1 = "sev1"
    """Critical: the public is told, and those who lead."""
    SEV2 = "sev2"
    """Critical: many customers cannot use the product."""
    SEV3 = "sev3"
    """Few customers are affected, or it may become worse: somebody has to look at once."""
    SEV4 = "sev4"
    """Something is to be done, but the product can be used."""
    SEV5 = "sev5"
    """Looks wrong, and hinders nobody."""

    @property
    def short(self) -> str:
        """As agents say it: SEV1."""
        return self.value.upper()


@dataclass(frozen=True, slots=True)
class Incident:
    """A cause, what is known of it, and since when; it goes on until it has ended."""

    id: Ulid
    title: str
    severity: Severity
    standing: str
    """How it stands, in a line for all agents; may be empty."""
    began_at: Millis
    ended_at: Millis | None = None
    told: str = ""
    """What its customers were told last."""
    told_at: Millis | None = None
    """When; None: never."""
    created_at: Millis = 0
    revision: int = 1
    conversations: int = 0
    """How many are linked to it."""

    @property
    def goes_on(self) -> bool:
        return self.ended_at is None
