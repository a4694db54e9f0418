"""The one HTTP client that connectors share; httpx is imported when the first of them asks."""

from __future__ import annotations

import asyncio
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakKeyDictionary

from omnitui import __version__

if TYPE_CHECKING:
    import httpx

_CONNECT: Final = 10.0
_READ: Final = 30.0


class SharedClient:
    """Makes the client of a loop at its first call; connections belong to the loop that made them."""

    def __init__(self) -> None:
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()

    def __call__(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None or client.is_closed:
            import httpx

            if find_spec("sniffio") is None:
                # httpcore tries to import it several times a call, and each time Python would look in every folder.
                sys.modules["sniffio"] = cast("Any", None)
            client = self._clients[loop] = httpx.AsyncClient(
                timeout=httpx.Timeout(_READ, connect=_CONNECT),
                limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
                headers={"User-Agent": f"omnitui/{__version__}"},
                # A redirect could lead credentials to another host; who needs one follows it by hand.
                follow_redirects=False,
            )
        return client

    async def close(self) -> None:
        """Close the client of this loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()
