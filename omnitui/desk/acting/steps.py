"""Steps: what an act does to one conversation, and what that would change, worked out on its row without doing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.times.until import Until
from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.conversations import Conversation
from omnitui.model.operations import Fields
from omnitui.model.states import ENDS, Flag, Priority, Status, Verb
from omnitui.model.tasks import Task, TaskKind
from omnitui.text.surrogates import mended
from omnitui.values import dataclass

MACRO: Final = "macro "
"""What the reason of an op begins with that a macro did."""
RULE: Final = "rule "
"""What the reason of an op begins with that a rule did: `rule NAME: why`."""
INCIDENT: Final = "incident "
"""What the reason of an op begins with whose words were told to all customers of an incident."""
WORDS: Final = frozenset({Verb.REPLY, Verb.NOTE})
"""Steps that write a message; all others set fields."""


def untyped(reason: str) -> bool:
    """Whether an op's words were written by a macro or a rule, or for many, and nobody typed them there."""
    return reason.startswith((MACRO, RULE, INCIDENT))


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that an act does to each conversation it is about.

    `values` by verb: STATUS `status` and perhaps `contact_reason`; ASSIGN `assignee_id`; LABEL `add`, `remove`;
    PRIORITY `priority`; WAKE, of what sleeps until its incident ends, none; SNOOZE `at`, `lead`, `ends` as in `Until`;
    CAUSE `incident_id`; READ `read`; NOTE `text`;
    REPLY `text`, perhaps `at`; TASK `kind`, and of one that is there its id as `task`, and the `fields` that
    it gets.
    """

    verb: Verb
    values: Fields


def status(wanted: Status, contact_reason: str | None = None) -> Step:
    """Resolve, reopen, wait, close; with a contact reason where one is chosen."""
    values = {"status": wanted.value}
    return Step(Verb.STATUS, values if contact_reason is None else {**values, "contact_reason": contact_reason})


def assign(agent_id: Ulid | None) -> Step:
    return Step(Verb.ASSIGN, {"assignee_id": agent_id})


def route(routing: object, agent_id: Ulid | None) -> Step:
    """Give it to whom a `Routing` (`services.triage.routing`) chooses when it is done; now that is `agent_id`."""
    return Step(Verb.ASSIGN, {"assignee_id": agent_id, "route": routing})


def label(add: Sequence[str] = (), remove: Sequence[str] = ()) -> Step:
    """Put labels on and take labels off. Raises Refused: one of them is no label."""
    return Step(Verb.LABEL, {"add": [label_name(one) for one in add], "remove": [label_name(one) for one in remove]})


def label_name(text: str) -> str:
    """A label as it is kept: small, without blanks. Raises Refused."""
    cleaned = "-".join(mended(text).split()).lower()
    if not cleaned or any(ord(char) < 32 for char in cleaned):
        raise Refused(_("{name!r} is no label").format(name=text))
    return cleaned


def priority(wanted: Priority) -> Step:
    return Step(Verb.PRIORITY, {"priority": wanted.value})


def snooze(until: Until) -> Step:
    return Step(Verb.SNOOZE, {"at": until.at, "lead": until.lead, "ends": until.ends})


def incident(incident_id: Ulid | None, *, goes_on: bool = True) -> tuple[Step, ...]:
    """Link to an incident; None: to none. What sleeps until its end wakes where there is none to come any more."""
    linked = Step(Verb.CAUSE, {"incident_id": incident_id})
    return (linked,) if incident_id and goes_on else (linked, Step(Verb.WAKE, {}))


def read(wanted: bool) -> Step:
    return Step(Verb.READ, {"read": wanted})


def promise(kind: TaskKind, fields: Fields) -> Step:
    """Promise something; `fields` as an op of a task has them."""
    return Step(Verb.TASK, {"kind": kind.value, "task": "", "fields": {"exists": True, "kind": kind.value, **fields}})


def keep(one: Task, at: Millis) -> Step:
    """Say that what was promised is done."""
    return Step(Verb.TASK, {"kind": one.kind.value, "task": one.id, "fields": {"done_at": at}})


def note(text: str) -> Step:
    return Step(Verb.NOTE, {"text": text})


def reply(text: str, at: Millis | None = None) -> Step:
    return Step(Verb.REPLY, {"text": text, "at": at})


def ask(text: str, terms: Fields) -> Step:
    """Ask how satisfied the customer is. `terms`: `until` when an answer counts, `since` when they may not have been
    asked, and whether one of nothing but a score is `quiet`."""
    return Step(Verb.REPLY, {"text": text, "csat": terms})


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that will be another."""

    field: str
    """A field of the conversation, `unread` as a number; `note` or `reply`, whose `after` is the text; `task`."""
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What becomes of one conversation."""

    conversation: Conversation
    changes: tuple[Change, ...] = ()
    """Empty where it is so already."""
    why_not: str = ""
    """Why nothing will be done to it; then there are no changes."""


def foresee(conversation: Conversation, steps: Sequence[Step], now: Millis) -> Foreseen:
    """What these steps change in a conversation. Where one of them cannot be done, none is."""
    held = fields_of(conversation)
    before = dict(held)
    words: list[Change] = []
    try:
        for step in steps:
            if step.verb in WORDS:
                words.append(Change(step.verb.value, None, step.values["text"]))
            elif step.verb is Verb.TASK:
                words.append(Change("task", None, {"kind": step.values["kind"], **step.values["fields"]}))
            elif step.values.get("nobody"):
                words.append(Change("routing", None, step.values["nobody"]))
            else:
                held.update(after(step, conversation, held, now))
    except Refused as error:
        return Foreseen(conversation, why_not=error.message)
    found = [Change(name, before[name], value) for name, value in held.items() if value != before[name]]
    return Foreseen(conversation, (*words, *found))


def fields_of(conversation: Conversation) -> dict[str, Json]:
    """The fields that steps set, as they are."""
    return {
        "status": conversation.status.value,
        "contact_reason": conversation.contact_reason,
        "snoozed_until": conversation.snoozed_until,
        "assignee_id": conversation.assignee_id,
        "labels": sorted(conversation.labels),
        "priority": conversation.priority.value,
        "unread": conversation.unread,
        "incident_id": conversation.incident_id,
    }


def after(step: Step, conversation: Conversation, held: Mapping[str, Json], now: Millis) -> dict[str, Json]:
    """The fields that a step sets, where they are `held` before it.

    Raises:
        Refused: This conversation cannot be changed so.
    """
    if Flag.MERGED in conversation.flags:
        raise Refused(_("it was merged into another one"))
    if Flag.DELETED in conversation.flags:
        raise Refused(_("it is deleted"))
    values = step.values
    match step.verb:
        case Verb.STATUS:
            found: dict[str, Json] = {"status": values["status"], "snoozed_until": None}
            if "contact_reason" in values:
                found["contact_reason"] = values["contact_reason"]
            return found
        case Verb.SNOOZE:
            at = Until(values.get("at"), values.get("lead"), values.get("ends", False)).moment(conversation, now)
            return {"status": Status.SNOOZED.value, "snoozed_until": at}
        case Verb.WAKE:
            return {"status": Status.OPEN.value, "snoozed_until": None} if held["snoozed_until"] == ENDS else {}
        case Verb.LABEL:
            labels = (set(held["labels"]) | set(values["add"])) - set(values["remove"])
            return {"labels": sorted(labels)}
        case Verb.READ:
            return {"unread": 0 if values["read"] else max(int(held["unread"]), 1)}
        case Verb.ASSIGN:
            return {"assignee_id": held["assignee_id"] if values.get("nobody") else values["assignee_id"]}
        case _:
            return dict(values)
