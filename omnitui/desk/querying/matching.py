"""Whether a conversation fits a query, decided in plain Python; the compiled SQL must agree with it row by row.

Rules and back-tests ask here; a property test holds the store's compiler against it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from operator import eq, ge, gt, le, lt
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.querying.terms import (
    FAILED,
    And,
    Assigned,
    AtHours,
    Compare,
    Due,
    During,
    From,
    Has,
    Is,
    Leaf,
    Mentions,
    Named,
    NameField,
    Node,
    Not,
    Or,
    Paused,
    PriorityIs,
    Promised,
    Query,
    Scored,
    Speaks,
    State,
    Subject,
    Text,
    Thing,
    Unanswered,
    Warned,
    Window,
)
from omnitui.ids import Ulid, is_ulid
from omnitui.model.conversations import Conversation
from omnitui.model.people import Agent
from omnitui.model.states import Flag
from omnitui.text.analyser import index_terms, normalised, phrases
from omnitui.values import dataclass

HIDING: Final = frozenset({Flag.SPAM, Flag.MERGED, Flag.DELETED})
"""Flags of what a query finds only where it says is:spam or is:all."""
_TOKEN = re.compile("[^\\W_]+|\ue000")
_COMPARE: Final = {
    Compare.EQUAL: eq,
    Compare.BELOW: lt,
    Compare.AT_MOST: le,
    Compare.ABOVE: gt,
    Compare.AT_LEAST: ge,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """A conversation and what a query may ask beyond its row."""

    conversation: Conversation
    texts: tuple[str, ...] = ()
    """Of each message: subject, text, author and file names, as one text."""
    addresses: tuple[str, ...] = ()
    """The contact's addresses."""
    organization: str = ""
    segment: str = ""
    inbox: tuple[str, ...] = ()
    """The inbox's address and name."""
    attachments: bool = False
    notes: bool = False
    mentions: tuple[Agent, ...] = ()
    """The agents whom its notes name with `@`."""
    language: str = ""
    """The contact's."""


def matches(query: Query, facts: Facts) -> bool:
    """Whether the conversation of `facts` is found by `query`."""
    if not query.hidden and facts.conversation.flags & HIDING:
        return False
    return query.node is None or holds(query.node, facts)


def holds(node: Node, facts: Facts) -> bool:
    """Whether `node` holds for the conversation of `facts`, hidden or not."""
    match node:
        case And(parts):
            return all(holds(part, facts) for part in parts)
        case Or(parts):
            return any(holds(part, facts) for part in parts)
        case Not(part):
            return not holds(part, facts)
    return _leaf(node, facts)


def _leaf(leaf: Leaf, facts: Facts) -> bool:
    conversation = facts.conversation
    match leaf:
        case Is(state):
            return _is(state, conversation)
        case Has(thing):
            return {
                Thing.ATTACHMENT: facts.attachments,
                Thing.NOTE: facts.notes,
                Thing.DRAFT: conversation.has_draft,
                Thing.TASK: conversation.task_due_at is not None,
                Thing.FAILED: conversation.send_state in FAILED,
            }[thing]
        case Assigned(agent):
            return _assigned(agent, conversation)
        case Named(NameField.INCIDENT, name):
            return _incident(fold(name), conversation)
        case Named(field, name):
            return fold(name) in map(fold, _names(field, facts))
        case From(text):
            return any(fold(text) in fold(name) for name in (conversation.contact, *facts.addresses))
        case PriorityIs(compare, priority):
            return bool(_COMPARE[compare](conversation.priority.rank, priority.rank))
        case During(start, end):
            return _during(conversation.last_activity_at, start, end)
        case Unanswered(older, since):
            asked = conversation.unanswered_since
            return asked is not None and (asked <= since if older else asked > since)
        case Window():
            return _window(leaf, conversation.window_closes_at)
        case Promised(until):
            return conversation.task_due_at is not None and conversation.task_due_at <= until
        case Due(after, until):
            due = conversation.sla_due_at
            return due is not None and (after is None or due > after) and (until is None or due <= until)
        case Warned(until):
            return conversation.sla_warn_at is not None and conversation.sla_warn_at <= until
        case Paused():
            return conversation.sla_left is not None
        case Scored(compare, score):
            given = conversation.csat
            return given is None if score is None else given is not None and bool(_COMPARE[compare](given, score))
        case AtHours():
            return leaf.holds
        case Mentions(wanted):
            return any(_is_agent(wanted, one.id, one.name) for one in facts.mentions)
        case Speaks(language):
            spoken = fold(facts.language).replace("_", "-")
            return f"{spoken}-".startswith(f"{language}-") if language else not spoken
        case Subject(text):
            return all(part in fold(conversation.subject) for part in fold(text).split())
        case Text(text, exact):
            return found(text, facts.texts, exact=exact)


