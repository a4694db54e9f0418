"""What the terminal sends, told apart however it is cut: pastes, keys, and answers to questions somebody asked it.

Textual's parser keeps looking for escape sequences inside a paste, and reissues every sequence that it does not know
as *keys*: a pasted ESC could press any key, and the terminal's answer `ESC ] 11 ; rgb:dddd/dddd/dddd` (its background)
types "dd", which resolves. Here a paste is text alone, and only what Textual knows as a key, a mouse report or a mode
gets through; answers go nowhere, however late or slowly they come.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from time import monotonic

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

from omnitui.text.safe import strip_controls

START = "\x1b[200~"
END = "\x1b[201~"
LIMIT = 8_388_608  # characters; a terminal that never ends its paste must not fill the memory
ANSWER_LIMIT = 1_048_576
ANSWERS = 32
"""Kept at most until they are taken."""
ANSWER_SECONDS = 2.0
"""How long the rest of what can be no key is waited for."""
TAIL_SECONDS = 1.0
"""After a lone ESC, how long what follows may still turn out to be the rest of its sequence."""
BURST = 128
"""Characters in one read that nobody has typed: a paste by a terminal that does not mark pastes."""
BURST_LETTERS = 12
"""Different ones among them: a key that is held down, on a line that hung, is no paste."""
BURST_SECONDS = 0.05

CSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
CSI_BEGUN = re.compile(r"\x1b\[[0-?]*[ -/]*")
KEY = re.compile(r"\x1b\[(?:[\d:]*;?){2,3}[u~ABCDEFHPQS]")
RELEASE = re.compile(r"\x1b\[[\d:]*;\d*:3")
"""A key that is let go: kitty's protocol tells of it where a program before this one wanted to know."""
REPORT = re.compile(r"\x1b\[(?:<\d+;-?\d+;-?\d+[Mm]|[IO]|\?\d+;\d\$y|48(?:;\d+(?::\d+)*){4}t)")
NUMBER = re.compile(r"\d+")
STRING = re.compile(r"\x1b(?:\][0-9lL]|P[0-9>!=$+|]|_G)")
"""The beginning of an answer in words. Alt and such a letter alone is a key."""
AWAITED = re.compile(r"\x1b(?:\](?:10|11|4);|P>\||\[\?[\d;]*c)")
"""The beginnings of answers that somebody waits for: colours, the terminal's name, what it is (DA1)."""
STRING_END = re.compile("\x07|\x1b\\\\?|[\x18\x1a]")
TAIL = re.compile(
    r"\[[<>=?]|\[M...|\[\d[\d;:]*[A-Za-z~$]|\[[A-DFHIOZ](?![a-z])|\]\d+;|P[0-9>!=$+|]+|_G|O[A-DFHP-S](?![a-z])"
)


