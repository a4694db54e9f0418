"""What the shell prints: objects as JSON without loss, or text that a terminal cannot be hurt by."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from io import TextIOWrapper
from typing import Literal, TextIO

from omnitui.clock import Millis
from omnitui.services.exchange.records import VERSION, Fields, to_json
from omnitui.text.safe import safe
from omnitui.text.secrets.covering import shown
from omnitui.text.widths import cell_width, crop, pad


class Output:
    """Standard output for results, standard error for words to the person.

    Args:
        form: text for people, json for one object, jsonl for one object a line.
        results, words: Where they go instead.
    """

    def __init__(
        self,
        form: Literal["text", "json", "jsonl"] = "text",
        results: TextIO | None = None,
        words: TextIO | None = None,
    ) -> None:
        self.form = form
        self.zone: tzinfo = UTC
        self._results = results
        self._words = words
        if results is not None:
            return
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                # A name in a path may hold bytes that are no UTF-8; that must not end a verb half way.
                stream.reconfigure(errors="backslashreplace")
        if form != "text" and isinstance(sys.stdout, TextIOWrapper):
            # JSON between programs is UTF-8, whatever the locale says (RFC 8259, 8.1).
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")

    @property
    def text(self) -> bool:
        """Whether people read it."""
        return self.form == "text"

    def one(self, kind: str, fields: Fields, text: str) -> None:
        """A single object; for people, `text`."""
        print(shown(safe(text)) if self.text else to_json(kind, fields), file=self._results)

    def many(self, kind: str, objects: Iterable[Fields]) -> None:
        """Several objects: lines in jsonl, a list in json. Not for people."""
        if self.form == "jsonl":
            for fields in objects:
                print(to_json(kind, fields), file=self._results)
            return
        items = [{"v": VERSION, "type": kind, **fields} for fields in objects]
        print(to_json("list", {"items": items}), file=self._results)

    def line(self, text: str) -> None:
        """A line for people or a result of a writing verb: safe, and one line, whatever it holds."""
        print(shown(safe(text, multiline=False)), file=self._results)

    def say(self, text: str) -> None:
        """A word to the person, beside the results."""
        print(safe(text, multiline=False), file=self._words or sys.stderr)

    def table(
        self, rows: Sequence[Sequence[str]], *, widths: Sequence[int], grow: int | None = None, narrow: int = 60
    ) -> None:
        """Rows in columns, measured in cells. Into a pipe nothing is cut; a small terminal gets rows of several lines.

        Args:
            rows: The cells.
            widths: The most cells of each column; negative aligns to the right, 0 is the last one, cut at the edge.
            grow: The column that takes what room the terminal has, and is cut first where it is narrow; None: the last.
            narrow: Columns of a terminal below which a row that does not fit takes several lines.
        """
        if not rows:
            return
        clean = [[shown(safe(cell, multiline=False)) for cell in row] for row in rows]
        natural = [max(cell_width(row[column]) for row in clean) for column in range(len(widths))]
        sizes = [min(abs(most) or 10_000, size) for most, size in zip(widths, natural, strict=True)]
        terminal = self._results is None and sys.stdout.isatty()
        edge = shutil.get_terminal_size().columns if terminal else None
        if edge is not None:
            last = len(sizes) - 1 if grow is None else grow
            room = edge - 2 * (len(sizes) - 1) - sum(sizes) + sizes[last]
            sizes[last] = max(20, min(natural[last], room))
            if edge < narrow and room < min(20, natural[last]):
                for row in clean:
                    for line in _flowed(row, sizes, edge):
                        print(line)
                return
        piped = self._results is None and not terminal
        for row in clean:
            cells = [
                cell if piped and cell_width(cell) > size else pad(cell, size, align="right" if most < 0 else "left")
                for cell, size, most in zip(row, sizes, widths, strict=True)
            ]
            line = "  ".join(cells).rstrip()
            print(line if edge is None else crop(line, edge), file=self._results)

    def time(self, at: Millis | None) -> str:
        """A time for people, in their zone: "2026-05-13 10:20"; empty for none."""
        if at is None:
            return ""
        return datetime.fromtimestamp(at / 1000, self.zone).strftime("%Y-%m-%d %H:%M")


def _flowed(cells: Sequence[str], sizes: Sequence[int], edge: int) -> list[str]:
    """The cells of a row, as many on a line as fit; what follows the first line, in its columns, stands below it."""
    lines = [""]
    for cell, size in zip(cells, sizes, strict=True):
        if cell and lines[-1].strip() and cell_width(lines[-1] + cell) > edge:
            lines.append("  ")
        if len(lines) == 1:
            lines[0] += f"{cell}{' ' * (size - cell_width(cell))}  "
        elif cell:
            lines[-1] += f"{cell}  "
    return [crop(line.rstrip(), edge) for line in lines]
