"""The next conversation for the agent who asks: the most urgent that nobody has and that the agent's settings allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from omnitui.desk.sharing.claiming import next_of
from omnitui.errors import ConfigError, Refused
from omnitui.i18n import _, ngettext
from omnitui.model.states import ObjectKind, Verb
from omnitui.services.acting.recording import Intent, record
from omnitui.store.reads import inbox, people, presence
from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.desk.querying.terms import Query
    from omnitui.model.conversations import Conversation
    from omnitui.model.operations import Op
    from omnitui.services.session import Session
    from omnitui.store.writer import Tx

MOST: Final = 100
"""Conversations among which one is chosen, the most urgent ones."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What an agent got."""

    conversation: Conversation
    """As it is now."""
    op: Op


def claim(session: Session) -> Claimed:
    """Assign the next conversation to the profile's agent: one op, chosen and recorded in one commit.

    So two who ask at once never get the same.

    Raises:
        Refused: There is none, or the agent has as many as the settings allow.
        ConfigError: A skill is no query.
    """
    cache, wanted = session.cache, _query(session)
    me, most = cache.me(), session.settings.agent.most_open

    def work(tx: Tx) -> Claimed:
        if me.id in presence.away(tx.db, tx.now()):
            raise Refused(_("you are away"), hint=_("omnitui back: you are here again"))
        if most and (held := inbox.count(tx.db, session.query("is:open assignee:me"), most)) >= most:
            message = ngettext(
                "you have {n} open conversation already", "you have {n} open conversations already", held
            )
            raise Refused(message.format(n=held), hint=_("“most_open” under [agent] in config.toml says how many"))
        found = next_of(
            inbox.page(tx.db, wanted, limit=MOST), lambda one: people.served_by(tx.db, one.id), me.id, tx.now()
        )
        if found is None:
            raise Refused(_("nothing waits that nobody has"), hint=_claims(session))
        intent = Intent(
            Verb.ASSIGN, ObjectKind.CONVERSATION, found.id, {"assignee_id": me.id}, found.id, _("claimed: the next one")
        )
        op = record(tx, me.id, tx.ids.new(), intent)
        if op is None:
            raise Refused(_("nothing waits that nobody has"))
        return Claimed(inbox.conversation(tx.db, found.id) or found, op)

    return cache.write(work)


def _claims(session: Session) -> str:
    agent = session.settings.agent
    return _("what others have “skills” or “languages” for is left out") if agent.skills or agent.languages else ""


def _query(session: Session) -> Query:
    """What the agent may be given, the most urgent first."""
    from omnitui.desk.querying.parsing import QueryError

    agent = session.settings.agent
    parts = ["is:open", "is:unassigned", "sort:urgency"]
    for skill in agent.skills:
        try:
            session.query(skill)
        except QueryError as error:
            message = _("“skills” under [agent]: “{skill}” is no query: {why}").format(skill=skill, why=error.message)
            raise ConfigError(message, hint=error.hint) from error
    if agent.skills:
        parts.append(f"({' OR '.join(f'({skill})' for skill in agent.skills)})")
    if agent.languages:
        spoken = [f"lang:{language}" for language in agent.languages]
        parts.append(f"({' OR '.join((*spoken, 'lang:unknown'))})")
    return session.query(" ".join(parts))