def _is(state: State, conversation: Conversation) -> bool:
    match state:
        case State.UNREAD:
            return conversation.unread > 0
        case State.UNANSWERED:
            return conversation.unanswered_since is not None
        case State.FAILED:
            return conversation.send_state in FAILED
        case State.SPAM:
            return Flag.SPAM in conversation.flags and Flag.DELETED not in conversation.flags
    return conversation.status == state.value


def _assigned(agent: str, conversation: Conversation) -> bool:
    if not agent or conversation.assignee_id is None:
        return not agent and conversation.assignee_id is None
    return _is_agent(agent, conversation.assignee_id, conversation.assignee)


def _is_agent(wanted: str, agent_id: Ulid, name: str) -> bool:
    return wanted == agent_id if is_ulid(wanted) else f" {fold(wanted)} " in f" {fold(name)} "


def _window(wanted: Window, closes: Millis | None) -> bool:
    if wanted.after is None and wanted.until is None:
        return closes is None
    if closes is None:
        return False
    return (wanted.after is None or closes > wanted.after) and (wanted.until is None or closes <= wanted.until)


def _names(field: NameField, facts: Facts) -> Sequence[str]:
    conversation = facts.conversation
    match field:
        case NameField.CHANNEL:
            return (conversation.channel,)
        case NameField.ACCOUNT:
            return (conversation.account,)
        case NameField.INBOX:
            return facts.inbox
        case NameField.LABEL:
            return conversation.labels
        case NameField.SEGMENT:
            return (facts.segment,)
        case NameField.ORGANIZATION:
            return (facts.organization,)
        case NameField.REASON:
            parts = conversation.contact_reason.split("/") if conversation.contact_reason else []
            size = len(parts)
            every = ["/".join(parts[a:b]) for a in range(size) for b in range(a + 1, size + 1)]
            return every or ("none",)
        case NameField.INCIDENT:
            return (conversation.incident,)


def _incident(wanted: str, conversation: Conversation) -> bool:
    if wanted == "none":
        return conversation.incident_id is None
    own = conversation.incident_id or ""
    return bool(own) and (wanted in fold(conversation.incident) or (len(wanted) >= 6 and own.lower().endswith(wanted)))


def _during(at: Millis, start: Millis | None, end: Millis | None) -> bool:
    return (start is None or at >= start) and (end is None or at < end)


def fold(text: str) -> str:
    """`text` for comparison: width, compatibility forms and case made one."""
    return normalised(text).casefold()


def found(query: str, texts: Iterable[str], *, exact: bool = False) -> bool:
    """Whether each part of `query` is found in one of `texts`, as the full-text index finds it."""
    wanted = [(_tokens(phrase), prefix) for phrase, prefix in phrases(query, exact=exact)]
    return any(
        all(_phrase(tokens, prefix, have) for tokens, prefix in wanted)
        for have in map(_tokens, map(index_terms, texts))
    )


def _phrase(tokens: list[str], prefix: bool, have: list[str]) -> bool:
    for at in range(len(have) - len(tokens) + 1):
        window = have[at : at + len(tokens)]
        last = window[-1].startswith(tokens[-1]) if prefix else window[-1] == tokens[-1]
        if last and window[:-1] == tokens[:-1]:
            return True
    return False


def _tokens(terms: str) -> list[str]:
    """What `unicode61` makes of analysed text: letters and digits, folded, without accents."""
    plain = unicodedata.normalize("NFD", terms.lower())
    return _TOKEN.findall("".join(char for char in plain if not unicodedata.combining(char)))
