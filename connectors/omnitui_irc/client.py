"""One connection to an IRC server: login, the server's lines as they come, and ours one after the other."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

from omnitui.sdk import AuthFailed, NotReady, Unreachable
from omnitui_irc.lines import Line, parsed

WANTED: frozenset[str] = frozenset(("message-tags", "server-time", "batch", "account-tag", "draft/chathistory"))
CONNECT_SECONDS = 20.0
SILENCE_SECONDS = 90.0
"""After this the server is asked whether it is there; after as much again the line is dead."""
ANSWER_SECONDS = 60.0
BURST = 4
PACE_SECONDS = 2.0
"""Servers drop whoever sends more than some lines at once, and then one each two seconds (RFC 2813 section 5.8)."""
LONGEST = 64 * 1024
AHEAD = 2_000
"""Lines that are read before they are stored; then the server has to wait."""
HISTORY = ("chathistory", "draft/chathistory-targets")
"""Kinds of batches that answer a question of ours; a bouncer plays others back unasked."""
SASL_FAILED = ("902", "904", "905", "906", "908")


class Place(NamedTuple):
    """Where to connect, and as whom."""

    host: str
    port: int
    tls: bool
    ca_file: str
    nick: str
    login: str
    password: str


class Cut(Exception):
    """The line broke; the text says how."""


class Link:
    """One connection that is logged in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: Place) -> None:
        self._reader, self._writer, self._place = reader, writer, place
        self.nick = place.nick
        self.features: frozenset[str] = frozenset()
        """Capabilities that the server agreed to."""
        self.network = place.host
        self._lines: deque[Line] = deque()
        self._more, self._room = asyncio.Event(), asyncio.Event()
        self._since: list[Line] | None = None
        """What came since we said something that the server has not worked off yet."""
        self._worked_off = asyncio.Event()
        self._asked, self._asks = 0, False
        self._batches: set[str] = set()
        """Batches that are open and answer what we asked for."""
        self.at = ""
        """The server's time of the last line of the login, where it tells it."""
        self._credit, self._at = float(BURST), 0.0
        self._turn = asyncio.Lock()
        self.end = ""
        """Why the line is closed; empty while it is open."""
        self._hearing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, place: Place) -> Link:
        """Connect and log in. Raises `Unreachable`, `NotReady`, `AuthFailed`."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                context = await asyncio.to_thread(_context, place.ca_file) if place.tls else None
                reader, writer = await asyncio.open_connection(place.host, place.port, ssl=context, limit=LONGEST)
        except ssl.SSLCertVerificationError as error:
            raise NotReady(f"the certificate of {place.host} is not trusted: {error.verify_message}") from error
        except (OSError, TimeoutError) as error:
            raise Unreachable(f"{place.host} cannot be reached: {error or 'no answer'}") from error
        link = cls(reader, writer, place)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await link._register()
        except (Cut, TimeoutError) as error:
            writer.close()
            raise NotReady(f"{place.host} did not let us in: {error or 'no answer'}") from error
        except BaseException:
            writer.close()
            raise
        link._hearing = asyncio.create_task(link._hear())
        return link

    async def _register(self) -> None:
        """RFC 2812 section 3.1, https://ircv3.net/specs/extensions/capability-negotiation, …/sasl-3.1"""
        place = self._place
        if place.password and not place.login:
            self._write(f"PASS {place.password}")
        self._write("CAP LS 302")
        self._write(f"NICK {place.nick}")
        self._write(f"USER {place.nick} 0 * :{place.nick}")
        offered: list[str] = []
        known = not place.login
        while True:
            line = await self._read()
            self.at = line.tags.get("time", self.at)
            match line.command:
                case "CAP" if "LS" in line.parameters:
                    offered += [name.partition("=")[0] for name in line.words.split()]
                    if "*" not in line.parameters[2:-1]:
                        self._ask_for(offered)
                case "CAP" if "ACK" in line.parameters:
                    self.features |= frozenset(line.words.split())
                    self._write("AUTHENTICATE PLAIN" if place.login else "CAP END")
                case "CAP" if "NAK" in line.parameters:
                    self._write("CAP END")
                case "AUTHENTICATE":
                    said = f"\0{place.login}\0{place.password}".encode()
                    self._write(f"AUTHENTICATE {base64.b64encode(said).decode()}")
                case "903":
                    known = True
                    self._write("CAP END")
                case "464" | "465":
                    raise AuthFailed(f"{place.host} refuses us: {line.words}")
                case command if command in SASL_FAILED:
                    raise AuthFailed(f"{place.host} refuses the account {place.login}: {line.words}")
                case "433" | "436" | "437":
                    raise NotReady(f"the nick {place.nick} is in use", hint="another client has it, or did until now")
                case "432":
                    raise AuthFailed(f"{place.host} does not take the nick {place.nick}: {line.words}")
                case "001" if not known:
                    raise AuthFailed(f"{place.host} offers no SASL", hint="leave `login` out")
                case "001":
                    self.nick = line.parameters[0]
                    return
                case "ERROR":
                    raise Cut(line.words)

    def _ask_for(self, offered: Iterable[str]) -> None:
        wanted = sorted(WANTED.intersection(offered))
        if self._place.login:
            if "sasl" not in offered:
                raise AuthFailed(f"{self._place.host} offers no SASL", hint="leave `login` out")
            wanted.append("sasl")
        self._write(f"CAP REQ :{' '.join(wanted)}" if wanted else "CAP END")

    async def _read(self) -> Line:
        """The next line that is no ping. Raises `Cut`."""
        while True:
            try:
                raw = await self._reader.readuntil(b"\n")
            except asyncio.IncompleteReadError as error:
                raise Cut("the server closed the line") from error
            except asyncio.LimitOverrunError as error:
                await self._reader.readexactly(error.consumed)
                continue
            except OSError as error:
                raise Cut(str(error)) from error
            line = parsed(raw)
            if line.command == "PING":
                self._write(f"PONG :{line.words}")
            elif line.command:
                return line

    def _write(self, text: str) -> None:
        self._writer.write(text.replace("\r", " ").replace("\n", " ").encode() + b"\r\n")

    async def _hear(self) -> None:
        try:
            while True:
                line = await self._living()
                if line.command == "PONG" and line.words == self._token:
                    self._worked_off.set()
                    continue
                if self._since is not None:
                    self._since.append(line)
                if line.command == "ERROR":
                    raise Cut(line.words)
                if line.command == "005":
                    self._learn(line.parameters[1:-1])
                if self._is_answer(line):
                    # History: it goes to who asked for it.
                    continue
                self._lines.append(line)
                self._more.set()
                while len(self._lines) >= AHEAD and self._since is None:
                    self._room.clear()
                    await self._room.wait()
        except Cut as cut:
            self._ended(str(cut))

    def _is_answer(self, line: Line) -> bool:
        """Whether a line belongs to a batch that answers what was asked."""
        if line.command == "BATCH" and line.parameters:
            sign, name = line.parameters[0][:1], line.parameters[0][1:]
            if sign == "+" and self._asks and line.parameters[1:2] and line.parameters[1] in HISTORY:
                self._batches.add(name)
            elif sign == "-":
                self._batches.discard(name)
        return line.tags.get("batch", "") in self._batches

    def _learn(self, tokens: Iterable[str]) -> None:
        for token in tokens:
            if token.startswith("NETWORK="):
                self.network = token.partition("=")[2]

    async def _living(self) -> Line:
        for asked in (False, True):
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    return await self._read()
            except TimeoutError:
                if not asked:
                    self._write("PING :there")
        raise Cut("the server has been silent")

    def _ended(self, why: str) -> None:
        self.end = self.end or why or "closed"
        self._more.set()
        self._worked_off.set()
        self._writer.close()

    @property
    def _token(self) -> str:
        return f"omnitui-{self._asked}"

    def ready(self, most: int) -> list[Line]:
        """The lines that are here already."""
        taken = [self._lines.popleft() for _ in range(min(most, len(self._lines)))]
        self._room.set()
        return taken

    async def take(self, most: int) -> list[Line]:
        """The next lines; none once the line is closed and all were taken."""
        while not self._lines and not self.end:
            self._more.clear()
            await self._more.wait()
        return self.ready(most)

    async def say(self, commands: Iterable[str]) -> list[Line]:
        """Send what reaches people, at the pace that servers bear; gives what came until the server had worked it off.

        Raises:
            Cut: Some of it may have arrived.
        """
        async with self._turn, self._answered() as answer:
            for command in commands:
                await self._pace()
                self._send(command)
        return answer

    async def ask(self, command: str) -> list[Line]:
        """Send one command that reaches nobody, and give the answer. Raises `Cut`."""
        async with self._turn, self._answered() as answer:
            self._asks = True
            self._send(command)
        return answer

    @contextlib.asynccontextmanager
    async def _answered(self) -> AsyncIterator[list[Line]]:
        """Collects what the server says until it has worked off all that is sent meanwhile."""
        # It answers in order: before its pong stands all that it says of the commands before our ping.
        self._asked += 1
        self._worked_off.clear()
        answer = self._since = []
        self._room.set()
        try:
            yield answer
            self._send(f"PING :{self._token}")
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._worked_off.wait()
        except TimeoutError as error:
            raise Cut("the server did not answer") from error
        finally:
            self._since, self._asks = None, False
        if self.end:
            raise Cut(self.end)

    def _send(self, command: str) -> None:
        if self.end:
            raise Cut(self.end)
        self._write(command)

    async def _pace(self) -> None:
        now = asyncio.get_running_loop().time()
        self._credit = min(float(BURST), self._credit + (now - self._at) / PACE_SECONDS)
        self._at = now
        if self._credit < 1:
            await asyncio.sleep((1 - self._credit) * PACE_SECONDS)
            self._credit, self._at = 1.0, asyncio.get_running_loop().time()
        self._credit -= 1

    async def close(self, word: str = "") -> None:
        """Leave."""
        if not self.end:
            with contextlib.suppress(OSError):
                self._write(f"QUIT :{word}")
        self._ended("closed")
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.wait([self._hearing])


def _context(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:
            raise NotReady(f"ca_file {ca_file} cannot be used: {error.strerror or error}") from error
    return context
