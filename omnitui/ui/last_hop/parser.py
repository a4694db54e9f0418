"""Textual's parser of keys, but Esc is never lost: Enter right behind it would choose what Esc was to leave.

What follows an Esc at once may be a key with Alt. Textual gives a letter its Alt; of a control character it drops the
Esc: `ESC CR` is "enter". A slow line brings both in one read, and tmux puts them together by itself: it holds an Esc
back, by default for half a second up to its version 3.4. So control characters are keys of their own behind an Esc.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual._xterm_parser import XTermParser


class KeyParser(XTermParser):
    """Reads what the terminal sends as keys, mouse reports and modes."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        """The keys of a sequence; `alt` is set where an Esc came right before it."""
        if alt and not sequence.isprintable():
            yield events.Key("escape", "\x1b")
        yield from super()._sequence_to_key_events(sequence, alt)
