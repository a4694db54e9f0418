"""What the composer says around the text: to whom, what the channel allows, how much room is left. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from omnitui.clock import HOUR, MINUTE, Millis
from omnitui.desk.budgets import budget_words
from omnitui.desk.segments import foreign, parts, segments
from omnitui.i18n import _, ngettext
from omnitui.model.states import MessageKind
from omnitui.sdk.capabilities import (
    Allow,
    Barred,
    Capabilities,
    NeedTag,
    NeedTemplate,
    PaidPush,
    Policy,
    TextUnit,
)
from omnitui.sdk.measure import UNITS, measured
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, Piece, line_width, plain

NEAR = 0.9
"""The part of a limit from which on it is warned of."""
SHORT = 10 * MINUTE
"""A window that closes sooner is warned of louder."""


def title_pieces(kind: MessageKind, to: str, channel: str) -> list[Piece]:
    """The title line: note or reply, and to whom."""
    if kind is MessageKind.NOTE:
        return [(f" ▒ {_('INTERNAL NOTE')} ", "note.title"), (" " + _("only agents see it"), "note.muted")]
    return [
        (f" {_('REPLY')} ", "mine"),
        (
            _("to {address} by {channel}").format(
                address=plain(to or "?"), channel=plain(phrases.channel_word(channel))
            ),
            "text",
        ),
    ]


def first_title(account: str, channel: str) -> list[Piece]:
    """The title line of a first message: from where it goes."""
    words = _("from {account} by {channel}").format(
        account=plain(account), channel=plain(phrases.channel_word(channel))
    )
    return [(f" {_('NEW CONVERSATION')} ", "mine"), (words, "text")]


def rule_pieces(policy: Policy, capabilities: Capabilities, now: Millis, tag: str = "") -> list[Piece]:
    """What the channel does not allow now, or not for long; none where nothing is in the way.

    Args:
        policy: What it allows now.
        capabilities: What it can do at all.
        now: The time.
        tag: Under which tag the answer is to go.
    """
    pieces = _policy_pieces(policy, now, tag)
    if not capabilities.attachments and not isinstance(policy, Barred):
        pieces.append((f"{' ·' if pieces else ''} {_('takes no files')}", "muted"))
    return pieces


def way_pieces(policy: Policy, tag: str, key: str) -> list[Piece]:
    """What can be done where no free answer is taken, and the key to it."""
    match policy:
        case NeedTag() if tag != policy.tag:
            words = _("a tag")
        case NeedTemplate():
            words = _("a template")
        case Barred():
            words = _("other ways")
        case _:
            return []
    return [(f"{words}: {key} " if key else f"{words} ", "key")]


def ends_at(policy: Policy | None) -> Millis | None:
    """When a policy gives way to another one by time alone; None: not."""
    match policy:
        case Allow():
            return min((at for at in (policy.until, policy.free_until) if at is not None), default=None)
        case PaidPush() | NeedTag() | Barred():
            return policy.until
        case _:
            return None


def _policy_pieces(policy: Policy, now: Millis, tag: str) -> list[Piece]:
    pieces: list[Piece] = []
    match policy:
        case Barred():
            pieces.append((" ! " + plain(policy.why), "bad"))
        case NeedTemplate():
            pieces.append((" ! " + plain(policy.why), "bad"))
        case NeedTag() if tag == policy.tag:
            pieces.append((" " + _("goes under the tag {tag}").format(tag=plain(tag)), "good"))
            if policy.until is not None:
                left = phrases.countdown(policy.until - now)
                pieces.append((" · " + _("that closes in {span}").format(span=left), "muted"))
        case NeedTag():
            pieces.append((" ! " + plain(policy.why), "bad"))
        case PaidPush():
            pieces.append((" " + _("uses the paid quota"), "warn"))
            if policy.left:
                pieces.append((f" ({plain(budget_words(policy.left))})", "warn"))
        case Allow():
            if policy.free_until is not None:
                left = phrases.countdown(policy.free_until - now)
                pieces.append((" " + _("free for {span}, then paid").format(span=left), "warn"))
    if isinstance(policy, Allow | PaidPush) and policy.until is not None:
        rest = policy.until - now
        role = "bad" if rest < SHORT else "warn" if rest < HOUR else "muted"
        words = _("window closes in {span}").format(span=phrases.countdown(rest))
        pieces.append((f"{' ·' if pieces else ''} {words}", role))
    return pieces


def folded(pieces: Sequence[Piece], width: int) -> list[Line]:
    """Pieces on as many lines as they need; a piece is never cut, unless it is wider than a line."""
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        if lines[-1] and line_width((*lines[-1], piece)) > width:
            piece = (f" {piece[0].removeprefix(' · ').lstrip()}", piece[1])
            lines.append([])
        lines[-1].append(piece)
    return [tuple(line) for line in lines if line]


def hold_pieces(kind: MessageKind, hold: Millis) -> list[Piece]:
    """How long a reply is held."""
    if kind is MessageKind.NOTE or not hold:
        return []
    return [(" " + _("held {span} for undo").format(span=phrases.span(hold)), "muted")]


def copy_pieces(others: Sequence[str], cc: Collection[str], key: str) -> list[Piece]:
    """Who got the customer's mail and does not get this answer, and the key that answers them all."""
    left = len({address.lower() for address in others} - {address.lower() for address in cc})
    if not left:
        return []
    words = ngettext("{n} other was in copy", "{n} others were in copy", left).format(n=left)
    return [(f" {words}", "warn"), (": " + _("esc {key} answers all").format(key=key) if key else "", "muted")]


