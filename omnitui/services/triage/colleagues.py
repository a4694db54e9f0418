"""Colleagues that the settings name: agents of the cache, also where no back end tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from omnitui.desk.querying.matching import fold
from omnitui.model.people import Agent
from omnitui.store.reads import accounts

if TYPE_CHECKING:
    from omnitui.config.settings import Settings
    from omnitui.store.cache import Cache
    from omnitui.store.writer import Tx


def named_in(settings: Settings) -> list[str]:
    """Those that `[agents]` names, and of `[teams]` what can be no address of an inbox."""
    members = (name for team in settings.teams.values() for name in team if "@" not in name and fold(name) != "me")
    return [*{fold(name): name for name in (*members, *settings.agents)}.values()]


def introduce(cache: Cache, names: Sequence[str]) -> None:
    """Let every name or address of `names` be an agent; those who are known stay as they are."""

    def work(tx: Tx) -> None:
        from omnitui.store.accounts import put_agent

        for name in _unknown(accounts.agents(tx.db), names):
            put_agent(tx, Agent(tx.ids.new(), name, (name,) if "@" in name else ()))

    if _unknown(cache.read(accounts.agents), names):
        cache.write(work)


def _unknown(agents: Sequence[Agent], names: Sequence[str]) -> list[str]:
    known = {fold(one) for agent in agents for one in (agent.id, agent.name, *agent.addresses)}
    return [name for name in names if fold(name) not in known]


def with_address(agents: Sequence[Agent], name: str, address: str) -> Agent | None:
    """Whom a back end means who was known by name alone, with the address that it tells; None where nobody was."""
    found = (one for one in agents if not one.me and not one.addresses and fold(one.name) == fold(name))
    known = next(found, None)
    return None if known is None else Agent(known.id, name, (address,))
