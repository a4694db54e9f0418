"""Beginnings of words in a full-text expression, replaced by the words of the index that begin so.

FTS5 gathers the finds of all words with a beginning before it gives the first one: 35 ms for "re" in a million
messages, whatever part of them is asked for. Words given one by one are read as far as they are needed.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from functools import partial
from typing import Final

MOST: Final = 400
"""Words that are given one by one; a beginning of more of them is mostly one of seldom words."""
MOST_IN_CJK: Final = 16
"""The same behind Chinese, Japanese or Korean, where each word repeats a phrase of many parts."""

_BEGINNING: Final = re.compile(r'"([^"]*)"\*')
_WORDS: Final = """
    WITH RECURSIVE one(word) AS (
        SELECT (SELECT term FROM temp.words WHERE term >= ?1 AND term < ?2 LIMIT 1)
        UNION ALL
        SELECT (SELECT term FROM temp.words WHERE term >= one.word || char(1) AND term < ?2 LIMIT 1)
        FROM one WHERE one.word IS NOT NULL LIMIT ?3
    )
    SELECT word FROM one WHERE word IS NOT NULL"""
"""From each word straight to the next one, without a look at how often it stands anywhere."""
_VOCABULARY: Final = "CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, message_fts, instance)"
_END: Final = "\U0010ffff"


def widened(db: sqlite3.Connection, expression: str) -> str:
    """`expression` (of `omnitui.text.analyser.query_terms`) with the words themselves in place of beginnings.

    One letter alone that begins too many words stands for itself.
    """
    return _BEGINNING.sub(partial(_alternatives, db), expression)


def _alternatives(db: sqlite3.Connection, match: re.Match[str]) -> str:
    phrase = match[1]
    before, space, last = phrase.rpartition(" ")
    begin = last.lower()
    if unicodedata.normalize("NFD", begin) != begin:
        return match[0]  # which marks the index leaves out is SQLite's to say
    if len(begin) > 1 and any(map(str.isdigit, begin)):
        return match[0]  # numbers are many and each is seldom: FTS5 has gathered them before we have named them
    most = MOST if before.isascii() else MOST_IN_CJK
    _open_vocabulary(db)
    words = [row[0] for row in db.execute(_WORDS, (begin, begin + _END, most + 1))]
    if 0 < len(words) <= most:
        return "(" + " OR ".join(f'"{before}{space}{word}"' for word in words) + ")"
    return f'"{phrase}"' if words and not before and len(last) == 1 else match[0]


def _open_vocabulary(db: sqlite3.Connection) -> None:
    """Give `db` the table of the index's words, unless it has it."""
    try:
        db.execute("SELECT term FROM temp.words LIMIT 0")
    except sqlite3.OperationalError:
        # A connection that only reads makes no table of its own either.
        reads_only = db.execute("PRAGMA query_only").fetchone()[0]
        db.execute("PRAGMA query_only = 0")
        try:
            db.execute(_VOCABULARY)
        finally:
            db.execute(f"PRAGMA query_only = {reads_only:d}")
