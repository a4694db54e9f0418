"""The desk: which list is open, which conversation is shown, and what is read for them. Actions mean what is shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from omnitui.bus import AgentTypes, Changed, CustomerTypes
from omnitui.clock import SECOND, Millis
from omnitui.desk.views import View
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation, Message
from omnitui.model.states import ObjectKind, SendState
from omnitui.services.actions import Scope
from omnitui.services.lastlook import LastLook
from omnitui.services.memory import Memory
from omnitui.services.session import Session
from omnitui.ui.ahead import Ahead
from omnitui.ui.backstage import FINISH_SECONDS, Backstage
from omnitui.ui.counting import Counting
from omnitui.ui.doing import Doing
from omnitui.ui.drafts.drafting import Drafting
from omnitui.ui.last_hop import LastHopApp
from omnitui.ui.picture import Picture, Standing, picture, standing
from omnitui.ui.row_sources import CachedRows
from omnitui.ui.timeline.reading import Reading
from omnitui.ui.watch.alarms import Warnings
from omnitui.ui.watch.cutting import Cuts
from omnitui.ui.watch.promises import Promises
from omnitui.ui.watch.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path
    from typing import Any

    from omnitui.desk.querying.completion import Names
    from omnitui.services.keys.commandline import ConsoleVerbs
    from omnitui.ui.panes.composer import ComposerPane
    from omnitui.ui.screens.main import MainScreen
    from omnitui.ui.tour import Tour

READ_AFTER = 1.2
"""Seconds on the screen after which a conversation counts as read."""
COUNTED: Millis = 120 * SECOND
"""What leaves later than in this time is not counted down by the second."""
STEADY = 0.25
"""Seconds between two looks at what changed, where it changes all the time: rows that jump faster nobody reads."""
TOLD_EVERY: Millis = 4 * SECOND
"""How often it is told that the agent still writes; back ends show it for five seconds and more."""
RENEWING = frozenset({ObjectKind.OUTBOX, ObjectKind.CONTACT, ObjectKind.LINK, ObjectKind.TASK, ObjectKind.INCIDENT})
"""What is shown of a conversation and has no id of it."""


class Desk(Backstage):
    """State of the main screen beside its widgets."""

    def __init__(self, session: Session, screen: MainScreen) -> None:
        super().__init__(screen)
        self.session = session
        self.cache = session.cache
        self.clock = session.cache.clock
        self.zone = session.zone
        self.view: View = session.views.first
        self.shown: Ulid | None = None
        """The conversation that is on the screen: the one that actions mean."""
        self.picture: Picture | None = None
        self.standing = Standing()
        self.drafting = Drafting(session.cache)
        self.rescued: Path | None = None
        """Where what was being written was put at the end, when the cache did not take it."""
        self.trouble = Trouble(self)
        self.doing = Doing()
        self.counts = Counting(self)
        self.promises = Promises(self)
        self.warnings = Warnings(self)
        self.cuts = Cuts(self)
        self.reading = Reading(self)
        self.ahead = Ahead(self)
        self.searched = ""
        """What was searched for last."""
        self.memory = Memory(session.profile)
        self.verbs: Callable[[], ConsoleVerbs] | None = None
        """The shell's verbs, where somebody hands them in."""
        self.tour: Tour | None = None
        self.names: Names | None = None
        """What completion offers, once it was read."""
        self.dialling: asyncio.Task[None] | None = None
        """The call that the softphone makes."""
        self._read_timer: asyncio.TimerHandle | None = None
        self._loading: Ulid | None = None
        self._rested: Ulid | None = None
        self._typed: Millis = 0
        """When it was told last that the agent writes."""
        self._looks: LastLook | None = None
        self.attended = False
        """Whether somebody has touched a key or the mouse: what shows by itself at the start is read by nobody."""

    async def leave(self) -> None:
        """The end: what keys have begun is done, what is written is kept."""
        self.counts.end()
        self.ahead.rest()
        if self._read_timer is not None:
            self._read_timer.cancel()
        self.promises.end()
        if self.dialling is not None:
            self.dialling.cancel()
            await asyncio.wait([self.dialling], timeout=FINISH_SECONDS)
        self.warnings.end()
        # The last keys may not have been told yet: the field knows them.
        composer = self.composer
        if composer.settle() and composer.draft is not None:
            self.drafting.keep(composer.draft)
        await self.finish()
        try:
            await self.drafting.flush()
        except OmniError:
            self.rescued = self.drafting.rescue(self.session.profile.state)
        self.memory.flush()
        if self._looks is not None:
            self._looks.flush()

    def remember(self, name: str, line: str) -> None:
        """Keep a line of what was used, for this start and the next ones."""
        self.memory.keep(name, line)
        self.spawn(asyncio.to_thread(self.memory.flush))

    @property
    def composer(self) -> ComposerPane:
        """The composer that keys mean: that of the dialog in front, else the one below the history."""
        fronts = (getattr(screen, "composer", None) for screen in reversed(self.screen.app.screen_stack))
        return next((one for one in fronts if one is not None), self.screen.composer)

    # The list

    def rows(self, view: View) -> CachedRows:
        """The source of a view's rows."""
        return CachedRows(self.cache, view.text, self.session.query)

    def open_view(self, view: View, select: Ulid | None = None) -> None:
        """Show another list."""
        self.view = view
        app = self.screen.app
        if isinstance(app, LastHopApp):
            app.hold_keys()
        self.screen.narrowing.forget()
        columns = self.session.settings.columns.of(view.id, view.columns)
        self.screen.queue.show(self.rows(view), select, columns)
        self.screen.sidebar.load(self.counts.texts, view.id)
        if not view.kept:
            self.counts.look()

    def renew_views(self) -> None:
        """Views have changed: the open one is shown as it is now."""
        views = self.session.views
        self.screen.sidebar.take(views.shown, self.view.id)
        before, self.view = self.view, views.find(self.view.id) or (views.first if self.view.own else self.view)
        if self.view != before:
            self.open_view(self.view)
            self.screen.captions.redraw_title()
        self.counts.look()

    # The conversation

    @property
    def conversation(self) -> Conversation | None:
        """The conversation that is shown, as far as it is read."""
        if self.picture is not None and self.picture.conversation.id == self.shown:
            return self.picture.conversation
        return None

    def need(self) -> Ulid:
        """The conversation that an action means.

        Raises:
            OmniError: None is shown.
        """
        if self.shown is None:
            raise OmniError(_("no conversation is shown"), hint=_("choose one in the list"))
        return self.shown

    def targets(self) -> tuple[Ulid, ...]:
        """The conversations that an action means: in the list those that are marked, else the one that is shown.

        Raises:
            OmniError: None is shown.
        """
        queue = self.screen.queue
        if self.doing.aimed is not None:
            return self.doing.aimed
        return queue.targets if queue.marked and self.screen.scope is Scope.LIST else (self.need(),)

    @property
    def targets_one(self) -> bool:
        """Whether an action means the shown conversation alone."""
        return self.shown is None or self.targets() == (self.shown,)

    async def read(self) -> Picture:
        """What is known of the conversation that an action means; waits until it is read.

        Raises:
            OmniError: None is shown, or another one meanwhile.
        """
        wanted = self.need()
        if self.conversation is None:
            await self.load()
        if self.picture is None or self.conversation is None or self.shown != wanted:
            raise OmniError(_("no conversation is shown"), hint=_("choose one in the list"))
        return self.picture

    async def message(self) -> Message:
        """The message that an action means: never one of the conversation that was shown before.

        Raises:
            OmniError: None is chosen.
        """
        await self.read()
        found = self.screen.history.reel.current_message
        if found is None:
            raise OmniError(_("no message is chosen"))
        return found

    def point(self, conversation_id: Ulid | None) -> None:
        """From this moment on actions mean this conversation; `load` brings it to the screen."""
        if conversation_id == self.shown:
            return
        self.ahead.rest()
        self.screen.leave_composer()
        self.shown = conversation_id
        self.reading.whole, self.reading.words = False, ()
        self._rested = None
        # It may be the one that is still on the screen: keys went away and came back before another was read.
        self._read_soon()
        row = self.screen.queue.selected_row
        self.screen.head(row if row is not None and row.id == conversation_id else None)

    def show(self, conversation_id: Ulid | None) -> None:
        """Point at a conversation and read it."""
        self.point(conversation_id)
        self.load_soon()

    def load_soon(self) -> None:
        """Read the conversation that is pointed at, unless it is read."""
        if self.conversation is not None or self.show_ready():
            return
        if self._loading != self.shown or self.shown is None:
            self._loading = self.shown
            self.spawn(self.load())

    def show_ready(self) -> bool:
        """Fill the panes with the conversation that is pointed at, if it was read ahead."""
        found = self.ahead.take(self.shown) if self.conversation is None else None
        if found is not None:
            self._fill(found)
        return found is not None

    async def load(self) -> None:
        """Read the conversation that is pointed at and fill the panes."""
        # Another one may be pointed at since this was spawned: that one is read, and no longer the former.
        wanted = self._loading = self.shown
        if wanted is None:
            self.picture = None
            self.screen.fill(None)
            return
        try:
            found = self.drafting.over(await self.cache.aread(picture, wanted, whole=self.reading.whole))
            await self.reading.lay_out(found.stretch.messages if found is not None else ())
        finally:
            if self._loading == wanted:
                self._loading = None
        if wanted == self.shown:
            self._fill(found)

    def _fill(self, found: Picture | None) -> None:
        self.picture = found
        self.screen.fill(found)
        self._read_soon()
        self.ahead.look()

    def go(self, conversation_id: Ulid | None) -> None:
        """Show a conversation, and select it where it is in the open list."""
        self.show(conversation_id)
        if conversation_id is not None:
            self.screen.queue.follow(conversation_id)

    async def show_message(self, conversation_id: Ulid, message_id: Ulid, *, searched: bool = False) -> None:
        """Show a conversation at one of its messages, however old; `searched`: what was searched for is marked."""
        turned, self.reading.whole = self.reading.whole, False
        self.point(conversation_id)
        self.reading.words = self.reading.search_words() if searched else ()
        if self.conversation is None:
            await self.load()
        await self.reading.lay_out(self.screen.history.reel.messages)
        if conversation_id == self.shown:
            self.screen.history.mark(self.reading.words)
            await self.reading.to_message(message_id, anew=turned)
            self.screen.captions.redraw_heading()
            self.screen.queue.follow(conversation_id)

    async def renew(self) -> None:
        """Read the conversation again, because it changed; nothing moves."""
        wanted = self.shown
        messages = self.screen.history.reel.messages
        if wanted is None or self.picture is None or self.picture.conversation.id != wanted:
            return
        tail = self.screen.history.tail
        since = (messages[0].received_at, messages[0].id) if messages and tail else None
        whole = self.reading.whole
        found = self.drafting.over(await self.cache.aread(picture, wanted, since, whole=whole))
        await self.reading.lay_out(found.stretch.messages if found is not None else ())
        if (wanted, whole) == (self.shown, self.reading.whole) and found is not None:
            self.picture = found
            self.screen.renew(found)
            self._read_soon()

    def attend(self) -> None:
        """Somebody is there."""
        if not self.attended:
            self.attended = True
            self._read_soon()
        looks = self.looks
        if looks.touch(self.clock.now()):
            key = self.screen.keyboard.keymap.key_of("go.since")
            self.say(_("{key} shows what changed while you were away").format(key=key))
        if looks.due:
            self.spawn(asyncio.to_thread(looks.flush))

    @property
    def looks(self) -> LastLook:
        """When the agent looked here last."""
        if self._looks is None:
            self._looks = LastLook(self.session.profile)
        return self._looks

    def _read_soon(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None
        if self.shown == self._rested or not self.attended:
            return
        if self.conversation is not None and self.conversation.unread:
            loop = asyncio.get_running_loop()
            self._read_timer = loop.call_later(READ_AFTER, self._looked_at, self.shown)

    def _looked_at(self, conversation_id: Ulid | None) -> None:
        if self.screen.reading:
            self.mark_read(conversation_id)
        else:
            # Behind a dialog, or in a window that nobody looks at: it counts once it is in front again.
            self._read_soon()

    def rest(self, conversation_id: Ulid) -> None:
        """The agent said how the read mark is to be: leave it while the conversation stays on the screen."""
        self._rested = conversation_id

    def mark_read(self, conversation_id: Ulid | None) -> None:
        """The conversation has been on the screen for a while, or was answered."""
        shown = self.conversation
        if shown is not None and shown.id == conversation_id and shown.unread and self.screen.reading:
            self.spawn(self.act(self.session.operations.mark_read, [shown.id]))

    # The world

    async def follow(self) -> None:
        """Follow the changes of the cache until cancelled; a disk that fails for a while does not end it."""
        await self._unharmed(self.look())
        loop = asyncio.get_running_loop()

        def heard(event: CustomerTypes) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._types, event)

        bus = self.session.bus
        forget = bus.subscribe(CustomerTypes, heard), bus.subscribe(Changed, self.ahead.outdate)
        try:
            async for changed in bus.listen(every=0.1, steady=STEADY):
                await self._unharmed(self.changed(changed))
        finally:
            for one in forget:
                one()

    def types(self, conversation: Conversation) -> None:
        """The agent is writing an answer: the customer may see it, told every few seconds."""
        now = self.clock.now()
        if now - self._typed > TOLD_EVERY:
            self._typed = now
            self.session.bus.publish(AgentTypes(conversation.account_id, conversation.id, conversation.channel))

    def _types(self, event: CustomerTypes) -> None:
        shown = self.conversation
        if shown is not None and shown.id == event.conversation_id and self.screen.history.tail:
            self.screen.history.write(event.name or shown.contact, event.until)
            self.screen.captions.redraw_status()

    async def _unharmed(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except OmniError as error:
            self.complain(error)

    async def changed(self, changed: Changed) -> None:
        """Something changed: read again what shows it."""
        kinds = {change.kind for change in changed.changes}
        about = {change.object_id for change in changed.changes}
        if not changed.complete or kinds - {ObjectKind.DRAFT, ObjectKind.LEDGER, ObjectKind.OP}:
            self.screen.queue.refresh_rows()
        if ObjectKind.RULE in kinds:
            await self.cuts.look()
        await self.look()
        if self.shown is not None and (not changed.complete or self._touched(kinds, about)):
            await self.renew()

    def _touched(self, kinds: set[ObjectKind], about: set[Ulid]) -> bool:
        if self.shown in about or kinds & RENEWING:
            return True
        if self.reading.whole and ObjectKind.CONVERSATION in kinds:
            return True
        card = self.picture.card if self.picture is not None else None
        if card is not None and about & {one.id for one in card.open}:
            return True
        return bool(about & {message.id for message in self.screen.history.reel.messages})

    async def look(self) -> None:
        """Read how the desk stands."""
        self.standing = await self.cache.aread(standing)
        self.promises.look()
        await self.warnings.look()
        self.screen.sidebar.load(self.counts.texts, self.view.id)
        self.counts.look()
        self.screen.captions.redraw_title()
        self.screen.captions.redraw_status()

    @property
    def counting(self) -> bool:
        """Whether something counts down by the second."""
        if self.screen.composer.closing or self.screen.history.is_written:
            return True
        soon = self.clock.now() + COUNTED
        return any(entry.state is SendState.HELD and entry.due_at < soon for entry in self.standing.outbox)

    def hold_of(self, channel: str) -> Millis:
        """How long a reply on this channel is held, as the composer says it."""
        own = self.session.settings.replies.hold_by_channel.get(channel)
        if own is not None:
            return round(own * SECOND)
        account = self.conversation.account_id if self.conversation else ""
        return self.standing.holds.get(account, 8 * SECOND)
