"""Slack's and Twilio's interfaces as strangers read them: the emulators of npm's `emulate`."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from omnitui_slack import SlackConnector
from omnitui_twilio import TwilioConnector
from omnitui_twilio.webhook import TwilioWebhook

from omnitui.sdk import (
    Accepted,
    Event,
    Found,
    Genuine,
    MessageReceived,
    Outbound,
    OutboundFile,
    Receipt,
    Rejected,
    SendState,
    Verb,
    WebhookRequest,
)
from omnitui.services.channels.http import SharedClient
from tests.support.dovecot import free_port, wait_for
from tests.support.kept_calls import KeptCalls
from tests.support.sdk import a_context
from tests.support.skips import NOT_TO_BE_HAD

EMULATE = shutil.which("emulate")
pytestmark = pytest.mark.skipif(
    EMULATE is None, reason=f"{NOT_TO_BE_HAD}an emulator: npm install --global --ignore-scripts emulate@0.11.2"
)
BOT, ACCOUNT, TOKEN, NUMBER, MEI = "xoxb-tea", f"AC{0:032}", "twilio-token", "+15551234567", "+15557654321"
SEED = """\
tokens:
  {bot}: {{login: admin, scopes: [repo, user]}}
slack:
  team: {{name: Tea, domain: tea}}
  channels: [{{name: support}}]
twilio:
  account: {{sid: {account}, auth_token: {token}, friendly_name: Tea}}
  phone_numbers:
    - {{phone_number: "{number}", friendly_name: Tea, sms_url: "{hook}", voice_url: "{hook}"}}
"""


@dataclass
class Hook:
    """What was called at our public address."""

    port: int
    calls: list[WebhookRequest] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def took(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.calls.append(WebhookRequest("POST", self.url, (), headers, body))
        handler.send_response(204)
        handler.end_headers()


class Called(BaseHTTPRequestHandler):
    def __init__(self, hook: Hook, *args: Any) -> None:
        self._hook = hook
        super().__init__(*args)

    def do_POST(self) -> None:
        self._hook.took(self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


@dataclass(frozen=True)
class Emulated:
    slack: str
    twilio: str
    hook: Hook


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    assert EMULATE is not None
    hook, port = Hook(free_port()), free_port()
    seed = tmp_path_factory.mktemp("emulate") / "seed.yaml"
    seed.write_text(SEED.format(bot=BOT, account=ACCOUNT, token=TOKEN, number=NUMBER, hook=hook.url))
    listening = ThreadingHTTPServer(("127.0.0.1", hook.port), partial(Called, hook))
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    # The second service listens one port above the first: `free_port` goes upwards, and gives this one to nobody else.
    free_port()
    process = subprocess.Popen(
        [EMULATE, "start", "--port", str(port), "--service", "slack,twilio", "--seed", str(seed)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(port)
        wait_for(port + 1)
        yield Emulated(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}", hook)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        listening.shutdown()
        listening.server_close()


@pytest.fixture
async def slack(tmp_path: Path, emulated: Emulated) -> AsyncIterator[SlackConnector]:
    connector = SlackConnector(
        a_context(
            tmp_path,
            settings={"api_url": f"{emulated.slack}/api", "receive": "webhook"},
            secrets={"bot_token": BOT, "signing_secret": "s"},
            http=SharedClient(),
        )
    )
    yield connector
    await connector.close()


async def asked(emulated: Emulated, method: str, **said: object) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        told = await client.post(
            f"{emulated.slack}/api/{method}", headers={"Authorization": f"Bearer {BOT}"}, json=said
        )
    answer: dict[str, Any] = told.json()
    assert answer["ok"], answer
    return answer


async def test_reply_stands_in_its_thread_and_is_found_edited_and_deleted(
    emulated: Emulated, slack: SlackConnector
) -> None:
    room = (await asked(emulated, "conversations.list"))["channels"][0]["id"]
    root = (await asked(emulated, "chat.postMessage", channel=room, text="where is my parcel?"))["ts"]
    op = Outbound("op-1", Verb.REPLY, "op-1", f"{room}:{root}", "Tea", "slack", "U1", text="はい <b> & so on")

    async def thread() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await asked(emulated, "conversations.replies", channel=room, ts=root))[
            "messages"
        ]
        return found[1:]

    sent = await slack.perform(op)
    assert isinstance(sent, Accepted)
    assert [one["text"] for one in await thread()] == ["はい &lt;b&gt; &amp; so on"]
    assert await slack.reconcile(op) == Found(sent.external_id)
    edit = replace(op, verb=Verb.EDIT, fields={"message": sent.external_id, "text": "いいえ"})
    assert await slack.perform(edit) == Accepted()
    assert [one["text"] for one in await thread()] == ["いいえ"]
    assert await slack.perform(replace(edit, verb=Verb.DELETE)) == Accepted()
    assert await thread() == []
    assert isinstance(await slack.perform(replace(op, conversation="C404:1.1")), Rejected)


async def test_file_stands_in_the_thread_with_its_name(emulated: Emulated, slack: SlackConnector) -> None:
    room = (await asked(emulated, "conversations.list"))["channels"][0]["id"]
    root = (await asked(emulated, "chat.postMessage", channel=room, text="an invoice, please"))["ts"]
    file = OutboundFile("請求書.pdf", "application/pdf", b"%PDF-1")
    op = Outbound("op-2", Verb.REPLY, "op-2", f"{room}:{root}", "Tea", "slack", "U1", text="here", files=(file,))
    assert isinstance(await slack.perform(op), Accepted)
    said = (await asked(emulated, "conversations.replies", channel=room, ts=root))["messages"]
    assert [name["name"] for one in said for name in one.get("files", ())] == ["請求書.pdf"]


async def test_history_of_a_channel_comes_page_by_page_with_its_threads(
    emulated: Emulated, slack: SlackConnector
) -> None:
    room = (await asked(emulated, "conversations.create", name="history"))["channel"]["id"]
    roots = [(await asked(emulated, "chat.postMessage", channel=room, text=f"n{n}"))["ts"] for n in range(3)]
    await asked(emulated, "chat.postMessage", channel=room, text="below", thread_ts=roots[0])
    found, before = list[Event](), None
    while not (batch := await slack.backfill(room, before)).caught_up:
        found += batch.events
        before = batch.cursor
    found += batch.events
    assert {one.text for one in found if isinstance(one, MessageReceived)} == {"n0", "n1", "n2", "below"}


@dataclass
class Line:
    """A number's connector, and what the gateway would have kept for it."""

    connector: TwilioConnector
    emulated: Emulated
    kept: KeptCalls = field(default_factory=KeptCalls)
    heard: list[Event] = field(default_factory=list)

    async def does(self, what: str, **form: str) -> None:
        """Let the emulator do what a customer or a carrier does."""
        async with httpx.AsyncClient(auth=(ACCOUNT, TOKEN)) as client:
            told = await client.post(f"{self.emulated.twilio}/_twilio/simulate/{what}", data=form)
        told.raise_for_status()

    async def hears(self, kind: type[Any], **like: object) -> Any:
        """The first of a kind that our address was told, each call's signature found genuine with our token alone."""
        async with asyncio.timeout(60):
            while True:
                for event in self.heard:
                    if isinstance(event, kind) and all(getattr(event, name) == is_ for name, is_ in like.items()):
                        return event
                await self._take()

    async def _take(self) -> None:
        calls, known = self.emulated.hook.calls, len(self.kept.items)
        while len(calls) == known:  # noqa: ASYNC110 - they come in another thread
            await asyncio.sleep(0.02)
        for call in calls[known:]:
            ours, another = (TwilioWebhook((token,), ACCOUNT) for token in (TOKEN, "another"))
            assert isinstance(ours.verify(call, 0), Genuine)
            assert not isinstance(another.verify(call, 0), Genuine)
            self.kept.push(call.body)
        async for batch in self.connector.inbound({"gateway": known}):
            self.heard += batch.events
            if batch.caught_up:
                return


