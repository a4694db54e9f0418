"""A reply whose answer was lost: what the cache thinks of it, and what Meta's own reports make of that."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from omnitui.clock import FrozenClock
from omnitui.model.accounts import Account
from omnitui.model.states import SendState
from omnitui.sdk import snapshot
from omnitui.store import accounts
from omnitui.store.writer import Tx
from omnitui.sync.ingest import Ingest
from omnitui.sync.outbox import OutboxRunner
from tests.support.page_rig import MessengerRig, PageRig, a_page_rig
from tests.support.promises import Promise
from tests.support.sync_desk import PARSER, SyncDesk
from tests.support.whatsapp_rig import MEI, WhatsAppRig, a_rig, call

SETTLED = "A reply on WhatsApp or Messenger whose answer was lost is never repeated, and Meta's own report settles it."


def report(rig: WhatsAppRig | PageRig, key: str) -> dict[str, Any]:
    """What Meta calls with about the reply."""
    if isinstance(rig, PageRig):
        return rig.world.echo()
    status = {"id": "wamid.000001", "status": "delivered", "timestamp": "1780000060", "recipient_id": MEI}
    return call("messages", {"statuses": [{**status, "biz_opaque_callback_data": key}]})


@pytest.mark.parametrize(
    ("kind", "becomes"), [("whatsapp", SendState.DELIVERED), ("messenger", SendState.ACCEPTED)], ids=["wa", "page"]
)
async def test_lost_reply_is_unknown_until_a_report_names_it(
    tmp_path: Path, promise: Promise, kind: str, becomes: SendState
) -> None:
    desk = SyncDesk(tmp_path / "desk", FrozenClock(1_780_000_120_000))
    rig = a_rig(tmp_path, desk.clock) if kind == "whatsapp" else a_page_rig(MessengerRig, tmp_path)
    rig.mark = desk.mark
    account = Account(desk.cache.ids.new(), kind, "Meta", hold=0)
    with rig.server:
        connector = rig.connector()

        def work(tx: Tx) -> None:
            accounts.put_account(tx, account)
            accounts.set_capabilities(tx, account.id, snapshot.take(connector.capabilities, (kind,)))

        desk.cache.write(work)
        ingest = Ingest(desk.cache, account, PARSER)
        cursor: Any = None

        async def take() -> None:
            nonlocal cursor
            async with asyncio.timeout(30):
                async for batch in connector.inbound(cursor):
                    await ingest.commit(batch)
                    cursor = batch.cursor or cursor
                    if batch.caught_up:
                        return

        await rig.customer_writes("まだですか")
        await take()
        (conversation,) = desk.conversations()
        op = desk.operations.reply(conversation.id, "本日お送りしました")
        await rig.cut(after_send=True)
        runner = OutboxRunner(desk.cache, account, connector)
        for _again in range(3):
            await runner.run()
            assert desk.entry(op.id).state is SendState.UNKNOWN
        assert len(rig.world.sent) == 1
        key = desk.entry(op.id).idempotency_key
        rig.world.calls.push(report(rig, key))
        await take()
        assert desk.entry(op.id).state is becomes
        assert [message.text for message in desk.messages(conversation.id)] == ["まだですか", "本日お送りしました"]
        await runner.run()
        assert len(rig.world.sent) == 1
        await connector.close()
    desk.close()
    promise(SETTLED, "sent once, unknown for three passes, settled by one report")
