"""A terminal for tests: runs a program in a pty, answers what a current xterm would, and shows the screen as text.

Reading never waits for the screen model: bytes are stamped and kept when they arrive, the model (pyte) is fed when
somebody looks. So the times in `arrivals` are those of the program and the kernel alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pyte

# Sequences that pyte does not know: private keyboard protocols, mode queries, strings (OSC, DCS, APC, PM, SOS).
UNKNOWN_TO_MODEL = re.compile(
    r"\x1b\[[<=>][0-9;]*[a-zA-Z]|\x1b\[[?]?[0-9;]*\$[a-z]|\x1b\[[?][0-9;]*[un]"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"
)
UNFINISHED = re.compile(r"\x1b(?:\[[0-9;?<=>$]*|[\]PX^_][^\x07\x1b]*\x1b?)?$")
QUERY = re.compile(
    rb"\x1b\[(?P<da>[>=]?0?c)|\x1b\[(?P<dsr>[56])n|\x1b\[\?(?P<mode>\d+)\$p|\x1b\[(?P<version>>0?q)"
    rb"|\x1b\](?P<colour>1[01]);\?(?:\x07|\x1b\\)|\x1b\[(?P<window>1[48])t"
)
PATIENCE = 90.0
"""Seconds that a test waits for a program: on two cores shared with others a start takes some."""
MOST_WORK = 10.0
"""Seconds after which a program that works without a word is taken for one that always does."""
A_LOOK = 0.003
"""Seconds of work that are but a look whether there is something to do, as timers take."""
LOOK_SECONDS = 0.02
KEYS = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "escape": "\x1b",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "delete": "\x1b[3~",
    "space": " ",
    "f1": "\x1bOP",
    "f9": "\x1b[20~",
}


def key(name: str) -> str:
    """The bytes xterm sends for a key: one of KEYS, "ctrl+x", "alt+x", or the character itself."""
    if name in KEYS:
        return KEYS[name]
    if name.startswith("ctrl+") and len(name) == 6:
        return chr(ord(name[5].upper()) & 0x1F)
    if name.startswith("alt+"):
        return "\x1b" + name[4:]
    return name


class Terminal:
    """A program in a pty. Use as a context manager; leaving it ends the program."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        columns: int = 80,
        lines: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        modes: frozenset[int] = frozenset({2026}),
    ) -> None:
        """`modes` are the private modes that the terminal claims to know when it is asked."""
        self.columns = columns
        self.lines = lines
        self.modes = modes
        self.arrivals: list[tuple[float, bytes]] = []
        """Every read: `time.perf_counter()` and the bytes."""
        self.answered: list[str] = []
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.Stream(self._screen)
        self._seen = 0
        self._tail = b""
        self._rest = ""
        self._decoder = __import__("codecs").getincrementaldecoder("utf-8")("replace")
        self._lock = threading.RLock()
        self._master, slave = os.openpty()
        self._set_size(columns, lines)
        self.before = termios.tcgetattr(slave)
        """The terminal's settings as the program finds them."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("TEXTUAL", "SSH_", "TMUX"))},
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LC_ALL": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "OMNITUI_TOUR": "0",
            **(env or {}),
        }
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            if not env or name not in env:
                environment.pop(name, None)
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [os.fspath(part) for part in argv],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0) and None,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    @classmethod
    def python(cls, source: str, **options: Any) -> Self:
        """Run Python source text in the terminal."""
        return cls([sys.executable, "-c", source], **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def raw(self) -> bytes:
        """Every byte the program has written."""
        with self._lock:
            return b"".join(data for _, data in self.arrivals)

    def send(self, *keys: str) -> float:
        """Press keys by name (see `key`), one write each; gives the time before the last was written."""
        at = time.perf_counter()
        for name in keys:
            at = time.perf_counter()
            os.write(self._master, key(name).encode())
        return at

    def type(self, text: str) -> None:
        """Type a text, character by character in one write."""
        os.write(self._master, text.encode())

    def paste(self, text: str) -> None:
        """Paste, bracketed."""
        os.write(self._master, f"\x1b[200~{text}\x1b[201~".encode())

    def click(self, x: int, y: int, *, button: int = 0) -> None:
        """Press and release a mouse button on a cell, counted from 0."""
        os.write(self._master, f"\x1b[<{button};{x + 1};{y + 1}M\x1b[<{button};{x + 1};{y + 1}m".encode())

    def wheel(self, x: int, y: int, *, down: bool = True) -> None:
        """Turn the mouse wheel by one notch over a cell."""
        os.write(self._master, f"\x1b[<{65 if down else 64};{x + 1};{y + 1}M".encode())

    def resize(self, columns: int, lines: int) -> float:
        """Change the size; gives the time before the program was told."""
        with self._lock:
            self._feed()
            self.columns, self.lines = columns, lines
            self._screen.resize(lines, columns)
        at = time.perf_counter()
        self._set_size(columns, lines)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGWINCH)
        return at

    def screen(self) -> str:
        """What the terminal shows, as lines of text without trailing blanks."""
        return "\n".join(line.rstrip() for line in self.rows())

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and line of the terminal's own cursor, from 0: where an input method writes."""
        with self._lock:
            self._feed()
            return self._screen.cursor.x, self._screen.cursor.y

    @property
    def at_rest(self) -> float:
        """Seconds since the program wrote last."""
        with self._lock:
            return time.perf_counter() - self.arrivals[-1][0]

    def rows(self) -> list[str]:
        """What the terminal shows, one string a row; wide characters take one place."""
        with self._lock:
            self._feed()
            buffer = self._screen.buffer
            return ["".join(buffer[y][x].data for x in range(self.columns)) for y in range(self.lines)]

    def styles(self, y: int) -> list[tuple[str, str, str, bool]]:
        """Cells of a row with foreground, background and reverse video."""
        with self._lock:
            self._feed()
            row = self._screen.buffer[y]
            return [(row[x].data, row[x].fg, row[x].bg, row[x].reverse) for x in range(self.columns)]

    def wait_for(self, what: str | re.Pattern[str], *, timeout: float = PATIENCE, gone: bool = False) -> str:
        """Wait until a text or pattern is on the screen (or gone from it); gives the screen.

        Raises:
            AssertionError: Not within `timeout` seconds; shows the screen.
        """
        shown = ""

        def there() -> bool:
            nonlocal shown
            shown = self.screen()
            found = what in shown if isinstance(what, str) else what.search(shown) is not None
            return found != gone

        self.wait_until(there, f"no more {what!r}" if gone else repr(what), timeout=timeout)
        return shown

    def wait_until(self, condition: Callable[[], object], what: str, *, timeout: float = PATIENCE) -> None:
        """Wait until something holds while the program runs, or right after it has ended.

        Raises:
            AssertionError: Not within `timeout` seconds; shows the screen.
        """
        end = time.monotonic() + timeout
        while True:
            ended = self.process.poll() is not None
            if ended:
                self._reader.join(1)
            if condition():
                return
            if ended or time.monotonic() > end:
                state = f"ended with {self.process.returncode}" if ended else "still runs"
                end_of_it = f"\nits last bytes: {self.raw[-400:]!r}" if ended else ""
                raise AssertionError(
                    f"waited in vain for {what}; the program {state}; screen:\n{self.screen()}{end_of_it}"
                )
            time.sleep(LOOK_SECONDS)

    def wait_quiet(self, quiet: float = 0.15, *, timeout: float = PATIENCE) -> None:
        """Wait until the program has done nothing for `quiet` seconds, counted from now on: nor written nor worked."""
        begun = last = now = time.perf_counter()
        worked, _waits = self._work()
        while now - begun < timeout:
            time.sleep(quiet / 10)
            now = time.perf_counter()
            with self._lock:
                last = max(last, self.arrivals[-1][0]) if self.arrivals else last
            if now - last < quiet:
                continue
            before, (worked, waits) = worked, self._work()
            if now - begun > MOST_WORK or (worked - before < A_LOOK and not waits):
                return
            if worked - before >= A_LOOK:
                last = now

    def _work(self) -> tuple[float, bool]:
        """Seconds that the program has worked, and whether it would now if the machine had time; 0 where none tells."""
        worked, waits = 0, False
        for task in Path(f"/proc/{self.process.pid}/task").glob("*"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                worked += int((task / "schedstat").read_text().split()[0])
                waits |= (task / "stat").read_text().rpartition(")")[2].split()[0] in "RD"
        return worked / 1e9, waits

    def wait_end(self, timeout: float = PATIENCE) -> int:
        """Wait until the program ends; gives its exit code."""
        code = self.process.wait(timeout)
        self._reader.join(2)
        return code

    def since(self, at: float) -> list[tuple[float, bytes]]:
        """The reads after a time of `time.perf_counter()`."""
        with self._lock:
            return [(when, data) for when, data in self.arrivals if when >= at]

    def attributes(self) -> list[Any]:
        """The terminal's settings (termios)."""
        return termios.tcgetattr(self._master)

    def close(self) -> None:
        """End the program and its session."""
        if self.process.poll() is None:
            for number, patience in ((signal.SIGHUP, 20.0), (signal.SIGKILL, 20.0)):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(patience)
                    break
        self._reader.join(2)
        with contextlib.suppress(OSError):
            os.close(self._master)

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, lines * 20, columns * 10))

    def _read(self) -> None:
        while True:
            try:
                ready, _, _ = select.select([self._master], [], [], 0.5)
                if not ready:
                    if self.process.poll() is not None:
                        return
                    continue
                data = os.read(self._master, 65_536)
            except (OSError, ValueError):
                return
            if not data:
                return
            with self._lock:
                self.arrivals.append((time.perf_counter(), data))
            if b"\x1b" in data or self._tail:
                self._answer(data)

    def _answer(self, data: bytes) -> None:
        data = self._tail + data
        at = 0
        for match in QUERY.finditer(data):
            at = match.end()
            with contextlib.suppress(OSError):
                for reply in self._replies(match):
                    self.answered.append(reply)
                    os.write(self._master, reply.encode())
        escape = data.rfind(b"\x1b", at)
        self._tail = data[escape:] if escape >= 0 and len(data) - escape < 16 else b""

    def _replies(self, match: re.Match[bytes]) -> Iterator[str]:
        found = {name: value.decode() for name, value in match.groupdict().items() if value is not None}
        if "da" in found:
            yield "\x1b[>41;390;0c" if found["da"].startswith(">") else "\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c"
        elif found.get("dsr") == "5":
            yield "\x1b[0n"
        elif "dsr" in found:
            with self._lock:
                self._feed()
                yield f"\x1b[{self._screen.cursor.y + 1};{self._screen.cursor.x + 1}R"
        elif "mode" in found:
            yield f"\x1b[?{found['mode']};{2 if int(found['mode']) in self.modes else 0}$y"
        elif "version" in found:
            yield "\x1bP>|XTerm(390)\x1b\\"
        elif "colour" in found:
            shade = "ffff" if found["colour"] == "10" else "0000"
            yield f"\x1b]{found['colour']};rgb:{shade}/{shade}/{shade}\x1b\\"
        elif found.get("window") == "18":
            yield f"\x1b[8;{self.lines};{self.columns}t"
        elif "window" in found:
            yield f"\x1b[4;{self.lines * 20};{self.columns * 10}t"

    def _feed(self) -> None:
        fresh = self.arrivals[self._seen :]
        self._seen += len(fresh)
        if not fresh:
            return
        text = self._rest + "".join(self._decoder.decode(data) for _, data in fresh)
        unfinished = UNFINISHED.search(text)
        if unfinished:
            text, self._rest = text[: unfinished.start()], text[unfinished.start() :]
        else:
            self._rest = ""
        self._stream.feed(UNKNOWN_TO_MODEL.sub("", text))
