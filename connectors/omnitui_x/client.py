"""Speaks to the API of X. https://docs.x.com/x-api/direct-messages/"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from omnitui.sdk import MINUTE, SECOND, AuthFailed, Broken, Clock, Millis, RateLimited, Sink, called, pour, streamed
from omnitui_x.budget import Budget
from omnitui_x.oauth import Keys, authorization, query

if TYPE_CHECKING:
    import httpx

ANSWER_SECONDS = 60.0
TOO_MUCH: Millis = 15 * MINUTE
"""How long X counts, where it does not say when it begins anew."""
PERMISSIONS = (
    "oauth1-permissions",
    "client-forbidden",
    "app permissions",
    "enroll",
    "access to a subset",
)
"""What a refusal says that the app as a whole lacks something."""


class Refusal(Exception):
    """X understood and said no, in `args[0]`."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.status = status


class XApi:
    """One app in the name of one account."""

    def __init__(
        self, http: Callable[[], httpx.AsyncClient], clock: Clock, *, url: str, media_url: str, keys: Keys
    ) -> None:
        self._http = http
        self._clock = clock
        self._url = url.rstrip("/")
        self._media_url = media_url.rstrip("/")
        self._keys = keys
        self.reads = Budget()
        self.sends = Budget()

    async def get(self, path: str, budget: Budget | None = None, /, **parameters: str) -> dict[str, Any]:
        """What lies at /2/…. Raises what `post` raises."""
        return await self._call("GET", path, budget, parameters)

    async def post(self, path: str, budget: Budget | None = None, /, **content: Any) -> dict[str, Any]:
        """The answer to what is said to /2/….

        Args:
            path: "dm_conversations/1-2/messages".
            budget: What counts it; no call is made while it is used up.
            content: The `json` of the request, or its `data` and `files`.

        Raises:
            Refusal, Broken, Unreachable, RateLimited, AuthFailed: See there. Only after `Broken` may it have been done.
        """
        return await self._call("POST", path, budget, {}, **content)

    async def _call(
        self, method: str, path: str, budget: Budget | None, parameters: Mapping[str, str], **content: Any
    ) -> dict[str, Any]:
        if budget is not None and (wait := budget.wait(self._clock.now())):
            raise RateLimited("X's limit is used up", after=wait)
        url = f"{self._url}/2/{path}"
        whole = f"{url}?{query(parameters)}" if parameters else url
        headers = {"Authorization": self._signed(method, url, parameters)}
        answer = await called(self._http, "X", method, whole, seconds=ANSWER_SECONDS, headers=headers, **content)
        now = self._clock.now()
        if budget is not None:
            budget.hear(answer.headers, now, _told_at(answer, now))
        return self._result(answer, budget, writes=method == "POST")

    def _signed(self, method: str, url: str, parameters: Mapping[str, str]) -> str:
        seconds = self._clock.now() // SECOND
        return authorization(self._keys, method, url, parameters, nonce=secrets.token_hex(16), seconds=seconds)

    async def download(self, path: str, sink: Sink, limit: int) -> None:
        """Write a customer's photo to `sink`, at most `limit` bytes. Raises `OmniError`, `Refusal`, faults."""
        url = f"{self._media_url}{path}"
        async with streamed(self._http, "X", url, headers={"Authorization": self._signed("GET", url, {})}) as answer:
            if not answer.is_success:
                await answer.aread()
                self._result(answer, None, writes=True)
            await pour(answer, sink, limit)

    def _result(self, answer: httpx.Response, budget: Budget | None, *, writes: bool) -> dict[str, Any]:
        """https://docs.x.com/x-api/fundamentals/response-codes-and-errors"""
        said, status = _said(answer), answer.status_code
        if answer.is_success:
            return said
        words = _reason(said) or f"HTTP {status}"
        if status == 401:
            raise AuthFailed(
                f"X does not know these keys: {words}",
                hint="all four are of one app and one account, and this machine's clock is right: docs/x.md",
            )
        if status == 403 and (not writes or any(sign in f"{said}".lower() for sign in PERMISSIONS)):
            raise AuthFailed(
                f"X does not allow this app to read and write direct messages: {words}",
                hint="App permissions: Read and write and Direct message; then make the access token anew: docs/x.md",
            )
        if status == 429:
            after = budget.wait(self._clock.now()) if budget is not None else 0
            raise RateLimited(words, after=after or TOO_MUCH)
        if status >= 500 or status < 400:
            raise Broken(f"X answered with HTTP {status}: {words}")
        raise Refusal(words, status)


def _said(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _reason(said: Mapping[str, Any]) -> str:
    errors = said.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    found = (
        said.get("detail") or first.get("message") or first.get("detail") or said.get("title") or said.get("message")
    )
    return str(found or "")[:500]


def _told_at(answer: httpx.Response, otherwise: Millis) -> Millis:
    from email.utils import parsedate_to_datetime

    try:
        return int(parsedate_to_datetime(answer.headers["Date"]).timestamp() * 1000)
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        return otherwise
