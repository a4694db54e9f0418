"""Speaks to the Messaging API. https://developers.line.biz/en/reference/messaging-api/"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from omnitui.sdk import (
    SECOND,
    AuthFailed,
    Broken,
    Clock,
    Millis,
    NotReady,
    RateLimited,
    Sink,
    called,
    pour,
    retry_after,
    streamed,
)

if TYPE_CHECKING:
    import httpx

ANSWER_SECONDS = 30.0
TOO_MUCH: Millis = 5 * SECOND
"""LINE says that it was too much, not for how long; its limits count seconds."""
RETRY_KEY = "X-Line-Retry-Key"


class Refusal(Exception):
    """LINE understood and said no, in `args[0]`."""

    def __init__(self, words: str, *, status: int, said: Mapping[str, Any], at: Millis | None) -> None:
        super().__init__(words)
        self.status = status
        self.said = said
        self.at = at
        """When, by LINE's own clock."""


class MessagingApi:
    """One channel."""

    def __init__(
        self, http: Callable[[], httpx.AsyncClient], clock: Clock, *, url: str, data_url: str, token: str
    ) -> None:
        self._http = http
        self._clock = clock
        self._url = url.rstrip("/")
        self._data_url = data_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, *path: str, data: bool = False) -> dict[str, Any]:
        """What lies at /v2/bot/…; the parts of `path` are escaped. Raises what `post` raises."""
        return await self._call("GET", _path(*path), data=data)

    async def post(self, path: str, said: Mapping[str, Any], *, retry_key: str = "") -> dict[str, Any]:
        """The answer to what is said to /v2/bot/….

        Args:
            path: "message/push".
            said: The request.
            retry_key: A UUID under which LINE does it once.

        Raises:
            Refusal, Broken, Unreachable, RateLimited, AuthFailed: See there. Only after `Broken` may it have been done.
        """
        return await self._call("POST", _path(path), json=said, headers={RETRY_KEY: retry_key} if retry_key else {})

    async def _call(
        self, method: str, path: str, *, data: bool = False, headers: Mapping[str, str] | None = None, **content: Any
    ) -> dict[str, Any]:
        url = (self._data_url if data else self._url) + path
        answer = await called(
            self._http,
            "LINE",
            method,
            url,
            seconds=ANSWER_SECONDS,
            headers={**self._headers, **(headers or {})},
            **content,
        )
        return self._result(answer, path)

    async def download(self, message: str, sink: Sink, limit: int) -> None:
        """Write the content of a message to `sink`, at most `limit` bytes. Raises `OmniError`, `Refusal`, faults."""
        path = _path("message", message, "content")
        async with streamed(self._http, "LINE", self._data_url + path, headers=self._headers) as answer:
            if answer.status_code == 202:
                raise NotReady("LINE still prepares this file")
            if not answer.is_success:
                await answer.aread()
                self._result(answer, path)
            await pour(answer, sink, limit)

    def _result(self, answer: httpx.Response, path: str) -> dict[str, Any]:
        """https://developers.line.biz/en/reference/messaging-api/#status-codes"""
        said = _said(answer)
        if answer.is_success:
            return said
        words, status = _reason(said) or f"HTTP {answer.status_code}", answer.status_code
        if status == 401:
            raise AuthFailed(
                f"LINE does not know this channel access token: {words}",
                hint="LINE Developers console, Messaging API, Channel access token: issue it anew",
            )
        if status == 403:
            raise AuthFailed(
                f"LINE does not allow this channel to {_doing(path)}: {words}",
                hint="the plan and the permissions of the channel: docs/line.md",
            )
        if status == 429 and "monthly limit" not in words:
            raise RateLimited(words, after=retry_after(answer.headers, self._clock.now()) or TOO_MUCH)
        if status >= 500 or status < 400:
            raise Broken(f"LINE answered with HTTP {status}: {words}")
        raise Refusal(words, status=status, said=said, at=_told_at(answer))


_DOINGS: Mapping[str, str] = {
    "message/push": "send push messages",
    "message/reply": "send reply messages",
    "message/quota": "read its quota",
    "profile": "read the profiles of its friends",
    "group": "read who is in a group",
    "room": "read who is in a chat of several",
    "chat/loading": "show that somebody writes",
    "chat/markAsRead": "mark messages as read",
    "channel/webhook": "read its webhook settings",
    "message": "read the content of messages",
    "info": "read its own profile",
}
"""What a call does, by how its path begins; the first that fits."""


def _doing(path: str) -> str:
    named = path.removeprefix("/v2/bot/")
    return next((doing for begin, doing in _DOINGS.items() if named.startswith(begin)), named)


def _path(*parts: str) -> str:
    whole, *rest = parts
    return "/".join((f"/v2/bot/{whole}", *(quote(part, safe="") for part in rest)))


def _said(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _reason(said: Mapping[str, Any]) -> str:
    """The words of a refusal, with what is wrong where."""
    details = said.get("details")
    wrong = [
        " ".join(str(part) for part in (detail.get("property"), detail.get("message")) if part)
        for detail in (details if isinstance(details, list) else ())
        if isinstance(detail, dict)
    ]
    return "; ".join(part for part in (str(said.get("message") or ""), *wrong) if part)[:500]


def _told_at(answer: httpx.Response) -> Millis | None:
    from email.utils import parsedate_to_datetime

    try:
        return int(parsedate_to_datetime(answer.headers["Date"]).timestamp() * 1000)
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        return None
