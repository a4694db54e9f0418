"""What people and groups are called: events of LINE name them by ids alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from omnitui.sdk import DAY, HOUR, Broken, Clock, ContactChanged, Fault, Millis, Person
from omnitui_line.client import MessagingApi, Refusal
from omnitui_line.mapping import Place
from omnitui_line.settings import CHANNEL

PATIENCE_SECONDS = 3.0
"""Messages wait no longer for the names of who wrote them."""
AT_ONCE = 8
MOST = 5_000
LONGEST = 500


class People:
    """Asks once a day for each."""

    def __init__(self, api: MessagingApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._known: dict[tuple[str, ...], tuple[dict[str, Any], Millis]] = {}

    async def meet(self, places: Iterable[Place]) -> tuple[ContactChanged, ...]:
        """Look up who is not known yet, as far as that is quick; what is new of whom we can write to."""
        new = {path: place for place in places for path in _paths(place) if path and not self._knows(path)}
        gate = asyncio.Semaphore(AT_ONCE)

        async def ask(path: tuple[str, ...]) -> None:
            # A name is worth waiting for, and worth no failure.
            with suppress(Fault, Broken):
                async with gate:
                    try:
                        self._keep(path, await self._api.get(*path), DAY)
                    except Refusal:
                        # Who has blocked us, or is no friend, has no profile for us.
                        self._keep(path, {}, HOUR)

        if new:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await asyncio.gather(*(ask(path) for path in new))
        return tuple(self._change(path, place) for path, place in new.items() if path == _paths(place)[0])

    def persons(self, place: Place) -> tuple[Person, Person]:
        """Who is written to at a place, and who wrote."""
        contact, author = (self._said(path) for path in _paths(place))
        named = Person(place.conversation, _text(contact, *_NAMES), _text(contact, "language"))
        if place.one or not place.user:
            return named, named
        return named, Person(place.user, _text(author, *_NAMES))

    def _knows(self, path: tuple[str, ...]) -> bool:
        return path in self._known and self._clock.now() < self._known[path][1]

    def _keep(self, path: tuple[str, ...], said: dict[str, Any], life: Millis) -> None:
        while len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        self._known[path] = said, self._clock.now() + life

    def _said(self, path: tuple[str, ...]) -> dict[str, Any]:
        said, _until = self._known.get(path, ({}, 0))
        return said

    def _change(self, path: tuple[str, ...], place: Place) -> ContactChanged:
        """A person's name comes with what they write, so that an agent's own name for them stays."""
        said = self._said(path)
        name, picture = "" if place.one else _text(said, *_NAMES), _text(said, "pictureUrl")
        return ContactChanged(CHANNEL, place.conversation, name=name or None, picture=picture or None)


_NAMES = ("displayName", "groupName")


def _paths(place: Place) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where LINE says what the conversation is called, and who wrote; empty where it does not."""
    if place.one:
        return ("profile", place.conversation), ()
    called = ("group", place.conversation, "summary") if place.kind == "group" else ()
    return called, (place.kind, place.conversation, "member", place.user) if place.user else ()


def _text(said: dict[str, Any], *names: str) -> str:
    found = next((said[name] for name in names if isinstance(said.get(name), str)), "")
    return found[:LONGEST]
