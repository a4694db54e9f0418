"""The ASGI application: which addresses there are."""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from omnitui.clock import SECOND
from omnitui.errors import OmniError
from omnitui.gateway.counts import COUNTED, REFUSED, Metric, exposition
from omnitui.gateway.pulling import Pulling
from omnitui.gateway.reception import Reception, refusal
from omnitui.gateway.state import State
from omnitui.store.reads import spool as reads

_NONE = reads.Held()


def application(state: State) -> Starlette:
    """The gateway on this state."""
    reception, pulling, watching = Reception(state), Pulling(state), Watching(state)

    async def nothing(_request: Request, error: Exception) -> Response:
        return refusal(getattr(error, "status_code", 500))

    app = Starlette(
        routes=[
            Route("/hooks/{name}", reception.receive, methods=["GET", "POST"]),
            Route("/v1/hooks/{name}/deliveries", pulling.deliveries, methods=["GET"]),
            Route("/v1/hooks/{name}/stream", pulling.stream, methods=["GET"]),
            Route("/healthz", watching.healthz, methods=["GET"]),
            Route("/metrics", watching.metrics, methods=["GET"]),
        ],
        exception_handlers={404: nothing, 405: nothing, 500: nothing},
    )
    app.router.redirect_slashes = False
    return app


class Watching:
    """Answers whoever looks after the gateway."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._looked_at = -(10**9)
        self._healthy = False

    async def healthz(self, _request: Request) -> Response:
        """200 only while what comes in can be kept. Tried once a second at most, however often it is asked."""
        state = self._state
        if state.steady() - self._looked_at >= 1000:
            self._looked_at = state.steady()
            self._healthy = await state.healthy()
        well = self._healthy and not state.closing
        return PlainTextResponse("ok\n" if well else "the spool cannot be written\n", 200 if well else 503)

    async def metrics(self, request: Request) -> Response:
        """Figures of the hooks that a token may read.

        Never without a token: behind a tunnel or a proxy that names no addresses, everybody seems to call from here.
        """
        state = self._state
        token = Pulling(state).reader_of(request)
        if token is None:
            return refusal(401)
        hooks = [hook for hook in token.hooks if hook in state.hooks.by_name]
        tokens = {one.name for one in state.file.tokens}
        try:
            held = await state.ask(reads.held)
            behind = {
                (name, hook): await state.ask(partial(reads.after, hook=hook, number=number))
                for (name, hook), number in list(state.read_up_to.items())
                if hook in hooks and name in tokens
            }
        except OmniError:
            return refusal(503, retry_after=5)
        now, counts = state.clock.now(), state.counts.total
        metrics = [
            Metric(f"{what}_total", about, "counter", [({"hook": hook}, counts[hook, what]) for hook in hooks])
            for what, about in COUNTED.items()
        ]
        refused = [
            ({"hook": hook, "why": what.removeprefix(REFUSED)}, count)
            for (hook, what), count in counts.items()
            if what.startswith(REFUSED) and (hook in hooks or not hook)
        ]
        metrics.append(Metric("refused_total", "Calls that were refused.", "counter", refused))
        metrics += [
            Metric(name, about, kind, [({"hook": hook}, getattr(held.get(hook, _NONE), field)) for hook in hooks])
            for name, field, about, kind in (
                ("spool_deliveries", "deliveries", "Deliveries in the spool.", "gauge"),
                ("spool_bytes", "size", "Their bytes.", "gauge"),
                ("dropped_total", "cut", "Deliveries that were dropped for their age or number.", "counter"),
            )
        ]
        unread, lag = list[tuple[dict[str, str], float]](), list[tuple[dict[str, str], float]]()
        for (name, hook), (count, oldest) in behind.items():
            labels = {"token": name, "hook": hook}
            unread.append((labels, count))
            lag.append((labels, 0 if oldest is None else max(0, now - oldest) / SECOND))
        metrics.append(Metric("unread", "Deliveries that follow where a token last asked.", "gauge", unread))
        metrics.append(Metric("lag_seconds", "How long the first of them has been there.", "gauge", lag))
        return PlainTextResponse(exposition(metrics), media_type="text/plain; version=0.0.4; charset=utf-8")
