"""How an agent has arranged the panes: kept in the state folder, so that the next start looks the same at once."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from omnitui.ui.start.first_frame import FILE as FRAME

FILE: Final = "arrangement.json"
WIDEST: Final = 500


class Arrangement:
    """Widths of panes by class of terminal ("wide" → "queue" → cells), what is hidden, and lines of a row.

    Reading and writing fail silently: nobody's work hangs on them.
    """

    def __init__(self, state: Path) -> None:
        self._path = state / FILE
        found: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            read = json.loads(self._path.read_text("utf-8"))
            found = read if isinstance(read, dict) else {}
        self.widths: dict[str, dict[str, int]] = {}
        widths = found.get("widths")
        for room, panes in widths.items() if isinstance(widths, dict) else ():
            if isinstance(panes, dict):
                kept = {str(name): size for name, size in panes.items() if isinstance(size, int) and 0 < size < WIDEST}
                self.widths[str(room)] = kept
        hidden = found.get("hidden")
        self.hidden: set[str] = {str(name) for name in hidden} if isinstance(hidden, list) else set()
        rows = found.get("rows")
        self._rows: list[str] = [str(word) for word in rows] if isinstance(rows, list) and len(rows) == 2 else []

    def rows(self, setting: str) -> str:
        """The density: the one that was chosen by key, unless the setting was changed since."""
        return self._rows[0] if self._rows and self._rows[1] == setting else setting

    def choose_rows(self, chosen: str, setting: str) -> None:
        """Keep a density beside the setting that it overrules."""
        self._rows = [chosen, setting]
        self.save()

    def hide(self, name: str, hidden: bool) -> None:
        """Keep whether a pane is hidden."""
        (self.hidden.add if hidden else self.hidden.discard)(name)
        self.save()

    def save(self) -> None:
        """Write the file: small, and not worth waiting for the disk. First frames of another look are dropped."""
        kept = {"widths": self.widths, "hidden": sorted(self.hidden), "rows": self._rows}
        draft = self._path.with_name(f".{FILE}.{os.getpid()}")
        with suppress(OSError):
            draft.write_text(json.dumps(kept), "utf-8")
            draft.replace(self._path)
            self._path.with_name(FRAME).unlink(missing_ok=True)
