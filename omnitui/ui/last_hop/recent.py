"""What was used lately, kept to be given back as it was."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The last `room` things that were used, and of those before no more than as many."""

    __slots__ = ("_before", "_now", "room")

    def __init__(self, room: int) -> None:
        self.room = room
        self._now: dict[K, V] = {}
        self._before: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """What is kept under a key; None where nothing is, or no longer."""
        found = self._now.get(key)
        if found is None:
            found = self._before.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: K, value: V) -> V:
        """Keep this, and give it back."""
        if len(self._now) >= self.room:
            self._now, self._before = {}, self._now
        self._now[key] = value
        return value

    def clear(self) -> None:
        """Keep nothing of it."""
        self._now.clear()
        self._before.clear()
