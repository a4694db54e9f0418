"""IRC's lines. RFC 2812 section 2.3, https://ircv3.net/specs/extensions/message-tags"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

LINE_BYTES = 512
"""Of a whole line without tags, with its end."""
HOST_BYTES = 63
USER_BYTES = 11

_ESCAPES = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}


class Line(NamedTuple):
    """One line of the server."""

    tags: Mapping[str, str]
    source: str
    """nick!user@host, or the server's name."""
    command: str
    """In capitals, or a number of three digits."""
    parameters: tuple[str, ...]
    raw: bytes

    @property
    def nick(self) -> str:
        return self.source.partition("!")[0]

    @property
    def words(self) -> str:
        """The last parameter: what a person reads."""
        return self.parameters[-1] if self.parameters else ""


def parsed(raw: bytes) -> Line:
    """Any bytes as a line; what is no UTF-8 is read as Latin-1, as older clients write it."""
    raw = raw.strip(b"\r\n")
    try:
        rest = raw.decode()
    except UnicodeDecodeError:
        rest = raw.decode("latin-1")
    tags: dict[str, str] = {}
    source = ""
    if rest.startswith("@"):
        written, _space, rest = rest[1:].partition(" ")
        for tag in written.split(";"):
            name, _equals, value = tag.partition("=")
            tags[name] = _unescaped(value)
        rest = rest.lstrip(" ")
    if rest.startswith(":"):
        source, _space, rest = rest[1:].partition(" ")
        rest = rest.lstrip(" ")
    head, colon, last = rest.partition(" :")
    first, *middle = head.split() or [""]
    return Line(tags, source, first.upper(), (*middle, *((last,) if colon else ())), raw)


def _unescaped(value: str) -> str:
    out: list[str] = []
    letters = iter(value)
    for letter in letters:
        if letter == "\\":
            following = next(letters, "")
            out.append(_ESCAPES.get(following, following))
        else:
            out.append(letter)
    return "".join(out)


def room(nick: str, target: str) -> int:
    """Bytes of text that fit into one PRIVMSG as others receive it, with the longest prefix a server may put before."""
    return LINE_BYTES - len(f":{nick}!@ PRIVMSG {target} :\r\n".encode()) - USER_BYTES - HOST_BYTES


def pieces(text: str, most: int) -> Iterator[str]:
    """A text as lines of at most `most` bytes: at line ends, then at spaces, never within a character."""
    for line in text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").split("\n"):
        rest = line.encode()
        while len(rest) > most:
            end = most
            while rest[end] & 0xC0 == 0x80:
                end -= 1
            space = rest.rfind(b" ", end // 2, end)
            end = space if space > 0 else end
            yield rest[:end].decode()
            rest = rest[end:].removeprefix(b" ")
        if rest.strip():
            yield rest.decode()
