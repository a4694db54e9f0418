"""Holds a session with Discord's Gateway, and goes on with it after a broken line. …/developers/events/gateway"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from enum import IntEnum
from typing import Any, NamedTuple

from omnitui.sdk import AuthFailed, NotReady

CONNECT_SECONDS = 10.0
CLOSE_SECONDS = 1.0
HELLO_SECONDS = 30.0
LONGEST = 16 * 1024 * 1024
INTENTS = 1 << 0 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 15
"""Guilds; messages, reactions and typing there and in direct messages; what messages say."""
REFUSED = {
    4004: ("Discord does not take the token", "Developer Portal, Bot, Reset Token"),
    4013: ("Discord does not know an intent", ""),
    4014: ("the bot may not read messages", "Developer Portal, Bot: switch on the Message Content Intent"),
}


FORGOTTEN = (4007, 4009)
"""Discord cannot go on with a session: another one is begun."""


class Op(IntEnum):
    """What a payload is (…/topics/opcodes-and-status-codes#gateway)."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    RECONNECT = 7
    INVALID = 9
    HEARD = 11


class Place(NamedTuple):
    """Where a session stands: with it Discord tells all that came after `seq`, for some minutes."""

    session: str
    url: str
    seq: int


class Told(NamedTuple):
    """One event, and where the session stands with it."""

    kind: str
    data: Any
    place: Place


async def events(url: str, token: str, place: Place | None) -> AsyncIterator[Told]:
    """What a session tells. `RESUMED` or `READY` says whether it went on or began.

    Raises:
        NotReady: The line broke; go on from the last place.
        AuthFailed: Discord refuses the bot.
    """
    try:
        from websockets.asyncio.client import connect
        from websockets.exceptions import ConnectionClosed, WebSocketException
    except ImportError as error:
        raise AuthFailed("Discord's Gateway needs websockets", hint="pip install 'omnitui[discord]'") from error
    while True:
        where = f"{(place.url if place else url).rstrip('/')}/?v=10&encoding=json"
        try:
            line = await connect(where, max_size=LONGEST, open_timeout=CONNECT_SECONDS, close_timeout=CLOSE_SECONDS)
        except (WebSocketException, OSError, TimeoutError, ValueError) as error:
            if place and place.url != url:
                # Where the session lay nobody answers; the address that was just asked for may still know it.
                place = place._replace(url=url)
                continue
            raise NotReady(f"Discord's Gateway cannot be reached: {error or type(error).__name__}") from None
        session = _Session(line, token, place)
        try:
            async with aclosing(session.run()) as stream:
                async for told in stream:
                    yield told
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else 0
            if code in REFUSED:
                raise AuthFailed(REFUSED[code][0], hint=REFUSED[code][1]) from None
            if code not in FORGOTTEN or not place:
                raise NotReady(f"Discord closed the line ({code})") from None
            place = None
        except (TimeoutError, KeyError, TypeError, ValueError) as error:
            raise NotReady(f"Discord's Gateway does not say what it should: {type(error).__name__}") from None
        finally:
            await session.end()


class _Session:
    def __init__(self, line: Any, token: str, place: Place | None) -> None:
        self._line, self._token = line, token
        self._place = place or Place("", "", 0)
        self._answered = True
        self._hearing = False
        """Whether somebody listens: while what was heard is stored, no answer is heard either."""
        self._beating: asyncio.Task[None] | None = None

    async def run(self) -> AsyncGenerator[Told, None]:
        async with asyncio.timeout(HELLO_SECONDS):
            hello = await self._hear()
        self._beating = asyncio.create_task(self._beat(float(hello["d"]["heartbeat_interval"]) / 1000))
        await self._begin()
        while True:
            said = await self._hear()
            match said.get("op"):
                case Op.DISPATCH:
                    yield self._dispatched(said)
                case Op.HEARTBEAT:
                    await self._say(Op.HEARTBEAT, self._place.seq or None)
                case Op.RECONNECT:
                    raise NotReady("Discord wants the line made anew")
                case Op.INVALID:
                    # Whatever was missed has to be asked for.
                    if not said.get("d"):
                        self._place = Place("", "", 0)
                    await asyncio.sleep(random.SystemRandom().uniform(1, 5) if not said.get("d") else 0)
                    await self._begin()
                case Op.HEARD:
                    self._answered = True

    async def _begin(self) -> None:
        if self._place.session:
            said = {"token": self._token, "session_id": self._place.session, "seq": self._place.seq}
            return await self._say(Op.RESUME, said)
        properties = {"os": "linux", "browser": "omnitui", "device": "omnitui"}
        return await self._say(Op.IDENTIFY, {"token": self._token, "intents": INTENTS, "properties": properties})

    def _dispatched(self, said: dict[str, Any]) -> Told:
        kind, data = str(said.get("t", "")), said.get("d")
        session, url, seq = self._place
        if kind == "READY" and isinstance(data, dict):
            session, url = str(data["session_id"]), str(data["resume_gateway_url"])
        number = said.get("s")
        self._place = Place(session, url, number if isinstance(number, int) else seq)
        return Told(kind, data, self._place)

    async def _hear(self) -> dict[str, Any]:
        while True:
            self._hearing = True
            try:
                said = await self._line.recv()
            finally:
                self._hearing = False
            with suppress(ValueError, RecursionError):
                told = json.loads(said)
                if isinstance(told, dict):
                    return told

    async def _say(self, op: Op, data: Any) -> None:
        await self._line.send(json.dumps({"op": op, "d": data}))

    async def _beat(self, seconds: float) -> None:
        # The first one a random part later, so that not all bots beat at once.
        await asyncio.sleep(seconds * random.SystemRandom().random())
        while self._answered or not self._hearing:
            self._answered = False
            await self._say(Op.HEARTBEAT, self._place.seq or None)
            await asyncio.sleep(seconds)
        # A line that answers no beat is dead.
        await self._line.close(code=4000)

    async def end(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
        # Anything but 1000 and 1001 leaves the session open, to be gone on with.
        await self._line.close(code=4000)
