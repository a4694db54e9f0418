"""Verbs of triage beside the plain ones: reasons, hand-offs, macros, snoozes without a time."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from omnitui.model.states import Status
from omnitui.sdk import snapshot
from omnitui.sdk.capabilities import Capabilities, Idempotency
from omnitui.services.texts import macros
from omnitui.services.triage import reasons
from tests.support.command import Desk
from tests.support.desk import a_conversation, an_account, conversation

MACRO = """title = "Thanks"
[[do]]
note = "Dear {{ contact.first_name }}"
[[do]]
label = "+thanked"
"""


def test_resolve_says_why_the_customer_wrote(desk: Desk) -> None:
    found = a_conversation(desk.cache)
    reasons.give(desk.profile, reasons.EXAMPLE)
    assert desk.run("resolve", found.id, "--contact-reason", "refund").code == 0
    kept = conversation(desk.cache, found.id)
    assert (kept.status, kept.contact_reason) == (Status.RESOLVED, "billing/refund")
    assert desk.run("show", found.id, "--json").object["contact_reason"] == "billing/refund"
    wrong = desk.run("resolve", found.id, "--contact-reason", "weather")
    assert wrong.code != 0
    assert "billing/refund" in wrong.err


def test_reasons_lists_the_tree_and_its_faults_by_line(desk: Desk) -> None:
    assert "[billing.refund]" in desk.run("reasons", "--example").out
    reasons.give(desk.profile, reasons.EXAMPLE + '\n[other]\nkey = "bb"\n\n[third]\nkey = "d"\n')
    ran = desk.run("reasons", "--jsonl")
    assert [one["path"] for one in ran.objects][:2] == ["billing", "billing/refund"]
    assert "reasons.toml: line 18: other: " in ran.err
    assert "“d” is the key of delivery already" in ran.err


def test_handoff_does_all_at_once_or_says_what_makes_no_sense(desk: Desk) -> None:
    found = a_conversation(desk.cache)
    ran = desk.run("handoff", found.id, "--to", "me", "--note", "please", "--priority", "hi", "--until", "reply")
    assert len(ran.out.split()) == 4
    kept = conversation(desk.cache, found.id)
    assert (kept.status, kept.priority.value, kept.snoozed_until) == (Status.SNOOZED, "high", None)
    desk.run("undo")
    assert conversation(desk.cache, found.id).status is Status.OPEN
    assert desk.run("handoff", found.id).code != 0
    assert "no priority" in desk.run("handoff", found.id, "--priority", "very").err


def test_snooze_before_a_window_that_there_is_not_is_refused(desk: Desk) -> None:
    found = a_conversation(desk.cache)
    ran = desk.run("snooze", found.id, "--until", "2h before the window closes")
    assert ran.code != 0
    assert "no reply window" in ran.err
    assert desk.run("snooze", found.id, "--until", "返信まで").code == 0


def test_macro_run_says_first_what_it_would_do(desk: Desk) -> None:
    found = a_conversation(desk.cache, contact="Ann Lee")
    macros.give(desk.profile, "thanks", MACRO)
    assert [one["name"] for one in desk.run("macro", "list", "--jsonl").objects] == ["thanks"]
    assert "[[do]]" in desk.run("macro", "show", "thanks").out
    dry = desk.run("macro", "run", "thanks", found.id, "--dry-run")
    assert "note: Dear Ann, labels: +#thanked" in dry.out
    assert conversation(desk.cache, found.id).labels == ()
    assert len(desk.run("macro", "run", "thanks", found.id).out.split()) == 2
    assert conversation(desk.cache, found.id).labels == ("thanked",)
    (change,) = desk.run("macro", "run", "thanks", found.id, "--dry-run", "--jsonl").objects[0]["changes"]
    assert change == {"field": "note", "before": None, "after": "Dear Ann"}


def test_faulty_macro_is_named_and_the_others_run(desk: Desk) -> None:
    macros.give(desk.profile, "thanks", MACRO)
    macros.give(desk.profile, "broken", "[[do]]\nread = 1\n")
    ran = desk.run("macro", "list")
    assert ran.code == 1
    assert "thanks" in ran.out
    assert "broken.toml:2: " in ran.err


def test_reply_leaves_by_the_customers_clock_and_says_so(desk: Desk) -> None:
    able = snapshot.take(lambda channel: Capabilities(Idempotency.DEDUPLICATED), ("email",))
    found = a_conversation(desk.cache, account=an_account(desk.cache, "Mail", capabilities=able))
    desk.run("contact", "set", found.contact_id, "time_zone=America/Lima")
    ran = desk.run("reply", found.id, "--text", "Good morning", "--at", "tomorrow 9 their time")
    assert ran.code == 0
    assert "09:00 in America/Lima" in ran.err
    due = datetime.fromisoformat(desk.run("outbox", "--jsonl").objects[0]["due_at"])
    assert due.astimezone(ZoneInfo("America/Lima")).hour == 9
    desk.run("contact", "set", found.contact_id, "time_zone=")
    assert "not known" in desk.run("reply", found.id, "--text", "Hi", "--at", "tomorrow 9 their time").err


def test_doctor_names_faults_of_macros_and_reasons(desk: Desk) -> None:
    macros.give(desk.profile, "broken", "[[do]]\nread = 1\n")
    reasons.give(desk.profile, '[one]\nkey = "xx"\n')
    said = {one["check"]: one["message"] for one in desk.run("doctor", "--jsonl").objects}
    assert said["macros"].startswith("broken.toml:2: ")
    assert said["reasons"].startswith("reasons.toml: line 1: one: ")
