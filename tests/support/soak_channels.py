"""Channels for a soak: each with customers who write, a line that can be cut, and what arrived of our replies."""

from __future__ import annotations

import asyncio
import re
import smtplib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from omnitui_xmpp.client import Place, Session
from omnitui_xmpp.mapping import CLIENT, bare

from omnitui.clock import SystemClock
from tests.support import (
    discord_server,
    line_server,
    matrix_server,
    meta_server,
    slack_server,
    telegram_server,
    twilio_server,
    wechat_server,
    x_server,
)
from tests.support.gateway import Gateway
from tests.support.irc_server import IrcServer
from tests.support.kept_calls import KeptCalls
from tests.support.mail_servers import MailServers, a_mail
from tests.support.page_rig import PageWorld
from tests.support.prosody import PROSODY, Prosody
from tests.support.proxy import FaultyProxy
from tests.support.vendors import ACCOUNT, NEW, VENDORS
from tests.support.whatsapp_rig import BUSINESS, WhatsAppWorld

IN_A_ROW = 5
"""Messages of a customer, who then waits for an answer."""
OURS = re.compile(r"answer-[a-z]+-\d+")


@dataclass
class Channel:
    """One account of the desk, and everybody who writes to it."""

    name: str
    kind: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    writes: Callable[[int, int, str], Coroutine[Any, Any, None]]
    """A customer's number, the message's, and the words. Returns once the vendor has it."""
    arrived: Callable[[], Awaitable[Iterator[str]]]
    """All words of ours that customers got."""
    limit: Callable[[float], None] = lambda _seconds: None
    """Refuse everything for so many seconds as one who was asked too often."""
    drop: Callable[[], Awaitable[None]] | None = None
    """Break lines that do not go through the proxy."""
    proxies: list[FaultyProxy] = field(default_factory=list)
    customers: int = 1_000_000
    """So many there are; then they come round again."""

    async def cut(self) -> None:
        """Break every line that is open."""
        for proxy in self.proxies:
            proxy.cut()
        if self.drop is not None:
            await self.drop()

    async def answers(self) -> Counter[str]:
        """How often each of our answers arrived."""
        return Counter(found[0] for text in await self.arrived() if (found := OURS.search(text)))


