"""ls, show, search: for people without danger, for programs without loss."""

from __future__ import annotations

import re

import pytest

from omnitui.model.states import Direction, MessageKind, SendState, Status
from omnitui.text.widths import cell_width
from tests.support.command import Desk
from tests.support.desk import a_conversation, a_message

HOSTILE = "\x1b]0;owned\x07\x9b31m[/][@click=app.quit]\u202egnp.exe"
ACTS_ON_TERMINAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def test_ls_lists_newest_first_with_refs_that_other_verbs_take(desk: Desk) -> None:
    a_conversation(desk.cache, "first", subject="Old")
    newest = a_conversation(desk.cache, "second", subject="返品について", contact="田中")
    ran = desk.run("ls", "--jsonl")
    assert ran.code == 0
    assert [item["subject"] for item in ran.objects] == ["返品について", "Old"]
    first = ran.objects[0]
    assert first["v"] == 1
    assert first["type"] == "conversation"
    assert first["id"] == newest.id
    assert newest.id.endswith(first["ref"])
    assert len(first["ref"]) >= 6
    assert first["unread"] == 1
    assert first["status"] == "open"
    assert first["assignee"] is None
    assert first["last_message_at"].endswith("Z")
    assert desk.run("show", first["ref"], "--json").object["id"] == newest.id


def test_ls_takes_queries_counts_and_negated_words(desk: Desk) -> None:
    for number in range(3):
        a_conversation(desk.cache, f"text {number}", subject=f"S{number}", labels=["vip"] if number else [])
    a_conversation(desk.cache, "done", subject="Done", status=Status.RESOLVED)

    def subjects(*words: str) -> list[str]:
        return [item["subject"] for item in desk.run("ls", "--jsonl", *words).objects]

    assert subjects("is:open") == ["S2", "S1", "S0"]
    assert subjects("is:open", "-label:vip") == ["S0"]
    assert subjects("-label:vip", "-n", "5", "is:open") == ["S0"]
    assert subjects("-n", "1", "is:open") == ["S2"]
    assert subjects("is:open label:vip") == ["S2", "S1"]
    assert len(subjects("-n", "0", "is:all")) == 4


def test_ls_in_json_is_one_object(desk: Desk) -> None:
    a_conversation(desk.cache)
    ran = desk.run("ls", "--json")
    assert ran.object["type"] == "list"
    assert [item["type"] for item in ran.object["items"]] == ["conversation"]


def test_ls_with_a_wrong_query_is_a_usage_error_that_names_the_word(desk: Desk) -> None:
    ran = desk.run("ls", "is:opne")
    assert ran.code == 2
    assert "opne" in ran.err
    assert ran.out == ""


def test_ls_without_hits_says_so_beside_the_results(desk: Desk) -> None:
    ran = desk.run("ls", "label:nothing")
    assert (ran.code, ran.out) == (0, "")
    assert "nothing" in ran.err


def test_output_for_people_cannot_act_on_the_terminal(desk: Desk) -> None:
    found = a_conversation(desk.cache, f"body {HOSTILE}", subject=f"Re {HOSTILE}", contact=f"Eve {HOSTILE}")
    a_message(desk.cache, found.id, "reply", files=[f"a{HOSTILE}.pdf"])
    for words in (["ls"], ["show", found.id], ["search", "body"], ["contact", "show", found.id]):
        ran = desk.run(*words)
        assert ran.code == 0
        assert "[@click" in ran.out or words[0] == "search"
        assert ACTS_ON_TERMINAL.search(ran.out.replace("\n", "")) is None


def test_json_loses_nothing_and_cannot_act_on_the_terminal(desk: Desk) -> None:
    found = a_conversation(desk.cache, f"body {HOSTILE}", subject=f"Re {HOSTILE}")
    ran = desk.run("show", "--json", found.id)
    assert ran.object["subject"] == f"Re {HOSTILE}"
    assert ran.object["messages"][0]["text"] == f"body {HOSTILE}"
    assert ACTS_ON_TERMINAL.search(ran.out.replace("\n", "")) is None


