"""A gateway without a network, with two hooks and a console for each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.clock import FrozenClock
from omnitui.config.gateway import GatewaySettings, load_gateway
from omnitui.gateway.state import State
from omnitui.services.channels.webhooks import Hook, Hooks, new_token
from omnitui.store.spooling.spool import Spool
from tests.support import hooked
from tests.support.gateway_calls import NEW, OLD, PUBLIC


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def tokens(tmp_path: Path) -> dict[str, str]:
    """Of two consoles, each with a hook of its own."""
    path = tmp_path / "gateway.toml"
    return {name: new_token(path, name, [hook]) for name, hook in (("desk", "shop"), ("other", "second"))}


@pytest.fixture
async def state(tmp_path: Path, clock: FrozenClock, tokens: dict[str, str]) -> AsyncIterator[State]:
    hooks = Hooks({name: Hook(name, hooked.KIND, hooked.Hook((NEW, OLD))) for name in ("shop", "second")})
    file = replace(load_gateway(tmp_path / "gateway.toml"), settings=GatewaySettings(public_url=PUBLIC))
    path = tmp_path / "spool.sqlite3"
    state = State(file, hooks, Spool(path, clock), path, clock)
    yield state
    state.close()
