"""Takes a webhook in: verified on its raw bytes, on the disk, and only then answered."""

from __future__ import annotations

import asyncio
import hmac
import json
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from omnitui.errors import OmniError
from omnitui.gateway.counts import ANSWERED, BYTES, DUPLICATE, KEPT, RECEIVED
from omnitui.gateway.limits import caller_at, is_here
from omnitui.gateway.state import PATIENCE, State
from omnitui.logs import logger
from omnitui.sdk.webhook import Forged, Genuine, WebhookAnswer, WebhookRequest
from omnitui.services.channels.webhooks import Hook, address_of
from omnitui.store.spooling.spool import delivery_key

LOG = logger(__name__)
MOST_BYTES: Final = 1024 * 1024
"""Of a body."""
MOST_HELD: Final = 64 * MOST_BYTES
"""Of all bodies at a time: many callers must not fill the memory."""
MOST_OF_ONE: Final = 16 * MOST_BYTES
"""Of one caller's bodies at a time: who dawdles with many must not keep others out."""
BODY_SECONDS: Final = 10.0
"""So long a body may take to arrive."""
_REFUSED: Final = "no\n"
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_NAMES: Final = 60
"""Headers and parameters whose names an observer is shown."""


class Reception:
    """Answers those who call hooks."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def receive(self, request: Request) -> Response:
        """One call of a hook."""
        state, name = self._state, str(request.path_params["name"])
        hook = state.hooks.by_name.get(name)
        known = hook.name if hook else ""
        state.counts.add(known, RECEIVED)
        caller = caller_of(request)
        if not state.admits(caller):
            state.counts.refuse(known, "too many calls from one address")
            return refusal(429, retry_after=1)
        held = _Held(state, caller)
        try:
            return await self._read(request, hook, caller, held)
        finally:
            held.release()

    async def _read(self, request: Request, hook: Hook | None, caller: str, held: _Held) -> Response:
        known, counts = hook.name if hook else "", self._state.counts
        try:
            body = await _body(request, held)
        except _TooLarge:
            self._refuse(request, known, caller, f"a body of more than {MOST_BYTES} bytes", None)
            return refusal(413)
        except _TooMuch:
            counts.refuse(known, "too much at once")
            return refusal(503, retry_after=1)
        except TimeoutError:
            self._refuse(request, known, caller, f"a body that took over {BODY_SECONDS:.0f} seconds", None)
            return refusal(408)
        except ClientDisconnect:
            counts.refuse(known, "a body that broke off")
            return refusal(400)
        if hook is None:
            # As long as to verify one, so that nobody finds out names by the time that it takes.
            hmac.digest(b"unknown", body, "sha256")
            self._refuse(request, "", caller, "no such hook", body)
            return refusal(404)
        try:
            return await self._answer(request, hook, body, caller)
        except Exception as error:
            # A fault of the connector's or of ours: the vendor comes again.
            LOG.exception("hook %s: a call could not be looked at: %s", hook.name, type(error).__name__)
            self._refuse(request, hook.name, caller, f"fault: {type(error).__name__}", body)
            return refusal(500)

    async def _answer(self, request: Request, hook: Hook, body: bytes, caller: str) -> Response:
        state, now = self._state, self._state.clock.now()
        call = called(request, hook.name, state.file.settings.public_url, body)
        shaken = hook.webhook.handshake(call, now)
        if shaken is not None:
            state.counts.add(hook.name, ANSWERED)
            return _response(shaken)
        verdict = hook.webhook.verify(call, now)
        if isinstance(verdict, Forged):
            self._refuse(request, hook.name, caller, verdict.why, body)
            return refusal(401)
        if not verdict.keep:
            state.counts.add(hook.name, ANSWERED)
            return _response(verdict.answer)
        if state.spool.waiting > MOST_HELD:
            state.counts.refuse(hook.name, "it could not be kept")
            return refusal(503, retry_after=10)
        if not state.genuine.admits(hook.name, state.steady()):
            state.counts.refuse(hook.name, "too many calls of this hook")
            return refusal(429, retry_after=1)
        return await self._keep(hook.name, call, verdict)

    async def _keep(self, hook: str, call: WebhookRequest, verdict: Genuine) -> Response:
        state, counts = self._state, self._state.counts
        key = delivery_key(verdict.keys, call.body, call.query)
        content_type = call.headers.get("content-type", "")[:200]
        kept = state.spool.keep(hook, key, call.body, call.query, content_type)
        try:
            # It is kept in the end also where nobody waits any more.
            async with asyncio.timeout(PATIENCE):
                new = await asyncio.shield(asyncio.wrap_future(kept))
        except (OmniError, TimeoutError) as error:
            if not state.failing:
                state.failing = True
                LOG.error("deliveries cannot be kept: %s", error if isinstance(error, OmniError) else "the disk hangs")
            counts.refuse(hook, "it could not be kept")
            return refusal(503, retry_after=10)
        if state.failing:
            state.failing = False
            LOG.info("deliveries are kept again")
        counts.add(hook, KEPT if new else DUPLICATE)
        counts.add(hook, BYTES, len(call.body))
        if new:
            state.news(hook)
        return _response(verdict.answer)

    def _refuse(self, request: Request, hook: str, caller: str, why: str, body: bytes | None) -> None:
        state = self._state
        state.charge(caller)
        state.counts.refuse(hook, why)
        if hook and state.observed.get(hook, 0) > state.clock.now():
            state.spool.refused(hook, why[:300], json.dumps(_shape(request, body), ensure_ascii=True))


class _TooLarge(Exception):
    """The body has more bytes than any webhook."""


class _TooMuch(Exception):
    """The bodies that are looked at just now, or those of one caller, have more bytes than they may."""


class _Held:
    """The bytes of one call's body, for as long as it is looked at."""

    def __init__(self, state: State, caller: str) -> None:
        self._held, self._size = state.held, 0
        self._caller = caller_at(caller)
        self._most = MOST_HELD if is_here(caller) else MOST_OF_ONE

    def add(self, size: int) -> None:
        self._size += size
        self._held[self._caller] += size
        if self._held[self._caller] > self._most or self._held.total() > MOST_HELD:
            raise _TooMuch

    def release(self) -> None:
        self._held[self._caller] -= self._size
        if not self._held[self._caller]:
            del self._held[self._caller]


