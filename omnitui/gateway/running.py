"""Runs the gateway until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

import uvicorn

from omnitui.clock import DAY, SystemClock
from omnitui.config.gateway import load_gateway, place_of
from omnitui.errors import OmniError
from omnitui.gateway.connection import Connection, room
from omnitui.gateway.counts import BYTES
from omnitui.gateway.limits import Age
from omnitui.gateway.service import application
from omnitui.gateway.state import State
from omnitui.i18n import _
from omnitui.logs import logger
from omnitui.services.channels.webhooks import Premises, address_of, collect
from omnitui.store.reads import spool as reads
from omnitui.store.secrecy import cipher
from omnitui.store.spooling.attendance import attend
from omnitui.store.spooling.spool import Spool

LOG = logger(__name__)
TICK_SECONDS: Final = 1.0
LOOK_TICKS: Final = 3
"""Every so many ticks the file and the accounts are looked at."""
CUT_TICKS: Final = 60
_GROWTH: Final = 16
"""By such a part of what it may hold the spool grows before it is cut sooner."""
DRAIN_SECONDS: Final = 10
"""So long calls that have begun may take once it is told to stop."""
_MEGABYTE: Final = 1024 * 1024


def run_gateway(premises: Premises) -> int:
    """Serve until SIGTERM or SIGINT; SIGHUP reads settings and secrets anew.

    Raises:
        ConfigError: A setting is wrong.
        CacheError: The spool cannot be written.
        OmniError: The address is taken.
    """
    file = load_gateway(premises.file)
    listener = _listener(*place_of(file.settings.listen, premises.file))
    premises.profile.make()
    with contextlib.closing(listener), attend(premises.profile.spool_file):
        hooks = collect(file, premises.accounts(), premises.secrets)
        clock, key = SystemClock(), cipher.key_of(premises.profile.cache_file)
        spool = Spool(premises.profile.spool_file, clock, key=key)
        state = State(file, hooks, spool, premises.profile.spool_file, clock)
        state.key = key
        try:
            _introduce(premises, state, listener)
            asyncio.run(_Server(state, premises, listener).run())
        finally:
            state.close()
        premises.say(_("stopped"))
    return 0


class _Server:
    """uvicorn, and what is done beside it."""

    def __init__(self, state: State, premises: Premises, listener: socket.socket) -> None:
        self._state = state
        self._premises = premises
        self._listener = listener
        self._anew = asyncio.Event()
        self._seen: object = None
        self._age = Age(state.clock)
        self._taken = 0
        """Bytes that had been kept when the spool was cut last."""

    async def run(self) -> None:
        state = self._state
        _quiet()
        config = uvicorn.Config(
            application(state),
            access_log=False,
            log_config=None,
            lifespan="off",
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=list(state.file.settings.trusted_proxies),
            http=Connection,
            ws="none",
            limit_concurrency=room(),
            timeout_graceful_shutdown=DRAIN_SECONDS,
            h11_max_incomplete_event_size=32 * 1024,
        )
        server = _Quiet(config)

        def stop() -> None:
            server.should_exit = True
            state.stop()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        loop.add_signal_handler(signal.SIGHUP, self._anew.set)
        self._seen = await asyncio.to_thread(self._look)
        chores = asyncio.create_task(self._chores())
        try:
            await server.serve(sockets=[self._listener])
        finally:
            chores.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await chores

    async def _chores(self) -> None:
        """What is done now and then. Whatever fails is logged, and tried again."""
        ticks = 0
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._anew.wait()
            told, ticks = self._anew.is_set(), ticks + 1
            self._anew.clear()
            try:
                await self._tick(ticks, told)
            except Exception as error:
                LOG.warning("the gateway's chores: %s", error if isinstance(error, OmniError) else type(error).__name__)

    async def _tick(self, ticks: int, told: bool) -> None:
        state = self._state
        if added := state.counts.take():
            state.spool.count(added)
        state.observed = await state.ask(reads.observed)
        # A clock that was wrong, or has become wrong, must not drop what nobody has read.
        aged = self._age.is_known()
        if told or ticks % LOOK_TICKS == 0:
            seen = await asyncio.to_thread(self._look)
            if told or seen != self._seen:
                self._seen = seen
                await asyncio.to_thread(self._change)
        settings, taken = (
            state.file.settings,
            sum(n for (_hook, what), n in state.counts.total.items() if what == BYTES),
        )
        most = settings.megabytes * _MEGABYTE
        if ticks % CUT_TICKS == 0 or taken - self._taken > most // _GROWTH:
            self._taken = taken
            before = state.clock.now() - settings.days * DAY if aged else 0
            while await asyncio.wrap_future(state.spool.cut(before, most)):
                pass

    def _look(self) -> object:
        """What the hooks are made of, to see whether it has changed."""
        try:
            held = self._premises.file.stat()
            file: object = (held.st_mtime_ns, held.st_size, held.st_ino)
        except OSError:
            file = None
        return file, tuple(self._premises.accounts())

    def _change(self) -> None:
        """Take settings, hooks and secrets as they are now; all stays as it was where they are wrong."""
        premises, state = self._premises, self._state
        try:
            file = load_gateway(premises.file)
            hooks = collect(file, premises.accounts(), premises.secrets)
        except OmniError as error:
            premises.say(_("the settings stay as they were: {why}").format(why=error.message))
            return
        before = set(state.hooks.by_name)
        state.change(file, hooks)
        premises.say(_("read anew: {n} hooks").format(n=len(hooks.by_name)))
        _tell_hooks(premises, state, before)


class _Quiet(uvicorn.Server):
    """A server that leaves signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise OmniError(
            _("nothing can listen at {host}, port {port}: {why}").format(host=host, port=port, why=error.strerror),
            hint=_("another gateway may run; “listen” in gateway.toml says where"),
        ) from error
    listener.setblocking(False)
    return listener


def _introduce(premises: Premises, state: State, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    premises.say(_("listening at http://{place}").format(place=f"[{host}]:{port}" if ":" in host else f"{host}:{port}"))
    if not ip_address(host).is_loopback:
        premises.say(
            _("other machines reach it, and it speaks no TLS: put a proxy before it that does (docs/gateway.md)")
        )
    if not state.file.settings.public_url:
        premises.say(_("“public_url” in gateway.toml is not set: what signs its address cannot be verified"))
    _tell_hooks(premises, state, set())
    if not state.hooks.by_name:
        premises.say(
            _("there are no hooks yet: they come from gateway.toml, and from accounts whose vendor calls webhooks")
        )


def _tell_hooks(premises: Premises, state: State, but: set[str]) -> None:
    for name, hook in state.hooks.by_name.items():
        if name not in but:
            premises.say(f"{name} ({hook.kind}): {address_of(state.file.settings.public_url, name)}")
    for fault in state.hooks.faults:
        premises.say(_("no hook {fault}").format(fault=fault))


def _quiet() -> None:
    """What the server has to say goes where our own log goes, and says nothing of calls."""
    for name in ("uvicorn", "uvicorn.error"):
        server = logging.getLogger(name)
        server.parent, server.propagate = LOG, True
        server.setLevel(logging.ERROR)
