"""The words of an announcement for each customer: a text, or a template as those of macros are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from omnitui.clock import Millis
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.conversations import Conversation
from omnitui.model.people import Agent
from omnitui.sdk.capabilities import Capabilities
from omnitui.sdk.measure import measured
from omnitui.services.acting import outgoing

if TYPE_CHECKING:
    import sqlite3


class Words:
    """What one place is told.

    Attributes:
        text: What the first customer there reads, once one was asked for; until then the text as it was written.
        used: How long the longest is that anybody there reads, in the channel's own unit.
        wrong: What is wrong with the text whoever reads it; empty where nothing is.
    """

    def __init__(self, text: str, able: Capabilities, agents: Sequence[Agent], now: Millis, zone: tzinfo) -> None:
        self.text = text
        self._able, self._agents, self._now, self._zone = able, agents, now, zone
        self._template = text if "{{" in text or "{%" in text or "{#" in text else ""
        self._made = False
        self.used = 0 if self._template else measured(text, able.text_unit)
        self.wrong = self._fault() if self._template else self._why_not(text)

    def of(self, db: sqlite3.Connection, row: Conversation) -> tuple[str, str]:
        """What the customer of a conversation reads, and why it cannot be sent: a name has no value, it is too long."""
        if self.wrong or not self._template:
            return self.text, self.wrong
        from omnitui.services.texts.macros import facts
        from omnitui.services.texts.rendering import rendered

        try:
            made = rendered(self._template, facts(db, row, self._agents, self._now, self._zone))
        except OmniError as error:
            return "", error.message
        self.used = max(self.used, measured(made, self._able.text_unit))
        self.text, self._made = (self.text if self._made else made), True
        return made, self._why_not(made)

    def _fault(self) -> str:
        from omnitui.services.texts.rendering import TextFault, check

        try:
            check(self._template)
        except TextFault as error:
            return error.message
        return ""

    def _why_not(self, text: str) -> str:
        if not text.strip():
            return _("there is nothing to send")
        try:
            outgoing.checked_length(text, self._able)
        except OmniError as error:
            return error.message
        return ""
