"""Speaks to Meta's Graph API, and knows its errors. https://developers.facebook.com/docs/graph-api/guides/error-handling"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from omnitui.sdk import (
    MINUTE,
    SECOND,
    AuthFailed,
    Broken,
    Deferred,
    Millis,
    NotReady,
    OmniError,
    RateLimited,
    Sink,
    called,
    pour,
    retry_after,
    streamed,
)

if TYPE_CHECKING:
    import httpx

Json = dict[str, Any]

GRAPH = "https://graph.facebook.com"
VERSION = "v23.0"
ANSWER_SECONDS = 60.0
"""Uploads of 100 MB over a slow line too."""
REST: Millis = 30 * SECOND
"""How long a limit lasts that does not say so."""
PAIR_LIMIT = 131056
"""Too much to this one customer: others go meanwhile."""
TOKEN_CODES = frozenset({0, 102, 190})
PERMISSION_CODES = frozenset({3, 10, 131005, *range(200, 300)})
LIMIT_CODES = frozenset({4, 17, 32, 341, 613, 80007, 130429, 131048, 133016, *range(80000, 80015)})
BUSY_CODES = frozenset({1200, 131016, 131057, 133004})
"""The service did not take it, by its own words."""
TROUBLE_CODES = frozenset({1, 2, 131000})
"""It failed there, at a point that nobody names: it may have left."""
RULE_SUBCODES = frozenset({2018278, 2018108, 2018065, 2534022, 2018276, 2018300, 1545041})
"""The customer wrote too long ago, or blocks us, or another app has the conversation: no lack of permission."""
MEDIA_HOSTS = ("fbsbx.com", "fbcdn.net", "facebook.com", "whatsapp.net", "whatsapp.com")
"""Where Meta's files lie; the token goes nowhere else."""


class Refusal(Exception):
    """Meta understood and said no, in `args[0]`, its own words with the code."""

    def __init__(self, words: str, code: int, subcode: int = 0) -> None:
        super().__init__(words)
        self.code = code
        self.subcode = subcode


class Graph:
    """One token at the Graph API. It travels in a header, so no address ever holds it."""

    def __init__(
        self, http: Callable[[], httpx.AsyncClient], token: str, now: Callable[[], Millis], url: str = ""
    ) -> None:
        self._http = http
        self._token = token
        self._now = now
        self._base = (url or GRAPH).rstrip("/")

    async def get(self, path: str, **query: str) -> Json:
        """What lies at `path`. Raises `Fault`, `OmniError`: it can be asked again."""
        return await self._asked(path, self._token, query)

    async def get_as_app(self, path: str, app: str, secret: str) -> Json:
        """What lies at `path`, asked as the app itself. Raises `Fault`, `OmniError`."""
        return await self._asked(path, f"{app}|{secret}", {})

    async def _asked(self, path: str, token: str, query: Mapping[str, str]) -> Json:
        try:
            return await self._call("GET", path, token, params=query)
        except Broken as broken:
            raise NotReady(str(broken)) from None
        except Refusal as refusal:
            raise OmniError(str(refusal)) from None

    async def post(self, path: str, said: Json) -> Json:
        """The answer to what was said. Raises `Broken`, `Refusal`, `Fault`; only after `Broken` may it be done."""
        return await self._call("POST", path, self._token, json=said)

    async def upload(self, path: str, fields: Mapping[str, str], name: str, data: bytes, media_type: str) -> Json:
        """Leave a file there; nobody has it yet. Raises `Refusal`, `Fault`."""
        form = {part: (None, value) for part, value in fields.items()}
        field = "filedata" if "message" in fields else "file"
        try:
            return await self._call("POST", path, self._token, files={**form, field: (name, data, media_type)})
        except Broken as broken:
            raise NotReady(str(broken)) from None

    async def download(self, address: str, sink: Sink, limit: int) -> None:
        """Write a file of Meta's to `sink`, at most `limit` bytes. Raises `Fault`, `OmniError`."""
        if not self._ours(address):
            raise OmniError("Meta names a place for the file that is not Meta's", hint="it is not fetched from there")
        async with streamed(self._http, "Meta", address, headers=_bearer(self._token)) as answer:
            if not answer.is_success:
                raise OmniError(f"Meta does not give the file (HTTP {answer.status_code})")
            await pour(answer, sink, limit)

    def _ours(self, address: str) -> bool:
        place, base = urlsplit(address), urlsplit(self._base)
        host = place.hostname or ""
        if (place.scheme, place.netloc) == (base.scheme, base.netloc):
            return True
        return place.scheme == "https" and any(host == one or host.endswith(f".{one}") for one in MEDIA_HOSTS)

    async def _call(self, method: str, path: str, token: str, **content: Any) -> Json:
        url = f"{self._base}/{VERSION}/{path}"
        answer = await called(
            self._http, "Meta", method, url, seconds=ANSWER_SECONDS, headers=_bearer(token), **content
        )
        try:
            said = answer.json()
        except (ValueError, RecursionError):
            raise Broken(f"Meta answered with HTTP {answer.status_code} and no reason") from None
        if not isinstance(said, dict):
            raise Broken(f"Meta answered with HTTP {answer.status_code} and nothing that is known")
        if answer.is_success and "error" not in said:
            return said
        raise _wrong(said.get("error"), answer, self._now())


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _wrong(error: Any, answer: httpx.Response, now: Millis) -> Exception:
    """What an error means for whoever called."""
    if not isinstance(error, dict):
        return Broken(f"Meta answered with HTTP {answer.status_code} and no reason")
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    words = told(error)
    if code in TOKEN_CODES or (answer.status_code == 401 and code not in PERMISSION_CODES):
        return AuthFailed(f"Meta does not take the token: {words}", hint="make a new one: it may have run out")
    if code in PERMISSION_CODES and subcode not in RULE_SUBCODES:
        return AuthFailed(f"a permission is missing: {words}", hint="`omnitui account check` names it")
    if code == PAIR_LIMIT:
        return Deferred(words)
    if code in LIMIT_CODES or answer.status_code == 429:
        return RateLimited(words, after=_rest(answer, now))
    if code in BUSY_CODES:
        return NotReady(words)
    if code in TROUBLE_CODES or answer.status_code >= 500:
        return Broken(words)
    return Refusal(words, code, subcode)


def told(error: Mapping[str, Any]) -> str:
    """An error in Meta's words, its details and its code."""
    data = error.get("error_data")
    title = str(error.get("message") or error.get("title") or "no reason given")
    more = (data.get("details") if isinstance(data, dict) else None) or error.get("error_user_msg") or ""
    code = _number(error.get("code"))
    parts = [title, str(more) if str(more) != title else ""]
    words = ": ".join(part.strip() for part in parts if part)[:1_000]
    return words if code <= 0 or f"#{code}" in words else f"{words} (#{code})"


def _rest(answer: httpx.Response, now: Millis) -> Millis:
    """How long to be silent: as the headers say, in seconds or, as Meta has it, in minutes."""
    asked = retry_after(answer.headers, now)
    if asked:
        return asked
    try:
        usage = json.loads(answer.headers.get("X-Business-Use-Case-Usage", "{}"))
        minutes = max(_number(use["estimated_time_to_regain_access"]) for uses in usage.values() for use in uses)
    except (ValueError, KeyError, TypeError, AttributeError):
        minutes = 0
    return max(0, min(minutes, 24 * 60)) * MINUTE or REST


def _number(value: Any) -> int:
    """A code; -1 where there is none, for 0 is one."""
    return value if isinstance(value, int) else -1