@pytest.fixture
async def line(tmp_path: Path, emulated: Emulated) -> AsyncIterator[Line]:
    kept = KeptCalls()
    where = {"account_sid": ACCOUNT, "number": NUMBER, "api_url": emulated.twilio, "hook_url": emulated.hook.url}
    secrets = {"auth_token": TOKEN}
    context = a_context(tmp_path, settings=where, secrets=secrets, http=SharedClient(), deliveries=kept.deliveries)
    emulated.hook.calls.clear()
    yield Line(connector := TwilioConnector(context), emulated, kept)
    await connector.close()


def to_mei(key: str, text: str, **more: Any) -> Outbound:
    return Outbound(key, Verb.REPLY, key, f"{NUMBER} {MEI}", NUMBER, "sms", MEI, text=text, **more)


async def test_number_is_found_and_its_hook_where_it_is_said_to_be(line: Line) -> None:
    assert (await line.connector.check()).ok


async def test_text_of_a_customer_comes_and_what_we_answer_is_followed_until_it_is_delivered(line: Line) -> None:
    await line.does("inbound-message", To=NUMBER, From=MEI, Body="荷物はどこ?")
    assert (await line.hears(MessageReceived)).text == "荷物はどこ?"
    sent = await line.connector.perform(to_mei("op-1", "on its way"))
    assert isinstance(sent, Accepted)
    await line.does("message-status", MessageSid=sent.external_id, Status="delivered")
    assert await line.hears(Receipt, external_id=sent.external_id, state=SendState.DELIVERED)


async def test_text_that_is_too_long_is_refused_with_a_reason(line: Line) -> None:
    assert isinstance(await line.connector.perform(to_mei("op-2", "x" * 1_700)), Rejected)


async def test_call_of_a_customer_is_a_message_of_the_voice_line(line: Line) -> None:
    await line.does("inbound-call", To=NUMBER, From=MEI)
    assert (await line.hears(MessageReceived)).channel == "voice"


async def test_call_of_ours_is_taken(line: Line) -> None:
    call = replace(to_mei("op-3", ""), channel="voice", fields={"call": {"number": MEI, "phone": "+15550001111"}})
    assert isinstance(await line.connector.perform(call), Accepted)


async def test_history_lists_what_was_sent_and_received(line: Line) -> None:
    await line.does("inbound-message", To=NUMBER, From=MEI, Body="first of all")
    assert isinstance(await line.connector.perform(to_mei("op-4", "and last")), Accepted)
    batch = await line.connector.backfill("messages", None)
    assert {"first of all", "and last"} <= {one.text for one in batch.events if isinstance(one, MessageReceived)}
