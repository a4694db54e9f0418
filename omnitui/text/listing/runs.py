"""The pieces of a row of the inbox, each as runs of text with the names of their styles. Pure."""

from __future__ import annotations

from unicodedata import is_normalized

from omnitui.i18n import _
from omnitui.text.listing.signs import CHANNEL_MARKS, CHANNEL_STYLES, ENDS, HOUR, LONG, Glyphs, Line, Run, age
from omnitui.text.secrets.covering import shown
from omnitui.text.widths import cell_width, crop, pad

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from omnitui.clock import Millis
    from omnitui.text.listing.signs import Row


def gutter_runs(conversation: Row, selected: bool, marked: bool, glyphs: Glyphs) -> Line:
    """Cursor, mark or unread sign, channel."""
    sign: Run = (" ", "row")
    if marked:
        sign = (glyphs.mark, "row.mark")
    elif conversation.unread:
        sign = (glyphs.unread, "row.unread")
    name = conversation.channel
    channel: Run = (CHANNEL_MARKS.get(name, "-"), CHANNEL_STYLES.get(name, "row.channel"))
    return (glyphs.cursor if selected else " ", "row.cursor"), sign, channel, (" ", "row")


AGE = 5
"""Cells of the column of ages."""


class Drawing:
    """One conversation with what decides how its row looks."""

    __slots__ = ("age", "columns", "conversation", "glyphs", "match", "now", "unanswered", "window")

    def __init__(
        self, conversation: Row, now: Millis, glyphs: Glyphs, columns: Collection[str], match: tuple[str, ...]
    ) -> None:
        self.conversation, self.now, self.glyphs = conversation, now, glyphs
        self.columns, self.match = columns, match
        self.age = age(now, conversation.last_message_at or conversation.last_activity_at)
        """How old the newest message is."""
        self.unanswered: Run = "", ""
        """How long the customer has waited for an answer; "" where nobody waits."""
        since = conversation.unanswered_since
        if since is not None and "unanswered" in columns:
            self.unanswered = age(now, since), "row.unanswered.long" if now - since >= LONG else "row.unanswered"
        self.window: Run = "", ""
        """How long an answer is still taken; "" where nobody waits for one, or it is taken at any time."""
        closes = conversation.window_closes_at
        if closes is not None and since is not None and "unanswered" in columns:
            self.window = window_left(closes - now)

    def contact(self, room: int) -> Line:
        """The contact's name and, above one, the number of unread messages."""
        if room <= 0:
            return ()
        unread = self.conversation.unread
        count = f" ({unread})" if unread > 1 and room > 12 else ""
        name = crop(one_line_text(self.conversation.contact), room - len(count), self.glyphs.ellipsis)
        role = "row.contact.unread" if unread else "row.contact"
        gap = " " * (room - cell_width(name) - len(count))
        return (*self._lit(name, role), (count, "row.unread"), (gap, "row"))

    def matter(self, room: int) -> Line:
        """Urgency, what the view's columns say, subject, snippet: filled up to `room`."""
        conversation = self.conversation
        runs = self.urgency(room)
        for said, role in self.words():
            word = crop(said, room // 2, self.glyphs.ellipsis)
            if word and room - cells(runs) - cell_width(word) - 3 >= 3:
                runs.append((f"[{word}] ", role))
        left = room - cells(runs)
        subject = crop(one_line_text(conversation.subject), max(left, 0), self.glyphs.ellipsis)
        if subject:
            runs += self._lit(subject, "row.subject.unread" if conversation.unread else "row.subject")
            left -= cell_width(subject)
        if left >= 6 and "snippet" in self.columns and (snippet := one_line_text(conversation.snippet)):
            if subject:
                runs.append((f" {self.glyphs.dash} ", "row.snippet"))
                left -= 3
            runs += self._lit(crop(self._near(snippet, left), left, self.glyphs.ellipsis), "row.snippet")
        return fitted(tuple(runs), max(room, 0))

    def urgency(self, room: int) -> list[Run]:
        """How much it matters, and how long the customer has waited for an answer."""
        conversation = self.conversation
        runs: list[Run] = []
        if conversation.priority == "urgent":
            runs.append(("!! ", "row.urgent"))
        elif conversation.priority == "high":
            runs.append(("^ ", "row.high"))
        if severity := conversation.severity:
            runs.append(incident_sign(severity, self.glyphs))
        promised = conversation.task_due_at
        if promised is not None and room >= 16:
            runs.append(task_sign(promised, self.now, self.glyphs))
        closing, closing_role = self.window
        agreed = sla_sign(conversation, self.now, self.glyphs)
        due, closes = conversation.sla_due_at, conversation.window_closes_at
        if agreed and closing and closes is not None and (due is None or due > closes):
            agreed = None  # only the soonest stands there
        if agreed and room >= 16:
            runs.append(agreed)
            closing = ""
        if closing and room >= 20:
            runs.append((f"{self.glyphs.window}{closing} ", closing_role))
        text, role = self.unanswered
        # In a narrow list the shorter time alone stands there.
        if text and text != self.age and room >= (36 if closing or agreed else 20):
            runs.append((f"{self.glyphs.unanswered}{text} ", role))
        return runs

    def words(self) -> list[Run]:
        """What the columns say that are words before the subject."""
        conversation, columns, now = self.conversation, self.columns, self.now
        found: list[Run] = []
        if "reason" in columns and conversation.send_reason:
            found.append((one_line_text(conversation.send_reason), "row.reason"))
        if "status" in columns and (status := status_word(conversation, now)):
            found.append((status, "row.status"))
        until = conversation.snoozed_until
        # The word of the status tells how long a snooze lasts.
        if until and "until" in columns and not ("status" in columns and conversation.status == "snoozed"):
            word = _("for {time}").format(time=age(until, now)) if until > now else _("woken")
            word = _("until it ends") if until == ENDS else word
            found.append((word, "row.status"))
        if "since" in columns and (since := age(now, conversation.last_activity_at)) != self.age:
            found.append((_("since {time}").format(time=since), "row.status"))
        return found

    def labels(self, room: int) -> Line:
        """As many labels as fit, each with a # before it."""
        if "labels" not in self.columns:
            return ()
        runs: list[Run] = []
        for label in self.conversation.labels:
            text = f" #{crop(one_line_text(label), 14, self.glyphs.ellipsis)}"
            if cell_width(text) > room:
                break
            room -= cell_width(text)
            runs.append((text, "row.label"))
        return tuple(runs)

    def assignee(self, room: int) -> Line:
        """The assignee's first name, if there is one and room for it."""
        if not self.conversation.assignee or room < 4 or "assignee" not in self.columns:
            return ()
        name = one_line_text(self.conversation.assignee).split(" ")[0]
        return ((f" {crop(name, room - 1, self.glyphs.ellipsis)}", "row.assignee"),)

    def end(self) -> Line:
        """Send state and age: seven cells in every row, so that they stand in columns.

        Where all of that time the customer has waited for an answer, the age says so.
        """
        sign, role = state_sign(self.conversation, self.glyphs)
        shown, shown_role = self.age, "row.age"
        if self.unanswered[0] == shown and cell_width(shown) < AGE:
            shown, shown_role = f"{self.glyphs.unanswered}{shown}", self.unanswered[1]
        return (" ", "row"), (sign, role), (pad(shown, AGE, align="right"), shown_role)

    def _lit(self, text: str, role: str) -> Line:
        if not self.match:
            return ((text, role),)
        from omnitui.text.listing.match import lit

        return lit(text, role, self.match)

    def _near(self, text: str, room: int) -> str:
        if not self.match:
            return text
        from omnitui.text.listing.match import near

        return near(text, room, self.match, self.glyphs.ellipsis)


def window_left(left: Millis) -> Run:
    """How long a reply window stays open, in at most four cells; 0 where it has closed."""
    if left <= 0:
        return "0", "row.window.closing"
    return age(left, 0), "row.window.closing" if left < HOUR else "row.window.short" if left < LONG else "row.window"


def sla_sign(conversation: Row, now: Millis, glyphs: Glyphs) -> Run | None:
    """What is left of the agreement that is due first, or for how long it has been broken; None without one."""
    due, left = conversation.sla_due_at, conversation.sla_left
    if due is None:
        return None if left is None else (f"{glyphs.due}={age(left, 0)} ", "row.sla")
    if due < now:
        return f"{glyphs.due}!{age(now, due)} ", "row.sla.late"
    warned = conversation.sla_warn_at is not None and conversation.sla_warn_at <= now
    return f"{glyphs.due}{age(due, now)} ", "row.sla.risk" if warned else "row.sla"


def incident_sign(severity: str, glyphs: Glyphs) -> Run:
    """How bad the incident is that it is linked to and that goes on: its number, 1 the worst."""
    return f"{glyphs.incident}{severity[-1]} ", "row.incident.bad" if severity in ("sev1", "sev2") else "row.incident"


def task_sign(due: Millis, now: Millis, glyphs: Glyphs) -> Run:
    """When the first task is due, or for how long it has been."""
    if due <= now:
        return f"{glyphs.task}!{age(now, due)} ", "row.task.late"
    return f"{glyphs.task}{age(due, now)} ", "row.task"


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
            if until == ENDS:
                return _("snoozed")
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
    text = shown(text[:600], cut=len(text) > 100)
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
