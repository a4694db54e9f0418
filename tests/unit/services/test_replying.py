"""To whom a reply goes, and what is left of one that is taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from omnitui.model.conversations import Message
from omnitui.model.operations import Op
from omnitui.store import accounts
from omnitui.store.reads import history
from tests.support.sync_desk import ANN, US, SyncDesk, a_mail

BOB, CAROL = "Bob <bob@corp.example>", "carol@corp.example"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[SyncDesk]:
    made = SyncDesk(tmp_path)
    yield made
    made.close()


def line(desk: SyncDesk, op: Op) -> dict[str, Any]:
    """How the mail of an op is addressed."""
    found: dict[str, Any] = desk.entry(op.id).payload["mail"]
    return found


async def conversation(desk: SyncDesk, **mail: Any) -> str:
    await desk.take(a_mail(1, **mail))
    return desk.conversations()[0].id


async def test_reply_goes_to_the_writer_alone_and_one_to_all_to_everybody_but_us(desk: SyncDesk) -> None:
    desk.cache.write(lambda tx: accounts.put_inbox(tx, desk.account.id, "email", "sales@desk.example"))
    talk = await conversation(desk, to=(US, CAROL), cc=(BOB, "Sales@desk.example", ANN))
    alone = line(desk, desk.operations.reply(talk, "one"))
    assert (alone["to"], alone["cc"]) == ([ANN], [])
    to_all = line(desk, desk.operations.reply(talk, "all", to_all=True, cc=["BOB@corp.example", "dan@corp.example"]))
    assert to_all["to"] == [ANN]
    assert [one.lower() for one in to_all["cc"]] == ["bob@corp.example", "dan@corp.example", "carol@corp.example"]


async def test_reply_to_all_goes_where_the_writer_wants_answers(desk: SyncDesk) -> None:
    talk = await conversation(desk, to=(US,), cc=(BOB,), extra=[("Reply-To", "desk@corp.example")])
    answered = line(desk, desk.operations.reply(talk, "all", to_all=True))
    assert (answered["to"], answered["cc"]) == (["desk@corp.example"], ["bob@corp.example"])


async def test_those_in_copy_may_answer_into_the_same_conversation(desk: SyncDesk) -> None:
    talk = await conversation(desk, cc=(BOB,))
    answered = line(desk, desk.operations.reply(talk, "all", to_all=True))
    await desk.take(a_mail(2, sender=BOB, cc=(ANN,), answers=[answered["message_id"]]))
    assert len(desk.conversations()) == 1


async def test_what_was_undone_is_no_more_in_the_history_until_it_is_done_again(desk: SyncDesk) -> None:
    talk = await conversation(desk)
    desk.operations.reply(talk, "too hasty", hold=8_000)
    desk.operations.undo()
    desk.operations.note(talk, "wrong desk")
    desk.operations.undo()
    assert [one.text for one in everything(desk, talk)] == ["text 1"]
    desk.operations.redo()
    assert [one.text for one in everything(desk, talk)] == ["text 1", "wrong desk"]


def everything(desk: SyncDesk, talk: str) -> list[Message]:
    return desk.cache.read(history.page, talk)
