"""Rules at work: fired once for what they listen to, marked and undone as one act; loops cut, machines not answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.clock import DAY, HOUR, MINUTE, SECOND
from omnitui.desk.promises.agreements import dump
from omnitui.desk.promises.sla import Policy
from omnitui.desk.rules.rule import DEEPEST, MOST
from omnitui.errors import Refused
from omnitui.model.states import Direction, Priority, SendState, Status, Verb
from omnitui.services.rules import reading as rules
from omnitui.services.rules.ruling import Ruling
from omnitui.services.session import Session
from omnitui.store import rules as kept
from omnitui.store import sla
from omnitui.store.arriving import inflow
from omnitui.store.reads import drafts, history, oplog, outbox
from omnitui.store.reads import rules as reads
from omnitui.store.writer import Tx
from omnitui.sync.lease import LeaseLost
from tests.support.console import a_session
from tests.support.desk import a_contact, a_conversation, a_message, an_account
from tests.support.ruled import ADD, VIP, a_rule, clock, fired, later, lines, ruled, seen


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


def test_a_rule_fires_once_for_what_happens_and_says_why(session: Session) -> None:
    ruling = ruled(session, VIP)
    here = a_conversation(session.cache, "help")
    assert ruling.work() > 0
    assert seen(session, here.id).labels == ("vip",)
    assert ruling.work() == 0
    (firing,) = session.cache.read(reads.firings)
    assert (firing.name, firing.why) == ("vip", "a message came and channel:email is:open")
    ops = session.cache.read(oplog.group, firing.id)
    assert [one.verb for one in ops] == [Verb.RULE, Verb.LABEL]
    assert {one.reason for one in ops} == {"rule vip: a message came and channel:email is:open"}
    assert {one.author_id for one in ops} == {session.cache.me().id}
    assert lines(session, here.id) == ["rule “vip”: a message came and channel:email is:open"]


def test_a_firing_is_undone_as_one_act_and_an_undo_sets_nothing_off(session: Session) -> None:
    steps = ADD % "vip" + ', {priority = "high"}, {status = "waiting"}'
    again = a_rule("again", ["unlabelled", "status"], ADD % "again", when="is:all")
    ruling = ruled(session, a_rule("vip", "message", steps), again)
    here = a_conversation(session.cache, "help")
    ruling.work()
    assert fired(session) == ["vip", "again"]
    before = seen(session, here.id)
    assert before.labels == ("again", "vip")
    for firing in session.cache.read(reads.firings):
        session.operations.undo(firing.id)
    after = seen(session, here.id)
    assert (after.labels, after.priority, after.status) == ((), Priority.NORMAL, Status.OPEN)
    assert lines(session, here.id) == []
    assert ruling.work() == 0
    assert [one.undone for one in session.cache.read(reads.firings)] == [True, True]
    session.operations.redo()
    assert seen(session, here.id).status is Status.WAITING


def test_undo_without_an_id_means_what_the_agent_did_last_and_no_firing(session: Session) -> None:
    ruling = ruled(session, a_rule("vip", "priority", ADD % "vip"))
    here = a_conversation(session.cache, "help")
    session.operations.set_priority([here.id], Priority.HIGH)
    ruling.work()
    assert seen(session, here.id).labels == ("vip",)
    session.operations.undo()
    after = seen(session, here.id)
    assert (after.priority, after.labels) == (Priority.NORMAL, ("vip",))
    with pytest.raises(Refused):
        session.operations.undo()


def test_nothing_from_before_a_rule_was_in_force_sets_it_off(session: Session) -> None:
    before = a_conversation(session.cache, "before")
    ruling = ruled(session, VIP)
    later(session, HOUR)
    a_message(session.cache, before.id, "of the night", at=clock(session).now() - 2 * HOUR)
    assert ruling.work() == 0
    assert fired(session) == []
    both = ruled(session, VIP, a_rule("late", "message", ADD % "late"))
    a_message(session.cache, before.id, "now")
    both.work()
    assert fired(session) == ["vip", "late"]


def test_an_event_that_waits_does_not_concern_a_rule_that_is_switched_on_after_it(session: Session) -> None:
    ruled(session, VIP)
    here = a_conversation(session.cache, "help")
    both = ruled(session, VIP, a_rule("late", "message", ADD % "late"))
    both.work()
    assert fired(session) == ["vip"]
    assert seen(session, here.id).labels == ("vip",)


def test_history_sets_nothing_off(session: Session) -> None:
    ruling = ruled(session, VIP, a_rule("begun", "begun", ADD % "begun"))
    here = a_conversation(session.cache, "first")
    ruling.work()
    message = session.cache.read(history.page, here.id)[-1]
    later(session, HOUR)

    def old(tx: Tx) -> None:
        again = replace(message, id=tx.ids.new(), external_id="old", received_at=tx.now(), attachments=())
        inflow.put_message(tx, again, index=False, reopen=False)

    session.cache.write(old)
    assert ruling.work() == 0
    assert fired(session) == ["vip", "begun"] or fired(session) == ["begun", "vip"]


def test_what_came_before_its_account_was_added_sets_nothing_off(session: Session) -> None:
    ruling = ruled(session, VIP)
    later(session, DAY)
    new = an_account(session.cache, "New")
    here = a_conversation(session.cache, "old", account=new)
    later(session, HOUR)
    ruling.work()
    assert fired(session) == ["vip"]
    a_message(session.cache, here.id, "of yesterday", at=clock(session).now() - 3 * HOUR)
    ruling.work()
    assert fired(session) == ["vip"]


def test_what_agents_do_sets_rules_off(session: Session) -> None:
    ruling = ruled(
        session,
        a_rule("on", "labelled:refund", '{priority = "high"}'),
        a_rule("off", "unlabelled:refund", '{priority = "low"}'),
        a_rule("mine", "assigned", ADD % "taken"),
        a_rule("left", "unassigned", ADD % "left"),
        a_rule("done", "resolved", ADD % "done", when="is:resolved"),
        a_rule("back", "reopened", ADD % "back"),
        a_rule("noted", "note", ADD % "noted"),
        a_rule("urgent", "priority:urgent", ADD % "hurry"),
        a_rule("rated", "rated:1", ADD % "angry"),
    )
    here = a_conversation(session.cache, "help").id
    act, me = session.operations, session.cache.me().id
    for wanted, do in (
        ("on", lambda: act.label([here], add=["refund"])),
        (None, lambda: act.label([here], add=["other"])),
        ("off", lambda: act.label([here], remove=["refund"])),
        ("mine", lambda: act.assign([here], me)),
        ("left", lambda: act.assign([here], None)),
        ("done", lambda: act.set_status([here], Status.RESOLVED)),
        ("back", lambda: act.set_status([here], Status.OPEN)),
        (None, lambda: act.set_status([here], Status.WAITING)),
        ("noted", lambda: act.note(here, "seen")),
        ("urgent", lambda: act.set_priority([here], Priority.URGENT)),
        ("rated", lambda: session.cache.write(lambda tx: inflow.rate(tx, here, 1, "1", "", tx.now()))),
    ):
        before = fired(session)
        do()
        ruling.work()
        assert fired(session)[len(before) :] == ([wanted] if wanted else []), wanted
        later(session, SECOND)


def test_a_reply_by_a_rule_is_held_like_any_other_and_leaves_the_draft_alone(session: Session) -> None:
    ruling = ruled(session, a_rule("thanks", "begun", '{reply = "Dear {{ contact.name }}, thank you."}'))
    here = a_conversation(session.cache, "help")
    ruling.work()
    (firing,) = session.cache.read(reads.firings)
    ops = session.cache.read(oplog.group, firing.id)
    assert [one.verb for one in ops] == [Verb.RULE, Verb.REPLY]
    entry = session.cache.read(outbox.entry, ops[1].id)
    assert entry is not None
    assert entry.state is SendState.HELD
    assert entry.payload["text"] == "Dear Ann, thank you."
    session.operations.undo(firing.id)
    entry = session.cache.read(outbox.entry, ops[1].id)
    assert entry is not None
    assert entry.state is SendState.CANCELED
    assert session.cache.read(drafts.drafts, here.id) == []


def test_later_rules_see_what_earlier_ones_did_and_stop_ends_them(session: Session) -> None:
    first = a_rule("first", "message", ADD % "a")
    second = a_rule("second", "message", ADD % "b", when="label:a")
    third = a_rule("third", "message", ADD % "c", when="-label:a")
    ruling = ruled(session, first, second, third)
    a_conversation(session.cache, "help")
    ruling.work()
    assert fired(session) == ["first", "second"]
    ruling = ruled(session, first.replace("enabled", "stop = true\nenabled"), second)
    a_conversation(session.cache, "help", contact="Bo")
    ruling.work()
    assert fired(session) == ["first", "second", "first"]


def test_once_holds_back_what_comes_again_too_soon(session: Session) -> None:
    ruling = ruled(session, a_rule("away", "message", '{note = "away"}', once="2h"))
    here = a_conversation(session.cache, "one").id
    for wait, count in ((MINUTE, 1), (HOUR, 1), (HOUR, 2)):
        later(session, wait)
        a_message(session.cache, here, "again")
        ruling.work()
        assert len(fired(session)) == count


def test_a_time_after_something_runs_anew_and_fires_only_where_the_query_held_and_holds(session: Session) -> None:
    ruling = ruled(session, a_rule("late", "30m after message", ADD % "late", when="is:open"))
    here = a_conversation(session.cache, "help").id
    ruling.work()
    later(session, 20 * MINUTE)
    a_message(session.cache, here, "hello?")
    ruling.work()
    later(session, 20 * MINUTE)
    ruling.work()
    assert fired(session) == []
    later(session, 10 * MINUTE)
    ruling.work()
    assert fired(session) == ["late"]
    assert session.cache.read(reads.firings)[0].why == "30m after a message came and is:open"
    other = a_conversation(session.cache, "help", contact="Bo").id
    ruling.work()
    session.operations.set_status([other], Status.RESOLVED)
    later(session, HOUR)
    ruling.work()
    assert fired(session) == ["late"]
    assert session.cache.read(reads.next_due) is None


def test_a_time_that_has_passed_while_nothing_ran_fires_with_what_happened_meanwhile(session: Session) -> None:
    ruling = ruled(session, a_rule("late", "30m after message", ADD % "late"))
    here = a_conversation(session.cache, "help").id
    ruling.work()
    later(session, 29 * MINUTE)
    a_message(session.cache, here, "hello?")
    later(session, 10 * MINUTE)
    ruling.work()
    assert fired(session) == []
    later(session, 20 * MINUTE)
    ruling.work()
    assert fired(session) == ["late"]


def test_a_time_that_comes_again_goes_through_all_that_the_query_finds(session: Session) -> None:
    owns = [a_conversation(session.cache, "help", contact=f"Ann {number}").id for number in range(5)]
    session.operations.set_status(owns[3:4], Status.WAITING)
    ruling = ruled(session, a_rule("daily", "every day 9:00", ADD % "old", when="is:open -label:old"))
    assert ruling.work() == 0
    due = session.cache.read(reads.next_due)
    assert due is not None
    assert clock(session).now() < due <= clock(session).now() + DAY
    later(session, due - clock(session).now())
    ruling.work()
    assert len(fired(session)) == 4
    assert seen(session, owns[3]).labels == ()
    assert ruling.work() == 0
    assert session.cache.read(reads.next_due) == due + DAY
    session.operations.label(owns[:1], remove=["old"])
    later(session, 3 * DAY)
    ruling.work()
    assert len(fired(session)) == 5, "once for the days that were missed"


def test_an_agreement_at_risk_and_broken_sets_rules_off_at_its_time(session: Session) -> None:
    policy = Policy("all", first=HOUR, warn=(20 * MINUTE,))
    session.cache.write(lambda tx: sla.put_in_force(tx, dump((policy,))))
    risk, broken = a_rule("risk", "warned", ADD % "risk"), a_rule("broken", "breached", ADD % "broken")
    ruling = ruled(session, risk, broken)
    here = a_conversation(session.cache, "help").id
    answered = a_conversation(session.cache, "thanks", contact="Bo").id
    a_message(session.cache, answered, "done", direction=Direction.OUTGOING, state=SendState.ACCEPTED)
    begun = seen(session, here).sla_due_at
    assert begun is not None
    ruling.work()
    later(session, begun - 20 * MINUTE - clock(session).now() - 1)
    ruling.work()
    assert fired(session) == []
    later(session, 1)
    ruling.work()
    assert fired(session) == ["risk"]
    later(session, 20 * MINUTE)
    ruling.work()
    assert fired(session) == ["risk", "broken"]
    later(session, DAY)
    ruling.work()
    assert fired(session) == ["risk", "broken"]


def test_two_rules_that_set_one_another_off_end_by_themselves(session: Session) -> None:
    on = a_rule("on", ["message", "unlabelled:x"], ADD % "x")
    off = a_rule("off", "labelled:x", '{label = ["-x"]}')
    ruling = ruled(session, on, off)
    a_conversation(session.cache, "help")
    ruling.work()
    assert fired(session) == ["on", "off"]
    first, second = reversed(session.cache.read(reads.firings))
    assert (first.cause, second.cause) == (None, first.id)


def test_a_chain_ends_at_its_greatest_depth_and_says_so(session: Session) -> None:
    chain = [a_rule("r0", "message", ADD % "l0")]
    chain += [a_rule(f"r{n}", f"labelled:l{n - 1}", ADD % f"l{n}") for n in range(1, DEEPEST + 2)]
    ruling = ruled(session, *chain)
    a_conversation(session.cache, "help")
    ruling.work()
    assert fired(session) == [f"r{n}" for n in range(DEEPEST)]
    state = session.cache.read(reads.states)[f"r{DEEPEST}"]
    assert "deep" in state.failed_why


def test_a_rule_that_fires_too_often_is_switched_off_until_somebody_switches_it_on(session: Session) -> None:
    ruling = ruled(session, a_rule("echo", "message", '{note = "again"}'), VIP)
    here = a_conversation(session.cache, "one").id
    for _number in range(MOST + 5):
        a_message(session.cache, here, "again")
        ruling.work()
    assert fired(session).count("echo") == MOST
    state = session.cache.read(reads.states)["echo"]
    assert state.cut_at is not None
    assert "12 times" in state.cut_why
    assert not session.cache.read(reads.states)["vip"].cut_at
    session.cache.write(lambda tx: kept.mend(tx, "echo"))
    assert not ruling.stands()
    ruling.put_in_force(rules.read(session.profile, session.settings).rules)
    later(session, HOUR)
    a_message(session.cache, here, "again")
    ruling.work()
    assert fired(session).count("echo") == MOST + 1


def test_a_rule_writes_to_one_contact_so_often_and_no_more(session: Session) -> None:
    ruling = ruled(session, a_rule("thanks", "begun", '{reply = "thank you"}'))
    for number in range(MOST + 3):
        a_conversation(session.cache, f"mail {number}")
        ruling.work()
    assert fired(session).count("thanks") == MOST
    assert session.cache.read(reads.states)["thanks"].cut_at is not None


@pytest.mark.parametrize(
    ("auto", "address"),
    [(True, "ann@example.com"), (False, "shop@example.com"), (False, "no-reply@example.com")],
)
def test_no_machine_and_none_of_ours_is_answered(session: Session, auto: bool, address: str) -> None:
    ruling = ruled(session, a_rule("thanks", "message", '{reply = "thank you"}, ' + ADD % "auto"))
    contact = a_contact(session.cache, "Ann", address)
    here = a_conversation(session.cache, "hello", address=address)
    assert here.contact_id == contact
    ruling.work()
    a_message(session.cache, here.id, "I am away", auto=auto)
    ruling.work()
    groups = [session.cache.read(oplog.group, one.id) for one in session.cache.read(reads.firings)]
    verbs = [op.verb for group in groups for op in group]
    assert verbs.count(Verb.REPLY) == (1 if auto else 0)
    assert Verb.LABEL in verbs
    assert any("no reply:" in one for one in lines(session, here.id)) is not auto


def test_what_a_rule_cannot_do_is_kept_and_holds_up_nothing(session: Session) -> None:
    ruling = ruled(session, a_rule("give", "message", '{assign = "nobody i know"}'), VIP)
    here = a_conversation(session.cache, "help").id
    ruling.work()
    assert fired(session) == ["vip"]
    assert "nobody i know" in session.cache.read(reads.states)["give"].failed_why
    assert seen(session, here).labels == ("vip",)


def test_without_rules_nothing_is_written_down(session: Session) -> None:
    a_conversation(session.cache, "help")
    assert session.cache.read(reads.events, 10) == []
    ruled(session, VIP)
    a_conversation(session.cache, "help", contact="Bo")
    assert session.cache.read(reads.events, 10)
    ruled(session, VIP.replace("true", "false"))
    assert session.cache.read(reads.events, 10) == []


def test_nothing_fires_where_the_lease_was_lost(session: Session) -> None:
    ruling = ruled(session, VIP)
    a_conversation(session.cache, "help")

    def lost() -> None:
        raise LeaseLost("another process")

    session.cache.check_lead = lost
    with pytest.raises(LeaseLost):
        ruling.work()
    assert fired(session) == []
    assert len(session.cache.read(reads.events, 10)) == 1


def test_two_processes_that_ask_at_once_fire_once(session: Session) -> None:
    ruling = ruled(session, VIP)
    other = Ruling(session)
    other.put_in_force(rules.read(session.profile, session.settings).rules)
    a_conversation(session.cache, "help")
    waiting = session.cache.read(reads.events, 1)
    assert ruling.work() > 0
    other._ask_all(waiting)
    assert fired(session) == ["vip"]
