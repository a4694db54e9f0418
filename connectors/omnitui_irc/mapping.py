"""IRC's lines as events; pure."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from omnitui.sdk import Direction, Event, MessageReceived, Millis, Person, Unsupported, rfc3339
from omnitui_irc.lines import Line

CHANNEL = "irc"
ROOMS = "#&+!"
"""Characters that a channel's name begins with (RFC 2812 section 1.3)."""
SILENT = frozenset(
    (
        *("AWAY", "ACCOUNT", "BATCH", "CAP", "CHGHOST", "ERROR", "FAIL", "INVITE", "JOIN", "KICK", "MODE", "NICK"),
        *("NOTE", "PART", "PONG", "QUIT", "SETNAME", "TAGMSG", "TOPIC", "WALLOPS", "WARN"),
    )
)
"""What happens beside messages."""


def folded(name: str) -> str:
    """A nick or a channel as servers compare them (RFC 2812 section 2.2)."""
    return name.lower().translate(str.maketrans("[]\\~", "{}|^"))


def instant(line: Line, now: Millis) -> Millis:
    """When the server had it: its own word where it gives one. https://ircv3.net/specs/extensions/server-time"""
    try:
        said = datetime.fromisoformat(line.tags["time"])
    except (KeyError, ValueError):
        return now
    return int(said.replace(tzinfo=said.tzinfo or UTC).timestamp() * 1000)


def event(line: Line, *, nick: str, inbox: str, now: Millis, number: int) -> Event | None:
    """What a line tells of customers; None for all that they did not say.

    Args:
        line: Of the server.
        nick: Ours.
        inbox: Our address.
        now: The time where the server tells none.
        number: Of the line in its connection: makes it one of its own where the server names no message.
    """
    if line.command not in ("PRIVMSG", "NOTICE"):
        if line.command in SILENT or line.command.isdecimal():
            return None
        return Unsupported(f"irc.{line.command[:40]}", line.raw, now, _id(line, now, number), "", CHANNEL, inbox)
    if len(line.parameters) < 2 or "!" not in line.source or folded(line.nick) == folded(nick):
        # The server's own notices, and what another client of ours said.
        return None
    target, text = line.parameters[0], line.words
    room = folded(target) if target[:1] and target[0] in ROOMS else ""
    said = _readable(text, line.nick)
    at = instant(line, now)
    conversation = room or folded(line.nick)
    if said is None:
        return Unsupported("irc.ctcp", line.raw, at, _id(line, now, number), conversation, CHANNEL, inbox)
    person = Person(folded(line.nick), line.nick)
    return MessageReceived(
        inbox,
        CHANNEL,
        conversation,
        _id(line, now, number),
        Person(room, target) if room else person,
        person,
        Direction.INCOMING,
        at,
        said,
        answers=line.tags.get("+reply") or line.tags.get("+draft/reply", ""),
    )


def _readable(text: str, nick: str) -> str | None:
    """Without colours; an action as a sentence; None for other questions of clients (CTCP)."""
    if text.startswith("\x01"):
        word, _space, rest = text.strip("\x01").partition(" ")
        return f"* {nick} {rest}" if word == "ACTION" else None
    return text


def _id(line: Line, now: Millis, number: int) -> str:
    if msgid := line.tags.get("msgid"):
        return msgid
    # Without its tags: the same line has others when it is history.
    said = "\0".join((line.source, line.command, *line.parameters))
    digest = hashlib.sha256(said.encode()).hexdigest()[:12]
    # With a time of the server's the same line is the same message whenever it is handed out.
    return f"{line.tags['time']} {digest}" if "time" in line.tags else f"{rfc3339(now)} {number} {digest}"
