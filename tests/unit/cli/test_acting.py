"""The verbs that change something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from omnitui.clock import SystemClock
from omnitui.model.accounts import Account
from omnitui.model.states import Reach, SendState, Status, Verb
from omnitui.sdk import Template, snapshot
from omnitui.sdk.capabilities import Capabilities, Idempotency
from omnitui.services.acting.operations import Operations
from omnitui.store import outbox
from omnitui.store.accounts import put_agent, set_templates
from omnitui.sync.lease import Lease
from tests.support.command import Desk
from tests.support.desk import a_conversation, a_message, an_account, conversation

REMOTE = Capabilities(
    idempotency=Idempotency.DEDUPLICATED,
    subject=True,
    cc=True,
    mail=True,
    attachments=True,
    can_start=True,
    reach=dict.fromkeys((Verb.READ, Verb.STATUS), Reach.REMOTE),
)


def a_mail_account(desk: Desk) -> Account:
    return an_account(desk.cache, "Mail", capabilities=snapshot.take(lambda channel: REMOTE, ("email",)))


def test_reply_prints_its_op_and_is_held(desk: Desk) -> None:
    found = a_conversation(desk.cache, account=a_mail_account(desk))
    ran = desk.run("reply", found.id, "--text", "ただいま確認します", "--hold", "30")
    assert ran.code == 0
    op_id = ran.out.strip()
    entry = desk.run("outbox", "--jsonl").objects[0]
    assert (entry["id"], entry["type"], entry["state"], entry["verb"]) == (op_id, "outbox", "held", "reply")
    assert "outbox" in ran.err
    messages = desk.run("show", found.id, "--json").object["messages"]
    assert (messages[-1]["text"], messages[-1]["state"]) == ("ただいま確認します", "held")


def test_reply_says_nothing_more_while_somebody_is_syncing(desk: Desk) -> None:
    found = a_conversation(desk.cache, account=a_mail_account(desk))
    lease = Lease(desk.profile.state)
    assert lease.acquire()
    try:
        assert desk.run("reply", found.id, "--text", "ok").err == ""
    finally:
        lease.release()


def test_reply_reads_standard_input_with_options_in_any_order(desk: Desk, tmp_path: Path) -> None:
    found = a_conversation(desk.cache, account=a_mail_account(desk))
    file = tmp_path / "請求書.pdf"
    file.write_bytes(b"%PDF")
    ran = desk.run("reply", "--attach", str(file), found.id[-8:], "-", "--hold", "0", "--json", stdin="two\nlines\n")
    assert ran.code == 0
    assert ran.object["type"] == "op"
    message = desk.run("show", found.id, "--json").object["messages"][-1]
    assert message["text"] == "two\nlines"
    assert message["state"] == "queued"
    assert [item["name"] for item in message["attachments"]] == ["請求書.pdf"]


@pytest.mark.parametrize(
    ("words", "stdin", "code"),
    [
        ([], "", 2),
        (["--text", "  "], "", 2),
        (["-"], "", 2),
        (["--text", "x", "-"], "y", 2),
        (["-"], b"\xff\xfe", 2),
        (["--text", "x", "--hold", "-1"], "", 2),
        (["--text", "x", "--hold", "nan"], "", 2),
        (["--text", "x", "--attach", "/nonexistent"], "", 1),
        (["--text", "x", "--cc", "nobody"], "", 1),
    ],
)
def test_reply_that_makes_no_sense_leaves_nothing(desk: Desk, words: list[str], stdin: str | bytes, code: int) -> None:
    found = a_conversation(desk.cache, account=a_mail_account(desk))
    ran = desk.run("reply", found.id, *words, stdin=stdin)
    assert ran.code == code
    assert ran.err.startswith("omnitui: ")
    assert ran.out == ""
    assert desk.run("outbox", "--jsonl").objects == []


def test_note_stays_here(desk: Desk) -> None:
    found = a_conversation(desk.cache, account=a_mail_account(desk))
    ran = desk.run("note", found.id, "--text", "call back")
    assert (ran.code, ran.err) == (0, "")
    assert desk.run("show", found.id, "--json").object["messages"][-1]["kind"] == "note"
    assert desk.run("outbox", "--jsonl").objects == []


def test_new_begins_a_conversation(desk: Desk) -> None:
    a_conversation(desk.cache, account=a_mail_account(desk))
    ran = desk.run("new", "--account", "Mail", "--to", "bo@example.com", "--subject", "Hej", "--text", "-", stdin="hi")
    assert ran.code == 0
    begun = next(item for item in desk.run("ls", "is:all", "--jsonl").objects if item["subject"] == "Hej")
    assert desk.run("show", begun["id"], "--json").object["messages"][0]["to"] == ["bo@example.com"]


def test_new_from_an_unknown_account_fails_and_names_those_there_are(desk: Desk) -> None:
    a_mail_account(desk)
    ran = desk.run("new", "--account", "Nope", "--to", "bo@example.com", "--text", "x")
    assert ran.code == 1
    assert "Mail" in ran.err


def test_several_are_resolved_as_one_act_and_undone_as_one(desk: Desk) -> None:
    found = [a_conversation(desk.cache, f"{number}") for number in range(3)]
    ran = desk.run("resolve", *(item.id for item in found), "--reason", "spam wave")
    assert len(ran.out.split()) == 3
    assert {conversation(desk.cache, item.id).status for item in found} == {Status.RESOLVED}
    assert desk.run("undo").code == 0
    assert {conversation(desk.cache, item.id).status for item in found} == {Status.OPEN}
    assert desk.run("redo").code == 0
    assert {conversation(desk.cache, item.id).status for item in found} == {Status.RESOLVED}
    log = desk.run("log", "--jsonl").objects
    assert [item["reason"] for item in log][-3:] == ["spam wave"] * 3
    assert log[0]["redoes"] is not None


def test_undo_and_redo_say_what_they_did(desk: Desk) -> None:
    conversation = a_conversation(desk.cache, "hello")
    desk.run("priority", conversation.id, "--set", "high")
    assert desk.run("undo").err.splitlines()[0] == "taken back: priority: normal → high"
    assert desk.run("redo").err.splitlines()[0] == "done again: priority: normal → high"


def test_one_op_is_undone_and_redone_by_its_id(desk: Desk) -> None:
    first, second = a_conversation(desk.cache, "a"), a_conversation(desk.cache, "b")
    op_id = desk.run("close", first.id).out.strip()
    desk.run("close", second.id)
    assert desk.run("undo", op_id[-6:]).code == 0
    assert conversation(desk.cache, first.id).status is Status.OPEN
    assert conversation(desk.cache, second.id).status is Status.CLOSED
    assert desk.run("redo", op_id).code == 0
    assert conversation(desk.cache, first.id).status is Status.CLOSED


def test_ids_that_are_not_found_are_told_and_the_rest_is_done(desk: Desk) -> None:
    found = a_conversation(desk.cache)
    ran = desk.run("resolve", "ZZZZZZ", found.id)
    assert ran.code == 1
    assert "ZZZZZZ" in ran.err
    assert len(ran.out.split()) == 1
    assert conversation(desk.cache, found.id).status is Status.RESOLVED


def test_options_may_stand_between_ids(desk: Desk) -> None:
    one, two = a_conversation(desk.cache, "a"), a_conversation(desk.cache, "b")
    assert desk.run("label", one.id, "--add", "vip", two.id, "--add", "返品").code == 0
    assert desk.run("label", "--remove", "vip", two.id).code == 0
    assert conversation(desk.cache, one.id).labels == ("vip", "返品")
    assert conversation(desk.cache, two.id).labels == ("返品",)


def test_assign_takes_me_names_addresses_and_none(desk: Desk) -> None:
    from omnitui.model.people import Agent

    found = a_conversation(desk.cache)
    colleague = Agent(desk.cache.ids.new(), "花子", ("hanako@example.jp",))
    desk.cache.write(lambda tx: put_agent(tx, colleague))
    for name, agent_id in (
        ("me", desk.cache.me().id),
        ("花子", colleague.id),
        ("none", None),
        ("Hanako@example.jp", colleague.id),
    ):
        assert desk.run("assign", found.id, "--to", name).code == 0
        assert conversation(desk.cache, found.id).assignee_id == agent_id
    ran = desk.run("assign", found.id, "--to", "太郎")
    assert ran.code == 1
    assert "花子" in ran.err


def test_priority_read_and_unread(desk: Desk) -> None:
    found = a_conversation(desk.cache, "a", "b")
    assert desk.run("priority", "--set", "urgent", found.id).code == 0
    assert desk.run("read", found.id).code == 0
    read = conversation(desk.cache, found.id)
    assert (read.priority.value, read.unread) == ("urgent", 0)
    assert desk.run("unread", found.id).code == 0
    assert conversation(desk.cache, found.id).unread == 1


def test_snooze_that_ended_is_over_when_the_shell_looks(desk: Desk) -> None:
    found = a_conversation(desk.cache)
    long_ago = desk.cache.clock.now()
    Operations(desk.cache).snooze([found.id], long_ago + 1000)
    assert SystemClock().now() > long_ago + 1000
    assert [item["id"] for item in desk.run("ls", "is:open", "--jsonl").objects] == [found.id]
    assert desk.run("log", found.id, "--jsonl").objects[0]["verb"] == "wake"


def test_snooze_takes_times_in_words_and_says_until_when(desk: Desk) -> None:
    found = a_conversation(desk.cache)
    ran = desk.run("snooze", found.id, "--until", "明日の朝")
    assert ran.code == 0
    snoozed = conversation(desk.cache, found.id)
    assert snoozed.status is Status.SNOOZED
    assert snoozed.snoozed_until is not None
    tokyo = datetime.fromtimestamp(snoozed.snoozed_until / 1000, UTC) + timedelta(hours=9)
    assert (tokyo.hour, tokyo.minute) == (9, 0)
    assert tokyo.strftime("%Y-%m-%d %H:%M") in ran.err
    assert desk.run("snooze", found.id, "--until", "yesterday").code == 2


def test_move_puts_a_message_elsewhere(desk: Desk) -> None:
    one, two = a_conversation(desk.cache, "first"), a_conversation(desk.cache, "other")
    message = a_message(desk.cache, one.id, "belongs there")
    assert desk.run("move", message.id, "--to", two.id).code == 0
    texts = [item["text"] for item in desk.run("show", two.id, "--json").object["messages"]]
    assert "belongs there" in texts
    assert desk.run("move", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "--to", two.id).code == 1


def test_contacts_are_linked_unlinked_and_changed(desk: Desk) -> None:
    one, two = a_conversation(desk.cache, contact="Ann"), a_conversation(desk.cache, contact="Ann Other")
    assert desk.run("contact", "link", one.id, two.contact_id, "--reason", "same voice").code == 0
    shown = desk.run("contact", "show", one.contact_id, "--json").object
    assert [item["contact_id"] for item in shown["links"]] == [two.contact_id]
    assert desk.run("contact", "unlink", two.contact_id, one.contact_id).code == 0
    assert desk.run("contact", "show", one.contact_id, "--json").object["links"] == []
    assert desk.run("contact", "set", one.id, "segment=vip", "fields.plan=gold", "about=a=b").code == 0
    assert desk.run("contact", "set", one.id, "fields.seat=12").code == 0
    shown = desk.run("contact", "show", one.id, "--json").object
    assert (shown["segment"], shown["fields"], shown["about"]) == ("vip", {"plan": "gold", "seat": "12"}, "a=b")
    assert desk.run("contact", "set", one.id, "nonsense").code == 2
    assert desk.run("contact", "set", one.id, "nonsense=1").code == 1
    assert desk.run("contact", "set", one.id, "time_zone=Asia/Tokyo").code == 0
    refused = desk.run("contact", "set", one.id, "time_zone=Nowhere")
    assert (refused.code, "no time zone “Nowhere”" in refused.err) == (1, True)


def test_held_reply_is_cancelled_from_the_outbox(desk: Desk) -> None:
    found = a_conversation(desk.cache, account=a_mail_account(desk))
    op_id = desk.run("reply", found.id, "--text", "oops", "--hold", "60").out.strip()
    ran = desk.run("outbox", "cancel", op_id)
    assert (ran.code, ran.out.strip()) == (0, op_id)
    assert desk.run("outbox", "--jsonl").objects == []
    again = desk.run("outbox", "cancel", op_id)
    assert again.code == 1
    assert again.out == ""


def test_unknown_op_is_settled_by_the_agent(desk: Desk) -> None:
    found = a_conversation(desk.cache, account=a_mail_account(desk))
    op_id = desk.run("reply", found.id, "--text", "did it go?", "--hold", "0").out.strip()
    for state in (SendState.SENDING, SendState.UNKNOWN):
        desk.cache.write(lambda tx, state=state: outbox.move(tx, op_id, state))  # type: ignore[misc]
    assert desk.run("outbox", "retry", op_id).code == 1
    assert desk.run("outbox", "settle", op_id).code == 2
    assert desk.run("outbox", "settle", op_id, "--sent").code == 0
    assert desk.run("show", found.id, "--json").object["messages"][-1]["state"] == "accepted"


def test_log_shows_what_was_done_and_exports_it_whole(desk: Desk) -> None:
    ids = [a_conversation(desk.cache, str(number)).id for number in range(30)]
    for priority in ("high", "low", "high", "low"):
        desk.run("priority", "-", "--set", priority, stdin="\n".join(ids))
    assert len(desk.run("log").out.splitlines()) == 100
    exported = desk.run("log", "--jsonl").objects
    assert len(exported) == 120
    assert {(item["v"], item["type"]) for item in exported} == {(1, "op")}
    assert len(desk.run("log", ids[0], "-n", "3", "--jsonl").objects) == 3
    assert "priority: high → low" in desk.run("log").out


def test_conflict_is_told_and_nothing_is_forced(desk: Desk) -> None:
    from omnitui.store.arriving import inflow

    found = a_conversation(desk.cache)
    op_id = desk.run("priority", found.id, "--set", "high").out.strip()
    desk.cache.write(lambda tx: inflow.change_conversation(tx, found.id, {"priority": "urgent"}))
    ran = desk.run("undo", op_id)
    assert ran.code == 1
    assert "urgent" in ran.err
    assert conversation(desk.cache, found.id).priority.value == "urgent"


def test_undo_of_the_rest_goes_on_to_the_act_before_one_that_has_left(desk: Desk) -> None:
    found = a_conversation(desk.cache, account=a_mail_account(desk))
    desk.run("priority", found.id, "--set", "high")
    op_id = desk.run("reply", found.id, "--text", "ok", "--hold", "0").out.strip()
    for state in (SendState.SENDING, SendState.ACCEPTED):
        desk.cache.write(partial(outbox.move, op_id=op_id, to=state))
    assert desk.run("undo").code == 1
    assert desk.run("undo", op_id, "--rest").code == 1
    ran = desk.run("undo", "--rest")
    assert (ran.code, ran.err.splitlines()[0]) == (0, "taken back: priority: normal → high")
    assert desk.run("undo", "--rest").code == 1


def test_nothing_to_undo_fails_in_one_line(desk: Desk) -> None:
    a_conversation(desk.cache)
    ran = desk.run("undo")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1


def test_ids_from_a_terminal_are_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from omnitui.main import main

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    assert main(["resolve", "-"]) == 2


def a_chat_with_templates(desk: Desk) -> str:
    able = Capabilities(idempotency=Idempotency.UNKNOWABLE, templates=True, tag="HUMAN_AGENT", window=1, can_start=True)
    account = an_account(desk.cache, "Chat", capabilities=snapshot.take(lambda channel: able, ("email",)))
    offered = [
        Template("order", "en", "Hello {{name}}, {{order}} is here.", ("name", "order"), channel="email"),
        Template("order", "ja", "{{name}}様", ("name",), channel="email"),
        Template("bye", "en", "Bye.", channel="email"),
    ]
    desk.cache.write(lambda tx: set_templates(tx, account.id, snapshot.keep(offered)))
    found = a_conversation(desk.cache, account=account)
    return found.id


def test_templates_are_listed_by_account(desk: Desk) -> None:
    a_chat_with_templates(desk)
    rows = desk.run("template", "list", "--account", "Chat", "--jsonl").objects
    assert [(row["name"], row["language"], row["blanks"]) for row in rows] == [
        ("order", "en", ["name", "order"]),
        ("order", "ja", ["name"]),
        ("bye", "en", []),
    ]
    assert "Hello {{name}}" in desk.run("template", "list").out


def test_template_is_sent_where_the_window_has_closed(desk: Desk) -> None:
    found = a_chat_with_templates(desk)
    assert desk.run("reply", found, "--text", "Hello").code == 1
    words = ("--template", "order", "--language", "en", "--value", "name=Ann", "--value", "order=E=1")
    ran = desk.run("reply", found, *words)
    assert ran.code == 0
    last = desk.run("show", found, "--json").object["messages"][-1]
    assert (last["text"], last["kind"]) == ("Hello Ann, E=1 is here.", "template")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--template", "order"), 2, "--language"),
        (("--template", "tea"), 1, "bye (en)"),
        (("--template", "bye", "--value", "name=Ann"), 2, "no blank"),
        (("--template", "order", "--language", "ja"), 1, "name"),
        (("--template", "bye", "--text", "x"), 2, "words of its own"),
        (("--value", "name=Ann", "--text", "x"), 2, "--template"),
        (("--template", "bye", "--value", "Ann"), 2, "--value"),
        (("--text", "x", "--tag", "HUMAN_AGENT"), 1, "reason"),
    ],
)
def test_template_that_makes_no_sense_is_refused(desk: Desk, words: tuple[str, ...], code: int, said: str) -> None:
    ran = desk.run("reply", a_chat_with_templates(desk), *words)
    assert (ran.code, said in ran.err) == (code, True), ran.err
    assert desk.run("outbox", "--jsonl").objects == []


def test_answer_goes_under_a_tag_with_its_reason(desk: Desk) -> None:
    found = a_chat_with_templates(desk)
    ran = desk.run("reply", found, "--text", "Sorry", "--tag", "HUMAN_AGENT", "--reason", "the carrier was late")
    assert ran.code == 0
    assert [op["reason"] for op in desk.run("log", "--jsonl").objects if op["id"] == ran.out.strip()] == [
        "the carrier was late"
    ]
