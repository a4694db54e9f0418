"""The main screen: sidebar, list, history with composer, card, status and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from omnitui.i18n import _
from omnitui.model.conversations import Conversation, Draft
from omnitui.model.states import MessageKind
from omnitui.services.actions import Scope
from omnitui.services.session import Session
from omnitui.text.listing.rows import ASCII, UNICODE, Density
from omnitui.ui import acts
from omnitui.ui.captions import Captions
from omnitui.ui.desk import Desk
from omnitui.ui.drafts.shelf import Shelf
from omnitui.ui.keyboard import Keyboard, spelled
from omnitui.ui.last_hop import LastHopApp, LastHopScreen
from omnitui.ui.last_hop.ending import EndsInOrder
from omnitui.ui.layout import Layout
from omnitui.ui.look.signs import wants_ascii
from omnitui.ui.narrowing import FilterField, Narrowing
from omnitui.ui.panes.card import CardPane
from omnitui.ui.panes.composer import ComposerPane
from omnitui.ui.panes.fields import TooLong
from omnitui.ui.panes.history import HistoryPane
from omnitui.ui.panes.sidebar import SidebarPane
from omnitui.ui.picture import Picture
from omnitui.ui.timeline.stretch import Stretch
from omnitui.ui.widgets.conversation_list import ConversationList
from omnitui.ui.widgets.lines import Lines, style_source
from omnitui.ui.widgets.split import Split

PANES = {"list": Scope.LIST, "history": Scope.HISTORY, "card": Scope.CARD, "sidebar": Scope.SIDEBAR}


class MainScreen(LastHopScreen[None]):
    """Wires the panes to the desk and keys to actions."""

    AUTO_FOCUS: ClassVar[str | None] = None

    queue: ConversationList
    history: HistoryPane
    card: CardPane
    sidebar: SidebarPane
    composer: ComposerPane
    layouts: Layout
    narrowing: Narrowing

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
        self.narrowing = Narrowing(self)
        clock, zone = session.cache.clock, session.zone
        self.sidebar = SidebarPane(session.views.shown, id="sidebar")
        look = session.settings.interface
        self.queue = ConversationList(
            self.desk.rows(self.desk.view),
            style_source(self),
            clock,
            density=Density.of(self.layouts.arrangement.rows(look.rows)),
            glyphs=ASCII if wants_ascii(look.signs) else UNICODE,
            id="list",
        )
        self.queue.strips.columns = session.settings.columns.of(self.desk.view.id, self.desk.view.columns)
        self.history = HistoryPane(clock, zone, id="history")
        shelf = Shelf(session)
        self.composer = ComposerPane(clock, session.cache.ids, self.desk.drafting.keep, shelf, id="composer")
        self.composer.header_key = keyboard.keymap.key_of("composer.header")
        self.composer.typed = self.desk.types
        self.composer.ways_key = keyboard.keymap.key_of("composer.ways")
        self.card = CardPane(clock, zone, id="card")
        self.captions = Captions(self)

    def compose(self) -> ComposeResult:
        """The panes side by side, two lines below them."""
        captions = self.captions
        queue, reading, about = Vertical(id="queue"), Split(id="reading"), Split(id="about")
        views = Split(id="views", right=True)
        self.layouts.begin(views, queue, reading, about)
        with Horizontal(id="panes"):
            with views:
                yield captions.titles["views"]
                yield self.sidebar
            with queue:
                yield captions.titles["list"]
                yield self.narrowing.field
                yield self.queue
            with reading:
                yield captions.heading
                yield self.history
                yield self.composer
            with about:
                yield captions.titles["card"]
                yield self.card
            yield captions.chords
        yield captions.status
        yield captions.footer

    def on_mount(self) -> None:
        """Begin with the inbox."""
        self.queue.focus()
        self.captions.begin()

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

    def take_letter(self, event: events.Key) -> bool:
        """Take a letter where a pane of lines has the focus, no text field."""
        if self.focused is not None and self.focused.id not in PANES:
            return False
        self.on_key(event)
        return True

    def on_key(self, event: events.Key) -> None:
        """A key that no text field took."""
        self.queue.touch()
        self.desk.attend()
        before = self.keyboard.begun
        press = self.keyboard.press(self.scope, spelled(event.key, event.character))
        if press.taken:
            event.stop()
            event.prevent_default()
        if press.action_id:
            acts.run(
                self.desk,
                press.action_id,
                press.count if press.counted else None,
                motion=press.motion,
                letter=press.letter,
            )
        if before or self.keyboard.begun:
            self.captions.redraw_footer()

    def on_mouse_down(self) -> None:
        """The mouse is a hand too."""
        self.queue.touch()
        self.desk.attend()

    def focus_moved(self) -> None:
        """Another pane: its keys, its mark."""
        if self.focused is None:
            return
        self.keyboard.forget()
        if self.focused is not self.narrowing.field:
            self.narrowing.left()
        self.captions.redraw_footer()
        self.captions.redraw_titles()

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
        self.captions.redraw_title()

    @on(ConversationList.Marked)
    def _marked(self, event: ConversationList.Marked) -> None:
        self.captions.redraw_status()
        if event.more:
            self.desk.say(_("only the first {n} are marked").format(n=event.count), "warn")

    @on(Input.Changed, "#filter")
    def _filter_typed(self, event: Input.Changed) -> None:
        if self.narrowing.typing:
            self.narrowing.type(event.value)

    @on(FilterField.Kept)
    def _filter_kept(self) -> None:
        self.narrowing.keep()

    @on(FilterField.Cleared)
    def _filter_cleared(self) -> None:
        self.narrowing.clear()

    @on(Split.Dragged)
    def _dragged(self, event: Split.Dragged) -> None:
        self.layouts.drag(event.split, event.column, done=event.done)

    @on(ConversationList.Loaded)
    def _loaded(self) -> None:
        self.first_rows()

    @on(HistoryPane.WantsOlder)
    def _wants_older(self) -> None:
        self.desk.spawn(self.desk.reading.older())

    @on(HistoryPane.WantsNewer)
    def _wants_newer(self) -> None:
        self.desk.spawn(self.desk.reading.newer())

    @on(TooLong)
    def _too_long(self) -> None:
        self.desk.say(f"! {_('too long to paste: attach it as a file')}", "bad")

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
        return [self.captions.heading, self.history, self.composer, self.card, self.captions.status]

    def after_sending(self) -> None:
        """The composer is closed after sending: what was sent is shown."""
        self.history.to_end()
        self.history.following = True
        (self.history if self.history.region else self.queue).focus()

    def restyle(self) -> None:
        """Another theme."""
        self.queue.restyle()
        self.history.restyle()
        # By class, not by name: Textual knows a mixed-in class by its first base only.
        for lines in self.query().results(Lines):
            lines.restyle()

    @property
    def reading(self) -> bool:
        """Whether the history is on the screen of somebody who looks."""
        return bool(self.history.region) and self.app.screen is self and self.app.app_focus

    def head(self, row: Conversation | None) -> None:
        """Name the conversation that is pointed at, before it is read."""
        self.captions.row = row
        self.captions.redraw_heading()

    def fill(self, found: Picture | None) -> None:
        """Show a conversation that was not shown before."""
        if found is None:
            self.captions.row = None
            self.history.load(Stretch())
            self.card.load(None, None)
        else:
            self.captions.row = found.conversation
            unread = found.conversation.unread
            self.history.load(found.stretch, unread=unread, due=found.due, found=self.desk.reading.words)
            self.card.load(found.card, found.conversation)
        self.captions.redraw_heading()

    def prepare(self, found: Picture) -> None:
        """Draw what may be shown next."""
        self.make_ready(self.history.prepare(found.stretch, unread=found.conversation.unread, due=found.due))
        self.make_ready(self.card.prepare(found.card, found.conversation))

    def make_ready(self, strips: Iterable[Strip]) -> None:
        """Have the terminal's side of what may be shown next made."""
        if isinstance(self.app, LastHopApp):
            self.app.prepare(strips)

    def renew(self, found: Picture) -> None:
        """The shown conversation changed; nothing moves."""
        self.captions.row = found.conversation
        self.history.renew(found.stretch, found.due)
        self.card.load(found.card, found.conversation)
        self.composer.learn(found)
        self.composer.wrote_meanwhile(self.composer.draft is not None and self.history.below > 0)
        self.captions.redraw_heading()

    def write(self, kind: MessageKind, *, to_all: bool = False) -> None:
        """Open the composer on the shown conversation; `to_all`: for all who got the customer's mail."""
        found = self.desk.picture
        if found is None or found.conversation.id != self.desk.shown:
            return
        hold = self.desk.hold_of(found.answered.channel)
        to = found.address
        key = self.keyboard.keymap.key_of("conversation.reply_all")
        self.desk.drafting.begin(found.drafts.get(kind) or Draft("", found.conversation.id, kind, ""))
        self.composer.open(found, kind, self.history.seen, to=to, hold=hold, to_all=to_all, all_key=key)
        self.layouts.read(focus=False)
        self.composer.sheet.focus()

    def leave_composer(self) -> None:
        """Close the composer; its draft is kept."""
        if self.composer.draft is not None:
            had_focus = self.scope is Scope.COMPOSER
            self.composer.close()
            if had_focus:
                (self.history if self.history.region else self.queue).focus()

    def resizing(self) -> None:
        """Another size: the panes that a terminal of this width has."""
        self.layouts.resize()

    def resized(self) -> None:
        """The lines are cut anew."""
        self.captions.redraw()
        self.rested()
