"""The main screen: sidebar, list, history with composer, card, status and keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widget import Widget

from omnitui.i18n import _
from omnitui.model.conversations import Conversation
from omnitui.model.states import MessageKind
from omnitui.services.actions import Scope
from omnitui.services.session import Session
from omnitui.ui import acts
from omnitui.ui.desk import Desk
from omnitui.ui.heading import heading_lines
from omnitui.ui.keyboard import Keyboard, spelled
from omnitui.ui.last_hop import LastHopScreen
from omnitui.ui.last_hop.ending import EndsInOrder
from omnitui.ui.layout import Layout
from omnitui.ui.panes.card import CardPane
from omnitui.ui.panes.composer import ComposerPane
from omnitui.ui.panes.history import HistoryPane
from omnitui.ui.panes.sidebar import SidebarPane
from omnitui.ui.panes.status import chord_lines, footer_line, status_line
from omnitui.ui.picture import Picture
from omnitui.ui.roles import Line, clear_of, plain, spread
from omnitui.ui.widgets.conversation_list import ConversationList
from omnitui.ui.widgets.lines import Lines, style_source

BREAKPOINTS = [(0, "-narrow"), (80, "-medium"), (120, "-wide"), (160, "-broad")]
CHORD_SECONDS = 0.25
"""How long a begun chord waits until what may follow is shown."""
PANES = {"list": Scope.LIST, "history": Scope.HISTORY, "card": Scope.CARD, "sidebar": Scope.SIDEBAR}


class MainScreen(LastHopScreen[None]):
    """Wires the panes to the desk and keys to actions."""

    AUTO_FOCUS: ClassVar[str | None] = None
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS

    queue: ConversationList
    history: HistoryPane
    card: CardPane
    sidebar: SidebarPane
    composer: ComposerPane
    layouts: Layout

    def __init__(
        self, session: Session, keyboard: Keyboard, first_rows: Callable[[], None], rested: Callable[[], None]
    ) -> None:
        """`first_rows` is called when rows of a list are on the screen, `rested` when the layout changed."""
        super().__init__(id="main")
        self.first_rows = first_rows
        self.rested = rested
        self.session = session
        self.keyboard = keyboard
        self.desk = Desk(session, self)
        self.layouts = Layout(self)
        clock, zone = session.cache.clock, session.zone
        self.sidebar = SidebarPane(id="sidebar")
        self.queue = ConversationList(self.desk.rows(self.desk.view), style_source(self), clock, id="list")
        self.history = HistoryPane(clock, zone, id="history")
        self.composer = ComposerPane(clock, session.cache.ids, self.desk.drafting.keep, id="composer")
        self.card = CardPane(clock, zone, id="card")
        self._titles = {name: Lines(id=f"{name}-title") for name in ("views", "list", "card")}
        self._heading = Lines(id="heading")
        self._status = Lines(id="status")
        self._footer = Lines(id="footer")
        self._chords = Lines(id="chords")
        self._row: Conversation | None = None
        self._chord_timer: Timer | None = None
        self._ticking: Timer | None = None
        """Runs only while something counts down: an idle console does not wake up."""

    def compose(self) -> ComposeResult:
        """The panes side by side, two lines below them."""
        with Horizontal(id="panes"):
            with Vertical(id="views"):
                yield self._titles["views"]
                yield self.sidebar
            with Vertical(id="queue"):
                yield self._titles["list"]
                yield self.queue
            with Vertical(id="reading"):
                yield self._heading
                yield self.history
                yield self.composer
            with Vertical(id="about"):
                yield self._titles["card"]
                yield self.card
            yield self._chords
        yield self._status
        yield self._footer

    def on_mount(self) -> None:
        """Begin with the inbox."""
        self.queue.focus()
        self.redraw()
        self._ticking = self.set_interval(1.0, self._second, pause=True)
        self.set_interval(30.0, self._half_minute)

    # Keys

    @property
    def scope(self) -> Scope:
        """The pane in focus."""
        focused = self.focused
        if focused is None:
            return Scope.LIST
        if self.composer in focused.ancestors_with_self:
            return Scope.COMPOSER
        return PANES.get(focused.id or "", Scope.LIST)

    def on_key(self, event: events.Key) -> None:
        """A key that no text field took."""
        before = self.keyboard.pending
        press = self.keyboard.press(self.scope, spelled(event.key, event.character))
        if press.taken:
            event.stop()
            event.prevent_default()
        if press.action_id:
            acts.run(self.desk, press.action_id, press.count if press.counted else None)
        if before or self.keyboard.pending:
            self.redraw_footer()
            if self._chord_timer is not None:
                self._chord_timer.stop()
            self._chord_timer = self.set_timer(CHORD_SECONDS, self._redraw_chords)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Another pane: its keys, its mark."""
        self.keyboard.forget()
        self.redraw_footer()
        self.redraw_titles()

    # What panes say

    @on(ConversationList.Selected)
    def _selected(self, event: ConversationList.Selected) -> None:
        if isinstance(event, ConversationList.Settled):
            return
        if event.conversation_id == self.queue.selected:
            self.desk.point(event.conversation_id)

    @on(ConversationList.Settled)
    def _settled(self, event: ConversationList.Settled) -> None:
        if event.conversation_id == self.queue.selected:
            self.desk.point(event.conversation_id)
            self.desk.load_soon()

    @on(ConversationList.Opened)
    def _opened(self, event: ConversationList.Opened) -> None:
        self.desk.show(event.conversation_id)
        self.layouts.read()

    @on(ConversationList.Newcomers)
    def _newcomers(self) -> None:
        self.redraw_title()

    @on(ConversationList.Loaded)
    def _loaded(self) -> None:
        self.first_rows()

    @on(HistoryPane.WantsOlder)
    def _wants_older(self) -> None:
        self.desk.spawn(self.desk.load_older())

    @on(HistoryPane.WantsNewer)
    def _wants_newer(self) -> None:
        self.desk.spawn(self.desk.load_newer())

    @on(SidebarPane.Opened)
    def _view_opened(self, event: SidebarPane.Opened) -> None:
        self.layouts.close_views()
        self.desk.open_view(event.view)
        self.queue.focus()

    # What the desk asks for

    def fail(self, error: Exception) -> None:
        """Something is wrong with omnitui itself."""
        app = self.app
        if isinstance(app, EndsInOrder):
            app.fail(error)

    @property
    def private(self) -> list[Widget]:
        """What shows words of customers or of the agent."""
        return [self._heading, self.history, self.composer, self.card, self._status]

    def after_sending(self) -> None:
        """The composer is closed after sending: what was sent is shown."""
        self.history.to_end()
        self.history.following = True
        (self.history if self.history.region else self.queue).focus()

    def restyle(self) -> None:
        """Another theme."""
        self.queue.restyle()
        for widget in (self.sidebar, self.history, self.card, *self.query(Lines)):
            widget.notify_style_update()
            widget.refresh()

    @property
    def reading(self) -> bool:
        """Whether the history is on the screen of somebody who looks."""
        return bool(self.history.region) and self.app.screen is self and self.app.app_focus

    def head(self, row: Conversation | None) -> None:
        """Name the conversation that is pointed at, before it is read."""
        self._row = row
        self.redraw_heading()

    def fill(self, found: Picture | None) -> None:
        """Show a conversation that was not shown before."""
        if found is None:
            self._row = None
            self.history.load(())
            self.card.load(None, None)
        else:
            self._row = found.conversation
            unread = found.conversation.unread
            self.history.load(found.messages, unread=unread, complete=found.complete, due=found.due)
            self.card.load(found.card, found.conversation)
        self.redraw_heading()

    def renew(self, found: Picture) -> None:
        """The shown conversation changed; nothing moves."""
        self._row = found.conversation
        self.history.renew(found.messages, found.due)
        self.card.load(found.card, found.conversation)
        self.composer.wrote_meanwhile(self.composer.draft is not None and self.history.below > 0)
        self.redraw_heading()

    def write(self, kind: MessageKind) -> None:
        """Open the composer on the shown conversation."""
        found = self.desk.picture
        if found is None or found.conversation.id != self.desk.shown:
            return
        hold = self.desk.hold_of(found.conversation.channel)
        to = found.address
        self.layouts.read(focus=False)
        self.composer.open(found, kind, self.history.seen, to=to, hold=hold)
        self.composer.sheet.focus()

    def leave_composer(self) -> None:
        """Close the composer; its draft is kept."""
        if self.composer.draft is not None:
            had_focus = self.scope is Scope.COMPOSER
            self.composer.close()
            if had_focus:
                (self.history if self.history.region else self.queue).focus()

    # Lines

    def redraw(self) -> None:
        """All lines of the screen's own."""
        self.redraw_titles()
        self.redraw_heading()
        self.redraw_status()
        self.redraw_footer()

    def redraw_titles(self) -> None:
        """The titles of the panes; the focused one is marked."""
        self.redraw_title()
        for name, text, scope in (("views", _("Views"), Scope.SIDEBAR), ("card", _("Customer"), Scope.CARD)):
            self._titles[name].show([title_line(text, "", self._titles[name], self.scope is scope)])
        self.redraw_heading()

    def redraw_title(self) -> None:
        """The list's title: the view and how many it holds."""
        view = self.desk.view
        count = self.desk.standing.counts.get(view.id)
        title = self._titles["list"]
        right = str(count) if count is not None else ""
        title.show([title_line(_(view.title), right, title, self.scope is Scope.LIST)])

    def redraw_heading(self) -> None:
        """The lines above the history."""
        found = self.desk.picture
        ref = found.ref if found is not None and found.conversation.id == self.desk.shown else ""
        focused = self.scope in (Scope.HISTORY, Scope.COMPOSER)
        width = self._heading.size.width
        now = self.desk.clock.now()
        self._heading.show(heading_lines(self._row, ref, width, now, self.desk.zone, focused=focused))

    def redraw_status(self) -> None:
        """How the desk stands."""
        width = self.size.width
        key = self.keyboard.keymap.key_of("app.undo") or "ctrl+p"
        if self._ticking is not None:
            (self._ticking.resume if self.desk.counting else self._ticking.pause)()
        self._status.show(
            [status_line(self.desk.standing, self.desk.notice, self.desk.clock.now(), width, undo_key=key)]
        )

    def redraw_footer(self) -> None:
        """The keys of the focused pane, or what may follow a begun chord."""
        self._footer.show([footer_line(self.keyboard, self.scope, self.size.width)])

    def _redraw_chords(self) -> None:
        lines = chord_lines(self.keyboard, self.size.width)
        cuts = tuple(edge for pane in self.query("#panes Vertical") for edge in (pane.region.x, pane.region.x + 1))
        self._chords.show([clear_of(line, cuts) for line in lines])
        self._chords.display = bool(lines)

    def on_resize(self) -> None:
        """Another size: the lines are cut anew."""
        self.layouts.fit()
        self.call_after_refresh(self.redraw)
        self.rested()

    def _second(self) -> None:
        self.history.tick()
        self.redraw_status()

    def _half_minute(self) -> None:
        self.queue.refresh()
        self.history.grow_older()
        self.card.load(self.card.card, self._row)
        self.redraw_heading()
        self.redraw_status()


def title_line(text: str, right: str, widget: Widget, focused: bool) -> Line:
    """A pane's title; the focused pane's is marked."""
    mark = "▌" if focused else " "
    role = "title" if focused else "muted"
    return spread(((mark, "current"), (plain(text), role)), ((f"{right} ", "muted"),), max(widget.size.width, 8))
