"""What a composer draws on beside the conversation: agents, addresses, canned responses, the spelling command."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from omnitui.desk.canned import Canned
from omnitui.desk.naming import first_name
from omnitui.model.people import Agent
from omnitui.services.session import Session
from omnitui.store.reads import accounts, people
from omnitui.ui.look import phrases
from omnitui.ui.picture import Picture

if TYPE_CHECKING:
    import sqlite3

MOST = 8


class Shelf:
    """Reads from the cache and the profile's folders, off the event loop."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.agents: tuple[Agent, ...] = ()
        self.canned: tuple[Canned, ...] = ()

    @property
    def spell(self) -> Sequence[str]:
        """The command that knows words."""
        return self._session.settings.composer.spell

    async def renew(self) -> None:
        """Read agents and canned responses again: files may have changed since."""
        await self.renew_canned()
        self.agents = tuple(await self._session.cache.aread(accounts.agents))

    async def renew_canned(self) -> None:
        """Read the canned responses again."""
        from omnitui.services.texts import canned

        self.canned = tuple(await asyncio.to_thread(canned.read, self._session.profile))

    async def addresses(self, part: str) -> list[tuple[str, str]]:
        """Names and mail addresses of agents and contacts that contain `part`."""
        wanted = part.casefold()
        own = [
            (agent.name, address)
            for agent in self.agents
            for address in agent.addresses
            if wanted in address.casefold() or wanted in agent.name.casefold()
        ]
        found = [*own, *await self._session.cache.aread(_known, part)]
        return list({address.casefold(): (name, address) for name, address in reversed(found)}.values())[::-1][:MOST]

    def facts(self, found: Picture | None) -> dict[str, str]:
        """What the names in canned responses stand for."""
        cache = self._session.cache
        now, zone = cache.clock.now(), self._session.zone
        facts = {"agent.name": cache.me().name, "today": phrases.local(now, zone).strftime("%Y-%m-%d")}
        if found is None:
            return facts
        answered = found.answered
        facts |= {
            "contact.name": answered.contact,
            "contact.first_name": first_name(answered.contact),
            "conversation.ref": found.ref,
            "conversation.subject": answered.subject,
            "conversation.channel": answered.channel,
            "conversation.account": answered.account,
        }
        # The card is of the one in whose row they are shown.
        if found.card is not None and answered.contact_id == found.conversation.contact_id:
            contact = found.card.contact
            facts |= {"contact.segment": contact.segment, "contact.language": contact.language}
            facts |= {f"contact.fields.{name}": str(value) for name, value in contact.fields.items()}
            if found.card.organization is not None:
                facts["contact.organization"] = found.card.organization.name
        return facts


def _known(db: sqlite3.Connection, part: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for contact in people.find(db, part, MOST):
        found += [(contact.name, one.address) for one in people.identities(db, contact.id) if one.channel == "email"]
    return found
