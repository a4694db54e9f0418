"""What the composer says around the text: to whom, what the channel allows, how much room is left. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from omnitui.clock import Millis
from omnitui.i18n import _, ngettext
from omnitui.model.conversations import Conversation
from omnitui.model.states import MessageKind
from omnitui.sdk.capabilities import Allow, Barred, Capabilities, TextUnit
from omnitui.ui import phrases
from omnitui.ui.roles import Piece, plain

SMS_UNIT = 70
"""UTF-16 units of a single segment outside GSM 7 bit: the careful count."""


def title_pieces(kind: MessageKind, to: str, channel: str) -> list[Piece]:
    """The title line: note or reply, and to whom."""
    if kind is MessageKind.NOTE:
        return [(f" ▒ {_('INTERNAL NOTE')} ", "note.title"), (" " + _("only agents see it"), "note.muted")]
    return [
        (f" {_('REPLY')} ", "mine"),
        (_("to {address} by {channel}").format(address=plain(to or "?"), channel=plain(channel)), "text"),
    ]


def policy_pieces(
    kind: MessageKind, capabilities: Capabilities, conversation: Conversation, now: Millis, hold: Millis
) -> list[Piece]:
    """What the channel allows now, and how long a reply is held."""
    if kind is MessageKind.NOTE:
        return []
    policy = capabilities.policy(now, conversation.last_incoming_at)
    if isinstance(policy, Barred):
        return [(" ! " + plain(policy.why), "bad")]
    if not isinstance(policy, Allow):
        return [(" ! " + plain(policy.why), "warn")]
    pieces: list[Piece] = []
    if policy.until is not None:
        left = policy.until - now
        role = "warn" if left < 3_600_000 else "muted"
        pieces.append((" " + _("window closes in {span}").format(span=phrases.span(left)), role))
    if hold:
        pieces.append((" " + _("held {span} for undo").format(span=phrases.span(hold)), "muted"))
    return pieces


def copy_pieces(others: Sequence[str], cc: Collection[str], key: str) -> list[Piece]:
    """Who got the customer's mail and does not get this answer, and the key that answers them all."""
    left = len({address.lower() for address in others} - {address.lower() for address in cc})
    if not left:
        return []
    words = ngettext("{n} other was in copy", "{n} others were in copy", left).format(n=left)
    return [(f" {words}", "warn"), (": " + _("esc {key} answers all").format(key=key) if key else "", "muted")]


def limit_pieces(kind: MessageKind, capabilities: Capabilities, text: str) -> list[Piece]:
    """How much is written, against the channel's limit."""
    used = measured(text, capabilities.text_unit)
    limit = capabilities.text_limit if kind is not MessageKind.NOTE else None
    if capabilities.text_unit is TextUnit.SEGMENTS and kind is not MessageKind.NOTE:
        return [(ngettext("{n} segment", "{n} segments", used).format(n=used) + " ", "muted")]
    if limit is None:
        return [(f"{len(text)} ", "muted")] if text else []
    return [(f"{used}/{limit} ", "bad" if used > limit else "warn" if used > limit * 0.9 else "muted")]


def measured(text: str, unit: TextUnit) -> int:
    """The length of a text in a channel's unit."""
    if unit is TextUnit.BYTES:
        return len(text.encode("utf-8", "replace"))
    if unit is TextUnit.CHARACTERS:
        return len(text)
    utf16 = len(text.encode("utf-16-le", "replace")) // 2
    return utf16 if unit is TextUnit.UTF16 else -(-utf16 // SMS_UNIT)
