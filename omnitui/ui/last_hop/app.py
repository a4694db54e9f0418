"""The app's last hop: every compositor update becomes cells here, and only cells that changed leave."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic
from typing import Any, ClassVar

from rich.color import Color
from rich.console import RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual._compositor import ChopsUpdate, CompositorUpdate, InlineUpdate, LayoutUpdate
from textual.app import App, ReturnType
from textual.driver import Driver
from textual.filter import ANSIToTruecolor, Monochrome, NoColor
from textual.geometry import Offset, Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from omnitui.i18n import _
from omnitui.ui.collection import Collection
from omnitui.ui.last_hop.composing import LeanCompositor
from omnitui.ui.last_hop.direct import put_lines
from omnitui.ui.last_hop.driver import LastHopDriver
from omnitui.ui.last_hop.frame import Frame, drawable, drawable_lines
from omnitui.ui.last_hop.guard import guarded, title
from omnitui.ui.last_hop.ink import Inks
from omnitui.ui.last_hop.pen import place
from omnitui.ui.last_hop.screen import LastHopScreen, PaintsWhenIdle
from omnitui.ui.last_hop.terminfo import colours_of, erases_in_colour
from omnitui.ui.start.first_frame import Takeover

SYNC_START = "\x1b[?2026h"
SYNC_END = "\x1b[?2026l"
HELD_SECONDS = 2.0
KEYS_HELD_SECONDS = 10.0
RESIZE_REST = 0.1
"""Seconds without a change of size after which the next one is taken for a single one."""
SYNC_FROM = 512  # smaller writes reach the terminal in one piece anyway


class LastHopApp(App[ReturnType]):
    """An app whose output is filtered and sent as differences. Screens: `LastHopScreen` and `LastHopModal`."""

    HOLDS_KEYS: ClassVar[bool] = False
    """Whether keys that are typed during the start wait for `take_over`, because they mean what is not there yet."""

    def __init__(self, *, takeover: Takeover | None = None, **options: Any) -> None:
        """`takeover` is what `first_frame.show` left on the terminal; painting then waits until the app calls
        `take_over`, two seconds at most."""
        super().__init__(**options)
        self.takeover = takeover
        self._held = takeover is not None
        self._chosen = ""
        self._frame: Frame | None = None
        self._inks: Inks | None = None
        # Inks know the colours of the terminal and do without any: filtering every strip again costs 1 ms a key.
        self._filters = [kept for kept in self._filters if not isinstance(kept, (ANSIToTruecolor, Monochrome, NoColor))]
        self._collection: Collection | None = None
        self._resized_at = 0.0
        self._colour_erase = erases_in_colour(os.environ.get("TERM", ""))
        # Textual reads the name alone, and takes every terminal it has not heard of for one of sixteen colours.
        colours = colours_of(os.environ)
        self.no_color = self.no_color or colours is None
        self.console._color_system = colours

    def get_driver_class(self) -> type[Driver]:
        """Our driver wherever Textual would take its own for Unix terminals."""
        chosen = super().get_driver_class()
        return LastHopDriver if chosen.__name__ == "LinuxDriver" else chosen

    def get_default_screen(self) -> Screen[Any]:
        """A default screen that paints when idle."""
        return LastHopScreen(id="_default")

    def take_over(self) -> None:
        """The screen is as complete as the first frame was: draw over it from now on, and let typed keys in."""
        self._paint_from_now_on()
        if isinstance(self._driver, LastHopDriver):
            self._driver.typeahead.release()

    def end_first_frame(self) -> str:
        """From now on keys are read here; gives, once, the id of the row that is selected on a first frame."""
        if isinstance(self._driver, LastHopDriver):
            self._chosen = self._driver.end_first_frame() or self._chosen
        chosen, self._chosen = self._chosen, ""
        return chosen

    def hold_keys(self) -> None:
        """What keys mean is being read: those typed from now on wait until `take_over`, ten seconds at most."""
        if isinstance(self._driver, LastHopDriver):
            self._driver.typeahead.hold(KEYS_HELD_SECONDS)

    @property
    def opening(self) -> bool:
        """Whether a key has begun something that is not on the screen yet: the next key is meant for that."""
        return False

    def press_at_once(self, event: events.Key) -> bool:
        """Give a letter to the screen in front in this turn; False where it goes Textual's way.

        That leads through queues and all panes, and takes longer than what most keys do.
        """
        screen = self.screen
        if not event.is_printable or not self.app_focus or not isinstance(screen, PaintsWhenIdle):
            return False
        try:
            with self._context(), screen._context():
                return screen.take_letter(event)
        except Exception as error:
            self._handle_exception(error)
            return True

    def binds(self, key: str) -> bool:
        """Whether a key with Alt, "alt+r", means something; else it is Esc and the key behind it."""
        return False

    def _paint_from_now_on(self) -> None:
        if self._held:
            self._held = False
            self._chosen = self.end_first_frame()
            self.screen.refresh()

    @property
    def behind(self) -> bool:
        """Whether a first frame is on the terminal still, and nothing is drawn over it yet."""
        return self._held

    def paint_lines(self, widget: Widget, lines: Iterable[int]) -> None:
        """Show lines of a widget at once, ahead of the compositor (which must be asked by `refresh` all the same)."""
        frame, driver = self._frame, self._driver
        if self._held or self._batch_count or frame is None or not isinstance(driver, LastHopDriver) or driver.busy:
            return
        if (frame.width, frame.height) == tuple(self.size) and put_lines(frame, self.screen, widget, lines):
            self._send_changes()

    def prepare(self, strips: Iterable[Strip]) -> None:
        """Make cells of what may be shown next; the same strips cost less then."""
        if self._frame is not None:
            for strip in strips:
                self._frame.cells(strip)

    def set_terminal_title(self, text: str) -> None:
        """Set the window's title to a text of any origin."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(title(text))

    def chrome(self, private: Iterable[Region]) -> str:
        """The whole frame as bytes, these regions blank; "" where nothing has been painted."""
        return self._frame.without(private) if self._frame else ""

    def codes(self, style: Style) -> str:
        """The SGR sequence that takes up a style whatever came before."""
        if self._inks is None:
            self._inks = self._make_inks()
        return self._inks.step(None, self._inks.of(style)[0])

    def forget_terminal(self) -> None:
        """Assume nothing about what the terminal shows: draw everything anew."""
        if self._frame is not None:
            self._frame.forget()
            self._send_changes()

    def terminal_opened(self, loop: asyncio.AbstractEventLoop) -> None:
        """The driver has the terminal: from the first paint on, garbage is collected when nobody waits."""
        self._collection = Collection(loop)

    def terminal_closed(self) -> None:
        """The driver has given the terminal back."""
        if self._collection is not None:
            self._collection.stop()
            self._collection = None

    def terminal_drained(self) -> None:
        """The terminal took all that was written: send what changed meanwhile, in one piece."""
        self._send_changes()

    def crash_report(self, error: BaseException | None) -> str:
        """What is printed when the app fails: never values, they may be a customer's. The app may say more here."""
        name = type(error).__name__ if error else "?"
        return _("omnitui had to stop because of a fault of its own ({name}).").format(name=name)

    def _fatal_error(self) -> None:
        # Textual would print a traceback with the values of local variables.
        self.bell()
        self._exit_renderables.append(Text(drawable_lines(self.crash_report(self._exception))))
        self._close_messages_no_wait()

    def _build_driver(self, headless: bool, inline: bool, mouse: bool, size: tuple[int, int] | None) -> Driver:
        driver = super()._build_driver(headless, inline, mouse, size)
        if not isinstance(driver, LastHopDriver):
            self._held = False
            return driver
        if self._held:
            self.set_timer(HELD_SECONDS, self._paint_from_now_on)
        if self._held or self.HOLDS_KEYS:
            driver.typeahead.hold(KEYS_HELD_SECONDS)
        return driver

    async def _on_resize(self, event: events.Resize) -> None:
        # Textual lets every change of size wait for 8 ms. Of a single one nothing more is to come; of a window that is
        # being dragged the rest waits.
        event.prevent_default()
        await super()._on_resize(events.Resize(event.size, event.virtual_size))  # which goes on to the screens
        now = monotonic()
        if now - self._resized_at > RESIZE_REST:
            self._check_resize()
        self._resized_at = now

    def _watch_theme(self, theme_name: str) -> None:
        self._inks = None
        super()._watch_theme(theme_name)

    def paint_dirty(self, compositor: LeanCompositor) -> bool:
        """Draw what changed on the screen in front; False where Textual has to, for a driver that is not ours."""
        driver = self._driver
        if self._batch_count or not self._running or self._closed:
            return False
        if self.is_headless:
            compositor.paint(lambda x, y, strip: None, self._background_screens)
        elif isinstance(driver, LastHopDriver):
            compositor.paint(self._current_frame().put, self._background_screens)
            self._send_changes()
        else:
            return False
        self.post_display_hook()
        return True

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        # Only what `paint_dirty` left to Textual: another driver (inline, web), or a screen that is none of ours.
        driver = self._driver
        if renderable is None or self._batch_count or not self._running or self._closed or driver is None:
            return
        if not self.is_headless:
            if isinstance(renderable, CompositorUpdate):
                data = disarmed(renderable).render_segments(self.console)
            else:
                data = "".join(segment.text for segment in self.console.render(renderable))
            driver.write(guarded(data))
            driver.flush()
            if self._frame is not None:
                self._frame.forget()
        self.post_display_hook()

    def _current_frame(self) -> Frame:
        width, height = self.size
        frame = self._frame
        if self._inks is None:
            self._inks = self._make_inks()
            frame = None
        if frame is None or (frame.width, frame.height) != (width, height):
            frame = self._frame = Frame(width, height, self._inks, colour_erase=self._colour_erase)
        return frame

    def _make_inks(self) -> Inks:
        system = None if self.no_color else self.console._color_system
        base = None
        with suppress(Exception):
            base = Color.parse(self.current_theme.background or "#121212")
        return Inks(system, base=base)

    @property
    def _cursor(self) -> Offset:
        """Where the terminal's cursor belongs: input methods write what is not yet confirmed there.

        The field is asked itself, for it tells the app only of its own keys, not of a layout that moves it.
        """
        if not self._screen_stack:
            return Offset()
        told = getattr(self.screen.focused, "cursor_screen_offset", self.cursor_position)
        return self.screen.outer_size.clamp_offset(told)

    def _send_changes(self) -> None:
        driver, frame = self._driver, self._frame
        if self._held or frame is None or not isinstance(driver, LastHopDriver) or driver.busy:
            return
        data = frame.changes()
        x, y = cursor = self._cursor
        if not data and cursor == self._previous_cursor_position:
            return
        self._previous_cursor_position = cursor
        data += place(x, y)
        if self._sync_available and len(data) >= SYNC_FROM:
            data = f"{SYNC_START}{data}{SYNC_END}"
        driver.paint(data)
        if self._collection is not None:
            self._collection.touch()


def disarmed(update: CompositorUpdate) -> CompositorUpdate:
    """The update with its strips' text filtered, for drivers that take Textual's own bytes."""

    def clean(strip: Strip) -> Strip:
        if strip.text.isprintable():
            return strip
        return Strip([Segment(drawable(text), style) for text, style, _ in strip]).adjust_cell_length(strip.cell_length)

    if isinstance(update, InlineUpdate):
        update.strips[:] = [clean(strip) for strip in update.strips]
    elif isinstance(update, LayoutUpdate):
        update.strips[:] = [[clean(strip) for strip in line] for line in update.strips]
    elif isinstance(update, ChopsUpdate):
        update.chops = [{x: clean(s) if s is not None else None for x, s in line.items()} for line in update.chops]
    return update
