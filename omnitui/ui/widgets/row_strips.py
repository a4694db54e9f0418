"""Rows of the list as strips: drawn once, and given back as the same objects until they look different."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from omnitui.clock import SECOND, Clock, Millis
from omnitui.model.conversations import Conversation
from omnitui.text.listing.rows import COLUMNS, Density, Glyphs, age, inbox_row, row_role
from omnitui.text.widths import cell_width, crop
from omnitui.ui.look.veil import veil

CACHED_ROWS = 512

StyleOf = Callable[[str], Style]
"""The style of a theme's role, as `omnitui.text.listing.rows.ROLES` names them."""


class RowStrips:
    """Draws rows on a base style, which `rebase` gives."""

    def __init__(self, style_of: StyleOf, clock: Clock, glyphs: Glyphs) -> None:
        self.style_of = style_of
        self.glyphs = glyphs
        self.columns: tuple[str, ...] = COLUMNS
        self.match: tuple[str, ...] = ()
        """Folded words whose letters are shown where they stand."""
        self.cache: dict[tuple[Any, ...], tuple[Conversation, str, list[Strip]]] = {}
        self.base = Style.null()
        self.veiled = False
        """Whether customers' words are covered."""
        self._styles: dict[tuple[str, str], Style] = {}
        self._last: tuple[tuple[Any, ...], list[Strip]] | None = None
        """The row that was asked for last, and its lines: they are asked for one by one."""
        self._clock = clock

    def rebase(self, base: Style) -> None:
        """Draw on this style from now on."""
        if base != self.base:
            self.base = base
            self.clear()

    def clear(self) -> None:
        """Draw everything anew: the theme, the density or what is covered changed."""
        self.cache.clear()
        self._last = None
        self._styles.clear()

    def show(self, columns: tuple[str, ...], match: tuple[str, ...]) -> None:
        """Show other columns, or other letters."""
        if match != self.match:
            self.cache.clear()
            self._last = None
        self.columns, self.match = columns, match

    def row(
        self, row: Conversation, width: int, density: Density, *, selected: bool, marked: bool, focused: bool
    ) -> list[Strip]:
        """The lines of a row."""
        now = self._clock.now()
        asked = row, width, density, selected, marked, focused, self.columns, now // SECOND
        if self._last is not None and self._last[0] == asked:
            return self._last[1]
        strips = self._kept(row, width, density, now, selected=selected, marked=marked, focused=focused)
        self._last = asked, strips
        return strips

    def _kept(
        self,
        row: Conversation,
        width: int,
        density: Density,
        now: Millis,
        *,
        selected: bool,
        marked: bool,
        focused: bool,
    ) -> list[Strip]:
        ages = age(now, row.last_message_at or row.last_activity_at)
        if row.snoozed_until:
            ages += age(row.snoozed_until, now)
        if row.unanswered_since is not None:
            ages += age(now, row.unanswered_since)
        for due in (row.window_closes_at, row.task_due_at, row.sla_due_at, row.sla_warn_at):
            if due is not None:
                ages += age(due, now) if due > now else f"!{age(now, due)}"
        key = (row.id, width, selected, marked, focused, density, self.columns)
        known = self.cache.get(key)
        if known is not None and known[1] == ages and (known[0] is row or known[0] == row):
            return known[2]
        lines = inbox_row(
            row,
            width,
            now=now,
            density=density,
            selected=selected,
            marked=marked,
            glyphs=self.glyphs,
            columns=self.columns,
            match=self.match,
        )
        if self.veiled:
            lines = tuple(veil(line, private=False) for line in lines)
        back = row_role(selected, marked, focused)
        strips = [self._drawn(line, width, back) for line in lines]
        if len(self.cache) >= CACHED_ROWS:
            for old in list(self.cache)[: CACHED_ROWS // 4]:
                del self.cache[old]
        self.cache[key] = row, ages, strips
        return strips

    def _drawn(self, runs: Iterable[tuple[str, str]], width: int, back: str) -> Strip:
        segments: list[Segment] = []
        used = 0
        for text, role in runs:
            segments.append(Segment(text, self._style(back, role)))
            used += cell_width(text)
        if used < width:
            segments.append(Segment(" " * (width - used), self._style(back, "")))
        return Strip(segments, width)

    def _style(self, back: str, role: str) -> Style:
        style = self._styles.get((back, role))
        if style is None:
            style = self.base + self.style_of(back)
            if role:
                style += self.style_of(role)
            self._styles[back, role] = style
        return style

    def line(self, runs: Iterable[tuple[str, str]], width: int, base: Style) -> Strip:
        """Runs as a strip of `width` cells."""
        segments = [Segment(text, base + self.style_of(role)) for text, role in runs]
        used = sum(cell_width(segment.text) for segment in segments)
        if used < width:
            segments.append(Segment(" " * (width - used), base))
        return Strip(segments, width)

    def badged(self, strip: Strip, text: str, width: int, base: Style) -> Strip:
        """A strip with a badge over its end."""
        text = crop(text, width)
        badge = Segment(text, base + self.style_of("row.new"))
        return Strip([*strip.crop(0, width - cell_width(text)), badge], width)
