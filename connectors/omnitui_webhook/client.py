"""Posts replies, signed by Standard Webhooks."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from omnitui.sdk import SECOND, AuthFailed, Broken, Millis, RateLimited, called, retry_after
from omnitui_webhook.signing import key_of, signature

if TYPE_CHECKING:
    import httpx

ANSWER_SECONDS = 30.0
REPEATED = (307, 308)
"""What asks for the same elsewhere: nothing was done. Other redirects may lead on from what was done."""
_WORDS = 300
"""Characters of an answer that are shown."""


class Refusal(Exception):
    """What takes the replies said no, in `args[0]`."""


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
        timestamp = str(now // SECOND)
        headers = {
            "content-type": "application/json",
            "webhook-id": call_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self._key, call_id, timestamp, body),
        }
        answer = await called(
            self._http, self._host(), "POST", self._url, seconds=ANSWER_SECONDS, content=body, headers=headers
        )
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
        if status >= 500 or (300 <= status < 400 and status not in REPEATED):
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
