"""A message as lines: pure, so that the history draws only what is visible and tests need no screen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from functools import lru_cache

from omnitui.clock import DAY, Millis
from omnitui.i18n import _
from omnitui.model.conversations import Attachment, Message
from omnitui.model.states import Direction, MessageKind, SendState
from omnitui.text.safe import safe
from omnitui.text.widths import cell_width, wrap
from omnitui.ui import phrases
from omnitui.ui.roles import Line, Piece, cropped, plain
from omnitui.values import dataclass

INDENT = 2
LONG_TEXT = 20_000
"""Characters from which on wrapping is felt."""
MAX_TEXT_WIDTH = 96
"""Longer lines are hard to read; a wide terminal leaves the rest empty."""
_GOOD = (SendState.ACCEPTED, SendState.DELIVERED, SendState.READ)
_BAD = (SendState.FAILED, SendState.BLOCKED, SendState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Setting:
    """What the look of a message depends on beside the message."""

    width: int
    now: Millis
    zone: tzinfo
    unfolded: bool = False
    """Whether quotes and signatures are shown."""
    due: Millis | None = None
    """When a held message leaves, or a deferred one is tried again."""


def day_line(at: Millis, setting: Setting) -> Line:
    """The mark between two days."""
    name = phrases.day(at, setting.now, setting.zone)
    rest = min(setting.width, MAX_TEXT_WIDTH + INDENT) - cell_width(name) - 5
    return (("── ", "line"), (name, "day"), (" " + "─" * max(rest, 0), "line"))


def block(message: Message, setting: Setting) -> list[Line]:
    """The lines of one message; the first cell of each is left for the mark of the current message."""
    if message.kind is MessageKind.ACTIVITY:
        return [(("  · ", "muted"), (line, "muted")) for line in _laid(message.text, setting.width - 4)[0] or ("",)]
    note = message.kind is MessageKind.NOTE
    tone = "note.text" if note else "text"
    dim = "note.muted" if note else "muted"
    lines = [_heading(message, setting)]
    if message.deleted:
        lines.append(_indented(_("deleted by its author"), dim))
    else:
        lines += _body(message, setting, tone, dim)
    if message.attachments:
        lines += [_chip(attachment, dim) for attachment in message.attachments if not attachment.inline]
    if message.reason and message.state in (*_BAD, SendState.DEFERRED):
        role = "bad" if message.state in _BAD else "warn"
        reason = safe(message.reason, max_lines=6, max_chars=1_000)
        lines += [_indented(line, role) for line in wrap(reason, setting.width - INDENT - 1)]
    return lines


def _heading(message: Message, setting: Setting) -> Line:
    at = phrases.hour(message.received_at, setting.zone)
    if message.kind is MessageKind.NOTE:
        title = _("NOTE, only agents see it")
        return ((" ", "note"), (f"▒ {title}", "note.title"), (f" · {plain(message.author)} · {at}", "note.muted"))
    outgoing = message.direction is Direction.OUTGOING
    arrow, role = ("→ ", "mine") if outgoing else ("", "theirs")
    pieces: list[Piece] = [(" ", ""), (f"{arrow}{plain(message.author or '?')}", role), (f" · {at}", "muted")]
    if abs(message.sent_at - message.received_at) > DAY and message.sent_at:
        claimed = phrases.moment(message.sent_at, setting.now, setting.zone)
        pieces.append((" " + _("(says {time})").format(time=claimed), "warn"))
    for mark, held in ((_("edited"), message.edited), (_("automatic"), message.auto), ("HTML", message.html)):
        if held:
            pieces.append((f" · {mark}", "muted"))
    if message.kind is MessageKind.RAW:
        pieces.append((" · " + _("could not be parsed, shown raw"), "warn"))
    if message.kind is MessageKind.TEMPLATE:
        pieces.append((" · " + _("template"), "muted"))
    if outgoing and message.state is not None:
        pieces.append((" · ", "muted"))
        pieces.append(state_piece(message.state, setting.due, setting.now))
    return cropped(tuple(pieces), setting.width)


def state_piece(state: SendState, due: Millis | None, now: Millis) -> Piece:
    """A send state in words, with its countdown."""
    words = _(phrases.SEND[state])
    if due is not None and state is SendState.HELD:
        words = _("held, leaves in {span}").format(span=phrases.span(due - now))
    elif due is not None and state is SendState.DEFERRED and due > now:
        words = _("will be tried again in {span}").format(span=phrases.span(due - now))
    role = "good" if state in _GOOD else "bad" if state in _BAD else "warn"
    mark = "✓ " if state in _GOOD else "! " if state in _BAD else ""
    return f"{mark}{words}", role


def _body(message: Message, setting: Setting, tone: str, dim: str) -> list[Line]:
    room = _room(setting.width)
    said, badges = _laid(message.text, room)
    lines = [_indented(line, tone) for line in said]
    folded = [(message.quoted, "│ "), (message.signature, "")]
    hidden = 0
    for part, mark in folded:
        if not part:
            continue
        if not setting.unfolded:
            hidden += part.count("\n") + 1
            continue
        for line in wrap(safe(part).rstrip("\n"), room - 2):
            lines.append(((" " * INDENT, dim), (mark + line, "quote")))
    if hidden:
        lines.append(_indented("┄ " + phrases.quoted_words(hidden), dim))
    if badges:
        lines.append(_indented("! " + _badges(badges), "warn"))
    return lines


def _room(width: int) -> int:
    return min(width - INDENT - 1, MAX_TEXT_WIDTH)


def lay_out(messages: Iterable[Message], width: int) -> None:
    """Wrap long texts for panes of this width beforehand: in a thread, where it holds up nobody."""
    for message in messages:
        if len(message.text) > LONG_TEXT:
            _laid(message.text, _room(width))


@lru_cache(maxsize=64)
def _laid(text: str, room: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A text of any origin as lines, and what was taken from it. Kept: what counts down is drawn every second."""
    clean = safe(text)
    lines = clean.strip("\n")
    return tuple(wrap(lines, room)) if lines else (), clean.badges


def _badges(found: Iterable[str]) -> str:
    words = {
        "truncated": _("cut, the raw message has more"),
        "bidi": _("direction controls were taken out"),
        "hidden": _("invisible characters were taken out"),
        "controls": _("control characters are shown as signs"),
    }
    return ", ".join(words[name] for name in found)


def _chip(attachment: Attachment, dim: str) -> Line:
    where = "" if attachment.sha256 else " · " + _("not fetched yet")
    name = plain(attachment.name or _("unnamed"))
    return (
        (" " * INDENT, ""),
        (f" {name} ", "chip"),
        (f" {phrases.size(attachment.size)} · {plain(attachment.media_type)}{where}", dim),
    )


def _indented(text: str, role: str) -> Line:
    return ((" " * INDENT, role if role.startswith("note") else ""), (text, role))
