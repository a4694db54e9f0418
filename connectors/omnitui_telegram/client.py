"""Speaks to the Bot API: one method a call. https://core.telegram.org/bots/api#making-requests"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from omnitui.sdk import SECOND, AuthFailed, Broken, NotReady, RateLimited, Sink, called, pour, streamed

if TYPE_CHECKING:
    import httpx

Files = Mapping[str, tuple[str, bytes, str]]
"""By field: name, bytes, media type."""

ANSWER_SECONDS = 60.0
"""Beyond what a long poll waits: uploads of 50 MB over a slow line too."""


class Refusal(Exception):
    """The Bot API understood and said no, in `args[0]`."""

    def __init__(self, description: str, *, moved_to: int = 0) -> None:
        super().__init__(description)
        self.moved_to = moved_to
        """The chat's new id, where a group has become a supergroup."""


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
        content: dict[str, Any] = {"data": parameters, "files": files} if files else {"json": parameters}
        url = f"{self._url}/bot{self._token}/{method}"
        answer = await called(self._http, "Telegram", "POST", url, seconds=wait + ANSWER_SECONDS, **content)
        return _result(answer)

    async def download(self, path: str, sink: Sink, limit: int) -> None:
        """Write a file to `sink`, at most `limit` bytes. Raises `NotReady`, `OmniError`, `Refusal`."""
        async with streamed(self._http, "Telegram", f"{self._url}/file/bot{self._token}/{path}") as answer:
            if not answer.is_success:
                raise Refusal(f"Telegram does not give the file (HTTP {answer.status_code})")
            await pour(answer, sink, limit)


def _result(answer: httpx.Response) -> Any:
    """https://core.telegram.org/bots/api#responseparameters"""
    try:
        said = answer.json()
        if said["ok"] is True:
            return said["result"]
        code, words = int(said["error_code"]), str(said["description"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Broken(f"Telegram answered with HTTP {answer.status_code} and no reason") from None
    if code == 429:
        raise RateLimited(words, after=(_parameter(said, "retry_after") or 30) * SECOND)
    if code in (401, 404):
        # A token that is none gives 404: there is no such method.
        raise AuthFailed(f"Telegram does not know this token: {words}", hint="BotFather's /token shows it")
    if code == 409:
        raise NotReady(words, hint="only one program may ask for a bot's messages, and none while a webhook is set")
    if code >= 500:
        raise Broken(words)
    raise Refusal(words, moved_to=_parameter(said, "migrate_to_chat_id"))


def _parameter(said: Mapping[str, Any], name: str) -> int:
    """What is told beside a refusal; 0 where it is not."""
    parameters = said.get("parameters")
    found = parameters.get(name) if isinstance(parameters, dict) else None
    return found if isinstance(found, int) else 0
