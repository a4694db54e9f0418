"""Calls of a gateway without a network: a vendor's, a console's."""

from __future__ import annotations

import httpx

from omnitui.gateway.service import application
from omnitui.gateway.state import State
from omnitui.store.reads import spool as reads
from tests.support.hooked import signed

NEW, OLD = "the-newest-secret", "the-one-before-it"
STRANGER = "203.0.113.7"
PUBLIC = "https://hooks.example.com/in"


def client(state: State, address: str = STRANGER) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application(state), client=(address, 1), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway")


async def post(
    state: State, body: bytes, secret: str = NEW, *, hook: str = "shop", key: str = "", **headers: str
) -> httpx.Response:
    async with client(state) as caller:
        return await caller.post(f"/hooks/{hook}", content=body, headers={**signed(secret, body, key), **headers})


async def get(state: State, path: str, token: str = "", address: str = STRANGER, **headers: str) -> httpx.Response:
    if token:
        headers["Authorization"] = f"Bearer {token}"
    async with client(state, address) as caller:
        return await caller.get(path, headers=headers)


async def kept(state: State, hook: str = "shop") -> list[bytes]:
    page = await state.ask(lambda db: reads.page(db, hook, 0, 100))
    return [one.body for one in page.items]
