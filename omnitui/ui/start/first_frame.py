"""Rows on the screen before Textual is imported, drawn by the row renderer that the list uses.

The console leaves its layout in the state folder (`ui.start.frame_memory`); at the next start `show` reads it, reads
the top of the same view from the cache, sets the terminal to raw mode, so that keys typed from now on wait in the tty,
and writes one frame. The app then draws the same frame in its place. Nothing here raises: where anything is missing
there is no first frame, and Textual draws the first one a little later. Until then keys move the selection on it
(`omnitui.ui.start.early_keys`).
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from omnitui.store.reads.glance import Glance
    from omnitui.text.listing.rows import Line
    from omnitui.ui.start.early_keys import EarlyKeys

VERSION = "5"
FILE = "frame"
RECORD, FIELD, ITEM = "\x1e", "\x1d", "\x1c"
ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l"
CLEAR = "\x1b[m\x1b[H\x1b[J"
"""Before the screen is given back: where there is only one (GNU screen, the Linux console) words would stay on it."""
LEAVE = f"{CLEAR}\x1b[?7h\x1b[?1049l\x1b[?25h"


class Takeover:
    """What a first frame left on the terminal, for the app that takes over."""

    __slots__ = ("_keys", "_rows", "attributes", "drawn")

    def __init__(self, attributes: list[Any] | None, keys: EarlyKeys, rows: list[Glance]) -> None:
        self.attributes = attributes
        """The terminal's settings as they were (termios)."""
        self.drawn = True
        self._keys = keys
        self._rows = rows

    @property
    def selected(self) -> str:
        """The id of the row that is shown as selected."""
        return str(getattr(self._rows[self._keys.at], "id", "")) if self._rows else ""

    def stop_keys(self) -> bytes:
        """Read the terminal no more; gives what was typed and not obeyed."""
        return self._keys.stop()

    def restore(self) -> None:
        """Leave the terminal as it was, unless the app came (it sets `drawn` to False and does so itself)."""
        if not self.drawn:
            return
        self.drawn = False
        self.stop_keys()
        try:
            import termios

            os.write(1, LEAVE.encode())
            if self.attributes is not None:
                termios.tcsetattr(0, termios.TCSANOW, self.attributes)
        except OSError:
            pass
        except Exception as error:
            if type(error).__name__ != "error":  # termios.error, where termios itself could not be imported
                raise


class Memory:
    """The layout that the console left for one size of the terminal."""

    __slots__ = (
        "chrome",
        "columns",
        "covered",
        "density",
        "glyphs",
        "height",
        "language",
        "roles",
        "schema",
        "settings",
        "sql",
        "steps",
        "values",
        "width",
        "x",
        "y",
    )

    def __init__(self, fields: dict[str, str]) -> None:
        self.schema = int(fields["schema"])
        self.settings = fields["settings"]
        self.x, self.y, self.width, self.height = map(int, fields["region"].split(ITEM))
        self.density = fields["density"]
        self.columns = tuple(fields["columns"].split(ITEM))
        self.glyphs = fields["glyphs"]
        self.language = fields["language"]
        self.covered = fields["covered"]
        self.chrome = fields["chrome"]
        self.sql = fields["sql"]
        self.steps = {
            key.encode(): int(by)
            for key, _, by in (pair.rpartition("=") for pair in fields["steps"].split(ITEM) if pair)
        }
        self.values = tuple(
            int(value[1:]) if value[0] == "i" else value[1:] for value in fields["values"].split(ITEM) if value
        )
        self.roles = dict(pair.split("=", 1) for pair in fields["roles"].split(ITEM) if pair)


def folders(name: str | None = None) -> tuple[str, str] | None:
    """The data and state folder of a profile as `omnitui.paths` names them, without what that imports."""
    environ = os.environ
    chosen = name or environ.get("OMNITUI_PROFILE") or "default"
    if not chosen.replace("-", "").replace(".", "").replace("_", "").isalnum() or chosen[0] in "-._":
        return None
    home = environ.get("OMNITUI_HOME")
    if home:
        root = os.path.join(os.path.abspath(os.path.expanduser(home)), chosen)
        return os.path.join(root, "data"), os.path.join(root, "state")
    if not sys.platform.startswith("linux"):
        return None

    def base(variable: str, default: str) -> str:
        value = environ.get(variable, "")
        return value if value.startswith("/") else os.path.join(os.path.expanduser("~"), default)

    return (
        os.path.join(base("XDG_DATA_HOME", ".local/share"), "omnitui", chosen),
        os.path.join(base("XDG_STATE_HOME", ".local/state"), "omnitui", chosen),
    )


