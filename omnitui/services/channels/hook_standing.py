"""How the hook of an account stands at the gateway of this machine: whether its vendor has reached it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

from omnitui.model.accounts import Account
from omnitui.paths import Profile
from omnitui.services.channels.webhooks import hook_of
from omnitui.store.connection import reader
from omnitui.store.reads import spool
from omnitui.store.spooling.attendance import attended
from omnitui.values import dataclass

GENUINE = ("kept", "duplicate", "answered")
"""What is counted of calls that the vendor proved to be its own."""
REFUSED = "refused: "


@dataclass(frozen=True, slots=True)
class HookStanding:
    """Of one hook, since the gateway's spool began."""

    running: bool
    genuine: int = 0
    refusals: Mapping[str, int] | None = None
    """How often why, the most frequent first."""


def standing(profile: Profile, account: Account) -> HookStanding | None:
    """How it stands; None where its gateway is another machine's. Waits for the disk. Raises `CacheError`."""
    if str(account.settings.get("gateway", "")).strip():
        return None
    file, hook = profile.spool_file, hook_of(account)
    if not file.exists():
        return HookStanding(running=False)
    with closing(reader(file)) as db:
        counts = {what: count for (name, what), count in spool.tally(db).items() if name == hook}
    refused = {what.removeprefix(REFUSED): count for what, count in counts.items() if what.startswith(REFUSED)}
    return HookStanding(
        attended(file),
        sum(counts.get(what, 0) for what in GENUINE),
        dict(sorted(refused.items(), key=lambda pair: -pair[1])),
    )
