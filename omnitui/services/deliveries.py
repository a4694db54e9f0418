"""What a gateway kept for an account."""

from __future__ import annotations

from collections.abc import AsyncIterator

from omnitui.i18n import _
from omnitui.sdk import Deliveries, NotReady


async def none(_cursor: int) -> AsyncIterator[Deliveries]:
    """Of an account that has no gateway."""
    raise NotReady(_("no gateway keeps anything for this account"))
    yield
