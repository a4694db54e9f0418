"""The search analyser: text to the words and bigrams of the index, and a query to an FTS5 expression.

Runs of Chinese, Japanese and Korean become overlapping pairs of characters, a single character stays, other runs
are words. FTS5's `unicode61` then only splits at our spaces and folds case.
"""

from __future__ import annotations

import re
import unicodedata
from operator import add
from typing import Final

from omnitui.text.marks import few_marks

ANALYSER_VERSION: Final = 1
"""Grows when the tokens change; the index is rebuilt when `meta` has another one (or another `unidata_version`)."""

_CJK = (
    "\u3005-\u3007\u3021-\u3029\u303b\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_RUNS = re.compile(f"([{_CJK}]+)|([^\\W_{_CJK}]+)")
# Characters that the word tables of SQLite releases do not all know; they would be taken for spaces.
_UNKNOWN = re.compile("[\u3006\u303b\u4db6-\u4dbf\u9fcc-\u9fff\U0001b000-\U0003ffff]")
_BREAK: Final = "\ue000"
"""A token between two runs whose pairs would otherwise read as one longer run. No text yields it: it is no letter."""

_MAX_PARTS: Final = 32
_MAX_TOKENS: Final = 128


def normalised(text: str) -> str:
    """`text` as the index sees it: NFKC, full-width and half-width forms made one."""
    if text.isascii():
        return text
    text = few_marks(text)
    return text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    last = ""
    for run, word in _RUNS.findall(text):
        if word:
            tokens.append(word)
            last = ""
            continue
        if last and last == run[0]:
            tokens.append(_BREAK)
        tokens.extend(map(add, run, run[1:]) if len(run) > 1 else (run,))
        last = run[-1] if len(run) > 1 else ""
    return tokens


def _spelt(match: re.Match[str]) -> str:
    return f"x{ord(match[0]):x}x"


def index_terms(text: str) -> str:
    """The tokens of `text`, space-joined, to be inserted into the contentless FTS5 table (tokenize `unicode61`)."""
    text = normalised(text)
    if text.isascii():
        return text.replace("\0", " ")  # unicode61 finds the very same words
    terms = " ".join(_tokens(text))
    return terms if _UNKNOWN.search(text) is None else _UNKNOWN.sub(_spelt, terms)


def phrases(query: str, *, exact: bool = False) -> list[tuple[str, bool]]:
    """The phrases a text must contain to be found by `query`: space-joined tokens, and whether the last is a prefix.

    Each white-space part is a phrase; with `exact` all of the query is one, and its last word must stand whole.
    """
    query = normalised(query)
    found: list[tuple[str, bool]] = []
    for part in [query] if exact else query.split():
        tokens = _tokens(part)[:_MAX_TOKENS]
        if not tokens:
            continue
        last = tokens[-1]
        word = (run := _RUNS.match(last)) is None or run[1] is None
        prefix = not exact if word else len(last) == 1
        found.append((_UNKNOWN.sub(_spelt, " ".join(tokens)), prefix))
        if len(found) == _MAX_PARTS:
            break
    return found


def query_terms(query: str, *, exact: bool = False) -> str:
    """An FTS5 MATCH expression that finds texts containing every phrase of `query`; "" if nothing is left.

    Whatever the user typed ends up inside quotes as letters and digits, so nothing in it is FTS5 syntax.
    """
    return " AND ".join(f'"{phrase}"{"*" if prefix else ""}' for phrase, prefix in phrases(query, exact=exact))
