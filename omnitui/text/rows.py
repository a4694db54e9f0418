"""Rows of the inbox as runs of text with the names of their styles: pure, knowing neither Rich nor Textual.

The first frame, the list, the shell's `ls` and the tests draw the same rows. A run's style is a role of the theme
(`ROLES`); what lies behind the whole row is `row_role`.
"""

from __future__ import annotations

from unicodedata import is_normalized

from omnitui.i18n import _
from omnitui.text.widths import cell_width, crop, pad

# The first frame imports this module: nothing else at the top, no dataclass, no enum (25 and 4 ms of 40).
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final, Protocol

    from omnitui.clock import Millis

    class Row(Protocol):
        """What a row is drawn from: a `Conversation`, or the first frame's lighter reading of one."""

        @property
        def channel(self) -> str: ...
        @property
        def subject(self) -> str: ...
        @property
        def status(self) -> str: ...
        @property
        def priority(self) -> str: ...
        @property
        def contact(self) -> str: ...
        @property
        def assignee(self) -> str: ...
        @property
        def labels(self) -> tuple[str, ...]: ...
        @property
        def snoozed_until(self) -> int | None: ...
        @property
        def unread(self) -> int: ...
        @property
        def snippet(self) -> str: ...
        @property
        def last_message_at(self) -> int: ...
        @property
        def last_activity_at(self) -> int: ...
        @property
        def send_state(self) -> str | None: ...
        @property
        def has_draft(self) -> bool: ...


Run = tuple[str, str]
Line = tuple[Run, ...]

ROLES: Final[Mapping[str, str]] = {
    "row": "$foreground",
    "row.selected": "on $chosen",
    "row.selected.away": "on $chosen-dim",
    "row.marked": "on $chip",
    "row.cursor": "bold $primary",
    "row.mark": "bold $warning",
    "row.unread": "bold $primary",
    "row.channel": "$secondary",
    "row.contact": "$foreground",
    "row.contact.unread": "bold $foreground",
    "row.subject": "$foreground",
    "row.subject.unread": "bold $foreground",
    "row.snippet": "$muted",
    "row.status": "$muted",
    "row.urgent": "bold $error",
    "row.high": "bold $warning",
    "row.label": "$accent",
    "row.assignee": "$secondary",
    "row.age": "$muted",
    "row.state.done": "$success",
    "row.state.underway": "$muted",
    "row.state.held": "$warning",
    "row.state.failed": "bold $error",
    "row.state.unknown": "bold $warning",
    "row.draft": "$note",
    "row.new": "bold reverse $primary",
    "row.empty": "$muted",
}
"""Every style name that rows use, with its look where a theme does not say otherwise."""

CHANNEL_MARKS: Final = {
    "email": "@",
    "line": "L",
    "whatsapp": "W",
    "messenger": "M",
    "instagram": "I",
    "telegram": "G",
    "sms": "s",
    "voice": "T",
    "webchat": "c",
    "wechat": "w",
    "x": "X",
    "matrix": "m",
    "slack": "S",
    "review": "r",
}
"""One ASCII letter a channel; terminals disagree about the width of pictures."""


class Density:
    """How many lines a conversation takes: TWO or ONE."""

    __slots__ = ("lines", "name")

    TWO: Density
    ONE: Density

    def __init__(self, name: str, lines: int) -> None:
        self.name = name
        self.lines = lines

    def __repr__(self) -> str:
        return f"Density.{self.name.upper()}"

    @classmethod
    def of(cls, name: str) -> Density:
        """The density called "two" or "one"; two for anything else."""
        return cls.ONE if name == "one" else cls.TWO


Density.TWO = Density("two", 2)
Density.ONE = Density("one", 1)


class Glyphs:
    """The signs of a row, each one cell wide."""

    __slots__ = (
        "cursor",
        "dash",
        "done",
        "draft",
        "ellipsis",
        "failed",
        "held",
        "mark",
        "underway",
        "unknown",
        "unread",
    )

    def __init__(
        self, *, unread: str, done: str, underway: str, held: str, draft: str, ellipsis: str, dash: str
    ) -> None:
        self.cursor, self.mark, self.failed, self.unknown = ">", "+", "!", "?"
        self.unread, self.done, self.underway, self.held = unread, done, underway, held
        self.draft, self.ellipsis, self.dash = draft, ellipsis, dash


