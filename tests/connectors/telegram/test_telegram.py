"""What Telegram does beside the contract."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from omnitui_telegram import TelegramConnector

from omnitui.clock import DAY, FrozenClock
from omnitui.sdk import Accepted, Batch, NotReady, OmniError, OutboundFile, Rejected, Unknown, Verb
from omnitui.services.channels.http import SharedClient
from tests.support.sdk import a_context
from tests.support.telegram_rig import TelegramRig
from tests.support.telegram_server import TOKEN, TelegramServer, refused


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server
        assert server.broken == []


@pytest.fixture
def rig(tmp_path: Path, server: TelegramServer) -> TelegramRig:
    return TelegramRig(tmp_path, server)


async def first_batch(connector: TelegramConnector, cursor: object = None) -> Batch:
    try:
        async with asyncio.timeout(30):
            async for batch in connector.inbound(cursor):
                return batch
    finally:
        await connector.close()
    raise AssertionError("inbound ended by itself")


async def test_reply_quotes_what_it_answers(rig: TelegramRig, server: TelegramServer) -> None:
    op = replace(rig.outbound("はい"), reply_to_external_id="71:7")
    assert await rig.connector().perform(op) == Accepted("71:101")
    quote = {"message_id": 7, "allow_sending_without_reply": True}
    assert server.sent == [("sendMessage", {"chat_id": 71, "reply_parameters": quote, "text": "はい"})]


@pytest.mark.parametrize(("count", "method"), [(1, "sendDocument"), (3, "sendMediaGroup")])
async def test_files_and_their_text_leave_in_one_call(
    rig: TelegramRig, server: TelegramServer, count: int, method: str
) -> None:
    files = tuple(OutboundFile(f"請求書{n}.pdf", "application/pdf", b"%PDF") for n in range(count))
    outcome = await rig.connector().perform(replace(rig.outbound("こちらです"), files=files))
    assert isinstance(outcome, Accepted)
    assert [sent for sent, _said in server.sent] == [method]
    said = server.sent[0][1]
    assert (said.get("caption") or said["media"][-1]["caption"]) == "こちらです"


async def test_text_too_long_for_a_caption_is_refused_before_anything_leaves(
    rig: TelegramRig, server: TelegramServer
) -> None:
    op = replace(rig.outbound("x" * 1_025), files=(OutboundFile("a.txt", "text/plain", b"a"),))
    outcome = await rig.connector().perform(op)
    assert isinstance(outcome, Rejected)
    assert "1,024" in outcome.reason
    assert server.sent == []


async def test_words_of_a_refusal_are_telegrams(rig: TelegramRig, server: TelegramServer) -> None:
    server.next_sends.append(refused(403, "Forbidden: bot was blocked by the user"))
    assert await rig.connector().perform(rig.outbound("x")) == Rejected("Forbidden: bot was blocked by the user")


async def test_group_that_moved_gets_the_reply_at_its_new_place(rig: TelegramRig, server: TelegramServer) -> None:
    moved = refused(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1005)
    server.next_sends.append(moved)
    assert isinstance(await rig.connector().perform(rig.outbound("x")), Accepted)
    assert [said["chat_id"] for _method, said in server.sent] == [-1005]


async def test_fault_of_the_server_while_sending_is_unknown(rig: TelegramRig, server: TelegramServer) -> None:
    server.next_sends.append(refused(500, "Internal Server Error"))
    assert isinstance(await rig.connector().perform(rig.outbound("x")), Unknown)


async def test_edit_and_delete_travel(rig: TelegramRig, server: TelegramServer) -> None:
    connector = rig.connector()
    for verb, fields in ((Verb.EDIT, {"message": "71:9", "text": "訂正"}), (Verb.DELETE, {"message": "71:9"})):
        assert await connector.perform(replace(rig.outbound(""), verb=verb, fields=fields)) == Accepted()
    assert [method for method, _said in server.sent] == ["editMessageText", "deleteMessage"]
    assert server.sent[0][1] == {"chat_id": 71, "message_id": 9, "text": "訂正"}


async def test_album_is_changed_and_taken_back_whole(rig: TelegramRig, server: TelegramServer) -> None:
    connector = rig.connector()
    files = tuple(OutboundFile(f"{n}.pdf", "application/pdf", b"%PDF") for n in range(3))
    sent = await connector.perform(replace(rig.outbound("こちらです"), files=files))
    assert isinstance(sent, Accepted)
    server.next_sends.append(refused(400, "Bad Request: there is no text in the message to edit"))
    for verb, text in ((Verb.EDIT, {"text": "訂正"}), (Verb.DELETE, {})):
        op = replace(rig.outbound(""), verb=verb, fields={"message": sent.external_id, **text})
        assert await connector.perform(op) == Accepted()
    assert server.sent[1:] == [
        ("editMessageCaption", {"chat_id": 71, "message_id": 103, "caption": "訂正"}),
        ("deleteMessages", {"chat_id": 71, "message_ids": [101, 102, 103]}),
    ]


async def test_edit_that_arrived_before_is_accepted(rig: TelegramRig, server: TelegramServer) -> None:
    server.next_sends.append(refused(400, "Bad Request: message is not modified: specified new message content …"))
    op = replace(rig.outbound(""), verb=Verb.EDIT, fields={"message": "71:9", "text": "訂正"})
    assert await rig.connector().perform(op) == Accepted()


async def test_what_is_no_message_is_not_quoted(rig: TelegramRig, server: TelegramServer) -> None:
    assert isinstance(
        await rig.connector().perform(replace(rig.outbound("はい"), reply_to_external_id="unsupported 0a")), Accepted
    )
    assert server.sent == [("sendMessage", {"chat_id": 71, "text": "はい"})]


async def test_what_telegram_forgets_once_it_was_taken_has_to_lie_on_the_disk(rig: TelegramRig) -> None:
    await rig.customer_writes("返金はまだですか")
    assert (await first_batch(rig.connector())).once


async def test_file_is_fetched_and_one_too_large_says_so(rig: TelegramRig, server: TelegramServer) -> None:
    server.files["f1"] = b"tea" * 100
    sink = BytesIO()
    await rig.connector().fetch({"file_id": "f1"}, sink, 1_000)
    assert sink.getvalue() == b"tea" * 100
    with pytest.raises(OmniError, match="larger than 100 bytes"):
        await rig.connector().fetch({"file_id": "f1"}, BytesIO(), 100)


async def test_webhook_that_is_set_is_named(rig: TelegramRig, server: TelegramServer) -> None:
    server.webhook = "https://elsewhere.example/hook"
    health = await rig.connector().check()
    assert not health.ok
    assert "webhook" in health.message
    with pytest.raises(NotReady, match="webhook is active"):
        await first_batch(rig.connector())


async def test_privacy_in_groups_is_told(rig: TelegramRig) -> None:
    health = await rig.connector().check()
    assert health.ok
    assert "only what is said to it" in health.message


async def test_day_without_asking_is_a_gap(tmp_path: Path, server: TelegramServer) -> None:
    clock = FrozenClock()
    context = a_context(
        tmp_path, clock=clock, settings={"api_url": server.url}, secrets={"token": TOKEN}, http=SharedClient()
    )
    first = await first_batch(TelegramConnector(context))
    assert "no history" in first.gap
    assert (await first_batch(TelegramConnector(context), first.cursor)).gap == ""
    clock.advance(DAY + 1)
    assert "24 hours" in (await first_batch(TelegramConnector(context), first.cursor)).gap


async def test_line_that_is_renewed_goes_on(rig: TelegramRig) -> None:
    connector, texts = rig.connector(), []

    async def listen() -> None:
        async for batch in connector.inbound(None):
            texts.append(rig.text_of(batch))
            if texts[-1]:
                await connector.close()
            elif len(texts) == 1:
                asyncio.get_running_loop().call_later(0.1, lambda: asyncio.ensure_future(renew()))

    async def renew() -> None:
        await connector.renew()
        await rig.customer_writes("まだいますか")

    async with asyncio.timeout(30):
        await listen()
    assert "まだいますか" in texts


async def test_token_stands_in_no_error(tmp_path: Path) -> None:
    settings = {"api_url": "http://127.0.0.1:9"}
    connector = TelegramConnector(a_context(tmp_path, settings=settings, secrets={"token": TOKEN}, http=SharedClient()))
    health = await connector.check()
    assert not health.ok
    assert TOKEN not in health.message + health.hint
