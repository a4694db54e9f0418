"""The macros of a profile: files in the folder `macros` beside its settings, which can be shared in git."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from omnitui.clock import Millis
from omnitui.config.files import UNTAMPERED, read_toml
from omnitui.config.lines import line_of
from omnitui.desk.acting import steps
from omnitui.desk.acting.handing import agent_called
from omnitui.desk.acting.macros import TEXTS, Do, Fault, Macro, parsed
from omnitui.desk.acting.steps import MACRO, Step
from omnitui.desk.naming import first_name
from omnitui.desk.reasons import Reason, find
from omnitui.desk.sharing.routing import Route
from omnitui.desk.times.until import leaving, until, zone_called
from omnitui.errors import ConfigError, NotFound, OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.people import Agent
from omnitui.model.states import Priority, Status
from omnitui.paths import Profile
from omnitui.services.acting.performing import Job
from omnitui.services.keys.keymap import Problem
from omnitui.services.triage import reasons
from omnitui.services.triage.csat import step_if_due
from omnitui.services.triage.routing import Router, settle
from omnitui.store.reads import accounts, inbox, merging, people
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3

    from omnitui.config.settings import Csat
    from omnitui.services.session import Session

MOST: Final = 1_000
EXAMPLE: Final = '''title = "Refund is on its way"
# channel = ["email"]

[[do]]
reply = """
Dear {{ contact.first_name | default("customer") }},

I have refunded your order. Your bank shows it within five working days.

