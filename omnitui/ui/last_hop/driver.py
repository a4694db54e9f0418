"""Our driver: every byte passes the guard, the terminal is read from the loop, and a first frame is taken over."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from codecs import IncrementalDecoder, getincrementaldecoder
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual import constants, events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from omnitui.ui.last_hop.guard import guarded
from omnitui.ui.last_hop.incoming import Incoming
from omnitui.ui.last_hop.outlet import Outlet, open_terminal
from omnitui.ui.last_hop.parser import KeyParser
from omnitui.ui.last_hop.typeahead import TypeAhead
from omnitui.ui.start.first_frame import CLEAR

if TYPE_CHECKING:
    from textual.app import App

    from omnitui.ui.last_hop.app import LastHopApp
    from omnitui.ui.start.first_frame import Takeover

ALTERNATE_SCREEN = "\x1b[?1049h"
MAIN_SCREEN = "\x1b[?1049l"
READ_SIZE = 65_536
ENDINGS = (signal.SIGHUP, signal.SIGTERM)
"""A closed terminal, a shutdown: by default they would end us with drafts unsaved and the terminal raw."""
ESCAPE_SECONDS = 0.005
ESCAPE_SECONDS_REMOTE = 0.05


class Answered(Message):
    """An answer of the terminal's to what the console asked it, whenever it came."""

    def __init__(self, answer: str) -> None:
        super().__init__()
        self.answer = answer


class LastHopDriver(LinuxDriver):
    """Textual's driver for Unix terminals, behind the guard and without its reading thread."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.typeahead = TypeAhead(app, self._loop)
        self._outlet: Outlet | None = None
        self._parser: KeyParser | None = None
        self._decoder: IncrementalDecoder = getincrementaldecoder("utf-8")("replace")
        self._incoming = Incoming()
        self._reads = 0
        self._wanted = False
        self._taking_over = False
        self._takeover: Takeover | None = None
        if "ESCDELAY" not in os.environ:
            remote = "SSH_CONNECTION" in os.environ or "SSH_TTY" in os.environ
            # A lone ESC is a key once nothing follows: 100 ms is Textual's wait, and felt.
            setattr(constants, "ESCAPE_DELAY", ESCAPE_SECONDS_REMOTE if remote else ESCAPE_SECONDS)  # noqa: B010

    @property
    def busy(self) -> bool:
        """Whether the terminal has not yet taken what was written."""
        return self._outlet is not None and self._outlet.busy

    @property
    def written(self) -> int:
        """Bytes that have left since the terminal was opened."""
        return self._outlet.written if self._outlet else 0

    def write(self, data: str) -> None:
        """Write directly; only our own sequences and harmless text pass."""
        if self._taking_over and data == ALTERNATE_SCREEN:
            return  # entering it again would clear the first frame
        if data == MAIN_SCREEN:
            data = f"{CLEAR}{data}"
        self.paint(guarded(data))

    def paint(self, data: str) -> None:
        """Write what the frame made: its text is filtered already, its sequences are our own.

        Nothing is written while another program has the terminal: coming back draws everything anew.
        """
        if self._outlet is not None:
            self._outlet.write(data)
        elif self._writer_thread is not None:
            self._writer_thread.write(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def start_application_mode(self) -> None:
        """Enter application mode; a first frame that is on the screen stays there."""
        app = cast("LastHopApp[Any]", self._app)
        descriptor = open_terminal((1, self.fileno, sys.__stderr__.fileno() if sys.__stderr__ else 2))
        if descriptor is not None:
            self._outlet = Outlet(asyncio.get_running_loop(), descriptor, app.terminal_drained)
        for number in ENDINGS:
            self._loop.add_signal_handler(number, partial(app.exit, return_code=128 + number))
        app.terminal_opened(self._loop)
        takeover, app.takeover = app.takeover, None
        self._wanted = True
        self._taking_over = takeover is not None
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._taking_over = False
        if takeover is not None:
            takeover.drawn = False
            self.attrs_before = takeover.attributes
            self._takeover = takeover
        app.forget_terminal()

    def end_first_frame(self) -> str:
        """Read the terminal, which a first frame has read until now; gives the id of the row selected there."""
        takeover, self._takeover = self._takeover, None
        if takeover is None:
            return ""
        left = takeover.stop_keys()
        self._listen()
        if left:
            self._feed(left)
        return takeover.selected

    def run_input_thread(self) -> None:
        """Textual runs this in a thread; a terminal is read from the loop instead and the thread ends at once."""
        if not self.input_tty:
            super().run_input_thread()
            return
        self._loop.call_soon_threadsafe(self._listen)

    def disable_input(self) -> None:
        """Stop reading."""
        self._wanted = False
        self.end_first_frame()
        if self._parser is not None:
            self._parser = None
            self._loop.remove_reader(self.fileno)
        super().disable_input()

    def close(self) -> None:
        """Write what is left and let go of the terminal."""
        super().close()
        # It has ended: what is put into its queue from now on nobody takes, and a full queue holds up its writer.
        self._writer_thread = None
        for number in ENDINGS:
            self._loop.remove_signal_handler(number)
        if self._outlet is not None:
            self._outlet.close()
            self._outlet = None
        cast("LastHopApp[Any]", self._app).terminal_closed()

    def send_message(self, message: Message) -> None:
        """Hand a message to the app: we are on its loop, unless input is a pipe read by Textual's thread."""
        if self.input_tty:
            self.typeahead.post(message)
        else:
            super().send_message(message)

    def _listen(self) -> None:
        if self._wanted and self._parser is None and self._takeover is None:
            self._parser = KeyParser(self._debug, cast("LastHopApp[Any]", self._app).binds)
            self._decoder.reset()
            self._incoming = Incoming()
            self._loop.add_reader(self.fileno, self._readable)

    def _readable(self) -> None:
        if self._parser is None:
            return
        try:
            data = os.read(self.fileno, READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            # The terminal went away (a closed window, a lost connection): drafts are saved, there is nobody to ask.
            self._loop.remove_reader(self.fileno)
            self._parser = None
            self._app.exit(return_code=129)
            return
        self._feed(data)

    def _feed(self, data: bytes) -> None:
        parser = self._parser
        if parser is None:
            return
        self._reads += 1
        self._hand_on(parser, self._incoming.split(self._decoder.decode(data)))
        answers, self._incoming.answers = self._incoming.answers, []
        for answer in answers:
            self.send_message(Answered(answer))
        if parser._timeout_time is not None or self._incoming.waits:
            self._loop.call_later(constants.ESCAPE_DELAY, self._give_up, parser, self._reads)

    def _hand_on(self, parser: KeyParser, pieces: list[tuple[bool, str]]) -> None:
        try:
            for is_paste, text in pieces:
                if is_paste:
                    self.process_message(events.Paste(text))
                    continue
                for message in parser.feed(text):
                    self.process_message(message)
        except Exception as error:
            self._app._handle_exception(error)

    def _give_up(self, parser: KeyParser, reads: int) -> None:
        """Nothing followed: what looked like the beginning of a sequence are keys."""
        if parser is not self._parser or reads != self._reads:
            return
        self._hand_on(parser, self._incoming.give_up())
        if parser._timeout_time is not None:
            parser._timeout_time = 0.0
            for message in parser.tick():
                self.process_message(message)
