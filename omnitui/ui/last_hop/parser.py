"""Textual's parser of keys, but Esc is never lost: the key right behind it is pressed as well.

What follows an Esc at once may be a key with Alt. Textual gives a letter its Alt, and a text field types the letter
all the same; of any other key it drops the Esc: `ESC CR` is "enter". A slow line brings both in one read, and tmux puts
them together by itself: it holds an Esc back, by default for half a second up to its version 3.4. So a key behind an
Esc has Alt only where the keymap binds that, and else they are two keys, as in vi.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

INTRODUCERS = "NOPX[\\]^_"
"""Behind an Esc these may begin an answer of the terminal that a slow line cut: they are never keys of their own."""
DETAILED = re.compile(r"\x1b\[(\d*)(?::[\d:]*)?(?:;(\d*)(?::[\d:]*)?)?(;[\d:]*)?;?([u~A-S])")
"""A key of kitty's protocol: its code, modifiers and text, without other codes and the event between them. Textual
asks for neither, and fails on them where a program before it did."""


def nothing(_key: str) -> bool:
    """Binds no key with Alt."""
    return False


class KeyParser(XTermParser):
    """Reads what the terminal sends as keys, mouse reports and modes."""

    def __init__(self, debug: bool = False, binds: Callable[[str], bool] = nothing) -> None:
        """`binds` tells of a key with Alt, spelled "alt+r", whether it means something."""
        super().__init__(debug)
        self._binds = binds

    def feed(self, data: str) -> Iterable[Message]:
        """What the data comes to, together with what came before."""
        if len(data) == 1 and data.isprintable() and self._timeout_time is None and not self._tokens:
            # No sequence is begun: a letter is a key, and cold code on the way to that is felt.
            return self._sequence_to_key_events(data)
        return super().feed(data)

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        """The keys of a sequence; `alt` is set where an Esc came right before it."""
        if ":" in sequence and (said := DETAILED.fullmatch(sequence)) is not None:
            code, modifiers, text, end = said.groups(default="")
            sequence = f"\x1b[{code};{modifiers}{text}{end}"
        keys = list(super()._sequence_to_key_events(sequence, alt))
        if alt and sequence not in INTRODUCERS and not any(self._binds(key.key) for key in keys):
            yield events.Key("escape", "\x1b")
            keys = list(super()._sequence_to_key_events(sequence))
        yield from keys
