"""What chat channels say beside messages: reactions, what a message answers, who is writing, a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC
from itertools import permutations
from pathlib import Path
from typing import ClassVar

import pytest

from omnitui.bus import AgentTypes, CustomerTypes
from omnitui.clock import HOUR, SystemClock
from omnitui.model.conversations import Message
from omnitui.model.people import PICTURE
from omnitui.sdk import Batch, ContactChanged, Event, MessageDeleted, NotReady, Person, Reacted, Typing
from omnitui.store.forgetting import erasure
from omnitui.store.reads import belongings, between, people
from omnitui.sync.engine import Engine
from omnitui.ui.timeline.blocks import Setting, block
from tests.support.connector import CHANNEL, FakeConnector, a_message
from tests.support.sync_desk import NOW, PARSER, SyncDesk, until

ANN, BO = Person("ann", "Ann"), Person("bo", "Bo")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SyncDesk]:
    made = SyncDesk(tmp_path)
    yield made
    made.close()


def given(desk: SyncDesk) -> list[tuple[str, str]]:
    [message] = desk.messages()
    return [(one.name, one.emoji) for one in message.reactions]


def drawn(message: Message, width: int = 60) -> list[str]:
    return ["".join(text for text, _role in line).rstrip() for line in block(message, Setting(width, NOW, UTC))]


async def test_reactions_are_a_line_under_their_message_and_nothing_to_answer(desk: SyncDesk) -> None:
    await desk.take(a_message(1, seen=True))
    [before] = desk.conversations()
    await desk.take(Reacted("m1", ANN, "👍", 5), Reacted("m1", BO, "👍", 6), Reacted("m1", ANN, "❤", 7))
    [conversation], [message] = desk.conversations(), desk.messages()
    assert (conversation.unread, conversation.last_activity_at) == (0, before.last_activity_at)
    assert drawn(message)[-1].strip() == "👍 2  ❤ Ann"


async def test_reactions_end_the_same_in_whatever_order_they_come(desk: SyncDesk) -> None:
    for number, order in enumerate(permutations(range(5))):
        if number % 7:
            continue
        name = f"m{number}"
        events: list[Event] = [
            a_message(number),
            Reacted(name, ANN, "👍", 5),
            Reacted(name, ANN, "👍", 6, withdrawn=True),
            Reacted(name, BO, "😀", 7, replaces=True),
            Reacted(name, BO, "❤", 8, replaces=True),
        ]
        await desk.take(*(events[at] for at in order), *events)
    for message in desk.messages():
        assert [(one.name, one.emoji) for one in message.reactions] == [("Bo", "❤")], message.external_id


async def test_reaction_taken_back_without_a_name_takes_back_all_of_the_persons(desk: SyncDesk) -> None:
    await desk.take(a_message(1), Reacted("m1", ANN, "👍", 5), Reacted("m1", ANN, "❤", 5), Reacted("m1", BO, "❤", 5))
    await desk.take(Reacted("m1", ANN, "", 6, withdrawn=True))
    await desk.take(Reacted("m1", ANN, "👍", 5))
    assert given(desk) == [("Bo", "❤")]


async def test_reaction_of_the_forgotten_goes_from_others_messages(desk: SyncDesk) -> None:
    await desk.take(a_message(1), a_message(2, conversation="c2", contact=BO, author=BO))
    await desk.take(Reacted("m1", BO, "❤", 5), Reacted("m1", Person("x", "Xu"), "👍", 5))
    bo = next(one.contact_id for one in desk.conversations() if one.contact == "Bo")
    desk.cache.write(lambda tx: erasure.erase_all(tx, belongings.rows_of(tx.db, [bo]), until=NOW))
    assert given(desk) == [("Xu", "👍")]


async def test_reaction_is_no_line_of_a_message_that_was_taken_back(desk: SyncDesk) -> None:
    await desk.take(a_message(1), Reacted("m1", ANN, "👍", 5), MessageDeleted("m1", 6))
    assert desk.messages() == []


async def test_answered_message_is_found_by_the_back_ends_name_of_it(desk: SyncDesk) -> None:
    await desk.take(a_message(3, answers="m1"), a_message(2), a_message(1, "when does it come?"))
    third = next(one for one in desk.messages() if one.external_id == "m3")
    found = desk.cache.read(between.answered, [one.id for one in desk.messages()])
    assert {own: answered.text for own, answered in found.items()} == {third.id: "when does it come?"}


async def test_typing_is_told_within_the_process_and_kept_nowhere(desk: SyncDesk) -> None:
    await desk.take(a_message(1))
    heard: list[CustomerTypes] = []
    desk.cache.bus.subscribe(CustomerTypes, heard.append)
    before = desk.cache.read(lambda db: db.execute("SELECT max(seq) FROM change").fetchone())
    await desk.ingest.commit(
        Batch((Typing("c1", NOW + 10_000, "Ann"), Typing("nowhere", NOW), Typing("c1", NOW + HOUR)))
    )
    [conversation] = desk.conversations()
    assert [(one.conversation_id, one.until - NOW, one.name) for one in heard] == [
        (conversation.id, 10_000, "Ann"),
        (conversation.id, 60_000, ""),
    ]
    assert desk.cache.read(lambda db: db.execute("SELECT max(seq) FROM change").fetchone()) == before


async def test_picture_is_a_field_of_the_card_beside_the_others(desk: SyncDesk) -> None:
    await desk.take(a_message(1), ContactChanged(CHANNEL, "ann", fields=(("plan", "gold"),)))
    await desk.take(ContactChanged(CHANNEL, "ann", picture="https://pictures.example/ann.png"))
    [conversation] = desk.conversations()
    contact = desk.cache.read(people.contact, conversation.contact_id)
    assert contact is not None
    assert dict(contact.fields) == {"plan": "gold", PICTURE: "https://pictures.example/ann.png"}


async def test_line_of_reactions_fits_and_carries_no_control(desk: SyncDesk) -> None:
    await desk.take(a_message(1), *(Reacted("m1", Person(f"a{n}", f"N{n}\x1b[2J"), f"e{n}", n) for n in range(30)))
    [line] = [line for line in drawn(desk.messages()[0], 40) if "e0" in line]
    assert len(line) <= 40
    assert "\x1b" not in line


class Showing(FakeConnector):
    """Shows the customer that somebody writes; the first time it fails."""

    told: ClassVar[list[tuple[str, str]]] = []

    async def typing(self, conversation: str, channel: str) -> None:
        self.told.append((conversation, channel))
        if len(self.told) == 1:
            raise NotReady("busy")


async def test_customer_is_shown_that_an_agent_writes_and_a_fault_costs_nothing(tmp_path: Path) -> None:
    desk = SyncDesk(tmp_path, SystemClock())
    Showing.told.clear()
    await desk.take(a_message(1))
    [conversation] = desk.conversations()
    engine = Engine(desk.cache, lambda _account: Showing(desk.back_end, desk.mark), parser=PARSER)
    task = asyncio.create_task(engine.run())
    event = AgentTypes(desk.account.id, conversation.id, CHANNEL)

    def tell(count: int) -> bool:
        desk.cache.bus.publish(event)
        return len(Showing.told) >= count

    await until(lambda: tell(3))
    assert set(Showing.told) == {("c1", CHANNEL)}
    engine.stop()
    await asyncio.wait_for(task, 20)
    desk.close()
