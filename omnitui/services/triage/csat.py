"""Asking customers how satisfied they are: whom one may ask, in which words, and as a step of macros and rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from omnitui.clock import DAY
from omnitui.desk.acting import steps
from omnitui.desk.csat import QUESTION, question
from omnitui.i18n import _
from omnitui.sdk import snapshot
from omnitui.sdk.capabilities import why_barred
from omnitui.store.reads import accounts, csat, inbox, people
from omnitui.sync.allowance import allowance, policy_of

if TYPE_CHECKING:
    import sqlite3

    from omnitui.clock import Millis
    from omnitui.config.settings import Csat
    from omnitui.desk.acting.steps import Step
    from omnitui.ids import Ulid
    from omnitui.model.conversations import Conversation
    from omnitui.services.acting.performing import Job, Performed
    from omnitui.services.session import Session


def step(db: sqlite3.Connection, row: Conversation, settings: Csat, now: Millis) -> Step:
    """The question to the contact of a conversation, in their language."""
    terms = {
        "until": now + round(settings.days * DAY),
        "since": now - round(settings.again * DAY),
        "quiet": not settings.reopen,
    }
    return steps.ask(question(settings.text, people.language(db, row.id)), terms)


def step_if_due(db: sqlite3.Connection, row: Conversation, settings: Csat, now: Millis) -> list[Step]:
    """The question as a step among others: none where the customer may not be asked, or the channel takes none now."""
    asking = step(db, row, settings, now)
    capabilities = snapshot.read(accounts.capabilities(db, row.account_id), row.channel)
    barred = why_barred(policy_of(capabilities, row, now, allowance(db, capabilities, row)))
    return [] if not capabilities.writes or barred or why_not_asked(db, row, asking) else [asking]


def why_not_asked(db: sqlite3.Connection, row: Conversation, asking: Step) -> str:
    """Why a customer is not to be asked: once in a conversation, and not again too soon; "" where they may be."""
    if csat.asked(db, row.id) is not None:
        return _("how it was has been asked here already")
    if row.csat is not None:
        return _("it is rated already")
    before = csat.asked_contact(db, row.contact_id)
    if before is not None and before.at > asking.values["csat"]["since"]:
        return _("this customer was asked not long ago")
    return ""


def plan(session: Session, ids: Iterable[Ulid]) -> list[Job]:
    """The question to the contact of each of these conversations; `perform` says whom one may not ask. Blocks."""
    from omnitui.services.acting.performing import Job

    now = session.cache.clock.now()

    def look(db: sqlite3.Connection) -> list[Job]:
        rows = inbox.conversations(db, list(dict.fromkeys(ids)))
        return [Job(row.id, (step(db, row, session.settings.csat, now),)) for row in rows]

    return session.cache.read(look)


def ask(session: Session, ids: Iterable[Ulid]) -> Performed:
    """Ask the contacts of these conversations, as far as they may be asked: each by a reply, all by one act."""
    return session.operations.perform(plan(session, ids), QUESTION)
