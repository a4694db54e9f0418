"""Speaks the client-server API. https://spec.matrix.org/v1.15/client-server-api/"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from omnitui.sdk import SECOND, AuthFailed, Broken, RateLimited, Sink, called, pour, streamed

if TYPE_CHECKING:
    import httpx

ANSWER_SECONDS = 60.0
V3 = "/_matrix/client/v3"
Json = dict[str, Any]


class Refusal(Exception):
    """The homeserver understood and said no, in `args[0]`; `code` is its errcode."""

    def __init__(self, words: str, code: str) -> None:
        super().__init__(words)
        self.code = code


def part(text: str) -> str:
    """A part of a path."""
    return quote(text, safe="")


class Homeserver:
    """One homeserver, as one user."""

    def __init__(self, http: Callable[[], httpx.AsyncClient], url: str, token: str = "") -> None:
        self._http = http
        self._url = url.rstrip("/")
        self.token = token

    async def call(
        self,
        method: str,
        path: str,
        said: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        wait: float = 0,
    ) -> Json:
        """What the homeserver answers.

        Args:
            method: GET, POST, PUT.
            path: After `/_matrix/client/v3`.
            said: The body.
            query: The query.
            wait: Seconds for which it may hold the request open.

        Raises:
            Refusal, Broken, Unreachable, RateLimited, AuthFailed: See there. Only after `Broken` may it have been done.
        """
        return _result(await self._send(method, V3 + path, json=said, params=query, wait=wait))

    async def upload(self, name: str, media_type: str, data: bytes) -> str:
        """The mxc:// address of a file laid down at the homeserver. Raises as `call`."""
        answer = await self._send(
            "POST",
            "/_matrix/media/v3/upload",
            content=data,
            params={"filename": name},
            headers={"Content-Type": media_type},
        )
        return str(_result(answer)["content_uri"])

    async def _send(
        self, method: str, path: str, *, wait: float = 0, headers: Mapping[str, str] | None = None, **content: Any
    ) -> httpx.Response:
        return await called(
            self._http,
            "the homeserver",
            method,
            self._url + path,
            seconds=wait + ANSWER_SECONDS,
            headers={**self._bearer, **(headers or {})},
            **content,
        )

    @property
    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def download(self, address: str, sink: Sink, limit: int) -> str:
        """Write what lies at an mxc:// address to a sink, at most `limit` bytes; where it lies instead, or nothing.

        Raises:
            Refusal, NotReady, OmniError: It is not given, the line broke, or it is too large.
        """
        server, _slash, media = address.removeprefix("mxc://").partition("/")
        url = f"{self._url}/_matrix/client/v1/media/download/{part(server)}/{part(media)}"
        async with streamed(self._http, "the homeserver", url, headers=self._bearer) as answer:
            if answer.is_redirect:
                return str(answer.headers.get("Location", ""))
            if not answer.is_success:
                raise Refusal(f"the homeserver does not give the file (HTTP {answer.status_code})", "")
            await pour(answer, sink, limit)
        return ""


def _result(answer: httpx.Response) -> Json:
    """https://spec.matrix.org/v1.15/client-server-api/#standard-error-response"""
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Broken(f"the homeserver answered with HTTP {answer.status_code} and no reason")
    if answer.is_success:
        return said
    code, words = str(said.get("errcode", "")), str(said.get("error") or said.get("errcode") or answer.status_code)
    if answer.status_code == 429:
        after = said.get("retry_after_ms")
        raise RateLimited(words, after=after if isinstance(after, int) else 30 * SECOND)
    if answer.status_code == 401:
        raise AuthFailed(f"the homeserver does not take the token: {words}", hint="give a new token, or the password")
    if code == "M_USER_DEACTIVATED":
        raise AuthFailed(f"the user is deactivated: {words}")
    if answer.status_code >= 500:
        raise Broken(words)
    raise Refusal(words, code)
