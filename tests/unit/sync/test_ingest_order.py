"""Any order, duplication and repetition of what a back end reports gives the same cache."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.desk.belonging.subjects import matter
from omnitui.model.states import Direction, Priority, SendState, Status
from omnitui.sdk import (
    Batch,
    ConversationChanged,
    Event,
    FolderReset,
    MailFlags,
    MailLocation,
    MailReceived,
    MailVanished,
    MessageDeleted,
    Rated,
    ReadUpTo,
    Receipt,
    Unsupported,
)
from omnitui.store.arriving.arrivals import locations
from tests.support.connector import a_message
from tests.support.sync_desk import ANN, NOW, US, SyncDesk, a_mail

BASE = 1_700_000_000_000
BOSS, EVE = "boss@customer.example", "eve@evil.example"
CONVERSATIONS = st.sampled_from(["c1", "c2"])
NUMBERS = st.integers(1, 6)
TIMES = st.integers(0, 8).map(lambda second: BASE + second * 1_000 + 500)


@st.composite
def messages(draw: st.DrawFn) -> Event:
    number = draw(NUMBERS)
    return a_message(
        number,
        f"text {number}.{(revision := draw(st.integers(1, 3)))}",
        conversation=f"c{1 + number % 2}",
        revision=revision,
        direction=Direction.OUTGOING if number in (2, 5) else Direction.INCOMING,
    )


@st.composite
def changes(draw: st.DrawFn) -> Event:
    at = draw(TIMES)
    # A report at one time says one thing, or there would be no telling which holds.
    status = [Status.OPEN, Status.RESOLVED, Status.WAITING, None][at // 1_000 % 4]
    priority = [Priority.HIGH, None, Priority.LOW][at // 1_000 % 3]
    labels = [("vip",), None, ()][at // 1_000 % 3]
    return ConversationChanged(draw(CONVERSATIONS), at, status=status, priority=priority, labels=labels)


CHAT = st.one_of(
    messages(),
    messages(),
    changes(),
    st.builds(lambda number: MessageDeleted(f"m{number}", NOW), NUMBERS),
    st.builds(
        lambda number, state: Receipt(state, NOW, external_id=f"m{number}"),
        st.sampled_from([2, 5]),
        st.sampled_from([SendState.ACCEPTED, SendState.DELIVERED, SendState.READ]),
    ),
    st.builds(ReadUpTo, CONVERSATIONS, TIMES, st.booleans()),
    st.builds(lambda one, at: Rated(one, 1 + at // 1_000 % 5, "raw", at=at), CONVERSATIONS, TIMES),
    st.builds(
        lambda one: Unsupported("poll", b"{}", NOW, conversation=one, channel="chat", inbox="desk"), CONVERSATIONS
    ),
)


@st.composite
def mails(draw: st.DrawFn) -> list[MailReceived]:
    """A few mails that answer each other, more or less honestly."""
    made: list[MailReceived] = []
    for number in range(1, draw(st.integers(2, 6)) + 1):
        sender = draw(st.sampled_from([ANN, ANN, BOSS, EVE, US]))
        others = [one for one in draw(st.lists(st.sampled_from([ANN, BOSS]), max_size=2, unique=True)) if one != sender]
        to = [*others, *([US] if sender != US else [])] or [ANN]
        answers = draw(st.lists(st.integers(1, number - 1), max_size=2, unique=True)) if number > 1 else []
        subject = draw(st.sampled_from(["Order 7", "Re: Order 7", "Re: Order 7", "Invoice"]))
        direction = Direction.OUTGOING if sender == US else Direction.INCOMING
        made.append(a_mail(number, sender=sender, to=to, answers=answers, subject=subject, direction=direction))
    return made


@dataclass
class Delivery:
    """Events in some order, some of them more than once, cut into batches."""

    batches: list[tuple[bool, list[Event]]]


@st.composite
def delivered(draw: st.DrawFn, events: Sequence[Event]) -> Delivery:
    extra = draw(st.lists(st.sampled_from(list(events)), max_size=4)) if events else []
    order = draw(st.permutations([*events, *extra]))
    batches: list[tuple[bool, list[Event]]] = []
    while order:
        size = draw(st.integers(1, 4))
        batches.append((draw(st.booleans()), list(order[:size])))
        order = order[size:]
    return Delivery(batches)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    SyncDesk(folder).close()
    return folder


def outcome(empty: Path, delivery: Delivery) -> Any:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "profile"
        shutil.copytree(empty, folder)
        desk = SyncDesk(folder)
        try:
            asyncio.run(_deliver(desk, delivery))
            return view(desk)
        finally:
            desk.close()


async def _deliver(desk: SyncDesk, delivery: Delivery) -> None:
    for history, events in delivery.batches:
        await desk.ingest.commit(Batch(tuple(events)), history=history)


def view(desk: SyncDesk) -> Any:
    """All that an agent would see, without the ids that were made here."""
    return sorted(
        (
            one.external_id,
            one.contact,
            matter(one.subject),
            one.status,
            one.priority,
            one.labels,
            one.unread,
            one.csat,
            one.snippet,
            one.last_message_at,
            one.unanswered_since,
            one.send_state,
            [
                (message.external_id, message.text, message.state, message.kind, message.edited, message.received_at)
                for message in sorted(desk.messages(one.id), key=lambda message: message.external_id)
            ],
        )
        for one in desk.conversations()
        if desk.messages(one.id)
    )


def in_turn(events: Sequence[Event]) -> Delivery:
    return Delivery([(False, [event]) for event in events])


@settings(max_examples=40)
@given(st.data())
def test_chat_gives_the_same_cache_in_any_order(empty: Path, data: st.DataObject) -> None:
    events = data.draw(st.lists(CHAT, min_size=2, max_size=9))
    assert outcome(empty, data.draw(delivered(events))) == outcome(empty, in_turn(events))


@settings(max_examples=40)
@given(st.data())
def test_mail_gives_the_same_cache_in_any_order(empty: Path, data: st.DataObject) -> None:
    events = data.draw(mails())
    assert outcome(empty, data.draw(delivered(events))) == outcome(empty, in_turn(events))


FOLDERS = ("INBOX", "Archive")


@st.composite
def folder_life(draw: st.DrawFn) -> list[Event]:
    """What a mail server reports of a few mails that are moved, flagged and renumbered, in its own order."""
    events: list[Event] = []
    validity = dict.fromkeys(FOLDERS, 1)
    places: dict[int, MailLocation] = {}
    for uid in range(1, draw(st.integers(2, 10)) + 1):
        number, folder = draw(st.integers(1, 3)), draw(st.sampled_from(FOLDERS))
        known = places.get(number)
        match draw(st.sampled_from(["mail", "mail", "flags", "reset"])):
            case "mail":
                if known is not None:
                    events.append(MailVanished(known))
                places[number] = MailLocation(folder, validity[folder], uid)
                mail = a_mail(number, folder=folder, uid=uid, uidvalidity=validity[folder])
                events.append(mail)
            case "flags" if known is not None:
                events.append(MailFlags(known, seen=draw(st.booleans()), flagged=False, keywords=("vip",)))
            case "reset":
                validity[folder] += 1
                events.append(FolderReset(folder, validity[folder]))
                places = {one: place for one, place in places.items() if place.folder != folder}
    return events


@settings(max_examples=25)
@given(st.data())
def test_folder_gives_the_same_cache_when_batches_are_replayed(empty: Path, data: st.DataObject) -> None:
    events = data.draw(folder_life())
    repeated: list[Event] = []
    for at, event in enumerate(events):
        repeated.append(event)
        if data.draw(st.booleans()):
            # The process died before this cursor was stored: the last few come once more.
            repeated += events[max(0, at - data.draw(st.integers(0, 3))) : at + 1]
    assert places(empty, repeated) == places(empty, events)


def places(empty: Path, events: Sequence[Event]) -> Any:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "profile"
        shutil.copytree(empty, folder)
        desk = SyncDesk(folder)
        try:
            asyncio.run(_deliver(desk, in_turn(events)))
            ids = [message.id for message in desk.messages()]
            labels = sorted(conversation.labels for conversation in desk.conversations())
            return view(desk), desk.cache.read(locations, ids) if ids else [], labels
        finally:
            desk.close()
