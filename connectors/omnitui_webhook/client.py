"""Posts replies, signed by Standard Webhooks."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from omnitui.sdk import SECOND, AuthFailed, Millis, RateLimited, Unreachable, retry_after
from omnitui_webhook.signing import key_of, signature

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
_WORDS = 300
"""Characters of an answer that are shown."""


class Refusal(Exception):
    """What takes the replies said no, in `args[0]`."""


class Broken(Exception):
    """The link broke, or the server failed, after the reply may have arrived."""


class Replies:
    """One address that takes replies."""

    def __init__(self, http: Callable[[], httpx.AsyncClient], url: str, secret: str) -> None:
        """Raises `OmniError`: the secret is none."""
        self._http = http
        self._url = url
        self._key = key_of(secret)

    async def post(self, call_id: str, body: bytes, now: Millis) -> httpx.Response:
        """Post a reply; the answer of one that was taken.

        Args:
            call_id: The same whenever this reply is posted again.
            body: JSON.
            now: The time.

        Raises:
            Refusal, Broken, Unreachable, RateLimited, AuthFailed: See there. Only after `Broken` may it have arrived.
        """
        import httpx

        timestamp = str(now // SECOND)
        headers = {
            "content-type": "application/json",
            "webhook-id": call_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self._key, call_id, timestamp, body),
        }
        timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
        try:
            answer = await self._http().post(self._url, content=body, headers=headers, timeout=timeout)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise Unreachable(f"{self._host()} cannot be reached: {_words(error)}") from None
        except httpx.TransportError as error:
            raise Broken(f"the line to {self._host()} broke: {_words(error)}") from None
        return self._taken(answer, now)

    def _taken(self, answer: httpx.Response, now: Millis) -> httpx.Response:
        status = answer.status_code
        if 200 <= status < 300:
            return answer
        said = f"{self._host()} answered {status}: {answer.text.strip()[:_WORDS]}".removesuffix(": ")
        if status == 429:
            asked = retry_after(answer.headers, now)
            raise RateLimited(said, after=30 * SECOND if asked is None else asked)
        if status in (401, 403):
            raise AuthFailed(said, hint="it does not take the signature: both sides need the same reply secret")
        if status >= 500:
            raise Broken(said)
        raise Refusal(said)

    def _host(self) -> str:
        # Addresses may hold what is secret: the host never does.
        return urlsplit(self._url).hostname or "the address"


def fault_of(url: str) -> str:
    """Why replies may not be posted to an address; "" where they may."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return "the reply address is no address"
    if parts.scheme not in ("http", "https") or not host:
        return "the reply address is no address of the web"
    if parts.scheme == "http" and not _is_here(host):
        return "replies go over https:// only, or to this machine"
    return ""


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
