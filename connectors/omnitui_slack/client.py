"""Speaks the Web API, and holds a socket open. https://docs.slack.dev/apis/events-api/using-socket-mode"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from omnitui.sdk import (
    SECOND,
    AuthFailed,
    Broken,
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

CONNECT_SECONDS = 10.0
CLOSE_SECONDS = 1.0
ANSWER_SECONDS = 60.0
SILENCE_SECONDS = 60.0
"""Slack pings a socket every few seconds."""
LONGEST = 4 * 1024 * 1024
AUTH = frozenset(
    (
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "no_permission",
        "org_login_required",
    )
)
AGAIN = frozenset(("internal_error", "fatal_error", "service_unavailable", "request_timeout"))


class Refusal(Exception):
    """Slack understood and said no; `args[0]` is its word."""


class WebApi:
    """One app in one workspace."""

    def __init__(self, http: Callable[[], httpx.AsyncClient], url: str, token: str, now: Callable[[], Millis]) -> None:
        self._http, self._url, self._token, self._now = http, url.rstrip("/"), token, now

    async def call(self, method: str, said: Mapping[str, Any] | None = None, *, token: str = "") -> dict[str, Any]:
        """What a method answers.

        Args:
            method: `chat.postMessage`.
            said: Its arguments; what is no text or number goes as JSON.
            token: Another than the bot's.

        Raises:
            Refusal, Broken, Unreachable, RateLimited, AuthFailed: See there. Only after `Broken` may it have been done.
        """
        form = {name: _value(value) for name, value in (said or {}).items() if value is not None}
        headers = {"Authorization": f"Bearer {token or self._token}"}
        return self._result(await self._send("POST", f"{self._url}/{method}", data=form, headers=headers))

    async def lay_down(self, address: str, name: str, data: bytes) -> None:
        """Upload a file to an address that Slack gave."""
        answer = await self._send("POST", address, files={"file": (name, data)})
        if not answer.is_success:
            raise Broken(f"the file was not taken (HTTP {answer.status_code})")

    async def _send(self, method: str, url: str, **content: Any) -> httpx.Response:
        return await called(self._http, "Slack", method, url, seconds=ANSWER_SECONDS, **content)

    def _result(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.status_code == 429:
            raise RateLimited("Slack asks to wait", after=retry_after(answer.headers, self._now()) or 30 * SECOND)
        try:
            told = answer.json()
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict) or answer.status_code >= 500:
            raise Broken(f"Slack answered with HTTP {answer.status_code} and no reason")
        if told.get("ok") is True:
            return told
        word = str(told.get("error", "no reason"))
        if word == "missing_scope":
            raise AuthFailed(
                f"the app lacks the scope {told.get('needed')}", hint="OAuth & Permissions; then install it anew"
            )
        if word in AUTH:
            raise AuthFailed(f"Slack does not take the token: {word}", hint="docs/slack.md")
        if word in ("ratelimited", "rate_limited"):
            raise RateLimited(word, after=30 * SECOND)
        if word in AGAIN:
            raise Broken(word)
        raise Refusal(word.replace("_", " "))

    async def download(self, url: str, sink: Sink, limit: int) -> None:
        """Write a file to `sink`, at most `limit` bytes. The token goes to Slack's own hosts only.

        Raises:
            Refusal, NotReady, OmniError: It is not given, the line broke, or it is too large.
        """
        try:
            where, here = urlsplit(url), urlsplit(self._url)
        except ValueError:
            raise Refusal("the file has no address") from None
        ours = where.scheme == "https" and (where.hostname or "").endswith((".slack.com", ".slack-files.com"))
        if not ours and where[:2] != here[:2]:
            raise Refusal("the file does not lie at Slack")
        async with streamed(self._http, "Slack", url, headers={"Authorization": f"Bearer {self._token}"}) as answer:
            if not answer.is_success:
                raise Refusal(f"Slack does not give the file (HTTP {answer.status_code})")
            await pour(answer, sink, limit)


class Socket:
    """A socket on which Slack tells what happens."""

    def __init__(self, line: Any) -> None:
        self._line = line

    async def hear(self) -> dict[str, Any]:
        """The next envelope. Raises `NotReady` when the socket has ended."""
        from websockets.exceptions import ConnectionClosed

        while True:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    said = await self._line.recv()
            except (ConnectionClosed, OSError, TimeoutError) as error:
                raise NotReady(f"the line to Slack broke: {_words(error)}") from None
            try:
                told = json.loads(said)
            except (ValueError, RecursionError):
                continue
            if isinstance(told, dict):
                return told

    async def acknowledge(self, envelope: str) -> None:
        """Say that an envelope lies on our disk; Slack hands it out again otherwise."""
        from websockets.exceptions import ConnectionClosed

        try:
            await self._line.send(json.dumps({"envelope_id": envelope}))
        except (ConnectionClosed, OSError) as error:
            raise NotReady(f"the line to Slack broke: {_words(error)}") from None


@asynccontextmanager
async def socket(url: str) -> AsyncIterator[Socket]:
    """A socket at an address that `apps.connections.open` gave. Raises `NotReady`, `AuthFailed`."""
    try:
        from websockets.asyncio.client import connect
        from websockets.exceptions import WebSocketException
    except ImportError as error:
        raise AuthFailed("Socket Mode needs websockets", hint="pip install 'omnitui[slack]'") from error
    try:
        # Slack pings every ten seconds and is answered by the library.
        line = await connect(
            url, max_size=LONGEST, open_timeout=CONNECT_SECONDS, close_timeout=CLOSE_SECONDS, ping_interval=None
        )
    except (WebSocketException, OSError, TimeoutError) as error:
        raise NotReady(f"Slack's socket cannot be opened: {_words(error)}") from None
    try:
        yield Socket(line)
    finally:
        await line.close()


def _value(value: Any) -> Any:
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else json.dumps(value)


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
