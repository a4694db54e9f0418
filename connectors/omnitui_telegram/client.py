"""Speaks to the Bot API: one method a call. https://core.telegram.org/bots/api#making-requests"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from omnitui.sdk import SECOND, AuthFailed, NotReady, RateLimited, Unreachable

if TYPE_CHECKING:
    import httpx

Files = Mapping[str, tuple[str, bytes, str]]
"""By field: name, bytes, media type."""

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
"""Beyond what a long poll waits: uploads of 50 MB over a slow line too."""


class Refusal(Exception):
    """The Bot API understood and said no, in `args[0]`."""

    def __init__(self, description: str, *, moved_to: int = 0) -> None:
        super().__init__(description)
        self.moved_to = moved_to
        """The chat's new id, where a group has become a supergroup."""


class Broken(Exception):
    """The link broke, or the server failed, after the request may have arrived."""


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class BotApi:
    """One bot at one server."""

    def __init__(self, http: Callable[[], httpx.AsyncClient], url: str, token: str) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._token = token

    async def call(
        self, method: str, parameters: Mapping[str, Any], files: Files | None = None, *, wait: float = 0
    ) -> Any:
        """The result of a method.

        Args:
            method: `sendMessage`.
            parameters: Its parameters; with files, JSON-serialised where they are no strings.
            files: What is uploaded.
            wait: Seconds for which the server may hold the request open.

        Raises:
            Refusal, Broken, Unreachable, RateLimited, AuthFailed: See there. Only after `Broken` may it have been done.
        """
        import httpx

        content: dict[str, Any] = {"data": parameters, "files": files} if files else {"json": parameters}
        timeout = httpx.Timeout(wait + ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
        try:
            answer = await self._http().post(f"{self._url}/bot{self._token}/{method}", timeout=timeout, **content)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise Unreachable(f"Telegram cannot be reached: {_words(error)}") from None
        except httpx.UnsupportedProtocol:
            raise AuthFailed(f"{self._url} is no address of a server", hint="it begins with https://") from None
        except httpx.TransportError as error:
            raise Broken(f"the line to Telegram broke: {_words(error)}") from None
        return _result(answer)

    async def download(self, path: str, sink: Sink, limit: int) -> None:
        """Write a file to `sink`, at most `limit` bytes. Raises `NotReady`, `Refusal`."""
        import httpx

        left = limit
        try:
            async with self._http().stream("GET", f"{self._url}/file/bot{self._token}/{path}") as answer:
                if answer.status_code != httpx.codes.OK:
                    raise Refusal(f"Telegram does not give the file (HTTP {answer.status_code})")
                async for part in answer.aiter_bytes():
                    left -= len(part)
                    if left < 0:
                        raise Refusal(f"the file is larger than {limit:,} bytes")
                    sink.write(part)
        except httpx.TransportError as error:
            raise NotReady(f"the line to Telegram broke: {_words(error)}") from None


def _words(error: Exception) -> str:
    # Never the request itself: the token stands in its address.
    return str(error) or type(error).__name__


def _result(answer: httpx.Response) -> Any:
    """https://core.telegram.org/bots/api#responseparameters"""
    try:
        said = answer.json()
        if said["ok"] is True:
            return said["result"]
        code, words = int(said["error_code"]), str(said["description"])
    except (ValueError, KeyError, TypeError):
        raise Broken(f"Telegram answered with HTTP {answer.status_code} and no reason") from None
    parameters = said.get("parameters") or {}
    if code == 429:
        raise RateLimited(words, after=int(parameters.get("retry_after", 30)) * SECOND)
    if code in (401, 404):
        # A token that is none gives 404: there is no such method.
        raise AuthFailed(f"Telegram does not know this token: {words}", hint="BotFather's /token shows it")
    if code == 409:
        raise NotReady(words, hint="only one program may ask for a bot's messages, and none while a webhook is set")
    if code >= 500:
        raise Broken(words)
    raise Refusal(words, moved_to=int(parameters.get("migrate_to_chat_id", 0)))
