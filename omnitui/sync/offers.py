"""The templates that a back end offers, kept in step with it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from omnitui.clock import HOUR, Millis
from omnitui.logs import logger
from omnitui.model.accounts import Account
from omnitui.sdk import snapshot
from omnitui.sdk.contract import Connector, Offers
from omnitui.store.accounts import set_templates
from omnitui.store.cache import Cache
from omnitui.store.faults import CacheError
from omnitui.sync.naps import nap
from omnitui.text.surrogates import mended_all

LOG = logger(__name__)

OFFERS_EVERY: Final[Millis] = 6 * HOUR
"""How often it is asked which templates there are."""


async def keep_templates(cache: Cache, account: Account, connector: Connector, caught_up: asyncio.Event) -> None:
    """Ask for them whenever all has come in, until cancelled; where the back end has none, only wait for that.

    Raises:
        CacheError: They cannot be written.
    """
    never = asyncio.Event()
    while isinstance(connector, Offers):
        await caught_up.wait()
        try:
            kept = snapshot.keep(mended_all(await connector.templates()))
            await cache.awrite(partial(set_templates, account_id=account.id, templates=kept))
        except CacheError:
            raise
        except Exception as error:
            # A list that is a day old is better than an account that stands still for it.
            LOG.warning("account %s: templates: %s", account.name, error)
        await nap(cache.clock, cache.clock.now() + OFFERS_EVERY, never)
    await never.wait()
