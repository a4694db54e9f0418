"""A mail's own words, apart from what it quotes and how it is signed.

Works line by line in time linear in the text. Where it is not sure it keeps text in the reply: a folded word is worse
than a shown quote. Answers written between quoted lines stay whole and in order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from omnitui.text import quote_marks as marks
from omnitui.text.signatures import cut_signature

MAX_LINES: Final = 20_000
MAX_LINE: Final = 500
_LONG: Final = 200
_JOINED: Final = 4


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
    kept, quoted = _Splitter(lines).split()
    kept, signature = cut_signature(kept)
    return Body(_joined(kept), _joined(quoted), _joined(signature))


def _joined(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines).strip("\n").rstrip()


_QUOTED = re.compile(r"^\s{0,3}(?:[>＞]|[A-Z][a-z]{0,10}> |\|(?: |$)|[A-Za-z]{1,3}>(?: |$))")
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)")

_EMPTY, _TEXT, _QUOTE, _SPLIT, _HARD = "e", "t", "q", "s", "h"


class _Splitter:
    """Marks each line by what it is, then decides what to keep."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.kinds: list[str] = []
        self.long_lines = 300
        self.patience = 200
        """How often yet lines may be joined to find an attribution; no honest mail has so many beginnings."""
        self.forward = False
        """The hard break is a forwarded message."""
        self.header_end = 0
        """First line after the header block of the hard break."""
        self.tail_at: dict[int, str] = {}
        """Lines that begin with text of the reply, which is kept, before an attribution on the same line."""

    def split(self) -> tuple[list[str], list[str]]:
        self._mark()
        lines, kinds = self.lines, self.kinds
        hard = kinds.index(_HARD) if _HARD in kinds else len(lines)
        kept, quoted = self._before(hard)
        if hard == len(lines):
            return kept, quoted
        if any(line.strip() for line in kept) or quoted:
            return kept, quoted + lines[hard:]
        if self.forward:  # a forwarded mail without a word of its own: its text is what there is to read
            return lines[self.header_end :], lines[hard : self.header_end]
        return lines[hard:], []

    def _mark(self) -> None:
        lines = self.lines
        fenced = False
        at = 0
        size = len(lines)
        while at < size:
            line = lines[at][:MAX_LINE]
            if _FENCE.match(line):
                fenced = not fenced and any(_FENCE.match(other) for other in lines[at + 1 : at + 400])
                self.kinds.append(_TEXT)
                at += 1
                continue
            if fenced:
                self.kinds.append(_TEXT)
                at += 1
                continue
            if not line.strip() or line.strip() == "ᐧ":
                self.kinds.append(_EMPTY)
                at += 1
                continue
            if not self._is_worth(at):
                self.kinds.append(_QUOTE if _QUOTED.match(line) else _TEXT)
                at += 1
                continue
            if self._is_hard(at):
                self.kinds.extend([_HARD] * (size - at))
                return
            if not self._inside_quote(at) and (count := self._attribution(at)):
                self.kinds.extend([_SPLIT] * count)
                at += count
                continue
            self.kinds.append(_QUOTE if _QUOTED.match(line) else _TEXT)
            at += 1

    def _is_worth(self, at: int) -> bool:
        """Whether to look closer at a line: no attribution is very long, and hostile mails have many long lines."""
        length = len(self.lines[at])
        if length > _LONG:
            self.long_lines -= 1
        return length <= _LONG or (length <= MAX_LINE and self.long_lines > 0)

    def _inside_quote(self, at: int) -> bool:
        """Whether the line is quoted below other quoted lines: what it attributes is an older quote."""
        if not self.lines[at].lstrip().startswith((">", "＞")):
            return False
        before = next((kind for kind in reversed(self.kinds[-4:]) if kind != _EMPTY), _TEXT)
        return before in (_QUOTE, _SPLIT)

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
            following = self._next(at + 1)
            return following is not None and self._is_block(following)
        return self._is_block(at)

    def _next(self, at: int) -> int | None:
        for other in range(at, min(at + 3, len(self.lines))):
            if self.lines[other].strip():
                return other
        return None

    def _is_block(self, at: int) -> bool:
        """Whether a header block (From, Sent, To, Subject …) begins here, in any of its orders."""
        start = self._next(at)
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
        if not _may_attribute(line):
            return 0
        if _is_attribution(line):
            return 1
        quoted = line.lstrip().startswith(">")
        joined = line
        begins = _ON_WORDS.match(line) or _DATED.match(line) or _ADDRESS_BEGINS.search(line)
        if begins and self.patience:
            self.patience -= 1
            for other in range(at + 1, min(at + 2 + _JOINED, len(lines))):
                more = lines[other][:MAX_LINE].strip()
                if not more:
                    following = lines[other + 1 : other + 2]
                    if joined is line and following and following[0].startswith("<") and _ON_WORDS.match(line):
                        continue  # a program that puts the address in a paragraph of its own
                    break
                if _QUOTED.match(lines[other]) and not quoted and not (more[-1] == ":" and _is_open(joined)):
                    break
                joined = f"{joined} {more.lstrip('> ') if quoted else more}"
                if len(joined) > MAX_LINE:
                    break
                if _is_attribution(joined):
                    return other - at + 1
        return self._bare_date(at) or self._shared(at)

    def _bare_date(self, at: int) -> int:
        """ "2011/4/7 Name <address>" or "2011年4月7日 …様:" alone, if a quote follows."""
        line = self.lines[at][:MAX_LINE]
        following = self._next(at + 1)
        if following is None or not _QUOTED.match(self.lines[following]):
            return 0
        if _DATED.match(line) and "@" in line:
            return 1
        return 1 if marks.EAST_DATE.search(line[:90]) and marks.EAST_WEAK.search(line[-60:]) else 0

    def _shared(self, at: int) -> int:
        """An attribution behind words of the reply on the same line ("thanks On … wrote:")."""
        line = self.lines[at][:MAX_LINE]
        match = _LATE_ON.search(line)
        if match is None or not self._next_is_quote(at + 1):
            return 0
        self.tail_at[at] = line[: match.start()].rstrip("- ")
        return 1

    def _next_is_quote(self, at: int) -> bool:
        following = self._next(at)
        return following is not None and self.lines[following].lstrip().startswith(">")

    def _before(self, end: int) -> tuple[list[str], list[str]]:
        """Divide the lines before the hard break."""
        lines, kinds = self.lines, self.kinds
        split = kinds.index(_SPLIT) if _SPLIT in kinds[:end] else end
        quotes = [at for at in range(end) if kinds[at] == _QUOTE]
        if split == end:
            return self._without_attribution(end, quotes)
        own = [at for at in range(end) if kinds[at] == _TEXT]
        first_text = own[0] if own else end
        after = self._after_quote(split, end)
        if after is None:
            # Nothing is marked as quoted below: all of it is the quote, unless nothing stands above.
            if first_text < split or split in self.tail_at:
                return self._with_tail(lines[:split], split), lines[split:end]
            return self._skipping_splits(split, end)
        rest = [at for at in own if at >= after]
        if not rest:
            return self._with_tail(lines[:split], split), lines[split:end]
        later = [at for at in quotes if at > rest[0]]
        unquoted_split = next((at for at in range(after, end) if kinds[at] == _SPLIT), None)
        if not later and unquoted_split is None:
            return [*self._with_tail(lines[:split], split), *lines[after:end]], lines[split:after]
        if unquoted_split is not None and not any(at > unquoted_split for at in later):
            return self._with_tail(lines[:split], split), lines[split:end]
        return self._interleaved(end)

    def _with_tail(self, kept: list[str], split: int) -> list[str]:
        return [*kept, self.tail_at[split]] if split in self.tail_at else kept

    def _skipping_splits(self, split: int, end: int) -> tuple[list[str], list[str]]:
        later = next(
            (at for at in range(split + 1, end) if self.kinds[at] == _SPLIT and self.kinds[at - 1] != _SPLIT), None
        )
        start = split
        while start < end and self.kinds[start] == _SPLIT:
            start += 1
        if later is not None and later > start:
            stop = self._after_quote(later, end)
            rest = stop if stop is not None else end
            return self.lines[start:later] + self.lines[rest:end], self.lines[split:start] + self.lines[later:rest]
        return self.lines[start:end], self.lines[split:start]

    def _after_quote(self, split: int, end: int) -> int | None:
        """The first line after the quote that follows the attribution; None when no marked quote follows it."""
        at = split
        kinds = self.kinds
        while at < end and kinds[at] in (_SPLIT, _EMPTY):
            at += 1
        if at >= end:
            return end
        if kinds[at] != _QUOTE:
            return None
        while at < end:
            if kinds[at] in (_QUOTE, _EMPTY) or (kinds[at] in (_TEXT, _SPLIT) and self._is_wrapped(at, end)):
                at += 1
            else:
                break
        return at

    def _is_wrapped(self, at: int, end: int) -> bool:
        """A line that a program broke off the quoted one above it: the end of a long line, or of a link."""
        if at == 0 or self.kinds[at - 1] != _QUOTE:
            return False
        line = self.lines[at].strip()
        following = self.kinds[at + 1] if at + 1 < end else _EMPTY
        if line[:1].islower() and len(self.lines[at - 1].rstrip()) >= 60 and following in (_QUOTE, _EMPTY):
            return True
        if following != _QUOTE:
            return False
        return line.startswith(("(http", "<http", "http")) or (")" in line and "(" not in line and len(line) < 80)

    def _without_attribution(self, end: int, quotes: list[int]) -> tuple[list[str], list[str]]:
        """Text with quoted lines that nobody announced: a trailing run goes, what stands between answers stays."""
        lines, kinds = self.lines, self.kinds
        last = max((at for at in range(end) if kinds[at] == _TEXT), default=-1)
        first = min((at for at in range(end) if kinds[at] == _TEXT), default=end)
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
        following = self._next(last + 1)
        if following is None or following >= end:
            return None
        line = self.lines[following]
        if not (marks.SIGNATURE_DASHES.match(line) or marks.MOBILE.match(line[:MAX_LINE])):
            return None
        return last

    def _run_start(self, at: int) -> int:
        while at > 0 and self.kinds[at - 1] in (_QUOTE, _EMPTY):
            at -= 1
        return at

    def _interleaved(self, end: int) -> tuple[list[str], list[str]]:
        """Answers between quoted lines: all of it, but the quote after the last answer."""
        last = end - 1
        kinds = self.kinds
        while last >= 0 and kinds[last] in (_QUOTE, _EMPTY, _SPLIT):
            last -= 1
        stop = last + 1
        body_end = self._signature_start(stop)
        # Between the last answer and a signature there may be one more quote; it answers nothing.
        cut = body_end
        while cut > 0 and kinds[cut - 1] in (_QUOTE, _EMPTY, _SPLIT):
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