def test_show_has_every_message_oldest_first_with_files_and_states(desk: Desk) -> None:
    found = a_conversation(desk.cache, "where is it?")
    a_message(desk.cache, found.id, "on its way", direction=Direction.OUTGOING, state=SendState.FAILED)
    a_message(desk.cache, found.id, "for us", direction=Direction.OUTGOING, kind=MessageKind.NOTE)
    a_message(desk.cache, found.id, "see this", files=["写真.jpg"])
    messages = desk.run("show", found.id[-6:].lower(), "--json").object["messages"]
    assert [item["text"] for item in messages] == ["where is it?", "on its way", "for us", "see this"]
    assert [item["direction"] for item in messages] == ["incoming", "outgoing", "outgoing", "incoming"]
    assert [item["state"] for item in messages] == [None, "failed", None, None]
    assert [item["kind"] for item in messages] == ["public", "public", "note", "public"]
    assert [file["name"] for file in messages[3]["attachments"]] == ["写真.jpg"]
    assert {item["type"] for item in messages} == {"message"}
    text = desk.run("show", found.id).out
    assert text.index("where is it?") < text.index("on its way") < text.index("写真.jpg")
    assert "[note]" in text


def test_show_of_a_long_conversation_is_whole(desk: Desk) -> None:
    found = a_conversation(desk.cache, *(f"message {number}" for number in range(450)))
    messages = desk.run("show", found.id, "--json").object["messages"]
    assert [item["text"] for item in messages] == [f"message {number}" for number in range(450)]


def test_show_of_what_is_not_there_fails(desk: Desk) -> None:
    ran = desk.run("show", "ZZZZZZ")
    assert ran.code == 1
    assert ran.out == ""
    assert "ZZZZZZ" in ran.err


def test_search_finds_japanese_messages_and_names_their_conversation(desk: Desk) -> None:
    wanted = a_conversation(desk.cache, "商品の返金をお願いします", subject="注文")
    a_conversation(desk.cache, "配送について")
    ran = desk.run("search", "返金", "--jsonl")
    assert [item["conversation_id"] for item in ran.objects] == [wanted.id]
    assert ran.objects[0]["type"] == "message"
    assert wanted.id[-6:] in desk.run("search", "返金").out


def test_search_says_how_many_messages_it_cannot_look_at_yet(desk: Desk) -> None:
    a_conversation(desk.cache, "kettle")
    assert desk.run("search", "kettle").err == ""
    desk.cache.write(lambda tx: tx.db.execute("INSERT INTO unindexed SELECT pk FROM message"))
    ran = desk.run("search", "kettle", "--jsonl")
    assert "1 message cannot be searched yet" in ran.err
    assert len(ran.objects) == 1


def test_ids_flow_from_one_verb_into_the_next(desk: Desk) -> None:
    a_conversation(desk.cache, "one")
    a_conversation(desk.cache, "two", labels=["vip"])
    for form in ("--jsonl", "--json", "--profile=default"):
        listed = desk.run("ls", "is:open", form).out
        assert desk.run("resolve", "-", stdin=listed).code == 0
        assert desk.run("ls", "is:open", "--jsonl").objects == []
        desk.run("undo")
    assert desk.run("resolve", "-", stdin=listed).code == 0
    assert desk.run("ls", "is:open", "--jsonl").objects == []
    assert len(desk.run("ls", "is:resolved", "--jsonl").objects) == 2


