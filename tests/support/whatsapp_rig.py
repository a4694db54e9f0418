"""WhatsApp as the conformance kit wants it: a Graph API with one number, and the calls that a gateway kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from omnitui_meta import WhatsAppConnector

from omnitui.clock import Clock
from omnitui.sdk import Outbound, Ulid, Verb
from tests.support import meta_spec
from tests.support.kept_calls import KeptCalls
from tests.support.meta_rig import MetaRig
from tests.support.meta_server import TOKEN, Answer, GraphServer, Said, page, wrong
from tests.support.sdk import a_context, unmarked

BUSINESS, NUMBER, SHOWN, MEI = "102290129340398", "106540352242922", "15550783881", "819012345678"
SCOPES = ("whatsapp_business_messaging", "whatsapp_business_management")
HELLO: Mapping[str, Any] = {
    "name": "order_on_its_way",
    "language": "en",
    "status": "APPROVED",
    "category": "UTILITY",
    "id": "920070352646140",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
        {"type": "BODY", "text": "Hi {{1}}, it comes on {{2}}.", "example": {"body_text": [["Mei", "Monday"]]}},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Follow it", "url": "https://tea.example/{{1}}"}]},
    ],
}


@dataclass
class WhatsAppWorld:
    """What stands behind the Graph API: a number with its templates, and what customers got."""

    calls: KeptCalls
    status: str = "CONNECTED"
    templates: list[Mapping[str, Any]] = field(default_factory=lambda: [HELLO])
    apps: list[Mapping[str, Any]] = field(
        default_factory=lambda: [{"whatsapp_business_api_data": {"id": "1", "name": "Desk", "link": "https://x"}}]
    )
    sent: list[Said] = field(default_factory=list)
    media: dict[str, Said] = field(default_factory=dict)
    seen: list[Said] = field(default_factory=list)

    def edges(self, method: str, path: str, said: Said) -> Answer:
        """The edges of the Graph API that WhatsApp has."""
        match method, path.partition("/")[2] or path:
            case "GET", "phone_numbers":
                shown = {"display_phone_number": "+1 555-078-3881", "verified_name": "Hinode Tea"}
                more = {"quality_rating": "GREEN", "messaging_limit_tier": "TIER_1K", "status": self.status}
                return page([{"id": NUMBER, **shown, **more}])
            case "GET", "subscribed_apps":
                return 200, {"data": self.apps}
            case "GET", "message_templates":
                return page(self.templates)
            case "POST", "media":
                name = str(900 + len(self.media))
                self.media[name] = said
                return 200, {"id": name}
            case "POST", "messages":
                return self._message(said)
        return wrong(100, f"Unsupported get request. Object with ID '{path}' does not exist", subcode=33)

    def _message(self, said: Said) -> Answer:
        if said.get("status") == "read":
            self.seen.append(said)
            return 200, {"success": True}
        file = said.get(said["type"], {})
        if isinstance(file, dict) and "id" in file and file["id"] not in self.media:
            return wrong(100, "(#100) Invalid parameter", details="Media ID is not a valid one")
        self.sent.append(said)
        name = f"wamid.{len(self.sent):06d}"
        to = str(said.get("to") or said.get("recipient"))
        return 200, {
            "messaging_product": "whatsapp",
            "contacts": [{"input": to, "wa_id": to}],
            "messages": [{"id": name}],
        }


def call(field_name: str, value: Mapping[str, Any], business: str = BUSINESS) -> dict[str, Any]:
    """What Meta calls with."""
    meta = {"display_phone_number": SHOWN, "phone_number_id": NUMBER}
    whole = {"messaging_product": "whatsapp", "metadata": meta, **value}
    changes = [{"value": whole, "field": field_name}]
    return {"object": "whatsapp_business_account", "entry": [{"id": business, "changes": changes}]}


def message(number: int, **said: Any) -> dict[str, Any]:
    """A customer's message, wrapped as it comes."""
    whole = {"from": MEI, "id": f"wamid.in{number}", "timestamp": str(1_780_000_000 + number), **said}
    contacts = [{"profile": {"name": "芽衣"}, "wa_id": MEI}]
    return call("messages", {"contacts": contacts, "messages": [whole]})


@dataclass
class WhatsAppRig(MetaRig):
    """A server that runs already, and connectors to it."""

    lacks: ClassVar[Mapping[str, str]] = {}

    folder: Path
    server: GraphServer
    world: WhatsAppWorld
    clock: Clock | None = None
    mark: Callable[[Ulid], Awaitable[None]] = unmarked
    numbers: count[int] = field(default_factory=lambda: count(1))

    def connector(self) -> WhatsAppConnector:
        settings = {"graph_url": self.server.url, "business_account_id": BUSINESS}
        secrets = {"token": TOKEN, "app_secret": "app", "verify_token": "verify"}
        context = a_context(
            self.folder,
            settings=settings,
            secrets=secrets,
            clock=self.clock,
            mark=self.mark,
            http=self.server.client,
            deliveries=self.world.calls.deliveries,
        )
        return WhatsAppConnector(context)

    async def customer_writes(self, text: str) -> None:
        self.world.calls.push(message(next(self.numbers), type="text", text={"body": text}))

    async def redeliver(self) -> None:
        self.world.calls.push(self.world.calls.items[-1].body)

    async def unknown_event(self) -> None:
        self.world.calls.push(message(next(self.numbers), type="hologram", hologram={"id": "1"}))

    def outbound(self, text: str) -> Outbound:
        key = f"op-{next(self.numbers)}"
        return Outbound(key, Verb.REPLY, key, f"{NUMBER}/{MEI}", f"+{SHOWN}", "whatsapp", f"+{MEI}", text=text)

    async def copies(self, op: Outbound) -> int:
        return sum(said.get("text", {}).get("body") == op.text for said in self.world.sent)


def a_rig(folder: Path, clock: Clock | None = None) -> WhatsAppRig:
    """A rig whose server is still to be entered."""
    world = WhatsAppWorld(KeptCalls())
    server = GraphServer(world.edges, scopes=list(SCOPES), spec=meta_spec.spec())
    return WhatsAppRig(folder, server, world, clock)
