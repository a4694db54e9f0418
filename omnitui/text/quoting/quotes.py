"""A mail's own words, apart from what it quotes and how it is signed.

Works line by line in time linear in the text. Where it is not sure it keeps text in the reply: a folded word is worse
than a shown quote. Answers written between quoted lines stay whole and in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from omnitui.text.quoting import marks as marks
from omnitui.text.quoting.attributions import MAX_LINE, may_attribute
from omnitui.text.quoting.lines import Kind, MarkedLines
from omnitui.text.quoting.signatures import cut_signature

MAX_LINES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Body:
    """A text body in three parts; together they are all of it but blank edges and lines cut between."""

    reply: str
    quoted: str
    signature: str


def split_reply(text: str) -> Body:
    """Split a plain text body. Never raises.

    Args:
        text: The body with newlines as line ends (CRLF is taken too).
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > MAX_LINES:
        lines = [*lines[:MAX_LINES], "\n".join(lines[MAX_LINES:])]
    kept, quoted = (lines, []) if len(lines) == 1 and _is_own(text[:MAX_LINE]) else _Splitter(lines).split()
    kept, signature = cut_signature(kept)
    return Body(_joined(kept), _joined(quoted), _joined(signature))


def _is_own(line: str) -> bool:
    """Whether a text of one line is certainly its author's: what chats and forms send as mail."""
    return not may_attribute(line) and marks.FORWARDED.match(line) is None


def _joined(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines).strip("\n").rstrip()


