"""What WhatsApp does beside the contract."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from omnitui.clock import DAY, HOUR, MINUTE
from omnitui.sdk import (
    Accepted,
    Allow,
    AuthFailed,
    Batch,
    Deferred,
    NeedTemplate,
    NotReady,
    OmniError,
    Outbound,
    OutboundFile,
    RateLimited,
    Rejected,
    Unknown,
    Verb,
)
from tests.support.meta_server import refuses, wrong
from tests.support.whatsapp_rig import HELLO, MEI, NUMBER, SHOWN, WhatsAppRig, a_rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[WhatsAppRig]:
    made = a_rig(tmp_path)
    with made.server:
        yield made
        assert made.server.broken == []


async def until_caught_up(rig: WhatsAppRig, connector: Any, cursor: object = None) -> list[Batch]:
    batches = []
    async with asyncio.timeout(30):
        async for batch in connector.inbound(cursor):
            batches.append(batch)
            if batch.caught_up:
                break
    return batches


def a_file(kind: str, size: int = 9) -> OutboundFile:
    return OutboundFile("請求書.bin", kind, b"x" * size)


async def test_reply_quotes_what_it_answers_and_carries_its_key(rig: WhatsAppRig) -> None:
    op = replace(rig.outbound("はい"), reply_to_external_id="wamid.in1")
    assert await rig.connector().perform(op) == Accepted("wamid.000001", conversation=f"{NUMBER}/{MEI}")
    assert rig.world.sent == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": MEI,
            "biz_opaque_callback_data": op.idempotency_key,
            "context": {"message_id": "wamid.in1"},
            "type": "text",
            "text": {"body": "はい"},
        }
    ]


@pytest.mark.parametrize(
    ("file", "text", "kind"),
    [
        (a_file("image/jpeg"), "これ", "image"),
        (a_file("image/jpeg", 5 * 1024 * 1024 + 1), "これ", "document"),
        (a_file("image/gif"), "", "document"),
        (a_file("video/mp4"), "", "video"),
        (a_file("audio/ogg"), "", "audio"),
        (a_file("audio/ogg"), "聞いて", "document"),
        (a_file("application/pdf"), "こちらです", "document"),
    ],
)
async def test_file_and_its_text_are_one_message(rig: WhatsAppRig, file: OutboundFile, text: str, kind: str) -> None:
    assert isinstance(await rig.connector().perform(replace(rig.outbound(text), files=(file,))), Accepted)
    (left,) = rig.server.posted(f"{NUMBER}/media")
    assert left["file"] == {"name": file.name, "type": file.media_type, "size": len(file.data)}
    (sent,) = rig.world.sent
    assert (sent["type"], sent[kind]["id"], sent[kind].get("caption", "")) == (kind, "900", text)
    assert ("filename" in sent[kind]) == (kind == "document")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"files": (a_file("image/png"), a_file("image/png"))}, "one file"),
        ({"text": "x" * 1_025, "files": (a_file("image/png"),)}, "1,024"),
        ({"text": "x" * 4_097}, "4,096"),
        ({"text": ""}, "nothing"),
        (
            {"fields": {"template": {"name": "x", "language": "en", "values": []}}, "files": (a_file("x/y"),)},
            "template",
        ),
    ],
)
async def test_what_whatsapp_does_not_take_is_refused_before_anything_leaves(
    rig: WhatsAppRig, change: dict[str, Any], words: str
) -> None:
    outcome = await rig.connector().perform(replace(rig.outbound("x"), **change))
    assert isinstance(outcome, Rejected)
    assert words in outcome.reason
    assert [call for call in rig.server.calls if call[0] == "POST"] == []


async def test_nothing_is_marked_as_leaving_while_only_its_file_is_left(rig: WhatsAppRig) -> None:
    rig.server.limited_until = float("inf")
    marks: list[str] = []

    async def mark(op_id: str) -> None:
        marks.append(op_id)

    connector = rig.connector()
    connector._account.context = replace(connector._account.context, mark=mark)
    with pytest.raises(RateLimited):
        await connector.perform(replace(rig.outbound("x"), files=(a_file("image/png"),)))
    assert marks == []
    rig.server.limited_until = 0.0
    op = replace(rig.outbound("x"), files=(a_file("image/png"),))
    await connector.perform(op)
    assert marks == [op.op_id]


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (131056, Deferred),
        (130429, RateLimited),
        (80007, RateLimited),
        (131048, RateLimited),
        (131016, NotReady),
        (190, AuthFailed),
        (10, AuthFailed),
        (200, AuthFailed),
    ],
)
async def test_refusal_that_may_pass_is_no_failure(rig: WhatsAppRig, code: int, fault: type[Exception]) -> None:
    rig.server.next_posts.append(refuses(code, f"(#{code}) no"))
    with pytest.raises(fault) as caught:
        await rig.connector().perform(rig.outbound("x"))
    assert type(caught.value) is fault
    assert rig.world.sent == []


async def test_words_of_a_refusal_are_metas(rig: WhatsAppRig) -> None:
    details = "Message failed to send because more than 24 hours have passed since the customer last replied."
    rig.server.next_posts.append(refuses(131047, "(#131047) Re-engagement message", details=details))
    outcome = await rig.connector().perform(rig.outbound("x"))
    assert outcome == Rejected(f"(#131047) Re-engagement message: {details}")


@pytest.mark.parametrize(("code", "status"), [(1, 500), (2, 503), (131000, 500), (9_999, 502)])
async def test_fault_of_the_server_while_sending_is_unknown(rig: WhatsAppRig, code: int, status: int) -> None:
    rig.server.next_posts.append(refuses(code, "Something went wrong", status=status))
    assert isinstance(await rig.connector().perform(rig.outbound("x")), Unknown)


async def test_error_without_a_code_is_a_fault_of_the_server(rig: WhatsAppRig) -> None:
    rig.server.next_posts.append(lambda: (500, {"error": {"message": "An unknown error has occurred."}}))
    assert await rig.connector().perform(rig.outbound("x")) == Unknown("An unknown error has occurred.")


async def test_template_is_offered_with_its_blanks_and_sent_with_their_values(rig: WhatsAppRig) -> None:
    connector = rig.connector()
    (template,) = await connector.templates()
    assert (template.name, template.language, template.category) == ("order_on_its_way", "en", "UTILITY")
    assert template.blanks == ("header_1", "1", "2", "button_0_1")
    assert template.examples == ("", "Mei", "Monday", "")
    assert template.text == (
        "Order {{header_1}}\n\nHi {{1}}, it comes on {{2}}.\n\n[Follow it] https://tea.example/{{button_0_1}}"
    )
    asked = {"name": "order_on_its_way", "language": "en", "values": ["A-7", "芽衣", "月曜", "A-7"]}
    op = replace(rig.outbound("Order A-7 …"), fields={"template": asked})
    assert isinstance(await connector.perform(op), Accepted)
    (sent,) = rig.world.sent
    assert sent["template"] == {
        "name": "order_on_its_way",
        "language": {"code": "en", "policy": "deterministic"},
        "components": [
            {"type": "header", "parameters": [{"type": "text", "text": "A-7"}]},
            {"type": "body", "parameters": [{"type": "text", "text": "芽衣"}, {"type": "text", "text": "月曜"}]},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "A-7"}]},
        ],
    }


async def test_named_blanks_are_sent_by_their_names(rig: WhatsAppRig) -> None:
    named = [{"param_name": "who", "example": "Mei"}]
    body = {"type": "BODY", "text": "Hi {{who}}", "example": {"body_text_named_params": named}}
    rig.world.templates = [{**HELLO, "parameter_format": "NAMED", "components": [body]}]
    connector = rig.connector()
    (template,) = await connector.templates()
    assert (template.blanks, template.examples) == (("who",), ("Mei",))
    asked = {"name": "order_on_its_way", "language": "en", "values": ["芽衣"]}
    await connector.perform(replace(rig.outbound("Hi 芽衣"), fields={"template": asked}))
    parameter = {"type": "text", "text": "芽衣", "parameter_name": "who"}
    assert rig.world.sent[0]["template"]["components"] == [{"type": "body", "parameters": [parameter]}]


async def test_templates_that_words_cannot_fill_or_that_wait_are_not_offered(rig: WhatsAppRig) -> None:
    picture = {"type": "HEADER", "format": "IMAGE"}
    rig.world.templates = [
        {**HELLO, "status": "PENDING"},
        {**HELLO, "status": "REJECTED"},
        {**HELLO, "components": [picture, {"type": "BODY", "text": "x"}]},
        {**HELLO, "components": "nonsense"},
    ]
    assert await rig.connector().templates() == ()
    rig.server.broken.clear()  # The nonsense is ours.


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"name": "gone", "language": "en", "values": []}, "no template gone in en"),
        ({"name": "order_on_its_way", "language": "en", "values": ["A-7"]}, "4 blanks, and 1 are filled"),
    ],
)
async def test_template_that_does_not_fit_is_refused(rig: WhatsAppRig, asked: dict[str, Any], words: str) -> None:
    outcome = await rig.connector().perform(replace(rig.outbound("x"), fields={"template": asked}))
    assert isinstance(outcome, Rejected)
    assert words in outcome.reason
    assert rig.world.sent == []


async def test_first_message_goes_from_the_inbox_that_was_chosen(rig: WhatsAppRig) -> None:
    asked = {"name": "order_on_its_way", "language": "en", "values": ["1", "2", "3", "4"]}
    op = replace(rig.outbound("x"), verb=Verb.NEW, conversation="", contact="+81909999", fields={"template": asked})
    assert await rig.connector().perform(op) == Accepted("wamid.000001", conversation=f"{NUMBER}/81909999")
    assert rig.world.sent[0]["to"] == "81909999"
    outcome = await rig.connector().perform(replace(op, inbox="+4930"))
    assert outcome == Rejected("this WhatsApp Business Account has no number +4930")


@pytest.mark.parametrize(
    ("customer", "said"),
    [
        ("US.134", {"recipient": "US.134", "recipient_type": "individual"}),
        ("Y2FwaV9ncm91cA", {"to": "Y2FwaV9ncm91cA", "recipient_type": "group"}),
    ],
)
async def test_customers_without_a_number_and_groups_are_reached(
    rig: WhatsAppRig, customer: str, said: dict[str, str]
) -> None:
    outcome = await rig.connector().perform(replace(rig.outbound("x"), conversation=f"{NUMBER}/{customer}"))
    assert isinstance(outcome, Accepted)
    assert {name: rig.world.sent[0].get(name) for name in said} == said
    rig.server.broken.clear()  # Business-scoped ids are younger than the specification.


async def test_read_mark_and_typing_name_the_customers_newest_message(rig: WhatsAppRig) -> None:
    connector = rig.connector()
    await rig.customer_writes("まだですか")
    await until_caught_up(rig, connector)
    op = Outbound("r", Verb.READ, "r", f"{NUMBER}/{MEI}", f"+{SHOWN}", "whatsapp", MEI, fields={"read": True})
    assert await connector.perform(op) == Accepted()
    await connector.typing(f"{NUMBER}/{MEI}", "whatsapp")
    seen = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.in1"}
    assert rig.world.seen == [seen, {**seen, "typing_indicator": {"type": "text"}}]
    unread = replace(op, fields={"read": False})
    assert await connector.perform(unread) == await connector.perform(replace(op, conversation="1/2")) == Accepted()
    assert len(rig.world.seen) == 2
    rig.server.next_posts.append(refuses(131009, "Parameter value is not valid"))
    assert await connector.perform(op) == Accepted()
    rig.server.next_posts.append(refuses(2, "down", status=503))
    with pytest.raises(NotReady):
        await connector.perform(op)


async def test_newest_message_is_known_after_a_restart_and_forgotten_with_its_writer(rig: WhatsAppRig) -> None:
    connector = rig.connector()
    await rig.customer_writes("まだですか")
    (*_, last) = await until_caught_up(rig, connector)
    await connector.close()
    again = rig.connector()
    await until_caught_up(rig, again, last.cursor)
    await again.typing(f"{NUMBER}/{MEI}", "whatsapp")
    assert [seen["message_id"] for seen in rig.world.seen] == ["wamid.in1"]
    (kept,) = (rig.folder / "newest").iterdir()
    # By this the file is found when she is forgotten.
    assert f"+{MEI}" in kept.read_text("utf-8")


async def test_window_is_policy_and_templates_open_it(rig: WhatsAppRig) -> None:
    can = rig.connector().capabilities()
    now = 10 * DAY
    assert can.policy(now, now - HOUR) == Allow(until=now + 23 * HOUR)
    assert isinstance(can.policy(now, now - DAY), NeedTemplate)
    assert isinstance(can.policy(now, None), NeedTemplate)


async def test_no_history_is_said_once(rig: WhatsAppRig) -> None:
    first = await until_caught_up(rig, rig.connector())
    assert "no history" in first[0].gap
    again = await until_caught_up(rig, rig.connector(), first[-1].cursor)
    assert [batch.gap for batch in again] == [""]
    rig.world.calls.gap = "calls of March are gone"
    assert (await until_caught_up(rig, rig.connector(), first[-1].cursor))[0].gap == "calls of March are gone"


async def test_file_is_fetched_with_the_token_and_only_from_meta(rig: WhatsAppRig) -> None:
    connector = rig.connector()
    where = {"url": f"{rig.server.url}/files/1"}
    rig.server.files["1"] = b"tea" * 100
    rig.server.edges = lambda _method, _path, _said: (200, {"id": "77", "messaging_product": "whatsapp", **where})
    sink = BytesIO()
    await connector.fetch({"media": "77"}, sink, 1_000)
    assert sink.getvalue() == b"tea" * 100
    with pytest.raises(OmniError, match="larger than 100 bytes"):
        await connector.fetch({"media": "77"}, BytesIO(), 100)
    where["url"] = "https://fbsbx.com.evil.example/77"
    with pytest.raises(OmniError, match="not Meta's"):
        await connector.fetch({"media": "77"}, BytesIO(), 1_000)
    rig.server.edges = lambda _method, _path, _said: wrong(100, "Object with ID '77' does not exist", subcode=33)
    with pytest.raises(OmniError, match="does not exist"):
        await connector.fetch({"media": "77"}, BytesIO(), 1_000)


async def test_limit_that_says_how_long_is_obeyed(rig: WhatsAppRig) -> None:
    usage = '{"102290129340398": [{"type": "messages", "estimated_time_to_regain_access": 7}]}'
    rig.server.headers["X-Business-Use-Case-Usage"] = usage
    rig.server.next_posts.append(refuses(80007, "Rate limit issues"))
    with pytest.raises(RateLimited) as caught:
        await rig.connector().perform(rig.outbound("x"))
    assert caught.value.after == 7 * MINUTE


async def test_template_that_is_not_as_described_is_refused_before_anything_leaves(
    rig: WhatsAppRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def odd(_connector: object) -> AsyncIterator[dict[str, Any]]:
        yield {"name": "hello", "language": "en_US", "components": [{"text": "{{1}}"}]}

    monkeypatch.setattr("omnitui_meta.whatsapp.WhatsAppConnector._templates", odd)
    template = {"name": "hello", "language": "en_US", "values": ["Mei"]}
    outcome = await rig.connector().perform(replace(rig.outbound("x"), fields={"template": template}))
    assert isinstance(outcome, Rejected)
    assert rig.world.sent == []
