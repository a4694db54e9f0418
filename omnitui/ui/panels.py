"""The panels of the card: each a pure function that makes entries of what is known. `PANELS` is their order.

A further panel is a function more, and a word in that tuple.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from omnitui.clock import Millis
from omnitui.desk.naming import CLOCK, TASK
from omnitui.desk.promises.urgency import Cause, Reason, reasons
from omnitui.i18n import _, ngettext
from omnitui.ids import Ulid
from omnitui.model.card import Card, Suggestion
from omnitui.model.conversations import Conversation
from omnitui.model.people import PICTURE, Identity
from omnitui.model.tasks import Task, TaskKind
from omnitui.text.japanese import wrap_prose
from omnitui.text.links import inspect
from omnitui.text.safe import safe
from omnitui.text.secrets.covering import shown
from omnitui.text.widths import cell_width
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, cropped, line_width, plain
from omnitui.values import dataclass

MOST = 8
_ABOUT = 8_000
"""Characters of the notes that a card shows; the form has all of them."""


class Act(StrEnum):
    """What Enter does on an entry."""

    NOTHING = ""
    EDIT = "edit"
    """Change the field that `target` names."""
    OPEN = "open"
    """Show the conversation that `target` is."""
    LINK = "link"
    """Say that the contact `target` is the same person."""
    UNLINK = "unlink"
    """Take back that the contact `target` is the same person."""
    PREFER = "prefer"
    """Make the identity `target` the preferred one, or no longer so."""
    TASK = "task"
    """Show the conversation of the task that `target` is, or put it off, or say that it is done."""
    INCIDENT = "incident"
    """Show the incident that `target` is."""
    FOLLOW = "follow"
    """Open the link `target` on the desktop."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the card."""

    line: Line
    value: str = ""
    """What copying takes; empty: the cursor passes it by."""
    act: Act = Act.NOTHING
    target: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a panel is made from."""

    card: Card
    shown: Conversation | None
    """The conversation that is on the screen."""
    width: int
    now: Millis
    zone: tzinfo


Panel = Callable[[Sight], list[Entry]]


def entries(sight: Sight) -> list[Entry]:
    """The whole card, no line wider than `sight.width`."""
    found: list[Entry] = []
    for panel in PANELS:
        made = panel(sight)
        if made and found:
            found.append(Entry(()))
        found += made
    return [Entry(cropped(one.line, sight.width), one.value, one.act, one.target) for one in found]


def name_panel(sight: Sight) -> list[Entry]:
    """Who it is, and of which firm."""
    contact, firm = sight.card.contact, sight.card.organization
    made = [Entry(((plain(contact.name or _("unnamed")), "title"),), contact.name, Act.EDIT, "name")]
    if firm is not None:
        made.append(Entry(((plain(firm.name), "text"),), firm.name, Act.EDIT, "organization"))
    return made


def facts_panel(sight: Sight) -> list[Entry]:
    """Segment, language, time of day there, first and last contact."""
    card, now = sight.card, sight.now
    contact = card.contact
    facts = [
        (_("Segment"), contact.segment, contact.segment, "segment"),
        (_("Language"), contact.language, contact.language, "language"),
        (_("Local time"), local_time(contact.time_zone, now, sight.zone), contact.time_zone, "time_zone"),
        (_("First"), _when(card.first_at, sight), "", ""),
        (_("Last"), _when(card.last_at, sight), "", ""),
        (_("Total"), phrases.conversations_word(card.conversations), "", ""),
    ]
    made = _facts([fact for fact in facts if fact[1]], sight.width)
    room = line_width(made[-1].line[:-1])
    return [*made, Entry(((" " * room, ""), (phrases.messages_word(card.messages), "text")))]


def channels_panel(sight: Sight) -> list[Entry]:
    """The addresses, the preferred one first; then those of linked contacts."""
    card = sight.card
    made = [_identity(one, card.preferred == one.id, Act.PREFER) for one in card.identities]
    for link in card.links[:MOST]:
        made += [_identity(one, False, Act.NOTHING) for one in link.identities[:MOST]]
    return _section(_("Channels"), made)


def _identity(one: Identity, preferred: bool, act: Act) -> Entry:
    star, word = ("* ", f" {_('preferred')}") if preferred else ("", "")
    name = f" {plain(one.name)}" if one.name and one.name != one.address else ""
    line: Line = (
        (star, "label"),
        (f"{plain(phrases.channel_word(one.channel))} ", "muted"),
        (plain(one.address), "text"),
        (" ✓" if one.verified else "", "good"),
        (word, "label"),
        (name, "muted"),
    )
    return Entry(tuple(piece for piece in line if piece[0]), one.address, act, one.id)


def due_panel(sight: Sight) -> list[Entry]:
    """What falls due in the conversation that is shown, the soonest first; promises have a panel of their own."""
    found = [] if sight.shown is None else [one for one in reasons(sight.shown) if one.cause is not Cause.TASK]
    return _section(_("Falls due"), [Entry(due_line(one, sight.now, sight.zone)) for one in found])


def due_line(one: Reason, now: Millis, zone: tzinfo) -> Line:
    """What, when, and how far that is: "first reply 14:30 (0:42)"."""
    late = one.at < now
    far = phrases.countdown(abs(one.at - now))
    over = _("({span} late)").format(span=far) if late else f"({far})"
    return (
        ("! " if late else "  ", "bad"),
        (f"{_(CLOCK[one.cause])} ", "text"),
        (phrases.moment(one.at, now, zone), "bad" if late else "strong"),
        (f" {over}", "bad" if late else "muted"),
    )


def incidents_panel(sight: Sight) -> list[Entry]:
    """What goes on that conversations of this customer are linked to, and how it stands."""
    made = [
        Entry(
            (
                (f"{one.severity.short} ", phrases.severity_role(one.severity)),
                (plain(one.title), "text"),
                (f"  {plain(one.standing)}" if one.standing else "", "muted"),
            ),
            one.title,
            Act.INCIDENT,
            one.id,
        )
        for one in sight.card.incidents[:MOST]
    ]
    return _section(_("Incident"), made)


def tasks_panel(sight: Sight) -> list[Entry]:
    """What is promised, and until when."""
    made = [
        Entry(
            (*task_line(one, sight.now, sight.zone), (f"  {plain(one.text)}", "text")),
            one.text or one.number or "-",
            Act.TASK,
            one.id,
        )
        for one in sight.card.tasks[:MOST]
    ]
    return _section(_("Promised"), made)


def task_line(one: Task, now: Millis, zone: tzinfo) -> Line:
    """What and when: "call back 14:30 +81…"; late ones say for how long."""
    late = one.due_at <= now
    when = phrases.moment(one.due_at, now, zone)
    over = " " + _("({span} late)").format(span=phrases.span(now - one.due_at)) if late else ""
    number = f" {plain(one.number)}" if one.number and one.kind is TaskKind.CALL_BACK else ""
    return (
        ("! " if late else "  ", "bad"),
        (f"{_(TASK[one.kind])} ", "text"),
        (when, "bad" if late else "strong"),
        (over, "bad"),
        (number, "theirs"),
    )


def links_panel(sight: Sight) -> list[Entry]:
    """Contacts that were said to be the same person."""
    made = [
        Entry(((f"{plain(one.contact.name)} · {plain(one.link.reason)}", "text"),), one.contact.name, Act.UNLINK, own)
        for one in sight.card.links[:MOST]
        for own in (one.contact.id,)
    ]
    return _section(_("Also known as"), made)


def open_panel(sight: Sight) -> list[Entry]:
    """Other conversations that are open."""
    others = [one for one in sight.card.open if sight.shown is None or one.id != sight.shown.id]
    title = ngettext("{n} other open matter", "{n} other open matters", len(others)).format(n=len(others))
    return _section(title, [_matter(one, sight) for one in others[:MOST]])


def _matter(one: Conversation, sight: Sight) -> Entry:
    subject = plain(one.subject or one.snippet or _("no subject"))
    age = f" {phrases.ago(one.last_activity_at, sight.now)}"
    channel = f"{plain(phrases.channel_word(one.channel))} "
    room = max(sight.width - cell_width(age) - cell_width(channel), 4)
    line = ((channel, "muted"), *cropped(((subject, "text"),), room), (age, "muted"))
    return Entry(line, subject, Act.OPEN, one.id)


def satisfaction_panel(sight: Sight) -> list[Entry]:
    """What the customer thought of it."""
    scores = [one.score for one in sight.card.ratings]
    if not scores:
        return []
    mean = f"{sum(scores) / len(scores):.1f}/5"
    line: Line = ((mean, "text"), ("  " + " ".join(map(str, scores[:MOST])), "muted"))
    newest = sight.card.ratings[0].conversation_id
    return _section(_("Satisfaction"), [Entry(line, mean, Act.OPEN, newest)])


def reason_panel(sight: Sight) -> list[Entry]:
    """Why the customer wrote the last time."""
    reason = sight.card.last_reason
    return _section(_("Last reason"), [Entry(((plain(reason), "text"),), reason)] if reason else [])


def about_panel(sight: Sight) -> list[Entry]:
    """What agents noted."""
    about = sight.card.contact.about
    lines = wrap_prose(shown(safe(about, max_chars=_ABOUT)), max(sight.width, 8)) if about else []
    first = [Entry(((line, "text"),), about, Act.EDIT, "about") for line in lines[:1]]
    return _section(_("Notes"), [*first, *(Entry(((line, "text"),)) for line in lines[1:])])


def fields_panel(sight: Sight) -> list[Entry]:
    """Further facts, by the names that they were given."""
    fields = sight.card.contact.custom
    facts = [
        (plain(name), plain(value), value, f"fields.{name}")
        for name, value in fields.items()
        if value and name != PICTURE
    ]
    made = _facts(facts, sight.width)
    if address := fields.get(PICTURE):
        host = plain(inspect(address).host)
        line = cropped(((_("Picture") + " ", "muted"), (host, "link")), sight.width)
        made.append(Entry(line, address, Act.FOLLOW, address))
    return _section(_("Further facts"), made)


def suggestions_panel(sight: Sight) -> list[Entry]:
    """Contacts that may be the same person."""
    made = [_suggestion(one, sight.width) for one in sight.card.suggestions[:MOST]]
    return _section(_("Perhaps the same person"), made)


def _suggestion(one: Suggestion, width: int) -> Entry:
    """Name, why, and an address: two of the same name are not the same row."""
    about = f" · {plain(one.reason)}"
    name = cropped(((plain(one.contact.name), "text"),), max(width - cell_width(about), width // 2, 8))
    where = f" · {plain(one.address)}" if one.address and one.address != one.contact.name else ""
    return Entry((*name, (about, "muted"), (where, "muted")), one.contact.name, Act.LINK, one.contact.id)


PANELS: tuple[Panel, ...] = (
    name_panel,
    incidents_panel,
    due_panel,
    tasks_panel,
    facts_panel,
    channels_panel,
    links_panel,
    open_panel,
    satisfaction_panel,
    reason_panel,
    about_panel,
    fields_panel,
    suggestions_panel,
)


def _section(title: str, made: list[Entry]) -> list[Entry]:
    return [Entry(((title, "label"),)), *made] if made else []


def _facts(facts: Iterable[tuple[str, str, str, str]], width: int) -> list[Entry]:
    """Names in a column of their own; each fact is a name, what is shown, what is copied, and the field it is."""
    listed = [(name, plain(value), copied or value, field) for name, value, copied, field in facts]
    room = min(max((cell_width(name) for name, *_rest in listed), default=0), width // 2)
    return [
        Entry(
            (
                *cropped(((name, "muted"),), room),
                (" " * (max(room - cell_width(name), 0) + 2), "muted"),
                (value, "text"),
            ),
            copied,
            Act.EDIT if field else Act.NOTHING,
            field,
        )
        for name, value, copied, field in listed
    ]


def _when(at: Millis | None, sight: Sight) -> str:
    return phrases.ago(at, sight.now) if at is not None else ""


def local_time(zone: str, now: Millis, here: tzinfo) -> str:
    """The time of day where the customer is, with the zone's name; the day too where it is another than `here`."""
    if not zone:
        return ""
    try:
        there = datetime.fromtimestamp(now / 1000, ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        return zone
    time = phrases.clock_words(there)
    if there.date() != phrases.local(now, here).date():
        time = _("{weekday} {time}").format(weekday=phrases.weekday(there), time=time)
    return f"{time} ({zone})"


def preferred_name(identity: Identity) -> str:
    """How a contact's preferred address is kept."""
    return f"{identity.channel}:{identity.address}"


def identity_of(card: Card, identity_id: Ulid) -> Identity | None:
    """An address of the card's own contact."""
    return next((one for one in card.identities if one.id == identity_id), None)
