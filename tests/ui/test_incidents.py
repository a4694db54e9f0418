"""Incidents by keys: linked, told, slept for, ended, and seen by everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.clock import HOUR
from omnitui.model.incidents import Incident, Severity
from omnitui.model.states import SendState, Status
from omnitui.sdk import Capabilities, Idempotency, snapshot
from omnitui.services.demo.profile import open_demo
from omnitui.services.incidents.story import Kind, story
from omnitui.services.session import Session
from omnitui.store.reads import history, incidents
from tests.support.console import a_console, a_session
from tests.support.desk import a_contact, a_conversation, an_account, conversation

MAIL = Capabilities(idempotency=Idempotency.DEDUPLICATED)
LINE = Capabilities(idempotency=Idempotency.DEDUPLICATED, text_limit=12)


def rows(session: Session) -> list[str]:
    found: list[str] = []
    for name, channel, able, language in (("佐藤 花子", "line", LINE, "ja"), ("Ann Stone", "email", MAIL, "en")):
        taken = snapshot.take(lambda _channel, able=able: able, (channel,))  # type: ignore[misc]
        account = an_account(session.cache, channel, hold=60_000, capabilities=taken)
        address = f"{channel}@example.com"
        a_contact(session.cache, name, address, channel, account, language=language)
        row = a_conversation(
            session.cache, "it fails", contact=name, address=address, channel=channel, account=account, subject="決済"
        )
        found.append(row.id)
    return found


def only(session: Session) -> Incident:
    (found,) = session.cache.read(incidents.going_on)
    return found


async def test_marked_ones_are_linked_told_each_as_its_channel_takes_it_and_taken_back(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        hana, ann = rows(session)
        async with a_console(session, 140, 40) as person:
            await person.sees("佐藤 花子")
            await person.press("*")
            await person.sees("2 marked")
            await person.press("s", "i")
            await person.sees("Link 2 conversations to")
            await person.type("決済障害")
            await person.sees("begin: 決済障害")
            await person.press("enter")
            await person.sees("How bad is it?")
            await person.sees("> SEV3")
            await person.type("2")
            await person.sees("> SEV2")
            await person.press("enter")
            await person.sees("◬2 ")
            assert {one.id for one in session.cache.read(incidents.linked, only(session).id)} == {hana, ann}
            await person.press("g", "I")
            await person.sees("type a title to begin one")
            await person.press("enter")
            await person.sees("a tells all")
            await person.press("a")
            await person.sees("What do all customers of 決済障害 hear?")
            await person.type("We work on it.")
            await person.press("ctrl+s")
            await person.sees("1 of 2 are told")
            await person.sees("too long for this channel")
            await person.press("down")
            await person.press("l")
            await person.sees("For all who speak ja")
            await person.press("ctrl+k")
            await person.type("復旧中")
            await person.press("ctrl+s")
            await person.sees("2 of 2 are told")
            await person.press("ctrl+s")
            await person.sees("told ")
            await person.until(lambda: conversation(session.cache, hana).send_state is SendState.HELD)
            assert session.cache.read(history.page, ann)[-1].text == "We work on it."
            assert "復旧中" in session.cache.read(history.page, hana)[-1].text
            await person.press("u")
            await person.until(lambda: conversation(session.cache, ann).send_state is None)
            assert conversation(session.cache, hana).send_state is None
            assert only(session).told_at is None


async def test_all_sleep_until_it_ends_and_everybody_sees_how_it_stands(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        hana, ann = rows(session)
        session.operations.open_incident("Payments fail", Severity.SEV1, standing="we look", ids=[hana, ann])
        async with a_console(session, 140, 40) as person:
            await person.sees("SEV1 Payments fail: we look")
            await person.sees("◬1 ")
            await person.sees("· SEV1 Payments fail")
            await person.press("g", "I")
            await person.sees("> SEV1 Payments fail")
            await person.press("enter")
            await person.sees("a tells all")
            await person.press("z")
            await person.until(lambda: conversation(session.cache, hana).status is Status.SNOOZED)
            await person.sees("email · snoozed")
            # What another console says is here at once.
            session.operations.change_incident(only(session).id, {"standing": "it is found", "severity": "sev3"})
            await person.sees("SEV3 Payments fail")
            await person.sees("it is found")
            await person.press("e")
            await person.sees("e reopens it")
            assert {conversation(session.cache, one).status for one in (hana, ann)} == {Status.OPEN}
            await person.press("u")
            await person.until(lambda: conversation(session.cache, ann).status is Status.SNOOZED)
            assert only(session).goes_on
            await person.press("escape")
            await person.sees("SEV3 Payments fail: it is found")


def test_acts_of_the_demo_incident_have_the_times_that_it_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    with open_demo(speed=0) as session:
        (one,) = session.cache.read(incidents.ended)
        told = session.cache.read(story, one)
        assert {event.kind: event.at for event in told.events} == {
            Kind.BEGAN: one.began_at,
            Kind.LINKED: one.began_at,
            Kind.STANDING: one.ended_at,
            Kind.ENDED: one.ended_at,
        }
        assert one.ended_at is not None
        assert one.ended_at < session.cache.clock.now() - HOUR
