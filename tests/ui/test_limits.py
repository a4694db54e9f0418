"""What the composer says of a channel before anything is sent: length, window, quota, and when a reply leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.events import Paste

from omnitui.bus import CustomerTypes
from omnitui.clock import DAY, HOUR, MINUTE
from omnitui.desk import budgets
from omnitui.model.accounts import LedgerEntry
from omnitui.model.states import SendState
from omnitui.sdk.capabilities import QUOTA, TextUnit
from omnitui.services.session import Session
from omnitui.store.arriving import inflow
from omnitui.store.reads import drafts, outbox
from tests.support.console import MAIL, a_console, a_session, able
from tests.support.desk import a_conversation, a_message


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


async def test_count_is_in_the_channels_unit_and_too_long_a_text_is_refused(session: Session) -> None:
    able(session.cache, replace(MAIL, text_limit=10, text_unit=TextUnit.UTF16))
    a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        person.app.post_message(Paste("🍵🍵🍵"))
        await person.sees("6/10 UTF-16 units")
        person.app.post_message(Paste("🍵🍵🍵"))
        await person.sees("! 2 too many · 12/10")
        await person.press("ctrl+s")
        await person.sees("the text is too long for this channel: 12 of 10 UTF-16 units")
        assert session.cache.read(outbox.entries) == []


async def test_segments_are_counted_with_their_alphabet(session: Session) -> None:
    able(session.cache, replace(MAIL, text_unit=TextUnit.SEGMENTS))
    a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        await person.type("hi")
        await person.sees("1 segment · 158 left · GSM-7")
        await person.type("ö")
        await person.sees("157 left · GSM-7")
        person.app.post_message(Paste("お茶"))
        await person.sees("65 left · UCS-2 お茶")
        await person.type("x" * 70)
        await person.sees("2 segments")
        await person.sees("xxx│xxx")


async def test_closed_window_stands_above_the_text(session: Session) -> None:
    able(session.cache, replace(MAIL, window=HOUR, attachments=False))
    a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        await person.sees("window closes in")
        await person.sees("takes no files")


async def test_window_of_the_composer_is_the_one_that_the_newest_message_opens(session: Session) -> None:
    able(session.cache, replace(MAIL, window=HOUR))
    conversation = a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        await person.sees("window closes in 0:5")
        session.cache.write(
            lambda tx: inflow.change_conversation(tx, conversation.id, {"window_closes_at": tx.now() + DAY})
        )
        await person.sees("window closes in 24 h")


async def test_quota_that_an_answer_uses_is_said_with_what_is_left_of_it(session: Session) -> None:
    able(session.cache, replace(MAIL, free_for=MINUTE, paid_after=True))
    conversation = a_conversation(session.cache, "Hello?")
    entry = LedgerEntry(conversation.account_id, QUOTA, budget="40 of 200 left")
    session.cache.write(lambda tx: inflow.put_ledger(tx, entry))
    async with a_console(session) as person:
        await person.press("r")
        await person.sees("uses the paid quota (40 of 200 left)")


@pytest.mark.parametrize(("width", "height"), [(60, 20), (80, 24)])
async def test_quota_is_told_whole_where_there_is_little_room(session: Session, width: int, height: int) -> None:
    able(session.cache, replace(MAIL, free_for=MINUTE, paid_after=True, attachments=False, window=DAY))
    conversation = a_conversation(session.cache, "Hello?")
    entry = LedgerEntry(conversation.account_id, QUOTA, budget="412 of 500 messages left this month")
    session.cache.write(lambda tx: inflow.put_ledger(tx, entry))
    async with a_console(session, width, height) as person:
        await person.press("r")
        await person.sees("uses the paid quota")
        await person.sees("(412 of 500 messages left this month)")
        await person.sees("window closes in 2")
        await person.sees("takes no files")
        await person.press("escape", "escape", "g", "b")
        await person.sees("messages that are paid for")
        await person.sees("412 of 500 messages left this month")


def test_budgets_are_told_in_the_language_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"{left} of {most} messages left this month": "{most} – {left}"}
    monkeypatch.setattr(budgets, "_", lambda form: told.get(form, form))
    assert budgets.budget_words("1,412 of 5,000 messages left this month") == "5,000 – 1,412"
    assert budgets.budget_words("7 messages this month, without a limit") == "7 messages this month, without a limit"
    assert budgets.budget_words("80 % of the API") == "80 % of the API"


async def test_customer_who_writes_is_named_below_the_history_until_the_time_told(session: Session) -> None:
    conversation = a_conversation(session.cache, "Hello?", contact="Ann Stone")
    now = session.cache.clock.now()
    async with a_console(session) as person:
        await person.sees("Hello?")
        session.bus.publish(CustomerTypes(conversation.id, now + 1_000, ""))
        await person.sees("Ann Stone is writing")
        a_message(session.cache, conversation.id, "There it is")
        await person.sees("There it is")
        await person.misses("is writing")


async def test_reply_is_scheduled_in_words_shown_and_taken_back(session: Session) -> None:
    conversation = a_conversation(session.cache, "Hello?")
    now = session.cache.clock.now()
    async with a_console(session) as person:
        await person.press("r")
        await person.type("Good morning")
        await person.press("f5")
        await person.sees("Send when?")
        await person.type("3h")
        await person.press("enter")
        await person.sees("takes it back until then")
        (entry,) = session.cache.read(outbox.entries)
        assert (entry.state, entry.due_at) == (SendState.HELD, now + 3 * HOUR)
        await person.sees("leaves in 3 h")
        await person.press("u")
        await person.until(
            lambda: [one.text for one in session.cache.read(drafts.drafts, conversation.id)] == ["Good morning"]
        )
    assert session.cache.read(outbox.entries) == []


async def test_reply_is_sent_without_a_hold_where_that_is_wanted(session: Session) -> None:
    a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        await person.type("Now")
        await person.press("f5")
        await person.type("without")
        await person.press("enter")
        await person.sees("on its way")
        person.app.main.desk.hush()
        await person.press("r")
        await person.type("And again")
        await person.press("f9", "f9")
        await person.sees("on its way")
    assert [one.state for one in session.cache.read(outbox.entries)] == [SendState.QUEUED, SendState.QUEUED]