class _Splitter:
    """Decides by the kinds of the lines what to keep."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.marked = MarkedLines(lines)
        self.kinds = self.marked.kinds

    def split(self) -> tuple[list[str], list[str]]:
        lines, kinds = self.lines, self.kinds
        hard = kinds.index(Kind.HARD) if Kind.HARD in kinds else len(lines)
        kept, quoted = self._before(hard)
        if hard == len(lines):
            return kept, quoted
        if any(line.strip() for line in kept) or quoted:
            return kept, quoted + lines[hard:]
        if self.marked.forward:  # a forwarded mail without a word of its own: its text is what there is to read
            return lines[self.marked.header_end :], lines[hard : self.marked.header_end]
        return lines[hard:], []

    def _before(self, end: int) -> tuple[list[str], list[str]]:
        """Divide the lines before the hard break."""
        lines, kinds = self.lines, self.kinds
        split = kinds.index(Kind.SPLIT) if Kind.SPLIT in kinds[:end] else end
        quotes = [at for at in range(end) if kinds[at] == Kind.QUOTE]
        if split == end:
            return self._without_attribution(end, quotes)
        own = [at for at in range(end) if kinds[at] == Kind.TEXT]
        first_text = own[0] if own else end
        after = self._after_quote(split, end)
        if after is None:
            # Nothing is marked as quoted below: all of it is the quote, unless nothing stands above.
            if first_text < split or split in self.marked.tail_at:
                return self._with_tail(lines[:split], split), lines[split:end]
            return self._skipping_splits(split, end)
        rest = [at for at in own if at >= after]
        if not rest:
            return self._with_tail(lines[:split], split), lines[split:end]
        later = [at for at in quotes if at > rest[0]]
        unquoted_split = next((at for at in range(after, end) if kinds[at] == Kind.SPLIT), None)
        if not later and unquoted_split is None:
            return [*self._with_tail(lines[:split], split), *lines[after:end]], lines[split:after]
        if unquoted_split is not None and not any(at > unquoted_split for at in later):
            return self._with_tail(lines[:split], split), lines[split:end]
        return self._interleaved(end)

    def _with_tail(self, kept: list[str], split: int) -> list[str]:
        return [*kept, self.marked.tail_at[split]] if split in self.marked.tail_at else kept

    def _skipping_splits(self, split: int, end: int) -> tuple[list[str], list[str]]:
        later = next(
            (at for at in range(split + 1, end) if self.kinds[at] == Kind.SPLIT and self.kinds[at - 1] != Kind.SPLIT),
            None,
        )
        start = split
        while start < end and self.kinds[start] == Kind.SPLIT:
            start += 1
        if later is not None and later > start:
            stop = self._after_quote(later, end)
            rest = stop if stop is not None else end
            return self.lines[start:later] + self.lines[rest:end], self.lines[:start] + self.lines[later:rest]
        return self.lines[start:end], self.lines[:start]

    def _after_quote(self, split: int, end: int) -> int | None:
        """The first line after the quote that follows the attribution; None when no marked quote follows it."""
        at = split
        kinds = self.kinds
        while at < end and kinds[at] in (Kind.SPLIT, Kind.EMPTY):
            at += 1
        if at >= end:
            return end
        if kinds[at] != Kind.QUOTE:
            return None
        while at < end:
            if kinds[at] in (Kind.QUOTE, Kind.EMPTY) or (
                kinds[at] in (Kind.TEXT, Kind.SPLIT) and self._is_wrapped(at, end)
            ):
                at += 1
            else:
                break
        return at

    def _is_wrapped(self, at: int, end: int) -> bool:
        """A line that a program broke off the quoted one above it: the end of a long line, or of a link."""
        if at == 0 or self.kinds[at - 1] != Kind.QUOTE:
            return False
        line = self.lines[at].strip()
        following = self.kinds[at + 1] if at + 1 < end else Kind.EMPTY
        if line[:1].islower() and len(self.lines[at - 1].rstrip()) >= 60 and following in (Kind.QUOTE, Kind.EMPTY):
            return True
        if following != Kind.QUOTE:
            return False
        return line.startswith(("(http", "<http", "http")) or (")" in line and "(" not in line and len(line) < 80)

    def _without_attribution(self, end: int, quotes: list[int]) -> tuple[list[str], list[str]]:
        """Text with quoted lines that nobody announced: a trailing run goes, what stands between answers stays."""
        lines, kinds = self.lines, self.kinds
        last = max((at for at in range(end) if kinds[at] == Kind.TEXT), default=-1)
        first = min((at for at in range(end) if kinds[at] == Kind.TEXT), default=end)
        if last < 0 or not quotes or quotes[0] < first:
            return lines[:end], []
        if quotes[-1] > last:
            start = last + 1
            return lines[:start], lines[start:end]
        tail = self._signature_after(quotes, end)
        if tail is not None:
            first_quote = self._run_start(tail)
            return lines[:first_quote] + lines[tail + 1 : end], lines[first_quote : tail + 1]
        return lines[:end], []

    def _signature_after(self, quotes: list[int], end: int) -> int | None:
        """The last quoted line, if after it there is nothing but a signature, and the quote is one run."""
        last = quotes[-1]
        following = self.marked.next_filled(last + 1)
        if following is None or following >= end:
            return None
        line = self.lines[following]
        if not (marks.SIGNATURE_DASHES.match(line) or marks.MOBILE.match(line[:MAX_LINE])):
            return None
        return last

    def _run_start(self, at: int) -> int:
        while at > 0 and self.kinds[at - 1] in (Kind.QUOTE, Kind.EMPTY):
            at -= 1
        return at

    def _interleaved(self, end: int) -> tuple[list[str], list[str]]:
        """Answers between quoted lines: all of it, but the quote after the last answer."""
        last = end - 1
        kinds = self.kinds
        while last >= 0 and kinds[last] in (Kind.QUOTE, Kind.EMPTY, Kind.SPLIT):
            last -= 1
        stop = last + 1
        body_end = self._signature_start(stop)
        # Between the last answer and a signature there may be one more quote; it answers nothing.
        cut = body_end
        while cut > 0 and kinds[cut - 1] in (Kind.QUOTE, Kind.EMPTY, Kind.SPLIT):
            cut -= 1
        if body_end < stop and cut < body_end and cut > 0:
            return [*self.lines[:cut], "", *self.lines[body_end:stop]], self.lines[cut:body_end] + self.lines[stop:end]
        return self.lines[:stop], self.lines[stop:end]

    def _signature_start(self, stop: int) -> int:
        for at in range(stop - 1, max(stop - 15, 0), -1):
            line = self.lines[at]
            if marks.SIGNATURE_DASHES.match(line) or marks.LIST_FOOTER.match(line):
                return at
        return stop
