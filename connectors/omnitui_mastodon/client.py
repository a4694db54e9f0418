"""Speaks Mastodon's API: one call, and the stream of what happens. https://docs.joinmastodon.org/api/"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from omnitui.sdk import MINUTE, AuthFailed, Broken, Millis, NotReady, RateLimited, called, retry_after, streamed

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
SILENCE_SECONDS = 90.0
"""An instance says something every few seconds, if only that it is there."""
EVENT_BYTES = 1024 * 1024
RECORD_GONE = 404


class Refusal(Exception):
    """The instance understood and said no, in `args[0]`; `status` is its HTTP status."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.status = status


class Instance:
    """One instance, as one user."""

    def __init__(self, http: Callable[[], httpx.AsyncClient], url: str, token: str, now: Callable[[], Millis]) -> None:
        self._http, self._url, self._now = http, url.rstrip("/"), now
        self._headers = {"Authorization": f"Bearer {token}"}

    async def call(
        self,
        method: str,
        path: str,
        said: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        key: str = "",
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Any:
        """What the instance answers.

        Args:
            method: GET, POST, PUT, DELETE.
            path: `/api/v1/statuses`.
            said: The body.
            query: The query.
            key: Idempotency-Key: within the hour the same is done once.
            files: What is uploaded.

        Raises:
            Refusal, Broken, Unreachable, RateLimited, AuthFailed: See there. Only after `Broken` may it have been done.
        """
        headers = {**self._headers, "Idempotency-Key": key} if key else self._headers
        content = {"json": said, "params": query, "headers": headers, "files": files}
        return self._result(
            await called(self._http, "the instance", method, self._url + path, seconds=ANSWER_SECONDS, **content)
        )

    def _result(self, answer: httpx.Response) -> Any:
        try:
            said = answer.json()
        except (ValueError, RecursionError):
            said = None
        if answer.is_success and said is not None:
            return said
        told = said if isinstance(said, dict) else {}
        words = str(told.get("error") or f"HTTP {answer.status_code}")
        if answer.status_code == 429:
            raise RateLimited(words, after=self._rest(answer))
        if answer.status_code == 401:
            raise AuthFailed(f"the instance does not take the token: {words}", hint="docs/mastodon.md: make a new one")
        if answer.status_code == 403 and "scope" in words:
            raise AuthFailed(f"the token lacks a scope: {words}", hint="it needs read and write")
        if answer.status_code >= 500 or not told:
            raise Broken(words)
        raise Refusal(words, answer.status_code)

    def _rest(self, answer: httpx.Response) -> Millis:
        """How long to wait: X-RateLimit-Reset says until when (https://docs.joinmastodon.org/api/rate-limits/)."""
        try:
            until = datetime.fromisoformat(answer.headers["X-RateLimit-Reset"]).timestamp() * 1000
            return max(1, int(until) - self._now())
        except (KeyError, ValueError):
            return retry_after(answer.headers, self._now()) or 5 * MINUTE

    async def happenings(self) -> AsyncIterator[tuple[str, Any]]:
        """What happens, as it happens: the kind of an event, and what it says. Raises `NotReady`, `AuthFailed`."""
        import httpx

        timeout = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        where = f"{self._url}/api/v1/streaming/user"
        async with streamed(self._http, "the instance", where, headers=self._headers, timeout=timeout) as answer:
            if answer.status_code in (401, 403):
                raise AuthFailed(f"the instance does not stream to this token (HTTP {answer.status_code})")
            if not answer.is_success:
                raise NotReady(f"the instance does not stream (HTTP {answer.status_code})")
            # What comes before this was said is fetched by asking.
            yield "open", None
            kind = ""
            async for line in answer.aiter_lines():
                if line.startswith("event:"):
                    kind = line[6:].strip()
                elif line.startswith("data:") and len(line) <= EVENT_BYTES:
                    yield kind, _payload(line[5:].strip())
        raise NotReady("the instance closed the line")


def _payload(data: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data
