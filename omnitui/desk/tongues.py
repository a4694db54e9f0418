"""The language of a text by its letters alone, where they leave no doubt."""

from __future__ import annotations

import re
from typing import Final

_KANA: Final = re.compile(r"[ぁ-ゖ]|[ァ-ヶー]{3}")
"""Hiragana, or a word in katakana: a single one is a part of many a face, as in ¯\\_(ツ)_/¯."""
_HANGUL: Final = re.compile(r"[가-힣]{2}")
_MOST: Final = 2_000
"""Characters that are looked at."""


def written_in(text: str) -> str:
    """ "ja" or "ko"; empty for anything else, which letters do not tell."""
    some = text[:_MOST]
    return "ja" if _KANA.search(some) else "ko" if _HANGUL.search(some) else ""