{{ agent.name }}
"""
# at = "tomorrow 9 their time"

[[do]]
label = ["+refund", "-new"]

[[do]]
status = "resolved"
# reason = "billing/refund"
'''


@dataclass(frozen=True, slots=True)
class Found:
    """The macros that can be run, and what is wrong with the others."""

    macros: tuple[Macro, ...]
    problems: tuple[Problem, ...] = ()

    def get(self, name: str) -> Macro:
        """A macro by its name. Raises NotFound."""
        found = next((one for one in self.macros if one.name.casefold() == name.casefold()), None)
        if found is None:
            names = ", ".join(one.name for one in self.macros)
            raise NotFound(_("there is no macro “{name}”").format(name=name), hint=names)
        return found


def folder(profile: Profile) -> Path:
    """Where they lie."""
    return profile.config / "macros"


def path(profile: Profile, name: str) -> Path:
    """The file of a macro."""
    return folder(profile) / f"{name}.toml"


def read(profile: Profile) -> Found:
    """All of them, by name. A faulty one is left out, and its faults are named with file and line."""
    macros: list[Macro] = []
    problems: list[Problem] = []
    # An editor's own files, such as Emacs' `.#refund.toml`, come and go beside those that are edited.
    files = (file for file in sorted(folder(profile).glob("*.toml")) if not file.name.startswith("."))
    for file in islice(files, MOST):
        macro, faults = read_file(file)
        problems += faults
        if macro is not None:
            macros.append(macro)
    return Found(tuple(macros), tuple(problems))


def read_file(file: Path) -> tuple[Macro | None, list[Problem]]:
    """The macro of a file; None where something is wrong with it."""
    from omnitui.services.texts.rendering import TextFault, check

    if not file.is_file():
        return None, [Problem(_("{file} is no file").format(file=file.name))]
    try:
        table = read_toml(file, forbidden=UNTAMPERED)
        text = file.read_text("utf-8", "replace")
    except OSError as error:
        return None, [Problem(_("{file} cannot be read: {why}").format(file=file.name, why=error.strerror))]
    except ConfigError as error:
        return None, [Problem(error.message.replace(str(file), file.name), error.hint)]
    macro, faults = parsed(file.stem, table)
    for number, step in enumerate(macro.steps if not faults else ()):
        if step.kind in TEXTS:
            try:
                check(step.value)
            except TextFault as error:
                faults.append(Fault(error.message, number, step.kind, error.line))
    found = [Problem(f"{file.name}:{_line(text, one)}: {one.message}") for one in faults]
    return (None if faults else macro), found


def _line(text: str, fault: Fault) -> int:
    table = () if fault.step is None else ("do",)
    return line_of(text, table, fault.key, number=fault.step or 0, within=fault.line)


def give(profile: Profile, name: str, text: str) -> Path:
    """The file of a macro, begun with `text` where there is none yet."""
    file = path(profile, name)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return file


def reason_of(macro: Macro) -> str:
    """What the op log says of everything that a macro does."""
    return f"{MACRO}{macro.name}"


def plan(session: Session, macro: Macro, ids: Sequence[Ulid]) -> list[Job]:
    """What the macro does to each conversation; where it cannot, the job says why. Blocks."""
    tree, _faults = reasons.read(session.profile)
    agents, now = session.cache.read(accounts.agents), session.cache.clock.now()
    place = _Place(agents, tree, now, session.zone, Router(session), session.settings.csat)

    def look(db: sqlite3.Connection) -> list[Job]:
        return [place.job(db, macro, row) for row in inbox.conversations(db, ids)]

    return session.cache.read(look)


@dataclass(frozen=True, slots=True)
class _Place:
    """What the steps of a macro depend on, beside the conversation."""

    agents: Sequence[Agent]
    reasons: Sequence[Reason]
    now: Millis
    zone: tzinfo
    router: Router
    csat: Csat

    def job(self, db: sqlite3.Connection, macro: Macro, row: Conversation) -> Job:
        """The steps for one conversation."""
        if macro.channels and row.channel not in macro.channels:
            why = _("the macro is for {channels}").format(channels=", ".join(macro.channels))
            return Job(row.id, (), why_not=why)
        known: dict[str, Any] = {}
        try:
            made: list[Step] = []
            for one in macro.steps:
                if one.kind == "csat":
                    made += step_if_due(db, row, self.csat, self.now)
                    continue
                if one.kind in TEXTS and not known:
                    known = facts(db, row, self.agents, self.now, self.zone)
                made.append(self._step(db, one, row, known))
        except OmniError as error:
            return Job(row.id, (), why_not=error.message)
        return Job(row.id, tuple(made))

    def _step(self, db: sqlite3.Connection, one: Do, row: Conversation, known: Mapping[str, Any]) -> Step:
        match one.kind:
            case "reply" | "note":
                from omnitui.services.texts.rendering import rendered

                text = rendered(one.value, known)
                if one.kind == "note":
                    return steps.note(text)
                return steps.reply(text, self._leaves(db, one.beside, row) if one.beside else None)
            case "label":
                on = [name.removeprefix("+") for name in one.value if not name.startswith("-")]
                return steps.label(on, [name[1:] for name in one.value if name.startswith("-")])
            case "assign" if isinstance(one.value, Route):
                routing = self.router.routing(db, row, one.value)
                agent = settle(db, routing, self.now).agent
                return steps.route(routing, agent.id if agent else row.assignee_id)
            case "assign":
                return steps.assign(agent_called(self.agents, one.value or "none"))
            case "priority":
                return steps.priority(Priority(one.value))
            case "snooze":
                return steps.snooze(until(one.value, now=self.now, zone=self.zone))
            case "read":
                return steps.read(one.value)
            case _:
                return steps.status(Status(one.value), find(self.reasons, one.beside).path if one.beside else None)

    def _leaves(self, db: sqlite3.Connection, text: str, row: Conversation) -> Millis:
        contact = people.contact(db, _answered(db, row).contact_id)
        theirs = zone_called(contact.time_zone) if contact is not None else None
        return leaving(text, now=self.now, mine=self.zone, theirs=theirs)[0]


def _answered(db: sqlite3.Connection, row: Conversation) -> Conversation:
    """The one of those shown as one into which a reply goes."""
    return inbox.conversation(db, merging.way(db, row.id)) or row


def facts(
    db: sqlite3.Connection, row: Conversation, agents: Sequence[Agent], now: Millis, zone: tzinfo
) -> dict[str, Any]:
    """What a template may name of a conversation; see `omnitui.desk.acting.macros.NAMES`.

    Of conversations that are shown as one the customer is the one who gets the answer.
    """
    from datetime import datetime

    to = _answered(db, row)
    contact = people.contact(db, to.contact_id)
    firm = people.organization(db, contact.organization_id) if contact and contact.organization_id else None
    addresses = [one.address for one in people.identities(db, to.contact_id) if one.channel == to.channel]
    here = datetime.fromtimestamp(now / 1000, zone)
    return {
        "contact": {
            "name": to.contact,
            "first_name": first_name(to.contact),
            "segment": contact.segment if contact else "",
            "language": people.language(db, to.id),
            "organization": firm.name if firm else "",
            "address": addresses[0] if addresses else "",
            "fields": dict(contact.custom) if contact else {},
        },
        "conversation": {
            "ref": inbox.ref(db, row.id),
            "subject": to.subject,
            "channel": to.channel,
            "account": to.account,
            "status": row.status.value,
            "priority": row.priority.value,
            "labels": list(row.labels),
            "reason": row.contact_reason,
        },
        "agent": {"name": next((one.name for one in agents if one.me), "")},
        "today": f"{here:%Y-%m-%d}",
        "now": f"{here:%H:%M}",
    }