def limit_pieces(kind: MessageKind, capabilities: Capabilities, text: str, files: int = 0) -> list[Piece]:
    """How much is written, in the channel's own unit and against its limit beside so many files."""
    unit, limit = capabilities.text_unit, capabilities.limit_beside(files)
    if kind is MessageKind.NOTE or (limit is None and unit is not TextUnit.SEGMENTS):
        return [(f"{len(text)} ", "muted")] if text else []
    used = measured(text, unit)
    role = "muted" if limit is None or used <= limit * NEAR else "warn" if used <= limit else "bad"
    if unit is TextUnit.SEGMENTS:
        cut = segments(text)
        words = ngettext("{n} segment", "{n} segments", cut.count).format(n=cut.count)
        most = f"/{limit}" if limit is not None else ""
        # A single character outside the alphabet more than halves what fits: it is named.
        alphabet = "GSM-7" if cut.gsm else f"UCS-2 {plain(foreign(text)[:3])}"
        return [(f"{words}{most} · {_('{n} left').format(n=cut.left)} · {alphabet} ", role)]
    word = "" if unit is TextUnit.CHARACTERS else f"{_(UNITS[unit])} "
    over = f"! {_('{n} too many').format(n=used - limit)} · " if limit is not None and used > limit else ""
    return [(f"{over}{used}/{limit} {word}", role)]


def split_pieces(kind: MessageKind, capabilities: Capabilities, text: str, width: int) -> list[Piece]:
    """Where a text message is cut into parts: the words around each cut, as many as there is room for."""
    if kind is MessageKind.NOTE or capabilities.text_unit is not TextUnit.SEGMENTS:
        return []
    cut = parts(text)
    pieces: list[Piece] = []
    around = 10
    for number, (before, after) in enumerate(pairwise(cut), 1):
        words: list[Piece] = [
            (f" {number} ", "label"),
            (f"…{_shown(before[-around:])}", "muted"),
            ("│", "bad"),
            (f"{_shown(after[:around])}…", "muted"),
        ]
        if line_width((*pieces, *words)) > width - 3:
            return [*pieces, (" …", "muted")]
        pieces += words
    return pieces


def _shown(text: str) -> str:
    return plain(" ".join(text.split("\n")))


def file_pieces(files: Sequence[tuple[str, int | None]], limit: int | None) -> list[Piece]:
    """Chips of files to send along, each with its size in bytes (None: it is gone), against the channel's limit."""
    pieces: list[Piece] = []
    for path, size in files:
        name = plain(path.rsplit("/", 1)[-1])
        bad = size is None or (limit is not None and size > limit)
        shown = phrases.size(size) if size is not None else _("is gone")
        pieces += [(f" {'! ' if bad else ''}{name} {shown} ", "bad" if bad else "chip"), (" ", "")]
    return pieces