def test_rows_are_cut_at_the_terminals_edge_in_cells(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    a_conversation(
        desk.cache, subject="返品と交換についてのお問い合わせです" * 5, contact="株式会社とても長い名前", labels=["vip"]
    )
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    line = desk.run("ls").out.rstrip("\n")
    assert 40 < cell_width(line) <= 60


def test_rows_take_the_room_of_a_wide_terminal_several_lines_of_a_small_one_and_are_whole_in_a_pipe(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = "返品と交換についてのお問い合わせです" * 3
    own = a_conversation(desk.cache, subject=subject, contact="株式会社とても長い名前", labels=["vip"]).id
    assert subject in desk.run("ls").out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    (line,) = desk.run("ls").out.splitlines()
    assert subject in line
    assert line.endswith("vip")
    monkeypatch.setenv("COLUMNS", "40")
    lines = desk.run("ls").out.splitlines()
    assert lines[0].startswith(own[-6:])
    assert all(cell_width(line) <= 40 for line in lines)
    assert [lines[1], lines[-1]] == ["  株式会社とても長い名前", "  vip"]
    desk.run("label", own, "--add", "furious")
    monkeypatch.setenv("COLUMNS", "80")
    assert " ".join(desk.run("log").out.split()).endswith("labels: +#furious local")


def test_show_of_a_contact_prints_everything_over_all_channels_in_one_order(desk: Desk) -> None:
    mail = a_conversation(desk.cache, "by mail", subject="Invoice")
    chat = a_conversation(desk.cache, "by chat", channel="line", address="U-ann", contact="Ann C")
    a_message(desk.cache, mail.id, "mail again")
    assert desk.run("contact", "link", mail.contact_id, chat.contact_id).code == 0
    for words in ([mail.contact_id], ["--timeline", mail.id], ["--timeline", chat.contact_id]):
        found = desk.run("show", *words, "--json").object
        assert found["type"] == "timeline"
        assert [item["text"] for item in found["messages"]] == ["by mail", "by chat", "mail again"]
        assert {item["id"] for item in found["conversations"]} == {mail.id, chat.id}
        assert all(item["type"] == "message" for item in found["messages"])
    text = desk.run("show", mail.contact_id).out
    assert text.count("== ") == 3
    assert text.index("by chat") < text.index("mail again")
    assert desk.run("show", "nothing").code == 1


def test_states_are_words_of_the_readers_language_and_times_of_their_zone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = a_conversation(desk.cache, "もう一度", contact="Ann", subject="返品", channel="email").id
    a_message(desk.cache, own, "はい", direction=Direction.OUTGOING, state=SendState.ACCEPTED)
    desk.run("priority", own, "--set", "urgent")
    desk.run("note", own, "--text", "x")
    desk.run("task", "add", own, "call", "back", "2030-05-01T14:30")
    assert "open" in desk.run("ls").out
    contact = desk.run("contact", "show", own)
    assert not re.search(r"T\d\d:\d\d", contact.out)
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert "未対応" in desk.run("ls").out
    shown = desk.run("show", own).out
    assert "未対応 · 緊急 · メール" in shown
    assert "[メモ]" in shown
    assert "(受付済み)" in shown
    assert "折り返し" in desk.run("task", "list").out
    assert "priority" not in desk.run("outbox").out
    assert desk.run("ls", "--json").object["items"][0]["status"] == "open"


@pytest.mark.parametrize(
    "words",
    [["ls", "-n", "x"], ["log", "-n", "-3"], ["search", "a", "-n", "9" * 30], ["rule", "show", "x", "--limit", "2.5"]],
)
def test_count_that_is_none_is_named_in_words(desk: Desk, words: list[str]) -> None:
    ran = desk.run(*words)
    assert ran.code == 2
    assert f"a number from 0 on is needed, not “{words[-1]}”" in ran.err


def test_lists_that_are_empty_say_so_beside_the_results(desk: Desk) -> None:
    desk.cache.me()
    for words in (["task", "list"], ["incident", "list"]):
        ran = desk.run(*words)
        assert (ran.code, ran.out) == (0, "")
        assert "nothing found" in ran.err
    desk.run("incident", "open", "Down")
    assert "no conversation is linked" in desk.run("incident", "say", "down", "--text", "hi", "--dry-run").err
    assert "until" not in desk.run("snooze", "01KJNZ7BT0AQN5PWGQ05XCSYG0", "--until", "2h").err
