"""Speaks Twilio's REST API. https://www.twilio.com/docs/usage/api"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from omnitui.sdk import SECOND, AuthFailed, Millis, NotReady, RateLimited, Unreachable, retry_after

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
Json = dict[str, Any]


class Refusal(Exception):
    """Twilio understood and said no, in `args[0]`; `code` is its number."""

    def __init__(self, words: str, code: str) -> None:
        super().__init__(words)
        self.code = code


class Broken(Exception):
    """The link broke, or Twilio failed, after the request may have arrived."""


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class Api:
    """One account."""

    def __init__(
        self, http: Callable[[], httpx.AsyncClient], url: str, account: str, token: str, now: Callable[[], Millis]
    ) -> None:
        self._http, self._url, self._account, self._now = http, url.rstrip("/"), account, now
        self._auth = (account, token)

    async def call(self, method: str, path: str, said: Mapping[str, str] | None = None) -> Json:
        """What Twilio answers.

        Args:
            method: GET or POST.
            path: Below the account: `/Messages.json`; or whole, as Twilio names a next page.
            said: The fields of the form, or of the query.

        Raises:
            Refusal, Broken, Unreachable, RateLimited, AuthFailed: See there. Only after `Broken` may it have been done.
        """
        import httpx

        where = path if path.startswith("/2010") else f"/2010-04-01/Accounts/{self._account}{path}"
        timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
        content: dict[str, Any] = {"data": said} if method == "POST" else {"params": said}
        try:
            answer = await self._http().request(method, self._url + where, auth=self._auth, timeout=timeout, **content)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise Unreachable(f"Twilio cannot be reached: {error or type(error).__name__}") from None
        except httpx.TransportError as error:
            raise Broken(f"the line to Twilio broke: {error or type(error).__name__}") from None
        return self._result(answer)

    def _result(self, answer: httpx.Response) -> Json:
        try:
            told = answer.json()
        except (ValueError, RecursionError):
            told = None
        if answer.is_success and isinstance(told, dict):
            return told
        said = told if isinstance(told, dict) else {}
        words, code = str(said.get("message") or f"HTTP {answer.status_code}"), str(said.get("code") or "")
        if answer.status_code == 429:
            raise RateLimited(words, after=retry_after(answer.headers, self._now()) or 5 * SECOND)
        if answer.status_code == 401:
            raise AuthFailed("Twilio does not take the account and its token", hint="console.twilio.com, Account Info")
        if answer.status_code == 403:
            raise AuthFailed(f"Twilio forbids it: {words}", hint="console.twilio.com")
        if answer.status_code >= 500 or not said:
            raise Broken(words)
        raise Refusal(words, code)

    async def download(self, url: str, sink: Sink, limit: int) -> str:
        """Write a file to `sink`, at most `limit` bytes; or where it lies instead. The token goes to Twilio only.

        Raises:
            Refusal, NotReady: It is not given, or the line broke.
        """
        import httpx

        if urlsplit(url)[:2] != urlsplit(self._url)[:2]:
            raise Refusal("the file does not lie at Twilio", "")
        left = limit
        try:
            async with self._http().stream("GET", url, auth=self._auth) as answer:
                if answer.is_redirect:
                    return str(answer.headers.get("Location", ""))
                if not answer.is_success:
                    raise Refusal(f"Twilio does not give the file (HTTP {answer.status_code})", "")
                async for piece in answer.aiter_bytes():
                    left -= len(piece)
                    if left < 0:
                        raise Refusal(f"the file is larger than {limit:,} bytes", "")
                    sink.write(piece)
        except httpx.TransportError as error:
            raise NotReady(f"the line to Twilio broke: {error or type(error).__name__}") from None
        return ""
