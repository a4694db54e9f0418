"""The window on a history: which messages are loaded, which lines are visible, and where the reader is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from omnitui.clock import Millis
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation, Message
from omnitui.model.deeds import Answered, Deed
from omnitui.model.states import Direction, MessageKind
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line
from omnitui.ui.timeline.blocks import Setting, block
from omnitui.ui.timeline.seams import border_line, day_line, deed_lines
from omnitui.ui.timeline.stretch import Stretch

MAX_LOADED = 300
NEAR_EDGE = 4
"""Messages between the reader and the edge of what is loaded, from which on more is wanted."""
_MARK: Line = (("▌", "current"),)

Row = tuple[Line, int]
"""A line and the number of its message."""


class Reel:
    """Messages in order, as lines, with the reader's place as (message, line in it)."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.first = True
        """Whether the oldest message is loaded."""
        self.last = True
        """Whether the newest message is loaded."""
        self.unfolded = False
        """Whether quotes are shown."""
        self.folded = False
        """Whether changes are only counted."""
        self.current = 0
        """The message that actions on messages mean."""
        self.due: Mapping[Ulid, Millis] = {}
        """When messages that are held leave, by the id of their op."""
        self.found: tuple[str, ...] = ()
        """Texts that were searched for, as `casefold` leaves them."""
        self.places: dict[Ulid, Conversation] = {}
        """The conversations of a timeline; empty for a single conversation."""
        self._deeds: dict[Ulid, Deed] = {}
        self._answers: dict[Ulid, Answered] = {}
        self._lines: dict[Ulid, list[Line]] = {}
        self._setting: Setting | None = None
        self._height = 1
        self._top = (0, 0)

    # What is loaded

    def load(self, stretch: Stretch, unread: int = 0) -> None:
        """Begin with these messages: at the newest, or at the first of `unread` that would be out of sight."""
        self.messages = list(stretch.messages)
        self.first, self.last = stretch.first, stretch.last
        self._lines.clear()
        self._deeds.clear()
        self._around(stretch)
        self.current = max(len(self.messages) - 1, 0)
        self.to_end()
        first = self._first_unread(unread)
        if first is not None and (first, 0) < self._top:
            self.current = first
            self._top = (first, 0)

    def _around(self, stretch: Stretch) -> None:
        """Take in what stands between and around messages."""
        known = {message.id for message in self.messages}
        answers = {**self._answers, **stretch.answers}
        self._answers = {own: answered for own, answered in answers.items() if own in known}
        since = -1 if self.first or not self.messages else self.messages[0].received_at
        until = self.messages[-1].received_at if self.messages and not self.last else None
        deeds = {**self._deeds, **{deed.id: deed for deed in stretch.deeds}}
        deeds = {own: deed for own, deed in deeds.items() if since < deed.at and (until is None or deed.at <= until)}
        places = {**self.places, **stretch.places}
        if (deeds, places) != (self._deeds, self.places):
            self._lines.clear()
        self._deeds = dict(sorted(deeds.items(), key=lambda item: (item[1].at, item[0])))
        self.places = places

    def _first_unread(self, unread: int) -> int | None:
        found = None
        for index in range(len(self.messages) - 1, -1, -1):
            message = self.messages[index]
            if unread > 0 and message.direction is Direction.INCOMING and message.kind is not MessageKind.ACTIVITY:
                unread, found = unread - 1, index
        return found

    def prepend(self, stretch: Stretch) -> None:
        """Older messages; the reader's place stays."""
        known = {message.id for message in self.messages}
        fresh = [message for message in stretch.messages if message.id not in known]
        if self.messages:
            self._lines.pop(self.messages[0].id, None)
        self.messages[:0] = fresh
        self.first = stretch.first
        self.current += len(fresh)
        self._top = (self._top[0] + len(fresh), self._top[1])
        if len(self.messages) > MAX_LOADED:
            self.last = False
        for message in self.messages[MAX_LOADED:]:
            self._lines.pop(message.id, None)
        del self.messages[MAX_LOADED:]
        self.current = min(self.current, max(len(self.messages) - 1, 0))
        self._around(stretch)

    def append(self, stretch: Stretch) -> None:
        """Newer messages, where the newest are not loaded; the reader's place stays."""
        known = {message.id for message in self.messages}
        self.messages += [message for message in stretch.messages if message.id not in known]
        self.last = stretch.last
        self._prune_front()
        self._around(stretch)

    def update(self, messages: Sequence[Message]) -> None:
        """Messages as they are now; those that are not loaded are left out."""
        fresh = {message.id: message for message in messages}
        for index, message in enumerate(self.messages):
            if fresh.get(message.id, message) != message:
                self.messages[index] = fresh[message.id]
                self._lines.pop(message.id, None)

    def renew(self, newest: Stretch) -> int:
        """The messages from some point on, as they are now; the reader's place stays. Returns how many are new."""
        known = {message.id for message in self.messages}
        fresh = {message.id: message for message in newest.messages}
        first = min(((message.received_at, message.id) for message in newest.messages), default=(0, ""))
        keep = [m for m in self.messages if (m.received_at, m.id) < first and m.id not in fresh]
        place = self.messages[self._top[0]].id if self._top[0] < len(self.messages) else None
        chosen = self.messages[self.current].id if self.current < len(self.messages) else None
        for message in self.messages:
            if fresh.get(message.id) != message:
                self._lines.pop(message.id, None)
        if self.messages:
            self._lines.pop(self.messages[-1].id, None)
        self.messages = keep + sorted(fresh.values(), key=lambda m: (m.received_at, m.id))
        index = {message.id: at for at, message in enumerate(self.messages)}
        self._top = (index.get(place, 0) if place else 0, self._top[1])
        self.current = index.get(chosen, len(self.messages) - 1) if chosen else max(len(self.messages) - 1, 0)
        if not keep:
            self.first = newest.first
        before = self._deeds
        self._deeds = {own: deed for own, deed in before.items() if keep and deed.at <= first[0]}
        self._prune_front()
        self._around(newest)
        if self._deeds != before:
            self._lines.clear()
        return len(fresh.keys() - known)

    def _prune_front(self) -> None:
        surplus = min(len(self.messages) - MAX_LOADED, self._top[0] - NEAR_EDGE)
        if surplus > 0:
            self.first = False
            for message in self.messages[:surplus]:
                self._lines.pop(message.id, None)
            del self.messages[:surplus]
            self.current = max(self.current - surplus, 0)
            self._top = (self._top[0] - surplus, self._top[1])

    @property
    def wants_older(self) -> bool:
        """Whether the reader is near the beginning of what is loaded."""
        return bool(self.messages) and self._top[0] < NEAR_EDGE

    # How it looks

    def fit(self, setting: Setting, height: int, *, stick: bool = True) -> None:
        """Draw for this width, time and height; `stick` keeps a reader at the end there.

        The time counts for held messages and the names of days only.
        """
        before = self._setting
        at_end = before is None or (stick and self.at_end)  # asked before lines of the old width are thrown away
        index, line = self._top
        whole = len(self._lines.get(self.messages[index].id, ())) if line and index < len(self.messages) else 0
        if before is None or (before.width, before.zone) != (setting.width, setting.zone) or self._day_changed(setting):
            self._lines.clear()
        self._setting, self._height = setting, height
        for message in self.messages:
            if message.op_id in self.due:
                self._lines.pop(message.id, None)
        if whole and before is not None and before.width != setting.width:
            # The same words stay at the top, as near as lines of another length can tell.
            self._top = index, line * len(self.lines_of(index)) // whole
        if at_end:
            self.to_end()
        else:
            self._clamp()

    def _day_changed(self, setting: Setting) -> bool:
        assert self._setting is not None
        before = phrases.local(self._setting.now, setting.zone).date()
        return before != phrases.local(setting.now, setting.zone).date()

    def fold(self) -> None:
        """Fold or unfold all quotes; the message at the top stays there."""
        self.unfolded = not self.unfolded
        self._anew()

    def fold_changes(self) -> None:
        """Fold or unfold all changes; the message at the top stays there."""
        self.folded = not self.folded
        self._anew()
        self.go(0)

    def mark(self, found: tuple[str, ...]) -> None:
        """Show where these texts stand."""
        if found != self.found:
            self.found = found
            self._anew()

    def _anew(self) -> None:
        self._lines.clear()
        self._top = (self._top[0], 0)
        self._clamp()

    def lines_of(self, index: int) -> list[Line]:
        """All lines of a message, with what stands between it and the one above, and a blank line below."""
        message = self.messages[index]
        lines = self._lines.get(message.id)
        if lines is None:
            assert self._setting is not None
            place = self.places.get(message.conversation_id)
            answered = self._answers.get(message.id)
            if answered is not None and index and self.messages[index - 1].id == answered.message_id:
                answered = None
            setting = replace(
                self._setting,
                unfolded=self.unfolded,
                due=self.due.get(message.op_id) if message.op_id else None,
                channel=place.channel if place is not None else "",
                answers=answered,
                found=self.found,
            )
            lines = [*self._above(index, setting), *self._below(index, setting)]
            self._lines[message.id] = lines
        return lines

    def _above(self, index: int, setting: Setting) -> list[Line]:
        message = self.messages[index]
        before = self.messages[index - 1] if index else None
        if self._hidden(index):
            return []
        lines: list[Line] = []
        place = self.places.get(message.conversation_id)
        if place is not None and (before is None or before.conversation_id != message.conversation_id):
            lines += [border_line(place, setting), ()]
        at = message.received_at
        if before is None or _day(before.received_at, setting) != _day(at, setting):
            lines += [day_line(at, setting), ()]
        start, activities = index, 0
        while start and self._hidden(start - 1):
            start, activities = start - 1, activities + 1
        since = self.messages[start - 1].received_at if start else -1
        deeds = [deed for deed in self._deeds.values() if since < deed.at <= at]
        changed = deed_lines(deeds, activities, self.folded, setting)
        return [*lines, *changed, ()] if changed else lines

    def _below(self, index: int, setting: Setting) -> list[Line]:
        lines = [] if self._hidden(index) else [*block(self.messages[index], setting), ()]
        if index == len(self.messages) - 1:
            start, activities = index + 1, 0
            while start and self._hidden(start - 1):
                start, activities = start - 1, activities + 1
            since = self.messages[start - 1].received_at if start else -1
            deeds = [deed for deed in self._deeds.values() if since < deed.at]
            changed = deed_lines(deeds, activities, self.folded, setting)
            lines += [*changed, ()] if changed else []
        return lines

    def _hidden(self, index: int) -> bool:
        return self.folded and self.messages[index].kind is MessageKind.ACTIVITY

    def rows(self, marked: bool) -> list[Row]:
        """What is visible; `marked` shows which message is the current one."""
        rows: list[Row] = []
        if self._setting is None:
            return rows
        index, skip = self._top
        while index < len(self.messages) and len(rows) < self._height:
            lines = self.lines_of(index)
            seen = lines[skip : skip + self._height - len(rows)]
            rows += [(self._marked(line, index) if marked else line, index) for line in seen]
            index, skip = index + 1, 0
        return rows

    def _marked(self, line: Line, index: int) -> Line:
        if index != self.current or not line or not line[0][0].startswith(" "):
            return line
        text, role = line[0]
        return (*_MARK, (text[1:], role), *line[1:])

    # Where the reader is

    @property
    def height(self) -> int:
        """Lines that are visible."""
        return self._height

    @property
    def at_end(self) -> bool:
        """Whether the newest line is visible."""
        return self._setting is None or self._top >= self._last_top()

    def _last_top(self) -> tuple[int, int]:
        room = self._height
        for index in range(len(self.messages) - 1, -1, -1):
            count = len(self.lines_of(index))
            if count >= room:
                return index, count - room
            room -= count
        return 0, 0

    def _clamp(self) -> None:
        if self._setting is not None:
            self._top = max((0, 0), min(self._top, self._last_top()))

    def to_end(self) -> None:
        """The newest line at the bottom."""
        if self._setting is not None:
            self._top = self._last_top()

    def to_start(self) -> None:
        """The oldest loaded line at the top."""
        self._top = (0, 0)
        self.current = 0

    def scroll(self, lines: int) -> None:
        """Move by lines; the current message stays in sight."""
        if self._setting is None or not self.messages:
            return
        index, at = self._top
        at += lines
        while at < 0 and index > 0:
            index -= 1
            at += len(self.lines_of(index))
        while index < len(self.messages) - 1 and at >= (count := len(self.lines_of(index))):
            index, at = index + 1, at - count
        self._top = (index, max(at, 0))
        self._clamp()
        visible = {number for _, number in self.rows(False)}
        if visible and self.current not in visible:
            self.current = min(visible) if self.current < min(visible) else max(visible)

    def go(self, steps: int) -> None:
        """Make another message the current one and bring it into sight; those that are folded away are passed by."""
        last = max(len(self.messages) - 1, 0)
        wanted = min(max(self.current + steps, 0), last)
        seen = [index for index in range(len(self.messages)) if not self._hidden(index)]
        if seen and wanted not in seen:
            ahead = [index for index in seen if index > wanted] if steps >= 0 else []
            wanted = min(ahead) if ahead else max((index for index in seen if index < wanted), default=min(seen))
        self.show(wanted)

    def show(self, index: int) -> None:
        """Make a message the current one; its beginning comes into sight."""
        self.current = index
        if self._setting is None or not self.messages:
            return
        rows = [number for _, number in self.rows(False)]
        if (index, 0) < self._top or rows.count(index) < len(self.lines_of(index)):
            self._top = (index, 0)
            self._clamp()

    @property
    def current_message(self) -> Message | None:
        """The message that actions on messages mean."""
        return self.messages[self.current] if self.current < len(self.messages) else None

    def answered(self) -> Answered | None:
        """What the current message answers."""
        message = self.current_message
        return self._answers.get(message.id) if message is not None else None


def _day(at: Millis, setting: Setting) -> object:
    return phrases.local(at, setting.zone).date()
