"""Half characters, as back ends send that cut texts by UTF-16 units: they hold up nothing and are lost as little."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.model.states import SendState
from omnitui.sdk import ContactChanged, ConversationChanged, Extent, RemoteFile
from omnitui.store import outbox
from omnitui.store.reads import ledger
from omnitui.sync.ledger import note_batch, note_health
from omnitui.text.surrogates import mended
from tests.support.connector import CHANNEL, a_message
from tests.support.sync_desk import NOW, SyncDesk

HALF = "cut \ud83d"
PAIR = "\ud83d\udc4d"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SyncDesk]:
    made = SyncDesk(tmp_path)
    yield made
    made.close()


def test_pairs_are_joined_and_lone_halves_replaced() -> None:
    assert mended(f"a{PAIR}b{HALF}") == "a👍bcut \ufffd"
    whole = "日本語👍"
    assert mended(whole) is whole


async def test_events_with_half_characters_come_in(desk: SyncDesk) -> None:
    first = a_message(1)
    person = replace(first.contact, name=f"Ann {PAIR}")
    files = (RemoteFile(HALF, "image/png", 1),)
    await desk.take(replace(first, text=HALF, subject=HALF, contact=person, author=person, files=files))
    await desk.take(
        ConversationChanged(first.conversation, NOW, subject=HALF, labels=(HALF,), vendor_status=HALF),
        ContactChanged(CHANNEL, person.address, segment=HALF, fields=((HALF, HALF),)),
        a_message(2, f"then {PAIR}"),
    )
    [conversation] = desk.conversations()
    assert conversation.contact == "Ann 👍"
    assert [message.text for message in desk.messages()] == ["cut \ufffd", "then 👍"]


async def test_words_of_servers_with_half_characters_are_kept(desk: SyncDesk) -> None:
    await desk.take(a_message(1))
    account = desk.account.id
    desk.cache.write(lambda tx: note_health(tx, account, "faulted", error=HALF))
    desk.cache.write(lambda tx: note_batch(tx, account, [Extent("a", budget=HALF)], gap=HALF, unparsed=0, added=0))
    assert {entry.error for entry in desk.cache.read(ledger.entries)} >= {"cut \ufffd"}
    [conversation] = desk.conversations()
    op = desk.operations.reply(conversation.id, f"typed {HALF}", hold=0)
    desk.cache.write(lambda tx: outbox.move(tx, op.id, SendState.SENDING))
    desk.cache.write(lambda tx: outbox.move(tx, op.id, SendState.FAILED, reason=HALF, outcomes={HALF: HALF}))
    last = desk.messages()[-1]
    assert (last.text, last.reason) == ("typed cut \ufffd", "cut \ufffd")


async def test_what_the_shell_hands_over_is_mended(desk: SyncDesk) -> None:
    await desk.take(a_message(1))
    [conversation] = desk.conversations()
    desk.operations.note(conversation.id, "not utf-8: \udcff")
    desk.operations.set_contact(conversation.contact_id, {"about": "\udcff"})
    desk.operations.label([conversation.id], add=["\udcff"])
    [conversation] = desk.conversations()
    assert conversation.labels == ("\ufffd",)
    assert desk.messages()[-1].text == "not utf-8: \ufffd"
