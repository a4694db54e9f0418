"""An IRC server for tests that keeps history, as soju and Ergo do: https://ircv3.net/specs/extensions/chathistory"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import count
from typing import Self

from omnitui_irc.lines import Line, parsed

from omnitui.clock import rfc3339

FEATURES = "message-tags server-time batch account-tag draft/chathistory sasl"
START = 1_780_000_000_000


@dataclass(frozen=True)
class Said:
    """One message that the server keeps."""

    number: int
    nick: str
    target: str
    text: str
    repeats: int = 0

    @property
    def line(self) -> str:
        number = self.repeats or self.number
        tags = f"msgid=m{number};time={rfc3339(START + number)}"
        return f"{tags} :{self.nick}!u@host.example PRIVMSG {self.target} :{self.text}"


@dataclass
class IrcServer:
    """Listens on a free port of the loopback interface while it is entered."""

    features: str = FEATURES
    password: str = ""
    kept: list[Said] = field(default_factory=list)
    """What customers said."""
    heard: list[tuple[str, str]] = field(default_factory=list)
    """What was said to them: target and text."""
    absent: set[str] = field(default_factory=set)
    """Nicks that are nobody's."""
    leaves: int = -1
    """After so many lines whoever is spoken to is nobody any more."""
    closed: set[str] = field(default_factory=set)
    """Nicks that take no messages of strangers."""
    taken: set[str] = field(default_factory=set)
    """Nicks that somebody has."""
    cut: str = ""
    """What the next message meets: `before` it is passed on, or `after`, the line breaks."""
    most_targets: int = 100
    """Of conversations in one answer."""
    secret: set[str] = field(default_factory=set)
    """Nicks whose history is not given."""
    throttled: bool = False
    news: str = ""
    """A line for whoever logs in."""
    port: int = 0
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _server: asyncio.Server | None = None
    _lines: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        assert self._server is not None
        self._server.close()
        self.drop_all()

    def drop_all(self) -> None:
        """Break every line."""
        for writer in self._lines:
            writer.close()
        self._lines.clear()

    def say(self, text: str, *, nick: str = "Mei", target: str = "desk") -> None:
        """A customer says something."""
        said = Said(next(self._numbers), nick, target, text)
        self.kept.append(said)
        self.tell(said.line)

    def repeat(self) -> None:
        """Hand the newest message out once more."""
        self.tell(self.kept[-1].line)

    def tell(self, line: str) -> None:
        """Write one line to all that are connected."""
        for writer in self._lines:
            _write(writer, f"@{line}" if "msgid=" in line else line)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.throttled:
            _write(writer, "ERROR :Closing Link: throttled")
            writer.close()
            return
        self._lines.add(writer)
        nick, given = "", ""
        while raw := await reader.readline():
            line = parsed(raw)
            match line.command:
                case "PASS":
                    given = line.words
                case "NICK" if line.words in self.taken:
                    _write(writer, f":irc 433 * {line.words} :Nickname is already in use")
                case "NICK":
                    nick = line.words
                case "USER" if not self.features:
                    self._welcome(writer, nick, given)
                case "CAP":
                    self._capabilities(writer, nick, given, line)
                case "AUTHENTICATE" if line.words == "PLAIN":
                    _write(writer, "AUTHENTICATE +")
                case "AUTHENTICATE":
                    _write(writer, f":irc 904 {nick} :SASL authentication failed")
                case "JOIN":
                    _write(writer, f":{nick}!u@h JOIN {line.words}")
                case "PING":
                    _write(writer, f":irc PONG irc :{line.words}")
                case "CHATHISTORY":
                    self._history(writer, line)
                case "PRIVMSG":
                    self._pass_on(writer, nick, line)
        self._lines.discard(writer)

    def _capabilities(self, writer: asyncio.StreamWriter, nick: str, given: str, line: Line) -> None:
        if not self.features:
            return
        match line.parameters[0]:
            case "LS":
                _write(writer, f":irc CAP * LS :{self.features}")
            case "REQ":
                _write(writer, f":irc CAP * ACK :{line.words}")
            case "END":
                self._welcome(writer, nick, given)

    def _welcome(self, writer: asyncio.StreamWriter, nick: str, given: str) -> None:
        if given != self.password:
            _write(writer, f":irc 464 {nick} :Password incorrect")
            return
        _write(writer, f":irc 001 {nick} :Welcome")
        _write(writer, f":irc 005 {nick} NETWORK=TeaNet CHATHISTORY=2 :are supported by this server")
        if self.news:
            _write(writer, self.news)

    def _history(self, writer: asyncio.StreamWriter, line: Line) -> None:
        _write(writer, ":irc BATCH +b chathistory")
        if line.parameters[0] == "TARGETS":
            newest = {said.nick: rfc3339(START + said.number) for said in self.kept}
            begin = line.parameters[1].partition("=")[2]
            for nick, at in [(nick, at) for nick, at in newest.items() if at > begin][: self.most_targets]:
                _write(writer, f"@batch=b :irc CHATHISTORY TARGETS {nick} {at}")
        else:
            target, after = line.parameters[1].lower(), line.parameters[2]
            if target in self.secret:
                _write(writer, f"FAIL CHATHISTORY INVALID_TARGET AFTER {target} :Messages could not be retrieved")
            page = [said for said in self.kept if said.nick.lower() == target and _follows(said, after)]
            for said in page[:2]:
                _write(writer, f"@batch=b;{said.line}")
        _write(writer, ":irc BATCH -b")

    def _pass_on(self, writer: asyncio.StreamWriter, nick: str, line: Line) -> None:
        target = line.parameters[0]
        cut, self.cut = self.cut, ""
        if target in self.absent or len(self.heard) == self.leaves:
            _write(writer, f":irc 401 {nick} {target} :No such nick/channel")
        elif target in self.closed:
            _write(writer, f":irc 716 {nick} {target} :is in +g mode (server-side ignore)")
        elif cut != "before":
            self.heard.append((target, line.words))
        if cut:
            writer.close()


def _follows(said: Said, after: str) -> bool:
    how, _equals, value = after.partition("=")
    return said.number > int(value[1:]) if how == "msgid" else rfc3339(START + said.number) > value


def _write(writer: asyncio.StreamWriter, line: str) -> None:
    writer.write(line.encode() + b"\r\n")
