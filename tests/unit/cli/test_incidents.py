"""The verbs about incidents."""

from __future__ import annotations

from omnitui.model.states import Status
from omnitui.sdk import Capabilities, Idempotency, snapshot
from tests.support.command import Desk
from tests.support.desk import a_conversation, an_account, conversation

MAIL = Capabilities(idempotency=Idempotency.DEDUPLICATED)
LINE = Capabilities(idempotency=Idempotency.DEDUPLICATED, text_limit=20)


def rows(desk: Desk) -> list[str]:
    found: list[str] = []
    for name, channel, able in (("Ann", "email", MAIL), ("花子 | x", "line", LINE)):
        taken = snapshot.take(lambda _channel, able=able: able, (channel,))  # type: ignore[misc]
        account = an_account(desk.cache, channel, capabilities=taken)
        address = f"{channel}@example.com"
        row = a_conversation(
            desk.cache, "it fails", contact=name, address=address, channel=channel, account=account, subject="決済"
        )
        found.append(row.id)
    return found


def test_incident_from_its_beginning_to_its_story(desk: Desk) -> None:
    ann, hana = rows(desk)
    began = desk.run("incident", "open", "Payments fail", ann, "--severity", "2", "--standing", "we look", "--json")
    assert (began.object["severity"], began.object["conversations"]) == ("sev2", 1)
    own = began.object["id"]
    assert desk.run("incident", "link", own[-6:], hana).code == 0
    assert desk.run("ls", "incident:payments", "--jsonl").objects[0]["incident"] == "Payments fail"
    assert "Payments fail" in desk.run("incident", "list").out
    assert "花子" in desk.run("incident", "show", "payments").out
    assert desk.run("incident", "set", "payments", "--severity", "sev1").code == 0
    assert desk.run("snooze", hana, "--until", "incident").code == 0
    long = ("--text", "We work on it, and write again soon.")
    dry = desk.run("incident", "say", own, *long, "--dry-run", "--json").object["items"]
    assert {one["channel"]: (len(one["told"]), len(one["left"])) for one in dry} == {"email": (1, 0), "line": (0, 1)}
    assert "too long" in desk.run("incident", "say", own, *long, "--dry-run").out
    assert conversation(desk.cache, ann).send_state is None
    told = desk.run("incident", "say", own, *long, "--on", "line=復旧中です", "--jsonl")
    assert told.code == 0, told.err
    assert "2 customers are told\n" in told.err
    assert desk.run("incident", "end", "payments", "--standing", "it works again").code == 0
    assert conversation(desk.cache, hana).status is Status.OPEN
    story = desk.run("incident", "export", own, "--json").object
    assert [one["event"] for one in story["events"]] == [
        *("began", "standing", "linked", "linked", "severity", "told", "standing", "ended"),
    ]
    (sent,) = [one["sent"] for one in story["events"] if one["sent"]]
    assert sorted((one["contact"], one["channel"], one["text"], one["state"]) for one in sent) == [
        ("Ann", "email", long[1], "held"),
        ("花子 | x", "line", "復旧中です", "held"),
    ]
    page = desk.run("incident", "export", own).out
    assert page.startswith("# Payments fail\n")
    assert "severity SEV2 → SEV1" in page
    assert "| 花子 \\| x | line | line@example.com | held" in page
    assert desk.run("incident", "reopen", own).code == 0
    assert desk.run("incident", "unlink", ann).code == 0
    assert desk.run("ls", "incident:none", "--jsonl").objects[0]["id"] == ann


def test_announcement_that_is_taken_back_says_so_in_the_story(desk: Desk) -> None:
    ann, _hana = rows(desk)
    own = desk.run("incident", "open", "Down", ann, "--json").object["id"]
    assert desk.run("incident", "say", own, "--text", "We work on it.").code == 0
    assert desk.run("undo").code == 0
    events = desk.run("incident", "export", own, "--json").object["events"]
    assert [(one["event"], one["undo"]) for one in events] == [("began", False), ("linked", False), ("told", False)]
    assert [one["state"] for one in events[-1]["sent"]] == ["canceled"]


def test_incident_that_is_not_there_is_no_ref_that_is_wrong(desk: Desk) -> None:
    for title in ("Mail is late", "Mail is lost"):
        desk.run("incident", "open", title)
    assert "there is no incident “cards”" in desk.run("incident", "show", "cards").err
    ran = desk.run("incident", "show", "mail")
    assert ran.code == 1
    assert "several incidents are called so: mail" in ran.err


def test_incidents_that_make_no_sense_are_refused(desk: Desk) -> None:
    ann, _hana = rows(desk)
    assert desk.run("incident", "open", "Down", "--severity", "bad").code == 2
    own = desk.run("incident", "open", "Down", ann, "--json").object["id"]
    desk.run("incident", "open", "Down there")
    assert desk.run("incident", "show", "nothing").code == 1
    assert "several" in desk.run("incident", "show", "down").err
    assert desk.run("incident", "set", own).code == 2
    assert desk.run("incident", "say", own).code == 2
    assert desk.run("incident", "say", own, "--text", "x", "--on", "sms=y").code == 2
    assert desk.run("incident", "say", own, "--text", "x", "--template", "outage").code == 1
    assert desk.run("incident", "say", own, "--text", "x", "--but", "email").code == 1
    assert desk.run("incident", "end", own).code == 0
    assert desk.run("incident", "end", own).code == 1
