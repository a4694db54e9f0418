"""Calls to customers: what is dialled and by whom, and what the conversation keeps of it."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.clock import DAY, HOUR, SECOND, FrozenClock
from omnitui.config.settings import Voice
from omnitui.errors import ConfigError, OmniError, Refused
from omnitui.model.states import CallEnd, Direction, MessageKind, SendState, Status, Verb
from omnitui.model.tasks import TaskKind
from omnitui.sdk import Capabilities, Idempotency, MessageReceived, Person, Receipt, snapshot
from omnitui.services.acting.calling import Calling, Line, call_length, checked_number, dial, dial_words
from omnitui.store import accounts, outbox
from omnitui.store.arriving import inflow
from omnitui.store.reads import history, oplog, tasks
from omnitui.store.writer import Tx
from omnitui.sync.checks import why_kept_back
from tests.support.sync_desk import NOW, SyncDesk

THEIRS, OURS, PHONE = "+81312345678", "+15005550006", "+818012345678"
VOICE = Capabilities(idempotency=Idempotency.UNKNOWABLE, writes=False, calls=True)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SyncDesk]:
    made = SyncDesk(tmp_path)
    kept = snapshot.take(lambda _channel: VOICE, ("voice",))

    def work(tx: Tx) -> None:
        accounts.set_capabilities(tx, made.account.id, kept)
        accounts.put_inbox(tx, made.account.id, "voice", OURS)

    made.cache.write(work)
    yield made
    made.close()


async def rung(desk: SyncDesk) -> str:
    """Mei has called; the conversation."""
    await desk.take(told("CA1", "[call] missed", 3, Direction.INCOMING, CallEnd.MISSED))
    [conversation] = desk.conversations()
    return conversation.id


def told(name: str, text: str, revision: int, direction: Direction, end: CallEnd | None) -> MessageReceived:
    who = Person(THEIRS, "Mei")
    return MessageReceived(
        *(OURS, "voice", f"{OURS} {THEIRS}", name, who, who, direction, NOW, text), revision=revision, call=end
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+81312345678", "+81312345678"),
        ("tel:+81-3-1234-5678", "+81312345678"),
        (" +1 (500) 555-0006 ", "+15005550006"),
        ("sip:desk@127.0.0.1:5070", "sip:desk@127.0.0.1:5070"),
        ("sips:mei@example.com", "sips:mei@example.com"),
    ],
)
def test_numbers_are_those_of_telephones_and_sip(text: str, number: str) -> None:
    assert checked_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        *("", "0312345678", "+0312345678", "+8131234567890123", "+81 31;rm", "--help", "-e", "sip:", "sip:a@b c"),
        *("sip:a@b\n/quit", "sip:a;x@b", "sip:$(id)@b", "http://a@b", "+81３１２３４５６", "sip:a@b/c"),
    ],
)
def test_what_is_no_number_is_never_dialled(text: str) -> None:
    with pytest.raises(Refused):
        dial_words(("dialler", "/dial {number}"), text)


@given(st.text(max_size=60))
def test_nothing_odd_gets_through(text: str) -> None:
    try:
        number = checked_number(text)
    except Refused:
        return
    assert number.isascii()
    assert number.startswith(("+", "sip:", "sips:"))
    assert not set(number) & set(" \n\t\"'`$;|&<>(){}\\/")


def test_template_of_a_softphone_keeps_the_number_in_its_place() -> None:
    assert dial_words(("baresip", "-e", "/dial {number}"), THEIRS) == ["baresip", "-e", f"/dial {THEIRS}"]
    for template in ((), ("baresip",), ("{number}",), ("{number}", "{number}")):
        with pytest.raises(ConfigError):
            dial_words(template, THEIRS)


async def test_lines_are_the_accounts_that_call_and_the_softphone(desk: SyncDesk) -> None:
    conversation, calling = await rung(desk), Calling(desk.cache)
    assert calling.lines(conversation, Voice()) == []
    found = calling.lines(conversation, Voice(agent_phone=PHONE, dial=("/usr/bin/baresip", "-e", "/dial {number}")))
    assert found == [Line(THEIRS, desk.account.id, "fake"), Line(THEIRS, None, "baresip")]


async def test_call_is_queued_once_and_its_message_says_what_became_of_it(desk: SyncDesk) -> None:
    conversation, calling = await rung(desk), Calling(desk.cache)
    for numbers in (("12", PHONE), (THEIRS, "12"), (PHONE, PHONE)):
        with pytest.raises(Refused):
            calling.call(conversation, numbers[0], desk.account.id, numbers[1])
    op = calling.call(conversation, THEIRS, desk.account.id, PHONE)
    entry = desk.entry(op.id)
    assert (entry.state, entry.verb, entry.conversation_id) == (SendState.QUEUED, Verb.REPLY, conversation)
    assert entry.payload["fields"] == {"call": {"number": THEIRS, "phone": PHONE}}
    # A line that takes no writing, and words that came meanwhile, keep back a reply; no call.
    desk.operations.set_status([conversation], Status.RESOLVED)
    await desk.take(told("CA2", "[call] missed", 3, Direction.INCOMING, CallEnd.MISSED))
    assert desk.cache.read(why_kept_back, entry, VOICE, desk.clock.now()) == ""

    def accepted(tx: Tx) -> None:
        outbox.move(tx, op.id, SendState.SENDING)
        outbox.move(tx, op.id, SendState.ACCEPTED, external_id="CA-out")

    desk.cache.write(accepted)
    await desk.take(
        told("CA-out", "[call] speaks", 6, Direction.OUTGOING, CallEnd.ANSWERED),
        Receipt(SendState.DELIVERED, NOW, external_id="CA-out"),
        told("CA-out", "[call] 2:05", 9, Direction.OUTGOING, CallEnd.ANSWERED),
        told("CA-out", "[call] ended", 7, Direction.OUTGOING, None),
    )
    (ours,) = [one for one in desk.messages(conversation) if one.op_id == op.id]
    assert (ours.text, ours.state, ours.direction) == ("[call] 2:05", SendState.DELIVERED, Direction.OUTGOING)
    with pytest.raises(Refused, match="cannot be taken back"):
        desk.operations.undo(op.id)


async def test_number_that_never_called_gets_a_conversation_with_the_account(desk: SyncDesk) -> None:
    calling = Calling(desk.cache)

    def work(tx: Tx) -> str:
        box = accounts.put_inbox(tx, desk.account.id, "email", "shop@example.com")
        contact, _own = inflow.find_or_make_contact(tx, desk.account.id, "email", "a@example.com", "Ann")
        return inflow.make_conversation(
            tx,
            account_id=desk.account.id,
            inbox_id=box.id,
            contact_id=contact,
            channel="email",
        )

    mail = desk.cache.write(work)
    op = calling.call(mail, THEIRS, desk.account.id, PHONE)
    assert (op.verb, op.conversation_id != mail) == (Verb.NEW, True)
    assert desk.entry(op.id).payload["contact"] == THEIRS


def a_program(folder: Path, script: str) -> str:
    path = folder / "dialler"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize(
    ("script", "ending"),
    [
        ('test "$2" = "/dial +81312345678" && test -z "$SECRET_OF_OURS" && exit 0; exit 9', "dialler ended, 0:00"),
        ("echo dialling >&2; echo busy here >&2; exit 3", "dialler failed with 3: busy here, 0:00"),
        (
            r"printf 'hello\n\033[31mno port\n\033[;m\nbye\n'; exit 98",
            "dialler failed with 98: no port; bye, 0:00",
        ),
        ("sleep 60", "dialler took longer than 0.3 seconds, 0:00"),
    ],
)
async def test_conversation_keeps_what_was_dialled_and_how_it_ended(
    desk: SyncDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, ending: str
) -> None:
    monkeypatch.setitem(os.environ, "SECRET_OF_OURS", "x")
    conversation, calling = await rung(desk), Calling(desk.cache)
    voice = Voice(dial=(a_program(tmp_path, script), "-e", "/dial {number}"), seconds=0.3 if "60" in script else 20)
    with suppress(OmniError):
        await dial(calling, conversation, "tel:+81-3-1234-5678", voice, profile="default")
    lines = [one for one in desk.cache.read(history.page, conversation) if one.kind is MessageKind.NOTE]
    assert [one.text for one in lines] == [f"[call] {THEIRS}: dialled by dialler", f"[call] {THEIRS}: {ending}"]
    ops = desk.cache.read(oplog.log, conversation)
    assert [op.verb for op in ops[:2]] == [Verb.CALL, Verb.CALL]
    assert desk.cache.read(oplog.last_undoable, desk.cache.me().id) == []
    with pytest.raises(Refused, match="cannot be taken back"):
        desk.operations.undo(ops[0].id)


@pytest.mark.parametrize(("length", "code", "kept"), [(60, 0, True), (2, 0, False), (60, 3, False)])
async def test_finished_call_by_softphone_keeps_the_promise_of_the_missed_one(
    desk: SyncDesk, tmp_path: Path, length: int, code: int, kept: bool
) -> None:
    able = snapshot.take(lambda _channel: replace(VOICE, call_back=4 * HOUR), ("voice",))
    desk.cache.write(lambda tx: accounts.set_capabilities(tx, desk.account.id, able))
    conversation, calling = await rung(desk), Calling(desk.cache)
    own = desk.operations.add_task(conversation, TaskKind.CALL_BACK, desk.clock.now() + DAY).object_id
    (promised,) = (one.id for one in desk.cache.read(tasks.of_conversation, conversation) if one.id != own)
    begun, ends = tmp_path / "begun", tmp_path / "ends"
    for pipe in (begun, ends):
        os.mkfifo(pipe)
    script = f"echo > {begun}; read end < {ends}; exit {code}"
    voice = Voice(dial=(a_program(tmp_path, script), "{number}"))
    call = asyncio.create_task(dial(calling, conversation, THEIRS, voice, profile="default"))
    await asyncio.to_thread(begun.read_text)
    assert isinstance(desk.clock, FrozenClock)
    desk.clock.advance(length * SECOND)
    await asyncio.to_thread(ends.write_text, "now")
    await call
    still = {one.id for one in desk.cache.read(tasks.of_conversation, conversation)}
    assert still == ({own} if kept else {own, promised})


async def test_program_that_is_not_there_is_said(desk: SyncDesk) -> None:
    conversation, calling = await rung(desk), Calling(desk.cache)
    with pytest.raises(OmniError, match="could not be started"):
        await dial(calling, conversation, THEIRS, Voice(dial=("/nowhere/phone", "{number}")), profile="default")
    assert "could not be started" in desk.messages(conversation)[-1].text


def test_length_of_a_call_is_in_minutes_and_seconds() -> None:
    assert [call_length(one) for one in (0, 65_000, 3_725_999, -5)] == ["0:00", "1:05", "62:05", "0:00"]
