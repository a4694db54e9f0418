"""What events become, and how texts read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from omnitui_slack.mapping import Desk, events, people_of
from omnitui_slack.markup import readable, sign, written

from omnitui.sdk import MessageDeleted, Unsupported

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "slack"
DESK = Desk("UBOT", "BBOT", "Tea")
NAMES = {"UMEI": "芽衣"}


def heard(**event: Any) -> Any:
    given_ = {"type": "message", "channel": "C1", "user": "UMEI", "ts": "1780000000.000100", **event}
    found = events(given_, DESK, NAMES, 5)
    return found[0] if len(found) == 1 else found


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<@UMEI> in <#C1|tea>: <https://a.example|here>", "@芽衣 in #tea: here (https://a.example)"),
        ("<!here> &lt;b&gt; &amp;", "@here <b> &"),
        ("<!subteam^S1|@desk> <mailto:a@b.example|a@b.example>", "@desk a@b.example"),
        ("<https://a.example>", "https://a.example"),
    ],
)
def test_marks_read_as_people_read_them(text: str, read: str) -> None:
    assert readable(text, NAMES) == read


@given(some.text())
def test_what_is_written_reads_as_it_was_meant(text: str) -> None:
    assert readable(written(text), {}) == text


def test_reactions_show_as_they_look_or_by_name() -> None:
    assert (sign("+1"), sign("+1::skin-tone-2"), sign("our-logo")) == ("👍", "👍", ":our-logo:")


def test_thread_and_direct_conversations_are_told_apart() -> None:
    assert heard(text="x").conversation == "C1:1780000000.000100"
    assert heard(text="x", thread_ts="1.1").conversation == "C1:1.1"
    assert heard(text="x", channel="D1", channel_type="im").conversation == "D1"


def test_edit_is_a_later_revision_and_an_unfolded_link_is_nothing() -> None:
    message = {"user": "UMEI", "ts": "1780000000.000100", "text": "new", "edited": {"ts": "1780000009.000000"}}
    found = heard(subtype="message_changed", message=message, previous_message={"text": "old"})
    assert (found.text, found.revision) == ("new", 1_780_000_009_000)
    assert heard(subtype="message_changed", message=message, previous_message={"text": "new"}) == ()


def test_deletion_names_its_message_also_as_a_tombstone() -> None:
    assert heard(subtype="message_deleted", deleted_ts="7.1") == MessageDeleted("C1:7.1", 1_780_000_000_000)
    gone = {"subtype": "tombstone", "ts": "7.1", "text": "This message was deleted."}
    assert heard(subtype="message_changed", message=gone) == MessageDeleted("C1:7.1", 1_780_000_000_000)


def test_furniture_is_no_message_and_what_is_new_is_kept_raw() -> None:
    assert heard(subtype="channel_join", text="<@UMEI> has joined") == ()
    assert heard(type="user_huddle_changed") == ()
    assert isinstance(heard(type="brand_new"), Unsupported)
    assert isinstance(heard(subtype="brand_new", text="x"), Unsupported)


def test_all_whom_an_event_names_are_asked_for() -> None:
    assert people_of({"user": "UMEI", "text": "<@UJIM>", "parent_user_id": "WKEN"}) == {"UMEI", "UJIM", "WKEN"}


@pytest.mark.shared
@pytest.mark.parametrize("path", sorted((FIXTURES / "events").glob("*.json")) or [FIXTURES], ids=lambda path: path.stem)
def test_payloads_of_slack_are_understood_or_kept_raw(path: Path) -> None:
    event = json.loads(path.read_text("utf-8")).get("event", {})
    found = events(event, DESK, NAMES, 5)
    assert isinstance(found, tuple)
    people_of(event)


JUNK = some.recursive(
    some.none() | some.integers() | some.text(max_size=4),
    lambda inner: (
        some.lists(inner, max_size=2)
        | some.dictionaries(some.sampled_from(["ts", "text", "user", "files", "message", "item"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    some.sampled_from([None, "message_changed", "message_deleted", "file_share", "?"]),
    some.sampled_from(["message", "reaction_added"]),
    some.sampled_from(["ts", "text", "files", "message", "item", "edited", "metadata", "channel", "thread_ts"]),
    JUNK,
)
def test_no_event_raises(subtype: str | None, kind: str, name: str, value: Any) -> None:
    event = {"type": kind, "channel": "C1", "user": "UMEI", "ts": "1.1", "text": "x", "subtype": subtype, name: value}
    assert isinstance(events(event, DESK, NAMES, 5), tuple)
    people_of(event)
