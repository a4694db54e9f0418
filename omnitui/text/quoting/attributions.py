"""Lines that announce a quote ("On … wrote:"), in the languages and programs of the usual mail."""

from __future__ import annotations

import re
from typing import Final

from omnitui.text.quoting import marks as marks

MAX_LINE: Final = 500
"""Characters of a line that are looked at."""
_SHORT: Final = 200

ON_WORDS = re.compile(
    r"^[\s>*_\-–—]*(?:On|At|Le|El|Il|Em|Am|Op|Den|På|Dne|Dnia|W dniu|Pada|Vào|Ngày|La|În|Στις|На|Dana|No dia|Kun|"
    r"ons|man|tor|fre|lør|søn|tir|в|在|於|于)(?=[\s\u00a0\d])",
    re.I,
)
DATED = re.compile(
    r"^[\s>*_]*(?:\w{2,14}[,.]?\s+)?(?:\d{4}[-/.年]|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}\.?\s+[^\W\d]{3,12}\.?,?\s+\d{4})"
)
_HINTS: Final = (
    *(
        "@",
        "<",
        ":",
        "：",
        "--",
        "wrote",
        "さん",
        "様",
        "氏",
        "写道",
        "寫道",
        "작성",
        "年",
        "написал",
        "пише",
        "escribió",
    ),
)
ADDRESS_BEGINS = re.compile(r"[<(][^<>()\s]{0,200}(?:@[^<>()\s]{0,200}[>)]|$)")
LATE_ON = re.compile(r"(?:-{2,3} ?|\s)On (?=.{0,40}\d).{6,300}?wrote:\s*$")


def is_open(text: str) -> bool:
    """Whether `text` ends inside an angle bracket."""
    return text.count("<") > text.count(">")


def may_attribute(line: str) -> bool:
    """A cheap sieve: could an attribution begin with this line?"""
    if ON_WORDS.match(line) or DATED.match(line):
        return True
    folded = line.casefold()
    return any(hint in folded for hint in _HINTS)


def is_attribution(joined: str) -> bool:
    """Whether a line, or a few joined ones, attribute what follows. The plain tests come first: each pattern is
    dear on a line that almost fits it."""
    if len(joined) > MAX_LINE:
        return False
    if marks.SAID.search(joined):
        if ON_WORDS.match(joined) and (marks.ATTRIBUTION.match(joined) or marks.VERB_FIRST.match(joined)):
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
    if DATED.match(joined):
        if marks.DATE_ZONE.match(joined):
            return True
        if ("@" in joined or ends in (":", "：")) and marks.DATE_FIRST.match(joined):
            return True
    return not joined.isascii() and len(joined) < 400 and _is_eastern(joined)


def is_without_date(joined: str) -> bool:
    """Whether a line announces something with a day at most, by which alone it might be a sentence of the reply."""
    if len(joined) > _SHORT:
        return False
    return any(one.match(joined) for one in (marks.DAY_FIRST, marks.DAY_LAST, marks.EAST_DAY))


def without_last(text: str) -> str:
    """A short answer without the line at its end that announces a quote which is not there."""
    lines = text.rstrip().split("\n")
    for size in (1, 2):
        last = " ".join(line.strip() for line in lines[-size:])
        if is_attribution(last) or is_without_date(last):
            return "\n".join(lines[:-size]).rstrip()
    return text


def _is_eastern(joined: str) -> bool:
    tail = joined[-230:]
    if marks.EAST_DATE.search(joined[:90]) and marks.EAST_END.search(tail):
        return True
    return marks.EAST_NAME.search(tail[-60:]) is not None or marks.EAST_WROTE.match(joined) is not None


_LONG_DAY = re.compile(
    r"^[\s>]*\w{3,14}, \d{1,2} \w{3,12} \d{4}.{0,120}(?:написал|писал|пише|wrote)(?:\(\w\))?:\s*$", re.I
)
