"""Incidents: begun, changed, linked, slept for, ended once, and all of it undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from threading import Barrier, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.clock import HOUR, MINUTE
from omnitui.desk.promises.urgency import urgent_at
from omnitui.desk.querying.orders import FAR
from omnitui.desk.querying.parsing import parse
from omnitui.desk.times.until import Until, until
from omnitui.errors import NotFound, OmniError, Refused, UsageError
from omnitui.ids import Ulid
from omnitui.model.incidents import Incident, Severity
from omnitui.model.states import ENDS, Reach, Status, Verb
from omnitui.services.acting.operations import Operations
from omnitui.services.incidents.handling import severity
from omnitui.store.cache import Cache
from omnitui.store.forgetting import erasure
from omnitui.store.reads import belongings, inbox, incidents, names, oplog, past
from omnitui.text.listing import signs as row_signs
from tests.support.desk import a_cache, a_conversation, conversation
from tests.support.promises import Promise


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with a_cache(tmp_path) as made:
        yield made


def begun(cache: Cache, title: str = "Payments fail", how: Severity = Severity.SEV2, *ids: Ulid) -> Ulid:
    return Operations(cache).open_incident(title, how, ids=ids)[0].object_id


def the(cache: Cache, incident_id: Ulid) -> Incident:
    found = cache.read(incidents.incident, incident_id)
    assert found is not None
    return found


def found(cache: Cache, query: str) -> set[Ulid]:
    asked = parse(query, now=cache.clock.now(), me=cache.me().id, zone=UTC)
    return {one.id for one in cache.read(inbox.page, asked)}


def test_incident_is_begun_with_its_conversations_as_one_act(cache: Cache) -> None:
    ann, bo = (a_conversation(cache, "it fails", contact=name).id for name in ("Ann", "Bo"))
    operations = Operations(cache)
    ops = operations.open_incident(" Payments\nfail ", Severity.SEV1, standing="we look", ids=[ann, bo, ann])
    own = ops[0].object_id
    assert [op.verb for op in ops] == [Verb.INCIDENT, Verb.CAUSE, Verb.CAUSE]
    assert len({op.group_id for op in ops}) == 1
    assert all(op.reach is Reach.LOCAL for op in ops)
    assert (the(cache, own).title, the(cache, own).conversations) == ("Payments fail", 2)
    row = conversation(cache, ann)
    assert (row.incident_id, row.incident, row.severity) == (own, "Payments fail", "sev1")
    operations.undo()
    assert cache.read(incidents.incident, own) is None
    assert conversation(cache, ann).incident_id is None
    operations.redo()
    assert {one.id for one in cache.read(incidents.linked, own)} == {ann, bo}
    assert cache.read(oplog.verify_chain)


def test_incident_that_has_conversations_is_not_taken_away_under_them(cache: Cache) -> None:
    own = begun(cache)
    (opened,) = cache.read(oplog.about, own)
    Operations(cache).link_incident(own, [a_conversation(cache, "hi").id])
    with pytest.raises(Refused, match="linked"):
        Operations(cache).undo(opened.id)
    assert the(cache, own).conversations == 1


@pytest.mark.parametrize(("word", "meant"), [("1", "sev1"), ("SEV-2", "sev2"), (" sev 5", "sev5")])
def test_severity_is_read_as_people_write_it(word: str, meant: str) -> None:
    assert severity(word).value == meant


def test_what_makes_no_sense_is_refused(cache: Cache) -> None:
    operations, own = Operations(cache), begun(cache)
    for wrong in ({"title": " "}, {"standing": "x" * 201}, {"began_at": cache.clock.now() + HOUR}, {"told": "x"}):
        with pytest.raises(Refused):
            operations.change_incident(own, wrong)
    with pytest.raises(Refused, match="goes on already"):
        operations.open_incident("PAYMENTS fail")
    with pytest.raises(UsageError):
        severity("bad")
    for act in (operations.end_incident, operations.reopen_incident):
        with pytest.raises(NotFound):
            act("01ARZ3NDEKTSV4RRFFQ69G5FAV")
    with pytest.raises(NotFound):
        operations.link_incident("01ARZ3NDEKTSV4RRFFQ69G5FAV", [a_conversation(cache, "hi").id])


def test_incident_is_asked_for_by_its_title_or_the_end_of_its_id(cache: Cache) -> None:
    ann, bo, cy = (a_conversation(cache, "it fails", contact=name).id for name in ("Ann", "Bo", "Cy"))
    own, other = begun(cache, "決済障害", Severity.SEV1, ann), begun(cache, "Late parcels", Severity.SEV4, bo)
    assert found(cache, "incident:決済") == {ann}
    assert found(cache, f"incident:{other[-6:]}") == {bo}
    assert found(cache, "incident:none") == {cy}
    assert found(cache, '-incident:"late parcels"') == {ann, cy}
    Operations(cache).end_incident(own)
    assert found(cache, "incident:決済") == {ann}, "what has ended is still asked for"
    assert conversation(cache, ann).severity == ""
    assert cache.read(names.names).incidents == ("Late parcels", "決済障害")


def test_conversation_sleeps_until_the_incident_ends(cache: Cache, promise: Promise) -> None:
    rows = [a_conversation(cache, "it fails", contact=f"C{number}").id for number in range(7)]
    own, operations = begun(cache, "Down", Severity.SEV1, *rows[:6]), Operations(cache)
    with pytest.raises(Refused, match="linked to no incident"):
        operations.snooze(rows[6:], Until(ends=True))
    operations.snooze(rows[:3], Until(ends=True))
    operations.snooze(rows[3:4], cache.clock.now() + HOUR)
    operations.snooze(rows[4:5], Until())
    assert urgent_at(conversation(cache, rows[0])) is None, "a time that never comes is none"
    assert row_signs.ENDS == ENDS == FAR, "the cache's own clocks know it as none"
    ops = operations.end_incident(own, "it works again")
    assert [op.verb for op in ops] == [Verb.INCIDENT, *[Verb.WAKE] * 3]
    assert [one for one in rows if conversation(cache, one).status is not Status.OPEN] == rows[3:5]
    assert not operations.wake_due()
    with pytest.raises(Refused, match="ended already"):
        operations.end_incident(own)
    with pytest.raises(Refused, match="linked to no incident"):
        operations.snooze(rows[:1], Until(ends=True))
    assert the(cache, own).standing == "it works again"
    operations.undo()
    assert [conversation(cache, one).snoozed_until for one in rows[:3]] == [ENDS] * 3
    assert the(cache, own).goes_on
    promise("What sleeps until an incident ends is woken when it does.", "3 of 3 woken once, and back by one undo")


@pytest.mark.parametrize("to", ["none", "another", "over"])
def test_what_sleeps_until_its_incident_ends_wakes_where_it_is_linked_to_none_that_will(cache: Cache, to: str) -> None:
    rows = [a_conversation(cache, "it fails", contact=f"C{number}").id for number in range(2)]
    own, operations = begun(cache, "Down", Severity.SEV1, *rows), Operations(cache)
    other = begun(cache, "Slow", Severity.SEV3)
    operations.snooze(rows[:1], Until(ends=True))
    operations.snooze(rows[1:], Until())
    if to == "none":
        operations.unlink_incident(rows)
    else:
        if to == "over":
            operations.end_incident(other)
        operations.link_incident(other, rows)
    asleep = [conversation(cache, one).status is Status.SNOOZED for one in rows]
    assert asleep == [to == "another", True]
    operations.undo()
    assert conversation(cache, rows[0]).snoozed_until == ENDS
    assert conversation(cache, rows[0]).incident_id == own
    promised = {op.after.get("snoozed_until") for op in cache.read(oplog.log, limit=100) if op.verb is Verb.SNOOZE}
    assert promised == {ENDS, None}


def test_two_consoles_that_end_it_at_once_wake_all_once(tmp_path: Path) -> None:
    with a_cache(tmp_path) as first, a_cache(tmp_path) as second:
        rows = [a_conversation(first, "it fails", contact=f"C{number}").id for number in range(3)]
        own = begun(first, "Down", Severity.SEV1, *rows)
        Operations(first).snooze(rows, Until(ends=True))
        ready, said = Barrier(2), list[str]()

        def end(cache: Cache) -> None:
            ready.wait(60)
            try:
                Operations(cache).end_incident(own)
                said.append("ended")
            except OmniError as error:
                said.append(error.message)

        threads = [Thread(target=end, args=(cache,)) for cache in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert sorted(said) == ["ended", "it has ended already"]
        wakes = [op for op in first.read(oplog.log, limit=1000) if op.verb is Verb.WAKE]
        assert sorted(op.object_id for op in wakes) == sorted(rows)


def test_the_past_knows_what_a_conversation_was_linked_to(cache: Cache) -> None:
    row = a_conversation(cache, "it fails").id
    before = cache.clock.now() - 1
    own = begun(cache, "Down", Severity.SEV1, row)
    cache.clock.advance(MINUTE)  # type: ignore[attr-defined]
    Operations(cache).unlink_incident([row])
    cache.clock.advance(MINUTE)  # type: ignore[attr-defined]
    now = cache.clock.now()
    then = cache.read(past.conversation_at, row, now - MINUTE - 1, now)
    early = cache.read(past.conversation_at, row, before, now)
    assert then is not None
    assert then.conversation.incident_id == own
    assert early is None or early.conversation.incident_id is None
    assert conversation(cache, row).incident_id is None


def test_story_has_what_was_done_also_to_what_was_unlinked(cache: Cache) -> None:
    ann, bo = (a_conversation(cache, "it fails", contact=name).id for name in ("Ann", "Bo"))
    own, operations = begun(cache, "Down", Severity.SEV3, ann), Operations(cache)
    begun(cache, "Another", Severity.SEV3, bo)
    operations.change_incident(own, {"severity": "sev1", "standing": "we look"})
    assert operations.change_incident(own, {"severity": "sev1"}) == []
    operations.link_incident(own, [bo])
    operations.unlink_incident([ann])
    operations.end_incident(own)
    operations.reopen_incident(own)
    verbs = [op.verb for op in cache.read(incidents.story, own)]
    assert verbs == [Verb.INCIDENT, Verb.CAUSE, Verb.INCIDENT, Verb.CAUSE, Verb.CAUSE, Verb.INCIDENT, Verb.INCIDENT]
    assert cache.read(incidents.going_on)[0].id == own


def test_erased_person_is_linked_to_nothing(cache: Cache) -> None:
    one = a_conversation(cache, "it fails")
    own = begun(cache, "Down", Severity.SEV1, one.id)
    doomed = cache.read(belongings.rows_of, [one.contact_id])
    cache.write(lambda tx: erasure.erase_all(tx, doomed, until=tx.now()))
    assert cache.read(incidents.linked, own) == []
    assert the(cache, own).conversations == 0
    assert cache.read(oplog.verify_chain)


@pytest.mark.parametrize(
    "words", ["incident", "until the incident ends", "end of the incident", "障害の終了まで", "インシデント終了"]
)
def test_until_the_incident_ends_in_words(words: str) -> None:
    assert until(words, now=0, zone=UTC) == Until(ends=True)


ACTS = st.lists(
    st.tuples(st.sampled_from(("link", "unlink", "sleep", "end", "reopen", "worse")), st.integers(0, 3)), max_size=12
)


@settings(max_examples=8, deadline=None)
@given(acts=ACTS)
def test_any_acts_on_incidents_undone_in_reverse_give_the_first_state(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]]
) -> None:
    with a_cache(tmp_path_factory.mktemp("desk")) as cache:
        rows = [a_conversation(cache, "it fails", contact=f"C{number}").id for number in range(2)]
        causes = [begun(cache, title, Severity.SEV4) for title in ("One", "Two")]
        operations = Operations(cache)

        def state() -> list[object]:
            held = [conversation(cache, one) for one in rows]
            known = [the(cache, one) for one in causes]
            return [
                *((one.incident_id, one.status, one.snoozed_until, one.severity) for one in held),
                *((one.severity, one.ended_at, one.conversations) for one in known),
            ]

        before, done = state(), 0
        for what, which in acts:
            cause, row = causes[which // 2], rows[which % 2]
            try:
                match what:
                    case "link":
                        made = bool(operations.link_incident(cause, [row]).ops)
                    case "unlink":
                        made = bool(operations.unlink_incident([row]).ops)
                    case "sleep":
                        made = bool(operations.snooze([row], Until(ends=True)))
                    case "end":
                        made = bool(operations.end_incident(cause))
                    case "reopen":
                        made = bool(operations.reopen_incident(cause))
                    case _:
                        made = bool(operations.change_incident(cause, {"severity": "sev1"}))
            except Refused:
                made = False
            done += made
            for one in rows:
                held = conversation(cache, one)
                assert bool(held.severity) == (held.incident_id is not None and the(cache, held.incident_id).goes_on)
        for _act in range(done):
            operations.undo()
        assert state() == before
