"""The one HTTP client that connectors share; httpx is imported when the first of them asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from omnitui import __version__

if TYPE_CHECKING:
    import httpx

_CONNECT: Final = 10.0
_READ: Final = 30.0


class SharedClient:
    """Makes the client at the first call, and closes it once."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    def __call__(self) -> httpx.AsyncClient:
        if self._client is None or self._client.is_closed:
            import httpx

            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(_READ, connect=_CONNECT),
                limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
                headers={"User-Agent": f"omnitui/{__version__}"},
                # A redirect could lead credentials to another host; who needs one follows it by hand.
                follow_redirects=False,
            )
        return self._client

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None