class Incoming:
    """Tells pastes, keys and answers apart in a stream that arrives in arbitrary pieces."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self.answers: list[str] = []
        """Answers that somebody waits for, until they are taken."""
        self._inside = False
        self._after = False
        """A paste has just ended: what came with it belongs to it if yet another end follows."""
        self._pasted: list[str] = []
        self._size = 0
        self._rest = ""
        self._since: float | None = None
        """When the beginning of an answer came whose end is still to come."""
        self._given_up = ""
        """What was taken for a key last though it may have begun a sequence, and when."""
        self._given_up_at = self._burst_at = float("-inf")

    def split(self, data: str) -> list[tuple[bool, str]]:
        """The pieces of the input in order: (True, a whole paste) or (False, what is to be read as keys)."""
        found: list[tuple[bool, str]] = []
        if self._since is not None and self._now() - self._since > ANSWER_SECONDS:
            self.give_up()
        begun, self._given_up = self._given_up, ""
        if begun and self._now() - self._given_up_at < TAIL_SECONDS and TAIL.match(begun[1:] + data):
            data = begun + data
        data, self._rest = self._rest + data, ""
        since, self._since = self._since, None
        while data:
            if self._inside:
                data = self._paste(data, found)
            elif self._after:
                data = self._tail(data, found)
            else:
                data = self._keys(data, found)
        if self._since is not None and since is not None:
            self._since = since
        return found

    @property
    def waits(self) -> bool:
        """Whether something is kept back that may be keys; `give_up` is due when nothing follows in time."""
        return not self._inside and self._since is None and bool(self._rest or self._after)

    def give_up(self) -> list[tuple[bool, str]]:
        """What was kept back: nothing followed in time, so it is keys, or the beginning of an answer and nothing."""
        rest, self._rest = self._rest, ""
        after, self._after = self._after, False
        answer, self._since = self._since is not None, None
        if not rest or answer:
            return []
        if after:
            found = self.split(rest)
            return found + self.give_up() if self.waits else found
        if len(rest) <= 2:
            self._given_up, self._given_up_at = rest, self._now()
        # With Alt these three are no keys to Textual; it would read them without.
        return [] if rest in ("\x1b[", "\x1b]", "\x1b_") else [(False, rest)]

    def _paste(self, data: str, found: list[tuple[bool, str]]) -> str:
        at = data.find(END)
        if at < 0:
            keep = partial(data, END)
            self._rest = data[len(data) - keep :] if keep else ""
            self._take(data[: len(data) - keep])
            return ""
        self._take(data[:at])
        found.append((True, cleaned("".join(self._pasted))))
        self._pasted.clear()
        self._size, self._inside, self._after = 0, False, True
        return data[at + len(END) :]

    def _tail(self, data: str, found: list[tuple[bool, str]]) -> str:
        """What follows a paste at once: a second end shows that the first was a part of what was pasted."""
        end, start = data.find(END), data.find(START)
        if end >= 0 and not 0 <= start < end:
            found.append((True, cleaned(data[:end])))
            return data[end + len(END) :]
        if start >= 0 or len(data) > ANSWER_LIMIT:
            self._after = False
            return data
        self._rest = data
        return ""

    def _take(self, text: str) -> None:
        if text and self._size < LIMIT:
            self._pasted.append(text[: LIMIT - self._size])
            self._size += len(text)

    def _keys(self, data: str, found: list[tuple[bool, str]]) -> str:
        """Keys up to a paste; gives what is left to look at."""
        kept: list[str] = []
        typed: list[str] = []
        at, left = 0, ""
        while at < len(data):
            escape = data.find("\x1b", at)
            plain = data[at : escape if escape >= 0 else len(data)]
            kept.append(plain)
            typed.append(plain)
            if escape < 0:
                break
            end, passes = sequence(data, escape)
            if end is None:
                self._rest = data[escape:]
                self._since = None if passes else self._now()
                break
            if data.startswith(START, escape):
                self._inside, left = True, data[end:]
                break
            if passes:
                kept.append(data[escape:end])
            elif AWAITED.match(data, escape) and len(self.answers) < ANSWERS:
                self.answers.append(data[escape:end])
            at = end
        text = "".join(typed)
        burst = len(text) >= BURST and len(set(text)) >= BURST_LETTERS
        if burst or (text and self._now() - self._burst_at < BURST_SECONDS):
            self._burst_at = self._now()
            found.append((True, cleaned(text)))
        elif any(kept):
            found.append((False, "".join(kept)))
        return left


def sequence(data: str, at: int) -> tuple[int | None, bool]:
    """Where the sequence that begins at an ESC ends, and whether it is to be read as keys.

    Without an end, it is still to come: True where what there is may be keys, False where it cannot be any.
    """
    kind = data[at + 1 : at + 2]
    if kind == "[":
        return _control(data, at)
    if kind in ("]", "P", "_"):
        if len(data) == at + 2:
            return None, True
        if not STRING.match(data, at):
            return at + 2, True
        end = STRING_END.search(data, at + 2)
        if end is None or (end[0] == "\x1b" and end.end() == len(data)):
            return (None, False) if len(data) - at < ANSWER_LIMIT else (len(data), False)
        return (end.start() if end[0] == "\x1b" else end.end()), False
    if kind == "O":
        return (at + 3, True) if len(data) > at + 2 else (None, True)
    if kind == "\x1b":
        return at + 1, True
    return (at + 2, True) if kind else (None, True)


def _control(data: str, at: int) -> tuple[int | None, bool]:
    third = data[at + 2 : at + 3]
    if third in ("[", "M"):
        # A function key of the Linux console; a mouse report of before 1006, whose column would be read as a letter.
        size = 4 if third == "[" else 6
        return (at + size, third == "[") if len(data) >= at + size else (None, third == "[")
    whole = CSI.match(data, at)
    if whole is not None:
        return whole.end(), known(whole[0])
    begun = CSI_BEGUN.match(data, at)
    end = begun.end() if begun else at + 2
    if end == len(data):
        return None, end == at + 2
    return end, end == at + 2


def known(control: str) -> bool:
    """Whether Textual knows this control sequence, so that it is one key, one report of the mouse, one mode."""
    if control in ANSI_SEQUENCES_KEYS or REPORT.fullmatch(control):
        return True
    if RELEASE.match(control):
        return False
    numbers = [int(number) for number in NUMBER.findall(control[:64])]
    return KEY.fullmatch(control[:64]) is not None and not any(n > 0x10FFFF or 0xD800 <= n < 0xE000 for n in numbers)


def partial(data: str, mark: str) -> int:
    """How many characters at the end of the data may be the beginning of the mark."""
    return next((size for size in range(min(len(mark) - 1, len(data)), 0, -1) if data.endswith(mark[:size])), 0)


def cleaned(text: str) -> str:
    """A pasted text: line ends as newlines, tabs kept, nothing else that a terminal could obey."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "\t".join(strip_controls(part) for part in text.split("\t"))
