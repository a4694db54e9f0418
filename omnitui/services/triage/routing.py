"""Routing: what is known of the agents to whom a conversation may go, and whom it goes to as things stand."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from omnitui.config.settings import Agent as Settings
from omnitui.desk.querying.matching import fold
from omnitui.desk.sharing.routing import By, Candidate, Choice, Route, Way, choose
from omnitui.desk.sharing.teams import known_teams
from omnitui.errors import ConfigError, Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.store.reads import accounts, people, presence
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3

    from omnitui.clock import Millis
    from omnitui.desk.querying.terms import Query
    from omnitui.model.conversations import Conversation
    from omnitui.model.people import Agent
    from omnitui.services.session import Session


@dataclass(frozen=True, slots=True)
class Routing:
    """Among whom a conversation is to be given, and how; what changes by the minute is looked up by `settle`."""

    ways: tuple[Way, ...]
    pool: str
    """Whose turns it goes by: the team, folded; empty for all agents."""
    candidates: tuple[Candidate, ...]


class Router:
    """Works out whom conversations may go to, by the settings of a profile."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._queries: dict[str, Query] = {}

    @cached_property
    def _agents(self) -> list[Agent]:
        return self._session.cache.read(accounts.agents)

    def routing(self, db: sqlite3.Connection, row: Conversation, route: Route) -> Routing:
        """What `settle` needs to give a conversation to somebody.

        Raises:
            Refused: There is no such team, or nobody is in it.
            ConfigError: A skill is no query.
        """
        asked = {word for way in route.ways for word in way}
        language = fold(people.language(db, row.id)).replace("_", "-") if By.LANGUAGE in asked else ""
        served = people.served_by(db, row.id) if By.STICKY in asked else None
        found: list[Candidate] = []
        for agent in self._members(route.team):
            known = self._known(agent)
            found.append(
                Candidate(
                    agent.id,
                    agent.name,
                    skilled=By.SKILL in asked and self._skilled(db, known, row.id),
                    speaks=bool(language)
                    and any(f"{language}-".startswith(f"{fold(one)}-") for one in known.languages),
                    served=agent.id == served,
                    rank=known.rank,
                    most_open=known.most_open,
                )
            )
        return Routing(route.ways, fold(route.team), tuple(found))

    def _members(self, team: str) -> list[Agent]:
        if not team:
            return self._agents
        settings, me = self._session.settings, self._session.cache.me()
        named = known_teams(settings.teams, me).get(fold(team))
        if named is None:
            raise Refused(_("there is no team “{word}”").format(word=team), hint=_("teams are named under [teams]"))
        wanted = {fold(name) for name in named}
        members = [one for one in self._agents if wanted & _names(one)]
        if not members:
            raise Refused(_("no agent of the team “{word}” is known here").format(word=team))
        return members

    def _known(self, agent: Agent) -> Settings:
        """What the settings say of an agent."""
        settings = self._session.settings
        if agent.me:
            return settings.agent
        names = _names(agent)
        return next((said for name, said in settings.agents.items() if fold(name) in names), Settings())

    def _skilled(self, db: sqlite3.Connection, known: Settings, conversation_id: Ulid) -> bool:
        return any(presence.fits(db, self._query(skill), conversation_id) for skill in known.skills)

    def _query(self, skill: str) -> Query:
        from omnitui.desk.querying.parsing import QueryError

        if skill not in self._queries:
            try:
                self._queries[skill] = self._session.query(skill)
            except QueryError as error:
                message = _("“skills”: “{skill}” is no query: {why}").format(skill=skill, why=error.message)
                raise ConfigError(message, hint=error.hint) from error
        return self._queries[skill]


def _names(agent: Agent) -> set[str]:
    return {fold(one) for one in (agent.id, agent.name, *agent.addresses, *(("me",) if agent.me else ()))}


def settle(db: sqlite3.Connection, routing: Routing, now: Millis) -> Choice:
    """Whom a conversation goes to as things stand: who is here, has room, and whose turn it is."""
    away, turns = presence.away(db, now), presence.turns(db, routing.pool)
    loads = presence.loads(db)
    return choose(
        routing.ways,
        [
            replace(one, open=loads.get(one.id, 0), turn=turns.get(one.id, 0), away=one.id in away)
            for one in routing.candidates
        ],
    )