class Hooks:
    """Vendors that call the gateway, and come again until they are heard."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._http = httpx.AsyncClient(timeout=10, limits=httpx.Limits(max_connections=60))
        self.again = 0

    async def call(self, hook: str, vendor: str, number: int, who: str, text: str) -> None:
        """One message, until the gateway has it."""
        one = VENDORS[vendor]
        body = one.says(str(7_000_000 + number), who, text, int(time.time()))
        while True:
            made = one.signs(body, hook, NEW, int(time.time()))
            with suppress(httpx.HTTPError):
                url = f"http://127.0.0.1:{self._gateway.port}{made.path(hook)}"
                answer = await self._http.post(url, content=made.body, headers=dict(made.headers))
                if answer.status_code == 200:
                    return
                assert answer.status_code in (429, 503), answer.status_code
            self.again += 1
            await asyncio.sleep(0.3)

    async def close(self) -> None:
        await self._http.aclose()


async def _of(texts: Iterator[str]) -> Iterator[str]:
    return texts


@dataclass
class World:
    """Twelve channels. Enter it on the loop that runs them."""

    folder: Path
    gateway: Gateway
    mail: MailServers
    channels: list[Channel] = field(default_factory=list)
    hooks: Hooks | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> World:
        self.hooks = Hooks(self.gateway)
        self._stack.push_async_callback(self.hooks.close)
        for make in (
            self._line, self._whatsapp, self._messenger, self._wechat, self._twilio, self._telegram,
            self._slack, self._discord, self._matrix, self._irc, self._xmpp if PROSODY else self._x, self._email,
        ):  # fmt: skip
            self.channels.append(await make())
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def _proxy(self, port: int) -> FaultyProxy:
        return await self._stack.enter_async_context(FaultyProxy(port))

    def _hooked(self, name: str, who: Callable[[int], str], before: Callable[[str, int], None]) -> Any:
        async def writes(customer: int, number: int, text: str) -> None:
            assert self.hooks is not None
            before(who(customer), number)
            await self.hooks.call(name, name, number, who(customer), text)

        return writes

    async def _line(self) -> Channel:
        server = self._stack.enter_context(line_server.LineServer(quota=None))
        server.hold = lambda *_call: None
        proxy = await self._proxy(int(server.url.rpartition(":")[2]))
        url = f"http://127.0.0.1:{proxy.port}"

        def before(who: str, number: int) -> None:
            server.reply_tokens[f"reply-{7_000_000 + number}"] = (who, server.now())

        return Channel(
            "line",
            "line",
            {"api_url": url, "data_url": url},
            {"token": line_server.TOKEN, "channel_secret": NEW},
            self._hooked("line", lambda customer: f"U{customer:032x}", before),
            lambda: _of(sent.message.get("text", "") for sent in server.sent),
            lambda seconds: setattr(server, "limited_until", time.monotonic() + seconds),
            proxies=[proxy],
        )

    async def _whatsapp(self) -> Channel:
        world = WhatsAppWorld(KeptCalls())
        server = self._stack.enter_context(meta_server.GraphServer(world.edges))
        proxy = await self._proxy(int(server.url.rpartition(":")[2]))
        return Channel(
            "whatsapp",
            "whatsapp",
            {"graph_url": f"http://127.0.0.1:{proxy.port}", "business_account_id": BUSINESS},
            {"token": meta_server.TOKEN, "app_secret": NEW, "verify_token": "a-word-of-ours"},
            self._hooked("whatsapp", lambda customer: f"8190{customer:08}", lambda _who, _number: None),
            lambda: _of(said.get("text", {}).get("body", "") for said in world.sent),
            lambda seconds: setattr(server, "limited_until", time.monotonic() + seconds),
            proxies=[proxy],
        )

    async def _messenger(self) -> Channel:
        clock: Any = SystemClock()
        world = PageWorld("messenger", KeptCalls(), clock)
        server = self._stack.enter_context(meta_server.GraphServer(world.edges))
        proxy = await self._proxy(int(server.url.rpartition(":")[2]))
        return Channel(
            "messenger",
            "messenger",
            {"graph_url": f"http://127.0.0.1:{proxy.port}"},
            {"token": meta_server.TOKEN, "app_secret": NEW, "verify_token": "a-word-of-ours"},
            self._hooked(
                "messenger",
                lambda customer: str(3_383_290_475_000_000 + customer),
                lambda who, _number: world.wrote_at.__setitem__(who, clock.now()),
            ),
            lambda: _of(said["message"].get("text", "") for said in world.sent),
            lambda seconds: setattr(server, "limited_until", time.monotonic() + seconds),
            proxies=[proxy],
        )

    async def _wechat(self) -> Channel:
        server = self._stack.enter_context(wechat_server.WeChatServer())
        proxy = await self._proxy(int(server.url.rpartition(":")[2]))
        return Channel(
            "wechat",
            "wechat",
            {"app_id": wechat_server.APP_ID, "api_url": f"http://127.0.0.1:{proxy.port}"},
            {"app_secret": wechat_server.APP_SECRET, "token": NEW, "aes_key": wechat_server.AES_KEY},
            self._hooked(
                "wechat", lambda customer: f"oDF3iY9WMaswOPWjCIp{customer:08}", lambda who, _n: server.writes(who)
            ),
            lambda: _of(said.get("text", {}).get("content", "") for said in server.sent),
            lambda seconds: setattr(server, "limited_until", time.monotonic() + seconds),
            proxies=[proxy],
        )

    async def _twilio(self) -> Channel:
        server = self._stack.enter_context(twilio_server.TwilioServer(token=NEW))
        proxy = await self._proxy(server.port)
        return Channel(
            "twilio",
            "twilio",
            {"account_sid": ACCOUNT, "number": twilio_server.NUMBER, "api_url": f"http://127.0.0.1:{proxy.port}"},
            {"auth_token": NEW},
            self._hooked("twilio", lambda customer: f"+8190{customer:08}", lambda _who, _number: None),
            lambda: _of(said["Body"] for said in server.sent),
            lambda seconds: setattr(server, "limited_until", time.monotonic() + seconds),
            proxies=[proxy],
        )

    async def _telegram(self) -> Channel:
        server = self._stack.enter_context(telegram_server.TelegramServer(_guard=None))
        proxy = await self._proxy(int(server.url.rpartition(":")[2]))

        async def writes(customer: int, number: int, text: str) -> None:
            chat = {"id": 7_000 + customer, "type": "private", "first_name": f"Customer {customer}"}
            person = {"id": 7_000 + customer, "is_bot": False, "first_name": f"Customer {customer}"}
            message = {"message_id": number, "date": int(time.time()), "from": person, "chat": chat, "text": text}
            server.push(message=message)

        return Channel(
            "telegram",
            "telegram",
            {"api_url": f"http://127.0.0.1:{proxy.port}"},
            {"token": telegram_server.TOKEN},
            writes,
            lambda: _of(str(said.get("text", "")) for _method, said in list(server.sent)),
            lambda seconds: setattr(server, "limited_until", time.monotonic() + seconds),
            proxies=[proxy],
        )

    async def _slack(self) -> Channel:
        server = await self._stack.enter_async_context(slack_server.SlackServer(page=100))
        proxy = await self._proxy(server.port)
        roots: dict[int, str] = {}

        async def writes(customer: int, _number: int, text: str) -> None:
            more = {"thread_ts": roots[customer]} if customer in roots else {}
            said = server.say(text, user=f"U{customer}", **more)
            roots.setdefault(customer, said["ts"])

        return Channel(
            "slack",
            "slack",
            {"api_url": f"http://127.0.0.1:{proxy.port}/api"},
            {"bot_token": slack_server.TOKEN, "app_token": slack_server.APP_TOKEN},
            writes,
            lambda: _of(said["text"] for said in server.messages["C1"] if said["user"] == slack_server.BOT),
            lambda seconds: setattr(server, "limited_until", time.monotonic() + seconds),
            server.drop,
            [proxy],
        )

    async def _discord(self) -> Channel:
        server = await self._stack.enter_async_context(discord_server.DiscordServer(_guard=None))
        rooms = [str(number) for number in range(100, 112)]
        server.channels |= {room: [] for room in rooms}
        proxy = await self._proxy(server.port)

        async def writes(customer: int, _number: int, text: str) -> None:
            server.say(text, channel=rooms[customer], user=str(71 + customer))

        return Channel(
            "discord",
            "discord",
            {"api_url": f"http://127.0.0.1:{proxy.port}", "follow": ",".join(rooms)},
            {"token": discord_server.TOKEN},
            writes,
            lambda: _of(
                said["content"]
                for room in rooms
                for said in server.channels[room]
                if said["author"]["id"] == discord_server.BOT
            ),
            lambda seconds: setattr(server, "limited_until", time.monotonic() + seconds),
            server.drop,
            [proxy],
            len(rooms),
        )

    async def _matrix(self) -> Channel:
        server = self._stack.enter_context(matrix_server.MatrixServer(_guard=None))
        desk_token = server.user("desk")
        desk = server.users[desk_token]
        proxy = await self._proxy(server.port)
        rooms: dict[int, str] = {}

        async def writes(customer: int, _number: int, text: str) -> None:
            user = f"@customer{customer}:tea.test"
            if customer not in rooms:
                rooms[customer] = f"!r{customer}:tea.test"
                server.rooms[rooms[customer]] = matrix_server.Room([user, desk])
                server.happen(rooms[customer], desk, "m.room.member", {"membership": "join"}, state_key=desk)
            server.happen(rooms[customer], user, "m.room.message", {"msgtype": "m.text", "body": text})

        def limit(seconds: float) -> None:
            server.limited, server.limited_until = desk, time.monotonic() + seconds

        return Channel(
            "matrix",
            "matrix",
            {"homeserver": f"http://127.0.0.1:{proxy.port}"},
            {"token": desk_token},
            writes,
            lambda: _of(
                str(event["content"].get("body", ""))
                for room in list(server.rooms.values())
                for _place, event in room.timeline
                if event["sender"] == desk
            ),
            limit,
            proxies=[proxy],
            customers=60,
        )

    async def _irc(self) -> Channel:
        server = await self._stack.enter_async_context(IrcServer())
        proxy = await self._proxy(server.port)

        async def writes(customer: int, _number: int, text: str) -> None:
            server.say(text, nick=f"Mei{customer}")

        return Channel(
            "irc",
            "irc",
            {"host": "127.0.0.1", "port": str(proxy.port), "security": "none", "nick": "desk"},
            {},
            writes,
            lambda: _of(text for _target, text in server.heard),
            proxies=[proxy],
            customers=60,
        )

    async def _xmpp(self) -> Channel:
        server = Prosody(self.folder / "prosody")
        address = server.account("desk")
        await asyncio.to_thread(server.start)
        self._stack.callback(server.kill)
        proxy = await self._proxy(server.port)
        places = [
            Place(server.account(f"mei{number}"), "secret", "127.0.0.1", server.port, "none", "", True)
            for number in range(8)
        ]
        people = await asyncio.gather(*(Session.open(place, SystemClock().now) for place in places))
        for person in people:
            self._stack.push_async_callback(person.close)

        async def writes(customer: int, number: int, text: str) -> None:
            await people[customer].send(address, f"message-{number}", text)
            # What it hears itself is not looked at before the end.
            people[customer].ready(10_000)

        async def arrived() -> Iterator[str]:
            texts: list[str] = []
            for person in people:
                before = ""
                while True:
                    page = await person.archive(before=before, most=100)
                    texts += [
                        message.findtext(f"{CLIENT}body") or ""
                        for message, _at, _id in page.messages
                        if bare(message.get("from", "")) == address
                    ]
                    if page.complete or not page.messages:
                        break
                    before = page.first
            return iter(texts)

        return Channel(
            "xmpp",
            "xmpp",
            {"address": address, "host": "127.0.0.1", "port": str(proxy.port), "security": "none"},
            {"password": "secret"},
            writes,
            arrived,
            proxies=[proxy],
            customers=len(people),
        )

    async def _x(self) -> Channel:
        """Where there is no Prosody."""
        server = self._stack.enter_context(x_server.XServer(most=1_000_000))
        server.hold = lambda *_call: None
        proxy = await self._proxy(int(server.url.rpartition(":")[2]))

        async def writes(customer: int, _number: int, text: str) -> None:
            who, ours = str(7_000 + customer), x_server.ME["id"]
            server.push(event_type="MessageCreate", sender_id=who, dm_conversation_id=f"{who}-{ours}", text=text)

        keys = x_server.KEYS
        return Channel(
            "x",
            "x",
            {"api_url": f"http://127.0.0.1:{proxy.port}", "every": "1"},
            {
                "consumer_key": keys.consumer_key,
                "consumer_secret": keys.consumer_secret,
                "access_token": keys.token,
                "access_secret": keys.token_secret,
            },
            writes,
            lambda: _of(str(said.get("text", "")) for _to, said in list(server.sent)),
            lambda seconds: setattr(server, "limited_until", time.time() + seconds),
            proxies=[proxy],
        )

    async def _email(self) -> Channel:
        address = self.mail.user()
        imap, smtp = await self._proxy(self.mail.dovecot.imap_port), await self._proxy(self.mail.smtp.port)

        async def writes(customer: int, number: int, text: str) -> None:
            sender = f"customer{customer}@customer.test"
            mail = a_mail(f"Matter {customer}", text, sender=sender, to=address, message_id=f"<{number}.{sender}>")
            if (first := firsts.setdefault(customer, number)) != number:
                mail["In-Reply-To"] = mail["References"] = f"<{first}.{sender}>"
            await asyncio.to_thread(self._deliver, address, mail.as_bytes(), sender)

        firsts: dict[int, int] = {}

        def limit(seconds: float) -> None:
            self.mail.smtp.limited = True
            asyncio.get_running_loop().call_later(seconds, setattr, self.mail.smtp, "limited", False)

        return Channel(
            "email",
            "email",
            {
                "address": address,
                "imap_host": "127.0.0.1",
                "imap_port": str(imap.port),
                "imap_security": "none",
                "smtp_port": str(smtp.port),
                "smtp_security": "none",
                "poll_seconds": "1",
                "folders": "INBOX, Sent",
                "html": "no",
            },
            {"password": "secret"},
            writes,
            lambda: _of(bytes(one.content).decode("utf-8", "replace") for one in list(self.mail.smtp.accepted)),  # type: ignore[arg-type]
            limit,
            proxies=[imap, smtp],
        )

    def _deliver(self, to: str, raw: bytes, sender: str) -> None:
        for _try in range(5):
            with suppress(smtplib.SMTPException, OSError):
                self.mail.deliver(to, raw, sender)
                return
        raise AssertionError("Dovecot takes no mail")
