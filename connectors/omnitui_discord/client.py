"""Speaks Discord's REST API. https://docs.discord.com/developers/reference"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from omnitui.sdk import SECOND, AuthFailed, Broken, RateLimited, called

if TYPE_CHECKING:
    import httpx

ANSWER_SECONDS = 60.0
AGENT = "DiscordBot (https://github.com/omnitui, 1)"
Json = Any


class Refusal(Exception):
    """Discord understood and said no, in `args[0]`; `status` is its HTTP status."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.status = status


class Rest:
    """One bot."""

    def __init__(self, http: Callable[[], httpx.AsyncClient], url: str, token: str) -> None:
        self._http, self._url = http, url.rstrip("/")
        self._headers = {"Authorization": f"Bot {token}", "User-Agent": AGENT}

    async def call(
        self,
        method: str,
        path: str,
        said: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        files: Sequence[tuple[str, bytes, str]] = (),
    ) -> Json:
        """What Discord answers; None where it has nothing to say.

        Args:
            method: GET, POST, PATCH, DELETE.
            path: `/channels/1/messages`.
            said: The body.
            query: The query.
            files: What is uploaded beside the body: name, bytes, media type.

        Raises:
            Refusal, Broken, Unreachable, RateLimited, AuthFailed: See there. Only after `Broken` may it have been done.
        """
        content: dict[str, Any] = {"json": said}
        if files:
            parts = {f"files[{number}]": file for number, file in enumerate(files)}
            content = {"files": {"payload_json": (None, json.dumps(said), "application/json"), **parts}}
        content |= {"params": query, "headers": self._headers}
        return _result(await called(self._http, "Discord", method, self._url + path, seconds=ANSWER_SECONDS, **content))


def _result(answer: httpx.Response) -> Json:
    """https://docs.discord.com/developers/topics/rate-limits, …/opcodes-and-status-codes"""
    if answer.status_code == 204:
        return None
    try:
        told = answer.json()
    except (ValueError, RecursionError):
        told = None
    if answer.is_success and told is not None:
        return told
    said = told if isinstance(told, dict) else {}
    words = str(said.get("message") or f"HTTP {answer.status_code}")
    if answer.status_code == 429:
        after = said.get("retry_after")
        raise RateLimited(
            words, after=int(float(after) * SECOND) + 1 if isinstance(after, int | float) else 30 * SECOND
        )
    if answer.status_code == 401:
        raise AuthFailed("Discord does not take the token", hint="Developer Portal, Bot, Reset Token")
    if answer.status_code >= 500 or not said:
        raise Broken(words)
    raise Refusal(words, answer.status_code)