_ON_WORDS = re.compile(
    r"^[\s>*_\-–—]*(?:On|At|Le|El|Il|Em|Am|Op|Den|På|Dne|Dnia|W dniu|Pada|Vào|Ngày|La|În|Στις|На|Dana|No dia|Kun|"
    r"ons|man|tor|fre|lør|søn|tir|в|在|於|于)(?=[\s\u00a0\d])",
    re.I,
)
_DATED = re.compile(
    r"^[\s>*_]*(?:\w{2,14}[,.]?\s+)?(?:\d{4}[-/.年]|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}\.?\s+[^\W\d]{3,12}\.?,?\s+\d{4})"
)
_HINT = re.compile(r"[@<:：]|-{2,}|wrote|さん|様|氏|写道|寫道|작성|年|написал|пише|escribió", re.I)
_ADDRESS_BEGINS = re.compile(r"[<(][^<>()\s]{0,200}(?:@[^<>()\s]{0,200}[>)]|$)")
_LATE_ON = re.compile(r"(?:-{2,3} ?|\s)On (?=.{0,40}\d).{6,300}?wrote:\s*$")


def _is_open(text: str) -> bool:
    """Whether `text` ends inside an angle bracket."""
    return text.count("<") > text.count(">")


def _may_attribute(line: str) -> bool:
    """A cheap sieve: could an attribution begin with this line?"""
    if _ON_WORDS.match(line) or _DATED.match(line):
        return True
    return _HINT.search(line) is not None


