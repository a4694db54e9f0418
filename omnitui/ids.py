"""ULIDs: ids made on this machine, sortable by time, unique without asking anyone (github.com/ulid/spec)."""

from __future__ import annotations

import os
import threading

from omnitui.clock import Clock, Millis, SystemClock

Ulid = str
"""26 characters of Crockford's base 32: 48 bits of milliseconds, 80 random bits."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26
_PAIRS = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
"""Two characters for ten bits: half the steps, for ingest makes an id a message."""
_SHIFTS = tuple(range(120, -1, -10))


def encode(at: Millis, randomness: int) -> Ulid:
    """The ULID of a time (48 bits) and 80 bits of randomness."""
    value = ((at & ((1 << 48) - 1)) << 80) | (randomness & ((1 << 80) - 1))
    return "".join([_PAIRS[(value >> shift) & 1023] for shift in _SHIFTS])


def is_ulid(text: str) -> bool:
    """Whether `text` has the form of a ULID, in upper case."""
    return len(text) == _LENGTH and text[0] <= "7" and all(char in _ALPHABET for char in text)


def made_at(ulid: Ulid) -> Millis:
    """When a ULID was made, by the clock of the machine that made it; 0 for a text that is none."""
    if not is_ulid(ulid):
        return 0
    at = 0
    for letter in ulid[:10]:
        at = at * 32 + _ALPHABET.index(letter)
    return at


class Ids:
    """Makes ULIDs that grow strictly within this process, even within a millisecond or when the clock steps back."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._at: Millis = 0
        self._randomness = 0
        self._head = ""

    def new(self) -> Ulid:
        """A ULID that sorts after every one this object made before."""
        with self._lock:
            now = self._clock.now()
            if now > self._at:
                self._at = now
                # The top bit stays free, so that counting up within a millisecond cannot overflow.
                self._randomness = int.from_bytes(os.urandom(10)) >> 1
                self._head = ""
            else:
                self._randomness += 1
            low = self._randomness & 1023
            if not low or not self._head:
                self._head = encode(self._at, self._randomness)[:-2]
            return self._head + _PAIRS[low]
