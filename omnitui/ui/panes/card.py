"""The card pane: the facts about the customer of the conversation that is shown."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from textual import events

from omnitui.clock import Clock, Millis
from omnitui.i18n import _, ngettext
from omnitui.model.card import Card
from omnitui.model.conversations import Conversation
from omnitui.text.safe import safe
from omnitui.text.widths import cell_width, wrap
from omnitui.ui import phrases
from omnitui.ui.last_hop.focusing import MarksFocus
from omnitui.ui.roles import Line, plain
from omnitui.ui.widgets.lines import Lines

_MOST = 8
_ABOUT = 8_000
"""Characters of the notes that a card shows; the form has all of them."""


def card_lines(card: Card, shown: Conversation | None, width: int, now: Millis, zone: tzinfo) -> list[Line]:
    """The card as lines of at most `width` cells."""
    contact = card.contact
    lines: list[Line] = [((plain(contact.name or _("unnamed")), "title"),)]
    if card.organization is not None:
        lines.append(((plain(card.organization.name), "text"),))
    lines += _facts(card, now, width)
    lines += _section(_("Channels"), [_address(one.channel, one.address, one.verified) for one in card.identities])
    lines += _section(
        _("Also known as"),
        [((f"{plain(one.contact.name)} · {plain(one.link.reason)}", "text"),) for one in card.links[:_MOST]],
    )
    others = [one for one in card.open if shown is None or one.id != shown.id]
    lines += _section(
        ngettext("{n} other open matter", "{n} other open matters", len(others)).format(n=len(others)),
        [
            ((plain(one.subject or one.snippet), "text"), (f" {phrases.ago(one.last_activity_at, now)}", "muted"))
            for one in others[:_MOST]
        ],
    )
    lines += _section(_("Satisfaction"), _ratings(card))
    if card.last_reason:
        lines += _section(_("Last reason"), [((plain(card.last_reason), "text"),)])
    if contact.about:
        about = safe(contact.about, max_chars=_ABOUT)
        lines += _section(_("Notes"), [((line, "text"),) for line in wrap(about, max(width, 8))])
    lines += _section(
        _("Perhaps the same person"),
        [((f"{plain(one.contact.name)} · {plain(one.reason)}", "text"),) for one in card.suggestions[:_MOST]],
    )
    return lines


def _facts(card: Card, now: Millis, width: int) -> list[Line]:
    contact = card.contact
    facts = [
        (_("Segment"), contact.segment),
        (_("Language"), contact.language),
        (_("Local time"), local_time(contact.time_zone, now)),
        (_("First"), phrases.ago(card.first_at, now) if card.first_at is not None else ""),
        (_("Last"), phrases.ago(card.last_at, now) if card.last_at is not None else ""),
        (_("Total"), _total(card)),
        *((plain(name), value) for name, value in contact.fields.items()),
    ]
    shown = [(name, plain(value)) for name, value in facts if value]
    room = min(max((cell_width(name) for name, _value in shown), default=0), width // 2)
    return [((name + " " * max(room - cell_width(name), 0) + "  ", "muted"), (value, "text")) for name, value in shown]


def _total(card: Card) -> str:
    conversations = ngettext("{n} conversation", "{n} conversations", card.conversations).format(n=card.conversations)
    return f"{conversations} · {phrases.messages_word(card.messages)}"


def local_time(zone: str, now: Millis) -> str:
    """The time of day where the customer is, with the zone's name; "" where it is not known."""
    if not zone:
        return ""
    try:
        there = datetime.fromtimestamp(now / 1000, ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        return zone
    return f"{there:%H:%M} ({zone})"


def _address(channel: str, address: str, verified: bool) -> Line:
    mark = " ✓" if verified else ""
    return ((f"{plain(channel)} ", "muted"), (plain(address), "text"), (mark, "good"))


def _ratings(card: Card) -> list[Line]:
    if not card.ratings:
        return []
    scores = [one.score for one in card.ratings]
    newest = " ".join(map(str, scores[:_MOST]))
    return [((f"{sum(scores) / len(scores):.1f}/5", "text"), (f"  {newest}", "muted"))]


def _section(title: str, lines: list[Line]) -> list[Line]:
    return [(), ((title, "label"),), *lines] if lines else []


class CardPane(MarksFocus, Lines, can_focus=True):
    """Draws the card and scrolls it."""

    DEFAULT_CSS = "CardPane { height: 1fr; }"

    def __init__(self, clock: Clock, zone: tzinfo, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.clock = clock
        self.zone = zone
        self.card: Card | None = None
        self._shown: Conversation | None = None
        self._top = 0

    def load(self, card: Card | None, shown: Conversation | None) -> None:
        """Show this card from its top, or the same card anew where it stands."""
        if card is None or self.card is None or card.contact.id != self.card.contact.id:
            self._top = 0
        self.card, self._shown = card, shown
        self._draw()

    def scroll_lines(self, lines: int) -> None:
        """Move by lines."""
        room = max(len(self._all()) - self.size.height, 0)
        self._top = min(max(self._top + lines, 0), room)
        self._draw()

    def _all(self) -> list[Line]:
        if self.card is None:
            return []
        return card_lines(self.card, self._shown, self.size.width, self.clock.now(), self.zone)

    def _draw(self) -> None:
        self.show(self._all()[self._top : self._top + max(self.size.height, 1)])

    def on_resize(self) -> None:
        """Another size: wrap anew."""
        self._draw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel scrolls this pane only."""
        event.stop()
        self.scroll_lines(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel scrolls this pane only."""
        event.stop()
        self.scroll_lines(-3)
