"""What customers answer when they are asked how satisfied they are: a number from 1 to 5, with or without words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

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
_FIRST: Final = frozenset("12345一二三四五★⭐🌟星評点満otfsrncm")
"""What an answer begins with; letters are those of words such as “five”, “stars”, “rating”, “my”."""
_WORDS: Final = ("one", "two", "three", "four", "five")
_LABEL: Final = r"(?:(?:my |our )?(?:score|rating|note|csat|評価|点数|満足度)(?: is)?\s*[:=は]?\s*)?"
_OF_FIVE: Final = r"(?:\s*(?:/|of|out of)\s*5)?"
_UNIT: Final = r"(?:\s*(?:stars?|points?|つ星|点|つ))?"
_POLITE: Final = r"(?:\s*(?:です|でした|でお願いします))?"
_NUMBER: Final = re.compile(
    rf"{_LABEL}(?:星|stars?:?|[★⭐])?\s*(?P<n>[1-5]|one|two|three|four|five|[一二三四五]){_OF_FIVE}{_UNIT}{_POLITE}"
    r"(?![\w%°$€£¥])(?P<rest>.*)",
    re.IGNORECASE,
)
_STARS: Final = re.compile(r"(?P<n>[★⭐🌟]{1,5})(?P<hollow>☆{0,4})(?![★⭐🌟☆])(?P<rest>.*)")
_APART: Final = re.compile(r"(?:[.!。、…~〜♪]|[,:;](?=\s|$)|\s[-–—]|[–—]|\s?[(（]|\s?[^\w\s.,:;!?/()'\"%@#&*+=<>|\\-])")
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


def rating(text: str) -> Rating | None:
    """The score that a message gives; None where it gives none, or might mean something else."""
    # Nearly every message is none, and each that comes in is asked.
    if unicodedata.normalize("NFKC", text.lstrip()[:1]).lower()[:1] not in _FIRST:
        return None
    plain = unicodedata.normalize("NFKC", text[:_MOST]).replace("\ufe0f", "").replace("\u20e3", "").strip()
    first, _newline, more = plain.partition("\n")
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
    comment = "\n".join(part for part in (rest.strip(" \t.,:;!。、-–—"), more.strip()) if part)
    raw = first[: len(first) - len(rest)].strip()
    return Rating(score, raw, comment, _ONLY_THANKS.fullmatch(comment) is not None)


def _apart(rest: str, more: str) -> bool:
    """Whether what follows a number is words about it, and not what is counted or listed by it."""
    said = rest.strip()
    if not said:
        return True
    if said.startswith(".") and re.search(r"^\s*2\s*[.)]", more, re.MULTILINE):
        return False
    if _APART.match(rest) is None:
        return _THANKS.match(said) is not None
    after = said.lstrip(" .,:;!。、…~〜♪-–—(（")
    return not after[:1].isdecimal()


def question(texts: Mapping[str, str], language: str) -> str:
    """What is asked in a contact's language, else in English, else in the first there is."""
    known = {**TEXTS, **{name.lower().replace("_", "-"): text for name, text in texts.items() if text.strip()}}
    wanted = language.lower().replace("_", "-")
    return known.get(wanted) or known.get(wanted.partition("-")[0]) or known["en"]