def _is_attribution(joined: str) -> bool:
    """Whether a line, or a few joined ones, attribute what follows. The plain tests come first: each pattern is
    dear on a line that almost fits it."""
    if len(joined) > MAX_LINE:
        return False
    if marks.SAID.search(joined):
        if _ON_WORDS.match(joined) and (marks.ATTRIBUTION.match(joined) or marks.VERB_FIRST.match(joined)):
            return True
        if "@" in joined and marks.SOMEONE.match(joined):
            return True
        if "-" in joined[:20] and (marks.ANDROID.match(joined) or marks.DASHED_ON.match(joined)):
            return True
        if _LONG_DAY.match(joined):
            return True
    ends = joined.rstrip()[-1:]
    if ends in (":", "：") and "@" in joined and marks.ADDRESS_LAST.match(joined):
        return True
    if _DATED.match(joined):
        if marks.DATE_ZONE.match(joined):
            return True
        if ("@" in joined or ends in (":", "：")) and marks.DATE_FIRST.match(joined):
            return True
    return not joined.isascii() and len(joined) < 400 and _is_eastern(joined)


def _is_eastern(joined: str) -> bool:
    tail = joined[-230:]
    if marks.EAST_DATE.search(joined[:90]) and marks.EAST_END.search(tail):
        return True
    return marks.EAST_NAME.search(tail[-60:]) is not None or marks.EAST_WROTE.match(joined) is not None


_LONG_DAY = re.compile(
    r"^[\s>]*\w{3,14}, \d{1,2} \w{3,12} \d{4}.{0,120}(?:написал|писал|пише|wrote)(?:\(\w\))?:\s*$", re.I
)
