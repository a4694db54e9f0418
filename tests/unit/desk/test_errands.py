"""Tasks in words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.clock import Millis
from omnitui.desk.promises.errands import errand
from omnitui.errors import UsageError
from omnitui.model.tasks import TaskKind

TOKYO = ZoneInfo("Asia/Tokyo")
BACK, UP = TaskKind.CALL_BACK, TaskKind.FOLLOW_UP


def at(text: str) -> Millis:
    return round(datetime.fromisoformat(text).replace(tzinfo=TOKYO).timestamp() * 1000)


NOW = at("2026-05-13T10:20")


@pytest.mark.parametrize(
    ("words", "kind", "moment", "text"),
    [
        ("follow up tomorrow 9", UP, "2026-05-14T09:00", ""),
        ("tomorrow 9", UP, "2026-05-14T09:00", ""),
        ("call back 14:30", BACK, "2026-05-13T14:30", ""),
        ("Call-back 14:30 about the invoice", BACK, "2026-05-13T14:30", "about the invoice"),
        ("callback 2h: +81 90 1234 5678", BACK, "2026-05-13T12:20", "+81 90 1234 5678"),
        ("call tomorrow", BACK, "2026-05-14T09:00", ""),
        ("ask for the photo in 2h", UP, "2026-05-13T12:20", "ask for the photo"),
        ("send the calling card monday 14:30", UP, "2026-05-18T14:30", "send the calling card"),
        ("called them already, look again tomorrow", UP, "2026-05-14T09:00", "called them already, look again"),
        ("明日の朝 折り返し", BACK, "2026-05-14T09:00", ""),
        ("明日10時に折り返し電話", BACK, "2026-05-14T10:00", ""),
        ("電話 3時間後 返品の件", BACK, "2026-05-13T13:20", "返品の件"),
        ("フォロー 明日", UP, "2026-05-14T09:00", ""),
    ],
)
def test_words_say_kind_time_and_matter(words: str, kind: TaskKind, moment: str, text: str) -> None:
    found = errand(words, now=NOW, zone=TOKYO)
    assert (found.kind, found.due_at, found.text) == (kind, at(moment), text)


@pytest.mark.parametrize("words", ["", "call back", "follow up about the refund", "call back 2020-01-01"])
def test_words_without_a_time_to_come_are_refused(words: str) -> None:
    with pytest.raises(UsageError):
        errand(words, now=NOW, zone=TOKYO)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_no_words_break_it(words: str) -> None:
    try:
        found = errand(words, now=NOW, zone=TOKYO)
    except UsageError:
        return
    assert found.due_at > NOW
