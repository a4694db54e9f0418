"""What is searched is found: the analyser against a real FTS5 table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.text.analyser import index_terms, normalised, query_terms

KANJI = st.text(alphabet="東京都返品注文番号の株々〇カーﾊﾟ한국𠮷鿿", max_size=8)
MIXED = st.lists(KANJI | st.sampled_from(["abc", " ", "、", "12", "\n", "!"]), max_size=8).map("".join)


@pytest.fixture(scope="module")
def table() -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE found USING fts5(terms, content='', tokenize='unicode61')")
    yield db
    db.close()


def finds(db: sqlite3.Connection, text: str, query: str) -> bool:
    """Whether `query` finds the one text."""
    terms = index_terms(text)
    db.execute("INSERT INTO found(rowid, terms) VALUES (1, ?)", (terms,))
    try:
        match = query_terms(query)
        return bool(match) and bool(db.execute("SELECT 1 FROM found WHERE found MATCH ?", (match,)).fetchall())
    finally:
        db.execute("INSERT INTO found(found, rowid, terms) VALUES ('delete', 1, ?)", (terms,))


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("返品したいのですが", "返品", True),
        ("返品したいのですが", "返却", False),
        ("東京 京都", "東京都", False),
        ("東京都", "京都", True),
        ("ﾊﾟｿｺﾝが壊れた", "パソコン", True),
        ("ＡＢＣ１２３", "abc1", True),
        ("㈱山田", "株", True),
        ("注文番号ABC-123です", "注文番号 abc-12", True),
        ("Order shipped", "ship", True),
        ("Order shipped", "ordering", False),
        ("佐々木様", "佐々木", True),
        ("返品と交換", "交換 返品", True),
        ("返品と交換", "交換 注文", False),
        ("𠮷野家", "𠮷野", True),
        ("mail foo@example.com now", "foo@example", True),
        ("한국어 문의", "한국어", True),
        ("Größe", "größe", True),
    ],
)
def test_query_finds_what_a_reader_expects(table: sqlite3.Connection, text: str, query: str, found: bool) -> None:
    assert finds(table, text, query) is found


@given(text=MIXED, query=st.text(alphabet="東京都返品注文番号の株々〇カ한국𠮷鿿", min_size=2, max_size=4))
def test_cjk_query_finds_exactly_the_texts_that_contain_it(table: sqlite3.Connection, text: str, query: str) -> None:
    assert finds(table, text, query) is (normalised(query) in normalised(text))


@given(text=MIXED, data=st.data())
def test_every_piece_of_a_cjk_text_is_found(table: sqlite3.Connection, text: str, data: st.DataObject) -> None:
    whole = normalised(text)
    start = data.draw(st.integers(0, max(len(whole) - 2, 0)))
    piece = whole[start : start + 3].split()[:1]
    if piece and len(piece[0]) > 1 and all(char.isalnum() and not char.isascii() for char in piece[0]):
        assert finds(table, text, piece[0])


@given(
    query=st.text(alphabet=st.characters(exclude_categories=()), max_size=60)
    | st.text(alphabet='"*():^-+ANDORNT \0東a', max_size=30)
)
def test_no_query_is_fts_syntax(table: sqlite3.Connection, query: str) -> None:
    finds(table, "text 東京", query)


@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=60))
def test_any_text_can_be_indexed(table: sqlite3.Connection, text: str) -> None:
    finds(table, text, "x")


@pytest.mark.parametrize("query", ["", "   ", '"', "*", "。、", "\x00", "🙂"])
def test_query_without_words_is_empty(query: str) -> None:
    assert query_terms(query) == ""


def test_query_quotes_and_stars_as_documented() -> None:
    assert query_terms("東京都 返 foo bär") == '"東京 京都" AND "返"* AND "foo"* AND "bär"*'
