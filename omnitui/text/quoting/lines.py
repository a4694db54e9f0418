"""What each line of a mail's text is: words, a quote, what announces one, or where the rest is an older mail."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from omnitui.text.quoting import marks as marks
from omnitui.text.quoting.attributions import (
    ADDRESS_BEGINS,
    DATED,
    LATE_ON,
    MAX_LINE,
    ON_WORDS,
    is_attribution,
    is_open,
    is_without_date,
    may_attribute,
)

_LONG: Final = 200
_JOINED: Final = 4


class Kind(Enum):
    """What a line is."""

    EMPTY = "e"
    TEXT = "t"
    QUOTE = "q"
    SPLIT = "s"
    """It announces a quote."""
    HARD = "h"
    """From here on all is an older mail."""


_QUOTED = re.compile(r"^\s{0,3}(?:[>＞]|[A-Z][a-z]{0,10}> |\|(?: |$)|[A-Za-z]{1,3}>(?: |$))")
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)")


class MarkedLines:
    """The lines of a text, each with its kind; linear in the text."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.kinds: list[Kind] = []
        self.forward = False
        """The hard break is a forwarded message."""
        self.header_end = 0
        """First line after the header block of the hard break."""
        self.tail_at: dict[int, str] = {}
        """Lines that begin with text of the reply, which is kept, before an attribution on the same line."""
        self._last = next((at for at in range(len(lines) - 1, -1, -1) if lines[at].strip()), 0)
        """The last line with text."""
        self._long_lines = 300
        self._patience = 200
        """How often yet lines may be joined to find an attribution; no honest mail has so many beginnings."""
        self._mark()

    def next_filled(self, at: int) -> int | None:
        """The first line with text among the three from `at`."""
        for other in range(at, min(at + 3, len(self.lines))):
            if self.lines[other].strip():
                return other
        return None

    def _mark(self) -> None:
        lines = self.lines
        fenced = False
        at = 0
        size = len(lines)
        while at < size:
            line = lines[at][:MAX_LINE]
            if _FENCE.match(line):
                fenced = not fenced and any(_FENCE.match(other) for other in lines[at + 1 : at + 400])
                self.kinds.append(Kind.TEXT)
                at += 1
                continue
            if fenced:
                self.kinds.append(Kind.TEXT)
                at += 1
                continue
            if not line.strip() or line.strip() == "ᐧ":
                self.kinds.append(Kind.EMPTY)
                at += 1
                continue
            if not self._is_worth(at):
                self.kinds.append(Kind.QUOTE if _QUOTED.match(line) else Kind.TEXT)
                at += 1
                continue
            if self._is_hard(at):
                self.kinds.extend([Kind.HARD] * (size - at))
                return
            if not self._inside_quote(at) and (count := self._attribution(at)):
                self.kinds.extend([Kind.SPLIT] * count)
                at += count
                continue
            self.kinds.append(Kind.QUOTE if _QUOTED.match(line) else Kind.TEXT)
            at += 1

    def _is_worth(self, at: int) -> bool:
        """Whether to look closer at a line: no attribution is very long, and hostile mails have many long lines."""
        length = len(self.lines[at])
        if length > _LONG:
            self._long_lines -= 1
        return length <= _LONG or (length <= MAX_LINE and self._long_lines > 0)

    def _inside_quote(self, at: int) -> bool:
        """Whether the line is quoted below other quoted lines: what it attributes is an older quote."""
        if not self.lines[at].lstrip().startswith((">", "＞")):
            return False
        before = next((kind for kind in reversed(self.kinds[-4:]) if kind != Kind.EMPTY), Kind.TEXT)
        return before in (Kind.QUOTE, Kind.SPLIT)

    def _is_hard(self, at: int) -> bool:
        line = self.lines[at][:MAX_LINE]
        first = line.lstrip()[:1]
        if first in ("-", "–", "—", "_", "=", "*", ">", "B", "A", "D", "I", "転", "以", "O", "元"):
            if line.lstrip(" >*").startswith(">"):
                return False
            if marks.FORWARDED.match(line):
                if first == ">":
                    return False
                self.forward = True
                self.header_end = self._after_headers(at + 1)
                return True
            if first != ">" and (
                marks.ORIGINAL.match(line) or (marks.ORIGINAL_BARE.match(line) and self._is_block(at + 1))
            ):
                return True
        if first == ">":
            return False
        if marks.RULE.match(line):
            following = self.next_filled(at + 1)
            return following is not None and self._is_block(following)
        return self._is_block(at)

    def _is_block(self, at: int) -> bool:
        """Whether a header block (From, Sent, To, Subject …) begins here, in any of its orders."""
        start = self.next_filled(at)
        if start is None or start > at + 1:
            return False
        first = marks.HEADER_LINE.match(self.lines[start][:MAX_LINE])
        if first is None or first["more"] or self.lines[start].lstrip().startswith(">"):
            return False
        seen = {first.lastgroup}
        gap = 0
        for line in self.lines[start + 1 : start + 12]:
            if not line.strip():
                break
            match = marks.HEADER_LINE.match(line[:MAX_LINE])
            if match is None:
                gap += 1
                if gap > 2:
                    break
                continue
            gap = 0
            seen.add(match.lastgroup)
        seen.discard("more")
        if len(seen) >= 3:
            return True
        return len(seen) == 2 and ("from" in seen or "when" in seen) and "when" in seen

    def _after_headers(self, at: int) -> int:
        size = len(self.lines)
        while at < size and not self.lines[at].strip():
            at += 1
        while at < size and self.lines[at].strip():
            at += 1
        return at

    def _attribution(self, at: int) -> int:
        """How many lines from `at` are an attribution ("On … wrote:"); 0 for none."""
        lines = self.lines
        line = lines[at][:MAX_LINE].rstrip()
        if not may_attribute(line):
            return 0
        if is_attribution(line):
            return 1
        quoted = line.lstrip().startswith(">")
        joined = line
        begins = ON_WORDS.match(line) or DATED.match(line) or ADDRESS_BEGINS.search(line)
        if begins and self._patience:
            self._patience -= 1
            for other in range(at + 1, min(at + 2 + _JOINED, len(lines))):
                more = lines[other][:MAX_LINE].strip()
                if not more:
                    following = lines[other + 1 : other + 2]
                    if joined is line and following and following[0].startswith("<") and ON_WORDS.match(line):
                        continue  # a program that puts the address in a paragraph of its own
                    break
                if _QUOTED.match(lines[other]) and not quoted and not (more[-1] == ":" and is_open(joined)):
                    break
                joined = f"{joined} {more.lstrip('> ') if quoted else more}"
                if len(joined) > MAX_LINE:
                    break
                if is_attribution(joined):
                    return other - at + 1
        return self._bare_date(at) or self._without_date(at) or self._shared(at)

    def _bare_date(self, at: int) -> int:
        """ "2011/4/7 Name <address>" or "2011年4月7日 …様:" alone, if a quote follows."""
        line = self.lines[at][:MAX_LINE]
        following = self.next_filled(at + 1)
        if following is None or not _QUOTED.match(self.lines[following]):
            return 0
        if DATED.match(line) and "@" in line:
            return 1
        return 1 if marks.EAST_DATE.search(line[:90]) and marks.EAST_WEAK.search(line[-60:]) else 0

    def _without_date(self, at: int) -> int:
        """ "On Monday Support wrote:", if a quote follows, or nothing at all where a program has left that out."""
        line = self.lines[at][:MAX_LINE].rstrip()
        if line[-1:] not in (":", "：") or not is_without_date(line):
            return 0
        return 1 if at == self._last or self._next_is_quote(at + 1) else 0

    def _shared(self, at: int) -> int:
        """An attribution behind words of the reply on the same line ("thanks On … wrote:")."""
        line = self.lines[at][:MAX_LINE]
        match = LATE_ON.search(line)
        if match is None or not self._next_is_quote(at + 1):
            return 0
        self.tail_at[at] = line[: match.start()].rstrip("- ")
        return 1

    def _next_is_quote(self, at: int) -> bool:
        following = self.next_filled(at)
        return following is not None and self.lines[following].lstrip().startswith(">")
