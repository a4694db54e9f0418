"""What a filter leaves of a list: among the newest by looking, among older ones by the index."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from omnitui.desk.querying.parsing import parse
from omnitui.store.arriving import fulltext
from omnitui.store.cache import Cache
from omnitui.store.reads import inbox, narrowing
from tests.support.desk import a_cache, a_conversation

NOW = 1_763_700_000_000


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    made = a_cache(tmp_path)
    for number, (contact, subject, text) in enumerate(
        (
            ("Ann", "Parcel one", "first"),
            ("Bo", "Nothing", "the parcel came"),
            ("Parcela Gomez", "Hi", "there"),
            ("Cem", "返金のお願い", "ﾍﾟﾝ を返品"),
            ("Dora", "100% _off_", "x"),
        )
    ):
        a_conversation(made, text, contact=contact, subject=subject, address=f"p{number}@example.com")
    return made


def found(cache: Cache, *words: str, query: str = "is:open") -> list[str]:
    parsed = parse(query, now=NOW, me="G", zone=datetime.UTC)
    return [row.contact for row in cache.read(narrowing.narrowed, parsed, words)]


def test_contact_subject_and_snippet_are_looked_at_newest_first(cache: Cache) -> None:
    assert found(cache, "parcel") == ["Parcela Gomez", "Bo", "Ann"]
    assert found(cache, "parcel", "came") == ["Bo"]
    assert found(cache, "返金") == ["Cem"]
    assert found(cache, "zzz") == []


def test_signs_of_patterns_mean_themselves(cache: Cache) -> None:
    assert found(cache, "100%") == ["Dora"]
    assert found(cache, "_off") == ["Dora"]
    assert found(cache, "%") == ["Dora"]
    assert found(cache, "'") == []


def test_view_bounds_what_is_found(cache: Cache) -> None:
    assert found(cache, "parcel", query="is:resolved") == []
    assert found(cache, "parcel", query="from:bo") == ["Bo"]


def test_older_rows_than_are_looked_at_are_found_by_the_index(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write(lambda tx: fulltext.index_pending(tx, 100))
    monkeypatch.setattr(narrowing, "SCANNED", 1)
    assert found(cache, "parcel") == ["Parcela Gomez", "Bo"]
    assert found(cache, "first") == ["Ann"]


def test_ids_between_two_rows_are_those_that_the_list_shows(cache: Cache) -> None:
    query = parse("is:open", now=NOW, me="G", zone=datetime.UTC)
    rows = cache.read(inbox.page, query)
    upper, lower = ((row.last_activity_at, row.id) for row in (rows[1], rows[3]))
    assert cache.read(inbox.between, query, upper, lower, limit=9) == [row.id for row in rows[1:4]]
    assert cache.read(inbox.between, query, limit=2) == [row.id for row in rows[:2]]
    some = cache.read(inbox.conversations, [rows[0].id, rows[2].id, "gone"])
    assert {row.id for row in some} == {rows[0].id, rows[2].id}
