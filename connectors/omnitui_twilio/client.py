"""Speaks Twilio's REST API. https://www.twilio.com/docs/usage/api"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from omnitui.sdk import SECOND, AuthFailed, Broken, Millis, RateLimited, Sink, called, pour, retry_after, streamed

if TYPE_CHECKING:
    import httpx

ANSWER_SECONDS = 60.0
Json = dict[str, Any]


class Refusal(Exception):
    """Twilio understood and said no, in `args[0]`; `code` is its number."""

    def __init__(self, words: str, code: str) -> None:
        super().__init__(words)
        self.code = code


class Api:
    """One account."""

    def __init__(
        self, http: Callable[[], httpx.AsyncClient], url: str, account: str, token: str, now: Callable[[], Millis]
    ) -> None:
        self._http, self._url, self._account, self._now = http, url.rstrip("/"), account, now
        self._auth = (account, token)

    async def call(self, method: str, path: str, said: Mapping[str, str | Sequence[str]] | None = None) -> Json:
        """What Twilio answers.

        Args:
            method: GET or POST.
            path: Below the account: `/Messages.json`; or whole, as Twilio names a next page.
            said: The fields of the form, or of the query.

        Raises:
            Refusal, Broken, Unreachable, RateLimited, AuthFailed: See there. Only after `Broken` may it have been done.
        """
        where = path if path.startswith("/2010") else f"/2010-04-01/Accounts/{self._account}{path}"
        content: dict[str, Any] = {"data": said} if method == "POST" else {"params": said}
        content |= {"auth": self._auth}
        return self._result(
            await called(self._http, "Twilio", method, self._url + where, seconds=ANSWER_SECONDS, **content)
        )

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
            Refusal, NotReady, OmniError: It is not given, the line broke, or it is too large.
        """
        try:
            elsewhere = urlsplit(url)[:2] != urlsplit(self._url)[:2]
        except ValueError:
            elsewhere = True
        if elsewhere:
            raise Refusal("the file does not lie at Twilio", "")
        async with streamed(self._http, "Twilio", url, auth=self._auth) as answer:
            if answer.is_redirect:
                return str(answer.headers.get("Location", ""))
            if not answer.is_success:
                raise Refusal(f"Twilio does not give the file (HTTP {answer.status_code})", "")
            await pour(answer, sink, limit)
        return ""
