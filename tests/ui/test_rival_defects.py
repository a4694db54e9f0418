"""The seven defects of the nearest rival, each as a test of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.clock import HOUR
from omnitui.errors import OmniError
from omnitui.model.conversations import Conversation
from omnitui.model.states import MessageKind, SendState, Status
from omnitui.sdk.capabilities import Capabilities, Idempotency
from omnitui.services.secrecy.secrets import joined
from omnitui.services.session import Session
from omnitui.store import accounts, outbox
from omnitui.store.reads import drafts, history, inbox
from omnitui.store.reads import outbox as outbox_reads
from omnitui.text.widths import cell_width
from tests.support.console import a_console, a_session, able
from tests.support.desk import a_conversation, a_message, an_account


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


def now_of(session: Session, conversation: Conversation) -> Conversation:
    found = session.cache.read(inbox.conversation, conversation.id)
    assert found is not None
    return found


async def test_1_an_action_means_the_conversation_that_is_shown_not_the_row_that_is_selected(session: Session) -> None:
    shown = a_conversation(session.cache, "Where is my parcel?", contact="Bo", status=Status.WAITING)
    selected = a_conversation(session.cache, "Please call me", contact="Ann")
    async with a_console(session) as person:
        assert person.app.main.queue.selected == selected.id
        await person.press("slash")
        await person.type("parcel")
        await person.sees("Where is my parcel?")
        await person.press("enter")
        await person.until(lambda: person.app.main.desk.shown == shown.id)
        await person.sees("▌Bo · ")
        assert person.app.main.queue.selected == selected.id
        await person.press("d", "d")
        await person.until(lambda: now_of(session, shown).status is Status.RESOLVED)
        assert now_of(session, selected).status is Status.OPEN


async def test_2_the_text_of_a_reply_that_cannot_be_sent_stays(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = a_conversation(session.cache, "Hello?")

    def refuse(*_args: object, **_options: object) -> None:
        raise OmniError("the disk is full", hint="make room")

    async with a_console(session) as person:
        monkeypatch.setattr(session.operations, "reply", refuse)
        await person.press("r")
        await person.type("My long answer")
        await person.press("ctrl+s")
        await person.sees("the disk is full: make room")
        assert "My long answer" in person.screen
        kept = session.cache.read(drafts.drafts, conversation.id)
        assert [draft.text for draft in kept] == ["My long answer"]


async def test_2_the_text_of_a_reply_that_failed_is_shown_with_its_reason_and_comes_back_as_a_draft(
    session: Session,
) -> None:
    conversation = a_conversation(session.cache, "Hello?")
    op = session.operations.reply(conversation.id, "My long answer", hold=0)
    for state, reason in ((SendState.SENDING, ""), (SendState.FAILED, "550 no such user")):
        session.cache.write(lambda tx, s=state, r=reason: outbox.move(tx, op.id, s, reason=r))  # type: ignore[misc]
    async with a_console(session) as person:
        await person.sees("! failed")
        assert "My long answer" in person.screen
        assert "550 no such user" in person.screen
        await person.press("g", "o")
        await person.sees("Enter decides")
        await person.press("enter")
        await person.sees("take it back")
        await person.press("end")
        await person.type("take")
        await person.press("enter")
        await person.sees("taken back")
        await person.press("r")
        await person.until(lambda: person.app.main.composer.text == "My long answer")


async def test_3_mail_goes_on_arriving_while_one_writes_and_moves_nothing(session: Session) -> None:
    conversation = a_conversation(session.cache, "Hello?", contact="Ann")
    async with a_console(session) as person:
        await person.press("r")
        await person.type("Dear A")
        for number in range(3):
            a_conversation(session.cache, f"news {number}", contact=f"Newcomer {number}")
            await person.type("nn!"[number])
        await person.sees("3 new ↑")
        assert "Newcomer" not in person.screen
        a_message(session.cache, conversation.id, "One more thing")
        await person.sees("One more thing")
        await person.type(" more")
        main = person.app.main
        assert main.composer.text == "Dear Ann! more"
        assert main.focused is main.composer.sheet
        assert main.desk.shown == conversation.id
        assert main.queue.selected == conversation.id


async def test_4_reply_window_and_unread_state_are_known(session: Session) -> None:
    able(session.cache, Capabilities(idempotency=Idempotency.DEDUPLICATED, window=24 * HOUR), "whatsapp")
    a_conversation(session.cache, "Still open?", contact="Ann", channel="whatsapp", inbox_address="+81")
    clock = session.cache.clock
    async with a_console(session) as person:
        await person.sees("•W Ann")
        await person.press("r")
        await person.sees("window closes in 23:")
        await person.press("escape")
        clock.advance(25 * HOUR)  # type: ignore[attr-defined]
        await person.press("r")
        await person.sees("the reply window has closed")
        await person.type("too late")
        await person.press("ctrl+s")
        await person.until(lambda: "the reply window has closed" in person.app.main.desk.notice[0])
        assert person.app.main.composer.text == "too late"
        await person.press("escape")
        await person.misses("•W Ann")
        await person.press("t")
        await person.sees("•W Ann")


async def test_5_japanese_is_cropped_and_padded_by_cells(session: Session) -> None:
    a_conversation(session.cache, "返金してください。商品が届きません。", contact="佐藤美咲子", subject="返金のお願い")
    a_conversation(session.cache, "Refund please", contact="Ann", subject="Refund")
    async with a_console(session, 100, 24) as person:
        await person.sees("佐藤美咲子")
        borders = {cell_width(line[: line.index("│")]) for line in person.screen.splitlines()[:20] if "│" in line}
        assert len(borders) == 1
        assert all(cell_width(line) <= 100 for line in person.screen.splitlines())


async def test_6_search_finds_what_was_never_loaded_into_the_list(session: Session) -> None:
    old = a_conversation(session.cache, "合言葉は蛍石です", contact="Old One", status=Status.RESOLVED)
    for number in range(60):
        a_conversation(session.cache, f"matter {number}", contact=f"Person {number}")
    async with a_console(session) as person:
        assert all(row.id != old.id for row in person.app.main.queue.window.rows)
        await person.press("slash")
        await person.type("蛍石")
        await person.sees("Old One")
        await person.press("enter")
        await person.until(lambda: person.app.main.desk.shown == old.id)
        await person.sees("合言葉は蛍石です")


async def test_7_no_file_of_a_profile_holds_a_secret_in_clear(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNITUI_VAULT_PASSPHRASE", "open sesame")
    monkeypatch.setattr("omnitui.services.secrecy.vault._N", 16)
    account = an_account(session.cache)
    ref = session.accounts.secrets.keep("vault", account.id, "password", "s3cret-Pa55")
    named = replace(account, secret_ref=joined({"password": ref}))
    session.cache.write(lambda tx: accounts.put_account(tx, named))
    a_conversation(session.cache)
    async with a_console(session) as person:
        await person.press("r")
        await person.type("hello")
        await person.press("ctrl+s")
        await person.sees("reply held for undo")
    assert session.accounts.secrets.get(ref) == "s3cret-Pa55"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]  # noqa: ASYNC240
    assert files
    for path in files:
        assert b"s3cret-Pa55" not in path.read_bytes(), path
        assert path.stat().st_mode & 0o077 == 0, path


async def test_sent_reply_is_held_counted_down_and_taken_back_by_undo(session: Session) -> None:
    conversation = a_conversation(session.cache, "Hello?")
    async with a_console(session) as person:
        await person.press("r")
        await person.type("Yes")
        await person.press("enter")
        await person.type("Ann")
        await person.press("ctrl+s")
        await person.sees("held, leaves in 8 s")
        await person.sees("u takes it back")
        written = session.cache.read(history.page, conversation.id)
        assert written[-1].text == "Yes\nAnn"
        await person.press("u")
        await person.sees("undone")
        await person.until(lambda: session.cache.read(outbox_reads.entries) == [])
        await asyncio.sleep(0)
        [kept] = session.cache.read(drafts.drafts, conversation.id)
        assert (kept.kind, kept.text) == (MessageKind.PUBLIC, "Yes\nAnn")
