"""Messenger and Instagram as the conformance kit wants them: a page, its customers, and what a gateway kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from omnitui_meta import InstagramConnector, MessengerConnector

from omnitui.clock import DAY, HOUR, FrozenClock
from omnitui.sdk import Outbound, Ulid, Verb
from tests.support.kept_calls import KeptCalls
from tests.support.meta_rig import MetaRig
from tests.support.meta_server import TOKEN, Answer, GraphServer, Said, wrong
from tests.support.sdk import a_context, unmarked

PAGE, ACCOUNT, MEI = "117172741761305", "17841400000000001", "3383290475046708"
START = 1_780_000_000_000
SCOPES = ("pages_messaging", "pages_manage_metadata", "instagram_manage_messages")
LONGEST: Mapping[str, int] = {"messenger": 2_000, "instagram": 1_000}


@dataclass
class PageWorld:
    """What stands behind the Graph API: a page with an Instagram account, and what its customers got."""

    channel: str
    calls: KeptCalls
    clock: FrozenClock
    wrote_at: dict[str, int] = field(default_factory=dict)
    """When each customer last wrote; who never did cannot be written to."""
    profiles: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    subscribed: list[str] = field(default_factory=lambda: ["messages", "message_echoes", "message_reads"])
    tied: bool = True
    threads: list[dict[str, Any]] = field(default_factory=list)
    threads_a_page: int = 1
    asked: list[str] = field(default_factory=list)
    sent: list[Said] = field(default_factory=list)
    actions: list[Said] = field(default_factory=list)
    left: dict[str, Said] = field(default_factory=dict)

    def edges(self, method: str, path: str, said: Said) -> Answer:
        """The edges of the Graph API that a page's token reaches."""
        match method, path:
            case "GET", "me":
                tied = {"instagram_business_account": {"id": ACCOUNT, "username": "hinode_tea"}} if self.tied else {}
                return 200, {"id": PAGE, "name": "Hinode Tea", **tied}
            case "GET", "me/subscribed_apps":
                return 200, {"data": [{"id": "4711", "name": "Desk", "subscribed_fields": self.subscribed}]}
            case "GET", "me/conversations":
                return self._threads(said)
            case "POST", "me/message_attachments":
                name = str(900 + len(self.left))
                self.left[name] = said
                return 200, {"attachment_id": name}
            case "POST", "me/messages":
                return self._message(said)
            case "GET", _ if path in self.profiles:
                self.asked.append(path)
                return 200, {"id": path, **self.profiles[path]}
        self.asked.append(path)
        return wrong(100, f"Unsupported get request. Object with ID '{path}' does not exist", subcode=33)

    def _threads(self, said: Said) -> Answer:
        if said["platform"] != self.channel:
            return 200, {"data": []}
        if not str(said.get("after", 0)).isdecimal():
            return wrong(100, "Invalid cursors values.")
        first = int(said.get("after", 0))
        last = first + self.threads_a_page
        more = {"next": "https://graph.facebook.com/next"} if last < len(self.threads) else {}
        return 200, {"data": self.threads[first:last], "paging": {"cursors": {"after": str(last)}, **more}}

    def thread(self, customer: str, name: str, *messages: Mapping[str, Any]) -> None:
        """A conversation of before, the newest message first."""
        people = [{"id": customer, "name": name}, {"id": self.account, "name": "Hinode Tea"}]
        self.threads.append({"id": f"t_{customer}", "participants": {"data": people}, "messages": {"data": messages}})

    def _message(self, said: Said) -> Answer:
        customer = said["recipient"]["id"]
        if customer not in self.wrote_at:
            return wrong(100, "(#100) No matching user found", subcode=2018001)
        if "sender_action" in said:
            self.actions.append(said)
            return 200, {"recipient_id": customer}
        age = self.clock.now() - self.wrote_at[customer]
        tagged = (said["messaging_type"], said.get("tag")) == ("MESSAGE_TAG", "HUMAN_AGENT")
        if age >= (7 * DAY if tagged else 24 * HOUR):
            return wrong(10, "(#10) This message is sent outside of allowed window.", subcode=2018278)
        message = said["message"]
        if ("text" in message) == ("attachment" in message):
            return wrong(100, "(#100) Must send either text or attachment")
        text = message.get("text", "")
        if (len(text.encode()) if self.channel == "instagram" else len(text)) > LONGEST[self.channel]:
            return wrong(100, "(#100) Length of param message[text] must be less than or equal to its limit")
        attachment = message.get("attachment")
        if attachment and attachment["payload"]["attachment_id"] not in self.left:
            return wrong(100, "(#100) Attachment not found")
        self.sent.append(said)
        return 200, {"recipient_id": customer, "message_id": f"m_{len(self.sent):06d}"}

    def echo(self) -> dict[str, Any]:
        """What Meta calls with about the message that was sent last."""
        said = self.sent[-1]
        message = {"mid": f"m_{len(self.sent):06d}", "is_echo": True, "app_id": 4711, **said["message"]}
        return self.call(message=message, sender={"id": self.account}, recipient=said["recipient"])

    @property
    def account(self) -> str:
        return ACCOUNT if self.channel == "instagram" else PAGE

    def call(self, list_name: str = "messaging", **what: Any) -> dict[str, Any]:
        """What Meta calls with."""
        item = {"sender": {"id": MEI}, "recipient": {"id": self.account}, "timestamp": START, **what}
        return {
            "object": "instagram" if self.channel == "instagram" else "page",
            "entry": [{"id": self.account, "time": START, list_name: [item]}],
        }


@dataclass
class PageRig(MetaRig):
    """A server that runs already, and connectors to it."""

    lacks: ClassVar[Mapping[str, str]] = {}
    channel: ClassVar[str]

    folder: Path
    server: GraphServer
    world: PageWorld
    mark: Callable[[Ulid], Awaitable[None]] = unmarked
    numbers: count[int] = field(default_factory=lambda: count(1))

    def connector(self) -> MessengerConnector | InstagramConnector:
        context = a_context(
            self.folder,
            settings={"graph_url": self.server.url},
            secrets={"token": TOKEN, "app_secret": "app", "verify_token": "verify"},
            clock=self.world.clock,
            mark=self.mark,
            http=self.server.client,
            deliveries=self.world.calls.deliveries,
        )
        return InstagramConnector(context) if self.channel == "instagram" else MessengerConnector(context)

    async def customer_writes(self, text: str) -> None:
        number = next(self.numbers)
        message = {"mid": f"m_in{number}", "text": text}
        self.world.calls.push(self.world.call(message=message, timestamp=START + number * 1000))

    async def redeliver(self) -> None:
        self.world.calls.push(self.world.calls.items[-1].body)

    async def unknown_event(self) -> None:
        self.world.calls.push(self.world.call(hologram={"id": str(next(self.numbers))}))

    def outbound(self, text: str) -> Outbound:
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, MEI, "Hinode Tea", self.channel, MEI, text=text)

    async def copies(self, op: Outbound) -> int:
        return sum(said["message"].get("text") == op.text for said in self.world.sent)


class MessengerRig(PageRig):
    channel: ClassVar[str] = "messenger"


class InstagramRig(PageRig):
    channel: ClassVar[str] = "instagram"


def a_page_rig(kind: type[PageRig], folder: Path) -> PageRig:
    """A rig whose server is still to be entered; its customer has just written."""
    clock = FrozenClock(START + 60_000)
    world = PageWorld(kind.channel, KeptCalls(START), clock, wrote_at={MEI: START})
    return kind(folder, GraphServer(world.edges, scopes=list(SCOPES)), world)
