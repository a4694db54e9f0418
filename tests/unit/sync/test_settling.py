"""Asking the back end about what nobody knows to have arrived, because an agent wants to know."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.clock import FrozenClock
from omnitui.errors import Refused
from omnitui.model.states import SendState
from omnitui.sdk import Fault, Found, Idempotency, NotFound, NotReady, Unknowable, Unknown
from omnitui.sync.outbox import OutboxRunner
from tests.support.connector import a_message
from tests.support.sync_desk import SyncDesk


@pytest.mark.parametrize(
    ("answer", "state", "tries"),
    [
        (Found("x"), SendState.ACCEPTED, 1),
        (NotFound(), SendState.ACCEPTED, 2),
        (Unknowable("no folder of sent ones"), SendState.UNKNOWN, 1),
    ],
)
async def test_back_end_is_asked_once_about_an_unknown_op_when_an_agent_wants_to_know(
    tmp_path: Path, answer: Found | NotFound | Unknowable, state: SendState, tries: int
) -> None:
    desk = SyncDesk(tmp_path, FrozenClock(), idempotency=Idempotency.FINDABLE, script=[Unknown("cut")])
    connector = desk.connect(desk.account)
    steps: list[Fault | Found | NotFound | Unknowable] = [Unknowable("busy"), NotReady("down"), answer]
    connector.reconcile_script = steps
    runner = OutboxRunner(desk.cache, desk.account, connector)
    await desk.take(a_message(1))
    op = desk.operations.reply(desk.conversations()[0].id, "We are on it.")
    await runner.run()
    await runner.run()
    assert (desk.entry(op.id).state, len(connector.reconciled)) == (SendState.UNKNOWN, 1), "nobody has asked yet"
    desk.operations.ask(op.id)
    assert (await runner.run()).fault is not None
    assert desk.entry(op.id).state is SendState.UNKNOWN
    await runner.run()
    await runner.run()
    assert (desk.entry(op.id).state, len(connector.performed)) == (state, tries)
    if state is SendState.UNKNOWN:
        assert desk.messages()[-1].reason == "no folder of sent ones"
        assert len(connector.reconciled) == 3
    desk.close()


async def test_only_what_is_unknown_is_asked_about(tmp_path: Path) -> None:
    desk = SyncDesk(tmp_path, FrozenClock())
    await desk.take(a_message(1))
    op = desk.operations.reply(desk.conversations()[0].id, "We are on it.", hold=8_000)
    with pytest.raises(Refused):
        desk.operations.ask(op.id)
    desk.close()


@pytest.mark.parametrize("sent", [True, False])
async def test_agent_decides_about_what_cannot_be_asked_about_now(tmp_path: Path, sent: bool) -> None:
    desk = SyncDesk(tmp_path, FrozenClock(), idempotency=Idempotency.FINDABLE, script=[Unknown("cut")])
    connector = desk.connect(desk.account)
    connector.reconcile_script = [NotReady("no route")]
    runner = OutboxRunner(desk.cache, desk.account, connector)
    await desk.take(a_message(1))
    op = desk.operations.reply(desk.conversations()[0].id, "We are on it.")
    with pytest.raises(Refused):
        desk.operations.settle(op.id, sent=sent)
    assert (await runner.run()).fault is not None
    entry = desk.entry(op.id)
    assert entry.state is SendState.SENDING
    assert "nobody can tell now" in entry.reason
    desk.operations.settle(op.id, sent=sent)
    await runner.run()
    assert (desk.entry(op.id).state, len(connector.performed)) == (SendState.ACCEPTED, 1 if sent else 2)
    assert len(connector.reconciled) == 1
    desk.close()
