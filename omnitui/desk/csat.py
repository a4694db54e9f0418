"""What customers answer when they are asked how satisfied they are: a number from 1 to 5, with or without words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from omnitui.text.quoting.attributions import without_last
from omnitui.values import dataclass

BEST: Final = 5
QUESTION: Final = "csat"
"""What the reason of an op is that asks."""
TEXTS: Final[Mapping[str, str]] = {
    "en": "How satisfied are you with our help? Please answer with a number from 1 (not at all) to 5 (very).",
    "ja": "今回の対応はいかがでしたか。1（不満）から5（満足）までの数字でご返信ください。",
}
"""What is asked, by language, where the settings say nothing else."""
_MOST: Final = 2_000
"""Characters of an answer that are looked at."""
_OPENS: Final = "\"'“‘「『*_(["
_FIRST: Final = frozenset(f"12345一二三四五★⭐🌟星評点満otfsrncm{_OPENS}")
"""What an answer begins with; letters are those of words such as “five”, “stars”, “rating”, “my”."""
_WRAPPED: Final = re.compile(rf"[{re.escape(_OPENS)}]+(.*?)[\"'”’」』*_)\]]+([.!。]?)")
_WORDS: Final = ("one", "two", "three", "four", "five")
_LABEL: Final = r"(?:(?:my |our )?(?:score|rating|note|csat|評価|点数|満足度)(?: is)?\s*[:=は]?\s*)?"
_TOP: Final = r"(?:5点満点(?:中|で(?:は)?|のうち|の)?[、,]?\s*)?"
_OF_FIVE: Final = r"(?:\s*(?:/|of|out of)\s*(?:5|five))?"
_UNIT: Final = rf"(?:\s*(?:stars?|points?|つ星|点満点|点|つ)(?:,?{_OF_FIVE}))?"
_SCALE: Final = r"(?:\s*\((?:not at all|very|bad|good|不満|満足)\))?"
"""The words of the question beside the numbers, said again."""
_POLITE: Final = r"(?:\s*(?:です|でした|でお願いします))?"
_NUMBER: Final = re.compile(
    rf"{_LABEL}{_TOP}(?:星|stars?:?|[★⭐])?\s*(?P<n>[1-5]|one|two|three|four|five|[一二三四五])"
    rf"{_OF_FIVE}{_UNIT}{_SCALE}{_POLITE}(?![\w%°$€£¥⁄])(?P<rest>.*)",
    re.IGNORECASE,
)
_STARS: Final = re.compile(r"(?P<n>[★⭐🌟]{1,5})(?P<hollow>☆{0,4})(?!\s*[★⭐🌟☆\d])(?P<rest>.*)")
_APART: Final = re.compile(
    r"(?:\s*(?:[:;=]-?[()]|<3|\^_?\^)|[.!。、…~〜♪]|[,:;](?=\s|$)|\s[-–—]|[–—]|\s?[(（]|\s?[^\w\s.,:;!?/()'\"%@#&*+=<>|\\-])"
)
"""What sets words apart from a number, so that "5 parcels" and "5:30" are none."""
_THANKS: Final = re.compile(
    r"(?:(?:many )?thanks?(?: you)?|thx|ty|cheers|great|good|perfect|excellent|ok|danke|merci|gracias|grazie"
    r"|obrigad[oa]|ありがとう|有難う|有り難う|助かり|感謝|最高|よかった|良かった|満足)",
    re.IGNORECASE,
)
_ONLY_THANKS: Final = re.compile(
    r"[\W_]*(?:(?:(?:so |very )?much|a lot|again|for (?:your|the) help|to you|you|and|ございました|ございます"
    rf"|どうも|です|でした|ました|{_THANKS.pattern[3:-1]})[\W_]*)*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Rating:
    """A score as it was given."""

    score: int
    """1 to 5."""
    raw: str
    """The customer's own sign for it."""
    comment: str = ""
    """What they said beside."""
    bare: bool = True
    """Whether nothing but the score was said, and perhaps thanks."""
    sure: bool = True
    """Whether it says itself that it is one: stars, "4/5", "5点"; a number alone may answer anything."""


def rating(text: str) -> Rating | None:
    """The score that a message gives; None where it gives none, or might mean something else."""
    # Nearly every message is none, and each that comes in is asked.
    if unicodedata.normalize("NFKC", text.lstrip()[:1]).lower()[:1] not in _FIRST:
        return None
    plain = unicodedata.normalize("NFKC", text[:_MOST]).replace("\ufe0f", "").replace("\u20e3", "").strip()
    first, _newline, more = plain.partition("\n")
    more = without_last(more)
    first = _WRAPPED.sub(r"\1\2", first.rstrip()) if _WRAPPED.fullmatch(first.rstrip()) else first
    found = _STARS.match(first) or _NUMBER.match(first)
    if found is None:
        return None
    rest, sign = found["rest"], found["n"]
    if found.re is _STARS:
        score = len(sign)
        if score + len(found["hollow"]) > BEST:
            return None
    else:
        score = (
            int(sign)
            if sign.isdecimal()
            else 1 + ("一二三四五".find(sign) if sign in "一二三四五" else _WORDS.index(sign.lower()))
        )
        if not _apart(rest, more):
            return None
    comment = "\n".join(part for part in (rest.replace("<3", "").strip(" \t.,:;!。、-–—"), more.strip()) if part)
    raw = first[: len(first) - len(rest)].strip()
    return Rating(score, raw, comment, _ONLY_THANKS.fullmatch(comment) is not None, found.re is _STARS or raw != sign)


def _apart(rest: str, more: str) -> bool:
    """Whether what follows a number is words about it, and not what is counted or listed by it."""
    said = rest.strip()
    if re.search(r"^\W*\d+\W*$", more, re.MULTILINE):
        return False
    if not said:
        return True
    if said.startswith(".") and re.search(r"^\s*2\s*[.)]", more, re.MULTILINE):
        return False
    if _APART.match(rest) is None:
        return _THANKS.match(said) is not None
    return re.match(r"\W*(?:(?:out )?of\s+)?\d", said.removeprefix("<3")) is None


def question(texts: Mapping[str, str], language: str) -> str:
    """What is asked in a contact's language, else in English, else in the first there is."""
    known = {**TEXTS, **{name.lower().replace("_", "-"): text for name, text in texts.items() if text.strip()}}
    wanted = language.lower().replace("_", "-")
    return known.get(wanted) or known.get(wanted.partition("-")[0]) or known["en"]
