"""A message as lines: pure, so that the history draws only what is visible and tests need no screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from functools import lru_cache

from omnitui.clock import DAY, Millis
from omnitui.i18n import _
from omnitui.model.conversations import Attachment, Message, Reaction
from omnitui.model.deeds import Answered
from omnitui.model.states import Direction, MessageKind, SendState
from omnitui.text.filetypes import short_name
from omnitui.text.japanese import wrap_prose
from omnitui.text.safe import safe
from omnitui.text.secrets.covering import shown
from omnitui.text.widths import cell_width, wrap
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, Piece, cropped, plain
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
    """Whether quotes, signatures and all addressees are shown."""
    due: Millis | None = None
    """When a held message leaves, or a deferred one is tried again."""
    channel: str = ""
    """By which channel it came, where that differs from message to message."""
    answers: Answered | None = None
    """What it answers, where that is not the message above it."""
    found: tuple[str, ...] = ()
    """Texts that were searched for: shown where they stand."""


def block(message: Message, setting: Setting) -> list[Line]:
    """The lines of one message; the first cell of each is left for the mark of the current message."""
    if message.kind is MessageKind.ACTIVITY:
        said = _laid(message.text, setting.width - 4)[0] or ("",)
        return [cropped((("  · ", "muted"), (line, "muted")), setting.width) for line in said]
    note = message.kind is MessageKind.NOTE
    tone = "note.text" if note else "text"
    dim = "note.muted" if note else "muted"
    above: list[Line] = []
    if setting.unfolded and _more(message):
        above += _addressees(message, setting.width - INDENT - 1, dim)
    if setting.answers is not None:
        above.append(_answers(setting.answers, dim))
    words: list[Line] = []
    below: list[Line] = []
    if message.deleted:
        below.append(((" " * INDENT, ""), (_("deleted"), dim)))
    else:
        words, below = _body(message, setting, tone, dim)
        below += chips([one for one in message.attachments if not one.inline], setting.width, dim)
        below += _reactions(message.reactions, setting.width - INDENT - 1, dim)
    if message.reason and message.state in (*_BAD, SendState.DEFERRED, SendState.SENDING):
        role = "bad" if message.state in _BAD else "warn"
        reason = safe(message.reason, max_lines=6, max_chars=1_000)
        below += [((" " * INDENT, ""), (line, role)) for line in wrap(reason, setting.width - INDENT - 1)]
    room = setting.width - note
    lines = [*(cropped(line, room) for line in above), *words, *(cropped(line, room) for line in below)]
    # A note is one by its bar too: colour says nothing on a terminal without any, and to those who do not see it.
    return [_heading(message, setting), *(map(_barred, lines) if note else lines)]


def _barred(line: Line) -> Line:
    """The line with a bar before it: one cell wider."""
    return ((" ", "note"), ("▒", "note.title"), (" " + line[0][0][INDENT:], "note"), *line[1:])


def _heading(message: Message, setting: Setting) -> Line:
    at = phrases.hour(message.received_at, setting.zone)
    via: list[Piece] = [(f" · {plain(phrases.channel_word(setting.channel))}", "muted")] if setting.channel else []
    if message.kind is MessageKind.NOTE:
        title = _("NOTE, only agents see it")
        about = f" · {plain(message.author)} · {at}" + (" · " + _("edited") if message.edited else "")
        note: Line = ((" ", "note"), (f"▒ {title}", "note.title"), (about, "note.muted"), *via)
        return cropped(note, setting.width)
    outgoing = message.direction is Direction.OUTGOING
    arrow, role = ("→ ", "mine") if outgoing else ("", "theirs")
    pieces: list[Piece] = [(" ", ""), (f"{arrow}{plain(message.author or '?')}", role)]
    if more := _more(message):
        pieces.append((f" +{more}", "muted"))
    pieces += [*via, (f" · {at}", "muted")]
    if abs(message.sent_at - message.received_at) > DAY and message.sent_at:
        claimed = phrases.moment(message.sent_at, setting.now, setting.zone, within=True)
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


def _more(message: Message) -> int:
    """Addressees beside the usual one."""
    return max(len(message.to) - 1, 0) + len(message.cc)


def _addressees(message: Message, room: int, dim: str) -> list[Line]:
    said = [(_("To"), message.to), ("Cc", message.cc)]
    texts = [f"{name}: {plain(', '.join(some))}" for name, some in said if some]
    return [((" " * INDENT, ""), (line, dim)) for text in texts for line in wrap(text, room)]


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


def _answers(answered: Answered, dim: str) -> Line:
    words = _("answers {author}: {text}").format(author=answered.author, text=" ".join(answered.text.split()))
    return ((" " * INDENT, ""), (f"↳ {plain(words)}", dim))


def _reactions(reactions: Sequence[Reaction], room: int, dim: str) -> list[Line]:
    """Who put what to a message, in one line: 👍 2, ❤ Ann."""
    given: dict[str, list[str]] = {}
    for one in reactions:
        given.setdefault(plain(one.emoji), []).append(plain(one.name or one.address))
    words = [f"{emoji} {len(names) if len(names) > 1 else names[0]}" for emoji, names in given.items()]
    return [cropped(((" " * INDENT, ""), ("  ".join(words), dim)), room)] if words else []


def _body(message: Message, setting: Setting, tone: str, dim: str) -> tuple[list[Line], list[Line]]:
    """The lines of a message's text, and those of what is said about it."""
    room = _room(setting.width)
    said, badges = _said(message.text, room, "", tone, setting.found)
    lines = [*said]
    about: list[Line] = []
    hidden = 0
    for part, mark in _folded(message):
        if setting.unfolded:
            lines += _said(part, room - 2, mark, "quote", setting.found)[0]
        else:
            hidden += part.count("\n") + 1
    if hidden:
        about.append(((" " * INDENT, ""), ("┄ " + phrases.quoted_words(hidden), dim)))
    if badges:
        about += [((" " * INDENT, ""), (line, "warn")) for line in wrap("! " + _badges(badges), room)]
    return lines, about