def show(name: str | None = None, *, now: int | None = None) -> Takeover | None:
    """Draw the first frame of a profile; None where there is no terminal, no cache or nothing to go by."""
    try:
        places = folders(name)
        if places is None or not (os.isatty(0) and os.isatty(1)):
            return None
        if os.path.exists(os.path.join(places[0], "vault.json")) and not os.environ.get("OMNITUI_VAULT_PASSPHRASE"):
            return None  # the passphrase may be asked for, on a terminal that shows it is
        if os.path.exists(os.path.join(places[0], "cache.damaged.json")):
            return None  # it is mended first, which the terminal says
        size = os.get_terminal_size(1)
        memory = recall(places[1], f"{size.columns}x{size.lines}", terminal_key())
        if memory is None or stamp(memory.settings.partition(ITEM)[0]) != memory.settings:
            return None  # other settings may cover more of customers' words
        rows = read(os.path.join(places[0], "cache.sqlite3"), memory)
        if now is None:
            import time

            now = time.time_ns() // 1_000_000
        painter = Painter(memory, rows, now)
        data = painter.frame().encode("utf-8", "replace")
        attributes = make_raw()
        from omnitui.ui.start.early_keys import EarlyKeys

        keys = EarlyKeys(memory.steps, min(len(rows), memory.height // painter.lines), painter.placed)
        takeover = Takeover(attributes, keys, rows)
        view = memoryview(data)
        while view:
            view = view[os.write(1, view) :]
        keys.start()
        return takeover
    except Exception:
        # Whatever it was, the console itself meets it with the means to explain it.
        return None


def stamp(settings: str) -> str:
    """The file of the settings with what changes when it is written: its time and size."""
    try:
        held = os.stat(settings)
    except OSError:
        return f"{settings}{ITEM}"
    return f"{settings}{ITEM}{held.st_mtime_ns} {held.st_size}"


def terminal_key() -> str:
    """What decides how the same frame is written: another terminal needs another memory."""
    environ = os.environ
    return ITEM.join(environ.get(name, "") for name in ("TERM", "COLORTERM", "NO_COLOR"))


def recall(state: str, size: str, terminal: str) -> Memory | None:
    """The layout left for a size and a kind of terminal."""
    try:
        with open(os.path.join(state, FILE), encoding="utf-8", newline="") as file:
            records = file.read().split(RECORD)
    except OSError:
        return None
    for record in records:
        fields = dict(part.split(":", 1) for part in record.split(FIELD) if ":" in part)
        if (fields.get("version"), fields.get("size"), fields.get("terminal")) == (VERSION, size, terminal):
            return Memory(fields)
    return None


def read(cache: str, memory: Memory) -> list[Glance]:
    """The rows that fit on the screen."""
    from omnitui.store.reads.glance import top

    lines = 1 if memory.density == "one" else 2
    return top(cache, memory.sql, memory.values, memory.height // lines + 1, known=memory.schema)


class Painter:
    """Draws rows where the memory has the list."""

    def __init__(self, memory: Memory, rows: list[Glance], now: int) -> None:
        from omnitui.i18n import use_language
        from omnitui.text.listing.rows import ASCII, UNICODE, Density
        from omnitui.text.secrets.covering import cover

        if memory.language:
            use_language(memory.language)
        cover(memory.covered)
        self._memory = memory
        self._rows = rows
        self._now = now
        self._density = Density.of(memory.density)
        self._glyphs = ASCII if memory.glyphs == "ascii" else UNICODE
        self.lines = self._density.lines
        """Of one row."""

    def frame(self) -> str:
        """The bytes of the whole frame, its first row selected."""
        memory = self._memory
        rows = "".join(self.placed(number, number == 0) for number in range(len(self._rows)))
        blank = f"{memory.roles.get('-row', '')}{' ' * memory.width}"
        rest = [self._at(line) + blank for line in range(len(self._rows) * self.lines, memory.height)]
        return f"{ENTER}{memory.chrome}{rows}{''.join(rest)}\x1b[m"

    def placed(self, number: int, selected: bool) -> str:
        """The bytes of a row, as far as it is on the screen."""
        from omnitui.text.listing.rows import inbox_row

        memory = self._memory
        drawn = inbox_row(
            self._rows[number],
            memory.width,
            now=self._now,
            density=self._density,
            selected=selected,
            glyphs=self._glyphs,
            columns=memory.columns,
        )
        back = "+" if selected else "-"
        shown = list(enumerate(drawn, number * self.lines))
        return "".join(self._at(y) + written(line, memory.roles, back) for y, line in shown if y < memory.height)

    def _at(self, line: int) -> str:
        return f"\x1b[{self._memory.y + line + 1};{self._memory.x + 1}H"


def written(line: Line, roles: dict[str, str], back: str) -> str:
    """A line of runs with the codes of the terminal; `back` is "+" on the selected row and "-" on any other."""
    parts: list[str] = []
    held = ""
    for text, role in line:
        code = roles.get(back + role, "")
        parts.append(text if code == held else code + text)
        held = code
    return "".join(parts)


def make_raw() -> list[Any]:
    """Set the terminal as Textual will; gives its settings as they were.

    Cooked mode must not come back in between: it would echo what is typed into the frame.
    """
    import termios

    before: list[Any] = termios.tcgetattr(0)
    raw = [*before]
    raw[6] = [*before[6]]
    raw[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
    raw[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
    raw[6][termios.VMIN] = 1
    termios.tcsetattr(0, termios.TCSANOW, raw)
    return before
