"""What LINE's events bring that an answer needs: tokens for a free reply, and those that quote or mark as read.

A reply token is used once, within a minute, and is gone from the disk after that. Which op tried which token lies there
before it leaves, so that what is asked again after a crash goes the same way.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

from omnitui.sdk import HOUR, SECOND, Drawer, Millis, NotReady

T = TypeVar("T")

LIFE: Millis = 60 * SECOND
"""LINE promises a reply token no longer than a minute."""
USABLE: Millis = 50 * SECOND
"""So long after its event we begin to use one, and take a refusal for a proof that it was used."""
QUOTABLE = 50
"""Messages of a conversation that can be quoted: the last ones."""
REMEMBERED: Millis = 23 * HOUR
"""LINE knows a retry key for 24 hours after its first use; how an op left is known here a little shorter."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one event brought."""

    conversation: str
    at: Millis
    reply_token: str = ""
    message: str = ""
    quote_token: str = ""
    read_token: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an op left, or was about to."""

    at: Millis
    """When it first tried."""
    token: str = ""
    """The reply token that it used."""
    token_at: Millis = 0
    by_token: bool = False
    """False: pushed."""
    sent: str = ""
    """What LINE called it when it took it."""


class Tokens:
    """Of one account. All methods wait for the disk; they raise `OSError`."""

    def __init__(self, drawer: Callable[[str], Drawer]) -> None:
        self._drawer = drawer
        self._lock = threading.Lock()

    @cached_property
    def _replies(self) -> Drawer:
        return self._drawer("line-replies")

    @cached_property
    def _messages(self) -> Drawer:
        return self._drawer("line-messages")

    def hear(self, heard: Iterable[Heard], now: Millis) -> None:
        """Keep what events brought; reply tokens that still live."""
        with self._lock:
            for conversation, told in _by_conversation(heard).items():
                self._hear_replies(
                    conversation, [one for one in told if one.reply_token and now - one.at < USABLE], now
                )
                self._hear_messages(conversation, told)

    def _hear_replies(self, conversation: str, told: Sequence[Heard], now: Millis) -> None:
        if not told:
            return
        page = _read(self._replies, conversation)
        # A clock of ours that is behind makes no token live longer.
        known = page["tokens"] | {one.reply_token: min(one.at, now) for one in told}
        # Heard once more after a crash: one that an op has tried is not given to another.
        tried = {attempt.get("token") for attempt in page["attempts"].values()}
        page["tokens"] = {token: at for token, at in known.items() if token not in tried}
        _write(self._replies, conversation, page)

    def _hear_messages(self, conversation: str, told: Sequence[Heard]) -> None:
        page = _read(self._messages, conversation)
        before = json.dumps(page)
        page["quotes"] |= {one.message: one.quote_token for one in told if one.message and one.quote_token}
        page["quotes"] = dict(list(page["quotes"].items())[-QUOTABLE:])
        page["read"] = next((one.read_token for one in reversed(told) if one.read_token), page["read"])
        if json.dumps(page) != before:
            _write(self._messages, conversation, page)

    def begin(self, conversation: str, key: str, now: Millis, *, push: bool = False) -> Attempt:
        """How the op `key` shall leave; that it does so is on the disk. `push`: not by a reply token (any more)."""
        with self._lock:
            page = _read(self._replies, conversation)
            before = _attempt(page, key)
            attempt = Attempt(before.at if before is not None and not before.by_token else now)
            if not push:
                living = sorted((at, token) for token, at in page["tokens"].items() if now - at < USABLE)
                if before is not None and before.by_token and before.token and now - before.token_at < USABLE:
                    attempt = before
                elif living and before is None:
                    token_at, token = living[0]
                    del page["tokens"][token]
                    attempt = Attempt(now, token, token_at, by_token=True)
            page["attempts"][key] = asdict(attempt)
            _write(self._replies, conversation, page)
            return attempt

    def attempt(self, conversation: str, key: str, now: Millis) -> Attempt | None:
        """How an op left; None where that is more than a day ago, or was never noted."""
        with self._lock:
            found = _attempt(_read(self._replies, conversation), key)
            return found if found is not None and now - found.at < REMEMBERED else None

    def taken(self, key: str, sent: Heard) -> None:
        """Note that LINE took an op, what it called it, and how it can be quoted."""
        with self._lock:
            page = _read(self._replies, sent.conversation)
            if (found := _attempt(page, key)) is not None:
                page["attempts"][key] = asdict(replace(found, token="", sent=sent.message))
                _write(self._replies, sent.conversation, page)
            self._hear_messages(sent.conversation, [sent])

    def quote(self, conversation: str, message: str) -> str:
        """The token that quotes a message; empty where it is not known."""
        with self._lock:
            return str(_read(self._messages, conversation)["quotes"].get(message, "")) if message else ""

    def read(self, conversation: str) -> str:
        """The token that marks a conversation as read up to its last message; empty where LINE gave none."""
        with self._lock:
            return str(_read(self._messages, conversation)["read"])

    def sweep(self, now: Millis) -> Millis | None:
        """Remove every reply token whose time is over, and what is no longer asked; when the next one's is."""
        ends = []
        with self._lock:
            for name in self._replies.names():
                page = _parsed(self._replies.read(name))
                swept = page | {
                    "tokens": {token: at for token, at in page["tokens"].items() if now - at < LIFE},
                    "attempts": {
                        key: attempt if now - attempt["token_at"] < LIFE else attempt | {"token": ""}
                        for key, attempt in page["attempts"].items()
                        if now - attempt["at"] < REMEMBERED
                    },
                }
                if not swept["tokens"] and not swept["attempts"]:
                    self._replies.drop(name)
                elif swept != page:
                    self._replies.write(name, json.dumps(swept).encode())
                ends += [at + LIFE for at in swept["tokens"].values()]
                ends += [attempt["token_at"] + LIFE for attempt in swept["attempts"].values() if attempt["token"]]
        return min(ends, default=None)


async def on_disk(work: Callable[[], T]) -> T:
    """What one of these methods gives, off the event loop. Raises `NotReady` where the disk fails."""
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        raise NotReady(f"LINE's tokens cannot be kept: {error.strerror}", hint="disk space, permissions") from error


def _by_conversation(heard: Iterable[Heard]) -> dict[str, list[Heard]]:
    found: dict[str, list[Heard]] = {}
    for one in heard:
        found.setdefault(one.conversation, []).append(one)
    return found


def _name(conversation: str) -> str:
    return hashlib.sha256(conversation.encode(errors="replace")).hexdigest()[:40]


def _read(drawer: Drawer, conversation: str) -> dict[str, Any]:
    return _parsed(drawer.read(_name(conversation))) | {"conversation": conversation}


def _write(drawer: Drawer, conversation: str, page: dict[str, Any]) -> None:
    drawer.write(_name(conversation), json.dumps(page).encode())


def _parsed(data: bytes | None) -> dict[str, Any]:
    blank: dict[str, Any] = {"tokens": {}, "attempts": {}, "quotes": {}, "read": ""}
    return blank | (json.loads(data) if data else {})


def _attempt(page: dict[str, Any], key: str) -> Attempt | None:
    found = page["attempts"].get(key)
    return Attempt(**found) if found else None
