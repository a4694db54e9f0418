"""Speaks to the API of official accounts. https://developers.weixin.qq.com/doc/offiaccount/

Each answer is HTTP 200; whether it was done stands in `errcode`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from omnitui.sdk import (
    MINUTE,
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
    streamed,
)

if TYPE_CHECKING:
    import httpx

ANSWER_SECONDS = 60.0
EARLY: Millis = 5 * MINUTE
"""An access token is asked for anew so long before its end."""
STALE = frozenset({40001, 40014, 42001, 42007})
"""The access token counts no more."""
WRONG: Mapping[int, str] = {
    40013: "WeChat does not know this AppID",
    40125: "WeChat does not know this AppSecret",
    40164: "WeChat does not take calls from this machine's address",
    48001: "WeChat does not allow this account to send customer service messages",
    61004: "WeChat does not take calls from this machine's address",
    89503: "WeChat wants the administrator to confirm this call",
}
"""What the account lacks, in words."""
HINTS: Mapping[int, str] = {
    40164: "enter it in the IP whitelist: Basic configuration in the platform's console",
    48001: "the account has to be verified, and the permission granted: docs/wechat.md",
    61004: "enter it in the IP whitelist: Basic configuration in the platform's console",
}
OFTEN = frozenset({45009, 45011})
"""Too many calls, today or now."""


class Refusal(Exception):
    """WeChat understood and said no, in `args[0]`."""

    def __init__(self, words: str, code: int) -> None:
        super().__init__(f"{words} ({code})")
        self.code = code


class WeChatApi:
    """One official account."""

    def __init__(
        self, http: Callable[[], httpx.AsyncClient], clock: Clock, *, url: str, app_id: str, app_secret: str
    ) -> None:
        self._http = http
        self._clock = clock
        self._url = url.rstrip("/")
        self._app = {"appid": app_id, "secret": app_secret}
        self._token = ""
        self._ends_at: Millis = 0
        self._asking = asyncio.Lock()

    async def token(self) -> str:
        """An access token that is good for a while. The stable kind: others who ask for one do not end it.

        Raises:
            AuthFailed, Unreachable, RateLimited, NotReady: See there.
        """
        async with self._asking:
            if not self._token or self._clock.now() >= self._ends_at - EARLY:
                said = {"grant_type": "client_credential", **self._app}
                try:
                    answer = _result(await self._send("POST", "/cgi-bin/stable_token", said=said))
                    self._token, lives = str(answer["access_token"]), int(answer["expires_in"])
                except (Broken, Refusal, KeyError, TypeError, ValueError) as error:
                    raise NotReady(f"WeChat gives no access token: {error}") from error
                self._ends_at = self._clock.now() + lives * SECOND
            return self._token

    async def call(
        self, method: str, path: str, said: Mapping[str, Any] | None = None, *, files: Any = None, **asked: str
    ) -> dict[str, Any]:
        """The answer to a call of /cgi-bin/….

        Args:
            method: GET or POST.
            path: "message/custom/send".
            said: What is said, as JSON.
            files: What is uploaded, by field: name, bytes, media type.
            asked: Parameters of the address.

        Raises:
            Refusal, Broken, Unreachable, RateLimited, AuthFailed: See there. Only after `Broken` may it have been done.
        """
        for last in (False, True):
            token = await self.token()
            parameters = {"access_token": token, **asked}
            answer = await self._send(method, f"/cgi-bin/{path}", said=said, files=files, parameters=parameters)
            try:
                return _result(answer)
            except Refusal as refusal:
                if last or not self._forget(token, refusal):
                    raise
        raise AssertionError("unreachable")

    async def _send(
        self,
        method: str,
        path: str,
        *,
        said: Mapping[str, Any] | None = None,
        files: Any = None,
        parameters: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        # WeChat shows \u escapes as they are.
        content = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace") if said is not None else None
        return await called(
            self._http,
            "WeChat",
            method,
            self._url + path,
            seconds=ANSWER_SECONDS,
            params=parameters,
            content=content,
            files=files,
            headers={"Content-Type": "application/json"} if said is not None else {},
        )

    async def download(self, media_id: str, sink: Sink, limit: int) -> str:
        """Write a customer's file to `sink`, at most `limit` bytes; or where it lies instead, as videos do.

        Raises:
            OmniError, Refusal, Broken, NotReady, AuthFailed: See there.
        """
        for last in (False, True):
            token = await self.token()
            asked = {"access_token": token, "media_id": media_id}
            async with streamed(self._http, "WeChat", f"{self._url}/cgi-bin/media/get", params=asked) as answer:
                kind = answer.headers.get("Content-Type", "")
                # Its JSON is plain text as often as not; no file that customers send is.
                if answer.is_success and not kind.startswith("text/") and "json" not in kind:
                    await pour(answer, sink, limit)
                    return ""
                await answer.aread()
            try:
                found = _result(answer).get("video_url")
            except Refusal as refusal:
                if last or not self._forget(token, refusal):
                    raise
                continue
            if not found:
                raise Refusal("it gives no file", 0)
            return str(found)
        raise AssertionError("unreachable")

    def _forget(self, token: str, refusal: Refusal) -> bool:
        """Whether it was the token that counts no more: nothing was done under it, and another is asked for."""
        if refusal.code in STALE and self._token == token:
            self._token = ""
        return refusal.code in STALE


def _result(answer: httpx.Response) -> dict[str, Any]:
    """https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html"""
    try:
        # It calls its JSON plain text, and names no charset.
        said = json.loads(answer.content.decode("utf-8", "replace"), strict=False)
        code = int(said.get("errcode") or 0)
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise Broken(f"WeChat answered with HTTP {answer.status_code} and no reason") from None
    words = str(said.get("errmsg") or "")[:300]
    if code == -1 or answer.is_server_error:
        raise Broken(f"WeChat is busy: {words}")
    if code in WRONG:
        raise AuthFailed(f"{WRONG[code]}: {words} ({code})", hint=HINTS.get(code, "docs/wechat.md"))
    if code in OFTEN:
        raise RateLimited(f"{words} ({code})", after=MINUTE)
    if code:
        raise Refusal(words or "WeChat refused it", code)
    if not answer.is_success:
        raise Broken(f"WeChat answered with HTTP {answer.status_code} and no reason")
    return dict(said)
