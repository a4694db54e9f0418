"""What a gateway kept for an account: the one on this machine by its spool, another one over the network."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from omnitui.clock import Clock
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Account
from omnitui.paths import Profile
from omnitui.sdk import Deliveries, Delivery, NotReady, Unreachable
from omnitui.store.secrecy import cipher

if TYPE_CHECKING:
    from omnitui.store.reads.spool import Kept, Page
    from omnitui.store.spooling.reader import SpoolReader

GLANCE_SECONDS: Final = 0.5
"""How often it is looked whether the gateway has written."""
_ODD = re.compile(r"[^a-z0-9]+")
_SHORT: Final = 8


def hook_name(hook: str, account_name: str, account_id: Ulid) -> str:
    """What an account's hook is called at its gateway: as its setting says, else after the account.

    A name that has no letters for an address gives way to the end of the account's id.
    """
    if hook.strip():
        return hook.strip()
    plain = unicodedata.normalize("NFKD", account_name).casefold().encode("ascii", "ignore").decode()
    return _ODD.sub("-", plain).strip("-") or account_id[-_SHORT:].lower()


def of_account(
    profile: Profile, account: Account, secrets: Mapping[str, str], clock: Clock, cursor: int
) -> AsyncGenerator[Deliveries, None]:
    """What an account's gateway kept after a cursor, then live. Its stream raises `Fault`."""
    settings = {name: str(account.settings.get(name, "")) for name in ("gateway", "hook")}
    hook = hook_name(settings["hook"], account.name, account.id)
    url = settings["gateway"].strip()
    if not url:
        return here(profile.spool_file, hook, cursor, key=cipher.key_of(profile.cache_file))
    return there(url, hook, secrets.get("gateway_token", ""), clock, cursor)


async def there(url: str, hook: str, token: str, clock: Clock, cursor: int) -> AsyncGenerator[Deliveries, None]:
    """What another gateway kept. Raises `Fault`."""
    from omnitui.services.channels.gateway_line import GatewayLine

    async with aclosing(GatewayLine(url, hook, token, clock).deliveries(cursor)) as pages:
        async for page in pages:
            yield page


async def here(file: Path, hook: str, cursor: int, *, key: bytes | None = None) -> AsyncGenerator[Deliveries, None]:
    """What the gateway on this machine kept. Raises `NotReady`."""
    from omnitui.store.spooling.reader import SpoolReader

    told = False
    with closing(SpoolReader(file, hook, key=key)) as reader:
        while True:
            try:
                running, page = await asyncio.to_thread(_glance, file, reader, cursor)
            except FileNotFoundError:
                raise Unreachable(
                    _("no gateway has run on this machine yet"),
                    hint=_("omnitui gateway; or name another one with the setting “gateway”"),
                ) from None
            except OmniError as error:
                raise NotReady(error.message, hint=error.hint) from None
            if page is not None:
                cursor, caught_up = page.cursor, page.caught_up and running
                if page.items or page.gap or caught_up is not told:
                    told = caught_up
                    yield Deliveries(tuple(map(_delivery, page.items)), cursor, told, page.gap)
            if not running and (page is None or page.caught_up):
                raise Unreachable(
                    _("the gateway on this machine does not run, and nothing comes in"), hint="omnitui gateway"
                )
            if page is None:
                await asyncio.sleep(GLANCE_SECONDS)


def _glance(file: Path, reader: SpoolReader, cursor: int) -> tuple[bool, Page | None]:
    from omnitui.store.spooling.attendance import attended

    # Before the look: what came before the gateway ended is read yet.
    running = attended(file)
    return running, reader.look(cursor)


def _delivery(kept: Kept) -> Delivery:
    return Delivery(kept.number, kept.received_at, kept.body, kept.query, kept.content_type)