async def _body(request: Request, held: _Held) -> bytes:
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > MOST_BYTES:
        raise _TooLarge
    parts, size = list[bytes](), 0
    async with asyncio.timeout(BODY_SECONDS):
        async for part in request.stream():
            size += len(part)
            if size > MOST_BYTES:
                raise _TooLarge
            held.add(len(part))
            parts.append(part)
    return b"".join(parts)


def called(request: Request, hook: str, public_url: str, body: bytes) -> WebhookRequest:
    """The call as a connector sees it: the address is the one that the vendor has, whatever stands in between."""
    raw = request.scope["query_string"].decode("ascii", "replace")
    address = address_of(public_url or f"https://{request.headers.get('host', '')}", hook)
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return WebhookRequest(
        method="POST" if request.method == "POST" else "GET",
        url=f"{address}?{raw}" if raw else address,
        query=tuple(parse_qsl(raw, keep_blank_values=True)),
        headers=headers,
        body=body,
    )


def caller_of(request: Request) -> str:
    """The address from which a call comes; that of a proxy's caller where the proxy is trusted."""
    return request.client.host if request.client else ""


def refusal(status: int, *, retry_after: int | None = None) -> Response:
    """The same words, whatever it is that was refused."""
    headers = dict(_HEADERS)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(_REFUSED, status, headers, "text/plain")


def _response(answer: WebhookAnswer) -> Response:
    return Response(answer.body, answer.status, {**_HEADERS, "Content-Type": answer.content_type})


def _shape(request: Request, body: bytes | None) -> dict[str, object]:
    """How a call looked, without a word of what it said."""
    return {
        "method": request.method,
        "bytes": None if body is None else len(body),
        "headers": {name[:80]: len(value) for name, value in request.headers.items()[:_NAMES]},
        "query": [name[:80] for name in list(request.query_params)[:_NAMES]],
    }
