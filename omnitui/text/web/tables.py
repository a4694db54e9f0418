"""Tables of HTML mail: those that hold data become aligned columns, those that only place things become lines."""

from __future__ import annotations

from typing import Final

from omnitui.text.widths import cell_width, pad

MAX_ROWS: Final = 500
MAX_COLUMNS: Final = 12
MAX_CELL: Final = 60


class Table:
    """A table being read. The reader also writes its text as lines, which stay if this is no data table."""

    def __init__(self, first_line: int, *, nested: bool = False) -> None:
        self.first_line = first_line
        self.nested = nested
        self.is_layout = False
        """Has another table in it, or is too odd for columns."""
        self.in_cell = False
        self.has_header = False
        self._rows: list[list[str]] = []
        self._cell: list[str] = []

    def row(self) -> None:
        self.end_cell()
        if len(self._rows) >= MAX_ROWS:
            self.is_layout = True
            return
        self._rows.append([])

    def cell(self, *, header: bool, at: int) -> None:
        self.end_cell()
        if not self._rows:
            self._rows.append([])
        self.has_header = self.has_header or header
        self.in_cell = True
        self._cell = []

    def add(self, text: str) -> None:
        self._cell.append(text)

    def end_cell(self) -> None:
        if not self.in_cell:
            return
        self.in_cell = False
        if len(self._rows[-1]) < MAX_COLUMNS + 1:
            self._rows[-1].append("".join(self._cell).strip())
        self._cell = []

    def finish(self, lines: list[str], marker: str) -> None:
        """Put columns in place of the lines written since the table began, if it is a data table."""
        self.end_cell()
        rows = [row for row in self._rows if any(row)]
        if not self._is_data(rows):
            return
        columns = max(map(len, rows))
        rows = [row + [""] * (columns - len(row)) for row in rows]
        used = [at for at in range(columns) if any(row[at] for row in rows)]
        widths = [max(cell_width(row[at]) for row in rows) for at in used]
        drawn = [
            marker + "  ".join(pad(row[at], width) for at, width in zip(used, widths, strict=True)).rstrip()
            for row in rows
        ]
        del lines[self.first_line :]
        lines.extend(drawn)

    def _is_data(self, rows: list[list[str]]) -> bool:
        if self.is_layout or len(rows) < 2:
            return False
        filled = [sum(1 for cell in row if cell) for row in rows]
        columns = max(map(len, rows))
        if columns < 2 or columns > MAX_COLUMNS or max(filled) < 2:
            return False
        if any("\n" in cell or cell_width(cell) > MAX_CELL for row in rows for cell in row):
            return False
        return self.has_header or sum(count >= 2 for count in filled) * 3 >= 2 * len(rows)
