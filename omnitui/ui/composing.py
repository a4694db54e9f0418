"""What the composer says around the text: to whom, what the channel allows, how much room is left. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from omnitui.clock import Millis
from omnitui.desk.segments import segments
from omnitui.i18n import _, ngettext
from omnitui.model.conversations import Conversation
from omnitui.model.states import MessageKind
from omnitui.sdk.capabilities import Barred, Capabilities, NeedTag, NeedTemplate, TextUnit
from omnitui.sdk.measure import UNITS, measured
from omnitui.ui import phrases
from omnitui.ui.roles import Piece, plain

NEAR = 0.9
"""The part of a limit from which on it is warned of."""


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


def rule_pieces(kind: MessageKind, capabilities: Capabilities, conversation: Conversation, now: Millis) -> list[Piece]:
    """What the channel does not allow now, or not for long; none where nothing is in the way."""
    if kind is MessageKind.NOTE:
        return []
    policy = capabilities.policy(now, conversation.last_incoming_at, closes_at=conversation.window_closes_at)
    if isinstance(policy, Barred):
        return [(" ! " + plain(policy.why), "bad")]
    pieces: list[Piece] = []
    if isinstance(policy, NeedTag | NeedTemplate):
        pieces.append((" ! " + plain(policy.why), "warn"))
    elif policy.until is not None:
        left = policy.until - now
        role = "warn" if left < 3_600_000 else "muted"
        pieces.append((" " + _("window closes in {span}").format(span=phrases.span(left)), role))
    if not capabilities.attachments:
        pieces.append((f"{' ·' if pieces else ''} {_('takes no files')}", "muted"))
    return pieces


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


def limit_pieces(kind: MessageKind, capabilities: Capabilities, text: str) -> list[Piece]:
    """How much is written, in the channel's own unit and against its limit."""
    unit, limit = capabilities.text_unit, capabilities.text_limit
    if kind is MessageKind.NOTE or (limit is None and unit is not TextUnit.SEGMENTS):
        return [(f"{len(text)} ", "muted")] if text else []
    used = measured(text, unit)
    role = "muted" if limit is None or used <= limit * NEAR else "warn" if used <= limit else "bad"
    if unit is TextUnit.SEGMENTS:
        cut = segments(text)
        words = ngettext("{n} segment", "{n} segments", cut.count).format(n=cut.count)
        most = f"/{limit}" if limit is not None else ""
        alphabet = "GSM-7" if cut.gsm else "UCS-2"
        return [(f"{words}{most} · {_('{n} left').format(n=cut.left)} · {alphabet} ", role)]
    word = "" if unit is TextUnit.CHARACTERS else f"{_(UNITS[unit])} "
    over = f"! {_('{n} too many').format(n=used - limit)} · " if limit is not None and used > limit else ""
    return [(f"{over}{used}/{limit} {word}", role)]


def file_pieces(files: Sequence[tuple[str, int | None]], limit: int | None) -> list[Piece]:
    """Chips of files to send along, each with its size in bytes (None: it is gone), against the channel's limit."""
    pieces: list[Piece] = []
    for path, size in files:
        name = plain(path.rsplit("/", 1)[-1])
        bad = size is None or (limit is not None and size > limit)
        shown = phrases.size(size) if size is not None else _("is gone")
        pieces += [(f" {'! ' if bad else ''}{name} {shown} ", "bad" if bad else "chip"), (" ", "")]
    return pieces
