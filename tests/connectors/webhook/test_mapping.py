"""What a mapping makes of calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omnitui_webhook.mapping import events, told
from omnitui_webhook.rules import kept, read, rules

from omnitui.sdk import (
    ContactChanged,
    Delivery,
    Direction,
    Event,
    MessageDeleted,
    MessageReceived,
    OmniError,
    RemoteFile,
    Unsupported,
)

AT = 1_780_000_000_000
GITHUB = """
[[ignore]]
when = { action = ["labeled", "unlabeled", "pinned"] }

[[deleted]]
when = { action = "deleted" }
external_id = "comment.id"

[[message]]
when = { action = ["created", "edited"] }
conversation = { template = "{repository.full_name}#{issue.number}" }
external_id = "comment.id"
revision = "comment.updated_at"
address = "issue.user.login"
author_address = "comment.user.login"
subject = "issue.title"
text = "comment.body"
sent_at = "comment.created_at"
picture = "issue.user.avatar_url"
fields = { Repository = "repository.full_name", Labels = "issue.labels[0].name" }

[[message]]
when = { action = "opened" }
conversation = { template = "{repository.full_name}#{issue.number}" }
external_id = "issue.id"
address = "issue.user.login"
subject = "issue.title"
text = { path = "issue.body", default = "(no words)" }
sent_at = "issue.created_at"
"""
FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "github"


def made(mapping: str, body: Any, content_type: str = "application/json") -> list[Event]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return events(Delivery(7, AT, raw, (), content_type), rules(mapping, "m.toml"), channel="webhook", inbox="shop")


def message(mapping: str, body: Any, content_type: str = "application/json") -> MessageReceived:
    (only,) = made(mapping, body, content_type)
    assert isinstance(only, MessageReceived), only
    return only


def a_rule(lines: str) -> str:
    return f'[[message]]\naddress = "from"\n{lines}\n'


COMMENT = {
    "action": "created",
    "repository": {"full_name": "hinode/tea"},
    "issue": {
        "number": 17,
        "title": "Where is it?",
        "user": {"login": "mei", "avatar_url": "https://a/b.png"},
        "labels": [{"name": "late"}],
    },
    "comment": {
        "id": 900,
        "body": "はい",
        "user": {"login": "ann"},
        "created_at": "2026-11-22T09:00:00Z",
        "updated_at": "2026-11-22T09:05:00Z",
    },
}


def test_a_comment_is_a_message_with_all_that_the_mapping_says() -> None:
    comment, contact = made(GITHUB, COMMENT)
    assert isinstance(comment, MessageReceived)
    assert (comment.conversation, comment.external_id, comment.text) == ("hinode/tea#17", "900", "はい")
    assert (comment.contact.address, comment.author.address, comment.subject) == ("mei", "ann", "Where is it?")
    assert (comment.sent_at, comment.received_at) == (1_795_338_000_000, AT)
    assert comment.revision == 1_795_338_300_000
    assert comment.direction is Direction.INCOMING
    assert contact == ContactChanged(
        "webhook", "mei", fields=(("Repository", "hinode/tea"), ("Labels", "late")), picture="https://a/b.png"
    )


def test_what_the_mapping_ignores_is_nothing_and_what_it_calls_deleted_is_taken_back() -> None:
    assert made(GITHUB, {"action": "labeled"}) == []
    assert made(GITHUB, {**COMMENT, "action": "deleted"}) == [MessageDeleted("900", AT)]


def test_a_call_of_no_rule_is_kept_as_it_came() -> None:
    (odd,) = made(GITHUB, {"action": "starred"})
    assert isinstance(odd, Unsupported)
    assert (odd.kind, odd.raw, odd.channel) == ("webhook of no rule", b'{"action": "starred"}', "webhook")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "unreadable"),
        (b"{", "unreadable"),
        (b"\xff\xfe\x00", "unreadable"),
        (b"[" * 100_000, "unreadable"),
        (b'{"text": "x"}', "without an address"),
        (b'{"from": "mei"}', "without words"),
        (b'{"from": {"a": 1}, "text": "x"}', "without an address"),
        (b'{"from": "mei", "text": ["a", {"b": 1}]}', "without words"),
    ],
)
def test_what_makes_no_message_is_kept_and_says_why(body: bytes, why: str) -> None:
    (odd,) = made(a_rule('text = "text"'), body)
    assert isinstance(odd, Unsupported)
    assert odd.kind == f"webhook {why}"
    assert odd.raw


def test_each_message_of_a_call_counts_and_sees_the_whole() -> None:
    mapping = '[[message]]\neach = "messages"\naddress = "$.shop.customer"\ntext = "body"\nexternal_id = "id"'
    found = made(mapping, {"shop": {"customer": "mei"}, "messages": [{"id": 1, "body": "a"}, {"id": 2}, {"body": "c"}]})
    assert [getattr(one, "text", "") for one in found] == ["a", "", "c"]
    assert isinstance(found[1], Unsupported)
    assert found[0].external_id == "1"  # type: ignore[union-attr]
    again = made(mapping, {"shop": {"customer": "mei"}, "messages": [{"body": "a"}, {"body": "a"}]})
    assert len({one.external_id for one in again}) == 2  # type: ignore[union-attr]
    (none,) = made(mapping, {"shop": {"customer": "mei"}, "messages": []})
    assert isinstance(none, Unsupported)


def test_what_has_no_id_gets_the_same_one_each_time_it_is_handed_out() -> None:
    first, second = (message(a_rule('text = "t"'), {"from": "mei", "t": "x"}).external_id for _ in range(2))
    assert first == second
    assert message(a_rule('text = "t"'), {"from": "mei", "t": "y"}).external_id != first


@pytest.mark.parametrize(
    ("line", "said", "expected"),
    [
        ('text = "a.b"', {"a": {"b": "x"}}, "x"),
        ('text = "a[1].b"', {"a": [0, {"b": "x"}]}, "x"),
        ('text = "a[-1]"', {"a": ["y", "x"]}, "x"),
        ("""text = 'a["b.c d"]'""", {"a": {"b.c d": "x"}}, "x"),
        ('text = "$.a"', {"a": "x"}, "x"),
        ('text = "a"', {"a": 7}, "7"),
        ('text = "a"', {"a": 0}, "0"),
        ('text = "a"', {"a": True}, "true"),
        ('text = "a"', {"a": ["x", 1]}, "x, 1"),
        ('text = ["a", "b"]', {"b": "x"}, "x"),
        ('text = ["a", "b"]', {"a": {"c": 1}, "b": "x"}, "x"),
        ('text = { path = "a", default = "x" }', {}, "x"),
        ('text = { path = ["a", "b"], default = "y" }', {"b": "x"}, "x"),
        ('text = { value = "x" }', {}, "x"),
        ('text = { template = "{a} of {b.c}{{}}" }', {"a": 1, "b": {"c": 2}}, "1 of 2{}"),
    ],
)
def test_a_line_reads_what_it_names(line: str, said: dict[str, Any], expected: str) -> None:
    assert message(a_rule(line), {"from": "mei", **said}).text == expected


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ('{ "a.b" = 7 }', True),
        ('{ "a.b" = "7" }', True),
        ('{ "a.b" = [6, 7] }', True),
        ('{ "a.b" = 8 }', False),
        ("{ yes = true }", True),
        ("{ yes = 1 }", False),
        ('{ many = "y" }', True),
        ('{ many = "z" }', False),
        ('{ none = "" }', False),
        ('{ "a.b" = 7, yes = false }', False),
        ("{}", True),
    ],
)
def test_a_condition_asks_what_it_says(when: str, fits: bool) -> None:
    body = {"from": "mei", "text": "x", "a": {"b": 7}, "yes": True, "many": ["x", "y"], "none": None}
    (found,) = made(a_rule(f'text = "text"\nwhen = {when}'), body)
    assert isinstance(found, MessageReceived) is fits


@pytest.mark.parametrize(
    ("more", "said", "expected"),
    [
        ("", "2026-11-22T09:00:00Z", 1_795_338_000_000),
        ("", "2026-11-22T18:00:00.5+09:00", 1_795_338_000_500),
        ('zone = "Asia/Tokyo"', "2026-11-22T18:00:00", 1_795_338_000_000),
        ("", "Sun, 22 Nov 2026 09:00:00 +0000", 1_795_338_000_000),
        ("", 1_795_338_000, 1_795_338_000_000),
        ("", "1795338000.25", 1_795_338_000_250),
        ("", 1_795_338_000_123, 1_795_338_000_123),
        ('sent_at_format = "%d.%m.%Y %H:%M"\nzone = "Europe/Berlin"', "22.11.2026 10:00", 1_795_338_000_000),
        ("", "yesterday", AT),
        ("", "", AT),
        ("", 10**30, AT),
        ("", "٣", AT),
        ("", "9999999999999999", AT),
        ("", None, AT),
    ],
)
def test_times_are_read_however_they_are_written(more: str, said: object, expected: int) -> None:
    found = message(a_rule(f'text = "t"\nsent_at = "at"\n{more}'), {"from": "mei", "t": "x", "at": said})
    assert found.sent_at == expected


def test_files_are_named_by_their_addresses_or_by_what_is_said_of_them() -> None:
    plain = message(a_rule('files = "urls"'), {"from": "mei", "urls": ["https://x/a%20b.pdf?t=1", "https://x/", "", 7]})
    assert plain.files == (
        RemoteFile("a b.pdf", "application/pdf", 0, remote={"url": "https://x/a%20b.pdf?t=1"}),
        RemoteFile("file", "application/octet-stream", 0, remote={"url": "https://x/"}),
        RemoteFile("7", "application/octet-stream", 0, remote={"url": "7"}),
    )
    told_of = message(
        a_rule('files = { each = ["data.files", "files"], url = "u", name = "n", type = "t", size = "s" }'),
        {"from": "mei", "files": [{"u": "https://x/1", "n": "写真.jpg", "t": "image/jpeg", "s": 12}, {"n": "x"}]},
    )
    assert told_of.files == (RemoteFile("写真.jpg", "image/jpeg", 12, remote={"url": "https://x/1"}),)


def test_our_own_words_written_elsewhere_are_outgoing() -> None:
    said = message(a_rule('text = "t"\noutgoing = true\nauthor_name = "by"'), {"from": "mei", "t": "x", "by": "Ann"})
    assert (said.direction, said.author.agent, said.author.name) == (Direction.OUTGOING, True, "Ann")
    assert said.contact.address == "mei"


def test_a_form_without_a_mapping_of_its_own_is_understood() -> None:
    body = b"name=%E8%8A%BD%E8%A1%A3&email=mei%40example.com&subject=Tea&message=Where%0D%0Ais+it%3F&extra=1&extra=2"
    delivery = Delivery(7, AT, body, (), "application/x-www-form-urlencoded; charset=UTF-8")
    said, known = events(delivery, kept("webform"), channel="webform", inbox="Contact")
    assert isinstance(said, MessageReceived)
    assert known == ContactChanged("webform", "mei@example.com", also=(("email", "mei@example.com"),))
    assert (said.contact.address, said.contact.name, said.subject) == ("mei@example.com", "芽衣", "Tea")
    assert said.text == "Where\r\nis it?"
    assert (said.channel, said.inbox, said.conversation) == ("webform", "Contact", "mei@example.com")


def test_json_under_the_name_of_a_form_is_json() -> None:
    said = message(a_rule('text = "t"'), {"from": "mei", "t": "a=b&c"}, "application/x-www-form-urlencoded")
    assert said.text == "a=b&c"


def test_an_email_that_is_none_belongs_to_nobody() -> None:
    for email in ("mei", "mei@localhost", "a@b.c, d@e.f", "mei@example.com\nBcc: x@y.z", 7, ["a@b.c"] * 200):
        (said,) = made(a_rule('text = "t"\nemail = "mail"'), {"from": "mei", "t": "x", "mail": email})
        assert isinstance(said, MessageReceived)


def test_a_plain_call_without_a_mapping_of_its_own_is_understood() -> None:
    body = {"type": "message", "data": {"id": "m1", "from": {"address": "mei", "name": "芽衣"}, "text": "x"}}
    (said,) = events(Delivery(7, AT, json.dumps(body).encode()), kept("webhook"), channel="webhook", inbox="shop")
    assert isinstance(said, MessageReceived)
    assert (said.external_id, said.contact.address, said.text) == ("m1", "mei", "x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[message]]\naddress = "a..b"', "[[message]] 1: “address”: “a..b” makes no sense from “..b” on"),
        ('[[message]]\naddress = "a b"', "makes no sense from “ b” on"),
        ('[[message]]\naddress = "a[x]"', "makes no sense from “[x]” on"),
        ('[[message]]\naddress = ""', "an empty path"),
        ('[[message]]\naddress = 7', "takes a path"),
        ('[[message]]\naddress = "a"\ntxt = "b"', "there is no “txt”; known: when"),
        ('[[message]]\ntext = "a"', "“address” is missing"),
        ('[[message]]\naddress = "a"\n[[message]]\naddress = { template = "{a" }', "[[message]] 2: “address”: a brace"),
        ('[[message]]\naddress = "a"\nwhen = "x"', "“when”: takes a table"),
        ('[[message]]\naddress = "a"\nwhen = { a = { b = 1 } }', "“when”: compares with words"),
        ('[[message]]\naddress = "a"\nzone = "Mars"', "there is no zone “Mars”"),
        ('[[message]]\naddress = "a"\nfiles = { each = "x" }', "“files”: takes the path"),
        ('[[message]]\naddress = "a"\nfields = "x"', "“fields” takes a table"),
        ('[[message]]\naddress = "a"\neach = ["x"]', "“each”: takes one path"),
        ('[message]\naddress = "a"', "double brackets"),
        ("[[ignore]]\nwhen = { a = 1 }", "of no call that it is a message"),
        ("[[note]]", "there is no “note”"),
        ('sample = ["x"]\n[[message]]\naddress = "a"', "“sample” takes the name"),
        ("x =", "Invalid value (at end of document)"),
        ('[[deleted]]\nexternal_id = "x"\n[[message]]\naddress = "a"', "[[deleted]] 1: “when” is missing"),
    ],
)  # fmt: skip
def test_a_mapping_that_makes_no_sense_says_where(text: str, said: str) -> None:
    with pytest.raises(OmniError) as raised:
        rules(text, "m.toml")
    assert raised.value.message.startswith("m.toml")
    assert said in raised.value.message


def test_a_mapping_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(OmniError, match="whole path"):
        read("m.toml")
    with pytest.raises(OmniError, match="cannot be read"):
        read(str(tmp_path / "m.toml"))
    (tmp_path / "latin").write_bytes(b"\xff")
    with pytest.raises(OmniError, match="UTF-8"):
        read(str(tmp_path / "latin"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "from",
                    "data",
                    "text",
                    "files",
                    "address",
                    "id",
                    "url",
                    "sent_at",
                    "action",
                    "comment",
                    "issue",
                    "user",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from([kept("webhook"), kept("webform"), rules(GITHUB, "github.toml")]))
def test_no_call_whatever_raises_or_is_lost(body: Any, mapping: Any) -> None:
    found = events(Delivery(7, AT, json.dumps(body).encode()), mapping, channel="webhook", inbox="shop")
    assert found or (isinstance(body, dict) and "action" in body)
    assert told(found)


@pytest.mark.shared
@pytest.mark.skipif(not FIXTURES.exists(), reason="../shared is not here")
def test_githubs_own_payloads_are_messages_deletions_or_kept() -> None:
    kinds: dict[str, set[str]] = {}
    for path in sorted(FIXTURES.glob("*/*.json")):
        found = made(GITHUB, path.read_bytes())
        for event in found:
            kinds.setdefault(f"{path.parent.name}/{path.name.partition('.')[0]}", set()).add(type(event).__name__)
    assert kinds["issue_comment/created"] == {"MessageReceived", "ContactChanged"}
    assert kinds["issue_comment/deleted"] == {"MessageDeleted"}
    assert kinds["issues/opened"] == {"MessageReceived"}
    assert kinds["ping/payload"] == {"Unsupported"}
    assert "issues/labeled" not in kinds


def test_messages_beyond_the_most_that_are_read_of_a_call_are_kept_raw() -> None:
    rule = rules('[[message]]\neach = "all"\naddress = "who"\ntext = "words"\n', "m.toml")
    body = json.dumps({"all": [{"who": "mei", "words": "茶"}] * 501}).encode()
    made = events(Delivery(1, AT, body, (), "application/json"), rule, channel="webhook", inbox="shop")
    assert [type(one) for one in made] == [MessageReceived] * 500 + [Unsupported]
    assert isinstance(made[-1], Unsupported)
    assert made[-1].raw == body
