"""Bracketed pastes, cut out of the input before it is read as keys.

Textual's parser keeps looking for escape sequences inside a paste and reissues what it does not know as *keys*: a
pasted text with an ESC in it could press any key. Here a paste is text alone, whatever is in it.
"""

from __future__ import annotations

from omnitui.text.safe import strip_controls

START = "\x1b[200~"
END = "\x1b[201~"
LIMIT = 8_388_608  # characters; a terminal that never ends its paste must not fill the memory


class Pastes:
    """Tells pastes from keys in a stream that arrives in arbitrary pieces."""

    def __init__(self) -> None:
        self._inside = False
        self._pasted: list[str] = []
        self._size = 0
        self._rest = ""

    def split(self, data: str) -> list[tuple[bool, str]]:
        """The pieces of the input in order: (True, a whole paste) or (False, what is to be read as keys)."""
        found: list[tuple[bool, str]] = []
        data, self._rest = self._rest + data, ""
        while data:
            mark = END if self._inside else START
            at = data.find(mark)
            if at < 0:
                keep = partial(data, mark)
                self._rest = data[len(data) - keep :] if keep else ""
                self._take(data[: len(data) - keep], found)
                break
            self._take(data[:at], found)
            if self._inside:
                found.append((True, cleaned("".join(self._pasted))))
                self._pasted.clear()
                self._size = 0
            self._inside = not self._inside
            data = data[at + len(mark) :]
        return found

    @property
    def waits(self) -> bool:
        """Whether keys are kept back that may be the beginning of a paste; ESC alone is such a one."""
        return bool(self._rest) and not self._inside

    def give_up(self) -> str:
        """What was kept back: nothing followed in time, so it is to be read as keys."""
        rest, self._rest = self._rest, ""
        return rest

    def _take(self, text: str, found: list[tuple[bool, str]]) -> None:
        if not text:
            return
        if not self._inside:
            found.append((False, text))
        elif self._size < LIMIT:
            self._pasted.append(text[: LIMIT - self._size])
            self._size += len(text)


def partial(data: str, mark: str) -> int:
    """How many characters at the end of the data may be the beginning of the mark."""
    return next((size for size in range(min(len(mark) - 1, len(data)), 0, -1) if data.endswith(mark[:size])), 0)


def cleaned(text: str) -> str:
    """A pasted text: line ends as newlines, tabs kept, nothing else that a terminal could obey."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "\t".join(strip_controls(part) for part in text.split("\t"))
