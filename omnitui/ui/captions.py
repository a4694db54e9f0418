"""The lines around the panes: titles, heading, status, keys, and what may follow a begun chord."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.timer import Timer
from textual.widget import Widget

from omnitui.i18n import _, ngettext
from omnitui.model.conversations import Conversation
from omnitui.services.actions import Scope
from omnitui.ui.look.roles import Line, clear_of, plain, spread
from omnitui.ui.look.veil import is_veiled, without
from omnitui.ui.panes.status import chord_lines, footer_line, parted, status_line
from omnitui.ui.timeline.heading import heading_lines
from omnitui.ui.widgets.lines import Lines

if TYPE_CHECKING:
    from omnitui.ui.screens.main import MainScreen

NAMES = 2_000
"""Customers' names and subjects that the veil knows for notices."""
CHORD_SECONDS = 0.25
"""How long a begun chord waits until what may follow is shown."""


class Caption(Lines):
    """Lines of a pane, made anew for another width: when a drawer closes, nobody else tells."""

    def __init__(self, anew: Callable[[], None], **attributes: Any) -> None:
        """`anew` makes them."""
        super().__init__(**attributes)
        self._anew = anew

    def on_resize(self) -> None:
        """Another width."""
        self._anew()


class Captions:
    """The main screen's own lines."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self.titles = {name: Caption(self.redraw_titles, id=f"{name}-title") for name in ("views", "list", "card")}
        self.heading = Caption(self.redraw_heading, id="heading")
        self.heading.private = True
        self.status = Lines(id="status")
        self.footer = Lines(id="footer")
        self.chords = Lines(id="chords")
        self.row: Conversation | None = None
        """The conversation that the heading names, read or only pointed at."""
        self._chord_timer: Timer | None = None
        self._rest: Line = ()
        """What of a notice finds no room in the status line: it stands where the keys do."""
        self._named: list[str] = []
        self._ticking: Timer | None = None

    def begin(self) -> None:
        """The screen is there: draw everything, and follow the time."""
        # Runs only while something counts down: an idle console does not wake up.
        self._ticking = self._screen.set_interval(1.0, self._second, pause=True)
        self._screen.set_interval(30.0, self._half_minute)
        self.redraw()

    def redraw(self) -> None:
        """Everything."""
        self.redraw_titles()
        self.redraw_status()
        self.redraw_footer()

    def redraw_titles(self) -> None:
        """The titles of the panes; the focused one is marked."""
        self.redraw_title()
        scope = self._screen.scope
        for name, text, own in (("views", _("Views"), Scope.SIDEBAR), ("card", _("Customer"), Scope.CARD)):
            self.titles[name].show([title_line(text, "", self.titles[name], scope is own)])
        self.redraw_heading()

    def redraw_title(self) -> None:
        """The list's title: the view and how many it holds."""
        desk, title = self._screen.desk, self.titles["list"]
        right = desk.counts.of(desk.view)
        words = _(desk.view.title)
        if text := self._screen.narrowing.text:
            words, right = f"{words} &{text}", ""
        title.show([title_line(words, right, title, self._screen.scope is Scope.LIST)])

    def redraw_heading(self) -> None:
        """The lines above the history."""
        desk = self._screen.desk
        found = desk.picture
        ref = found.ref if found is not None and found.conversation.id == desk.shown else ""
        focused = self._screen.scope in (Scope.HISTORY, Scope.COMPOSER)
        width, now = self.heading.size.width, desk.clock.now()
        whole = desk.reading.whole
        self.heading.show(heading_lines(self.row, ref, width, now, desk.zone, focused=focused, whole=whole))

    def redraw_status(self) -> None:
        """How the desk stands."""
        desk = self._screen.desk
        if self._ticking is not None:
            (self._ticking.resume if desk.counting else self._ticking.pause)()
        key = self._screen.keyboard.keymap.key_of("app.undo") or "ctrl+p"
        width, now = self._screen.size.width, desk.clock.now()
        marks = self._marks()
        notice = desk.notice
        if is_veiled(self._screen):
            marks = f"{_('veiled')} {marks}".rstrip()
            notice = (without(notice[0], self._names()), notice[1])
        notice, rest = parted(notice, width, marks)
        if rest != self._rest:
            self._rest = rest
            self.redraw_footer()
        trouble = desk.trouble.text or desk.trouble.sync
        accounts_key = self._screen.keyboard.keymap.key_of("go.accounts")
        line = status_line(
            desk.standing,
            notice,
            now,
            width,
            undo_key=key,
            accounts_key=accounts_key,
            marks=marks,
            trouble=trouble,
        )
        self.status.show([line])

    def _names(self) -> list[str]:
        """Customers' names and subjects that a notice may hold: also of rows that have just left the list."""
        found = self._screen.desk.picture
        rows = [*self._screen.queue.window.rows, *([found.conversation] if found is not None else [])]
        address = [found.address] if found is not None else []
        here = [*address, *(name for one in rows for name in (one.contact, one.subject))]
        self._named = list(dict.fromkeys([*here, *self._named]))[:NAMES]
        return self._named

    def _marks(self) -> str:
        queue = self._screen.queue
        count = len(queue.marked)
        if queue.marking.ranging:
            return _("range: {n} marked").format(n=count)
        return ngettext("{n} marked", "{n} marked", count).format(n=count) if count else ""

    def redraw_footer(self) -> None:
        """The keys of the focused pane, or what was typed of a chord; what may follow it comes a little later."""
        screen = self._screen
        line = footer_line(screen.keyboard, screen.scope, screen.size.width)
        self.footer.show([line if screen.keyboard.begun else self._rest or line])
        if self._chord_timer is not None:
            self._chord_timer.stop()
        if screen.keyboard.begun or self.chords.display:
            self._chord_timer = screen.set_timer(CHORD_SECONDS, self._redraw_chords)

    def _redraw_chords(self) -> None:
        from omnitui.ui.acts.reasons import why_not

        screen = self._screen
        lines = chord_lines(screen.keyboard, screen.size.width, lambda action_id: why_not(screen.desk, action_id))
        edges = [pane.region.x for pane in screen.query("#panes Vertical")]
        cuts = tuple({cut for edge in edges for cut in (edge, edge + 1)})
        self.chords.show([clear_of(line, cuts) for line in lines])
        self.chords.display = bool(lines)

    def _second(self) -> None:
        self._screen.history.tick()
        self._screen.composer.redraw()
        self.redraw_status()

    def _half_minute(self) -> None:
        screen = self._screen
        screen.queue.refresh()
        screen.desk.counts.look()
        screen.history.grow_older()
        screen.composer.redraw()
        screen.card.load(screen.card.card, self.row)
        self.redraw_heading()
        self.redraw_status()


def title_line(text: str, right: str, widget: Widget, focused: bool) -> Line:
    """A pane's title; the focused pane's is marked."""
    mark = "▌" if focused else " "
    role = "title" if focused else "muted"
    return spread(((mark, "current"), (plain(text), role)), ((f"{right} ", "muted"),), max(widget.size.width, 8))
