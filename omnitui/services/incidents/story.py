"""The story of an incident: what was done when and by whom, who was told what, and whether it arrived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from omnitui.clock import Millis
from omnitui.i18n import _, ngettext
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.incidents import Incident, Severity
from omnitui.model.operations import Op
from omnitui.model.states import SendState, Verb
from omnitui.services.exchange.records import Fields, time
from omnitui.store.reads import history, inbox, incidents, oplog, outbox, tracing
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3


class Kind(StrEnum):
    """What came to pass."""

    BEGAN = "began"
    SEVERITY = "severity"
    TITLE = "title"
    STANDING = "standing"
    LINKED = "linked"
    UNLINKED = "unlinked"
    TOLD = "told"
    ENDED = "ended"
    REOPENED = "reopened"
    DROPPED = "dropped"
    """Its beginning was taken back."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One customer who was told something."""

    op_id: Ulid
    conversation_id: Ulid
    contact: str
    channel: str
    address: str
    text: str
    state: SendState | None
    """None where nobody can say any more."""
    at: Millis
    why: str = ""
    """Why it did not leave, in the back end's own words."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that came to pass."""

    at: Millis
    group_id: Ulid
    """The act that it was a part of."""
    kind: Kind
    author: str
    before: str = ""
    after: str = ""
    """The severity, title, line, or what was told."""
    conversations: tuple[Ulid, ...] = ()
    undoes: bool = False
    """Whether this took something back."""
    sent: tuple[Sending, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """An incident with all that came to pass."""

    incident: Incident
    events: tuple[Event, ...]
    linked: tuple[Conversation, ...]
    """What is linked to it now."""


def story(db: sqlite3.Connection, found: Incident) -> Story:
    """Read the story of an incident. What was erased of it is not told any more."""
    names = tracing.agents(db)
    events: list[Event] = []
    for op in incidents.story(db, found.id):
        author = names.get(op.author_id, "")
        for event in _events(db, op, author, found.id):
            last = events[-1] if events else None
            if last is not None and event.conversations and _same(last, event):
                events[-1] = replace(last, conversations=(*last.conversations, *event.conversations))
            else:
                events.append(event)
    return Story(found, tuple(events), tuple(incidents.linked(db, found.id)))


def _same(last: Event, event: Event) -> bool:
    return (last.kind, last.group_id) == (event.kind, event.group_id)


def _events(db: sqlite3.Connection, op: Op, author: str, own: Ulid) -> Iterable[Event]:
    before, after, back = op.before, op.after, op.undoes is not None
    if op.verb is Verb.CAUSE:
        kind = Kind.LINKED if after.get("incident_id") == own else Kind.UNLINKED
        yield Event(op.at, op.group_id, kind, author, conversations=(op.object_id,), undoes=back)
        return
    if "exists" in after:
        kind = Kind.BEGAN if after["exists"] else Kind.DROPPED
        severity = str(after.get("severity") or "")
        # It may have begun before somebody said so.
        at = op.at if back or op.redoes else min(int(after.get("began_at") or op.at), op.at)
        yield Event(at, op.group_id, kind, author, after=severity, undoes=back)
        if after.get("standing"):
            yield Event(op.at, op.group_id, Kind.STANDING, author, after=str(after["standing"]))
    for name in ("severity", "title", "standing"):
        if name in before and before[name] != after.get(name):
            yield Event(op.at, op.group_id, Kind(name), author, str(before[name]), str(after.get(name)), undoes=back)
    if "ended_at" in before and before["ended_at"] != after.get("ended_at"):
        yield Event(
            op.at, op.group_id, Kind.REOPENED if after.get("ended_at") is None else Kind.ENDED, author, undoes=back
        )
    if "told" in after and not back:
        sent = tuple(_sending(db, one) for one in oplog.group(db, op.group_id) if one.verb is Verb.REPLY)
        yield Event(op.at, op.group_id, Kind.TOLD, author, after=str(after["told"]), sent=sent)


def _sending(db: sqlite3.Connection, op: Op) -> Sending:
    message = history.message(db, op.object_id)
    entry = outbox.entry(db, op.id)
    row = inbox.conversation(db, op.conversation_id) if op.conversation_id else None
    return Sending(
        op.id,
        op.conversation_id or "",
        row.contact if row else "",
        row.channel if row else "",
        message.to[0] if message and message.to else "",
        message.text if message else "",
        (message.state if message else None) or (entry.state if entry else None),
        message.received_at if message else op.at,
        (message.reason if message else "") or (entry.reason if entry else ""),
    )


def record(found: Incident) -> Fields:
    """An incident as JSON of ours has it; docs/cli.md says what its fields mean."""
    return {
        "id": found.id,
        "title": found.title,
        "severity": found.severity.value,
        "standing": found.standing or None,
        "began_at": time(found.began_at),
        "ended_at": time(found.ended_at),
        "told": found.told or None,
        "told_at": time(found.told_at),
        "conversations": found.conversations,
        "revision": found.revision,
    }


def as_json(told: Story) -> Fields:
    """A story as JSON of ours has it."""
    return {
        **record(told.incident),
        "linked": [
            {"id": one.id, "contact": one.contact, "channel": one.channel, "subject": one.subject}
            for one in told.linked
        ],
        "events": [
            {
                "at": time(one.at),
                "event": one.kind.value,
                "author": one.author or None,
                "before": one.before or None,
                "after": one.after or None,
                "undo": one.undoes,
                "conversations": list(one.conversations),
                "sent": [
                    {
                        "op_id": each.op_id,
                        "conversation_id": each.conversation_id,
                        "contact": each.contact,
                        "channel": each.channel,
                        "to": each.address,
                        "text": each.text,
                        "state": each.state.value if each.state else None,
                        "reason": each.why or None,
                        "at": time(each.at),
                    }
                    for each in one.sent
                ],
            }
            for one in told.events
        ],
    }


def as_markdown(told: Story, moment: Callable[[Millis | None], str], states: Mapping[SendState, str]) -> str:
    """A story for people. `moment` says a time, `states` are the words for how it stands with what was sent."""
    found = told.incident
    lines = [f"# {_cell(found.title)}", ""]
    until = moment(found.ended_at) if found.ended_at is not None else _("goes on")
    for name, value in (
        (_("Severity"), found.severity.short),
        (_("Began"), moment(found.began_at)),
        (_("Ended"), until),
        (_("How it stands"), found.standing),
        (_("Conversations"), str(len(told.linked))),
    ):
        if value:
            lines.append(f"- {name}: {_cell(value)}")
    lines += ["", f"## {_('What came to pass')}", ""]
    lines += [
        f"- {moment(one.at)} {_words(one)}" + (f" ({_cell(one.author)})" if one.author else "") for one in told.events
    ]
    for number, one in enumerate((one for one in told.events if one.sent), 1):
        lines += ["", f"## {_('Told {n}: {time}').format(n=number, time=moment(one.at))}", ""]
        lines += [f"> {line}" for line in one.after.splitlines()]
        lines += [
            "",
            f"| {_('Customer')} | {_('Channel')} | {_('To')} | {_('How it stands')} | {_('Words')} |",
            "|---|---|---|---|---|",
        ]
        lines += [_row(each, one.after, states) for each in one.sent]
    lines += ["", f"## {_('Conversations')}", ""]
    lines += [f"- {one.id} {_cell(one.contact)} ({_cell(one.channel)}): {_cell(one.subject)}" for one in told.linked]
    return "\n".join(lines) + "\n"


def _words(one: Event) -> str:
    count = len(one.conversations)
    match one.kind:
        case Kind.BEGAN:
            words = _("began") + (f", {Severity(one.after).short}" if one.after else "")
        case Kind.SEVERITY:
            words = _("severity {before} → {after}").format(before=one.before.upper(), after=one.after.upper())
        case Kind.TITLE:
            words = _("called “{title}”").format(title=_cell(one.after))
        case Kind.STANDING:
            words = _cell(one.after) or _("says no more how it stands")
        case Kind.LINKED:
            words = ngettext("{n} conversation linked", "{n} conversations linked", count).format(n=count)
        case Kind.UNLINKED:
            words = ngettext("{n} conversation unlinked", "{n} conversations unlinked", count).format(n=count)
        case Kind.TOLD:
            count = len(one.sent)
            words = ngettext("{n} customer told", "{n} customers told", count).format(n=count)
        case Kind.ENDED:
            words = _("ended")
        case Kind.REOPENED:
            words = _("goes on")
        case _:
            words = _("taken back")
    return f"{words}, {_('taken back')}" if one.undoes and one.kind is not Kind.DROPPED else words


def _row(each: Sending, told: str, states: Mapping[SendState, str]) -> str:
    state = _(states[each.state]) if each.state else "?"
    cells: Sequence[str] = (
        each.contact,
        each.channel,
        each.address,
        f"{state}: {each.why}" if each.why else state,
        "" if each.text == told else each.text,
    )
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    """A stranger's words within a line of Markdown: one line, and none of its marks at work."""
    line = " ".join(text.split())
    for mark in "\\`*_[]<>#|":
        line = line.replace(mark, f"\\{mark}")
    return line
