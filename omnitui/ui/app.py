"""The app: its main screen, themes, keymap and clean ends. What it does lies in panes, screens and acts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.screen import Screen
from textual.timer import Timer

from omnitui import crash
from omnitui.i18n import _
from omnitui.services.session import Session
from omnitui.services.terminal import QUESTIONS, Told, asks, taken_in
from omnitui.store import migrations
from omnitui.store.reads.accounts import accounts
from omnitui.ui.acts.places import turn_tour
from omnitui.ui.keyboard import Keyboard
from omnitui.ui.last_hop import LastHopApp
from omnitui.ui.last_hop.driver import Answered
from omnitui.ui.last_hop.ending import EndsInOrder
from omnitui.ui.look.dressing import Dressing
from omnitui.ui.look.signs import AsciiSigns, wants_ascii
from omnitui.ui.look.themes import DEFAULT, Look, load
from omnitui.ui.outside.notifying import Notifier
from omnitui.ui.screens.main import MainScreen
from omnitui.ui.start.first_frame import stamp
from omnitui.ui.watch.rereading import Rereading
from omnitui.ui.watch.syncing import Syncing
from omnitui.ui.watch.watching import Watching

if TYPE_CHECKING:
    from omnitui.services.keys.commandline import ConsoleVerbs

REST_SECONDS = 0.8
"""After a change of the layout, until the frame is kept for the next start."""


class ConsoleApp(EndsInOrder, LastHopApp[int], inherit_bindings=False):
    """The console over one session."""

    CSS_PATH = "console.tcss"
    TITLE = "omnitui"
    ENABLE_COMMAND_PALETTE = False
    HOLDS_KEYS = True
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self,
        session: Session,
        *,
        sync: bool = True,
        verbs: Callable[[], ConsoleVerbs] | None = None,
        tour: bool = False,
        strays: crash.Strays | None = None,
        **options: Any,
    ) -> None:
        """`sync` false only reads and records: another process runs the connectors. `verbs` are the shell's.

        `tour` begins the tour. `strays` takes faults that end nothing.
        """
        super().__init__(**options)
        self.session = session
        self._settings = stamp(str(session.profile.settings_file))
        self.rereading = Rereading(self)
        self.look: Look = load()
        self.strays = strays
        self.record_fault = lambda error: crash.sentences(error, session.profile.crashes)
        self.syncing = Syncing(session) if sync else None
        self.main = MainScreen(session, Keyboard(self.rereading.first()), self.ready, self.remember_soon)
        self.main.desk.verbs = verbs
        self._tour = tour
        self.dressing = Dressing(self)
        self.notifier = Notifier(self)
        self.watching = Watching()
        self.terminal = Told()
        """What the terminal has said of itself until now: nothing waits for that."""
        self.veiled = False
        """Whether customers' words are covered, because others see the screen."""
        self._begun = False
        self._remembering: Timer | None = None
        self._dress()

    def _dress(self) -> None:
        self.dressing.register()
        wanted = self.dressing.wanted()
        if wanted not in self.available_themes:
            self.dressing.complaints.append(_("there is no theme called {name}").format(name=wanted))
            wanted = DEFAULT
        self.look = self.dressing.look(wanted)
        # Assigning the theme would have the style sheet parsed twice before the first paint.
        self.set_reactive(ConsoleApp.theme, wanted)
        self.stylesheet.set_variables(self.get_css_variables())
        for name, held in (("-dark-mode", self.current_theme.dark), ("-light-mode", not self.current_theme.dark)):
            self.set_class(held, name, update=False)
        if wants_ascii(self.session.settings.interface.signs):
            self._filters.append(AsciiSigns())

    def dress_anew(self) -> None:
        """The theme that is worn has changed."""
        self._watch_theme(self.theme)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The names that our style sheet needs, for themes of Textual's."""
        return dict(load().variables)

    def get_system_commands(self, screen: Screen[Any]) -> Iterator[SystemCommand]:
        """Our palette has its own."""
        return iter(())

    def binds(self, key: str) -> bool:
        """Whether the keymap has this key anywhere."""
        return self.main.keyboard.keymap.binds(key)

    def get_default_screen(self) -> Screen[Any]:
        """The main screen is the first one."""
        return self.main

    def on_mount(self) -> None:
        """Follow the cache; connect once the first rows are on the screen."""
        if self.strays is not None:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(self.strays.of_loop)
            self.strays.tell = lambda words: loop.call_soon_threadsafe(self.main.desk.say, f"! {words}", "bad", 20.0)
        self.theme_changed_signal.subscribe(self, lambda theme: self._relook(theme.name))
        self.watching.follow(self.dressing.stamps, self.dressing.read_again)
        self.watching.follow(self.rereading.stamps, self.rereading.read_again)
        self.watching.begin()
        self.main.desk.spawn(self.notifier.follow())
        self.main.desk.spawn(self.main.desk.follow())
        self.main.desk.spawn(self.main.desk.trouble.follow())
        self.complain_of_settings()

    def on_app_blur(self) -> None:
        """Another window has the focus."""
        self.notifier.blurred()

    def write_sequence(self, data: str) -> None:
        """Write a sequence of ours to the terminal; what is none of them does not pass."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(data)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy what a text field or the mouse has selected."""
        from omnitui.ui.acts.copying import put

        self._clipboard = text
        self.main.desk.spawn(put(self.main.desk, text, _("the text")))

    @on(Answered)
    def _terminal_told(self, event: Answered) -> None:
        before, self.terminal = self.terminal, taken_in(self.terminal, event.answer)
        if self.terminal.dark is not None and self.terminal.background != before.background:
            self.dressing.told(self.terminal.dark)

    def complain_of_settings(self) -> None:
        """Name what is wrong with where the profile lies, with keys and themes, the first in full."""
        from omnitui.services.places import caution

        place = caution(self.session.profile)
        self.rereading.complain([*([place] if place else []), *self.rereading.faults, *self.dressing.complaints])

    def ready(self) -> None:
        """The first rows of a list are on the screen: keys mean them from now on."""
        chosen = self.end_first_frame()
        if chosen and chosen != self.main.queue.selected:
            self.main.queue.choose(chosen)
            self.main.desk.attend()
        self.take_over()
        if self._begun:
            return
        self._begun = True
        self.remember_soon()
        if asks(os.environ):
            self.write_sequence(QUESTIONS)
        if self._tour:
            turn_tour(self.main.desk)
        if self.session.mended is not None:
            from omnitui.ui.screens.mended import open_mended

            self.main.desk.spawn(open_mended(self.main.desk, self.session.mended))
        if self.syncing is not None:
            if not self.session.cache.read(accounts) and not self._tour:
                from omnitui.ui.screens.account_new import greet

                self.main.desk.spawn(greet(self.main.desk))
            self.main.desk.spawn(self.syncing.run())
            self.main.desk.spawn(self.syncing.watch(self.main.desk.trouble.of_sync))
        self.main.desk.spawn(self.session.inspection.run())

    @property
    def opening(self) -> bool:
        """Whether what a key asked for is still being read."""
        top = self.screen_stack[-1:]  # none at the very end, when keys may still wait
        return self.main.desk.opening or any(getattr(screen, "choosing", False) for screen in top)

    def remember_soon(self) -> None:
        """Keep the frame for the next start once the screen is at rest."""
        if self._remembering is not None:
            self._remembering.stop()
        self._remembering = self.set_timer(REST_SECONDS, self.remember)

    def remember(self) -> None:
        """Keep the frame that is on the screen, without customers' words, for the next start's first frame."""
        if self.is_headless or self.screen_stack[-1:] != [self.main] or not self.main.layouts.as_at_start:
            return
        from omnitui.ui.start.frame_memory import remember

        main = self.main
        remember(
            self,
            main.queue,
            self.session.profile.state,
            query=self.session.query(main.desk.view.text),
            schema=self.session.cache.read(migrations.version),
            settings=self._settings,
            keymap=self.main.keyboard.keymap,
            language=self.session.settings.language,
            private=main.private,
        )

    def _relook(self, name: str) -> None:
        self.look = self.dressing.look(name)
        self.main.restyle()
        self.remember_soon()

    async def on_unmount(self) -> None:
        """The end: keep what is written, let the connectors finish."""
        self.watching.end()
        if self.syncing is not None:
            await self.syncing.stop()
        await self.main.desk.leave()
