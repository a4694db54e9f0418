"""Speaks the client-server API. https://spec.matrix.org/v1.15/client-server-api/"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from omnitui.sdk import SECOND, AuthFailed, NotReady, RateLimited, Unreachable

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
V3 = "/_matrix/client/v3"
Json = dict[str, Any]


class Refusal(Exception):
    """The homeserver understood and said no, in `args[0]`; `code` is its errcode."""

    def __init__(self, words: str, code: str) -> None:
        super().__init__(words)
        self.code = code


class Broken(Exception):
    """The link broke, or the server failed, after the request may have arrived."""


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


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
        import httpx

        timeout = httpx.Timeout(wait + ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
        try:
            return await self._http().request(
                method, self._url + path, timeout=timeout, headers={**self._bearer, **(headers or {})}, **content
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise Unreachable(f"{self._url} cannot be reached: {_words(error)}") from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL):
            raise AuthFailed(f"{self._url} is no address of a homeserver", hint="it begins with https://") from None
        except httpx.TransportError as error:
            raise Broken(f"the line to {self._url} broke: {_words(error)}") from None

    @property
    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def download(self, address: str, sink: Sink, limit: int) -> str:
        """Write what lies at an mxc:// address to a sink, at most `limit` bytes; where it lies instead, or nothing.

        Raises:
            Refusal, NotReady: It is not given, or the line broke.
        """
        import httpx

        server, _slash, media = address.removeprefix("mxc://").partition("/")
        path, left = f"/_matrix/client/v1/media/download/{part(server)}/{part(media)}", limit
        try:
            async with self._http().stream("GET", self._url + path, headers=self._bearer) as answer:
                if answer.is_redirect:
                    return str(answer.headers.get("Location", ""))
                if answer.status_code != httpx.codes.OK:
                    raise Refusal(f"the homeserver does not give the file (HTTP {answer.status_code})", "")
                async for piece in answer.aiter_bytes():
                    left -= len(piece)
                    if left < 0:
                        raise Refusal(f"the file is larger than {limit:,} bytes", "")
                    sink.write(piece)
        except httpx.TransportError as error:
            raise NotReady(f"the line to {self._url} broke: {_words(error)}") from None
        return ""


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


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