UNICODE: Final = Glyphs(unread="•", done="✓", underway="…", held="‖", draft="✎", ellipsis="…", dash="–")
ASCII: Final = Glyphs(unread="*", done="v", underway=".", held="=", draft="~", ellipsis="~", dash="-")

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
YEAR: Final = 365 * DAY


def age(now: Millis, at: Millis) -> str:
    """How long ago, in at most four cells: now, 3m, 2h, 5d, 2y. Times to come count as now."""
    passed = now - at
    if passed < MINUTE:
        return _("now")
    if passed < HOUR:
        return _("{count}m").format(count=passed // MINUTE)
    if passed < DAY:
        return _("{count}h").format(count=passed // HOUR)
    if passed < YEAR:
        return _("{count}d").format(count=passed // DAY)
    return _("{count}y").format(count=passed // YEAR)


def row_role(selected: bool, marked: bool, focused: bool = True) -> str:
    """The role of what lies behind a whole row."""
    if selected:
        return "row.selected" if focused else "row.selected.away"
    return "row.marked" if marked else "row"


def inbox_row(
    conversation: Row,
    width: int,
    *,
    now: Millis,
    density: Density = Density.TWO,
    selected: bool = False,
    marked: bool = False,
    glyphs: Glyphs = UNICODE,
) -> tuple[Line, ...]:
    """A conversation as one or two lines of exactly `width` cells."""
    gutter = gutter_runs(conversation, selected, marked, glyphs)
    room = width - cells(gutter)
    if density is Density.ONE:
        return (fitted((*gutter, *one_line(conversation, room, now, glyphs)), width),)
    upper = (*gutter, *upper_line(conversation, room, now, glyphs))
    lower = ((" " * cells(gutter), "row"), *lower_line(conversation, room, now, glyphs))
    return fitted(upper, width), fitted(lower, width)


def gutter_runs(conversation: Row, selected: bool, marked: bool, glyphs: Glyphs) -> Line:
    """Cursor, mark or unread sign, channel."""
    sign: Run = (" ", "row")
    if marked:
        sign = (glyphs.mark, "row.mark")
    elif conversation.unread:
        sign = (glyphs.unread, "row.unread")
    channel = CHANNEL_MARKS.get(conversation.channel, "-")
    return (glyphs.cursor if selected else " ", "row.cursor"), sign, (channel, "row.channel"), (" ", "row")


def upper_line(conversation: Row, room: int, now: Millis, glyphs: Glyphs) -> Line:
    """Contact, and at the right assignee, send state and age."""
    end = end_runs(conversation, now, glyphs)
    assignee = assignee_runs(conversation, min(12, room - cells(end) - 16))
    name = contact_runs(conversation, room - cells(end) - cells(assignee), glyphs)
    return (*name, *assignee, *end)


def lower_line(conversation: Row, room: int, now: Millis, glyphs: Glyphs) -> Line:
    """What precedes the subject, subject and snippet, and at the right the labels."""
    labels = label_runs(conversation, room // 3)
    return (*matter_runs(conversation, room - cells(labels), now, glyphs), *labels)


def one_line(conversation: Row, room: int, now: Millis, glyphs: Glyphs) -> Line:
    """Contact, matter, labels, assignee, send state and age."""
    end = end_runs(conversation, now, glyphs)
    room -= cells(end)
    labels = label_runs(conversation, room // 5) if room >= 60 else ()
    assignee = assignee_runs(conversation, 10) if room >= 50 else ()
    room -= cells(labels) + cells(assignee)
    name_room = max(min(room * 3 // 10, 24), min(room, 8))
    name = contact_runs(conversation, name_room, glyphs)
    matter = matter_runs(conversation, room - name_room - 1, now, glyphs)
    return (*name, (" ", "row"), *matter, *labels, *assignee, *end)


def contact_runs(conversation: Row, room: int, glyphs: Glyphs) -> Line:
    """The contact's name and, above one, the number of unread messages."""
    if room <= 0:
        return ()
    unread = conversation.unread
    count = f" ({unread})" if unread > 1 and room > 12 else ""
    name = crop(one_line_text(conversation.contact), room - len(count), glyphs.ellipsis)
    role = "row.contact.unread" if unread else "row.contact"
    return (name, role), (count, "row.unread"), (" " * (room - cell_width(name) - len(count)), "row")


def matter_runs(conversation: Row, room: int, now: Millis, glyphs: Glyphs) -> Line:
    """Urgency, status where it is not open, subject, snippet: filled up to `room`."""
    runs: list[Run] = []
    if conversation.priority == "urgent":
        runs.append(("!! ", "row.urgent"))
    elif conversation.priority == "high":
        runs.append(("^ ", "row.high"))
    word = status_word(conversation, now)
    if word:
        runs.append((f"[{word}] ", "row.status"))
    left = room - cells(runs)
    subject = crop(one_line_text(conversation.subject), max(left, 0), glyphs.ellipsis)
    if subject:
        runs.append((subject, "row.subject.unread" if conversation.unread else "row.subject"))
        left -= cell_width(subject)
    snippet = one_line_text(conversation.snippet)
    if snippet and left >= 6:
        lead = f" {glyphs.dash} " if subject else ""
        runs.append((lead + crop(snippet, left - len(lead), glyphs.ellipsis), "row.snippet"))
    return fitted(tuple(runs), max(room, 0))


def label_runs(conversation: Row, room: int) -> Line:
    """As many labels as fit, each with a # before it."""
    runs: list[Run] = []
    for label in conversation.labels:
        text = f" #{crop(one_line_text(label), 14)}"
        if cell_width(text) > room:
            break
        room -= cell_width(text)
        runs.append((text, "row.label"))
    return tuple(runs)


def assignee_runs(conversation: Row, room: int) -> Line:
    """The assignee's first name, if there is one and room for it."""
    if not conversation.assignee or room < 4:
        return ()
    name = one_line_text(conversation.assignee).split(" ")[0]
    return ((f" {crop(name, room - 1)}", "row.assignee"),)


def end_runs(conversation: Row, now: Millis, glyphs: Glyphs) -> Line:
    """Send state and age: seven cells in every row, so that they stand in columns."""
    sign, role = state_sign(conversation, glyphs)
    at = conversation.last_message_at or conversation.last_activity_at
    return (" ", "row"), (sign, role), (pad(age(now, at), 5, align="right"), "row.age")


def state_sign(conversation: Row, glyphs: Glyphs) -> Run:
    """How it stands with what we sent last; a draft where nothing is under way."""
    match conversation.send_state:
        case "accepted" | "delivered" | "read":
            return glyphs.done, "row.state.done"
        case "queued" | "sending" | "deferred":
            return glyphs.underway, "row.state.underway"
        case "held":
            return glyphs.held, "row.state.held"
        case "failed" | "blocked":
            return glyphs.failed, "row.state.failed"
        case "unknown":
            return glyphs.unknown, "row.state.unknown"
    return (glyphs.draft, "row.draft") if conversation.has_draft else (" ", "row")


def status_word(conversation: Row, now: Millis) -> str:
    """The status where it is not plainly open; a snooze with the time left."""
    match conversation.status:
        case "snoozed":
            until = conversation.snoozed_until
            return _("snoozed {time}").format(time=age(until, now)) if until and until > now else _("woken")
        case "waiting":
            return _("waiting")
        case "bot":
            return _("bot")
        case "resolved":
            return _("resolved")
        case "closed":
            return _("closed")
    return ""


def one_line_text(text: str) -> str:
    """A stranger's text on one line, safe to draw."""
    text = text[:600]
    if text.isprintable() and is_plain(text):
        return text
    from omnitui.text.safe import safe

    return safe(text, multiline=False)


def is_plain(text: str) -> bool:
    """Whether printable text needs no closer look: ASCII, or Japanese without marks, joiners and selectors."""
    if text.isascii():
        return True
    try:
        text.encode("cp932")  # holds no combining character at all
    except UnicodeEncodeError:
        return False
    return is_normalized("NFC", text)


def cells(runs: Line | list[Run]) -> int:
    """Cells that the runs take."""
    return sum(cell_width(text) for text, _role in runs)


def fitted(runs: Line, width: int) -> Line:
    """The runs cropped or filled to exactly `width` cells, empty ones left out."""
    fit: list[Run] = []
    left = width
    for text, role in runs:
        size = cell_width(text)
        if size > left:
            text = crop(text, left)
            size = cell_width(text)
        if text:
            fit.append((text, role))
        left -= size
        if left <= 0:
            break
    if left > 0:
        fit.append((" " * left, "row"))
    return tuple(fit)


def plain(lines: tuple[Line, ...]) -> str:
    """The text of a row without its styles."""
    return "\n".join("".join(text for text, _role in line).rstrip() for line in lines)