def is_folded(message: Message) -> bool:
    """Whether something of a message is folded at first: quotes, a signature, further addressees."""
    return bool(_folded(message) or _more(message))


def _folded(message: Message) -> list[tuple[str, str]]:
    """What is folded at first, with the mark before its lines."""
    return [(part, mark) for part, mark in ((message.quoted, "│ "), (message.signature, "")) if part]


def shown_hits(line: str, found: tuple[str, ...], role: str) -> list[Piece]:
    """The line in pieces, those that were searched for with a role of their own."""
    low = line.casefold()
    if not found or len(low) != len(line):
        return [(line, role)]
    pieces: list[Piece] = []
    at = 0
    while at < len(line):
        hits = [(start, -len(text)) for text in found if text and (start := low.find(text, at)) >= 0]
        if not hits:
            break
        start, size = min(hits)
        pieces += [(line[at:start], role), (line[start : start - size], "found")]
        at = start - size
    return [piece for piece in (*pieces, (line[at:], role)) if piece[0]] or [(line, role)]


def _room(width: int) -> int:
    return max(min(width - INDENT - 2, MAX_TEXT_WIDTH), 4)


def lay_out(messages: Iterable[Message], width: int, found: tuple[str, ...] = ()) -> None:
    """Make the lines of long texts for panes of this width beforehand: in a thread, where it holds up nobody."""
    room = _room(width)
    for message in messages:
        if len(message.text) > LONG_TEXT:
            _said(message.text, room, "", "note.text" if message.kind is MessageKind.NOTE else "text", found)
        for part, mark in _folded(message):
            if len(part) > LONG_TEXT:
                _said(part, room - 2, mark, "quote", found)


@lru_cache(maxsize=64)
def _said(
    text: str, room: int, mark: str, role: str, found: tuple[str, ...]
) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """A text as lines to draw, each behind `mark`, and what was taken from it.

    Kept: what counts down is drawn every second, and thousands of lines are felt.
    """
    said, badges = _laid(text, room)
    start: Line = ((" " * INDENT, ""), (mark, "quote")) if mark else ((" " * INDENT, ""),)
    width = INDENT + len(mark) + room
    return tuple(cropped((*start, *shown_hits(line, found, role)), width) for line in said), badges


def _laid(text: str, room: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A text of any origin as lines, and what was taken from it."""
    clean = safe(text)
    lines = shown(clean).strip("\n")
    return tuple(wrap_prose(lines, room)) if lines else (), clean.badges


def _badges(found: Iterable[str]) -> str:
    words = {
        "truncated": _("cut, the raw message has more"),
        "bidi": _("direction controls were taken out"),
        "hidden": _("invisible characters were taken out"),
        "controls": _("control characters are shown as signs"),
    }
    return ", ".join(words[name] for name in found)


def chips(files: Sequence[Attachment], width: int, dim: str) -> list[Line]:
    """Files as [1 invoice.pdf 34 KB], as many in a line as there is room for; the numbers are what actions ask for."""
    lines: list[Line] = []
    row: list[Piece] = [(" " * INDENT, "")]
    used = INDENT
    for number, file in enumerate(files, 1):
        where = "" if file.sha256 else " " + _("not fetched yet")
        size = f" {phrases.size_of_file(file.size, here=bool(file.sha256))}".rstrip() + f"{where}]"
        room = max(width - INDENT - 1 - cell_width(size), 6)
        named = f"[{number} "
        named += short_name(plain(file.name or _("unnamed")), room - cell_width(named))
        cells = cell_width(named) + cell_width(size)
        if used > INDENT and used + 1 + cells > width - 1:
            lines.append(tuple(row))
            row, used = [(" " * INDENT, "")], INDENT
        if used > INDENT:
            row.append((" ", dim))
            used += 1
        row += [(named, "chip"), (size, "chip")]
        used += cells
    # The last piece's background runs to the end of the line: not that of a chip.
    return [cropped((*line, ("", dim)), width) for line in (*lines, tuple(row))] if files else []
