"""What posts become."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some
from omnitui_mastodon.mapping import length, message, plain

from omnitui.sdk import Direction, MessageReceived, Unsupported

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "mastodon"
US = {"id": "1", "acct": "desk", "username": "desk"}
ANNA = {"id": "2", "acct": "anna@tea.example", "username": "anna", "display_name": "Anna 🍵"}


def status(**changed: Any) -> dict[str, Any]:
    made = {
        "id": "9",
        "account": ANNA,
        "content": "<p>where is it?</p>",
        "created_at": "2026-11-22T09:00:00.000Z",
        "edited_at": None,
        "visibility": "direct",
        "mentions": [US],
        "media_attachments": [],
        "spoiler_text": "",
        "in_reply_to_id": None,
    }
    return {**made, **changed}


def heard(**changed: Any) -> Any:
    return message(status(**changed), root="7", us=US, now=5)


def test_post_is_of_who_wrote_it_wherever_they_live() -> None:
    found = heard()
    assert isinstance(found, MessageReceived)
    assert (found.contact.address, found.contact.name, found.conversation, found.external_id, found.sent_at) == (
        "anna@tea.example",
        "Anna 🍵",
        "7",
        "9",
        1_795_338_000_000,
    )


def test_who_reads_along_is_said_and_warnings_stand_before_the_text() -> None:
    found = heard(visibility="public", spoiler_text="<order>")
    assert found.subject == "public"
    assert found.text == "<p>[&lt;order&gt;]</p><p>where is it?</p>"


def test_edit_is_a_later_revision() -> None:
    assert heard(edited_at="2026-11-22T09:00:01.000Z").revision == 1_795_338_001_000


def test_what_we_wrote_goes_out_to_whom_it_names() -> None:
    found = heard(account=US, mentions=[ANNA])
    assert (found.direction, found.contact.address, found.author.agent) == (Direction.OUTGOING, ANNA["acct"], True)


def test_files_are_named_and_lie_where_they_lie() -> None:
    (file,) = heard(media_attachments=[{"type": "image", "url": "https://m.example/a/%E8%8C%B6.png"}]).files
    assert (file.name, file.media_type, file.remote) == (
        "茶.png",
        "image/png",
        {"url": "https://m.example/a/%E8%8C%B6.png"},
    )


def test_length_is_counted_as_instances_do() -> None:
    assert length("see https://example.com/a/very/long/address/indeed now") == len("see ") + 23 + len(" now")
    assert length("@anna@tea.example hi") == len("@anna hi")


def test_words_are_compared_without_their_dress() -> None:
    assert plain("<p>a &amp; b<br />c</p>") == plain("a & b\nc")


@pytest.mark.shared
@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.yaml")) or [FIXTURES], ids=lambda path: path.stem)
def test_posts_of_a_real_instance_are_messages(path: Path) -> None:
    seen = 0
    for spoken in yaml.safe_load(path.read_text("utf-8"))["interactions"]:
        body = spoken["response"]["body"]["string"]
        try:
            told = json.loads(body)
        except (ValueError, TypeError):
            continue
        for one in told if isinstance(told, list) else [told]:
            post = one.get("status") or one.get("last_status") or one
            if isinstance(post, dict) and "content" in post and "id" in post:
                assert isinstance(message(post, root="1", us=US, now=5), MessageReceived)
                seen += 1
    assert seen or path.stem == "test_stream_user_direct"


JUNK = some.recursive(
    some.none() | some.integers() | some.text(max_size=4),
    lambda inner: (
        some.lists(inner, max_size=2)
        | some.dictionaries(some.sampled_from(["id", "acct", "username", "url", "type"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(some.sampled_from(list(status())), JUNK)
def test_no_post_raises(name: str, value: Any) -> None:
    assert isinstance(heard(**{name: value}), MessageReceived | Unsupported)
